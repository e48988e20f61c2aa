"""Who can sign in: applications that are registered in the tenant, and its users."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dynamics_bc_emulator.http.assertions import PublicKey

# Whoever signs in by hand and says no other name.
DEFAULT_USER = "admin@emulator.example"


@dataclass(frozen=True, slots=True)
class Application:
    """An app registration.

    Attributes:
        client_secret: Blank if it has none.
        key: Of its certificate, None if it has none.
    """

    client_id: str
    client_secret: str = field(repr=False)
    key: PublicKey | None = None


@dataclass
class Registrations:
    """The tenant's applications and users, and which of them the environment does not know.

    An application must be entered in each environment; one that is only registered in the tenant gets tokens and is
    refused by the data API.

    Attributes:
        first: The application that is always there.
    """

    first: Application
    applications: dict[str, Application] = field(default_factory=dict)
    users: list[str] = field(default_factory=list)
    _strangers: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Begin with the first application and the default user."""
        self.reset()

    def reset(self) -> None:
        """Back to the first application and the default user."""
        self.applications = {self.first.client_id: self.first}
        self.users = [DEFAULT_USER]
        self._strangers.clear()

    def admit(self, principal: str, *, allowed: bool) -> None:
        """Say whether the environment knows an application or a user; a user that is new is one from now on."""
        if principal not in self.applications and principal not in self.users:
            self.users.append(principal)
        if allowed:
            self._strangers.discard(principal)
        else:
            self._strangers.add(principal)

    def admits(self, principal: str) -> bool:
        """Whether the environment knows an application or a user."""
        return principal not in self._strangers
