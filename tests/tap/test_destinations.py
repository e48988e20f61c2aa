"""Does a destination hold what the source holds, whatever happened to either of them and between them?

What a run may rely on, and what the property therefore says of a run that ended with 0:

- Every row that was certain (committed) when the run began, as far as its reads could see (a replica may lag), and that
  nobody touched while the run read, is in the destination with the values that the source serves. Entries of ledgers
  must have been certain for a minute, the commit delay.
- Between a row's stamp and the moment when the replica shows it pass thirty minutes at most, the look-back: a
  transaction lasts as long as that, less the replica's lag.
- What moves without a stamp (balances, stock, remaining amounts, a posted invoice's state) may lag behind, and so may
  the names on dimension set lines once their dimension or value was renamed. A row without a stamp that is changed
  without getting one may, too; the source of this test has no such changes.
- Rows that are gone from the source may stay in the destination where no deletions are read. Where ids are compared in
  every run the destination has none that were gone before the run began; the index of known keys holds what the
  destination holds, and the certificate says so.

Whatever a run ended with: it deletes nothing that is there.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from emulator.in_process import open_desk
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from judged import expect
from tap.desk_runs import DeskTransport, TapAtTheDesk, desk_config, run_at
from tap.destination import Destination
from tap.living_source import CALCULATED, LEDGER, MASTERS, STREAMS, TAP, small_route, small_source
from tap.running import LATER, expected_record

from dynamics_bc_client.errors import ConnectionLost, RequestTimedOut
from dynamics_bc_client.odata.metadata import parse_metadata
from dynamics_bc_client.transport import Response
from tap_dynamics_bc.reads import windows
from tap_dynamics_bc.streams.naming import NAMINGS

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from tap.desk_runs import DeskRun
    from tap.living_source import Place, Row, Source

    from dynamics_bc_client.transport import Request
    from tap_dynamics_bc.streams.description import Stream

    Picture = Mapping[Place, list[Row]]

METADATA = parse_metadata(open_desk().ask("GET", "/$metadata").body)


@dataclass(frozen=True)
class Naming:
    """The streams of the source under one of the tap's namings.

    Attributes:
        name: As the setting has it.
        companies: How many companies are read: keys of the one naming do not tell them apart.
        streams: By name.
        is_raw: Whether values are as the service spells them.
    """

    name: str
    companies: int
    streams: dict[str, Stream]
    is_raw: bool = False

    @classmethod
    def of(cls, name: str, *, companies: int, is_raw: bool = False) -> Naming:
        described = NAMINGS[name].describe(METADATA, {}).items()
        streams = {each: stream for each, stream in described if stream.entity_set.name in STREAMS and stream.selected}
        return cls(name, companies, streams, is_raw)

    @property
    def read(self) -> set[str]:
        """The sets that are read themselves, and not for what hangs on them."""
        return {stream.entity_set.name for stream in self.streams.values()}

    def record(self, stream: Stream, company_id: str, row: Row) -> dict[str, Any]:
        """A row as its stream has it."""
        values = row if self.is_raw else expected_record(stream, row)
        return {"company_id": company_id, **values}

    def key(self, stream: Stream, company_id: str, row: Row) -> tuple[Any, ...]:
        record = self.record(stream, company_id, row)
        return tuple(record[name] for name in stream.keys)


ENTITY_SETS = Naming.of("entity_set", companies=2)
HOTGLUE = Naming.of("hotglue", companies=1, is_raw=True)
WRITTEN = (*MASTERS, "taxGroups", "dimensions", "dimensionValues")
COMMIT_DELAY = timedelta(minutes=1, seconds=1, milliseconds=5)
"""A minute, the second that a Date header leaves out, and what stamps are rounded by."""
HAS_TO_BE_CONFIRMED = ("shows no drafts at all", "shows no posted ones at all")
"""Of one kind of sales invoices several are gone and none is left: they may be hidden."""
UNKNOWN = "\0unknown"
"""Marks a row that was written before the store was lost: no index knows it, so nobody misses it."""
NAMES = {"displayName": "id", "valueDisplayName": "valueId"}
"""Of a dimension set line: names that are looked up when it is read, and the ids of what they are the names of."""
places, few, small = st.integers(0, 1), st.integers(0, 5), st.integers(0, 3)


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """What of a row or record is compared."""
    added = {"company_id", "company_name", "parent_modified_at", "\0version", UNKNOWN, "_sdc_deleted_at"}
    return {name: value for name, value in row.items() if name not in CALCULATED | added}


def is_touched(company_id: str, row: Row, touched: set[tuple[str, str]]) -> bool:
    owners = [row.get(name) for name in ("id", "parentId", "documentId", "journalId", "dimensionId")]
    return any((company_id, each) in touched for each in owners if each)


def renamed(company_id: str, row: Row, ever_touched: Container[tuple[str, str]]) -> set[str]:
    """The names on a dimension set line that may be those of before: a new name moves no stamp of line or document."""
    if "valueDisplayName" not in row:
        return set()
    return {name for name, id_of in NAMES.items() if (company_id, row[id_of]) in ever_touched}


def differences(
    naming: Naming,
    destination: Destination,
    before: Picture,
    after: Picture,
    touched: set[tuple[str, str]],
    *,
    ever_touched: Container[tuple[str, str]] = (),
) -> list[str]:
    """In words, where the destination differs from rows that were there all the time and that nobody touched."""
    found = []
    for name, stream in naming.streams.items():
        table, entity_set = destination.tables.get(name, {}), stream.entity_set.name
        for company_id, rows in ((company, rows) for (company, of_set), rows in after.items() if of_set == entity_set):
            earlier = {naming.key(stream, company_id, row): row for row in before[company_id, entity_set]}
            for row in rows:
                key = naming.key(stream, company_id, row)
                if is_touched(company_id, row, touched) or shown(earlier.get(key, {})) != shown(row):
                    continue
                expected, record = shown(naming.record(stream, company_id, row)), shown(table.get(key, {}))
                wrong = {each for each in expected if expected[each] != record.get(each, MISSING)}
                if record:
                    wrong -= renamed(company_id, row, ever_touched)
                if wrong:
                    found.append(f"{name} {key} has not {', '.join(sorted(wrong))} of {row}: {record}")
    return found


def ghosts(
    naming: Naming, destination: Destination, before: Picture, after: Picture, touched: set[tuple[str, str]]
) -> list[tuple[str, tuple[Any, ...]]]:
    """Streams and keys of the destination's rows that were not in the source any more when the run began."""
    found = []
    for name, stream in naming.streams.items():
        there = {
            naming.key(stream, company, row)
            for picture in (before, after)
            for (company, of_set), rows in picture.items()
            if of_set == stream.entity_set.name
            for row in rows
        }
        for key, record in destination.tables.get(name, {}).items():
            if key not in there and not is_touched(record["company_id"], record, touched):
                found.append((name, key))
    return found


