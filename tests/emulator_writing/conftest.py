"""A bare client of the emulator's data API, so that these tests lean on no code of the other packages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import requests
from emulator.in_process import Desk, open_desk
from emulator.plain_api import sign_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dynamics_bc_emulator.driver import BusinessCentral


@dataclass
class Api:
    """One company of the emulator, spoken to in plain HTTP."""

    emulator: BusinessCentral
    root: str
    company: str
    session: requests.Session = field(default_factory=requests.Session)

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: str
    ) -> requests.Response:
        url = f"{self.root}/{path}" if path.startswith("$") else f"{self.root}/companies({self.company})/{path}"
        options = {f"${name}": value for name, value in query.items()}
        given = {"If-Match": "*"} if method in ("PATCH", "DELETE") else {}
        return self.session.request(
            method, url, json=body, params=options, headers={**given, **(headers or {})}, timeout=60
        )

    def create(self, path: str, body: dict[str, Any], **query: str) -> dict[str, Any]:
        answer = self.call("POST", path, body, **query)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def change(self, path: str, body: dict[str, Any], **query: str) -> dict[str, Any]:
        answer = self.call("PATCH", path, body, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def remove(self, path: str) -> None:
        answer = self.call("DELETE", path)
        assert answer.status_code == 204, answer.text
        assert answer.content == b""

    def act(self, path: str, action: str = "post") -> None:
        answer = self.call("POST", f"{path}/Microsoft.NAV.{action}")
        assert answer.status_code == 204, answer.text
        assert answer.content == b""

    def refused(
        self, method: str, path: str, body: Any = None, code: str = "Application_DialogException", status: int = 400
    ) -> str:
        """Assert that a call is refused with a code; gives the message without its correlation id."""
        answer = self.call(method, path, body)
        assert answer.status_code == status, answer.text
        error = answer.json()["error"]
        assert error["code"] == code, error
        return error["message"].partition("  CorrelationId:")[0]

    def read(self, path: str, **query: str) -> dict[str, Any]:
        answer = self.call("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def rows(self, path: str, **query: str) -> list[dict[str, Any]]:
        return self.read(path, **query)["value"]

    def row(self, path: str, **equal: str) -> dict[str, Any]:
        found = self.rows(path, filter=" and ".join(f"{name} eq '{value}'" for name, value in equal.items()))
        assert len(found) == 1, (path, equal, found)
        return found[0]

    def id(self, path: str, **equal: str) -> str:
        return self.row(path, **equal)["id"]

    def stored(self, entity_set: str) -> list[dict[str, Any]]:
        return self.emulator.control.rows(self.company, entity_set)

    def batch(self, operations: list[dict[str, Any]], headers: dict[str, str] | None = None) -> list[dict[str, Any]]:
        """Send operations whose urls begin below the company; numbered from 0."""
        requests_of = [
            {"id": str(number), "headers": {"If-Match": "*"}, **one, "url": f"companies({self.company})/{one['url']}"}
            for number, one in enumerate(operations)
        ]
        answer = self.call("POST", "$batch", {"requests": requests_of}, headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["responses"]

    def dimensions(self, path: str) -> dict[str, str]:
        return {row["code"]: row["valueCode"] for row in self.rows(f"{path}/dimensionSetLines")}

    def journal(self, template: str, code: str) -> str:
        return self.id("journals", templateDisplayName=template, code=code)

    def ledger(self, document_number: str) -> list[tuple[str, float]]:
        """A document's entries: account and amount, debits positive."""
        entries = self.rows("generalLedgerEntries", filter=f"documentNumber eq '{document_number}'")
        entries.sort(key=lambda entry: entry["entryNumber"])
        return [(entry["accountNumber"], round(entry["debitAmount"] - entry["creditAmount"], 2)) for entry in entries]


def api_of(emulator: BusinessCentral) -> Api:
    """A signed-in client of the first company."""
    signed_in = sign_in(emulator)
    # With the tenant in its path, which other tests leave out.
    root = f"{emulator.url}/v2.0/{emulator.tenant_id}/{emulator.environment_name}/api/v2.0"
    return Api(emulator, root, signed_in.companies[0]["id"], signed_in.session)


@pytest.fixture(scope="session")
def connect() -> Callable[[BusinessCentral], Api]:
    """How to get a client where the emulator is not reset for every test."""
    return api_of


@pytest.fixture
def api(business_central: BusinessCentral) -> Iterator[Api]:
    """The first company, as the seed left it."""
    client = api_of(business_central)
    yield client
    client.session.close()


@pytest.fixture
def bill(api: Api) -> dict[str, Any]:
    """A draft purchase invoice of vendor 20000 with an item line and an account line."""
    lines = [
        {"itemId": api.id("items", number="1896-S"), "quantity": 2, "unitCost": 100},
        {"accountId": api.id("accounts", number="8210"), "quantity": 1, "unitCost": 50.25, "description": "Paper"},
    ]
    body = {
        "vendorNumber": "20000",
        "vendorInvoiceNumber": "B-1",
        "invoiceDate": "2026-01-10",
        "purchaseInvoiceLines": lines,
    }
    return api.create("purchaseInvoices", body, expand="purchaseInvoiceLines")


@pytest.fixture
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    """The service at its seed, without its server; `release(29)` marks a test that needs what that release shows."""
    marked = request.node.get_closest_marker("release")
    opened = open_desk(*(marked.args if marked else ()))
    yield opened
    opened.service.store.close()
