"""One running emulator: the service with everything that a driver can turn back to its beginning."""

from __future__ import annotations

from copy import copy
from dataclasses import InitVar, dataclass, field
from typing import TYPE_CHECKING

from dynamics_bc_emulator.http.request_log import RequestLog
from dynamics_bc_emulator.notifying.notifier import Notifier
from dynamics_bc_emulator.odata.vanished import Vanished
from dynamics_bc_emulator.rows.store import Store
from dynamics_bc_emulator.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from dynamics_bc_emulator.clock import ClockMark
    from dynamics_bc_emulator.http.misfortunes import Misfortune
    from dynamics_bc_emulator.http.sign_in import Identities, SignIn
    from dynamics_bc_emulator.http.throttling import Throttles
    from dynamics_bc_emulator.odata.requests import DataResponse
    from dynamics_bc_emulator.recording.answers import Answers
    from dynamics_bc_emulator.rows.commits import Commit
    from dynamics_bc_emulator.rows.permissions import Permission
    from dynamics_bc_emulator.rows.service import Service

TENANT_ID = "7e1f5a9c-0b7d-4c57-9a64-2f6e5d8c1b30"
TENANT_DOMAIN = "emulator.example"
ENVIRONMENT = "Production"
CLIENT_ID = "c0ffee00-1d2e-4f3a-8b4c-5d6e7f809102"
# Not a secret: the emulator serves made-up data on this machine only.
CLIENT_SECRET = "not-a-secret-of-the-emulator"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A moment of an emulator.

    Attributes:
        rows: Gives the store with its rows, which nobody writes to.
    """

    rows: Callable[[], Store]
    clock: ClockMark
    switches: Switches
    permissions: tuple[Permission, ...]
    misfortunes: tuple[Misfortune, ...]
    vanished: Vanished


@dataclass
class Emulator:
    """Everything behind the HTTP.

    Attributes:
        template: Gives the rows that a reset goes back to.
        latency_seconds: What every data request takes at least.
        later: Requests that are carried out long after they were answered, with the moments when.
        notifier: Who tells receivers of what is committed.
        is_clean: Whether the rows are those of the template when it starts.
        snapshots: Moments to come back to, by number.
        recorded: Answers of a tenant, given until something is written; None without a recording.
    """

    service: Service
    sign_in: SignIn
    throttles: Throttles
    template: Callable[[], Store]
    latency_seconds: float = 0
    log: RequestLog = field(default_factory=RequestLog)
    misfortunes: list[Misfortune] = field(default_factory=list)
    is_clean: InitVar[bool] = False
    snapshots: dict[int, Snapshot] = field(default_factory=dict)
    recorded: Answers | None = None
    notifier: Notifier = field(init=False)
    later: list[tuple[datetime, Callable[[], object]]] = field(default_factory=list)
    # Which store the rows are a copy of; None once something was written.
    _unchanged: Callable[[], Store] | None = None
    _snapshots_taken: int = 0

    def __post_init__(self, is_clean: bool) -> None:
        """Take note of every row that is written."""
        self._unchanged = self.template if is_clean else None
        self.service.store.listeners.append(self._on_commit)
        self.notifier = Notifier(self.service)

    def _on_commit(self, _commit: Commit) -> None:
        self.touch()

    def do_what_is_due(self) -> None:
        """Carry out the requests that came too late to be answered, and whose time has come."""
        if not self.later:
            return
        now = self.service.clock()
        due = sorted((one for one in self.later if one[0] <= now), key=lambda one: one[0])
        self.later = [one for one in self.later if one[0] > now]
        for _, do in due:
            do()

    def touch(self) -> None:
        """Take note that rows are no longer what they were."""
        self._unchanged = None

    @property
    def identities(self) -> Identities:
        """The tenant and the application."""
        return self.sign_in.identities

    def reset(self) -> None:
        """Back to the seed: rows, clock, switches, principals, permissions, misfortunes, requests."""
        self._become(self.template)
        self.service.clock.reset()
        self.service.switches = Switches()
        self.service.gate.grant(())
        self.service.vanished = Vanished()
        self.sign_in.reset()
        self.throttles.reset()
        self.misfortunes.clear()
        self.log.clear()
        if self.recorded:
            self.recorded.begin_again()

    def recorded_answer(self, method: str, path: str, query: Mapping[str, str], root: str) -> DataResponse | None:
        """What a tenant answered to the same question; None if it is not known, or something was written since.

        Args:
            method: The verb.
            path: Below the environment, decoded.
            query: Options, decoded.
            root: The environment's address as the client spelled it.
        """
        if self.recorded is None or method != "GET" or self._unchanged is not self.template:
            return None
        return self.recorded.to(path, query, root)

    def snapshot(self) -> int:
        """Remember rows, clock, switches, permissions and misfortunes; gives the number to come back with."""
        self._unchanged = self._unchanged or self._copied()
        service, ordered = self.service, tuple(copy(one) for one in self.misfortunes)
        self._snapshots_taken += 1
        self.snapshots[self._snapshots_taken] = Snapshot(
            self._unchanged, service.clock.mark(), service.switches, service.gate.permissions, ordered, service.vanished
        )
        return self._snapshots_taken

    def restore(self, number: int) -> None:
        """Be as at a snapshot; the request log goes on, and sign-ins stay as they are.

        Raises:
            KeyError: There is no such snapshot.
        """
        known = self._known(number)
        self._become(known.rows)
        self.service.clock.back_to(known.clock)
        self.service.switches = known.switches
        self.service.gate.grant(known.permissions)
        self.service.vanished = known.vanished
        self.misfortunes[:] = [copy(one) for one in known.misfortunes]

    def forget(self, number: int) -> None:
        """Give the memory of a snapshot back.

        Raises:
            KeyError: There is no such snapshot.
        """
        self._known(number)
        del self.snapshots[number]

    def _known(self, number: int) -> Snapshot:
        if number not in self.snapshots:
            raise KeyError(f"snapshot {number}")
        return self.snapshots[number]

    def _become(self, rows: Callable[[], Store]) -> None:
        if self._unchanged is not rows:
            self.service.store.copy_from(rows())
            self._unchanged = rows
        self.service.replica.forget()
        self.service.transactions.forget()
        self.later.clear()
        self.notifier.forget()

    def _copied(self) -> Callable[[], Store]:
        kept = Store(self.service.store.shapes, self.service.clock)
        kept.copy_from(self.service.store)
        return lambda: kept
