"""Is a read that goes on behind its first page worth to be cut into windows, and how are its rows counted for that?

A read that ends with its first page, or with a few small ones, costs nothing more. Another one is counted first, in
one request; only a large one is looked at closely, in batches of counts that are sent side by side. Its first page is
thrown away then, because it holds rows of all windows: one page of very many.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from dynamics_bc_client.batched_reads import BatchedRead
from dynamics_bc_client.client import number_of_rows
from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_client.odata.query import Query
from dynamics_bc_client.odata.targets import COUNT
from tap_dynamics_bc.pages.read_ahead import Part, Parts
from tap_dynamics_bc.reads import windows
from tap_dynamics_bc.reads.conditions import All
from tap_dynamics_bc.reads.cuttable import cuttable, within
from tap_dynamics_bc.streams.entities import EXPANDED_PAGE_ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dynamics_bc_client.client import Client
    from tap_dynamics_bc.pages.source_page import SourcePage
    from tap_dynamics_bc.reads.plan import Read
    from tap_dynamics_bc.reads.windows import Window

log = logging.getLogger(__name__)

WORTH_COUNTING = EXPANDED_PAGE_ROWS
"""Rows of a read that goes on, before it is counted: no page of the default sizes has fewer."""

COUNTS_IN_A_BATCH = 48
"""Counts of a large table take a second each, and a batch takes them one by one."""


def windowed(
    client: Client, read: Read, ceiling: str, fetch: Callable[[Read], Iterator[SourcePage]]
) -> Iterator[SourcePage | Parts[SourcePage]]:
    """The pages of a read, or the windows that it is cut into.

    Args:
        client: Talks to the service.
        read: The read.
        ceiling: The stamp that no bookmark of the run may pass.
        fetch: The pages of a read, each asked for when it is taken.

    Raises:
        DynamicsError: The read failed. That its rows cannot be counted is no failure: then it is read as it is.
    """
    pages = fetch(read)
    held: list[SourcePage] = []
    error: DynamicsError | None = None
    try:
        _take_until_it_is_worth_counting(read, pages, held)
    except DynamicsError as raised:
        error = raised
    found = _windows(client, read, ceiling) if error is None and held and held[-1].goes_on else []
    if not found:
        held.reverse()
        while held:
            yield held.pop()  # nobody holds a page any longer than its turn
        if error is not None:
            raise error
        yield from pages
        return
    log.info("%s is read in %d windows.", read.target.path, len(found))
    parts = [within(read, window, more=window is not found[-1]) for window in found]
    yield Parts([Part(part, _beginning(fetch, part)) for part in parts], max(len(page.body) for page in held))


def _take_until_it_is_worth_counting(read: Read, pages: Iterator[SourcePage], held: list[SourcePage]) -> None:
    """Take the first pages of a read, as many as hold the rows for which it may be worth to count the others."""
    rows = 0
    for page in pages:
        held.append(page)
        rows += page.page_rows or read.page_rows
        if rows >= WORTH_COUNTING or not page.goes_on:
            return


def _beginning(fetch: Callable[[Read], Iterator[SourcePage]], part: Read) -> Callable[[], Iterator[SourcePage]]:
    return lambda: fetch(part)


def _windows(client: Client, read: Read, ceiling: str) -> list[Window]:
    wanted = cuttable(read)
    if wanted is None:
        return []
    workers = client.settings.max_concurrent_requests

    def count(filters: Sequence[str]) -> list[int]:
        chunks = [filters[start : start + COUNTS_IN_A_BATCH] for start in range(0, len(filters), COUNTS_IN_A_BATCH)]
        with ThreadPoolExecutor(workers, thread_name_prefix="counting") as pool:
            return [
                rows for counted in pool.map(lambda chunk: _counted(client, read, chunk), chunks) for rows in counted
            ]

    try:
        if client.count(read.query(read.place.bare())) < windows.LARGE_ROWS:
            return []
        return windows.cut(wanted, ceiling, count)
    except DynamicsError as error:
        if error.scope == "run":
            raise
        log.warning("%s %s is read as it is, by one request after the other.", error.sentence, read.target.path)
        return []


def _counted(client: Client, read: Read, filters: Sequence[str]) -> list[int]:
    queries = [read.query(read.place.bare(), All(each)) for each in filters]
    reads = [
        BatchedRead(Query(f"{query.path}/{COUNT}", filter=query.filter).url, check=number_of_rows) for query in queries
    ]
    responses = client.read_many(reads)
    if failed := next((response.error for response in responses if response.error is not None), None):
        raise failed
    return [number_of_rows(response.body) for response in responses]
