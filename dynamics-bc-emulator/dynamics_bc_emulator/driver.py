"""An emulator in a process of its own, for programs and tests: started, steered, asked for the truth, ended."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import deque
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from threading import Thread
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

COMPANY = "CRONUS International Ltd."
_SECONDS = 60
_SCOPE = "https://api.businesscentral.dynamics.com/.default"
_LAST_LINES = 20


class ControlError(Exception):
    """A control was refused, with the emulator's sentence as message; or no emulator answers any more."""


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

    def snapshot(self) -> int:
        """Remember rows, clock, switches, permissions and faults; gives the number to come back with."""
        return int(self.call("POST", "snapshot")["snapshot"])

    def restore(self, snapshot: int) -> None:
        """Be as at a snapshot, as often as you like; a reset does not forget it."""
        self.call("POST", "restore", {"snapshot": snapshot})

    def forget(self, snapshot: int) -> None:
        """Give the memory of a snapshot back."""
        self.call("DELETE", "snapshot", {"snapshot": snapshot})

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What happens inside is undone: a snapshot before, back to it after."""
        snapshot = self.snapshot()
        try:
            yield
        finally:
            self.restore(snapshot)
            self.forget(snapshot)

    def requests(self, since: int = 0) -> list[dict[str, Any]]:
        """What was asked after a request's number; 0 for everything."""
        requests: list[dict[str, Any]] = self.call("GET", "requests", query={"since": since})
        return requests

    def faults(self, faults: Iterable[Mapping[str, Any]]) -> None:
        """Order faults: statuses, delays, lost connections."""
        self.call("POST", "faults", [dict(fault) for fault in faults])

    def ordered_faults(self) -> list[dict[str, Any]]:
        """The faults that are ordered, each with the number of requests that it has befallen."""
        faults: list[dict[str, Any]] = self.call("GET", "faults")
        return faults

    def clear_faults(self) -> None:
        """No faults any more."""
        self.call("DELETE", "faults")

    def permissions(self, permissions: Iterable[Mapping[str, Any]]) -> None:
        """Say who may read, write and post what."""
        self.call("POST", "permissions", [dict(permission) for permission in permissions])

    def allow_everything(self) -> None:
        """No permissions any more."""
        self.call("DELETE", "permissions")

    def principals(self, principals: Iterable[Mapping[str, Any]]) -> None:
        """Register applications (`client_id`, `client_secret`) and users (`user`)."""
        self.call("POST", "principals", [dict(principal) for principal in principals])

    def all_principals(self) -> Any:
        """The applications and users that there are."""
        return self.call("GET", "principals")

    def begin(self, rows: Iterable[Mapping[str, Any]], *, seen: bool = True) -> int:
        """Leave a transaction open that has written rows as `edit` takes them; gives its number.

        Args:
            rows: `company`, `entity_set`, `id`, `set`, `stamp`, `delete`.
            seen: Whether reads of the primary see them before they are committed.
        """
        body = {"rows": [dict(row) for row in rows], "seen": seen}
        return int(self.call("POST", "transaction", body)["transaction"])

    def commit(self, transaction: int) -> None:
        """Make a transaction's rows certain."""
        self.call("POST", "transaction", {"transaction": transaction, "end": "commit"})

    def roll_back(self, transaction: int) -> None:
        """Take a transaction's rows away again."""
        self.call("POST", "transaction", {"transaction": transaction, "end": "rollback"})

    def transactions(self) -> Any:
        """The transactions that are open."""
        return self.call("GET", "transaction")

    def vanish(self, **what: str) -> None:
        """Let an `entity_set`, its `navigation`, or a `company` vanish."""
        self.call("POST", "vanish", what)

    def come_back(self) -> None:
        """Offer again what vanished."""
        self.call("DELETE", "vanish")

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

    def clock(self) -> dict[str, Any]:
        """What time it is, and whether time stands still: `now`, `frozen`."""
        clock: dict[str, Any] = self.call("GET", "clock")
        return clock

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

    def all_switches(self) -> dict[str, Any]:
        """The switches as they are."""
        switches: dict[str, Any] = self.call("GET", "switches")
        return switches

    def refresh_token(self, **whose: str) -> str:
        """A fresh refresh token, of `user` and `client_id`."""
        return str(self.call("POST", "refresh_token", whose or None)["refresh_token"])

    def decide_device(self, user_code: str, *, approve: bool = True, **more: str) -> Any:
        """Say what a user says to a device code; `user` is who that is."""
        return self.call("POST", "device", {"user_code": user_code, "approve": approve, **more})

    def mails(self) -> list[dict[str, Any]]:
        """The mails that actions would have sent."""
        mails: list[dict[str, Any]] = self.call("GET", "mails")
        return mails

    def notifications(self) -> Any:
        """What receivers of notifications and business events were told, and what they answered."""
        return self.call("GET", "notifications")

    def sets(self, company: str = "") -> dict[str, int | None]:
        """The sets of a company, or of the environment, with the number of their rows."""
        return {one["name"]: one["rows"] for one in self.call("GET", "sets", query={"company": company})}

    def about(self) -> dict[str, Any]:
        """Address, tenant, credentials, routes, version."""
        about: dict[str, Any] = self.call("GET", "about")
        return about

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
            ControlError: It is refused, or nobody answers.
        """
        path = f"/_emulator/{name}" + (f"?{urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        status, text = _asked(self.url, method, path, data, {"Content-Type": "application/json"})
        if status >= 400:
            raise ControlError(f"{method} {path} is answered {status}: {text.decode(errors='replace')}")
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

    @property
    def api(self) -> str:
        """Where the standard API is; the companies are below it."""
        return f"{self.url}/v2.0/{self.environment_name}/api/v2.0"

    @property
    def company(self) -> str:
        """The name of the demo company, the first of the list."""
        return str(self.control.companies()[0]["name"])

    def company_url(self, name: str | None = None) -> str:
        """Where a company's sets are; the demo company's unless another is named.

        Raises:
            ValueError: There is no company of that name.
        """
        ids = {company["name"]: company["id"] for company in self.control.companies()}
        name = next(iter(ids)) if name is None else name
        if name not in ids:
            raise ValueError(f"There is no company {name!r}; there are {', '.join(ids)}.")
        return f"{self.api}/companies({ids[name]})"

    def token(self) -> str:
        """A fresh access token; it is good for an hour of the emulator's clock.

        Raises:
            ControlError: It is refused, as a fault may have it, or nobody answers.
        """
        path = f"/{quote(self.tenant_id)}/oauth2/v2.0/token"
        form = {"grant_type": "client_credentials", "scope": _SCOPE}
        data = urlencode({**form, "client_id": self.client_id, "client_secret": self.client_secret}).encode()
        status, text = _asked(self.url, "POST", path, data, {"Content-Type": "application/x-www-form-urlencoded"})
        if status != 200:
            raise ControlError(f"POST {path} is answered {status}: {text.decode(errors='replace')}")
        return str(json.loads(text)["access_token"])

    def headers(self, **more: str) -> dict[str, str]:
        """Headers that any HTTP client may send: a fresh token, and others of your own."""
        return {"Authorization": f"Bearer {self.token()}", "Accept": "application/json", **more}

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
        return self.tap_config(**{"company": self.company, **settings})

    def stop(self) -> None:
        """End the process."""
        self.process.terminate()
        self.process.wait(timeout=_SECONDS)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()


def start_business_central(*options: str) -> BusinessCentral:
    """Start an emulator on a free port and wait until it is ready; it ends when this program does.

    Args:
        options: Of the command, such as `--companies`, `3`.

    Raises:
        RuntimeError: It ended before it was ready; the message has what it said.
    """
    command = [sys.executable, "-m", "dynamics_bc_emulator", "--port", "0", "--until-input-ends", *options]
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    process = subprocess.Popen(command, text=True, **pipes)  # noqa: S603 - this very program
    assert process.stdout is not None
    assert process.stderr is not None
    said: deque[str] = deque(maxlen=_LAST_LINES)
    reader = Thread(target=_hand_on, args=(process.stderr, said), daemon=True)
    reader.start()
    line = process.stdout.readline()
    if not line:
        code = process.wait(timeout=_SECONDS)
        reader.join(_SECONDS)
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()
        raise RuntimeError(f"The emulator ended with {code} before it was ready.\n{''.join(said)}".rstrip())
    ready: dict[str, str] = json.loads(line)
    return BusinessCentral(**ready, process=process)


def _hand_on(lines: IO[str], said: deque[str]) -> None:
    """Write an emulator's standard error to this program's, and keep the end of it."""
    with lines:
        for line in lines:
            said.append(line)
            # Whoever captures standard error may have closed it by now.
            with suppress(ValueError, OSError):
                sys.stderr.write(line)


def _asked(url: str, method: str, path: str, data: bytes | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
    try:
        with closing(HTTPConnection(urlsplit(url).netloc, timeout=_SECONDS)) as connection:
            connection.request(method, path, data, dict(headers))
            response = connection.getresponse()
            return response.status, response.read()
    except (OSError, HTTPException) as error:
        raise ControlError(f"No emulator answers {method} {url}{path} ({error}). It may have ended.") from error
