"""What happens in one run: which companies are read, in which order, and what came of it?"""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from dynamics_bc_client.errors import DynamicsError, Repeat, ServiceError
from dynamics_bc_client.limits import NAME_CHARACTERS, PAGE_ROWS
from dynamics_bc_client.odata.query import stamp_literal
from dynamics_bc_plugin.progress import Account
from tap_dynamics_bc.beginning import begin
from tap_dynamics_bc.company_access import CompanyAccess
from tap_dynamics_bc.deletions.deletions import Around, Deletions, counted
from tap_dynamics_bc.deletions.whole_tables import WholeTables
from tap_dynamics_bc.failures import Failures, description, refusal
from tap_dynamics_bc.files.folder import FileFolder
from tap_dynamics_bc.pages.cutting import windowed
from tap_dynamics_bc.pages.fetching import fetch
from tap_dynamics_bc.pages.files import Files, has_files
from tap_dynamics_bc.pages.promises import Promises
from tap_dynamics_bc.pages.read_ahead import ReadAhead
from tap_dynamics_bc.pages.refusals import KnownRefusals
from tap_dynamics_bc.reads.page_rows import begin_with, keep
from tap_dynamics_bc.reads.periods import periods
from tap_dynamics_bc.reads.plan import plan_reads
from tap_dynamics_bc.reads.remembered import ENTRIES_UNTIL
from tap_dynamics_bc.reads.rereads import named_partition, with_rereads
from tap_dynamics_bc.records.emitting import Emitter
from tap_dynamics_bc.records.encoding import compiled
from tap_dynamics_bc.records.writers import CollectingWriter
from tap_dynamics_bc.settings import FULL_TABLE
from tap_dynamics_bc.states import States

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from dynamics_bc_client.client import Client
    from dynamics_bc_client.companies import Company
    from tap_dynamics_bc.deletions.index import Index
    from tap_dynamics_bc.deletions.watching import Watch
    from tap_dynamics_bc.pages.read_ahead import Parts
    from tap_dynamics_bc.pages.source_page import LeftOut, SourcePage
    from tap_dynamics_bc.reads.bookmarks import Bookmarks
    from tap_dynamics_bc.reads.conditions import Period
    from tap_dynamics_bc.reads.places import Place
    from tap_dynamics_bc.reads.plan import Read
    from tap_dynamics_bc.records.encoding import Step
    from tap_dynamics_bc.records.output import MessageWriter
    from tap_dynamics_bc.records.writers import RecordWriter
    from tap_dynamics_bc.settings import TapSettings
    from tap_dynamics_bc.streams.description import Stream
    from tap_dynamics_bc.streams.replication import Value

log = logging.getLogger(__name__)


class Consumer(Protocol):
    """What becomes of the pages of a read: records, in `records.emitting`."""

    @property
    def streams(self) -> list[str]:
        """The streams that it is for."""

    def take(self, body: bytes, served_at: datetime) -> None:
        """Take a page."""

    def settle(self, left_out: Sequence[LeftOut]) -> None:
        """All pages have come, but for what the service could not give: do what follows from that."""

    def end(self) -> None:
        """Nothing more comes."""

    def new_records(self) -> dict[str, int]:
        """Records since the last time, by stream."""

    def highest(self, path: tuple[str, ...]) -> Value | None:
        """The highest value of the replication key at a place."""


