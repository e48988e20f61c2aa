"""How is a query read page by page, to its end, and as large as its pages may be?

- A page that takes too long is asked for again at once, half as large; one that breaks off, or that has an error in it,
  is asked for as it was once more before.
- The size that worked is kept for the pages behind it.
- A read ends: no link is followed twice, no page comes twice in a row, and pages without rows do not go on for ever.
- A query that is too long for the gateway travels inside a batch, where there is no such limit; so do its next pages,
  whose links repeat it.
- What is no text in a page becomes U+FFFD.
"""

from __future__ import annotations

import dataclasses
import logging
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from dynamics_bc_client.batched_reads import is_too_large
from dynamics_bc_client.errors import ConnectionLost, DynamicsError, ForeignAnswer, UnexpectedAnswer
from dynamics_bc_client.judging import judge
from dynamics_bc_client.limits import EMPTY_PAGES, KEPT_BYTES, QUERY_STRING_CHARACTERS, SMALLEST_PAGE_ROWS
from dynamics_bc_client.odata.batch import BAD_REPLY, Operation, decode_batch, encode_batch
from dynamics_bc_client.odata.decoding import BYTE_ORDER_MARK
from dynamics_bc_client.odata.pages import ANY_ROWS, Page, RowKeys, check_page
from dynamics_bc_client.odata.targets import RequestTarget
from dynamics_bc_client.odata.unreadable import as_utf8, readable, spoiled_rows
from dynamics_bc_client.odata.urls import split_at_root
from dynamics_bc_client.responses import error_details, served_at
from dynamics_bc_client.retry import Intent
from dynamics_bc_client.transport import Headers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

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
        ends: tuple[bytes, ...] = ()
        while True:
            if first is not None:
                page, first = self._read(request, first), None
            else:
                page = self._page(self._sized(request) if self._size else request)
                yield page
            if page.next_link is not None and page.ends and page.ends == ends:
                raise UnexpectedAnswer(f"{request} returned the same rows as the page before, and links to one more.")
            ends = page.ends
            empty = 0 if page.row_count else empty + 1
            seen.add(hash(request.url))
            if page.next_link is None:
                return
            if hash(page.next_link) in seen:
                raise UnexpectedAnswer(f"{request} links to a page that was read before.")
            if empty >= EMPTY_PAGES:
                raise UnexpectedAnswer(f"{request} returned {empty} pages without rows, and links to one more.")
            request = dataclasses.replace(request, url=page.next_link)

    def _page(self, request: Request) -> Page:
        self._broke = False
        attempted = self._exchange.send(
            self._carried(request),
            Intent.READ,
            lambda response: self._read(request, response),
            instead=self._smaller(request),
        )
        error = attempted.error
        if isinstance(error, ConnectionLost) and error.sent:
            # The service was there and broke off: that may be this page's own fault.
            raise error.replacing(scope="stream")
        return attempted.get()

    def _read(self, request: Request, response: Response) -> Page:
        came = (_unpacked(request, response) if is_too_long(request.url) else response.body).removeprefix(
            BYTE_ORDER_MARK
        )
        body = as_utf8(came)
        try:
            facts = check_page(body, root=request.url, keys=self._keys)
        except UnexpectedAnswer as error:
            body = readable(came) if error.repeatable else came
            if body is came:
                raise
            facts = check_page(body, root=request.url, keys=self._keys)
        if body is not came:
            named = ", ".join(spoiled_rows(body, self._keys.names)) or "it"
            log.warning("%s returned bytes that are not text; U+FFFD stands for them in %s.", request, named)
        moment = served_at(response.headers) or datetime.fromtimestamp(self._now(), timezone.utc)
        return Page(body, facts.next_link, request.url, moment, self._size, facts.row_count, facts.ends)

    def _carried(self, request: Request) -> Request:
        """The request, or a batch with it where its query is too long for the gateway."""
        if not is_too_long(request.url):
            return request
        root, _ = split_at_root(request.url, self._exchange.root)
        headers = {name: value for name, value in request.headers.items() if name not in _OF_THE_READ}
        headers |= {"Content-Type": "application/json"}
        body = encode_batch([_operation(request, self._exchange.root)])
        # With the target of what is in it: that is what a refusal is about.
        return dataclasses.replace(request, method="POST", url=f"{root}/$batch", headers=headers, body=body)

    def _sized(self, request: Request) -> Request:
        return dataclasses.replace(request, headers={**request.headers, "Prefer": f"odata.maxpagesize={self._size}"})

    def _smaller(self, request: Request) -> Callable[[DynamicsError], Request | None]:
        def instead(error: DynamicsError) -> Request | None:
            if self._size is None or self._size <= SMALLEST_PAGE_ROWS or not self._is_too_large(error):
                return None
            self._size = max(SMALLEST_PAGE_ROWS, self._size // 2)
            self._broke = False
            log.warning("%s Asking for pages of %d rows.", error.sentence, self._size)
            return self._carried(self._sized(request))

        return instead

    def _is_too_large(self, error: DynamicsError) -> bool:
        """Whether to ask for fewer rows after an error; one that broke off may be chance, so that takes two."""
        if is_too_large(error):
            return True
        if isinstance(error, ForeignAnswer):
            return False  # nobody on the way minds how many rows there are
        if not (isinstance(error, ConnectionLost) and error.sent) and not isinstance(error, UnexpectedAnswer):
            return False
        again, self._broke = self._broke, error.repeatable
        return again and error.repeatable


def kept_together(pages: Iterable[Page], what: str) -> Iterator[Page]:
    """The pages of a list that is kept in memory as a whole: it has an end, however often the service names one more.

    Args:
        pages: The pages, each read when it is asked for.
        what: What is listed.

    Raises:
        UnexpectedAnswer: There is more than memory should hold.
        DynamicsError: A page could not be read.
    """
    taken = 0
    for page in pages:
        taken += len(page.body)
        if taken > KEPT_BYTES:
            raise UnexpectedAnswer(f"The list of {what} has more than {KEPT_BYTES:,} bytes and does not end.")
        yield page


_OF_THE_READ = frozenset({"Prefer", "Data-Access-Intent"})
"""Headers that say how something is read; a batch is no read, and hands none of its own on to what is in it."""


def is_too_long(url: str) -> bool:
    """Whether the gateway refuses a request for the length of its query."""
    return len(url.partition("?")[2]) > QUERY_STRING_CHARACTERS


def _operation(request: Request, root: str) -> Operation:
    """A request as the one operation of a batch."""
    headers = {name: value for name, value in request.headers.items() if name in _OF_THE_READ}
    return Operation("1", "GET", split_at_root(request.url, root)[1], headers=headers)


def _unpacked(request: Request, response: Response) -> bytes:
    """What the one operation of a batch returned.

    Raises:
        UnexpectedAnswer: There is no reply to it.
        DynamicsError: It was refused.
    """
    (reply,) = decode_batch(response.body, [Operation("1", "GET", "")])
    target = request.target or RequestTarget.of("")
    if reply is None:
        raise UnexpectedAnswer(f"The response to a batch holds no reply to GET {target}.", repeatable=True)
    if reply.status >= BAD_REPLY:
        raise judge("GET", target, reply.status, error_details(reply.body, Headers(reply.headers)))
    return reply.body
