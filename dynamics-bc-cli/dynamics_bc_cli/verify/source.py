"""Which ids does the service have now?

The tap's own plan reads them: the same sources, parents and filters as a run, with nothing but keys, and as many reads
at once as the service works on.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from dynamics_bc_cli.verify.sides import SOURCE, Part, Sides
from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_client.limits import PAGE_ROWS
from dynamics_bc_plugin.run_lines import counted
from tap_dynamics_bc.failures import description
from tap_dynamics_bc.pages.by_ids import read_by_ids
from tap_dynamics_bc.pages.fetching import fetch
from tap_dynamics_bc.pages.read_ahead import ReadAhead
from tap_dynamics_bc.reads.places import Selection, source_places
from tap_dynamics_bc.reads.plan import plan_reads
from tap_dynamics_bc.records.emitting import Emitter
from tap_dynamics_bc.records.encoding import compiled
from tap_dynamics_bc.records.writers import to_record
from tap_dynamics_bc.streams.columns import PARENT_MODIFIED_AT
from tap_dynamics_bc.streams.stamps import is_blank, order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    import msgspec

    from dynamics_bc_cli.verify.streams import Compared
    from dynamics_bc_client.client import Client
    from dynamics_bc_client.companies import Company
    from tap_dynamics_bc.pages.source_page import SourcePage
    from tap_dynamics_bc.reads.bookmarks import Partition
    from tap_dynamics_bc.reads.plan import Read
    from tap_dynamics_bc.streams.description import Stream
    from tap_dynamics_bc.streams.replication import Start


@dataclass(frozen=True)
class Source:
    """Reads ids.

    Attributes:
        client: Talks to the service.
        companies: Which are compared.
        streams: Which streams are compared, by name.
        described: All streams of the environment, by name.
        filters: Which rows of streams are read, as OData filters by stream.
        started_at: When the comparison began, by the service's clock.
        start_of: From where a run reads a partition.
        horizon: From which stamp on the rows of a partition may not have been loaded yet.
        raw_values: Whether keys stay as the service spells them.
        failed: Why ids of a part could not be read.
    """

    client: Client
    companies: Sequence[Company]
    streams: Mapping[str, Compared]
    described: Mapping[str, Stream]
    filters: Mapping[str, str]
    started_at: datetime
    start_of: Callable[[Partition], Start]
    horizon: Callable[[Partition], str]
    raw_values: bool
    failed: dict[Part, str] = field(default_factory=dict)

    def read(self, sides: Sides, only: Part | None = None) -> None:
        """Put down the ids of all streams and companies, or of one part; what cannot be read is in `failed`.

        Raises:
            DynamicsError: Nothing can be read.
        """
        reads = self._reads(only)
        ahead = ReadAhead(
            [partial(fetch, self.client, read, started_at=self.started_at) for read in reads],
            workers=self.client.settings.max_concurrent_requests,
        )
        try:
            for number, read in enumerate(reads):
                self._take(sides, read, ahead.pages(number), only)
        finally:
            ahead.close()

    def _reads(self, only: Part | None) -> list[Read]:
        names = [only.stream] if only is not None else list(self.streams)
        places = source_places(self.described, {name: _keys(self.streams[name]) for name in names}, self.filters)
        companies = [each for each in self.companies if only is None or each.id.lower() == only.company_id]
        reads = plan_reads(places.values(), companies, self.start_of)
        return [read if read.place.below else replace(read, page_rows=PAGE_ROWS) for read in reads]

    def _take(self, sides: Sides, read: Read, pages: Iterator[SourcePage], only: Part | None) -> None:
        try:
            self._put_down(sides, read, pages, only)
        except DynamicsError as error:
            if error.scope == "run":
                raise
            self._note(read, only, f"{description(read)} could not be read: {error.explained}")

    def _put_down(self, sides: Sides, read: Read, pages: Iterator[SourcePage], only: Part | None) -> None:
        writers: list[_Ids] = []

        def writer_of(name: str) -> _Ids:
            horizons = [
                self.horizon(each.partition) for each in read.advances.values() if each.partition.stream == name
            ]
            writers.append(_Ids(self.streams[name], sides, min(horizons), only))
            return writers[-1]

        emitter = Emitter(
            compiled(read.place, raw_values=self.raw_values),
            company=read.target.company,
            advances=read.advances,
            writer_of=writer_of,
        )
        for page in pages:
            emitter.take(page.body, page.served_at)
            for left_out in page.left_out:
                self._note(read, only, f"{'/'.join(left_out.path)} of {description(read)}: {left_out.message}")
        for writer in writers:
            writer.end()

    def _note(self, read: Read, only: Part | None, why: str) -> None:
        company = "" if read.target.company is None else read.target.company.id.lower()
        for name in {each.partition.stream for each in read.advances.values()}:
            if only is None or only.stream == name:
                self.failed.setdefault(Part(name, company), why)

    # --- rows once more -----------------------------------------------------------------------------------------------

    def existing(self, part: Part, ids: Sequence[str]) -> set[str]:
        """Which of these ids the service has now; a part of which nobody can tell has failed.

        Rows that come with their parents cannot be asked for by their ids: their part is read once more.

        Raises:
            DynamicsError: Nothing can be read.
        """
        compared = self.streams[part.stream]
        reads = self._reads(part)
        key = compared.stream.entity_set.type.key
        if len(reads) == 1 and not compared.stream.ways and compared.stream.listed is None and len(key) == 1:
            found = read_by_ids(self.client, reads[0].target, reads[0].place.bare(), ids)
            if found.undecided:
                why = next(iter(found.undecided.values()))
                self.failed.setdefault(
                    part, f"{counted(len(found.undecided), 'row')} could not be asked for: {why.explained}"
                )
            return set(found.rows)
        with Sides() as sides:
            self.read(sides, part)
            return {each for each in ids if sides.has(SOURCE, part, each)}


def _keys(compared: Compared) -> Selection:
    """The keys of a stream, and the stamp that tells how young a row is."""
    stream = compared.stream
    wanted = {*stream.keys, stream.stamp}
    return Selection(
        columns=tuple(each for each in stream.columns if each.name in stream.keys or each is PARENT_MODIFIED_AT),
        properties=tuple(name for name in stream.properties if name in wanted),
        replication=stream.replication,
    )


class _Ids:
    """Takes the records of one stream of a read and puts their ids down.

    Args:
        compared: The stream.
        sides: Where ids go.
        horizon: Rows of this stamp or a later one are young; empty where none is.
        only: The one part that is wanted; None for all.
    """

    def __init__(self, compared: Compared, sides: Sides, horizon: str, only: Part | None) -> None:
        self.count = 0
        self._compared = compared
        self._sides = sides
        self._horizon = order(horizon) if horizon else ""
        self._key = compared.stream.replication.key
        self._only = only
        self._held: list[tuple[Part, str, bool]] = []

    def turn_page(self, served_at: datetime) -> None:  # noqa: ARG002 - of the protocol
        """Put down what was held."""
        self.end()

    def write(self, beginning: bytes, row: msgspec.Struct) -> None:
        """Take a record."""
        record = to_record(beginning, row)
        part = Part(self._compared.name, self._compared.company_id(record))
        if self._only is None or part == self._only:
            self._held.append((part, self._compared.id(record), self._is_young(record)))
            self.count += 1

    def _is_young(self, record: Mapping[str, Any]) -> bool:
        stamp = record.get(self._key) if self._key and self._horizon else None
        return isinstance(stamp, str) and not is_blank(stamp) and order(stamp) >= self._horizon

    def end(self) -> None:
        """Put down what was held."""
        self._sides.put(SOURCE, self._held, merge=True)
        self._held = []
