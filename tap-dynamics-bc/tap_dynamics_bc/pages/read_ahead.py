"""How are pages fetched ahead of the one that is being written, without changing what is written?

Queries are known in their order. Threads begin them in that order and keep each query's pages apart; whoever writes
takes them query by query, so the order of the output is that of one thread. Memory is bounded by bytes: a page is asked
for only when it fits, by the size of the last one of its query, into what may be held ahead. The query that is being
written may always fetch the page that is waited for, so nothing waits for ever. An error comes out where its query's
next page would have.

A query may turn out to consist of several, once it has had a look: then these are fetched in its place, as many at once
as any others.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MAX_BYTES_AHEAD = 64 * 1024 * 1024
FIRST_PAGE_BYTES = 1024 * 1024
"""What a query's first page is taken for, before there is one to go by."""


class HasBody(Protocol):
    """A page, of which only the size matters here."""

    @property
    def body(self) -> bytes:
        """The page as it came."""


P = TypeVar("P", bound=HasBody)
P_co = TypeVar("P_co", bound=HasBody, covariant=True)


@dataclass(frozen=True, slots=True)
class Part(Generic[P_co]):
    """One of the queries that a query consists of.

    Attributes:
        what: What whoever takes its pages knows it by.
        begin: Returns a fresh iterator over its pages.
    """

    what: Any
    begin: Callable[[], Iterator[P_co]]


@dataclass(frozen=True, slots=True)
class Parts(Generic[P_co]):
    """What a query turns out to consist of; it comes in place of the query's first page.

    Attributes:
        parts: In the order in which they are written; at least one.
        page_bytes: What their first pages are taken for.
    """

    parts: Sequence[Part[P_co]]
    page_bytes: int


_Place: TypeAlias = "tuple[int, int]"
"""The number of a query, and that of one of its parts."""


@dataclass
class _Query(Generic[P]):
    place: _Place
    begin: Callable[[], Iterator[P | Parts[P]]]
    what: Any = None
    pages: deque[P] = field(default_factory=deque)
    expected_bytes: int = FIRST_PAGE_BYTES
    begun: bool = False
    ended: bool = False
    error: BaseException | None = None


