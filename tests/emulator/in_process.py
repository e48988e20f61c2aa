"""The emulated service without its server: the same seed and the same answers, at the price of a function call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from dynamics_bc_emulator.clock import Clock
from dynamics_bc_emulator.http.answering import respond
from dynamics_bc_emulator.odata.catalogue import DEFAULT_RELEASE
from dynamics_bc_emulator.odata.requests import DataRequest
from dynamics_bc_emulator.routes import standard_route
from dynamics_bc_emulator.rows.company import Company
from dynamics_bc_emulator.rows.service import Service
from dynamics_bc_emulator.rows.store import Store
from dynamics_bc_emulator.seed import further
from dynamics_bc_emulator.seed.countries import GREAT_BRITAIN, Country
from dynamics_bc_emulator.seed.planting import Plan, plant
from dynamics_bc_emulator.shown_routes import further_routes, home, kept
from dynamics_bc_emulator.values import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from dynamics_bc_emulator.odata.requests import DataResponse

START = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
STANDARD = "api/v2.0"
ROOT = f"http://bc/{STANDARD}"


@cache
def seed(country: Country = GREAT_BRITAIN) -> Store:
    """The rows of a country's demo company alone, made once for all tests of this process."""
    store = Store(home().catalogue.sets, Clock(START))
    plant(store, Plan(companies=1, seed=1, scale=1, start=START, country=country))
    further.put(store, kept(), 1, START)
    return store


@dataclass
class Desk:
    """The service at its seed, asked without a server; its clock stands still until it is moved.

    Attributes:
        principal: Who asks.
        handshake: Whether receivers confirm subscriptions.
        api: Which API of the service is asked.
    """

    service: Service
    company: Company
    principal: str = ""
    handshake: Callable[[str], bool] | None = None
    api: str = STANDARD

    @property
    def clock(self) -> Clock:
        return self.service.clock

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: Any
    ) -> DataResponse:
        """Ask below the company, or below the root if the path begins with a slash or is a batch's."""
        below_root = path.startswith(("/", "$batch"))
        token = {"if-match": "*"} if method in {"PATCH", "PUT", "DELETE"} else {}
        asked = path.lstrip("/") if below_root else f"companies({self.company.id})/{path}"
        route, url_path = self.service.addressed(f"{self.api}/{asked}") or (self.service.standard, asked)
        request = DataRequest(
            method,
            url_path,
            {f"${name}": str(value) for name, value in query.items()},
            {**token, **(headers or {})},
            b"" if body is None else body if isinstance(body, bytes) else encode(body),
            self.service.clock,
            f"http://bc/{self.api}",
            self.principal,
            handshake=self.handshake,
        )
        return respond(self.service, route, request)[0]

    def read(self, path: str, **query: Any) -> Any:
        """What a read returns, decimals exact."""
        return self._expect(200, self.ask("GET", path, **query))

    def rows(self, path: str, **query: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.read(path, **query)["value"]
        return rows

    def create(self, path: str, body: dict[str, Any], **query: Any) -> dict[str, Any]:
        row: dict[str, Any] = self._expect(201, self.ask("POST", path, body, **query))
        return row

    def change(self, path: str, body: dict[str, Any], **query: Any) -> dict[str, Any]:
        row: dict[str, Any] = self._expect(200, self.ask("PATCH", path, body, **query))
        return row

    def remove(self, path: str) -> None:
        self._expect(204, self.ask("DELETE", path))

    def act(self, path: str, action: str = "post") -> None:
        self._expect(204, self.ask("POST", f"{path}/Microsoft.NAV.{action}"))

    def refused(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: Any
    ) -> tuple[int, str, str]:
        """Status, code and message of a refusal, the message without its correlation id."""
        response = self.ask(method, path, body, headers, **query)
        assert response.status >= 400, response
        error = json_of(response)["error"]
        return response.status, error["code"], error["message"].partition("  CorrelationId:")[0]

    def id(self, entity_set: str, **equal: Any) -> str:
        (row,) = self.company.find(entity_set, **equal)
        return str(row["id"])

    def edit(self, entity_set: str, row_id: str, **changes: Any) -> None:
        """Change a row behind the service's back."""
        self.company.update(entity_set, row_id, changes)

    def ledger(self, document_number: str) -> list[tuple[str, Any]]:
        """A document's entries: account and amount, debits positive."""
        entries = self.company.find("generalLedgerEntries", documentNumber=document_number)
        return [(row["accountNumber"], row["debitAmount"] - row["creditAmount"]) for row in entries]

    def _expect(self, status: int, response: DataResponse) -> Any:
        assert response.status == status, response
        return json_of(response)


def json_of(response: DataResponse) -> Any:
    """A response's body; what is no JSON as it is."""
    if not isinstance(response.body, bytes):
        return response.body
    try:
        return decode(response.body)
    except msgspec.DecodeError:
        return response.body


def open_desk(release: int = DEFAULT_RELEASE, country: Country = GREAT_BRITAIN) -> Desk:
    """A desk with rows of its own, as the seed left them; what it offers is what the release shows."""
    clock = Clock(START)
    clock.freeze(frozen=True)
    clock.set(START)
    store = Store(home().catalogue.sets, clock)
    store.copy_from(seed(country))
    return Desk(
        Service(store, (standard_route(release), *further_routes()), clock),
        Company(store.companies()[0]["id"], store, clock),
    )
