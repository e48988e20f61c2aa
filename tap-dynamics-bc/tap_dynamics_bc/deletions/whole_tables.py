"""Which streams were read whole, in all companies that the destination has rows of, so that the rest may be forgotten?

Without an index: records of a stream that is read whole in every run carry the version of the run, and an
ACTIVATE_VERSION at the end has the destination delete what carries another one. It concerns the whole table, so it is
written only if each company was read to its end, and each that an earlier run had written rows of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_dynamics_bc.reads.conditions import Period
from tap_dynamics_bc.reads.plan import partition_of
from tap_dynamics_bc.reads.remembered import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from tap_dynamics_bc.pages.source_page import LeftOut
    from tap_dynamics_bc.reads.bookmarks import Bookmarks, Partition
    from tap_dynamics_bc.reads.places import Place
    from tap_dynamics_bc.reads.plan import Read


class WholeTables:
    """The streams of one run that are read whole.

    Args:
        reads: All reads of the run.
        bookmarks: The state, which keeps the partitions that were written.
        started_at: When the run began: its version.
    """

    def __init__(self, reads: Sequence[Read], bookmarks: Bookmarks, started_at: datetime) -> None:
        self.version = int(started_at.timestamp() * 1000)
        self._bookmarks = bookmarks
        self._awaited: dict[str, set[tuple[str, Partition]]] = {}
        partial: set[str] = set()
        for read in reads:
            for place in _written(read):
                stream = place.stream
                self._awaited.setdefault(stream.name, set()).add(_way(read, place))
                # What is read through parents comes again only where a parent does.
                if not stream.keys or isinstance(read.condition, Period) or not _is_whole(place, read):
                    partial.add(stream.name)
        for name in partial:
            del self._awaited[name]

    def version_of(self, stream: str) -> int | None:
        """The version that records of a stream carry; None for a stream that is not read whole."""
        return self.version if stream in self._awaited else None

    def note(self, read: Read, left_out: Sequence[LeftOut]) -> None:
        """A read is through.

        Args:
            read: The read.
            left_out: What the service could not give.
        """
        for place in _written(read):
            missing = any(place.path[: len(each.path)] == each.path for each in left_out)
            if place.stream.name in self._awaited and not missing:
                way = _way(read, place)
                self._awaited[place.stream.name].discard(way)
                self._bookmarks.remember(way[1], VERSION, self.version)

    def complete(self) -> Iterator[str]:
        """The streams of which nothing is missing, also not of a company that an earlier run had written rows of."""
        for stream, awaited in self._awaited.items():
            if not awaited and set(self._bookmarks.all_remembered(stream, VERSION)) <= {self.version}:
                yield stream


def _way(read: Read, place: Place) -> tuple[str, Partition]:
    """The source that rows of a place come from, and their partition."""
    return read.place.stream.name, partition_of(place, read.target.company)


def _written(read: Read) -> Iterator[Place]:
    return (place for place in read.place.walk() if place.selection is not None and not place.nested)


def _is_whole(place: Place, read: Read) -> bool:
    assert place.selection is not None
    return place.selection.replication.kind == "nothing" and not read.condition.filter