class Run:
    """One run over all sources that somebody selected something of.

    Args:
        client: Talks to the service.
        settings: What to read.
        bookmarks: From where to read; moved forward as partitions are finished.
        output: Where messages go.
        write_state: Writes a STATE message, if there is anything new in it.
        account: Is told what is read.
        now: Our clock.
        index: The known keys, where rows that are gone are looked for.
        run_id: Which run it is.
    """

    def __init__(
        self,
        client: Client,
        settings: TapSettings,
        bookmarks: Bookmarks,
        output: MessageWriter,
        write_state: Callable[[], None],
        *,
        account: Account | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        index: Index | None = None,
        run_id: str = "",
    ) -> None:
        self.failures = Failures()
        self._client = client
        self._settings = settings
        self._bookmarks = bookmarks
        self._output = output
        self._account = account or Account()
        self._reads: list[Read] = []
        self._steps: dict[int, tuple[Place, tuple[Step, ...]]] = {}
        self._of_source: dict[str, list[int]] = {}
        self._ahead: ReadAhead[SourcePage] | None = None
        self._files: Files | None = None
        self._open = contextlib.ExitStack()
        self._refusals = KnownRefusals()
        self._promises = Promises()
        self._outlasted = 0
        self._anything_read = False
        self._failed: set[tuple[str, str | None]] = set()
        beginning = begin(client, settings, bookmarks, now())
        self._horizon = beginning.horizon
        self.started_at = beginning.horizon.started_at
        self._read_at = self.started_at
        self._ended_with: int | None = None
        self.known_companies = beginning.known
        self.companies = beginning.companies
        self._account.name_companies({company.id: company.name for company in self.known_companies})
        named = settings.companies is not None
        self._access = CompanyAccess(client, bookmarked=bookmarks.company_ids, named=named)
        self._whole_tables: WholeTables | None = None
        self._deletions: Deletions | None = None
        if index is not None:
            around = Around(
                client=client,
                settings=settings,
                bookmarks=bookmarks,
                output=output,
                failures=self.failures,
                horizon=self._horizon,
                run_id=run_id,
                emitter=lambda read, watch, writer_of: self._emitter(read, writer_of, watch),
                complete=lambda read, page: page if self._files is None else self._files.completed(read, page),
            )
            self._deletions = Deletions(index, around)
        self.states = States(output, write_state, self._deletions)

    # --- the plan -----------------------------------------------------------------------------------------------------

    def plan(self, sources: Iterable[Place], *, row_limit: int | None = None) -> None:
        """Settle what is read, in the order in which it is going to be written.

        Args:
            sources: The sources' places, in the order of their streams.
            row_limit: Rows enough for a test of the connection; None to read everything.
        """
        page_rows = self._settings.page_size
        if row_limit is not None:
            page_rows = min(page_rows or PAGE_ROWS, max(row_limit, 10))
        sources = list(sources)
        if any(source.stream.in_company for source in sources):
            self._note_missing_companies()
        if row_limit is None and any(has_files(source) for source in sources):
            folder = self._settings.media_folder(self._client.settings.store_path)
            self._files = Files(self._client, self._open.enter_context(FileFolder(folder)))
        if row_limit is not None:
            self._deletions = self.states.deletions = None
        if self._deletions is not None:
            self._deletions.watch(sources)
        reads = self._planned(sources, self.companies, page_rows)
        if self._deletions is not None:
            reads = self._deletions.planned(sources, reads)
        for number, read in enumerate(reads):
            self._of_source.setdefault(read.place.stream.name, []).append(number)
            self._reads.append(read)
        if self._settings.deletes == FULL_TABLE and row_limit is None:
            self._whole_tables = WholeTables(self._reads, self._bookmarks, self.started_at)
        begin_read: Callable[[Read], Iterator[SourcePage | Parts[SourcePage]]]
        begin_read = partial(self._fetch, first_only=row_limit is not None)
        if row_limit is None and self._settings.backfill_windows:
            begin_read = self._windowed
        self._ahead = ReadAhead(
            [partial(begin_read, read) for read in self._reads],
            workers=self._client.settings.max_concurrent_requests,
        )

    def _planned(self, sources: Iterable[Place], companies: Sequence[Company], page_rows: int | None) -> Iterator[Read]:
        reads = plan_reads(
            sources,
            companies,
            self._bookmarks.start if self._deletions is None else self._deletions.start,
            page_rows=page_rows,
            periods_of=self._periods_of,
            certain=self._horizon.certain,
        )
        reads = (begin_with(read, self._bookmarks) for read in reads)
        if not self._settings.reread_open_documents:
            return reads
        return with_rereads(
            reads, self._bookmarks.remembered, since=self._settings.start_date, certain=self._horizon.certain
        )

    def version_of(self, stream: str) -> int | None:
        """The version that the records of a stream carry; None for most."""
        return None if self._whole_tables is None else self._whole_tables.version_of(stream)

    def whole_tables(self) -> Iterator[tuple[str, int]]:
        """The streams that were read whole in all companies, with the version of their records."""
        if self._whole_tables is not None:
            yield from ((stream, self._whole_tables.version) for stream in self._whole_tables.complete())

    @property
    def is_planned(self) -> bool:
        """Whether `plan` was called."""
        return self._ahead is not None

    def _note_missing_companies(self) -> None:
        if not self.known_companies:
            self.failures.note("anything of companies", "the environment shows no companies to this sign-in")
        for company_id in self._access.missing(self.known_companies):
            self.failures.note(
                f"the company {company_id[:NAME_CHARACTERS]}",
                "the state has bookmarks of it and the environment does not show it to this sign-in; if it was "
                "deleted, name its id in forget_companies",
            )

    def _fetch(self, read: Read, *, first_only: bool) -> Iterator[SourcePage]:
        with self._account.fetching(*_progress_key(read)):
            if read.use == "count":
                yield counted(self._client, read, self.started_at)
                return
            files = self._files if read.use == "records" else None
            yield from fetch(
                self._client,
                read,
                started_at=self.started_at,
                first_only=first_only,
                files=files,
                known=self._refusals,
                promises=self._promises,
            )

    def _windowed(self, read: Read) -> Iterator[SourcePage | Parts[SourcePage]]:
        return windowed(self._client, read, self._horizon.ceiling, partial(self._fetch, first_only=False))

    def _consumer(self, read: Read, writer_of: Callable[[str], RecordWriter]) -> Consumer:
        watched = None if self._deletions is None else self._deletions.consumer(read, writer_of)
        return self._emitter(read, writer_of) if watched is None else watched

    def _emitter(self, read: Read, writer_of: Callable[[str], RecordWriter], watch: Watch | None = None) -> Emitter:
        # Companies share a place, so it is compiled once.
        place, steps = self._steps.get(id(read.place), (None, ()))
        if place is None:
            steps = compiled(read.place, raw_values=self._settings.raw_values, with_keys=self._deletions is not None)
            self._steps[id(read.place)] = read.place, steps
        return Emitter(
            steps,
            company=read.target.company,
            advances=read.advances,
            writer_of=writer_of,
            condition=read.condition,
            watch=watch,
        )

    def _periods_of(self, stream: Stream) -> tuple[Period, ...]:
        """What a report is read for; nothing for a stream that is read as it is."""
        schedule = self._settings.report_periods.schedule(stream.entity_set.name)
        if stream.report is None or schedule is None:
            return ()
        return periods(stream.report, schedule, self.started_at.date())

    # --- reading ------------------------------------------------------------------------------------------------------

    def write_source(self, name: str, writer_of: Callable[[str], RecordWriter]) -> Iterator[Counter[str]]:
        """Read a source in all companies and write its records and those it feeds.

        Args:
            name: The source's stream.
            writer_of: Where the records of a stream go, by its name.

        Yields:
            The number of records of each stream that one read wrote, when it is through.

        Raises:
            DynamicsError: The run cannot go on.
        """
        numbers = self._of_source.get(name, [])
        for number in numbers:
            read = self._reads[number]
            if not self._access.is_closed(read.target.company) and not self._is_moot(read):
                yield from self._write_read(number, writer_of)
        if numbers and numbers[-1] == len(self._reads) - 1:
            self.states.tell()
        else:
            self.states.tell_if_worth_it()
        # A state that did not change is not written, and then nothing else makes the last records go out.
        self._output.flush()

    def _write_read(self, number: int, writer_of: Callable[[str], RecordWriter]) -> Iterator[Counter[str]]:
        """Write a read, or the windows that it was cut into; behind one that fails nothing more is written of it."""
        assert self._ahead is not None
        stuck: set[tuple[str, ...]] = set()
        for part, pages in self._ahead.parts(number):
            read: Read = part or self._reads[number]
            consumer = self._consumer(read, writer_of)
            written: Counter[str] = Counter()
            failed = False
            try:
                with self._account.working_on(*_progress_keys(read, consumer)):
                    left_out = self._take_pages(pages, read.target.company, consumer, written)
                self._finish(read, consumer, left_out, stuck)
                self._anything_read = True
                self._outlasted = 0
            except DynamicsError as error:
                self._fail(read, error)
                self._failed.add(_progress_key(read))
                failed = True
            yield written
            if failed:
                return

    def _take_pages(
        self, pages: Iterable[SourcePage], company: Company | None, consumer: Consumer, written: Counter[str]
    ) -> list[LeftOut]:
        """Let a consumer have all pages of a read; returns what the service could not give."""
        left_out: list[LeftOut] = []
        self._ended_with = None
        for page in pages:
            if company is not None:
                self._access.saw(company)
            with self._output.undivided():
                consumer.take(page.body, page.served_at)
            self._read_at = page.served_at
            self._ended_with = page.page_rows
            left_out.extend(page.left_out)
            self._count(consumer, company, written)
        consumer.settle(left_out)
        with self._output.undivided():
            consumer.end()
        self._count(consumer, company, written)
        return left_out

    def _is_moot(self, read: Read) -> bool:
        """Whether a read is of no use, because one before it failed."""
        if read.again and _progress_key(read) in self._failed:
            return True
        return self._deletions is not None and self._deletions.is_moot(read)

    def _count(self, consumer: Consumer, company: Company | None, written: Counter[str]) -> None:
        new = consumer.new_records()
        written.update(new)
        for stream, count in new.items():
            self._account.add_rows(stream, None if company is None else company.id, count)

    def _finish(self, read: Read, consumer: Consumer, left_out: list[LeftOut], stuck: set[tuple[str, ...]]) -> None:
        """Move the bookmarks of what was written out, but not of places where something is missing since a window."""
        if read.use == "records":
            keep(read, self._bookmarks, self._ended_with)
            if self._whole_tables is not None and not read.more:
                self._whole_tables.note(read, left_out)
        for place in read.place.walk():
            missing = [each for each in left_out if place.path[: len(each.path)] == each.path or place.holds(each.path)]
            advance = read.advances.get(place.path)
            if missing:
                self.failures.note_left_out(read, place, missing)
                stuck.add(place.path)
            elif advance is not None and read.use == "records" and not advance.held and place.path not in stuck:
                highest = advance.until or consumer.highest(place.path)
                read_at = stamp_literal(self._read_at)
                self._bookmarks.advance(
                    advance.partition, highest=highest, ceiling=self._horizon.ceiling, read_at=read_at
                )
                if not read.more:
                    at = stamp_literal(self.started_at)
                    self._bookmarks.note_whole(advance.partition, advance.start, self._settings.full_reread_every, at)
        if self._settings.reread_open_documents and (partition := named_partition(read)) is not None:
            self._bookmarks.remember(partition, ENTRIES_UNTIL, self._horizon.ceiling)
        self.states.tell_if_worth_it()

    def records(self, sources: Iterable[Place], company_id: str | None) -> Iterator[dict[str, Any]]:
        """The records of one stream as dictionaries; nothing is written and no bookmark moves.

        Args:
            sources: The places of the sources that feed the stream.
            company_id: The company to read; None for all.
        """
        companies = [company for company in self.companies if company_id in {None, company.id}]
        for read in self._planned(sources, companies, self._settings.page_size):
            collected = CollectingWriter()
            emitter = self._emitter(read, lambda _, writer=collected: writer)  # type: ignore[misc]
            for page in fetch(self._client, read, started_at=self.started_at):
                emitter.take(page.body, page.served_at)
                yield from collected.take()

    def close(self) -> None:
        """End the threads, and let go of the folder of files."""
        if self._ahead is not None:
            self._ahead.close()
        self._open.close()

    def certify(self) -> None:
        """Say whether the index of known keys holds what the source holds, if there is one."""
        if self._deletions is not None:
            self._deletions.certify()

    @property
    def certified(self) -> str:
        """In words, how much of it does; empty where nobody looked."""
        return "" if self._deletions is None else self._deletions.summary

    # --- what fails ---------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Say at the end what could not be read.

        Raises:
            PartsFailed: Something.
        """
        # That each company might be none of this sign-in's business ends where nothing is left.
        self.failures.check(excusable=self._access.any_readable, anything_read=self._anything_read)

    def _fail(self, read: Read, error: DynamicsError) -> None:
        if error.scope == "run" or self._settings.stop_on_error:
            raise error
        if error.repeat is Repeat.LONG:
            self._check_presence(error)
        if read.again and isinstance(error, ServiceError) and not error.repeatable:
            # What is known of these rows stays as it was read before.
            log.warning("%s could not be read again: %s", description(read), error.explained)
            return
        company = read.target.company
        if company is None or not self._access.is_refused(company, error):
            self.failures.note(description(read), refusal(read, error))
            return
        self._access.close(company)
        note = self.failures.note if self._access.is_expected(company) else self.failures.excuse
        note(f'the company "{company.name}"', error.explained)

    def _check_presence(self, error: DynamicsError) -> None:
        """Ask for the environment once when two reads in a row have spent all patience: each more would take as long.

        Raises:
            DynamicsError: The environment is away.
        """
        self._outlasted += 1
        if self._outlasted > 1 and self._client.absence() is not None:
            raise error.replacing(scope="run")


def _progress_key(read: Read) -> tuple[str, str | None]:
    """Stream and company id: what progress knows a read by."""
    return read.place.stream.name, None if read.target.company is None else read.target.company.id


def _progress_keys(read: Read, consumer: Consumer) -> list[tuple[str, str | None]]:
    """What progress knows a read and all that it feeds by; the requests are those of the source."""
    source, company_id = _progress_key(read)
    return list(dict.fromkeys([(source, company_id), *((stream, company_id) for stream in consumer.streams)]))
