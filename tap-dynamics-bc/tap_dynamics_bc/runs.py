"""What happens in one run: which companies are read, in which order, what came of it, and when state is written?"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from dynamics_bc_client.companies import Company, match_companies
from dynamics_bc_client.errors import CompanyNotFound, DynamicsError, Forbidden, UnexpectedAnswer
from dynamics_bc_client.limits import PAGE_ROWS
from dynamics_bc_client.odata.batch import encode_json
from dynamics_bc_client.odata.pages import rows
from dynamics_bc_client.odata.query import Query
from dynamics_bc_client.odata.urls import company_path
from dynamics_bc_plugin.progress import Account
from tap_dynamics_bc.bookmarks import ceiling
from tap_dynamics_bc.encoding import Emitter, Shape
from tap_dynamics_bc.entities import COMPANIES, ENVIRONMENTS
from tap_dynamics_bc.mending import LeftOut, SourcePage, read_pages
from tap_dynamics_bc.plans import Read, Trees, plan_reads
from tap_dynamics_bc.reading import ReadAhead
from tap_dynamics_bc.writers import CollectingWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from dynamics_bc_client.client import Client
    from tap_dynamics_bc.bookmarks import Bookmarks
    from tap_dynamics_bc.encoding import RecordWriter
    from tap_dynamics_bc.output import MessageWriter
    from tap_dynamics_bc.plans import Node
    from tap_dynamics_bc.settings import TapSettings

log = logging.getLogger(__name__)

FAILURES_SHOWN = 3
ROWS_NAMED = 5

Part = tuple[str, str | None]


class PartsFailed(DynamicsError):  # noqa: N818 - the tree's names say what happened
    """The run is through, and some of what it should have read could not be read."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that could not be read, and why."""

    what: str
    message: str

    def __str__(self) -> str:
        return f"{self.what} ({self.message})"


@dataclass(frozen=True, slots=True)
class _Planned:
    shape: Shape
    read: Read
    company: Company | None

    @property
    def part(self) -> Part:
        """Stream and company id: what progress knows it by."""
        return self.shape.node.stream.name, self.company.id if self.company else None


