"""How a read can miss a write that was just made: a second copy of the rows, to which commits come later.

Nothing is copied before there is a lag, or somebody asks for the copy while a transaction is open; then each commit is
passed on as the row lay when it was made. Rows that are not committed never reach the copy.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dynamics_bc_emulator.rows.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from dynamics_bc_emulator.rows.commits import Commit
    from dynamics_bc_emulator.rows.store import Line
    from dynamics_bc_emulator.rows.transactions import Held


@dataclass(frozen=True, slots=True)
class _Passed:
    """A commit on its way to the copy."""

    commit: Commit
    line: Line | None
    at: datetime


class Replica:
    """The read-only copy of one store."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._copy: Store | None = None
        self._is_followed = False
        self._is_listening = False
        self._under_way: deque[_Passed] = deque()

    @property
    def is_followed(self) -> bool:
        """Whether there is a copy that commits are passed on to."""
        return self._is_followed

    def follow(self, uncommitted: Iterable[Held]) -> None:
        """Begin to copy, from the rows as they are now.

        Args:
            uncommitted: Rows that lie in the store and are not certain, the last ones first: of them the copy has what
                was there before.
        """
        if self._is_followed:
            return
        if self._copy is None:
            self._copy = Store(self._store.shapes, self._clock)
        self._copy.copy_from(self._store)
        for held in uncommitted:
            self._copy.put_line(held.company, held.entity_set, held.id, held.before)
        if not self._is_listening:
            self._store.listeners.append(self._pass_on)
            self._is_listening = True
        self._is_followed = True

    def forget(self) -> None:
        """Lag behind nothing: every read looks into the primary."""
        self._is_followed = False
        self._under_way.clear()

    def store_for(self, headers: Mapping[str, str], lag_seconds: float) -> Store:
        """Where a read looks: the primary if it asks for it, else the copy if there is a lag or it asks for that."""
        if not self._is_followed or self._copy is None:
            return self._store
        if wants_primary(headers) or not (lag_seconds or wants_copy(headers)):
            return self._store
        self._catch_up(self._copy, self._clock() - timedelta(seconds=lag_seconds))
        return self._copy

    def _pass_on(self, commit: Commit) -> None:
        if self._is_followed:
            line = self._store.line(commit.company, commit.entity_set, commit.id)
            self._under_way.append(_Passed(commit, line, self._clock()))

    def _catch_up(self, copy: Store, until: datetime) -> None:
        while self._under_way and self._under_way[0].at <= until:
            passed = self._under_way.popleft()
            copy.put_line(passed.commit.company, passed.commit.entity_set, passed.commit.id, passed.line)


def wants_primary(headers: Mapping[str, str]) -> bool:
    """Whether a read asks for the primary database."""
    return headers.get("data-access-intent", "").strip().lower() == "readwrite"


def wants_copy(headers: Mapping[str, str]) -> bool:
    """Whether a read asks for the read-only copy."""
    return headers.get("data-access-intent", "").strip().lower() == "readonly"
