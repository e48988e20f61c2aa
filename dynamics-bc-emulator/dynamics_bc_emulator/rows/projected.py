"""Rows of one set that another set shows: under other names, with fields of its own, and only some of them.

A custom page over customers, a published web service, a set of somebody else's metadata: each is such a set. What it
has of its own (an extension's fields) is kept with the row that it shows, under an internal key, and invented where
nobody has written it yet.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.odata.addresses import KEY_SEPARATOR, key_step
from dynamics_bc_emulator.odata.catalogue import PAGE
from dynamics_bc_emulator.odata.filters import Comparison, Every, Node, Some, names_in
from dynamics_bc_emulator.rows.invented import invented_value
from dynamics_bc_emulator.rows.links import matching, source_values
from dynamics_bc_emulator.rows.rows import Slice, passing, window_of
from dynamics_bc_emulator.rows.served_values import etag_of, served_value
from dynamics_bc_emulator.rows.store import ServedRow
from dynamics_bc_emulator.stamps import BLANK_STAMP, from_stamp
from dynamics_bc_emulator.values import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dynamics_bc_emulator.odata.addresses import Address
    from dynamics_bc_emulator.odata.catalogue import EntitySet, Navigation, Property
    from dynamics_bc_emulator.odata.routes import Route
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.links import Parent
    from dynamics_bc_emulator.rows.rows import Change, Rows, Window
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rows.view import View

# A row version counts on within a millisecond; that many changes fit into one.
_VERSIONS_IN_A_MILLISECOND = 1024


@dataclass(frozen=True, slots=True)
class Projected:
    """Another set's rows.

    Attributes:
        entity_set: The set as it is shown.
        home: The API whose set is shown.
        source: That set.
        names: Its properties by those that show them; what is not here is the shown set's own.
        only: Values that a row must have to be shown.
        constants: Properties that have one value in all rows.
        versions: Properties that show a number that grows with each change.
        heads: How many rows without any value a page begins with, as a published list page with groups does.
    """

    entity_set: EntitySet
    home: Route[Rows]
    source: EntitySet
    names: Mapping[str, str]
    only: Mapping[str, Any] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    versions: frozenset[str] = frozenset()
    heads: int = 0

    @property
    def shown_rows(self) -> Rows:
        """Where the rows are."""
        return self.home.rows[self.source.name]

    @property
    def internal(self) -> str:
        """Under which internal key a row holds the shown set's own values."""
        return f"_of {self.entity_set.name}"

    @property
    def _shows_ids(self) -> bool:
        return self.names.get("id") == "id" and self.entity_set.key == ("id",)

    def own(self) -> Mapping[str, Property]:
        """The properties that the shown set has of its own."""
        return {
            name: known
            for name, known in self.entity_set.properties.items()
            if name not in self.names and name not in self.versions and name not in self.constants
        }

    def company_of(self, company: Company) -> Company:
        """Where its rows lie: in the company, or at the root."""
        return replace(company, id="") if self.source.tenant_wide else company

    def get(self, view: View, key: str) -> ServedRow | None:
        """The row of that key."""
        if self._shows_ids:
            row = self.shown_rows.get(self._home(view), key)
            shown = self._shown(view, [row] if row else [])
        else:
            shown = [each for each in self._all(view) if each.id == key]
        return shown[0] if shown else None

    def find(self, company: Company, key: str | None, parent: Parent | None) -> Row | None:
        """The row that is shown under that key, as it is kept."""
        if key is None:
            return None
        company = self.company_of(company)
        if self._shows_ids:
            row = company.get(self.source.name, key)
            rows = [row] if row and all(row.get(name) == value for name, value in self.only.items()) else []
        else:
            rows = company.find(self.source.name, **self.only)
        links = parent.links() if parent else {}
        wanted = {self.names[name]: value for name, value in links.items() if name in self.names}
        fitting = (row for row in rows if all(row.get(name) == value for name, value in wanted.items()))
        return next((row for row in fitting if self._key(self._values(row)) == key), None)

    def address(self, reached: Address, key: str) -> Address:
        """A shown row has an address of its own."""
        return reached.to(key_step(self.entity_set, key))

    def key_of(self, row: Row) -> str:
        """Under which key a kept row is shown."""
        return self._key(self._values(row))

    def scan(self, view: View, window: Window) -> Slice:
        """A window of the rows, the first one with what it begins with where nothing is asked for."""
        plain = not (window.filter or window.order or window.after or window.skip)
        if not plain or not 0 < self.heads < window.limit:
            return self._scan(view, window)
        found = self._scan(view, replace(window, limit=window.limit - self.heads))
        blank = encode(dict.fromkeys(self.entity_set.blanks, "")).decode()
        return Slice([*(ServedRow("", blank, None) for _ in range(self.heads)), *found.rows], found.token)

    def _scan(self, view: View, window: Window) -> Slice:
        """Where names alone differ it is the shown set that finds the rows."""
        asked = {*(names_in(window.filter) if window.filter else ()), *(each.name for each in window.order)}
        if self.only or not all(map(self._finds, asked)):
            return window_of(self.entity_set, self._all(view), _read, window)
        order = tuple(replace(each, name=self.names[each.name]) for each in window.order)
        wanted = None if window.filter is None else self._renamed(window.filter)
        found = self.shown_rows.scan(self._home(view), replace(window, filter=wanted, order=order))
        return Slice(self._shown(view, found.rows), found.token)

    def count(self, view: View, wanted: Node | None) -> int:
        """How many rows a filter lets through."""
        asked = set(names_in(wanted)) if wanted else set()
        if self.only or not all(map(self._finds, asked)):
            return len(passing(self.entity_set, self._all(view), _read, wanted))
        return self.shown_rows.count(self._home(view), None if wanted is None else self._renamed(wanted))

    def related(
        self,
        view: View,
        source: EntitySet,  # noqa: ARG002 - of the protocol
        rows: Sequence[ServedRow],
        navigation: Navigation,
        wanted: Node | None = None,  # noqa: ARG002 - of the protocol
    ) -> list[list[ServedRow]]:
        """For each row, the rows that a navigation leads to."""
        candidates = {None: [(decode(row.data), row) for row in self._all(view)]}
        return [list(matching(navigation, source_values(row, navigation), candidates)) for row in rows]

    def all(self, view: View) -> list[ServedRow]:
        """All rows."""
        return self._all(view)

    def values(self, view: View) -> Callable[[ServedRow], Mapping[str, Any]]:  # noqa: ARG002 - of the protocol
        """A row's values as they are served."""
        return _read

    def put(self, company: Company, change: Change) -> Row:
        """Keep the row that is shown."""
        return self.shown_rows.put(self.company_of(company), change)

    def _finds(self, name: str) -> bool:
        """Whether the shown set can look for a property's values: it has it, with the same members."""
        if name not in self.names:
            return False
        return self.entity_set.properties[name].enum == self.source.properties[self.names[name]].enum

    def _home(self, view: View) -> View:
        company = "" if self.source.tenant_wide else view.company
        return replace(view, route=self.home, company=company)

    def _renamed(self, node: Node) -> Node:
        if isinstance(node, Comparison):
            return replace(node, name=self.names[node.name])
        if isinstance(node, (Every, Some)):
            return type(node)(tuple(self._renamed(part) for part in node.parts))
        return node

    def _all(self, view: View) -> list[ServedRow]:
        return self._shown(view, self.shown_rows.all(self._home(view)))

    def _shown(self, view: View, rows: Sequence[ServedRow]) -> list[ServedRow]:
        read = self.shown_rows.values(self._home(view))
        pairs = ((row, read(row)) for row in rows)
        return [
            self._served(row, values)
            for row, values in pairs
            if all(values.get(name) == value for name, value in self.only.items())
        ]

    def _served(self, row: ServedRow, values: Mapping[str, Any]) -> ServedRow:
        public = self._values(values)
        served = {name: served_value(value) for name, value in public.items()}
        if self.entity_set.kind == PAGE:
            # What is calculated moves no etag: it is made of what is kept.
            etag = etag_of({"of": str(values.get("_etag", row.data)), "own": values.get(self.internal, {})})
            served = {"@odata.etag": etag, **served}
        return ServedRow(self._key(public), encode(served).decode(), row.internal)

    def _values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        own = values.get(self.internal, {})
        return {
            name: values.get(self.names[name], known.blank)
            if name in self.names
            else _version(values)
            if name in self.versions
            else self.constants[name]
            if name in self.constants
            else own[name]
            if name in own
            else invented_value(known, str(values.get("id", "")))
            for name, known in self.entity_set.properties.items()
            if not known.is_stream
        }

    def _key(self, public: Mapping[str, Any]) -> str:
        names = self.entity_set.key or tuple(self.entity_set.blanks)
        return KEY_SEPARATOR.join(str(public.get(name)) for name in names)


def _version(values: Mapping[str, Any]) -> int:
    """A number that grows with each change and that no two rows share, or hardly."""
    stamp = from_stamp(str(values.get("lastModifiedDateTime", BLANK_STAMP)))
    return stamp * _VERSIONS_IN_A_MILLISECOND + hash_of(str(values.get("id", "")))


def hash_of(text: str) -> int:
    """A small number that is the same for the same text."""
    return sum(text.encode()) % _VERSIONS_IN_A_MILLISECOND


def _read(row: ServedRow) -> Mapping[str, Any]:
    values: dict[str, Any] = decode(row.data)
    return values
