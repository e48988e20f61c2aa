"""Rows that are made when they are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.odata.addresses import KEY_SEPARATOR
from dynamics_bc_emulator.odata.catalogue import PAGE
from dynamics_bc_emulator.refusals import method_not_allowed
from dynamics_bc_emulator.rows.links import demanded, source_values
from dynamics_bc_emulator.rows.makers.asked import Asked, asked
from dynamics_bc_emulator.rows.parents import refuse_flat_read
from dynamics_bc_emulator.rows.rows import Change, Slice, Window, passing, rows_of, window_of
from dynamics_bc_emulator.rows.served_values import etag_of, served_value
from dynamics_bc_emulator.rows.store import ServedRow
from dynamics_bc_emulator.values import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dynamics_bc_emulator.odata.addresses import Address
    from dynamics_bc_emulator.odata.catalogue import EntitySet, Navigation
    from dynamics_bc_emulator.odata.filters import Node
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.links import Parent
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rows.view import View


@dataclass(frozen=True, slots=True)
class Made:
    """The rows of a set that a maker makes.

    Attributes:
        make: Makes the rows that are asked for.
        hangs_on_parents: Rows are made only for a parent that is asked for.
        make_of: Makes the rows that hang on one stored row, where that is quicker than asking for them.
        keep: What a change of such a row does; None where none can be made.
    """

    entity_set: EntitySet
    make: Callable[[View, Asked], list[Row]]
    hangs_on_parents: bool = False
    make_of: Callable[[View, EntitySet, ServedRow], list[Row]] | None = None
    keep: Callable[[Company, Change], Row] | None = None

    def get(self, view: View, key: str) -> ServedRow | None:
        """The row of that key, if the set can be read without a parent."""
        refuse_flat_read(view, self.entity_set, ())
        # The parts of a longer key are checked against what is made.
        first = key if len(self.entity_set.key) == 1 else key.partition(KEY_SEPARATOR)[0]
        rows = self._made(view, asked(self.entity_set, {self.entity_set.key[0]: first}, None))
        return next((row for row in rows if row.id == key), None)

    def find(self, company: Company, key: str | None, parent: Parent | None) -> Row | None:  # noqa: ARG002 - of the protocol
        """The key stands for the row; what is written decides whether it is there."""
        if key is not None or parent is None:
            return {"id": key}
        return {"id": str(parent.links().get("id", parent.row["id"]))}

    def address(self, reached: Address, key: str) -> Address:
        """A made row is read where it was written."""
        return reached.at(key)

    def scan(self, view: View, window: Window) -> Slice:
        """A window of all that is made."""
        made = self._made(view, asked(self.entity_set, {}, window.filter))
        return window_of(self.entity_set, made, self.values(view), window)

    def count(self, view: View, wanted: Node | None) -> int:
        """How many of the rows that are made a filter lets through."""
        made = self._made(view, asked(self.entity_set, {}, wanted))
        return len(passing(self.entity_set, made, self.values(view), wanted))

    def related(
        self,
        view: View,
        source: EntitySet,
        rows: Sequence[ServedRow],
        navigation: Navigation,
        wanted: Node | None = None,
    ) -> list[list[ServedRow]]:
        """For each row, what is made for it."""
        if self.make_of:
            return [self._served(self.make_of(view, source, row)) for row in rows]
        demands = (demanded(navigation, source_values(row, navigation)) for row in rows)
        return [self._made(view, asked(self.entity_set, demand, wanted)) for demand in demands]

    def all(self, view: View) -> list[ServedRow]:
        """All rows, of all parents there are."""
        if not self.hangs_on_parents:
            return self._made(view, Asked({}))
        return [
            row
            for parent in view.catalogue.sets.values()
            for navigation in parent.navigation.values()
            if navigation.target == self.entity_set.name and not navigation.implied
            for related in self.related(view, parent, rows_of(view, parent.name).all(view), navigation)
            for row in related
        ]

    def values(self, view: View) -> Callable[[ServedRow], Mapping[str, Any]]:  # noqa: ARG002 - of the protocol
        """A row's values as they are served."""
        return _values

    def put(self, company: Company, change: Change) -> Row:
        """Change what the row is made of."""
        if self.keep is None:
            raise method_not_allowed(self.entity_set.name)
        return self.keep(company, change)

    def _made(self, view: View, wanted: Asked) -> list[ServedRow]:
        return self._served(self.make(view, wanted))

    def _served(self, rows: Sequence[Row]) -> list[ServedRow]:
        return [ServedRow(self._key(row), self._json(row), None) for row in rows]

    def _key(self, row: Row) -> str:
        """The text of a row's key; of a set without a key all its columns tell its rows apart."""
        names = self.entity_set.key or tuple(self.entity_set.properties)
        return KEY_SEPARATOR.join(str(row.get(name)) for name in names)

    def _json(self, row: Row) -> str:
        """The etag covers what is not calculated; rows of a query, and of the platform, have none."""
        entity_set = self.entity_set
        values = {name: served_value(row.get(name, blank)) for name, blank in entity_set.blanks.items()}
        if entity_set.kind != PAGE:
            return encode(values).decode()
        fixed = {name: value for name, value in values.items() if not entity_set.properties[name].calculated}
        return encode({"@odata.etag": etag_of(fixed), **values}).decode()


def _values(row: ServedRow) -> Mapping[str, Any]:
    values: dict[str, Any] = decode(row.data)
    return values