class Run:
    """One run over all sources that somebody selected something of.

    Args:
        client: Talks to the service.
        settings: What to read.
        bookmarks: From where to read; moved forward as partitions are finished.
        output: Where messages go.
        write_state: Writes a STATE message.
        account: Is told what is read.
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
    ) -> None:
        self.failures: list[Failure] = []
        self._client = client
        self._settings = settings
        self._bookmarks = bookmarks
        self._output = output
        self._write_state = write_state
        self._account = account or Account()
        self._readable: set[str] = set()
        self._closed: set[str] = set()
        self._left_out: list[Failure] = []
        self._planned: list[_Planned] = []
        self._places: dict[str, list[int]] = {}
        self._ahead: ReadAhead[SourcePage] | None = None
        self._bytes_at_state = 0
        self._state_bytes = 0
        listing = list(client.pages(Query(COMPANIES), page_size=PAGE_ROWS))
        # By the first page: what happens while the others are read belongs to the next run as well.
        self.started_at: datetime = listing[0].served_at
        self._ceiling = ceiling(self.started_at, settings.lookback)
        known = [Company.from_record(record) for page in listing for record in rows(page.body)]
        self._account.name_companies({company.id: company.name for company in known})
        self.known_companies = known
        self.companies = known if settings.companies is None else match_companies(known, settings.companies)
        # Those that had bookmarks before this run: what is not read of them now would be missed in silence.
        self._bookmarked = set(bookmarks.company_ids)

    def plan(self, trees: Sequence[Node], *, row_limit: int | None = None) -> None:
        """Settle what is read, in the order in which it is going to be written.

        Args:
            trees: The sources' trees, in the order of their streams.
            row_limit: Rows enough for a test of the connection; None to read everything.
        """
        page_size = self._settings.page_size
        if row_limit is not None:
            page_size = min(page_size or PAGE_ROWS, max(row_limit, 10))
        if any(tree.stream.in_company for tree in trees):
            self._report_unlisted_companies()
        for index, planned in enumerate(self._plan(trees, page_size)):
            self._places.setdefault(planned.shape.node.stream.name, []).append(index)
            self._planned.append(planned)
        self._ahead = ReadAhead(
            [
                partial(self._fetch, planned, self._begin(planned.read, row_limit=row_limit))
                for planned in self._planned
            ],
            workers=self._client.settings.max_concurrent_requests,
        )

    @property
    def is_planned(self) -> bool:
        """Whether `plan` was called."""
        return self._ahead is not None

    def write_source(self, name: str, writer_of: Callable[[Shape], RecordWriter]) -> Iterator[Emitter]:
        """Read a source in all companies and write its records and those it feeds.

        Args:
            name: The source's stream.
            writer_of: Where the records of a place go.

        Yields:
            What wrote the records of one company, when it is through with it.

        Raises:
            DynamicsError: The run cannot go on.
        """
        for index in self._places.get(name, []):
            planned = self._planned[index]
            if planned.company is not None and planned.company.id in self._closed:
                continue
            emitter = self._emitter(planned, writer_of)
            try:
                with self._account.working_on(*_parts(planned, emitter)):
                    left_out = self._write(index, emitter)
                self._finish(planned, emitter, left_out)
            except DynamicsError as error:
                self._fail(planned, error)
            yield emitter
        if self._is_last(name):
            self._write_state()
        else:
            self._write_state_if_worth_it()
        # A state that did not change is not written, and then nothing else makes the last records go out.
        self._output.flush()

    def report(self, what: str, reason: str) -> None:
        """Note something that cannot be read, for the end of the run."""
        failure = Failure(what, reason)
        log.error("Could not read %s.", failure)
        self.failures.append(failure)

    def records(self, trees: Sequence[Node], company_id: str | None) -> Iterator[dict[str, Any]]:
        """The records of one stream as dictionaries; nothing is written and no bookmark moves.

        Args:
            trees: The sources that feed the stream.
            company_id: The company to read; None for all.
        """
        for planned in self._plan(trees, self._settings.page_size):
            if planned.company is not None and company_id not in {None, planned.company.id}:
                continue
            collected = CollectingWriter()
            emitter = self._emitter(planned, lambda _, writer=collected: writer)  # type: ignore[misc]
            for page in self._begin(planned.read, row_limit=None)():
                emitter.write_page(page.body, page.served_at)
                yield from collected.take()

    def close(self) -> None:
        """End the threads."""
        if self._ahead is not None:
            self._ahead.close()

    def check(self) -> None:
        """Say at the end what could not be read.

        Raises:
            PartsFailed: Something.
        """
        if not self._readable:
            # That each of them might be none of this sign-in's business ends where nothing is left.
            self.failures.extend(self._left_out)
            self._left_out = []
        if not self.failures:
            return
        shown = "; ".join(str(failure) for failure in self.failures[:FAILURES_SHOWN])
        more = len(self.failures) - FAILURES_SHOWN
        raise PartsFailed(
            f"Everything else was read, but not {shown}{f'; and {more} more, named above' if more > 0 else ''}. "
            "Their bookmarks stay where they were, so the next run reads them again."
        )

    def _plan(self, trees: Sequence[Node], page_size: int | None) -> Iterator[_Planned]:
        for tree in trees:
            parts = Trees.of(tree)
            shapes = {
                id(part): Shape(part, raw_values=self._settings.raw_values)
                for part in (parts.whole, parts.following, parts.apart)
                if part is not None
            }
            companies: Sequence[Company | None] = self.companies if tree.stream.in_company else [None]
            for company in companies:
                company_id = company.id if company else None
                for read in plan_reads(parts, company_id, self._bookmarks.start, page_size=page_size):
                    yield _Planned(shapes[id(read.tree)], read, company)

    def _begin(self, read: Read, *, row_limit: int | None) -> Callable[[], Iterator[SourcePage]]:
        if read.tree.stream.name == ENVIRONMENTS:
            return self._environments
        if row_limit is not None:
            return lambda: iter([next(read_pages(self._client, read))])
        return lambda: read_pages(self._client, read)

    def _fetch(self, planned: _Planned, begin: Callable[[], Iterator[SourcePage]]) -> Iterator[SourcePage]:
        with self._account.fetching(*planned.part):
            yield from begin()

    def _environments(self) -> Iterator[SourcePage]:
        records = [environment.record for environment in self._client.environments()]
        yield SourcePage(encode_json({"value": records}), self.started_at)

    def _emitter(self, planned: _Planned, writer_of: Callable[[Shape], RecordWriter]) -> Emitter:
        company = None if planned.company is None else (planned.company.id, planned.company.name)
        return Emitter(planned.shape, company=company, starts=planned.read.starts, writer_of=writer_of)

    def _write(self, index: int, emitter: Emitter) -> list[LeftOut]:
        """Write all pages of a read; gives what the service could not give."""
        planned = self._planned[index]
        left_out: list[LeftOut] = []
        assert self._ahead is not None
        for page in self._ahead.pages(index):
            if planned.company is not None:
                self._readable.add(planned.company.id)
            with self._output.undivided():
                try:
                    emitter.write_page(page.body, page.served_at)
                except msgspec.MsgspecError as error:
                    raise UnexpectedAnswer(
                        f"The rows do not fit the metadata of {planned.shape.node.stream.name}: {error}."
                    ) from error
            left_out.extend(page.left_out)
            for each in emitter.walk():
                if each.writer is not None:
                    self._account.add_rows(each.shape.node.stream.name, planned.part[1], each.new_rows())
        with self._output.undivided():
            for each in emitter.walk():
                if each.writer is not None:
                    each.writer.end()
        return left_out

    def _finish(self, planned: _Planned, emitter: Emitter, left_out: list[LeftOut]) -> None:
        """Move the bookmarks of what was written out."""
        company_id = planned.company.id if planned.company else None
        for each in emitter.walk():
            node = each.shape.node
            missing = [one for one in left_out if node.path[: len(one.path)] == one.path or node.holds(one.path)]
            if missing:
                self._report_left_out(planned, node, missing)
            elif node.selection is not None:
                highest = f"{each.highest}Z" if each.highest else None
                self._bookmarks.advance(node.partition(company_id), highest=highest, ceiling=self._ceiling)
        self._write_state_if_worth_it()

    def _report_left_out(self, planned: _Planned, node: Node, missing: list[LeftOut]) -> None:
        ids = list(dict.fromkeys(one.id for one in missing))
        named = ", ".join(ids[:ROWS_NAMED]) + (f" and {len(ids) - ROWS_NAMED} more" if len(ids) > ROWS_NAMED else "")
        path = node.path if len(node.path) > len(missing[0].path) else missing[0].path
        what = f"{'/'.join(path)} of {len(ids)} rows of {_describe(planned)}"
        failure = Failure(what, f"{named}: {missing[0].message}")
        log.warning("Without %s.", failure)
        self.failures.append(failure)

    def _fail(self, planned: _Planned, error: DynamicsError) -> None:
        if error.scope == "run" or self._settings.stop_on_error:
            raise error
        company = planned.company
        if company is not None and self._is_closed_to_us(company, error):
            self._close(company, error)
            return
        self.report(_describe(planned), error.message)

    def _close(self, company: Company, error: DynamicsError) -> None:
        """Give up a company: a warning only where nobody named it, knows it from the state, or saw anything of it."""
        self._closed.add(company.id)
        failure = Failure(f'the company "{company.name}"', error.message)
        expected = company.id in self._readable or company.id.casefold() in self._bookmarked
        if self._settings.companies is None and not expected:
            log.warning("Left out %s. It was not named in company_ids, so the run goes on without it.", failure)
            self._left_out.append(failure)
            return
        self.report(failure.what, failure.message)

    def _report_unlisted_companies(self) -> None:
        """Say which companies should be there: who may not read a company does not see it among the others."""
        if not self.known_companies:
            self.report("anything of companies", "the environment shows no companies to this sign-in")
        if self._settings.companies is not None:
            return
        shown = {company.id.casefold() for company in self.known_companies}
        for company_id in sorted(self._bookmarked - shown):
            self.report(
                f"the company {company_id}",
                "the state has bookmarks of it and the environment does not show it to this sign-in; if it was "
                "deleted, name the others in company_ids or take its bookmarks out of the state",
            )

    def _is_closed_to_us(self, company: Company, error: DynamicsError) -> bool:
        """Whether nothing of a company can be read, and not only this entity set."""
        if error.scope == "company":
            return True
        if not isinstance(error, Forbidden) or company.id in self._readable:
            return False
        probe = Query(company_path(company.id, "companyInformation"), select=("id",))
        try:
            next(self._client.pages(probe, page_size=1))
        except (Forbidden, CompanyNotFound):
            return True
        except DynamicsError as another:
            if another.scope == "run":
                raise
        self._readable.add(company.id)
        return False

    def _is_last(self, name: str) -> bool:
        return bool(self._planned) and self._planned[-1].shape.node.stream.name == name

    def _write_state_if_worth_it(self) -> None:
        """Write a STATE once as many bytes of records have gone out as it has: many companies have large states."""
        if self._position() - self._bytes_at_state >= self._state_bytes:
            before = self._position()
            self._write_state()
            self._state_bytes = max(self._state_bytes, self._position() - before)
            self._bytes_at_state = self._position()

    def _position(self) -> int:
        return self._output.written_bytes + len(self._output.buffer)


def _parts(planned: _Planned, emitter: Emitter) -> list[Part]:
    """What progress knows a read and all that it feeds by; the requests are those of the source."""
    fed = [(each.shape.node.stream.name, planned.part[1]) for each in emitter.walk() if each.writer is not None]
    return list(dict.fromkeys([planned.part, *fed]))


def _describe(planned: _Planned) -> str:
    name = planned.shape.node.stream.name
    return name if planned.company is None else f'{name} of "{planned.company.name}"'
