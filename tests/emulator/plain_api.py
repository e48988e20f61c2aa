"""A client of the emulator that is nothing but `requests`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
import requests

if TYPE_CHECKING:
    from dynamics_bc_emulator.driver import BusinessCentral

SCOPE = "https://api.businesscentral.dynamics.com/.default"
_exact = msgspec.json.Decoder(float_hook=Decimal).decode


@dataclass
class Api:
    """The emulator's data API, signed in."""

    emulator: BusinessCentral
    session: requests.Session
    root: str

    @cached_property
    def companies(self) -> list[dict[str, Any]]:
        return self.ok("companies")["value"]

    @cached_property
    def company(self) -> str:
        """Path of the demo company."""
        return f"companies({self.companies[0]['id']})"

    def get(self, path: str, query: str = "", **headers: str) -> requests.Response:
        url = path if path.startswith("http") else f"{self.root}/{path}"
        return self.session.get(f"{url}?{query}" if query else url, headers=headers, timeout=60)

    def ok(self, path: str, query: str = "", **headers: str) -> dict[str, Any]:
        answer = self.get(path, query, **headers)
        assert answer.status_code == 200, answer.text
        return _exact(answer.content)

    def refused(self, path: str, query: str = "", **headers: str) -> tuple[int, str, str]:
        """Status, code and message of a refusal, the message without its correlation id."""
        answer = self.get(path, query, **headers)
        error = answer.json()["error"]
        message, suffix, _ = error["message"].partition("  CorrelationId:  ")
        assert suffix, error["message"]
        return answer.status_code, error["code"], message

    def pages(self, path: str, query: str = "", **headers: str) -> list[list[dict[str, Any]]]:
        pages, link = [], f"{self.root}/{path}" + (f"?{query}" if query else "")
        while link:
            body = self.ok(link, **headers)
            pages.append(body["value"])
            link = body.get("@odata.nextLink", "")
        return pages

    def rows(self, entity_set: str, company: str | None = None) -> list[dict[str, Any]]:
        """The truth about a set, decimals exact."""
        params = {"company": company or self.companies[0]["id"], "entity_set": entity_set}
        answer = requests.get(f"{self.emulator.url}/_emulator/rows", params=params, timeout=60)
        assert answer.ok, answer.text
        return _exact(answer.content)

    def control(self, name: str, body: Any = None, method: str = "POST") -> Any:
        answer = requests.request(method, f"{self.emulator.url}/_emulator/{name}", json=body, timeout=60)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None


def bare(row: dict[str, Any]) -> dict[str, Any]:
    """A row without annotations."""
    return {name: value for name, value in row.items() if "@odata." not in name}


def by_key(rows: list[dict[str, Any]], key: str = "id") -> list[dict[str, Any]]:
    return sorted(map(bare, rows), key=lambda row: str(row[key]))


def token(
    emulator: BusinessCentral, tenant: str | None = None, version: str = "v2.0/", **changes: str | None
) -> requests.Response:
    """Ask for a token; a change of None leaves the parameter out."""
    form = {
        "grant_type": "client_credentials",
        "client_id": emulator.client_id,
        "client_secret": emulator.client_secret,
        "scope": SCOPE,
        **changes,
    }
    url = f"{emulator.url}/{tenant or emulator.tenant_id}/oauth2/{version}token"
    return requests.post(url, data={name: value for name, value in form.items() if value is not None}, timeout=60)


def sign_in(emulator: BusinessCentral) -> Api:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token(emulator).json()['access_token']}"
    return Api(emulator, session, f"{emulator.url}/v2.0/{emulator.environment_name}/api/v2.0")
