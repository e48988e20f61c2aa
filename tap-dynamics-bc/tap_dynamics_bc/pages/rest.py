"""What if an expanded list goes on elsewhere?

A list of many rows may end early, with a link to the rest of it beside it (`salesInvoiceLines@odata.nextLink`). The
rest is read there and put behind what came, also inside of rows that were expanded themselves. A list whose rest cannot
be had is left out of its row: half of it would be taken for all. Pages without such a link, which are nearly all, are
handed on as they came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from dynamics_bc_client.errors import DynamicsError, UnexpectedAnswer
from dynamics_bc_client.limits import PAGE_ROWS
from dynamics_bc_client.odata.pages import checked_link
from dynamics_bc_client.odata.query import Query
from dynamics_bc_client.paging import kept_together
from tap_dynamics_bc.pages.refusals import is_refusal
from tap_dynamics_bc.pages.rows import items_of, list_of, members_of, page_of, raw_rows, row_of, rows_by_id
from tap_dynamics_bc.pages.source_page import LeftOut

if TYPE_CHECKING:
    from dynamics_bc_client.client import Client
    from tap_dynamics_bc.reads.places import Place

NEXT_LINK = b"@odata.nextLink"

_TEXT = msgspec.json.Decoder(str | None)


def with_rest(
    client: Client, place: Place, body: bytes, *, url: str, page_rows: int
) -> tuple[bytes, tuple[LeftOut, ...]]:
    """A page whose expanded lists are whole, and the lists that could not be had.

    Args:
        client: Talks to the service.
        place: What the page holds.
        body: The page as it came.
        url: Where it came from: a link leads to the same host and the same company.
        page_rows: Rows to ask for in one page.

    Raises:
        DynamicsError: Nothing can be read at all.
    """
    # A page has one link of its own; more of them are cheaper to count than to look for.
    if not place.below or body.count(NEXT_LINK) <= body.count(b'"@odata.nextLink"'):
        return body, ()
    reader = _RestReader(client, url, page_rows)
    whole = [reader.whole(row_id, row, place) for row_id, row in rows_by_id(body, place.stream)]
    return page_of(whole), tuple(reader.left_out)


def row_with_rest(client: Client, place: Place, row_id: str, row: bytes, *, url: str) -> tuple[bytes, list[LeftOut]]:
    """The same for one row, the source's of that id."""
    reader = _RestReader(client, url, PAGE_ROWS)
    return reader.whole(row_id, row, place), reader.left_out


class _RestReader:
    """Reads what is behind the links of one page.

    Attributes:
        left_out: What could not be had.
    """

    def __init__(self, client: Client, url: str, page_rows: int) -> None:
        self.left_out: list[LeftOut] = []
        self._client = client
        self._url = url
        self._page_rows = page_rows

    def whole(self, row_id: str, row: bytes, place: Place) -> bytes:
        """A row, in a row of the source with that id, whose expanded lists are whole, however deep."""
        if NEXT_LINK not in row:
            return row
        members = members_of(row)
        for child in place.below:
            link = _TEXT.decode(members.pop(f"{child.navigation}@odata.nextLink", b"null"))
            if child.navigation not in members:
                continue
            if not child.many:
                members[child.navigation] = self.whole(row_id, members[child.navigation], child)
                continue
            try:
                items = items_of(members[child.navigation]) + (self._behind(link, child) if link else [])
            except DynamicsError as error:
                if not (is_refusal(error, child) or isinstance(error, UnexpectedAnswer)):
                    raise
                del members[child.navigation]
                self.left_out.append(LeftOut(child.path, row_id, error.explained))
                continue
            members[child.navigation] = list_of(self.whole(row_id, item, child) for item in items)
        return row_of(members)

    def _behind(self, link: str, child: Place) -> list[bytes]:
        query = Query(checked_link(link, self._url))
        pages = self._client.pages(query, page_size=self._page_rows, keys=child.row_keys)
        return [row for page in kept_together(pages, child.navigation) for row in raw_rows(page.body)]
