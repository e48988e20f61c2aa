"""How are the pages of a read fetched when one bad row fails a whole expanded page?

The service answers a page with a 400 when it cannot compute the expansion of one of its rows (a dimension value that
was deleted, a parent that is gone). Then the rows are listed without expansions, and the expansions are asked for in
chunks of rows, which are halved until the bad row stands alone. That row comes without the expansion that fails.

Where an entity set is at two places below a source, the source takes several requests (see `Place.requests`). Their
pages are read side by side, and what the others expanded is put into the rows of the first.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from dynamics_bc_client.errors import BadRequest, RecordNotFound, UnexpectedAnswer
from dynamics_bc_client.odata.pages import RowKeys
from dynamics_bc_client.odata.query import Query
from tap_dynamics_bc.reads.conditions import Ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from dynamics_bc_client.client import Client
    from dynamics_bc_client.errors import ServiceError
    from dynamics_bc_client.odata.pages import Page
    from tap_dynamics_bc.reads.conditions import Condition
    from tap_dynamics_bc.reads.places import Place
    from tap_dynamics_bc.reads.plan import Read

log = logging.getLogger(__name__)

CHUNK_ROWS = 50
"""Rows of a chunk: their ids fill less than half of what a query string may hold."""


_REFUSALS = (BadRequest, RecordNotFound)
"""How the service words it: as a fault of the request, or of a record that does not exist."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An expansion that the service cannot compute for one row.

    Attributes:
        path: The navigation properties from the source to what is missing.
        id: The key of the source's row.
        message: What the service said.
    """

    path: tuple[str, ...]
    id: str
    message: str


@dataclass(frozen=True, slots=True)
class SourcePage:
    """A page of a source, and what it lacks.

    Attributes:
        body: The JSON, undecoded: `{"value": [...], ...}`.
        served_at: The service's own clock.
        left_out: Expansions that are missing in it.
    """

    body: bytes
    served_at: datetime
    left_out: tuple[LeftOut, ...] = ()


class _RawRows(msgspec.Struct):
    value: list[msgspec.Raw]


_RAW_ROWS = msgspec.json.Decoder(_RawRows)
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def read_pages(client: Client, read: Read) -> Iterator[SourcePage]:
    """The pages of a read.

    Raises:
        DynamicsError: The read failed, also without expansions.
    """
    last_id: str | None = None
    first, *others = read.place.requests
    pages = client.pages(read.query(first), page_size=read.page_rows, keys=first.row_keys)
    beside = [_Beside(client, read, place, read.condition) for place in others]
    mendable = bool(read.place.below and read.key)
    while True:
        try:
            page = next(pages, None)
            body = b"" if page is None else _completed(page.body, beside)
        except _REFUSALS as error:
            if not mendable:
                raise
            failure = error
            break
        if page is None:
            return
        yield SourcePage(body, page.served_at)
        if mendable:
            ids = _ids(page.body, _key(read))
            last_id = ids[-1] if ids else last_id
    yield from _mended(client, read, last_id, failure)


def _mended(client: Client, read: Read, last_id: str | None, failure: ServiceError) -> Iterator[SourcePage]:
    """The rest of a read, from behind the row `last_id`, with its expansions asked for in chunks.

    If that row is not met again (it was deleted meanwhile), all rows come once more: twice is better than never.
    """
    log.warning("%s Reading its rows in chunks, to find the one that fails.", failure.message)
    listing = Query(read.target.path, (_key(read),), filter=read.condition.filter)
    held: list[tuple[list[str], Page]] = []
    found = last_id is None
    for page in client.pages(listing, page_size=read.page_rows, keys=RowKeys((_key(read),))):
        ids = _ids(page.body, _key(read))
        if found:
            yield from _chunks(client, read, ids, page)
        elif last_id in ids:
            found, held = True, []
            yield from _chunks(client, read, ids[ids.index(last_id) + 1 :], page)
        else:
            held.append((ids, _bodiless(page)))
    for ids, page in held:
        yield from _chunks(client, read, ids, page)


def _chunks(client: Client, read: Read, ids: list[str], page: Page) -> Iterator[SourcePage]:
    for start in range(0, len(ids), CHUNK_ROWS):
        yield from _chunk(client, read, ids[start : start + CHUNK_ROWS], page)


def _chunk(client: Client, read: Read, ids: list[str], page: Page) -> Iterator[SourcePage]:
    """The rows of these ids with their expansions, halved as long as it takes."""
    try:
        yield SourcePage(_fetch(client, read, read.place, ids), page.served_at)
    except _REFUSALS as error:
        if len(ids) == 1:
            yield _row(client, read, ids[0], page, error)
            return
        middle = len(ids) // 2
        yield from _chunk(client, read, ids[:middle], page)
        yield from _chunk(client, read, ids[middle:], page)


def _row(client: Client, read: Read, row_id: str, page: Page, failure: ServiceError) -> SourcePage:
    """One row with those of its expansions that the service can compute."""
    whole = read.place.bare()
    left_out: list[LeftOut] = []
    for place in read.place.walk():
        if not place.path or any(each.path == place.path[: len(each.path)] for each in left_out):
            continue
        widened = _with(whole, place)
        try:
            _fetch(client, read, widened, [row_id])
        except _REFUSALS as error:
            left_out.append(LeftOut(place.path, row_id, error.message))
        else:
            whole = widened
    if not left_out:
        # What failed before does not fail any more.
        log.info("%s It passed when it was asked for alone.", failure.message)
    return SourcePage(_fetch(client, read, whole, [row_id]), page.served_at, tuple(left_out))


def _with(whole: Place, place: Place) -> Place:
    """A place with one more below it, whose parent it has already."""
    if place.path[:-1] == whole.path:
        return replace(whole, below=(*whole.below, place.bare()))
    return replace(
        whole,
        below=tuple(
            _with(child, place) if child.path == place.path[: len(child.path)] else child for child in whole.below
        ),
    )


def _fetch(client: Client, read: Read, place: Place, ids: list[str]) -> bytes:
    """The rows of these ids as one page, in that order as far as they still exist."""
    key, condition = _key(read), Ids(_key(read), tuple(ids))
    first, *others = place.requests
    pages = _pages(client, read, first, condition)
    rows = {row_id: row for page in pages for row_id, row in _rows(page.body, key)}
    body = _page([rows[each] for each in ids if each in rows])
    return _completed(body, [_Beside(client, read, each, condition) for each in others])


class _Beside:
    """What another request of a read expands of the same rows.

    Args:
        client: Talks to the service.
        read: The read.
        place: What the request asks for.
        condition: Which rows it asks for.
    """

    def __init__(self, client: Client, read: Read, place: Place, condition: Condition) -> None:
        self.key = _key(read)
        self._client = client
        self._read = read
        self._place = place
        self._navigations = tuple(child.navigation for child in place.below)
        self._pages = _pages(client, read, place, condition)
        self._members: dict[str, bytes] = {}

    def members(self, ids: list[str]) -> dict[str, bytes]:
        """What is to be put into the rows of these ids, by id; without those that are not there any more.

        The pages come in the order of the read's own, so as a rule one of them has the rows of one of those. Rows that
        have moved since are asked for by their ids.
        """
        self._turn_to(ids)
        missing = [each for each in ids if each not in self._members]
        for start in range(0, len(missing), CHUNK_ROWS):
            condition = Ids(self.key, tuple(missing[start : start + CHUNK_ROWS]))
            for page in _pages(self._client, self._read, self._place, condition):
                self._keep(page)
        return {each: self._members.pop(each) for each in ids if each in self._members}

    def _turn_to(self, ids: list[str]) -> None:
        missing = {each for each in ids if each not in self._members}
        while missing and (page := next(self._pages, None)) is not None:
            arrived = self._keep(page)
            if missing.isdisjoint(arrived):
                return
            missing.difference_update(arrived)

    def _keep(self, page: Page) -> list[str]:
        rows = list(_rows(page.body, self.key))
        for row_id, row in rows:
            members = _MEMBERS.decode(row).items()
            # With their annotations: a next link of an expansion must not get lost.
            wanted = [(name, value) for name, value in members if name.partition("@")[0] in self._navigations]
            self._members[row_id] = b"".join(b',"%s":%s' % (name.encode(), value) for name, value in wanted)
        return [row_id for row_id, _ in rows]


def _completed(body: bytes, beside: Sequence[_Beside]) -> bytes:
    """A page with what the other requests expand of its rows; rows that one of them has not any more are left out."""
    for other in beside:
        rows = list(_rows(body, other.key))
        members = other.members([row_id for row_id, _ in rows])
        body = _page([b"%s%s}" % (row[:-1], members[row_id]) for row_id, row in rows if row_id in members])
    return body


def _pages(client: Client, read: Read, place: Place, condition: Condition) -> Iterator[Page]:
    return client.pages(read.query(place, condition), page_size=read.page_rows, keys=place.row_keys)


def _page(rows: Iterable[bytes]) -> bytes:
    return b'{"value":[' + b",".join(rows) + b"]}"


def _rows(body: bytes, key: str) -> Iterator[tuple[str, bytes]]:
    """The rows of a page as they came, each with its id."""
    raw = (bytes(each) for each in _RAW_ROWS.decode(body).value)
    return zip(_ids(body, key), raw, strict=True)


def _ids(body: bytes, key: str) -> list[str]:
    try:
        return [row.key for row in _keys_decoder(key).decode(body).value]
    except msgspec.MsgspecError as error:
        raise UnexpectedAnswer(f"The rows have no {key} that tells them apart: {error}.") from error


@lru_cache
def _keys_decoder(key: str) -> msgspec.json.Decoder[Any]:
    """Reads nothing of a page but the keys of its rows."""
    row = msgspec.defstruct("Key", [("key", str)], rename={"key": key})
    return msgspec.json.Decoder(msgspec.defstruct("Keys", [("value", list[row])]))  # type: ignore[valid-type]


def _key(read: Read) -> str:
    assert read.key is not None  # nothing hangs on rows that nothing tells apart
    return read.key


def _bodiless(page: Page) -> Page:
    """A page whose ids are known already: its rows are asked for again with their expansions."""
    return replace(page, body=b"")