@cache
def chosen_catalog(naming: str) -> dict[str, Any]:
    """A catalog that selects the streams of the source: what vanishes afterwards is missed."""
    tap = TapAtTheDesk(
        config=desk_config(stream_naming=naming), transport=DeskTransport(open_desk(), route=small_route())
    )
    catalog, streams = tap.catalog_dict, {**ENTITY_SETS.streams, **HOTGLUE.streams}
    for entry in catalog["streams"]:
        root = next(each for each in entry["metadata"] if not each["breadcrumb"])
        root["metadata"]["selected"] = entry["tap_stream_id"] in streams
    return catalog


class Destinations(RuleBasedStateMachine):
    """A source that lives, a tap that is run on it, and what the destination holds afterwards."""

    naming: ClassVar[Naming] = ENTITY_SETS
    service: ClassVar[type[DeskTransport]] = DeskTransport
    settings: ClassVar[dict[str, Any]] = {}
    may_fail: ClassVar[bool] = False
    """Whether a run that could read everything may end with an error all the same; one that ended with 0 is whole."""

    @initialize(page_size=st.sampled_from([1, 7, None]))
    def begin(self, page_size: int | None) -> None:
        self.source: Source = small_source()
        self.transport = self.service(replace(self.source.desk, principal=TAP), route=small_route())
        self.catalog = chosen_catalog(self.naming.name)
        self.destination = Destination()
        self.state: dict[str, Any] | None = None
        self.company_ids = self.source.company_ids[: self.naming.companies]
        self.config = {
            "page_size": page_size,
            "max_concurrent_requests": 1,
            "stream_naming": self.naming.name,
            **({"company_ids": list(self.company_ids)} if self.naming.companies == 1 else {}),
            **self.settings,
        }
        self.kept: list[tuple[dict[str, Any] | None, Destination]] = []
        self.begin_more()

    def begin_more(self) -> None:
        """What else there is to begin with."""

    # --- the source ---------------------------------------------------------------------------------------------------

    @rule(place=places, name=st.sampled_from(WRITTEN))
    def insert(self, place, name):
        self.source.insert(place, name)

    @rule(place=places, name=st.sampled_from(WRITTEN), which=few)
    def change(self, place, name, which):
        self.source.change(place, name, which)

    @rule(
        place=places,
        name=st.sampled_from((*WRITTEN, "defaultDimensions", "salesInvoices", "salesInvoiceLines")),
        which=few,
    )
    def delete(self, place, name, which):
        self.source.delete(place, name, which)

    @rule(place=places, name=st.sampled_from(MASTERS), which=few, value=few)
    def give_dimension(self, place, name, which, value):
        self.source.give_dimension(place, name, which, value)

    @rule(place=places, lines=small)
    def draft(self, place, lines):
        self.source.draft(place, lines)

    @rule(place=places, which=few, quantity=st.integers(1, 9))
    def change_line(self, place, which, quantity):
        self.source.change_line(place, which, quantity)

    @rule(place=places, which=few)
    def add_line(self, place, which):
        self.source.add_line(place, which)

    @rule(place=places, which=few)
    def post(self, place, which):
        self.source.post(place, which)

    @rule(place=places, which=small)
    def add_journal_line(self, place, which):
        self.source.add_journal_line(place, which)

    @rule(
        place=places,
        name=st.sampled_from(("generalLedgerEntries", "customers", "vendors")),
        which=few,
        is_seen=st.booleans(),
        is_new=st.booleans(),
    )
    def begin_transaction(self, place, name, which, is_seen, is_new):
        self.source.begin(place, name, which, is_seen=is_seen, is_new=is_new)

    @rule(which=few, commit=st.booleans())
    def end_transaction(self, which, commit):
        self.source.end(which, commit=commit)

    @rule(minutes=st.sampled_from([0.001, 1, 9, 29, 31, 1500]))
    def advance(self, minutes):
        self.source.advance(timedelta(minutes=minutes))

    @rule(seconds=st.sampled_from([0.0, 5.0, 120.0]))
    def lag_behind(self, seconds):
        if not self.source.open:
            self.source.lag_behind(seconds)

    # --- what goes wrong ----------------------------------------------------------------------------------------------

    @rule(name=st.sampled_from(("customers", "salesInvoiceLines", "generalLedgerEntries", "dimensions")))
    def vanish(self, name):
        self.source.vanish(name)

    @rule(place=places)
    def vanish_company(self, place):
        self.source.vanish_company(place)

    @rule(
        place=st.sampled_from([None, 0, 1]), name=st.sampled_from((None, *STREAMS)), status=st.sampled_from([401, 403])
    )
    def forbid(self, place, name, status):
        place = place if self.naming.companies > 1 or place is None else 0
        if name in self.naming.read if name else place is not None:
            self.source.forbid(place, name, status)

    @precondition(lambda self: not self.source.is_whole)
    @rule()
    def come_back(self):
        self.source.come_back()

    @rule(skip=st.integers(0, 12), what=st.sampled_from(["503", "timeout", "lost", "cut", "empty", "error inside"]))
    def misfortune(self, skip, what):
        self.transport.misfortunes = deque([None] * skip + [MISFORTUNES[what]])

    # --- the tap ------------------------------------------------------------------------------------------------------

    @rule(page_size=st.sampled_from([1, 7, None]))
    def page_size(self, page_size):
        self.config["page_size"] = page_size

    @rule(lives_for=st.one_of(st.none(), st.none(), st.integers(1, 60_000)), workers=st.sampled_from([1, 3]))
    def run(self, lives_for, workers):
        self.config["max_concurrent_requests"] = workers
        self.run_once(lives_for)
        self.config["max_concurrent_requests"] = 1

    @rule(
        at=st.lists(st.integers(0, 40), min_size=1, max_size=3),
        moves=st.lists(
            st.tuples(
                st.sampled_from(["insert", "change", "delete", "draft", "line", "post", "commit", "pass"]), places, few
            ),
            min_size=3,
            max_size=3,
        ),
    )
    def run_while_things_change(self, at, moves):
        asked = len(self.transport.asked)
        due = {asked + each + 3: move for each, move in zip(at, moves, strict=False)}
        self.transport.before = lambda _: self.move(due.pop(len(self.transport.asked), None))
        try:
            self.run_once(None)
        finally:
            self.transport.before = lambda _: None

    def move(self, told: tuple[str, int, int] | None) -> None:
        if told is None:
            return
        what, place, which = told
        source = self.source
        {
            "insert": lambda: source.insert(place, "customers"),
            "change": lambda: source.change(place, "customers", which),
            "delete": lambda: source.delete(place, "vendors", which),
            "draft": lambda: source.draft(place, which),
            "line": lambda: source.change_line(place, which, which + 1),
            "post": lambda: source.post(place, which),
            "commit": lambda: source.end(which, commit=True),
            "pass": lambda: source.advance(timedelta(minutes=1)),
        }[what]()

    @rule(which=few, also_destination=st.booleans())
    def go_back(self, which, also_destination):
        """An earlier state comes back, alone or with a copy of the destination of that time."""
        if self.kept:
            place = which % len(self.kept)
            self.state, destination = self.kept[place]
            if also_destination:
                self.destination = destination.copied()
                # What was kept later is of a destination that is there no more.
                self.kept = self.kept[: place + 1]

    @rule()
    def start_over(self):
        self.state = None
        self.destination = Destination()
        self.kept = []

    def run_once(self, lives_for: int | None) -> None:
        began = self.source.now - timedelta(seconds=self.source.lag)
        before, deleted, told = self.picture(), len(self.destination.deleted), len(self.destination.states)
        closed, is_whole = self.source.closed, self.source.is_whole
        is_missed = not is_whole and (not closed or self.counts_on(closed) or self.source.is_narrowed)
        outcome = self.start(lives_for)
        self.transport.misfortunes.clear()
        self.destination.load(outcome.whole_lines)
        after = self.picture()
        if len(self.destination.states) > told:
            self.state = self.destination.states[-1]
        self.kept.append((self.state, self.destination.copied()))
        self.kept[:-5] = []
        self.check_deletions(self.destination.deleted[deleted:], after)
        if outcome.was_killed:
            return
        if is_missed:
            expect(outcome.error is not None, "untrue", "a run that could not read all of it ended with 0")
            return
        if self.may_fail and outcome.error is not None:
            return
        if any(each in str(outcome.error) for each in HAS_TO_BE_CONFIRMED):
            self.confirm()
            return
        if len(closed) < len(self.source.company_ids):
            expect(outcome.error is None, "lost", f"a run that could read all of it failed: {outcome.error!r}")
        seen = {place: rows for place, rows in after.items() if place[0] not in closed}
        entries = {(company, row["id"]) for (company, name), rows in after.items() if name == LEDGER for row in rows}
        touched = self.source.unsettled_since(began)
        touched |= entries & self.source.unsettled_since(began - COMMIT_DELAY)
        found = differences(self.naming, self.destination, before, seen, touched, ever_touched=self.source.touched)
        expect(not found, "lost", "\n".join(found[:5]))
        self.check_more(before, seen, touched)

    def confirm(self) -> None:
        """Somebody says that it is right that these rows are gone: the source has not hidden any."""
        self.config["confirm_deletions"] = ["salesInvoices"]
        try:
            self.run_once(None)
        finally:
            del self.config["confirm_deletions"]

    def start(self, lives_for: int | None) -> DeskRun:
        """Run the tap; it dies when it has written so many bytes."""
        return run_at(
            self.transport,
            self.config,
            catalog=self.catalog,
            state=self.state,
            lives_for=lives_for,
            dies=self.leave_behind,
            now=self.clock,
        )

    def clock(self) -> datetime:
        """What time the machine believes it is that the tap runs on."""
        return LATER

    def leave_behind(self) -> None:
        """The process dies, and its files are as they are at this moment."""

    def check_more(self, before: Picture, after: Picture, touched: set[tuple[str, str]]) -> None:
        """What else holds after a run that ended with 0."""

    def picture(self) -> Picture:
        return {place: rows for place, rows in self.source.picture().items() if place[0] in self.company_ids}

    def counts_on(self, company_ids: set[str]) -> bool:
        """Whether one of these companies was named, or the state has bookmarks of it."""
        return any(each in json.dumps([self.state, self.config.get("company_ids")]) for each in company_ids)

    def check_deletions(self, deleted: list[tuple[str, tuple[Any, ...]]], after: Picture) -> None:
        there = {
            (name, self.naming.key(stream, company_id, row))
            for name, stream in self.naming.streams.items()
            for (company_id, of_set), rows in after.items()
            if of_set == stream.entity_set.name
            for row in rows
        }
        wrong = there.intersection(deleted)
        expect(not wrong, "lost", f"called deleted, and there: {wrong}")

    def teardown(self) -> None:
        """Whatever happened, in the end all is well."""
        if hasattr(self, "source"):
            self.source.come_back()
            self.source.lag_behind(0.0)
            self.run_once(None)
            self.source.desk.service.store.close()


