"""How does a benchmark get a Business Central that says the same to everybody, however often it is asked?"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOMENT = "2026-11-20T12:00:00.000Z"
"""The emulator's clock stands still here, so that `time_extracted`, bookmarks and stamps do not vary."""

_ENTITY_SET = re.compile(r'<EntitySet Name="([^"]+)"')
_CREDENTIALS = ("tenant_id", "environment_name", "client_id", "client_secret")


class Emulated:
    """A running emulator, driven through its control interface.

    Args:
        ready: The line that the emulator prints when it is ready.
        process_id: Its process.
    """

    def __init__(self, ready: Mapping[str, str], process_id: int) -> None:
        self._ready = ready
        self._process_id = process_id
        self._session = requests.Session()

    def config(self, **more: Any) -> dict[str, Any]:
        """Settings that lead the tap and the target here."""
        url = self._ready["url"]
        connection = {"api_url": url, "auth_url": url, **{name: self._ready[name] for name in _CREDENTIALS}}
        # The client's own count of requests would make a run of small pages wait for the next window.
        return {**connection, "max_requests_per_window": 100_000_000, **more}

    def back_to_the_seed(self) -> None:
        """Forget everything that was written, and stop the clock."""
        self._call("POST", "reset")
        self._call("POST", "clock", json={"set": MOMENT, "frozen": True})

    def advance(self, duration: str) -> None:
        """Let time pass."""
        self._call("POST", "clock", json={"advance": duration})

    def edit(self, company: str, entity_set: str, record_id: str, changes: Mapping[str, Any]) -> None:
        """Change a record, or add it, and give it the stamp of now."""
        body = {"company": company, "entity_set": entity_set, "id": record_id, "set": dict(changes)}
        self._call("POST", "edit", json=body)

    def rows(self, company: str, entity_set: str) -> list[dict[str, Any]]:
        """All rows of a set of a company, by its id or name, whoever their parents are."""
        found: list[dict[str, Any]] = self._call("GET", "rows", params={"company": company, "entity_set": entity_set})
        return found

    def entity_sets(self) -> list[str]:
        """All sets that the environment publishes."""
        return _ENTITY_SET.findall(self.metadata())

    def metadata(self) -> str:
        """The `$metadata` document."""
        ready = self._ready
        root = f"{ready['url']}/v2.0/{ready['tenant_id']}/{ready['environment_name']}/api/v2.0"
        headers = {"Authorization": f"Bearer {self.access_token()}"}
        return self._session.get(f"{root}/$metadata", headers=headers, timeout=60).text

    def access_token(self) -> str:
        """A token for the data API."""
        ready = self._ready
        form = {
            "grant_type": "client_credentials",
            "client_id": ready["client_id"],
            "client_secret": ready["client_secret"],
            "scope": "https://api.businesscentral.dynamics.com/.default",
        }
        token_url = f"{ready['url']}/{ready['tenant_id']}/oauth2/v2.0/token"
        return str(self._session.post(token_url, data=form, timeout=60).json()["access_token"])

    def memory_mb(self) -> float:
        """What its process holds in memory now; Linux tells."""
        status = Path(f"/proc/{self._process_id}/status").read_text()
        (resident,) = re.findall(r"VmRSS:\s+(\d+) kB", status)
        return int(resident) / 1024

    def operations(self) -> list[str]:
        """The methods of all operations since the seed, in batches or by themselves, below a company."""
        asked = self._call("GET", "requests", params={"since": 0})
        every = [operation for request in asked for operation in (request["operations"] or [request])]
        return [operation["method"] for operation in every if "companies(" in operation["path"]]

    def _call(self, method: str, control: str, **arguments: Any) -> Any:
        answer = self._session.request(method, f"{self._ready['url']}/_emulator/{control}", timeout=120, **arguments)
        answer.raise_for_status()
        return answer.json() if answer.content else None


@contextmanager
def emulated(python: str | Path = sys.executable, *options: str) -> Iterator[Emulated]:
    """Run the emulator of an interpreter on a free loopback port, its clock stopped.

    Args:
        python: The interpreter that has it installed.
        options: Of the emulator's command.
    """
    command = [str(python), "-m", "dynamics_bc_emulator", "--port", "0", "--start", MOMENT]
    command += ["--requests-per-window", "100000000", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        ready = process.stdout.readline()
        if not ready:
            sys.exit(f"The emulator of {python} ended with {process.wait(timeout=20)} before it was ready.")
        running = Emulated(json.loads(ready), process.pid)
        running.back_to_the_seed()
        yield running
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()
