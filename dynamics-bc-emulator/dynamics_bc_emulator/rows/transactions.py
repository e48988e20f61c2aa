"""Transactions that are left open: rows that a read may see before they are certain, and numbers that are used again.

A long posting on the real service does both: whoever reads the primary without a read isolation sees its rows, its
stamps are those of the moments when it wrote them, and if it is rolled back its entry numbers are given to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import Refusal
from dynamics_bc_emulator.rows.commits import Commit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from dynamics_bc_emulator.rows.store import Line, Row, Store


@dataclass(frozen=True, slots=True)
class Held:
    """A row that a transaction has written.

    Attributes:
        before: As it lay before, None if it was not there.
        after: As the transaction leaves it, None if it removes it.
    """

    company: str
    entity_set: str
    id: str
    before: Line | None
    after: Line | None

    @property
    def commit(self) -> Commit:
        """What its commit tells."""
        what = "removed" if self.after is None else "added" if self.before is None else "changed"
        line = self.after or self.before
        return Commit(self.company, self.entity_set, self.id, what, line[0] if line else None)


@dataclass(frozen=True, slots=True)
class Change:
    """A row that a transaction shall write.

    Attributes:
        values: Its new values, None to remove it.
        stamp: Milliseconds of its stamp.
    """

    company: str
    entity_set: str
    id: str | None
    values: Row | None
    stamp: int


@dataclass(frozen=True, slots=True)
class Open:
    """A transaction that has not ended.

    Attributes:
        is_seen: Whether reads of the primary see its rows.
    """

    rows: tuple[Held, ...]
    is_seen: bool


class Transactions:
    """The open transactions of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: dict[int, Open] = {}
        self._last = 0

    @property
    def open(self) -> Mapping[int, Open]:
        """Those that have not ended, by their numbers."""
        return self._open

    def uncommitted(self) -> Iterator[Held]:
        """Rows that lie in the store and are not certain, the last ones first."""
        for transaction in reversed(self._open.values()):
            if transaction.is_seen:
                yield from reversed(transaction.rows)

    def forget(self) -> None:
        """Let go of all of them, without a trace in the rows: those are replaced."""
        self._open.clear()

    def begin(self, changes: Sequence[Change], *, is_seen: bool) -> int:
        """Write rows that are not certain; gives the transaction's number."""
        held = tuple(self._written(change) for change in changes)
        if not is_seen:
            self._put_back(held)
        self._last += 1
        self._open[self._last] = Open(held, is_seen)
        return self._last

    def commit(self, number: int) -> None:
        """Make a transaction's rows certain; whoever listens is told of them now.

        Raises:
            KeyError: There is no such transaction.
        """
        ended = self._ended(number)
        for held in ended.rows:
            if not ended.is_seen:
                self._store.put_line(held.company, held.entity_set, held.id, held.after)
            self._store.tell(held.commit)

    def roll_back(self, number: int) -> None:
        """Take a transaction's rows away again; nobody is told.

        Raises:
            KeyError: There is no such transaction.
        """
        ended = self._ended(number)
        if ended.is_seen:
            self._put_back(ended.rows)

    def check(self, company: str, entity_set: str, id: str | None, table: str) -> None:  # noqa: A002 - the row's
        """Refuse to write a row that an open transaction holds.

        Raises:
            Refusal: It is locked.
        """
        if any((held.company, held.entity_set, held.id) == (company, entity_set, id) for held in self._held()):
            raise _locked(table)

    def check_named(self, company: str, ids: Collection[str], table: str) -> None:
        """Refuse to write a row that names one which an open transaction has added: it may never have been there.

        Raises:
            Refusal: That one is locked.
        """
        if any(held.before is None and held.company == company and held.id in ids for held in self._held()):
            raise _locked(table)

    def _held(self) -> Iterator[Held]:
        return (held for transaction in self._open.values() for held in transaction.rows)

    def _ended(self, number: int) -> Open:
        if number not in self._open:
            raise KeyError(f"transaction {number}")
        return self._open.pop(number)

    def _written(self, change: Change) -> Held:
        before = self._store.line(change.company, change.entity_set, change.id) if change.id else None
        if change.values is None:
            self._store.put_line(change.company, change.entity_set, change.id or "", None)
            return Held(change.company, change.entity_set, change.id or "", before, None)
        id_ = self._store.write_silently(change.company, change.entity_set, change.id, change.values, change.stamp)
        after = self._store.line(change.company, change.entity_set, id_)
        return Held(change.company, change.entity_set, id_, before, after)

    def _put_back(self, rows: Sequence[Held]) -> None:
        for held in reversed(rows):
            self._store.put_line(held.company, held.entity_set, held.id, held.before)


def _locked(table: str) -> Refusal:
    message = (
        f"We could not update the data right now because a record in the {table} table was locked by another user. "
        "Please try again later."
    )
    return Refusal(400, "Internal_ServerError", message)
