"""How many rows of a page does a read begin with: what worked the last time, and slowly more again?

A page that is too large costs the service's whole time limit before a smaller one is asked for, so the size that worked
is kept in the state, with the bookmark of the first partition that the read moves. One bad night does not make pages
small for ever: each run that gets by with its size tries a quarter more in the next, until the usual size is back and
nothing is kept any more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tap_dynamics_bc.reads.remembered import PAGE_ROWS

if TYPE_CHECKING:
    from tap_dynamics_bc.reads.bookmarks import Bookmarks, Partition
    from tap_dynamics_bc.reads.plan import Read

_GROWTH = 4
"""What a quarter is divided by."""


def begin_with(read: Read, bookmarks: Bookmarks) -> Read:
    """The read with as many rows as worked the last time, at most as many as it is planned with."""
    partition = _keeper(read)
    rows = None if partition is None else bookmarks.remembered(partition, PAGE_ROWS)
    if type(rows) is not int or not 0 < rows < read.page_rows:
        return read
    return replace(read, page_rows=rows, usual_page_rows=read.page_rows)


def keep(read: Read, bookmarks: Bookmarks, ended_with: int | None) -> None:
    """Keep what the next run begins with.

    Args:
        read: The read, which is through.
        bookmarks: What is remembered.
        ended_with: Rows that its last page was asked with; None when there was no page, or nobody counts.
    """
    partition = _keeper(read)
    if partition is None or ended_with is None:
        return
    if ended_with < read.page_rows:
        bookmarks.remember(partition, PAGE_ROWS, ended_with)
    elif read.usual_page_rows is not None:
        more = read.page_rows + max(1, read.page_rows // _GROWTH)
        bookmarks.remember(partition, PAGE_ROWS, more if more < read.usual_page_rows else None)


def _keeper(read: Read) -> Partition | None:
    """Whose entry in the state it is kept with."""
    return next((advance.partition for advance in read.advances.values()), None)
