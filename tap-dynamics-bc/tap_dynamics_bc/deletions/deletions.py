"""What does a run do about rows that are gone?

It watches which keys are written, and behind the reads of a source it plans a look at the source: its number of rows,
or its ids once in a while. Then `settling` does what follows. A bookmark that the index knows nothing of is not gone
by: what it stands for is read once more.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_client.odata.batch import encode_json
from dynamics_bc_client.odata.query import all_of, stamp_literal
from dynamics_bc_client.store_folder import StoreFolder
from tap_dynamics_bc.deletions.certificate import FILE_NAME, Certificate
from tap_dynamics_bc.deletions.consumers import Counted, SeenIds, WatchedRecords
from tap_dynamics_bc.deletions.families import Family, family_of, is_first, is_whole, watched_of
from tap_dynamics_bc.deletions.limits import Limits
from tap_dynamics_bc.deletions.means import Means
from tap_dynamics_bc.deletions.settling import Bringing, Settling
from tap_dynamics_bc.deletions.watched import is_watched, keys_only
from tap_dynamics_bc.deletions.watching import Watch
from tap_dynamics_bc.pages.fetching import fetch
from tap_dynamics_bc.pages.source_page import SourcePage
from tap_dynamics_bc.reads.conditions import All
from tap_dynamics_bc.reads.plan import Read
from tap_dynamics_bc.reads.remembered import GENERATION, SWEPT_AT
from tap_dynamics_bc.streams.entities import is_ledger
from tap_dynamics_bc.streams.stamps import order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from dynamics_bc_client.client import Client
    from dynamics_bc_client.companies import Company
    from tap_dynamics_bc.deletions.consumers import _Silent
    from tap_dynamics_bc.deletions.index import Index
    from tap_dynamics_bc.failures import Failures
    from tap_dynamics_bc.pages.source_page import LeftOut
    from tap_dynamics_bc.reads.bookmarks import Bookmarks, Partition
    from tap_dynamics_bc.reads.horizon import Horizon
    from tap_dynamics_bc.reads.places import Place
    from tap_dynamics_bc.records.emitting import Emitter
    from tap_dynamics_bc.records.output import MessageWriter
    from tap_dynamics_bc.records.writers import RecordWriter
    from tap_dynamics_bc.settings import TapSettings
    from tap_dynamics_bc.streams.replication import Start

log = logging.getLogger(__name__)

TOMBSTONES_LAST = timedelta(days=90)
"""How old a state may be for deletions since then to be written again."""

_NOT_COUNTED = -1

_Key = tuple[str, str]
"""A source's stream and a company's id: what a family is known by."""


@dataclass(frozen=True)
class Around:
    """What a run has, for what it does about rows that are gone.

    Attributes:
        emitter: Makes an emitter for a read: with a watch, and with writers.
        complete: Adds to a page what is known of the files of its rows.
    """

    client: Client
    settings: TapSettings
    bookmarks: Bookmarks
    output: MessageWriter
    failures: Failures
    horizon: Horizon
    run_id: str
    emitter: Callable[[Read, Watch, Callable[[str], RecordWriter]], Emitter]
    complete: Callable[[Read, SourcePage], SourcePage]

    @property
    def started_at(self) -> datetime:
        """When the run began."""
        return self.horizon.started_at

    @property
    def ceiling(self) -> str:
        """The stamp that no bookmark of the run may pass."""
        return self.horizon.ceiling


class Deletions:
    """What one run does about rows that are gone.

    Args:
        index: The known keys.
        around: What the run has.
    """

    def __init__(self, index: Index, around: Around) -> None:
        self._index = index
        self._around = around
        self._opened_at = index.generation
        self._families: dict[_Key, Family] = {}
        self._unsettled: dict[_Key, int] = {}
        self._unknown: set[str] = set()
        self._watched: set[str] = set()
        self._refused: set[_Key] = set()
        self._begun: dict[_Key, tuple[int, list[LeftOut]]] = {}
        self._certificate = Certificate(around.run_id)
        self.summary = ""
        self._index.forget_tombstones(stamp_literal(around.started_at - TOMBSTONES_LAST))
        self._index.next_generation(above=around.bookmarks.highest_remembered(GENERATION))

    # --- the plan -----------------------------------------------------------------------------------------------------

    def watch(self, sources: Iterable[Place]) -> None:
        """Say which sources are read."""
        places = (each for source in sources for each in source.walk() if each.selection is not None)
        self._watched = {place.stream.name for place in places if is_watched(place.stream)}

    def start(self, partition: Partition) -> Start:
        """From where to read a partition: where its bookmark is, if the index knows what came before that."""
        start = self._around.bookmarks.start(partition)
        if partition.stream not in self._watched:
            return start
        place = self._index.place(partition.stream, partition.company_id, partition.parent_set)
        generation = self._around.bookmarks.remembered(partition, GENERATION)
        if place.known and generation is not None and place.begun <= generation <= self._opened_at:
            return start
        # What is read of it this time may end before the bookmark, which then must not count any more.
        if self._around.bookmarks.forget_bookmark(partition) or not place.known:
            self._index.begin(place.number)
        if start != self._first(partition) and partition.stream not in self._unknown:
            self._unknown.add(partition.stream)
            log.warning(
                'The index of known keys in store_path does not know what was read of "%s" before: it is read from the '
                "beginning once.",
                partition.stream,
            )
        return self._first(partition)

    def _first(self, partition: Partition) -> Start:
        return partition.replication.first(self._around.settings.start_date)

    def planned(self, sources: Iterable[Place], reads: Iterable[Read]) -> Iterator[Read]:
        """The reads, behind those of each source and company a look at what is there."""
        places = {source.stream.name: source for source in sources}
        with_below = {name: keys_only(source) for name, source in places.items()}
        keys = {name: (place, place.bare()) for name, place in with_below.items()}
        for (name, company_id), group in groupby(reads, _key_of):
            of_group = list(group)
            yield from of_group
            family = family_of(
                places[name],
                keys[name],
                of_group[0].target,
                self._index.place,
                since=self._around.settings.start_date,
                certain=self._around.horizon.certain,
                page_rows=self._around.settings.page_size,
            )
            if family is not None:
                self._families[name, company_id] = family
                self._unsettled[name, company_id] = sum(not each.again for each in of_group)
                self._expect(family)
                look = self._look(family, of_group)
                if look is not None:
                    yield look

    def _expect(self, family: Family) -> None:
        """Have each stream in the certificate, also one that is never reached."""
        for each in family.emitted:
            comparison = self._certificate.of(each.place.stream.name, family.company)
            comparison.places.add(each.number)
            compared_at = self._around.bookmarks.remembered(each.partition, SWEPT_AT)
            # Of several ways to one stream the one counts that was looked at longest ago.
            known = comparison.ids_compared_at
            comparison.ids_compared_at = min(compared_at, known) if compared_at and known else compared_at

    def _look(self, family: Family, reads: Sequence[Read]) -> Read | None:
        """How a source is looked at when it has been read; None where the read has shown all of it."""
        if all(is_whole(read) for read in reads):
            return None
        ledger = is_ledger(family.place.stream.entity_set.name)
        first = all(is_first(read, self._around.settings.start_date) for read in reads)
        if not first and not ledger and self._is_due(family):
            return family.keys_read(with_below=True)
        counted = family.place.bare()
        filter_ = all_of(family.condition.filter, self._before(family))
        return Read(family.target, counted, All(filter_), 1, {}, use="count")

    def _before(self, family: Family) -> str:
        """Rows that are not going to be read again; those that are may have changed since they were read."""
        tracking = family.place.stream.tracking
        return f"{tracking.key} lt {self._around.ceiling}" if tracking.kind == "moment" else ""

    def _is_due(self, family: Family) -> bool:
        swept = [self._around.bookmarks.remembered(each.partition, SWEPT_AT) for each in family.emitted]
        if None in swept:
            return True
        since = self._around.started_at - self._around.settings.sweep_every
        return min(str(each) for each in swept) <= stamp_literal(since)

    # --- the reads ----------------------------------------------------------------------------------------------------

    def is_moot(self, read: Read) -> bool:
        """Whether a look is of no use: what was read of the source is not all that there was to read."""
        return read.use != "records" and self._unsettled[_key_of(read)] > 0

    def consumer(
        self, read: Read, writer_of: Callable[[str], RecordWriter]
    ) -> WatchedRecords | SeenIds | Counted | None:
        """What takes the pages of a read; None where nothing is watched."""
        family = self._families.get(_key_of(read))
        if family is None:
            return None
        settling = Settling(self._means(writer_of), family)
        if read.use == "ids":
            return self._ids(family, read, settling)
        if read.use == "count":
            sweep_read = family.keys_read(with_below=False)
            return Counted(
                [family.place.stream.name],
                lambda: self._known(family),
                lambda count, at: self._agree(family, count, at),
                lambda: self._ids(family, sweep_read, settling),
                lambda: fetch(self._around.client, sweep_read, started_at=self._around.started_at),
            )
        watched = watched_of(read.place, read.target.company, self._index.place)
        number = self._index.next_read()
        first, left_out_before = self._begun.setdefault(_key_of(read), (number, []))
        watch = Watch(watched, ceiling=self._around.ceiling, put_down=lambda pages: self._index.put_down(number, pages))

        def settle(left_out: Sequence[LeftOut]) -> None:
            left_out_before.extend(left_out)
            settling.records_read(read, watched, Bringing(number, first, left_out, left_out_before))
            if read.more:
                return
            del self._begun[_key_of(read)]
            self._unsettled[_key_of(read)] -= not read.again
            if is_whole(read):
                self._remember_sweep(family)

        emitter = self._around.emitter(read, watch, writer_of)
        return WatchedRecords(emitter, watch, self._around.output, settle, settling)

    def _ids(self, family: Family, read: Read, settling: Settling) -> SeenIds:
        def emitter(of: Read, watch: Watch, writer_of: Callable[[str], _Silent]) -> Emitter:
            return self._around.emitter(of, watch, writer_of)

        def swept() -> None:
            if read.place.below or not family.place.below:
                self._remember_sweep(family)

        return SeenIds(self._index, family, read, settling, emitter=emitter, ceiling=self._around.ceiling, done=swept)

    def _agree(self, family: Family, count: int, at: datetime) -> None:
        if family.source.emitted:
            comparison = self._certificate.of(family.source.place.stream.name, family.company)
            comparison.counted, comparison.as_of = count, stamp_literal(at)

    def _forget_sweep(self, family: Family) -> None:
        self._refused.add(_key(family.place, family.company))
        for each in family.emitted:
            self._around.bookmarks.remember(each.partition, SWEPT_AT, None)

    def _remember_sweep(self, family: Family) -> None:
        if _key(family.place, family.company) in self._refused:
            return
        for each in family.emitted:
            self._around.bookmarks.remember(each.partition, SWEPT_AT, stamp_literal(self._around.started_at))

    def _known(self, family: Family) -> int:
        before = order(self._around.ceiling) if family.place.stream.tracking.kind == "moment" else None
        return self._index.count(family.source.number, before=before)

    def _means(self, writer_of: Callable[[str], RecordWriter]) -> Means:
        around = self._around
        return Means(
            client=around.client,
            index=self._index,
            bookmarks=around.bookmarks,
            output=around.output,
            failures=around.failures,
            limits=Limits(frozenset(each.casefold() for each in around.settings.confirm_deletions)),
            certificate=self._certificate,
            ceiling=around.ceiling,
            run_id=around.run_id,
            started_at=around.started_at,
            emitter=lambda read, watch: around.emitter(read, watch, writer_of),
            complete=around.complete,
            forget_sweep=self._forget_sweep,
        )

    # --- the end ------------------------------------------------------------------------------------------------------

    def certify(self) -> None:
        """Write the certificate; what does not agree is a failure."""
        folder = self._around.client.settings.store_path
        assert folder is not None  # the index is there
        entries = self._certificate.entries(self._index)
        for each in entries:
            if each.agrees is False and not each.is_explained:
                rows = each.record["rows"]
                company = "" if each.company is None else f' of "{each.company.name}"'
                self._around.failures.note(
                    f"the certificate of {each.stream}{company}",
                    f"the source has {rows['source']:,} rows and the index of known keys {rows['index']:,}; "
                    f'"unresolved" in {folder / FILE_NAME} names ids that one has and the other has not, and the '
                    "next run looks at them again",
                )
        moment = stamp_literal(self._around.started_at)
        content = encode_json(self._certificate.record(entries, moment))
        StoreFolder(folder).write_atomically(FILE_NAME, content)
        compared = [each.agrees for each in entries if each.agrees is not None]
        of_compared = f"{sum(compared):,} of {len(compared):,} streams and companies that were compared agree"
        self.summary = f"{of_compared} ({folder / FILE_NAME})"

    def secure(self) -> None:
        """A STATE is about to go out: see to it that the index outlasts whatever happens to this machine."""
        self._index.secure()

    def acknowledge(self) -> None:
        """A STATE has gone out: what comes behind it belongs to another generation."""
        self._index.next_generation()


def counted(client: Client, read: Read, served_at: datetime) -> SourcePage:
    """The number of rows that a read asks for, as its only page; one that no set has where it cannot be counted.

    Raises:
        DynamicsError: Nothing can be read any more.
    """
    query = replace(read.query(read.place), select=(), expand=())
    try:
        number = client.count(query)
    except DynamicsError as error:
        if error.scope == "run":
            raise
        log.info("%s Its ids are read instead.", error.sentence)
        number = _NOT_COUNTED
    return SourcePage(str(number).encode(), served_at)


def _key_of(read: Read) -> _Key:
    return _key(read.place, read.target.company)


def _key(source: Place, company: Company | None) -> _Key:
    return source.stream.name, "" if company is None else company.id
