"""How does the demo start a Business Central, and work in it as another user would?"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import requests

from commands import OUTPUT, show, tool

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WRITING = {"POST", "PATCH", "DELETE"}


@contextmanager
def running_tenant() -> Iterator[Tenant]:
    """An emulator with two companies on a free loopback port, which ends with the demo."""
    command = [tool("dynamics-bc"), "emulator", "--port", "0", "--companies", "2", "--config-out", str(OUTPUT)]
    show(command)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            sys.exit("The emulator did not start; what it said is above.")
        yield Tenant(json.loads(line))
    finally:
        process.terminate()
        process.wait(timeout=20)


class Tenant:
    """The running emulator: its data API with a token, and its control interface."""

    def __init__(self, ready: Mapping[str, str]) -> None:
        self._url = ready["url"]
        self._api = f"{ready['url']}/v2.0/{ready['tenant_id']}/{ready['environment_name']}/api/v2.0"
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy has no business between this machine and itself
        self._session.headers["Authorization"] = f"Bearer {self._token(ready)}"

    def rows(self, path: str) -> list[dict[str, Any]]:
        """The first page of a collection."""
        return self._call("GET", f"{self._api}/{path}")["value"]

    def create(self, path: str, record: Mapping[str, Any]) -> None:
        """Create a record through the API."""
        self._call("POST", f"{self._api}/{path}", json=dict(record))

    def edit(self, company_id: str, entity_set: str, record_id: str, changes: Mapping[str, Any]) -> None:
        """Change a record behind everybody's back."""
        body = {"company": company_id, "entity_set": entity_set, "id": record_id, "set": dict(changes)}
        self._call("POST", f"{self._url}/_emulator/edit", json=body)

    def writes(self) -> int:
        """How many operations so far, in batches or not, were meant to change a company."""
        log = self._call("GET", f"{self._url}/_emulator/requests", params={"since": 0})
        operations = [operation for request in log for operation in (request["operations"] or [request])]
        return sum(each["method"] in WRITING and "companies(" in each["path"] for each in operations)

    def _token(self, ready: Mapping[str, str]) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": ready["client_id"],
            "client_secret": ready["client_secret"],
            "scope": "https://api.businesscentral.dynamics.com/.default",
        }
        return self._call("POST", f"{self._url}/{ready['tenant_id']}/oauth2/v2.0/token", data=form)["access_token"]

    def _call(self, method: str, url: str, **arguments: Any) -> Any:
        response = self._session.request(method, url, timeout=60, **arguments)
        response.raise_for_status()
        return response.json() if response.content else None
