"""How does a page come when the service cannot compute an expansion of one of its rows?

The rows are listed without expansions. What is to be expanded is asked for in chunks of rows, all chunks of a page in
one batch; those that fail are halved in the next, until the bad rows stand alone. A bad row comes without the expansion
that fails, and so do all others of the read once too much has been refused: a search has an end.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from dynamics_bc_client.batched_reads import BatchedRead
from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_client.odata.pages import check_page, checked_link
from dynamics_bc_client.odata.query import Query
from dynamics_bc_client.paging import kept_together
from tap_dynamics_bc.pages.by_ids import read_by_ids
from tap_dynamics_bc.pages.joining import expanded_members, joined
from tap_dynamics_bc.pages.refusals import along, check_row, is_refusal, without
from tap_dynamics_bc.pages.rows import page_of, rows_by_id
from tap_dynamics_bc.pages.source_page import LeftOut, Path
from tap_dynamics_bc.reads.conditions import Ids

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dynamics_bc_client.batched_reads import BatchedResponse
    from dynamics_bc_client.client import Client
    from tap_dynamics_bc.reads.places import Place
    from tap_dynamics_bc.reads.plan import Read

log = logging.getLogger(__name__)

CHUNK_ROWS = 50
"""Rows of a chunk."""

REFUSALS_SOUGHT = 300
"""Chunks and rows of one read that may be refused before the search for bad rows ends."""


@dataclass
class Search:
    """The search for bad rows in one read.

    Attributes:
        refused: Chunks and rows that were refused so far.
        bad: What could not be computed for some row, with the last message.
        given_up: What is not asked for any more, with the last message.
    """

    refused: int = 0
    bad: dict[Path, str] = field(default_factory=dict)
    given_up: dict[Path, str] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """Whether enough was refused."""
        return self.refused >= REFUSALS_SOUGHT


@dataclass
class _Found:
    """What was expanded of the rows of a page, by id, and what was left out of which."""

    members: dict[str, bytes] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)


def mended(
    client: Client, read: Read, place: Place, body: bytes, search: Search, *, url: str
) -> tuple[bytes, tuple[LeftOut, ...]]:
    """A page with its expansions, as far as the service can compute them, and what it lacks.

    A row that is gone when its expansions are asked for is left out of the page.

    Args:
        client: Talks to the service.
        read: The read.
        place: What is to be expanded.
        body: The page without expansions.
        search: What was found in the pages before.
        url: Where the page came from.

    Raises:
        DynamicsError: The rows cannot be read at all.
    """
    rows = dict(rows_by_id(body, read.place.stream))
    wanted = without(place, search.given_up)
    left_out: list[LeftOut] = []
    for request in wanted.requests:
        if request.below:
            found = _Mender(client, read, replace(request, selection=None), search, url).find(list(rows))
            rows = {each: joined(rows[each], found.members[each]) for each in rows if each in found.members}
            left_out += found.left_out
    left_out += [LeftOut(path, None, message) for path, message in search.given_up.items()]
    return page_of(rows.values()), tuple(left_out)


class _Mender:
    """Finds what one request expands of rows, asking for keys and expansions alone.

    Args:
        client: Talks to the service.
        read: The read.
        place: What the request expands.
        search: What was found so far.
        url: Where the page came from.
    """

    def __init__(self, client: Client, read: Read, place: Place, search: Search, url: str) -> None:
        self._client = client
        self._read = read
        self._key = read.key or ""
        self._stream = place.stream
        self._place = place
        self._search = search
        self._url = url
        self._navigations = {child.navigation for child in place.below}

    def find(self, ids: Sequence[str]) -> _Found:
        """What is expanded of these rows; a row that is gone has nothing."""
        found = _Found()
        chunks = list(_chunks(ids)) if self._filters_by_key else []
        alone: dict[str, DynamicsError] = {}
        while chunks and not self._search.is_over:
            failed = self._ask(chunks, found)
            self._search.refused += len(failed)
            alone |= {chunk[0]: error for chunk, error in failed.items() if len(chunk) == 1}
            chunks = [half for chunk in failed if len(chunk) > 1 for half in _halves(chunk)]
        self._settle(alone, found)
        if chunks:
            self._end_search([row_id for chunk in chunks for row_id in chunk], found)
        self._look_for([each for each in ids if each not in found.members], found)
        return found

    @property
    def _filters_by_key(self) -> bool:
        """Whether several rows can be asked for at once: the service joins comparisons of one property only."""
        entity = self._stream.entity_set.type
        return len(entity.key) == 1 and entity.properties[entity.key[0]].type in {"Edm.Guid", "Edm.String"}

    def _look_for(self, ids: Sequence[str], found: _Found) -> None:
        """Ask one by one for rows that did not come with their chunk: they are gone, or were withheld."""
        if not ids or not self._place.below:
            return
        one_by_one = read_by_ids(self._client, self._read.target, self._place, ids)
        for row_id, row in one_by_one.rows.items():
            found.members[row_id] = expanded_members(row, self._navigations)
        for row_id, error in one_by_one.undecided.items():
            self._leave_out(row_id, self._place, error, found)

    def _leave_out(self, row_id: str, place: Place, error: DynamicsError, found: _Found) -> None:
        """Note that nothing of a place comes for a row."""
        if not is_refusal(error, place):
            raise error
        found.left_out += [LeftOut(child.path, row_id, error.explained) for child in place.below]
        found.members[row_id] = b""

    def _ask(self, chunks: Sequence[tuple[str, ...]], found: _Found) -> dict[tuple[str, ...], DynamicsError]:
        """Ask for chunks; returns those that were refused."""
        check = partial(check_page, root=None, keys=replace(self._place.row_keys, many=False))
        reads = [
            BatchedRead(
                self._read.query(self._place, Ids(self._key, chunk)).url,
                page_size=len(chunk) + 1,  # a page that is full may have a next link
                check=check,
                doubted=len(chunk) == 1,
            )
            for chunk in chunks
        ]
        failed: dict[tuple[str, ...], DynamicsError] = {}
        for chunk, response in zip(chunks, self._client.read_many(reads), strict=True):
            error = response.error or self._keep(response.body, found)
            if error is not None and not is_refusal(error, self._place):
                raise error
            failed |= {} if error is None else {chunk: error}
        return failed

    def _keep(self, body: bytes, found: _Found) -> DynamicsError | None:
        """Keep what a chunk returned, and what is behind its next link, of which the error is returned."""
        bodies = [body]
        link = check_page(body, root=None).next_link
        if link is not None:
            keys = replace(self._place.row_keys, many=False)
            try:
                pages = self._client.pages(Query(checked_link(link, self._url)), page_size=CHUNK_ROWS, keys=keys)
                bodies += [page.body for page in kept_together(pages, self._place.stream.name)]
            except DynamicsError as error:
                return error
        for each in bodies:
            for row_id, row in rows_by_id(each, self._stream):
                found.members[row_id] = expanded_members(row, self._navigations)
        return None

    # --- rows that fail alone -----------------------------------------------------------------------------------------

    def _settle(self, alone: Mapping[str, DynamicsError], found: _Found) -> None:
        """Find of each bad row which of its expansions fail, and keep the others."""
        failing = self._failing(alone)
        for row_id, paths in failing.items():
            for path, message in paths.items():
                found.left_out.append(LeftOut(path, row_id, message))
                self._search.bad[path] = message
        kept = {row_id: without(self._place, paths) for row_id, paths in failing.items()}
        for row_id, response in self._rows(kept).items():
            if response.error is None:
                found.members[row_id] = expanded_members(response.body, self._navigations)
            else:
                self._leave_out(row_id, kept[row_id], response.error, found)

    def _failing(self, alone: Mapping[str, DynamicsError]) -> dict[str, dict[Path, str]]:
        """The paths that fail, by row."""
        paths = [place.path for place in self._place.walk() if place.path]
        if len(paths) == 1:
            return {row_id: {paths[0]: error.explained} for row_id, error in alone.items()}
        failing: dict[str, dict[Path, str]] = {row_id: {} for row_id in alone}
        for path in paths:
            asked = {
                row_id: along(self._place, path)
                for row_id in alone
                if not any(path[: len(each)] == each for each in failing[row_id])
            }
            for row_id, response in self._rows(asked).items():
                if response.error is not None and is_refusal(response.error, self._place):
                    failing[row_id][path] = response.error.explained
        return failing

    def _rows(self, places: Mapping[str, Place]) -> dict[str, BatchedResponse]:
        """Rows by their ids, each with what of its expansions is asked for; one with nothing to expand is not asked."""
        reads = [
            BatchedRead(
                Query(self._stream.row_path(self._read.target.path, row_id), place.select, place.expansions).url,
                check=partial(check_row, keys=place.row_keys),
            )
            for row_id, place in places.items()
        ]
        return dict(zip(places, self._client.read_many(reads), strict=True))

    # --- the end of the search ----------------------------------------------------------------------------------------

    def _end_search(self, ids: Sequence[str], found: _Found) -> None:
        """Read rows without what was refused for others, and without all if that is not enough."""
        own = {place.path for place in self._place.walk()}
        self._give_up({path: message for path, message in self._search.bad.items() if path in own})
        failed = self._ask(list(_chunks(ids)), found) if self._place.below else {}
        if failed:
            error = next(iter(failed.values()))
            self._give_up({child.path: error.explained for child in self._place.below})
        if not self._place.below:
            found.members |= {each: found.members.get(each, b"") for each in ids}

    def _give_up(self, paths: Mapping[Path, str]) -> None:
        if not paths:
            return
        named = ", ".join("/".join(path) for path in paths)
        log.warning("%s is read without %s: too much of it was refused.", self._read.target.path, named)
        self._search.given_up |= paths
        self._place = without(self._place, paths)
        self._navigations = {child.navigation for child in self._place.below}


def _chunks(ids: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(ids), CHUNK_ROWS):
        yield tuple(ids[start : start + CHUNK_ROWS])


def _halves(chunk: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    middle = len(chunk) // 2
    yield chunk[:middle]
    yield chunk[middle:]
