"""How are pages fetched ahead of the one that is being written, without changing what is written?

Queries are known in their order. Threads begin them in that order and keep each query's pages apart; whoever writes
takes them query by query, so the order of the output is that of one thread. Memory is bounded by bytes: a page is asked
for only when it fits, by the size of the last one of its query, into what may be held ahead. The query that is being
written may always fetch the page that is waited for, so nothing waits for ever. An error comes out where its query's
next page would have.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

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


@dataclass
class _Query(Generic[P]):
    begin: Callable[[], Iterator[P]]
    pages: deque[P] = field(default_factory=deque)
    expected_bytes: int = FIRST_PAGE_BYTES
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
        self, queries: Sequence[Callable[[], Iterator[P]]], *, workers: int, max_bytes: int = MAX_BYTES_AHEAD
    ) -> None:
        self._queries: list[_Query[P]] = [_Query(begin) for begin in queries]
        self._max_bytes = max_bytes
        self._bytes = 0
        self._next_to_begin = 0
        self._front = 0
        self._closed = False
        self._changed = threading.Condition()
        count = min(workers, len(self._queries))
        self._threads = [
            threading.Thread(target=self._work, name=f"read-ahead-{number}", daemon=True) for number in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def pages(self, index: int) -> Iterator[P]:
        """The pages of one query. Queries before it that nobody took are given up."""
        query = self._queries[index]
        self._give_up_before(index)
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

    def _give_up_before(self, index: int) -> None:
        with self._changed:
            for passed in self._queries[self._front : index]:
                self._bytes -= sum(len(page.body) for page in passed.pages)
                passed.pages.clear()
            self._front = max(self._front, index)
            self._next_to_begin = max(self._next_to_begin, index)
            self._changed.notify_all()

    def _work(self) -> None:
        while (index := self._take()) is not None:
            query = self._queries[index]
            try:
                self._fetch(index, query)
            except BaseException as error:  # noqa: BLE001 - carried over to the thread that writes, and raised there
                query.error = error
            with self._changed:
                query.ended = True
                self._changed.notify_all()

    def _take(self) -> int | None:
        with self._changed:
            if self._closed or self._next_to_begin >= len(self._queries):
                return None
            self._next_to_begin += 1
            return self._next_to_begin - 1

    def _fetch(self, index: int, query: _Query[P]) -> None:
        pages: Iterator[P] | None = None
        while self._reserve(index, query):
            reserved = query.expected_bytes
            try:
                pages = query.begin() if pages is None else pages
                page = next(pages, None)
            finally:
                self._release(reserved)
            if page is None or not self._add(index, query, page):
                return

    def _reserve(self, index: int, query: _Query[P]) -> bool:
        """Wait until the next page of a query may be asked for; False when nobody wants it any more."""

        def may_ask() -> bool:
            fits = self._bytes + query.expected_bytes <= self._max_bytes
            awaited = index == self._front and not query.pages
            return self._closed or index < self._front or fits or awaited

        with self._changed:
            self._changed.wait_for(may_ask)
            if self._closed or index < self._front:
                return False
            self._bytes += query.expected_bytes
            return True

    def _release(self, reserved: int) -> None:
        with self._changed:
            self._bytes -= reserved
            self._changed.notify_all()

    def _add(self, index: int, query: _Query[P], page: P) -> bool:
        with self._changed:
            if self._closed or index < self._front:
                return False
            query.pages.append(page)
            query.expected_bytes = max(len(page.body), 1)
            self._bytes += len(page.body)
            self._changed.notify_all()
            return True