class ReadAhead(Generic[P]):
    """Fetches the pages of queries ahead, up to a number of queries at once and a number of bytes.

    Args:
        queries: In their order; each returns a fresh iterator over its pages, which is run in a thread.
        workers: Queries to fetch at once.
        max_bytes: Bytes of pages to hold, or to have asked for, ahead.
    """

    def __init__(
        self,
        queries: Sequence[Callable[[], Iterator[P | Parts[P]]]],
        *,
        workers: int,
        max_bytes: int = MAX_BYTES_AHEAD,
    ) -> None:
        self._queries: list[list[_Query[P]]] = [[_Query((number, 0), begin)] for number, begin in enumerate(queries)]
        self._max_bytes = max_bytes
        self._bytes = 0
        self._next_to_begin = 0
        self._front: _Place = (0, 0)
        self._under_way = 0
        self._closed = False
        self._changed = threading.Condition()
        # As many as there are workers, however few queries: one of them may consist of many.
        self._threads = [
            threading.Thread(target=self._work, name=f"read-ahead-{number}", daemon=True)
            for number in range(workers if queries else 0)
        ]
        for thread in self._threads:
            thread.start()

    def pages(self, index: int) -> Iterator[P]:
        """The pages of one query. Queries before it that nobody took are given up."""
        for _, pages in self.parts(index):
            yield from pages

    def parts(self, index: int) -> Iterator[tuple[Any, Iterator[P]]]:
        """What one query consists of, each with its pages; None with all of them if that is the query itself.

        What lies before a part, or before the query, and was not taken is given up.
        """
        part = 0
        while True:
            query = self._turn_to((index, part))
            yield query.what, self._pages_of(query)
            part += 1
            if part >= len(self._queries[index]):
                return

    def _turn_to(self, place: _Place) -> _Query[P]:
        """The query at a place, once it is known to be one; all before it are given up."""
        index, part = place
        self._give_up_before(place)
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._is_known(self._queries[index][part]))
            return self._queries[index][part]

    @staticmethod
    def _is_known(query: _Query[P]) -> bool:
        return query.place[1] > 0 or query.what is not None or bool(query.pages) or query.ended

    def _pages_of(self, query: _Query[P]) -> Iterator[P]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: query.pages or query.ended or self._closed)
                if not query.pages:
                    if query.error is not None:
                        raise query.error
                    return
                page = query.pages.popleft()
                self._bytes -= len(page.body)
                self._changed.notify_all()
            yield page

    def close(self, wait_seconds: float = 1.0) -> None:
        """End the threads; one that waits for an answer ends with it, at the latest with the process."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        end = time.monotonic() + wait_seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _give_up_before(self, place: _Place) -> None:
        with self._changed:
            for parts in self._queries[self._front[0] : place[0] + 1]:
                for passed in parts:
                    if passed.place < place:
                        self._bytes -= sum(len(page.body) for page in passed.pages)
                        passed.pages.clear()
                        passed.begun = True
            self._front = max(self._front, place)
            self._next_to_begin = max(self._next_to_begin, place[0])
            self._changed.notify_all()

    def _work(self) -> None:
        while (query := self._take()) is not None:
            try:
                self._fetch(query)
            except BaseException as error:  # noqa: BLE001 - carried over to the thread that writes, and raised there
                query.error = error
            with self._changed:
                query.ended = True
                self._under_way -= 1
                self._changed.notify_all()

    def _take(self) -> _Query[P] | None:
        """The next query to begin; waits as long as one that is under way may turn out to be several."""
        with self._changed:
            while not self._closed:
                if (query := self._next_query()) is not None:
                    query.begun = True
                    self._under_way += 1
                    return query
                if not self._under_way:
                    break
                self._changed.wait()
            return None

    def _next_query(self) -> _Query[P] | None:
        while self._next_to_begin < len(self._queries):
            for query in self._queries[self._next_to_begin]:
                if not query.begun:
                    return query
            self._next_to_begin += 1
        return None

    def _fetch(self, query: _Query[P]) -> None:
        pages: Iterator[P | Parts[P]] | None = None
        while self._reserve(query):
            reserved = query.expected_bytes
            try:
                pages = query.begin() if pages is None else pages
                page = next(pages, None)
            finally:
                self._release(reserved)
            if isinstance(page, Parts):
                self._divide(query, page)
                return
            if page is None or not self._add(query, page):
                return

    def _divide(self, query: _Query[P], found: Parts[P]) -> None:
        with self._changed:
            number = query.place[0]
            self._queries[number] = [
                _Query((number, place), part.begin, part.what, expected_bytes=max(found.page_bytes, 1))
                for place, part in enumerate(found.parts)
            ]
            self._next_to_begin = min(self._next_to_begin, max(number, self._front[0]))
            self._changed.notify_all()

    def _reserve(self, query: _Query[P]) -> bool:
        """Wait until the next page of a query may be asked for; False when nobody wants it any more."""

        def may_ask() -> bool:
            fits = self._bytes + query.expected_bytes <= self._max_bytes
            awaited = query.place == self._front and not query.pages
            return self._closed or query.place < self._front or fits or awaited

        with self._changed:
            self._changed.wait_for(may_ask)
            if self._closed or query.place < self._front:
                return False
            self._bytes += query.expected_bytes
            return True

    def _release(self, reserved: int) -> None:
        with self._changed:
            self._bytes -= reserved
            self._changed.notify_all()

    def _add(self, query: _Query[P], page: P) -> bool:
        with self._changed:
            if self._closed or query.place < self._front:
                return False
            query.pages.append(page)
            query.expected_bytes = max(len(page.body), 1)
            self._bytes += len(page.body)
            self._changed.notify_all()
            return True
