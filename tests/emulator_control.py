"""Drives a running emulator from a test: starts it, steers it, and asks it for the truth."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass
class RunningEmulator:
    """One emulator process on a loopback port of its own."""

    process: subprocess.Popen[str]
    url: str
    tenant_id: str
    environment_name: str
    client_id: str
    client_secret: str
    session: requests.Session = field(default_factory=requests.Session)

    def config(self, **overrides: Any) -> dict[str, Any]:
        """Settings that both plugins accept."""
        return {
            "api_url": self.url,
            "auth_url": self.url,
            "tenant_id": self.tenant_id,
            "environment_name": self.environment_name,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "max_requests_per_window": 1_000_000,
            **overrides,
        }

    def reset(self) -> None:
        self._call("POST", "reset")

    def requests(self, since: int = 0) -> list[dict[str, Any]]:
        return self._call("GET", "requests", params={"since": since})

    def faults(self, faults: Sequence[Mapping[str, Any]]) -> None:
        self._call("POST", "faults", json=list(faults))

    def clear_faults(self) -> None:
        self._call("DELETE", "faults")

    def edit(self, *, company: str, entity_set: str, id: str, set: Mapping[str, Any], stamp: str | None = None) -> None:  # noqa: A002 - the control's own names
        change = {"company": company, "entity_set": entity_set, "id": id, "set": dict(set)}
        if stamp is not None:
            change["stamp"] = stamp
        self._call("POST", "edit", json=change)

    def advance(self, duration: str) -> None:
        self._call("POST", "clock", json={"advance": duration})

    def set_clock(self, moment: str) -> None:
        self._call("POST", "clock", json={"set": moment})

    def rows(self, company: str, entity_set: str) -> list[dict[str, Any]]:
        return self._call("GET", "rows", params={"company": company, "entity_set": entity_set})

    def companies(self) -> list[dict[str, Any]]:
        return self.rows("", "companies")

    def stop(self) -> None:
        self.session.close()
        self.process.terminate()
        self.process.wait(timeout=20)
        if self.process.stdout:
            self.process.stdout.close()

    def _call(self, method: str, control: str, **arguments: Any) -> Any:
        answer = self.session.request(method, f"{self.url}/_emulator/{control}", timeout=60, **arguments)
        assert answer.ok, f"{method} /_emulator/{control}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


def start_emulator(*options: str) -> RunningEmulator:
    """Start an emulator process on a free loopback port and wait for its one line of JSON."""
    command = [sys.executable, "-m", "dynamics_bc_emulator", "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"the emulator ended with {process.wait(timeout=20)} before it was ready"
    ready = json.loads(line)
    names = ("url", "tenant_id", "environment_name", "client_id", "client_secret")
    return RunningEmulator(process, **{name: ready[name] for name in names})
