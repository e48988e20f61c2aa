"""One running emulator: the service with everything that a driver can turn back to its beginning."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dynamics_bc_emulator.http.request_log import RequestLog
from dynamics_bc_emulator.rows.permissions import Principal
from dynamics_bc_emulator.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Callable

    from dynamics_bc_emulator.http.misfortunes import Misfortune
    from dynamics_bc_emulator.http.sign_in import Identities, SignIn
    from dynamics_bc_emulator.http.throttling import Throttle
    from dynamics_bc_emulator.rows.service import Service
    from dynamics_bc_emulator.rows.store import Commit, Store

TENANT_ID = "7e1f5a9c-0b7d-4c57-9a64-2f6e5d8c1b30"
TENANT_DOMAIN = "emulator.example"
ENVIRONMENT = "Production"
CLIENT_ID = "c0ffee00-1d2e-4f3a-8b4c-5d6e7f809102"
# Not a secret: the emulator serves made-up data on this machine only.
CLIENT_SECRET = "not-a-secret-of-the-emulator"  # noqa: S105


@dataclass
class Emulator:
    """Everything behind the HTTP.

    Attributes:
        template: Gives the rows that a reset goes back to.
        latency_seconds: What every data request takes at least.
        is_clean: Whether the rows are those of the template.
    """

    service: Service
    sign_in: SignIn
    throttle: Throttle
    template: Callable[[], Store]
    latency_seconds: float = 0
    log: RequestLog = field(default_factory=RequestLog)
    misfortunes: list[Misfortune] = field(default_factory=list)
    is_clean: bool = False

    def __post_init__(self) -> None:
        """Take note of every row that is written."""
        self.service.store.listeners.append(self._on_commit)

    def _on_commit(self, _commit: Commit) -> None:
        self.is_clean = False

    @property
    def identities(self) -> Identities:
        """The tenant and the application."""
        return self.sign_in.identities

    def reset(self) -> None:
        """Back to the seed: rows, clock, switches, permissions, misfortunes, requests, refresh tokens."""
        if not self.is_clean:
            self.service.store.copy_from(self.template())
            self.is_clean = True
        self.service.clock.reset()
        self.service.switches = Switches()
        self.service.principal = Principal()
        self.service.replica.forget()
        self.sign_in.reset()
        self.throttle.reset()
        self.misfortunes.clear()
        self.log.clear()
