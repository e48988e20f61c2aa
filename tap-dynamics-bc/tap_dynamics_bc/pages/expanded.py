"""How are the pages of a read fetched, with all that is expanded in them?

- Where an entity set is at two places below a source, the source takes several requests (see `Place.requests`). Their
  pages are read side by side, and what the others expanded is put into the rows of the first (`joining`).
- A list that goes on elsewhere is read to its end (`rest`).
- When a page is refused, its expansions are suspected: some are refused whatever the row (`refusals`) and are read in
  another way (`apart`) or not at all; else one of the rows is bad, and is found (`mending`). The rows of the source
  come in any case, and what they came without is told with the page.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import DynamicsError
from tap_dynamics_bc.pages.apart import with_apart
from tap_dynamics_bc.pages.beside import Beside, completed
from tap_dynamics_bc.pages.mending import Search, mended
from tap_dynamics_bc.pages.promises import Promises, without_refused_property
from tap_dynamics_bc.pages.refusals import AS_PLANNED, KnownRefusals, Otherwise, find_refusals, is_refusal
from tap_dynamics_bc.pages.rest import with_rest
from tap_dynamics_bc.pages.rows import page_of, row_ids, rows_by_id
from tap_dynamics_bc.pages.source_page import SourcePage

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from dynamics_bc_client.client import Client
    from dynamics_bc_client.odata.pages import Page
    from tap_dynamics_bc.pages.source_page import LeftOut, Path
    from tap_dynamics_bc.reads.plan import Read

log = logging.getLogger(__name__)


def read_pages(
    client: Client, read: Read, known: KnownRefusals | None = None, promises: Promises | None = None
) -> Iterator[SourcePage]:
    """The pages of a read.

    Args:
        client: Talks to the service.
        read: The read.
        known: What was refused elsewhere in this run.
        promises: What was found missing elsewhere in this run.

    Raises:
        DynamicsError: The read failed, also without expansions.
    """
    promises = promises or Promises()
    while True:
        pages = _read_pages(client, read, known or KnownRefusals())
        try:
            first = next(pages, None)
        except DynamicsError as error:
            smaller = without_refused_property(read.place, error, promises)
            if smaller is None:
                raise
            read = replace(read, place=smaller)
        else:
            break
    if first is not None:
        promises.look(read.place, first.body)
        yield first
        yield from pages


def _read_pages(client: Client, read: Read, known: KnownRefusals) -> Iterator[SourcePage]:
    if not _is_mendable(read):
        yield from _Reader(client, read, AS_PLANNED).pages()
        return
    reader = _Reader(client, read, _refused_here(client, read, known.of(read.place)))
    while True:
        try:
            yield from reader.pages()
        except DynamicsError as error:
            if not is_refusal(error, reader.place) or not reader.place.below:
                raise
            log.warning("%s Looking for what of it is refused.", error.sentence)
        else:
            return
        found = _refused_here(client, read, reader.paths) if reader.last_id is None else AS_PLANNED
        if not found:
            break
        known.add(read.place, found)
        reader = _Reader(client, read, reader.otherwise.joined(found))
    yield from reader.mended_pages()


def _is_mendable(read: Read) -> bool:
    """Whether rows can be asked for one by one, and there is something to ask for of them."""
    return bool(read.place.below and read.place.stream.entity_set.type.key)


def _refused_here(client: Client, read: Read, paths: Collection[Path]) -> Otherwise:
    """What of a read is refused whatever the row, by the rows of its first page."""
    if not paths:
        return AS_PLANNED
    bare = replace(read.place, selection=None).bare()
    first = next(client.pages(read.query(bare), page_size=read.page_rows, keys=bare.row_keys), None)
    return AS_PLANNED if first is None else find_refusals(client, read, row_ids(first.body, read.place.stream), paths)


class _Reader:
    """Reads the pages of one read.

    Args:
        client: Talks to the service.
        read: The read.
        otherwise: What is not expanded.

    Attributes:
        place: What is expanded.
        last_id: The last row that came; None before the first.
    """

    def __init__(self, client: Client, read: Read, otherwise: Otherwise) -> None:
        self.otherwise = otherwise
        self.place = otherwise.reduced(read.place)
        self.last_id: str | None = None
        self._client = client
        self._read = read

    def pages(self) -> Iterator[SourcePage]:
        """The pages, all that is expanded asked for with them."""
        first, *others = self.place.requests
        pages = self._client.pages(self._read.query(first), page_size=self._read.page_rows, keys=first.row_keys)
        beside = [Beside(self._client, self._read, place) for place in others]
        for page in pages:
            body = completed(page.body, beside)
            yield self._finished(body, page)
            if _is_mendable(self._read):
                self._note_last(page)

    @property
    def paths(self) -> set[Path]:
        """Where something is expanded."""
        return {each.path for each in self.place.walk() if each.path}

    def mended_pages(self) -> Iterator[SourcePage]:
        """The rest of the pages, behind the last row that came, what is expanded asked for in chunks of rows.

        If that row is not met again (it was deleted meanwhile), all rows come once more: twice is better than never.
        """
        search = Search()
        bare = self.place.bare()
        behind = self.last_id
        held: list[Page] = []
        pages = self._client.pages(self._read.query(bare), page_size=self._read.page_rows, keys=bare.row_keys)
        for page in pages:
            if behind is None:
                yield self._mended_page(page, search)
                continue
            ids = row_ids(page.body, self._read.place.stream)
            if behind in ids:
                rows = list(rows_by_id(page.body, self._read.place.stream))[ids.index(behind) + 1 :]
                behind, held = None, []
                yield self._mended_page(replace(page, body=page_of(row for _, row in rows)), search)
            else:
                held.append(page)
        for page in held:
            yield self._mended_page(page, search)

    def _mended_page(self, page: Page, search: Search) -> SourcePage:
        body, left_out = mended(self._client, self._read, self.place, page.body, search, url=page.url)
        return self._finished(body, page, left_out)

    def _finished(self, body: bytes, page: Page, left_out: tuple[LeftOut, ...] = ()) -> SourcePage:
        """A page with what does not come by expanding, and what is behind the links of what does."""
        read = self._read
        rows = page.page_size or read.page_rows
        body, cut_off = with_rest(self._client, self.place, body, url=page.url, page_rows=rows)
        body, missing = with_apart(self._client, read, body, self.otherwise, url=page.url)
        left_out = (*left_out, *cut_off, *missing, *self.otherwise.left_out)
        return SourcePage(body, page.served_at, left_out, page.page_size, page.next_link is not None)

    def _note_last(self, page: Page) -> None:
        ids = row_ids(page.body, self._read.place.stream)
        self.last_id = ids[-1] if ids else self.last_id
