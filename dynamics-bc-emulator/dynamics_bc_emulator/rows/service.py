"""The emulated service without its HTTP: rows, what it offers, the time, and how it behaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.odata.vanished import Vanished
from dynamics_bc_emulator.rows.balances import Balances
from dynamics_bc_emulator.rows.permissions import Gate, user_id
from dynamics_bc_emulator.rows.replica import Replica, wants_copy
from dynamics_bc_emulator.rows.transactions import Transactions
from dynamics_bc_emulator.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dynamics_bc_emulator.clock import Clock
    from dynamics_bc_emulator.odata.routes import Route
    from dynamics_bc_emulator.rows.store import Store


@dataclass
class Service:
    """What every request meets.

    Attributes:
        routes: Its APIs; the standard one is the first.
        page_limit: Most rows of one page.
        gate: Who may do what.
        acting: Who writes at the moment: an application's client id or a user's name.
        vanished: What the APIs do not offer for the moment.
        replica: The copy that reads may look into.
        transactions: Those that are left open.
    """

    store: Store
    routes: tuple[Route[Any], ...]
    clock: Clock
    switches: Switches = field(default_factory=Switches)
    page_limit: int = 20_000
    gate: Gate = field(default_factory=Gate)
    balances: Balances = field(default_factory=Balances)
    acting: str = ""
    vanished: Vanished = field(default_factory=Vanished)
    replica: Replica = field(init=False)
    transactions: Transactions = field(init=False)
    _kept: dict[Any, tuple[Any, Any]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Give the store its replica and its open transactions."""
        self.replica = Replica(self.store, self.clock)
        self.transactions = Transactions(self.store)

    def read_store(self, headers: Mapping[str, str]) -> Store:
        """Where a read looks: the primary, or its replica."""
        lag = self.switches.replica_lag_seconds
        if lag or (self.transactions.open and wants_copy(headers)):
            self.replica.follow(self.transactions.uncommitted())
        return self.replica.store_for(headers, lag)

    def begin_replica(self) -> None:
        """Copy the rows as they are now, if reads shall lag behind them; done once."""
        if self.switches.replica_lag_seconds:
            self.replica.follow(self.transactions.uncommitted())

    @property
    def acting_user(self) -> str:
        """The id of whoever writes at the moment, as records name it."""
        return user_id(self.acting)

    @property
    def standard(self) -> Route[Any]:
        """The standard API."""
        return self.routes[0]

    def addressed(self, path: str) -> tuple[Route[Any], str] | None:
        """The API that a path below the environment goes to, and the path below that API; None if there is none."""
        below = ((route, route.path_below(path)) for route in self.routes)
        return next(((route, rest) for route, rest in below if rest is not None), None)

    def kept(self, place: Any, version: Any, load: Callable[[], Any]) -> Any:
        """What `load` returned for this version of what it reads; loaded again once the version is another one."""
        known = self._kept.get(place)
        if known is None or known[0] != version:
            known = self._kept[place] = (version, load())
        return known[1]
