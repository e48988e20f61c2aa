"""Rows that lie in the store."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.odata.addresses import Step
from dynamics_bc_emulator.odata.filters import holds
from dynamics_bc_emulator.odata.ordering import from_token, to_token
from dynamics_bc_emulator.refusals import query_syntax
from dynamics_bc_emulator.rows.calculated import calculation
from dynamics_bc_emulator.rows.links import Candidates, matching, source_values
from dynamics_bc_emulator.rows.pushdown import Pushed, push
from dynamics_bc_emulator.rows.rows import Change, Slice, Window, window_of
from dynamics_bc_emulator.rows.store import Condition
from dynamics_bc_emulator.stamps import ZERO_GUID, from_stamp
from dynamics_bc_emulator.values import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from dynamics_bc_emulator.odata.addresses import Address
    from dynamics_bc_emulator.odata.catalogue import EntitySet, Link, Navigation
    from dynamics_bc_emulator.odata.filters import Node
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.links import Parent
    from dynamics_bc_emulator.rows.store import Row, ServedRow
    from dynamics_bc_emulator.rows.view import View

# SQLite allows 32,766 parameters; statements of a few hundred are the quickest.
_CHUNK = 500
_FILTERED_CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Stored:
    """The stored rows of a set."""

    entity_set: EntitySet

    def get(self, view: View, key: str) -> ServedRow | None:
        """The row of that key."""
        return next(iter(view.store.scan(view.company, self.entity_set.name, [Condition("id = ?", (key,))])), None)

    def find(self, company: Company, key: str | None, parent: Parent | None) -> Row | None:
        """The row of that key that is a child of its parent."""
        links = parent.links() if parent else {}
        if key is None:
            return company.first(self.entity_set.name, **links)
        row = None if key == ZERO_GUID else company.get(self.entity_set.name, key)
        return None if row is None or any(row.get(name, value) != value for name, value in links.items()) else row

    def address(self, reached: Address, key: str) -> Address:
        """A stored row has an address of its own, whatever it was reached through."""
        return reached.to(Step(self.entity_set.name, (("", key),)))

    def scan(self, view: View, window: Window) -> Slice:
        """A window in the order of the keys or the stamps as SQLite pages it; in any other order from all rows."""
        pushed = self._pushed(view, window.filter)
        if not window.order:
            rows = self._passing(view, pushed, window.after or "", window.skip + window.limit)[window.skip :]
            return Slice(rows, rows[-1].id if rows else None)
        if pushed.rest is None and [one.name for one in window.order] == [self.entity_set.stamp]:
            return self._by_stamp(view, window, pushed)
        return window_of(self.entity_set, self._all_passing(view, pushed), self.values(view), window)

    def count(self, view: View, wanted: Node | None) -> int:
        """How many rows a filter lets through."""
        pushed = self._pushed(view, wanted)
        if pushed.rest is None:
            return view.store.count(view.company, self.entity_set.name, [Condition(pushed.sql, pushed.values)])
        return len(self._all_passing(view, pushed))

    def related(
        self,
        view: View,
        source: EntitySet,  # noqa: ARG002 - of the protocol
        rows: Sequence[ServedRow],
        navigation: Navigation,
        wanted: Node | None = None,  # noqa: ARG002 - of the protocol
    ) -> list[list[ServedRow]]:
        """For each row, the rows that a navigation leads to, by their sequence; looked up for all at once."""
        sources = [source_values(row, navigation) for row in rows]
        columns = view.store.indexed_columns(self.entity_set.name)
        joining = next((link for link in navigation.links if link.field and link.target in columns), None)
        candidates = self._candidates(view, joining, sources, columns)
        return [self.shown(view, list(matching(navigation, values, candidates))) for values in sources]

    def shown(self, view: View, rows: list[ServedRow]) -> list[ServedRow]:  # noqa: ARG002 - for sets that hide some
        """Of stored rows, those that a navigation may lead to."""
        return rows

    def all(self, view: View) -> list[ServedRow]:
        """All rows."""
        return view.store.scan(view.company, self.entity_set.name)

    def values(self, view: View) -> Callable[[ServedRow], Mapping[str, Any]]:
        """A row's own values, what is calculated of them, and the internal ones."""
        calculate = calculation(view, self.entity_set.name)

        def read(row: ServedRow) -> Mapping[str, Any]:
            values = view.store.to_row(self.entity_set.name, row)
            return {**values, **calculate(values)} if calculate else values

        return read

    def put(self, company: Company, change: Change) -> Row:
        """Write a row; of a changed one, what has changed."""
        if change.after is None:
            assert change.before is not None
            company.delete(self.entity_set.name, change.before["id"])
            return change.before
        if change.before is None:
            return company.insert(self.entity_set.name, change.after)
        changes = {name: value for name, value in change.after.items() if value != change.before.get(name)}
        return company.update(self.entity_set.name, change.before["id"], changes)

    def _pushed(self, view: View, wanted: Node | None) -> Pushed:
        return push(wanted, self.entity_set, view.store.indexed_columns(self.entity_set.name))

    def _all_passing(self, view: View, pushed: Pushed) -> list[ServedRow]:
        return self._passing(view, pushed, "", -1)

    def _passing(self, view: View, pushed: Pushed, after: str, limit: int) -> list[ServedRow]:
        """Rows after a key that pass a filter, in the order of their keys; all of them if the limit is negative."""
        rows: list[ServedRow] = []
        for row in self._chunked(view, pushed, after, limit):
            rows.append(row)
            if len(rows) == limit:
                break
        return rows

    def _chunked(self, view: View, pushed: Pushed, after: str, limit: int) -> Iterator[ServedRow]:
        chunk_size = limit if pushed.rest is None else _FILTERED_CHUNK
        values = self.values(view)
        while True:
            conditions = [Condition(pushed.sql, pushed.values), Condition("id > ?", (after,))]
            chunk = view.store.scan(view.company, self.entity_set.name, conditions, limit=chunk_size)
            for row in chunk:
                if pushed.rest is None or holds(pushed.rest, values(row), self.entity_set):
                    yield row
            if len(chunk) < chunk_size or chunk_size < 0:
                return
            after = chunk[-1].id

    def _by_stamp(self, view: View, window: Window, pushed: Pushed) -> Slice:
        (order,) = window.order
        conditions = [Condition(pushed.sql, pushed.values)]
        if window.after:
            ended, ended_id = from_token(window.after, window.order)
            stamp = _stamp(ended[order.name])
            sign = "<" if order.descending else ">"
            conditions.append(Condition(f"stamp {sign} ? OR (stamp = ? AND id > ?)", (stamp, stamp, ended_id)))
        rows = view.store.scan(
            view.company,
            self.entity_set.name,
            conditions,
            order=f"stamp {'DESC' if order.descending else 'ASC'}, id",
            limit=window.limit,
            offset=window.skip,
        )
        if not rows:
            return Slice([])
        return Slice(rows, to_token({order.name: decode(rows[-1].data)[order.name]}, rows[-1].id, window.order))

    def _candidates(
        self,
        view: View,
        joining: Link | None,
        sources: Iterable[Mapping[str, Any]],
        columns: Mapping[str, str],
    ) -> Candidates:
        """Rows by the value of the joining property; all under None if no index helps."""
        candidates: Candidates = defaultdict(list)
        if joining is None or joining.target is None or joining.field is None:
            rows = view.store.scan(view.company, self.entity_set.name, order="sequence, id")
            candidates[None] = [(decode(row.data), row) for row in rows]
            return candidates
        wanted = sorted({str(source[joining.field]) for source in sources if source[joining.field]})
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            condition = Condition(f"{columns[joining.target]} IN ({','.join('?' * len(chunk))})", tuple(chunk))
            for row in view.store.scan(view.company, self.entity_set.name, [condition], order="sequence, id"):
                data = decode(row.data)
                candidates[data.get(joining.target)].append((data, row))
        return candidates


def _stamp(text: Any) -> int:
    try:
        return from_stamp(str(text))
    except ValueError:
        raise query_syntax() from None
