"""How do rows come that cannot be expanded: below a hundred parents in one request?

The rows below each parent are listed by an address of their own (`salesInvoices(<id>)/salesInvoiceLines`), a hundred
of which travel in a batch. They are put into their parents' rows, as if they had been expanded there, in the order of
the parents, so whoever takes the page sees no difference. Where such a list has a next link, it is followed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from dynamics_bc_client.errors import DynamicsError, RecordNotFound
from dynamics_bc_client.odata.pages import checked_link
from dynamics_bc_client.odata.query import Query
from dynamics_bc_client.paging import kept_together
from tap_dynamics_bc.pages.by_ids import read_by_ids
from tap_dynamics_bc.pages.refusals import below, is_refusal, without
from tap_dynamics_bc.pages.rows import items_of, list_of, members_of, page_of, raw_rows, row_ids, row_of
from tap_dynamics_bc.pages.source_page import LeftOut, Path

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from dynamics_bc_client.batched_reads import BatchedResponse
    from dynamics_bc_client.client import Client
    from tap_dynamics_bc.pages.refusals import Otherwise
    from tap_dynamics_bc.reads.places import Place
    from tap_dynamics_bc.reads.plan import Read


class _Linked(msgspec.Struct, rename={"next_link": "@odata.nextLink"}):
    next_link: str | None = None


_LINK = msgspec.json.Decoder(_Linked)
_NOTHING = b"null"


def with_apart(
    client: Client, read: Read, body: bytes, otherwise: Otherwise, *, url: str
) -> tuple[bytes, tuple[LeftOut, ...]]:
    """A page with what is listed below its rows put into them, and what could not be listed.

    A row that is gone when what is below it is asked for is left out of the page.

    Args:
        client: Talks to the service.
        read: The read; its place is the whole one.
        body: The page, without these expansions.
        otherwise: What is listed apart, and what is not read at all.
        url: Where the page came from.

    Raises:
        DynamicsError: Nothing can be read at all.
    """
    if not otherwise.apart:
        return body, ()
    stream = read.place.stream
    ids = row_ids(body, stream)
    addresses = [stream.row_path(read.target.path, row_id) for row_id in ids]
    parents = [_Parent(*each) for each in zip(ids, addresses, raw_rows(body), strict=True)]
    filler = _Filler(client, otherwise.apart, url, read.page_rows)
    filled = filler.filled(parents, without(read.place, otherwise.refused))
    missing = [each for each in filler.failed if isinstance(each.error, RecordNotFound)]
    gone = set(read_by_ids(client, read.target, read.place.bare(), [each.id for each in missing]).gone)
    left_out = tuple(LeftOut(each.path, each.id, each.error.explained) for each in filler.failed if each.id not in gone)
    return page_of(row for row_id, row in zip(ids, filled, strict=True) if row_id not in gone), left_out


@dataclass(frozen=True, slots=True)
class _Parent:
    """A row whose children are asked for: the id of the source's row that it is in, its own address, and itself."""

    id: str
    address: str
    row: bytes


@dataclass(frozen=True, slots=True)
class _Failed:
    """Rows below a source's row that could not be listed."""

    id: str
    path: Path
    error: DynamicsError


@dataclass
class _Filler:
    """Puts rows into their parents."""

    client: Client
    paths: Collection[Path]
    url: str
    page_rows: int
    failed: list[_Failed] = field(default_factory=list)

    def filled(self, parents: Sequence[_Parent], place: Place) -> list[bytes]:
        """Rows of a place with what is listed apart at any depth below it."""
        rows = [each.row for each in parents]
        for child in place.below:
            if child.path in self.paths:
                values = self._values(parents, child)
            elif any(path[: len(child.path)] == child.path for path in self.paths):
                values = self._deeper(parents, child)
            else:
                continue
            rows = [_put(row, child.navigation, value) for row, value in zip(rows, values, strict=True)]
        return rows

    def _values(self, parents: Sequence[_Parent], child: Place) -> list[bytes | None]:
        """What is below each parent; None where it could not be had."""
        responses = self.client.read_many([below(each.address, child) for each in parents])
        return [self._value(parent, child, each) for parent, each in zip(parents, responses, strict=True)]

    def _value(self, parent: _Parent, child: Place, response: BatchedResponse) -> bytes | None:
        error = response.error
        if error is None:
            try:
                return self._whole(response.body, child) if child.many else response.body or _NOTHING
            except DynamicsError as raised:
                error = raised
        if not is_refusal(error, child):
            raise error
        self.failed.append(_Failed(parent.id, child.path, error))
        return None

    def _whole(self, body: bytes, child: Place) -> bytes:
        """All rows of a list, also those behind its next links."""
        items = raw_rows(body)
        if link := _LINK.decode(body).next_link:
            query = Query(checked_link(link, self.url))
            pages = self.client.pages(query, page_size=self.page_rows, keys=child.row_keys)
            for page in kept_together(pages, child.navigation):
                items += raw_rows(page.body)
        return list_of(items)

    def _deeper(self, parents: Sequence[_Parent], child: Place) -> list[bytes | None]:
        """What was expanded of each parent, with what is listed apart below it."""
        values = [members_of(each.row).get(child.navigation, _NOTHING) for each in parents]
        items = [items_of(value) if child.many and value != _NOTHING else [value] for value in values]
        inner = [
            _Parent(parent.id, child.stream.row_path(f"{parent.address}/{child.navigation}", item_id), item)
            if child.many
            else _Parent(parent.id, f"{parent.address}/{child.navigation}", item)
            for parent, value, of_parent in zip(parents, values, items, strict=True)
            if value != _NOTHING
            for item_id, item in zip(row_ids(page_of(of_parent), child.stream), of_parent, strict=True)
        ]
        filled = iter(self.filled(inner, child))
        found: list[bytes | None] = []
        for value, of_parent in zip(values, items, strict=True):
            if value == _NOTHING:
                found.append(value)
            else:
                rows = [next(filled) for _ in of_parent]
                found.append(list_of(rows) if child.many else rows[0])
        return found


def _put(row: bytes, navigation: str, value: bytes | None) -> bytes:
    """A row with a value in the place of an expansion; without it where there is none."""
    members = members_of(row)
    members.pop(navigation, None)
    return row_of(members if value is None else {**members, navigation: value})
