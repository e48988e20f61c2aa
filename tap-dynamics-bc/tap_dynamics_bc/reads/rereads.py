"""Which rows are read again although their stamp says that nothing has changed?

After a read that goes on from a bookmark: documents that are still open, and rows that new entries name. Rows at or
behind the bookmark have just been read, so none comes twice. Such a read moves no bookmark.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dynamics_bc_client.odata.query import all_of
from tap_dynamics_bc.reads.conditions import EVERYTHING, All, Before, Since
from tap_dynamics_bc.reads.plan import Target, partition_of
from tap_dynamics_bc.reads.remembered import ENTRIES_UNTIL
from tap_dynamics_bc.streams.silent import silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tap_dynamics_bc.reads.bookmarks import Partition
    from tap_dynamics_bc.reads.conditions import Condition
    from tap_dynamics_bc.reads.plan import Read

STATUS = "status"


@dataclass(frozen=True, slots=True)
class Named:
    """Rows that entries name.

    Attributes:
        entries: The set of the entries.
        by: Their property that names a row.
        entries_filter: Which of them.
        name: The property of the row that it is named by.
        filter: Which of the rows that are named.
    """

    entries: Target
    by: str
    entries_filter: str
    name: str
    filter: str


def with_rereads(
    reads: Iterable[Read], remembered: Callable[[Partition, str], str | None], *, since: str | None, certain: str
) -> Iterator[Read]:
    """The reads, each with what is to be read again behind it.

    Args:
        reads: The reads.
        remembered: What the state keeps about a partition under a name.
        since: The setting `start_date`, as a stamp: what is older is never read.
        certain: The stamp before which entries of ledgers are read.
    """
    for read in reads:
        yield read
        condition = _still_moving(read, remembered, since, certain)
        if condition is not None:
            yield replace(read, condition=condition, advances={}, again=True)


def named_partition(read: Read) -> Partition | None:
    """The partition whose entries a read has looked at up to now: because it asked for them, or read all rows."""
    found, selection = silent(read.place.stream), read.place.selection
    if found.named is None or selection is None or not (read.again or read.condition == EVERYTHING):
        return None
    wanted = any(name in selection.properties for name in found.properties)
    return partition_of(read.place, read.target.company) if wanted else None


def _still_moving(
    read: Read, remembered: Callable[[Partition, str], str | None], since: str | None, certain: str
) -> Condition | None:
    found, place = silent(read.place.stream), read.place
    condition = read.condition.condition if isinstance(read.condition, Before) else read.condition
    if not isinstance(condition, Since) or condition.start.with_blank or condition.replication.kind != "moment":
        return None
    moves = place.selection is not None and any(name in place.selection.properties for name in found.properties)
    older = all_of(
        f"{condition.name} ge {since}" if since else "",
        f"{condition.name} lt {condition.start.at}",
    )
    if found.open and STATUS in place.stream.entity_set.type.properties and (moves or place.below):
        return All(all_of(found.open, older))
    if found.named is None or not moves:
        return None
    named = found.named
    partition = partition_of(place, read.target.company)
    begin = remembered(partition, ENTRIES_UNTIL) or condition.start.at
    entries = Target(read.target.route, named.entity_set, read.target.company)
    entries_filter = f"{named.stamp} ge {begin} and {named.stamp} lt {certain}"
    return Named(entries, named.by, entries_filter, named.name, older)
