"""How is a query read page by page, to its end, and as large as its pages may be?

- A page that takes too long is asked for again at once, half as large; one that breaks off, or that has an error in it,
  is asked for as it was once more before.
- The size that worked is kept for the pages behind it.
- A read ends: no link is followed twice, and pages without rows do not go on for ever.
"""

from __future__ import annotations

import dataclasses
import logging
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import ConnectionLost, DynamicsError, UnexpectedAnswer
from dynamics_bc_client.limits import EMPTY_PAGES, SMALLEST_PAGE_ROWS
from dynamics_bc_client.odata.decoding import BYTE_ORDER_MARK
from dynamics_bc_client.odata.pages import ANY_ROWS, Page, RowKeys, check_page
from dynamics_bc_client.responses import served_at
from dynamics_bc_client.retry import Intent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dynamics_bc_client.exchange import Exchange
    from dynamics_bc_client.transport import Request, Response

log = logging.getLogger(__name__)


class PageReader:
    """Reads one query; for one thread.

    Args:
        exchange: Sends requests.
        now: Seconds since 1970, where a page does not carry the service's own clock.
        page_size: Rows of a page to begin with; None to leave it to the service or to the request's own header.
        keys: What every row must have to be one.
    """

    def __init__(
        self, exchange: Exchange, now: Callable[[], float], *, page_size: int | None, keys: RowKeys = ANY_ROWS
    ) -> None:
        self._exchange = exchange
        self._now = now
        self._size = page_size
        self._keys = keys
        self._broke = False

    def pages(self, request: Request, first: Response | None = None) -> Iterator[Page]:
        """The pages from that of a request on, each read when it is asked for.

        Args:
            request: For the first page.
            first: What it returned, if it was sent already: then the pages behind it.

        Raises:
            DynamicsError: A page could not be read, or there is no end of them.
        """
        seen: set[int] = set()
        empty = 0
        while True:
            if first is not None:
                page, first = self._read(request, first), None
            else:
                page = self._page(self._sized(request) if self._size else request)
                yield page
            empty = 0 if page.row_count else empty + 1
            seen.add(hash(request.url))
            if page.next_link is None:
                return
            if hash(page.next_link) in seen:
                raise UnexpectedAnswer(f"{request} names a page as its next one that was read before.")
            if empty >= EMPTY_PAGES:
                raise UnexpectedAnswer(f"{request} returned {empty} pages without rows, and names one more.")
            request = dataclasses.replace(request, url=page.next_link)

    def _page(self, request: Request) -> Page:
        self._broke = False
        attempted = self._exchange.send(
            request, Intent.READ, lambda response: self._read(request, response), instead=self._smaller(request)
        )
        error = attempted.error
        if isinstance(error, ConnectionLost) and error.sent:
            # The service was there and broke off: that may be this page's own fault.
            raise error.replacing(scope="stream")
        return attempted.get()

    def _read(self, request: Request, response: Response) -> Page:
        body = response.body.removeprefix(BYTE_ORDER_MARK)
        link, row_count = check_page(body, root=request.url, keys=self._keys)
        moment = served_at(response.headers) or datetime.fromtimestamp(self._now(), timezone.utc)
        return Page(body, link, request.url, moment, self._size, row_count)

    def _sized(self, request: Request) -> Request:
        return dataclasses.replace(request, headers={**request.headers, "Prefer": f"odata.maxpagesize={self._size}"})

    def _smaller(self, request: Request) -> Callable[[DynamicsError], Request | None]:
        def instead(error: DynamicsError) -> Request | None:
            if self._size is None or self._size <= SMALLEST_PAGE_ROWS or not self._is_too_large(error):
                return None
            self._size = max(SMALLEST_PAGE_ROWS, self._size // 2)
            self._broke = False
            log.warning("%s Asking for pages of %d rows.", error.sentence, self._size)
            return self._sized(request)

        return instead

    def _is_too_large(self, error: DynamicsError) -> bool:
        """Whether to ask for fewer rows after an error; one that broke off may be chance, so that takes two."""
        if error.may_be_too_large:
            return True
        if not (isinstance(error, ConnectionLost) and error.sent) and not isinstance(error, UnexpectedAnswer):
            return False
        again, self._broke = self._broke, error.repeatable
        return again and error.repeatable
