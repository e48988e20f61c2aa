"""How are several requests for the same rows read side by side?

The pages come in the order of the read's own, so as a rule one page of each request has the rows of one of another.
Rows that have moved since are asked for by their ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_dynamics_bc.pages.by_ids import read_by_ids
from tap_dynamics_bc.pages.joining import expanded_members, joined
from tap_dynamics_bc.pages.rows import page_of, rows_by_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dynamics_bc_client.client import Client
    from dynamics_bc_client.odata.pages import Page
    from tap_dynamics_bc.reads.places import Place
    from tap_dynamics_bc.reads.plan import Read


class Beside:
    """What another request of a read expands of the same rows.

    Args:
        client: Talks to the service.
        read: The read.
        place: What the request asks for.
    """

    def __init__(self, client: Client, read: Read, place: Place) -> None:
        self.stream = read.place.stream
        self._client = client
        self._read = read
        self._place = place
        self._navigations = {child.navigation for child in place.below}
        self._pages = client.pages(read.query(place), page_size=read.page_rows, keys=place.row_keys)
        self._members: dict[str, bytes] = {}

    def members(self, ids: Sequence[str]) -> dict[str, bytes]:
        """What is to be put into the rows of these ids, by id; without those that are not there any more.

        Raises:
            DynamicsError: Whether one of them is there is not known.
        """
        self._turn_to(ids)
        missing = [each for each in ids if each not in self._members]
        moved = read_by_ids(self._client, self._read.target, self._place, missing)
        for error in moved.undecided.values():
            raise error
        for row_id, row in moved.rows.items():
            self._members[row_id] = expanded_members(row, self._navigations)
        return {each: self._members.pop(each) for each in ids if each in self._members}

    def _turn_to(self, ids: Sequence[str]) -> None:
        missing = {each for each in ids if each not in self._members}
        while missing and (page := next(self._pages, None)) is not None:
            arrived = self._keep(page)
            if missing.isdisjoint(arrived):
                return
            missing.difference_update(arrived)

    def _keep(self, page: Page) -> list[str]:
        rows = list(rows_by_id(page.body, self.stream))
        for row_id, row in rows:
            self._members[row_id] = expanded_members(row, self._navigations)
        return [row_id for row_id, _ in rows]


def completed(body: bytes, beside: Sequence[Beside]) -> bytes:
    """A page with what the other requests expand of its rows; rows that are gone meanwhile are left out."""
    for other in beside:
        rows = list(rows_by_id(body, other.stream))
        members = other.members([row_id for row_id, _ in rows])
        body = page_of(joined(row, members[row_id]) for row_id, row in rows if row_id in members)
    return body
