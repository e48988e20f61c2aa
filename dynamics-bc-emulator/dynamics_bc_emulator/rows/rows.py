"""What can be asked of an entity set's rows, wherever they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from dynamics_bc_emulator.odata.filters import holds, without
from dynamics_bc_emulator.odata.options import Order
from dynamics_bc_emulator.odata.ordering import from_token, is_after, sort_key, sorted_rows, to_token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from dynamics_bc_emulator.odata.addresses import Address
    from dynamics_bc_emulator.odata.catalogue import EntitySet, Navigation
    from dynamics_bc_emulator.odata.filters import Node
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.links import Parent
    from dynamics_bc_emulator.rows.store import Row, ServedRow
    from dynamics_bc_emulator.rows.view import View

# More than SQLite can hold, and with a skip still no more than it can count to.
ALL = 1 << 60
# Properties that a filter sets for the calculation instead of choosing rows by them.
_PARAMETERS = frozenset(("dateFilter", "agedAsOfDate", "periodLengthFilter", "dateFilter_FilterOnly"))
# The properties that say at which place of its document, journal or ledger a row stands.
_PLACES = ("sequence", "lineNumber", "entryNumber")


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows of a set a page holds.

    Attributes:
        filter: What rows must fulfil, None for all.
        order: How they are sorted; by their key, or as is natural for the set, if nothing is said.
        after: The token of the place where the page before ended.
        skip: How many are passed over after that.
        limit: How many there may be.
    """

    filter: Node | None = None
    order: tuple[Order, ...] = ()
    after: str | None = None
    skip: int = 0
    limit: int = ALL


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows of a window, and the token of the place where it ends."""

    rows: list[ServedRow]
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be kept.

    Attributes:
        before: The row as it is, None if it is new.
        after: The row as it shall be, None if it is to be removed.
        parent: The row it was reached through.
    """

    before: Row | None
    after: Row | None
    parent: Parent | None = None


class Rows(Protocol):
    """The rows of one entity set: stored ones, or rows that are made when they are read."""

    @property
    def entity_set(self) -> EntitySet:
        """What the rows are like."""

    def get(self, view: View, key: str) -> ServedRow | None:
        """The row of that key."""

    def find(self, company: Company, key: str | None, parent: Parent | None) -> Row | None:
        """The row that is to be written: of that key below its parent, or the only one that its parent leads to."""

    def address(self, reached: Address, key: str) -> Address:
        """Where a row is read, that was written at an address of its set."""

    def scan(self, view: View, window: Window) -> Slice:
        """Some of the rows, in order."""

    def count(self, view: View, wanted: Node | None) -> int:
        """How many rows a filter lets through."""

    def related(
        self,
        view: View,
        source: EntitySet,
        rows: Sequence[ServedRow],
        navigation: Navigation,
        wanted: Node | None = None,
    ) -> list[list[ServedRow]]:
        """For each row of a source, the rows that a navigation leads to.

        `wanted` may say what is calculated; it need not be applied.
        """

    def all(self, view: View) -> list[ServedRow]:
        """All rows, whoever their parents are."""

    def values(self, view: View) -> Callable[[ServedRow], Mapping[str, Any]]:
        """How a row's values are read, calculated ones included."""

    def put(self, company: Company, change: Change) -> Row:
        """Keep a new row, a changed one, or no row any more; returns it as it is kept.

        Raises:
            Refusal: The rows cannot be written.
        """


def rows_of(view: View, name: str) -> Rows:
    """The rows of a set of the view's route.

    Raises:
        Refusal: Whoever looks may not read them.
    """
    view.principal.check("read", view.company, view.set(name))
    rows: Rows = view.route.rows[name]
    return rows


def window_of(
    entity_set: EntitySet, rows: Iterable[ServedRow], values: Callable[[ServedRow], Mapping[str, Any]], window: Window
) -> Slice:
    """A window of rows that are all at hand."""
    order = window.order or _natural_order(entity_set)
    pairs = sorted_rows(passing(entity_set, rows, values, window.filter), order, entity_set)
    if window.after:
        ended, ended_id = from_token(window.after, order)
        key = sort_key(ended, order, entity_set)
        pairs = [
            pair for pair in pairs if is_after(sort_key(pair[0], order, entity_set), pair[1].id, (key, ended_id), order)
        ]
    pairs = pairs[window.skip : window.skip + window.limit]
    return Slice([row for _, row in pairs], to_token(pairs[-1][0], pairs[-1][1].id, order) if pairs else None)


def passing(
    entity_set: EntitySet,
    rows: Iterable[ServedRow],
    values: Callable[[ServedRow], Mapping[str, Any]],
    wanted: Node | None,
) -> list[tuple[Mapping[str, Any], ServedRow]]:
    """The rows that a filter lets through, with their values."""
    node = without(wanted, _PARAMETERS) if wanted else None
    pairs = ((values(row), row) for row in rows)
    return [(read, row) for read, row in pairs if node is None or holds(node, read, entity_set)]


def _natural_order(entity_set: EntitySet) -> tuple[Order, ...]:
    name = next((name for name in _PLACES if name in entity_set.properties), None)
    return (Order(name, descending=False),) if name else ()