def cut(response: Response) -> Response:
    return Response(response.status, response.headers, response.body[: len(response.body) // 2])


MISSING = object()
MISFORTUNES: dict[str, Any] = {
    "503": Response(503, {"Retry-After": "1"}, b""),
    "timeout": RequestTimedOut("It took too long.", sent=True),
    "lost": ConnectionLost("It broke.", sent=True),
    "cut": cut,
    "empty": lambda response: Response(response.status, response.headers, b""),
    "error inside": Response(200, {}, b'{"value":[],"error":{"code":"Internal","message":"It broke."}}'),
}

every = settings(
    max_examples=3,
    report_multiple_bugs=False,
    stateful_step_count=20,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


class Primary(DeskTransport):
    """A service without a replica, as sandboxes are: reads see what is not certain yet."""

    def __call__(self, request: Request) -> Response:
        headers = {name: value for name, value in request.headers.items() if name != "Data-Access-Intent"}
        return super().__call__(replace(request, headers=headers))


class Lying(DeskTransport):
    """A service whose counts are wrong, now too high and now too low."""

    def __call__(self, request: Request) -> Response:
        response = super().__call__(request)
        if response.status != 200 or not ("$count" in request.url or "$batch" in request.url):
            return response
        content = json.loads(response.body.lstrip(b"\xef\xbb\xbf"))
        if isinstance(content, int):
            return replace(response, body=str(self.lie(content)).encode())
        for reply in content["responses"]:
            if isinstance(reply.get("body"), int):
                reply["body"] = self.lie(reply["body"])
        return replace(response, body=json.dumps(content).encode())

    def lie(self, count: int) -> int:
        return (count * 2 + 1, max(0, count - 1), count)[len(self.asked) % 3]


class SweptDestinations(Destinations):
    """The same where rows that are gone are looked for."""

    def begin_more(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.deaths = 0
        self.use_store("store")
        self.config["deletes"] = "sweep"

    def use_store(self, name: str) -> None:
        self.config["store_path"] = str(self.folder / name)

    @rule(every=st.sampled_from(["PT0S", "PT0S", "P1D"]))
    def sweep_every(self, every):
        self.config["sweep_every"] = every

    @rule()
    def lose_the_store(self):
        """Which rows were written is not known any more, so what is gone before they are read again stays."""
        self.deaths += 1
        self.use_store(f"new-{self.deaths}")
        for each in (self.destination, *(destination for _, destination in self.kept)):
            for table in each.tables.values():
                table.update({key: {**row, UNKNOWN: True} for key, row in table.items()})

    def leave_behind(self) -> None:
        self.deaths += 1
        left = self.folder / f"left-{self.deaths}"
        shutil.copytree(self.config["store_path"], left)
        self.left = left.name

    def run_once(self, lives_for: int | None) -> None:
        self.left = ""
        super().run_once(lives_for)
        if self.left:
            self.use_store(self.left)

    def check_more(self, before: Picture, after: Picture, touched: set[tuple[str, str]]) -> None:
        certificate = json.loads((Path(self.config["store_path"]) / "certificate.json").read_text())
        disagreed = [each for each in certificate["entries"] if each["agrees"] is False]
        expect(not disagreed, "untrue", f"a certificate disagrees after a run that ended with 0: {disagreed}")
        for name, key in ghosts(self.naming, self.destination, {}, after, set()):
            if UNKNOWN in self.destination.tables[name][key]:
                del self.destination.tables[name][key]
        if self.config.get("sweep_every") == "PT0S":
            found = ghosts(self.naming, self.destination, before, after, touched)
            expect(not found, "doubled", f"gone from the source, and there: {found[:5]}")
        reached = {company for company, _ in after}
        for entry in certificate["entries"]:
            table = self.destination.tables.get(entry["stream"], {})
            held, known = sum(key[0] == entry["company_id"] for key in table), entry["rows"]["index"]
            # A company that is refused, and of which the state has nothing, is left out. If somebody emptied the
            # destination, or took an older one, its rows come again when it can be read, and nothing is said of it.
            is_left_out = entry["company_id"] not in reached and entry["compared"] is None
            expect(known == held or (is_left_out and known > held), "untrue", f"the destination holds {held}: {entry}")

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.config["sweep_every"] = "PT0S"
            super().teardown()
            shutil.rmtree(self.folder)


class PrimaryDestinations(SweptDestinations):
    """The same where reads see what is rolled back later: that goes with the run after it."""

    service = Primary


class WindowedDestinations(SweptDestinations):
    """The same where a set of a few rows is large, and read in windows."""

    def begin_more(self) -> None:
        super().begin_more()
        self.patches = pytest.MonkeyPatch()
        self.patches.setattr(windows, "LARGE_ROWS", 3)

    def teardown(self) -> None:
        try:
            super().teardown()
        finally:
            if hasattr(self, "patches"):
                self.patches.undo()


class LiedToDestinations(WindowedDestinations):
    """The same where counts cannot be believed."""

    service = Lying


class HotglueDestinations(Destinations):
    """The same with the streams of a HotGlue job."""

    naming = HOTGLUE


SHORT = (Destinations, PrimaryDestinations, WindowedDestinations, HotglueDestinations)
MACHINES = (*SHORT, SweptDestinations, LiedToDestinations)


@pytest.mark.parametrize("machine", SHORT)
def test_a_destination_holds_what_was_certain_when_the_run_began(machine):
    run_state_machine_as_test(machine, settings=every)


@pytest.mark.slow
@pytest.mark.parametrize("machine", MACHINES)
def test_a_destination_holds_what_was_certain_in_thousands_of_steps(machine):
    campaign = settings(every, max_examples=int(os.environ.get("SEQUENCES", "150")), stateful_step_count=60)
    run_state_machine_as_test(machine, settings=campaign)


LIVES: dict[str, tuple[type[Destinations], list[tuple[str, dict[str, Any]]]]] = {
    "entries that were posted a minute and part of a second ago": (
        Destinations,
        [
            ("post", {"place": 1, "which": 0}),
            ("advance", {"minutes": 1}),
            ("advance", {"minutes": 0.001}),
            ("run", {"lives_for": None, "workers": 1}),
        ],
    ),
    "a dimension and a value are renamed behind entries and invoices that have them": (
        Destinations,
        [
            *(("post", {"place": 0, "which": which}) for which in range(3)),
            ("advance", {"minutes": 1500}),
            ("post", {"place": 0, "which": 3}),
            ("advance", {"minutes": 1500}),
            ("run", {"lives_for": None, "workers": 1}),
            *(("change", {"place": 0, "name": "dimensions", "which": which}) for which in range(3)),
            *(("change", {"place": 0, "name": "dimensionValues", "which": which}) for which in range(6)),
            ("advance", {"minutes": 1500}),
            ("run", {"lives_for": None, "workers": 1}),
        ],
    ),
    "a company refuses a token that nothing can replace": (
        Destinations,
        [("forbid", {"place": 0, "name": None, "status": 401}), ("run", {"lives_for": None, "workers": 1})],
    ),
    "the company that was named is away, and comes back": (
        HotglueDestinations,
        [
            ("vanish_company", {"place": 0}),
            ("run", {"lives_for": None, "workers": 1}),
            ("come_back", {}),
            ("forbid", {"place": 0, "name": None, "status": 403}),
            ("run", {"lives_for": None, "workers": 1}),
        ],
    ),
    "a destination of before the store was lost comes back": (
        SweptDestinations,
        [
            ("sweep_every", {"every": "PT0S"}),
            ("run", {"lives_for": None, "workers": 1}),
            ("lose_the_store", {}),
            ("delete", {"place": 0, "name": "taxGroups", "which": 0}),
            ("run", {"lives_for": None, "workers": 1}),
            ("go_back", {"which": 0, "also_destination": True}),
            ("run", {"lives_for": None, "workers": 1}),
        ],
    ),
    "an invoice is deleted while its lines are away": (
        SweptDestinations,
        [
            ("sweep_every", {"every": "PT0S"}),
            ("run", {"lives_for": None, "workers": 1}),
            ("vanish", {"name": "salesInvoiceLines"}),
            ("delete", {"place": 1, "name": "salesInvoices", "which": 0}),
            ("run", {"lives_for": None, "workers": 1}),
            ("advance", {"minutes": 1500}),
            ("come_back", {}),
            ("run", {"lives_for": None, "workers": 1}),
        ],
    ),
    "an invoice is deleted while its lines are away, and somebody starts over": (
        SweptDestinations,
        [
            ("run", {"lives_for": None, "workers": 1}),
            ("delete", {"place": 1, "name": "salesInvoices", "which": 5}),
            ("start_over", {}),
            ("vanish", {"name": "salesInvoiceLines"}),
            ("run", {"lives_for": None, "workers": 1}),
        ],
    ),
    "the only invoices of a kind go, and a person confirms it": (
        SweptDestinations,
        [
            ("run", {"lives_for": None, "workers": 3}),
            ("delete", {"place": 1, "name": "salesInvoices", "which": 3}),
            ("delete", {"place": 1, "name": "salesInvoices", "which": 3}),
            ("run", {"lives_for": None, "workers": 3}),
        ],
    ),
    "a vendor that never came to be was given a dimension": (
        Destinations,
        [
            ("begin_transaction", {"place": 0, "name": "vendors", "which": 0, "is_seen": True, "is_new": True}),
            *(("give_dimension", {"place": 0, "name": "vendors", "which": each, "value": 0}) for each in range(4)),
            ("advance", {"minutes": 31}),
            ("advance", {"minutes": 1500}),
            ("run", {"lives_for": None, "workers": 1}),
        ],
    ),
    "somebody starts over while a company is refused that the index knows": (
        SweptDestinations,
        [
            ("run", {"lives_for": None, "workers": 1}),
            ("forbid", {"place": 1, "name": None, "status": 403}),
            ("start_over", {}),
            ("run", {"lives_for": None, "workers": 1}),
            ("come_back", {}),
            ("run", {"lives_for": None, "workers": 1}),
        ],
    ),
    "journal lines are refused when the store is lost": (
        SweptDestinations,
        [
            ("advance", {"minutes": 1500}),
            ("run", {"lives_for": None, "workers": 1}),
            ("lose_the_store", {}),
            ("forbid", {"place": None, "name": "journalLines", "status": 403}),
            ("run", {"lives_for": None, "workers": 1}),
            ("come_back", {}),
            ("run", {"lives_for": None, "workers": 1}),
        ],
    ),
    "the copy still has a row when the store is lost": (
        SweptDestinations,
        [
            ("lag_behind", {"seconds": 120.0}),
            ("run", {"lives_for": None, "workers": 1}),
            ("delete", {"place": 1, "name": "taxGroups", "which": 0}),
            ("lose_the_store", {}),
            ("run", {"lives_for": None, "workers": 1}),
            ("run", {"lives_for": None, "workers": 1}),
        ],
    ),
}


@pytest.mark.parametrize("life", LIVES)
def test_a_life_that_once_went_wrong_is_told_again(life):
    kind, moves = LIVES[life]
    machine = kind()
    machine.begin(page_size=7)
    for name, how in moves:
        getattr(machine, name)(**how)
    machine.teardown()


def test_a_destination_that_was_tampered_with_differs():
    source = small_source()
    outcome = run_at(DeskTransport(source.desk, route=small_route()), catalog=chosen_catalog("entity_set"))
    destination, picture = Destination(), source.picture()
    destination.load(outcome.whole_lines)
    assert differences(ENTITY_SETS, destination, picture, picture, set()) == []
    key, row = next(iter(destination.tables["customers"].items()))
    for changed in ({**row, "displayName": "Somebody else"}, {}):
        destination.tables["customers"][key] = changed
        assert len(differences(ENTITY_SETS, destination, picture, picture, set())) == 1
