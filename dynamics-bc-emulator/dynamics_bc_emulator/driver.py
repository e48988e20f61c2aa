"""An emulator in a process of its own, for programs and tests: started, steered, asked for the truth, ended."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

COMPANY = "CRONUS International Ltd."
_SECONDS = 60


class ControlError(Exception):
    """A control was refused; the message is the emulator's sentence."""


@dataclass(frozen=True, slots=True)
class Control:
    """The controls of a running emulator, as its README lists them. No proxy is asked.

    Attributes:
        url: The emulator's address.
    """

    url: str

    def reset(self) -> None:
        """Back to the seed: rows, clock, switches, permissions, faults, log."""
        self.call("POST", "reset")

    def requests(self, since: int = 0) -> list[dict[str, Any]]:
        """What was asked after a request's number; 0 for everything."""
        requests: list[dict[str, Any]] = self.call("GET", "requests", query={"since": since})
        return requests

    def faults(self, faults: Iterable[Mapping[str, Any]]) -> None:
        """Order faults: statuses, delays, lost connections."""
        self.call("POST", "faults", [dict(fault) for fault in faults])

    def clear_faults(self) -> None:
        """No faults any more."""
        self.call("DELETE", "faults")

    def permissions(self, permissions: Iterable[Mapping[str, Any]]) -> None:
        """Say what a client may read, write and post."""
        self.call("POST", "permissions", [dict(permission) for permission in permissions])

    def edit(self, **change: Any) -> dict[str, Any] | None:
        """Change, add or delete a row behind the service's back.

        Args:
            change: `company`, `entity_set`, `id`, `set`, `stamp`, `delete`.
        """
        row: dict[str, Any] | None = self.call("POST", "edit", change)
        return row

    def set_table(self, company: str, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Replace the rows of a table that no entity set shows, such as `invoiceDiscounts`."""
        self.call("POST", "tables", {"company": company, "table": table, "rows": [dict(row) for row in rows]})

    def tables(self, company: str) -> dict[str, list[dict[str, Any]]]:
        """Every table that no entity set shows, with its rows."""
        tables: dict[str, list[dict[str, Any]]] = self.call("GET", "tables", query={"company": company})
        return tables

    def advance(self, duration: str) -> None:
        """Let time pass: `PT1H`."""
        self.call("POST", "clock", {"advance": duration})

    def set_clock(self, moment: str) -> None:
        """Make it a moment: `2026-03-01T08:00:00Z`."""
        self.call("POST", "clock", {"set": moment})

    def freeze(self, *, frozen: bool = True) -> None:
        """Hold the clock still, or let it run on."""
        self.call("POST", "clock", {"frozen": frozen})

    def switches(self, **changes: Any) -> dict[str, Any]:
        """Set what no source settles; returns all switches."""
        switches: dict[str, Any] = self.call("POST", "switches", changes)
        return switches

    def refresh_token(self) -> str:
        """A fresh refresh token."""
        return str(self.call("POST", "refresh_token")["refresh_token"])

    def rows(self, company: str, entity_set: str) -> list[dict[str, Any]]:
        """All rows of a set, whoever their parents are: the truth."""
        rows: list[dict[str, Any]] = self.call("GET", "rows", query={"company": company, "entity_set": entity_set})
        return rows

    def companies(self) -> list[dict[str, Any]]:
        """The companies."""
        return self.rows("", "companies")

    def call(self, method: str, name: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Any:
        """Any control by its name; returns its JSON, None if it has none.

        Raises:
            ControlError: It is refused.
        """
        path = f"/_emulator/{name}" + (f"?{urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        with closing(HTTPConnection(urlsplit(self.url).netloc, timeout=_SECONDS)) as connection:
            connection.request(method, path, data, {"Content-Type": "application/json"})
            response = connection.getresponse()
            text = response.read()
        if response.status >= 400:
            raise ControlError(f"{method} {path} is answered {response.status}: {text.decode(errors='replace')}")
        return json.loads(text) if text else None


@dataclass(frozen=True, slots=True)
class BusinessCentral:
    """One emulator process on a loopback port of its own.

    Attributes:
        url: Where it is.
        control: Steers it and tells the truth.
    """

    url: str
    tenant_id: str
    environment_name: str
    client_id: str
    client_secret: str
    process: subprocess.Popen[str]

    @property
    def control(self) -> Control:
        """Its controls."""
        return Control(self.url)

    def tap_config(self, **settings: Any) -> dict[str, Any]:
        """Settings for the tap, with others of your own."""
        return {
            "api_url": self.url,
            "auth_url": self.url,
            "tenant_id": self.tenant_id,
            "environment_name": self.environment_name,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            **settings,
        }

    def target_config(self, **settings: Any) -> dict[str, Any]:
        """Settings for the target, which writes to the demo company."""
        return self.tap_config(**{"company": COMPANY, **settings})

    def stop(self) -> None:
        """End the process."""
        self.process.terminate()
        self.process.wait(timeout=_SECONDS)
        if self.process.stdout:
            self.process.stdout.close()


def start_business_central(*options: str) -> BusinessCentral:
    """Start an emulator on a free port and wait until it is ready.

    Args:
        options: Of the command, such as `--companies`, `3`.

    Raises:
        RuntimeError: It ended before it was ready; standard error says why.
    """
    command = [sys.executable, "-m", "dynamics_bc_emulator", "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - this very program
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.stdout.close()
        code = process.wait(timeout=_SECONDS)
        raise RuntimeError(f"The emulator ended with {code} before it was ready.")
    ready: dict[str, str] = json.loads(line)
    return BusinessCentral(**ready, process=process)
