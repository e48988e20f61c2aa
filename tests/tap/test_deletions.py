"""Does a destination hold what the source holds, and is nothing ever deleted that is still there?"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import shutil
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest
from emulator.in_process import open_desk
from tap.desk_runs import DeskRun, DeskTransport, Output, TapAtTheDesk, desk_config, run_at
from tap.desk_service import HOST, Asked, DeskService, refusal
from tap.destination import Destination

from dynamics_bc_client.errors import ConfigurationError, DynamicsError
from dynamics_bc_client.store_folder import StoreFolder
from dynamics_bc_client.transport import Request, Response
from dynamics_bc_emulator.odata.vanished import Vanished
from dynamics_bc_emulator.rows.permissions import Permission
from dynamics_bc_emulator.rows.transactions import Change
from dynamics_bc_emulator.stamps import from_stamp, to_milliseconds
from tap_dynamics_bc.deletions import index as index_module
from tap_dynamics_bc.deletions.certificate import Certificate
from tap_dynamics_bc.deletions.hidden import hidden_kind
from tap_dynamics_bc.deletions.index import Index
from tap_dynamics_bc.deletions.limits import Limits
from tap_dynamics_bc.deletions.store import Store
from tap_dynamics_bc.reads import windows
from tap_dynamics_bc.reads.plan import Target
from tap_dynamics_bc.streams.routes import Route
from tap_dynamics_bc.tap import TapDynamicsBC

if TYPE_CHECKING:
    from collections.abc import Iterable

    from emulator.in_process import Desk

SALES = ("salesInvoices", "salesInvoiceLines", "customers")


class Primary(DeskTransport):
    """A service without a replica: reads see what is not certain yet."""

    def __call__(self, request: Request) -> Response:
        headers = {name: value for name, value in request.headers.items() if name != "Data-Access-Intent"}
        return super().__call__(replace(request, headers=headers))


class Pipeline:
    """A desk, a tap that looks for deletions, and a destination."""

    def __init__(self, desk: Desk, store: Path, *streams: str, **settings: Any) -> None:
        self.desk = desk
        self.transport = DeskTransport(desk)
        self.destination = Destination()
        self.state: dict[str, Any] | None = None
        self.catalog: dict[str, Any] | None = None
        self.streams = streams
        self.settings = {"deletes": "sweep", "store_path": str(store), **settings}

    def run(self, *, keep_state: bool = True, **arguments: Any) -> DeskRun:
        """Read and load once."""
        outcome = run_at(
            self.transport,
            self.settings | arguments.pop("settings", {}),
            select=self.streams,
            state=self.state,
            catalog=self.catalog,
            **arguments,
        )
        self.load(outcome, keep_state=keep_state)
        return outcome

    def load(self, outcome: DeskRun, *, keep_state: bool = True) -> None:
        """Take what a run wrote; an orchestrator whose loader failed keeps no state."""
        self.destination.load(outcome.whole_lines)
        if keep_state and self.destination.states:
            self.state = self.destination.states[-1]

    def ids(self, stream: str) -> set[str]:
        """The ids of the destination's rows."""
        return {row["id"] for row in self.destination.tables.get(stream, {}).values()}

    def later(self, hours: int = 1) -> None:
        """Let time pass."""
        self.desk.clock.advance(timedelta(hours=hours))

    def restamp(self, entity_set: str, row_id: str, *, days: int) -> None:
        """Let a row have been changed some days ago."""
        moment = to_milliseconds(self.desk.clock() - timedelta(days=days))
        self.desk.service.store.update_at(self.desk.company.id, entity_set, row_id, {}, moment)

    def truth(self, stream: str) -> set[str]:
        return {row["id"] for row in self.desk.company.find(stream)}

    def is_right(self) -> bool:
        return all(self.ids(stream) == self.truth(stream) for stream in self.streams)


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    return Pipeline(open_desk(), tmp_path / "store", "customers")


def lonely(desk: Desk) -> str:
    """A customer that can be deleted."""
    return str(desk.create("customers", {"displayName": "Nobody"})["id"])


def test_a_row_that_was_deleted_leaves_the_destination_with_the_next_run(pipeline):
    customer = lonely(pipeline.desk)
    pipeline.later()
    first = pipeline.run()
    assert first.error is None
    assert pipeline.is_right()
    assert customer in pipeline.ids("customers")
    pipeline.later()
    pipeline.desk.remove(f"customers({customer})")
    second = pipeline.run()
    assert second.error is None
    assert pipeline.is_right()
    deletion = second.records["customers"][-1]
    assert set(deletion) == {"company_id", "id", "_sdc_deleted_at"}
    assert deletion["id"] == customer


def make_customers(desk: Desk, count: int) -> list[str]:
    return [str(desk.create("customers", {"displayName": f"Nobody {number}"})["id"]) for number in range(count)]


def invoice_with_lines(desk: Desk, count: int) -> tuple[str, list[str]]:
    """A draft with lines."""
    invoice = desk.create("salesInvoices", {"customerId": desk.id("customers", number="10000")})["id"]
    item = desk.id("items", number="1896-S")
    lines = [
        desk.create(f"salesInvoices({invoice})/salesInvoiceLines", {"itemId": item, "lineType": "Item", "quantity": 1})
        for _ in range(count)
    ]
    return str(invoice), [str(line["id"]) for line in lines]


def selecting(tmp_path: Path, *streams: str, **settings: Any) -> Pipeline:
    return Pipeline(open_desk(), tmp_path / "store", *streams, **settings)


def test_without_the_setting_nothing_is_looked_for_and_no_byte_is_another(tmp_path):
    first, second = (selecting(tmp_path, "customers", deletes=value).run().output for value in ("none", None))
    assert first == second
    assert b"_sdc_deleted_at" not in first
    assert not (tmp_path / "store").exists()


def test_live_records_have_the_column_as_null_and_the_schema_says_what_it_is(pipeline):
    outcome = pipeline.run()
    schema = next(message for message in outcome.messages if message["type"] == "SCHEMA")["schema"]
    assert schema["properties"]["_sdc_deleted_at"] == {"type": ["string", "null"], "format": "date-time"}
    assert {record["_sdc_deleted_at"] for record in outcome.records["customers"]} == {None}


class Ahead(DeskTransport):
    """A service whose reads are served by the database itself, or by a copy that is not behind."""

    def __call__(self, request: Request) -> Response:
        return super().__call__(replace(request, headers={**request.headers, "Data-Access-Intent": "ReadWrite"}))


class Behind:
    """A pipeline whose last run is served by a copy that is further behind than the one of the run before."""

    def __init__(self, tmp_path: Path, *streams: str, **settings: Any) -> None:
        self.pipeline = selecting(tmp_path, *streams, **settings)
        self.desk = self.pipeline.desk
        self.desk.service.switches = self.desk.service.switches.changed({"replica_lag_seconds": 240})
        self.desk.rows("customers")  # from now on there is a copy
        self.pipeline.later()
        self.pipeline.run()

    def run_ahead(self) -> set[str]:
        """A run that sees all that is; the ids of customers and lines that it wrote."""
        behind, self.pipeline.transport = self.pipeline.transport, Ahead(self.desk)
        outcome = self.pipeline.run()
        self.pipeline.transport = behind
        assert outcome.error is None
        return {row["id"] for rows in outcome.records.values() for row in rows}

    def run_behind(self) -> set[str]:
        """The run after that; the ids of what it called deleted."""
        self.desk.clock.advance(timedelta(seconds=30))
        outcome = self.pipeline.run()
        assert outcome.error is None
        return {row["id"] for rows in outcome.records.values() for row in rows if row["_sdc_deleted_at"]}


def test_a_row_that_a_copy_does_not_have_yet_is_no_deletion(tmp_path):
    behind = Behind(tmp_path, "customers")
    customer = lonely(behind.desk)
    assert customer in behind.run_ahead()
    assert behind.run_behind() == set()
    assert behind.pipeline.is_right()


def test_a_line_that_a_copy_does_not_have_yet_is_no_deletion(tmp_path):
    behind = Behind(tmp_path, "salesInvoices", "salesInvoiceLines")
    invoice, _ = invoice_with_lines(behind.desk, 1)
    behind.desk.clock.advance(timedelta(seconds=200))
    behind.pipeline.run()
    item = behind.desk.id("items", number="1896-S")
    behind.desk.clock.advance(timedelta(seconds=100))
    line = behind.desk.create(f"salesInvoices({invoice})/salesInvoiceLines", {"itemId": item, "lineType": "Item"})
    assert line["id"] in behind.run_ahead()
    assert behind.run_behind() == set()
    assert behind.pipeline.is_right()


def test_what_is_gone_of_the_database_and_not_yet_of_its_copy_is_a_deletion_once_both_say_so(tmp_path):
    behind = Behind(tmp_path, "customers")
    customer = lonely(behind.desk)
    behind.run_ahead()
    behind.pipeline.later()
    behind.desk.remove(f"customers({customer})")
    assert behind.run_behind() == set()
    behind.pipeline.later()
    assert behind.run_behind() == {customer}
    assert behind.pipeline.is_right()


@pytest.mark.parametrize("sweeps", [False, True], ids=["a change", "ids compared"])
def test_a_line_of_which_the_database_does_not_say_is_no_deletion_until_it_does(tmp_path, sweeps):
    pipeline = selecting(tmp_path, *SALES)
    invoice, (line, _) = invoice_with_lines(pipeline.desk, 2)
    pipeline.later(30 if sweeps else 1)
    pipeline.run()
    pipeline.desk.remove(f"salesInvoiceLines({line})")
    if sweeps:
        pipeline.restamp("salesInvoices", invoice, days=9)
    undecided(pipeline)
    pipeline.later(30 if sweeps else 1)
    outcome = pipeline.run()
    assert not pipeline.destination.deleted
    assert line in certificate(pipeline)["salesInvoiceLines"]["unresolved"]
    assert outcome.error is not None
    pipeline.transport.before = lambda _: None
    pipeline.later()
    assert pipeline.run().error is None
    assert pipeline.is_right()
    assert certificate(pipeline)["salesInvoiceLines"]["agrees"]


def test_lines_that_only_a_copy_lacks_are_no_deletions_where_ids_are_compared(tmp_path):
    behind = Behind(tmp_path, *SALES, sweep_every="PT0S")
    invoice, _ = invoice_with_lines(behind.desk, 1)
    behind.pipeline.later()
    behind.pipeline.run()
    item = behind.desk.id("items", number="1896-S")
    line = behind.desk.create(f"salesInvoices({invoice})/salesInvoiceLines", {"itemId": item, "lineType": "Item"})
    behind.pipeline.restamp("salesInvoices", invoice, days=9)
    assert line["id"] in behind.run_ahead()
    assert behind.run_behind() == set()
    assert behind.pipeline.is_right()


def test_lines_that_a_changed_document_has_not_any_more_are_deletions(tmp_path):
    pipeline = selecting(tmp_path, *SALES)
    invoice, lines = invoice_with_lines(pipeline.desk, 3)
    pipeline.later()
    assert pipeline.run().error is None
    pipeline.later()
    pipeline.desk.remove(f"salesInvoiceLines({lines[1]})")
    outcome = pipeline.run()
    assert outcome.error is None
    assert pipeline.is_right()
    assert [(stream, key[-1]) for stream, key in pipeline.destination.deleted] == [("salesInvoiceLines", lines[1])]
    assert invoice in {record["id"] for record in outcome.records["salesInvoices"]}


@pytest.mark.parametrize("hours", [1, 30])
def test_lines_that_a_document_comes_without_because_they_are_refused_are_no_deletions(tmp_path, hours):
    pipeline = selecting(tmp_path, *SALES)
    invoice, _ = invoice_with_lines(pipeline.desk, 3)
    pipeline.later()
    pipeline.run()
    pipeline.desk.change(f"salesInvoices({invoice})", {"externalDocumentNumber": "changed"})

    def refuse(request: Any) -> None:
        asked = unquote(request.url) + unquote((request.body or b"").decode())
        pipeline.transport.misfortunes.append(Response(403, {}, b"{}") if "salesInvoiceLines" in asked else None)

    pipeline.transport.before = refuse
    pipeline.later(hours)
    outcome = pipeline.run()
    assert "salesInvoiceLines of salesInvoices" in str(outcome.error)
    assert "certificate" not in str(outcome.error)  # it is said once, and nothing more is asked for
    assert not pipeline.destination.deleted
    assert pipeline.ids("salesInvoiceLines") == pipeline.truth("salesInvoiceLines")


def test_lines_that_one_document_comes_without_are_no_deletions_where_ids_are_compared(tmp_path):
    service = DeskService()
    settings = {name: value for name, value in service.config().items() if name != "api_url"}
    pipeline = Pipeline(service.desk, tmp_path / "store", *SALES, **settings)
    pipeline.transport = service  # type: ignore[assignment]
    bad = pipeline.desk.rows("salesInvoices", filter="status eq 'Paid'")[0]["id"]
    pipeline.later()
    pipeline.run()

    def refuse(asked: Asked) -> Any:
        fails = "salesInvoiceLines" in asked.path and (bad in asked.path or not asked.in_batch)
        return refusal(404, "Internal_RecordNotFound") if fails else None

    service.before = refuse
    pipeline.later(30)
    outcome = pipeline.run()
    assert bad in str(outcome.error)
    assert "certificate" not in str(outcome.error)
    assert not pipeline.destination.deleted
    assert pipeline.is_right()


def test_with_a_document_its_lines_are_deleted(tmp_path):
    pipeline = selecting(tmp_path, *SALES)
    invoice, _ = invoice_with_lines(pipeline.desk, 3)
    pipeline.later()
    pipeline.run()
    pipeline.desk.remove(f"salesInvoices({invoice})")
    pipeline.later()
    assert pipeline.run().error is None
    assert pipeline.is_right()
    assert len(pipeline.destination.deleted) == 4


def test_a_dimension_that_a_document_has_not_any_more_is_a_deletion(tmp_path):
    """Its key has two parts, and neither is its own."""
    pipeline = selecting(tmp_path, "salesInvoices", "dimensionSetLines")
    desk = pipeline.desk
    invoice, _ = invoice_with_lines(desk, 0)
    path = f"salesInvoices({invoice})/dimensionSetLines"
    dimension = desk.rows(path)[0]["id"]
    pipeline.later()
    pipeline.run()
    desk.remove(f"{path}({dimension})")
    desk.change(f"salesInvoices({invoice})", {"externalDocumentNumber": "changed"})
    pipeline.later()
    assert pipeline.run().error is None
    gone = [key for stream, key in pipeline.destination.deleted if stream == "dimensionSetLines"]
    assert [{invoice, dimension} <= set(key) for key in gone] == [True]


def test_lines_are_deleted_with_their_document_where_the_document_is_not_selected(tmp_path):
    pipeline = selecting(tmp_path, "salesInvoiceLines")
    invoice, _ = invoice_with_lines(pipeline.desk, 3)
    pipeline.later()
    pipeline.run()
    pipeline.desk.remove(f"salesInvoices({invoice})")
    pipeline.later()
    assert pipeline.run().error is None
    assert pipeline.is_right()
    assert len(pipeline.destination.deleted) == 3


def test_rows_of_a_posting_that_was_rolled_back_are_deletions_with_the_next_run(tmp_path):
    pipeline = selecting(tmp_path, "generalLedgerEntries", commit_delay="PT0S")
    desk = pipeline.desk
    values = {"entryNumber": 900_001, "description": "unsure", "documentNumber": "U-1"}
    stamp = from_stamp(desk.clock().strftime("%Y-%m-%dT%H:%M:%SZ"))
    number = desk.service.transactions.begin(
        [Change(desk.company.id, "generalLedgerEntries", None, values, stamp)], is_seen=True
    )
    pipeline.transport = Primary(desk)
    desk.clock.advance(timedelta(minutes=1))
    pipeline.run()
    (unsure,) = [
        row for row in pipeline.destination.tables["generalLedgerEntries"].values() if row["entryNumber"] > 900_000
    ]
    assert unsure["description"] == "unsure"
    desk.service.transactions.roll_back(number)
    desk.clock.advance(timedelta(minutes=5))
    assert pipeline.run().error is None
    assert pipeline.is_right()
    assert len(pipeline.destination.deleted) == 1


def test_a_change_that_was_rolled_back_is_put_right(tmp_path):
    pipeline = selecting(tmp_path, "vendors")
    desk = pipeline.desk
    vendor = desk.id("vendors", number="20000")
    before = desk.read(f"vendors({vendor})")["city"]
    stamp = from_stamp(desk.clock().strftime("%Y-%m-%dT%H:%M:%SZ"))
    change = Change(desk.company.id, "vendors", vendor, {"city": "Nowhere"}, stamp)
    number = desk.service.transactions.begin([change], is_seen=True)
    pipeline.transport = Primary(desk)
    pipeline.run()
    desk.service.transactions.roll_back(number)
    desk.clock.advance(timedelta(minutes=5))
    pipeline.run()
    (row,) = [row for row in pipeline.destination.tables["vendors"].values() if row["id"] == vendor]
    assert row["city"] == before


def test_a_row_that_came_with_an_old_stamp_is_found_and_read(pipeline):
    desk = pipeline.desk
    pipeline.later()
    pipeline.run()
    customer = lonely(desk)
    pipeline.restamp("customers", customer, days=3)
    pipeline.later(2)
    pipeline.run()
    assert customer in pipeline.ids("customers")
    assert pipeline.is_right()


def test_a_deletion_is_written_again_when_an_older_state_comes_back(pipeline):
    customer = lonely(pipeline.desk)
    pipeline.later()
    pipeline.run()
    pipeline.later()
    pipeline.desk.remove(f"customers({customer})")
    before = pipeline.destination.copied()
    pipeline.run(keep_state=False)
    assert len(pipeline.destination.deleted) == 1
    # The loader failed: neither the records nor the state of that run were kept.
    pipeline.destination = before
    pipeline.later()
    pipeline.run()
    assert pipeline.is_right()
    assert len(pipeline.destination.deleted) == 1
    pipeline.later()
    pipeline.run()
    assert len(pipeline.destination.deleted) == 1


def test_a_deletion_behind_the_last_state_that_was_kept_is_written_again(pipeline):
    customer = lonely(pipeline.desk)
    pipeline.later()
    pipeline.run()
    pipeline.later()
    pipeline.desk.remove(f"customers({customer})")
    before = pipeline.destination.copied()
    lost = pipeline.run(keep_state=False)
    (buried,) = (n for n, each in enumerate(lost.messages) if each.get("record", {}).get("_sdc_deleted_at"))
    told = [each["value"] for each in lost.messages[:buried] if each["type"] == "STATE"]
    assert told[-1] != told[0]
    # The machine went down behind that STATE, and what followed never arrived.
    pipeline.destination, pipeline.state = before, told[-1]
    pipeline.later()
    pipeline.run()
    assert pipeline.is_right()


def test_a_row_that_only_a_lost_run_has_seen_is_deleted_once_it_is_gone(pipeline):
    pipeline.later()
    pipeline.run()
    customer = lonely(pipeline.desk)
    pipeline.later()
    pipeline.run(keep_state=False)
    assert customer in pipeline.ids("customers")
    pipeline.desk.remove(f"customers({customer})")
    pipeline.later()
    pipeline.run()
    assert pipeline.is_right()


def test_a_row_that_only_a_lost_run_has_seen_is_deleted_also_where_the_number_of_rows_agrees(pipeline):
    lonely(pipeline.desk)
    pipeline.later()
    pipeline.run()
    customer = lonely(pipeline.desk)
    pipeline.later()
    pipeline.run(keep_state=False)
    pipeline.desk.remove(f"customers({customer})")
    pipeline.restamp("customers", lonely(pipeline.desk), days=3)
    pipeline.later()
    pipeline.run()
    assert customer not in pipeline.ids("customers")


def test_no_record_leaves_the_process_before_the_index_knows_its_key(pipeline, tmp_path):
    make_customers(pipeline.desk, 250)
    pipeline.later()
    at_death = tmp_path / "at-death"
    killed = pipeline.run(
        lives_for=100_000, dies=lambda: shutil.copytree(tmp_path / "store", at_death), keep_state=False
    )
    assert killed.was_killed
    written = pipeline.ids("customers")
    assert len(written) > 100
    with contextlib.closing(Index(at_death)) as index:
        assert written <= {key for _, _, key in index.emitted()}


class _Statements:
    """What SQLite is told, and when a STATE goes out."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[str] = []
        connect = sqlite3.connect

        def watched(*arguments: Any, **named: Any) -> sqlite3.Connection:
            database = connect(*arguments, **named)
            database.set_trace_callback(self.made.append)
            return database

        monkeypatch.setattr(sqlite3, "connect", watched)


@pytest.mark.parametrize("breaks", [False, True])
def test_the_index_is_on_the_disk_before_a_state_goes_out(pipeline, monkeypatch, breaks):
    statements, write = _Statements(monkeypatch), Output.write

    def noted(output: Output, data: Any) -> int:
        statements.made += ["STATE"] * bytes(data).count(b'"type":"STATE"')
        return write(output, data)

    def break_off(request: Request) -> None:
        if breaks and "/vendors" in request.url:
            raise DynamicsError("The service is gone.", scope="run")

    monkeypatch.setattr(Output, "write", noted)
    pipeline.streams, pipeline.transport.before = ("customers", "vendors"), break_off
    assert (pipeline.run().error is not None) is breaks
    # The first one says what was given to the run.
    _, *states = (number for number, each in enumerate(statements.made) if each == "STATE")
    assert len(states) > 1
    for number in states:
        before = [each for each in statements.made[:number] if each.startswith(("COMMIT", "PRAGMA synchronous"))]
        assert before[-3:] == ["PRAGMA synchronous = FULL", "COMMIT", "PRAGMA synchronous = NORMAL"]


def test_an_index_of_another_environment_is_refused(tmp_path):
    with contextlib.closing(Store(tmp_path)) as store:
        store.bind({"environment_name": "Production"}, ["one"])
        store.index.place("customers", "one", None)
    with contextlib.closing(Store(tmp_path)) as store:
        store.bind({"environment_name": "Renamed"}, ["ONE", "two"])
        with pytest.raises(ConfigurationError, match="is of another environment"):
            store.bind({"environment_name": "Sandbox"}, ["three"])


def test_names_that_somebody_put_into_an_index_are_shown_in_short(tmp_path):
    with contextlib.closing(Store(tmp_path)) as store:
        store.index.bind({"environment_name": "x" * 9_000})
        store.index.place("customers", "one", None)
        with pytest.raises(ConfigurationError, match=r"of another environment \(x{200}\)"):
            store.bind({"environment_name": "Sandbox"}, ["three"])


def test_a_store_that_was_lost_has_the_streams_read_from_the_beginning_once(pipeline, tmp_path, caplog):
    pipeline.later()
    pipeline.run()
    assert "does not know" not in caplog.text, "there was nothing to know"
    pipeline.settings["store_path"] = str(tmp_path / "another")
    pipeline.later()
    outcome = pipeline.run()
    assert len(outcome.records["customers"]) == len(pipeline.truth("customers"))
    assert 'does not know what was read of "customers" before' in caplog.text
    pipeline.later()
    assert len(pipeline.run().records["customers"]) < len(pipeline.truth("customers"))


@pytest.mark.parametrize("state_arrives", [True, False])
def test_lines_that_could_not_be_read_when_the_store_was_lost_are_read_from_the_beginning_by_the_next_run(
    tmp_path, state_arrives
):
    pipeline = selecting(tmp_path, "journals", "journalLines")
    pipeline.later(1500)
    assert pipeline.run().error is None
    pipeline.settings["store_path"] = str(tmp_path / "another")
    pipeline.desk.service.gate.grant([Permission(None, "journalLines", frozenset())])
    assert pipeline.run(keep_state=state_arrives).error is not None
    pipeline.desk.service.gate.grant([])
    assert pipeline.run().error is None
    assert certificate(pipeline)["journalLines"]["rows"]["index"] == len(pipeline.ids("journalLines"))
    pipeline.later(1500)
    lines = pipeline.run().records["journalLines"]
    assert len(lines) < len(pipeline.truth("journalLines")), "from the bookmark, as ever"


def bookmark_of_entries(pipeline: Pipeline) -> str:
    (partition,) = pipeline.state["bookmarks"]["generalLedgerEntries"]["partitions"]
    return str(partition["replication_key_value"])


@pytest.mark.parametrize("state_arrives", [True, False])
def test_a_run_that_dies_between_windows_when_the_store_was_lost_leaves_no_bookmark_of_before(
    tmp_path, monkeypatch, caplog, state_arrives
):
    monkeypatch.setattr(windows, "LARGE_ROWS", 1000)
    pipeline = selecting(tmp_path, "generalLedgerEntries", page_size=60)
    pipeline.later()
    pipeline.run()
    before = bookmark_of_entries(pipeline)
    pipeline.settings["store_path"] = str(tmp_path / "another")
    pipeline.later()
    assert pipeline.run(lives_for=300_000, keep_state=state_arrives).was_killed
    assert (bookmark_of_entries(pipeline) < before) == state_arrives
    caplog.clear()
    pipeline.later()
    entries = pipeline.run().records["generalLedgerEntries"]
    known = certificate(pipeline)["generalLedgerEntries"]["rows"]["index"]
    assert known == len(pipeline.ids("generalLedgerEntries"))
    assert ("does not know what was read" in caplog.text) == (not state_arrives)
    assert (len(entries) < known) == state_arrives, "a window that was read is not read twice"
    assert len(entries) > known / 2


def test_ids_are_compared_once_a_day_also_where_the_number_agrees(pipeline):
    customer = lonely(pipeline.desk)
    pipeline.later()
    pipeline.run()
    pipeline.later()
    pipeline.desk.remove(f"customers({customer})")
    late = lonely(pipeline.desk)
    pipeline.restamp("customers", late, days=3)
    pipeline.run()
    assert not pipeline.is_right()
    pipeline.later(25)
    pipeline.run()
    assert pipeline.is_right()


def test_many_rows_that_are_gone_at_once_stop_it_until_somebody_confirms(pipeline):
    customers = make_customers(pipeline.desk, 110)
    pipeline.later()
    pipeline.run()
    for each in customers:
        pipeline.desk.remove(f"customers({each})")
    pipeline.later()
    outcome = pipeline.run()
    assert "confirm_deletions" in str(outcome.error)
    assert not pipeline.destination.deleted
    pipeline.later()
    assert pipeline.run(settings={"confirm_deletions": ["Customers"]}).error is None
    assert pipeline.is_right()


@pytest.mark.parametrize("status", [401, 403])
def test_a_permission_that_was_lost_is_no_deletion(pipeline, status):
    pipeline.later()
    pipeline.run()
    pipeline.desk.service.gate.grant([Permission(None, "customers", frozenset(), status=status)])
    for hours in (1, 30, 30):
        pipeline.later(hours)
        assert pipeline.run().error is not None
    assert not pipeline.destination.deleted
    pipeline.desk.service.gate.grant([])
    pipeline.later()
    assert pipeline.run().error is None
    assert pipeline.is_right()
    assert not pipeline.destination.deleted


def test_a_set_that_vanished_is_no_deletion(pipeline):
    pipeline.later()
    pipeline.run()
    pipeline.desk.service.vanished = Vanished(frozenset({"customers"}))
    for hours in (1, 30):
        pipeline.later(hours)
        outcome = run_at(pipeline.transport, pipeline.settings, state=pipeline.state)
        pipeline.load(outcome)
        assert outcome.error is not None
    pipeline.desk.service.vanished = Vanished()
    pipeline.later()
    assert pipeline.run().error is None
    assert not pipeline.destination.deleted


def test_lines_of_a_document_that_went_while_their_set_was_away_are_deletions_of_whatever_read_comes_next(tmp_path):
    """A sweep would find them, and a read of all documents does: nobody sweeps behind one."""
    desk = open_desk()
    pipeline = Pipeline(desk, tmp_path / "store", "salesInvoices", "salesInvoiceLines")
    invoice, lines = invoice_with_lines(desk, 2)
    pipeline.later()
    pipeline.run()
    assert pipeline.ids("salesInvoiceLines") >= set(lines)
    desk.service.vanished = Vanished(frozenset({"salesInvoiceLines"}))
    desk.remove(f"salesInvoices({invoice})")
    pipeline.later()
    assert pipeline.run(keep_state=False).error is not None
    desk.service.vanished = Vanished()
    pipeline.state = None
    pipeline.later()
    outcome = pipeline.run()
    assert outcome.error is None
    assert pipeline.is_right()
    gone = {each["id"] for each in outcome.records["salesInvoiceLines"] if each.get("_sdc_deleted_at")}
    assert gone == set(lines)
    certificate = json.loads((tmp_path / "store" / "certificate.json").read_text())
    (entry,) = (
        each
        for each in certificate["entries"]
        if each["stream"] == "salesInvoiceLines" and each["company_id"] == desk.company.id
    )
    held = sum(key[0] == desk.company.id for key in pipeline.destination.tables["salesInvoiceLines"])
    assert (entry["agrees"], entry["rows"]) == (True, {"source": held, "index": held})


def test_a_set_that_vanishes_in_mid_run_is_no_deletion(pipeline):
    customer = lonely(pipeline.desk)
    pipeline.later()
    pipeline.run()
    pipeline.desk.remove(f"customers({customer})")

    def vanish(request: Any) -> None:
        if request.url.endswith("$batch"):
            pipeline.desk.service.vanished = Vanished(frozenset({"customers"}))

    pipeline.transport.before = vanish
    pipeline.later()
    pipeline.run()
    assert not pipeline.destination.deleted


def test_a_company_that_is_not_shown_is_no_deletion(tmp_path):
    pipeline = selecting(tmp_path, "customers", "companies")
    pipeline.later()
    pipeline.run()
    rows = len(pipeline.ids("customers"))
    pipeline.transport.misfortunes.extend([None])
    company = pipeline.desk.company.id

    def hidden(response: Any) -> Any:
        return replace(response, body=b'{"value":[]}') if b'"systemVersion"' in response.body else response

    pipeline.transport.before = lambda _: pipeline.transport.misfortunes.append(hidden)
    pipeline.later()
    outcome = pipeline.run()
    assert outcome.error is not None, company
    assert len(pipeline.ids("customers")) == rows
    assert not pipeline.destination.deleted


def test_no_more_rows_are_held_than_it_takes_to_see_that_they_are_too_many():
    assert [Limits().most("customers", known) for known in (10, 2_000, 1_000_000)] == [101, 101, 50_001]
    assert Limits({"customers"}).most("customers", 1_000_000) == 100


def test_an_empty_answer_where_many_rows_are_known_is_no_deletion(pipeline):
    make_customers(pipeline.desk, 20)
    pipeline.later()
    pipeline.run()

    def emptied(response: Any) -> Any:
        if b"/customers" in response.body[:300] and b'"value":[' in response.body:
            return replace(response, body=b'{"value":[]}')
        return response

    pipeline.transport.before = lambda _: pipeline.transport.misfortunes.append(emptied)
    pipeline.later(30)
    outcome = pipeline.run()
    assert "and none came" in str(outcome.error)
    assert not pipeline.destination.deleted


def test_a_sweep_that_breaks_off_deletes_nothing(tmp_path):
    pipeline = selecting(tmp_path, "customers", page_size=2)
    customer = lonely(pipeline.desk)
    pipeline.later()
    pipeline.run()
    pipeline.desk.remove(f"customers({customer})")
    pages = []

    def break_off(request: Any) -> None:
        if "$select=id" in request.url:
            pages.append(request.url)
        broken = len(pages) == 2 and "$select=id" in request.url
        pipeline.transport.misfortunes.append(Response(403, {}, b"{}") if broken else None)

    pipeline.transport.before = break_off
    pipeline.later(30)
    outcome = pipeline.run()
    assert outcome.error is not None
    assert not pipeline.destination.deleted
    pipeline.transport.before = lambda _: None
    pipeline.transport.misfortunes.clear()
    pipeline.later()
    assert pipeline.run().error is None
    assert pipeline.is_right()


def test_what_nobody_can_say_is_deleted_when_a_later_run_misses_it_again(pipeline):
    customer = lonely(pipeline.desk)
    pipeline.later()
    pipeline.run()
    pipeline.desk.remove(f"customers({customer})")
    undecided(pipeline)
    pipeline.later()
    pipeline.run()
    assert not pipeline.destination.deleted
    pipeline.later()
    pipeline.run()
    assert pipeline.is_right()


def test_a_row_that_has_come_meanwhile_was_not_missed_before(pipeline):
    customer = lonely(pipeline.desk)
    pipeline.later()
    pipeline.run()
    row = pipeline.desk.company.get("customers", customer)
    for _ in range(2):
        pipeline.desk.company.delete("customers", customer)
        undecided(pipeline)
        pipeline.later()
        pipeline.run()
        assert not pipeline.destination.deleted
        pipeline.desk.company.insert("customers", row)
        pipeline.transport.before = lambda _: None
        pipeline.later()
        pipeline.run()


def test_the_store_is_for_its_owner_alone_and_for_one_run_at_a_time(pipeline, tmp_path):
    pipeline.run()
    assert oct((tmp_path / "store").stat().st_mode & 0o777) == "0o700"
    assert oct((tmp_path / "store" / "keys.sqlite").stat().st_mode & 0o777) == "0o600"
    with StoreFolder(tmp_path / "store").lock("keys"):
        assert "Another run" in str(pipeline.run().error)


def test_the_setting_needs_a_store():
    with pytest.raises(ConfigurationError, match="deletes needs store_path"):
        TapDynamicsBC(config=desk_config(deletes="sweep"))


# -- the certificate ---------------------------------------------------------------------------------------------------


def certificate(pipeline: Pipeline) -> dict[str, dict[str, Any]]:
    """The entries of the last run, by stream."""
    path = Path(pipeline.settings["store_path"]) / "certificate.json"
    assert path.stat().st_mode & 0o777 == 0o600
    return {each["stream"]: each for each in json.loads(path.read_text())["entries"]}


def undecided(pipeline: Pipeline) -> None:
    """Let no row be asked for by its id."""
    answered = Response(501, {}, b'{"error":{"code":"X","message":"No."}}')
    misfortunes = pipeline.transport.misfortunes
    pipeline.transport.before = lambda request: misfortunes.append(answered if "$batch" in request.url else None)


def test_a_run_certifies_that_source_and_index_hold_the_same_rows(tmp_path, caplog):
    caplog.set_level("INFO")
    pipeline = selecting(tmp_path, *SALES)
    pipeline.later()
    pipeline.run()
    entries = certificate(pipeline)
    assert set(entries) == set(SALES)
    for stream in SALES:
        ids = sorted(pipeline.truth(stream))
        expected = hashlib.sha256("".join(f"{each}\n" for each in ids).encode()).hexdigest()
        assert entries[stream]["rows"] == {"source": len(ids), "index": len(ids)}
        assert entries[stream]["hash"] == {"source": expected, "index": expected}
        assert (entries[stream]["compared"], entries[stream]["agrees"]) == ("ids", True)
        assert entries[stream]["as_of"] == "2026-03-01T09:00:00.000Z"
    assert "3 of 3 streams and companies that were compared agree" in caplog.text


def test_where_no_ids_are_due_the_number_of_rows_is_compared(pipeline):
    pipeline.later()
    pipeline.run()
    pipeline.later()
    asked = len(pipeline.transport.asked)
    pipeline.run()
    entry = certificate(pipeline)["customers"]
    assert (entry["compared"], entry["agrees"]) == ("count", True)
    assert entry["hash"] == {"source": None, "index": None}
    assert entry["ids_compared_at"] == "2026-03-01T09:00:00.000Z"
    assert ["$count" in each.url for each in pipeline.transport.asked[asked:]].count(True) == 1


def test_rows_that_are_read_again_are_no_part_of_the_numbers(pipeline):
    """They may have changed since they were read; the service counts those before them, and so does the index."""
    pipeline.later()
    pipeline.run()
    lonely(pipeline.desk)
    pipeline.run()
    entry = certificate(pipeline)["customers"]
    assert (entry["compared"], entry["agrees"]) == ("count", True)


def test_a_ledger_whose_number_agrees_has_no_ids_compared_however_long_ago_that_was(tmp_path):
    """Its rows are never deleted, and there are millions of them."""
    pipeline = selecting(tmp_path, "generalLedgerEntries")
    pipeline.later()
    pipeline.run()
    pipeline.later(30)
    pipeline.run()
    entry = certificate(pipeline)["generalLedgerEntries"]
    assert (entry["compared"], entry["agrees"]) == ("count", True)


def test_a_line_that_went_without_a_change_of_its_document_is_found_where_ids_are_compared(tmp_path):
    pipeline = selecting(tmp_path, *SALES)
    # Those that are open are read again in any case.
    paid = pipeline.desk.rows("salesInvoices", filter="status eq 'Paid'")[0]["id"]
    line = pipeline.desk.rows(f"salesInvoices({paid})/salesInvoiceLines")[0]["id"]
    pipeline.later()
    pipeline.run()
    pipeline.desk.company.delete("salesInvoiceLines", line)
    pipeline.later(30)
    assert pipeline.run().error is None
    assert pipeline.is_right()
    assert [(stream, key[-1]) for stream, key in pipeline.destination.deleted] == [("salesInvoiceLines", line)]


def test_rows_from_before_a_start_date_are_neither_compared_nor_read(tmp_path):
    pipeline = selecting(tmp_path, "customers", start_date="2026-02-01T00:00:00Z")
    customer = lonely(pipeline.desk)
    pipeline.later()
    pipeline.run()
    read = pipeline.ids("customers")
    assert {customer} <= read < pipeline.truth("customers")
    pipeline.later(30)
    pipeline.transport.asked.clear()
    assert pipeline.run().error is None
    assert pipeline.ids("customers") == read
    assert not [each for each in pipeline.transport.asked if each.url.endswith("$batch")], (
        "nor is one asked for by its id"
    )
    entry = certificate(pipeline)["customers"]
    assert (entry["compared"], entry["agrees"], entry["rows"]["source"]) == ("ids", True, len(read))


def test_a_certificate_that_disagrees_is_a_failure_that_names_both_numbers_and_where_to_look(pipeline):
    customer = lonely(pipeline.desk)
    pipeline.later()
    pipeline.run()
    pipeline.desk.remove(f"customers({customer})")
    undecided(pipeline)
    pipeline.later()
    outcome = pipeline.run()
    rows = len(pipeline.truth("customers"))
    assert 'the certificate of customers of "CRONUS' in str(outcome.error)
    assert f"the source has {rows} rows and the index of known keys {rows + 1}" in str(outcome.error)
    entry = certificate(pipeline)["customers"]
    assert entry["agrees"] is False
    assert entry["unresolved"] == [customer]
    assert entry["hash"]["source"] != entry["hash"]["index"]


@pytest.mark.parametrize("compared", ["ids", "count"])
def test_a_row_that_the_index_does_not_know_is_no_agreement(tmp_path, compared):
    with contextlib.closing(Index(tmp_path)) as index:
        place = index.place("customers", None, None).number
        result = Certificate("run")
        comparison = result.of("customers", None)
        comparison.places, comparison.unknown, comparison.counted = {place}, {"a"}, 1
        comparison.compared = {place} if compared == "ids" else set()
        (entry,) = result.entries(index)
    assert (entry.agrees, entry.record["compared"]) == (False, compared)
    assert (entry.record["rows"], entry.record["unresolved"]) == ({"source": 1, "index": 0}, ["a"])


def test_ids_that_were_compared_are_not_due_again_for_a_day(pipeline):
    pipeline.later()
    pipeline.run()
    pipeline.later(25)
    pipeline.run()
    compared = certificate(pipeline)["customers"]
    pipeline.later()
    pipeline.run()
    counted = certificate(pipeline)["customers"]
    assert (compared["compared"], counted["compared"]) == ("ids", "count")
    assert counted["ids_compared_at"] == compared["as_of"]


def test_a_look_at_documents_alone_does_not_put_off_that_at_their_lines(tmp_path):
    pipeline = selecting(tmp_path, *SALES)
    invoice, _ = invoice_with_lines(pipeline.desk, 2)
    pipeline.later()
    pipeline.run()
    before = certificate(pipeline)["salesInvoiceLines"]["ids_compared_at"]
    assert before is not None
    pipeline.desk.remove(f"salesInvoices({invoice})")
    pipeline.later()
    pipeline.run()
    assert certificate(pipeline)["salesInvoices"]["deleted"] == {"gone": 1}
    pipeline.later()
    pipeline.run()
    assert certificate(pipeline)["salesInvoiceLines"]["ids_compared_at"] == before


def test_orders_that_were_invoiced_are_told_apart_from_those_that_were_deleted(tmp_path):
    pipeline = selecting(tmp_path, "salesOrders", "salesOrderLines", "salesInvoices")
    desk = pipeline.desk
    customer, item = desk.id("customers", number="10000"), desk.id("items", number="1896-S")
    orders = []
    for _ in range(2):
        order = desk.create("salesOrders", {"customerId": customer})["id"]
        line = {"itemId": item, "lineType": "Item", "quantity": 1}
        desk.create(f"salesOrders({order})/salesOrderLines", line)
        orders.append(order)
    pipeline.later()
    pipeline.run()
    desk.act(f"salesOrders({orders[0]})", "shipAndInvoice")
    desk.remove(f"salesOrders({orders[1]})")
    pipeline.later()
    assert pipeline.run().error is None
    assert pipeline.is_right()
    entries = certificate(pipeline)
    assert entries["salesOrders"]["deleted"] == {"invoiced": 1, "gone": 1}
    assert entries["salesOrderLines"]["deleted"] == {"with_its_parent": 2}


def test_an_entry_that_is_offered_to_two_payments_and_gone_from_one_stays_with_the_other(tmp_path):
    pipeline = selecting(tmp_path, "vendorPayments", "applyVendorEntries")
    desk = pipeline.desk
    first, second, *_ = desk.company.find("vendorPayments")
    kept, gone = first["id"], second["id"]
    desk.edit("vendorPayments", gone, vendorId=first["vendorId"], vendorNumber=first["vendorNumber"])
    pipeline.later()
    pipeline.run()

    def offered() -> set[str]:
        return {row["parent_id"] for row in pipeline.destination.tables["applyVendorEntries"].values()}

    assert {kept, gone} <= offered()
    desk.remove(f"vendorPayments({gone})")
    pipeline.later(25)
    assert pipeline.run().error is None
    assert offered() & {kept, gone} == {kept}


def test_a_draft_that_was_posted_keeps_its_id_and_is_no_deletion(tmp_path):
    pipeline = selecting(tmp_path, *SALES)
    invoice, _ = invoice_with_lines(pipeline.desk, 2)
    pipeline.later()
    pipeline.run()
    pipeline.desk.act(f"salesInvoices({invoice})")
    for hours in (1, 30):
        pipeline.later(hours)
        assert pipeline.run().error is None
    assert pipeline.is_right()
    assert not pipeline.destination.deleted


# -- other ways to the destination -------------------------------------------------------------------------------------


def deletion_of(tmp_path: Path, **settings: Any) -> tuple[dict[str, Any], str]:
    """The last message about a customer who was deleted, and the customer's id."""
    pipeline = selecting(tmp_path, "customers", **settings)
    customer = lonely(pipeline.desk)
    pipeline.later()
    state = run_at(pipeline.transport, pipeline.settings, select=["customers"]).state
    pipeline.later()
    pipeline.desk.remove(f"customers({customer})")
    outcome = run_at(pipeline.transport, pipeline.settings, select=["customers"], state=state)
    assert outcome.error is None
    return [message for message in outcome.messages if message["type"] in {"RECORD", "BATCH"}][-1], customer


def test_a_deletion_is_mapped_as_far_as_its_key_goes(tmp_path):
    maps = {"__alias__": "kunden", "id": "id.upper()", "displayName": "displayName.upper()", "__filter__": "number"}
    message, customer = deletion_of(tmp_path, stream_maps={"customers": maps})
    assert message["stream"] == "kunden"
    assert set(message["record"]) == {"company_id", "id", "_sdc_deleted_at"}
    assert message["record"]["id"] == customer.upper()


def test_a_map_that_leaves_out_when_a_row_was_deleted_is_refused(tmp_path):
    pipeline = selecting(tmp_path, "customers", stream_maps={"customers": {"_sdc_deleted_at": None}})
    error = pipeline.run().error
    assert isinstance(error, ConfigurationError)
    assert 'stream_maps of "customers" leaves out _sdc_deleted_at' in str(error)


def test_a_deletion_is_flattened(tmp_path):
    message, customer = deletion_of(tmp_path, flattening_enabled=True, flattening_max_depth=1)
    assert message["record"]["id"] == customer


def test_a_deletion_is_in_a_batch_file(tmp_path):
    config = {"encoding": {"format": "jsonl", "compression": "gzip"}, "storage": {"root": (tmp_path / "b").as_uri()}}
    (tmp_path / "b").mkdir()
    message, customer = deletion_of(tmp_path, batch_config=config)
    path = Path(unquote(urlsplit(message["manifest"][0]).path))
    (record,) = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    assert set(record) == {"company_id", "id", "_sdc_deleted_at"}
    assert record["id"] == customer


def test_a_hotglue_job_gets_the_key_of_the_last_version(tmp_path):
    pipeline = selecting(tmp_path, "customers", stream_naming="hotglue")
    customer = lonely(pipeline.desk)
    pipeline.later()
    pipeline.run()
    pipeline.desk.change(f"customers({customer})", {"city": "Anywhere"})
    pipeline.later()
    (version,) = [record for record in pipeline.run().records["customers"] if record["id"] == customer]
    pipeline.desk.remove(f"customers({customer})")
    pipeline.later()
    deletion = pipeline.run().records["customers"][-1]
    assert set(deletion) == {"id", "lastModifiedDateTime", "_sdc_deleted_at"}
    assert {name: deletion[name] for name in ("id", "lastModifiedDateTime")} == {
        name: version[name] for name in ("id", "lastModifiedDateTime")
    }


def test_a_catalog_of_before_the_setting_does_not_hide_deletions(tmp_path):
    pipeline = selecting(tmp_path, "customers")
    tap = TapAtTheDesk(config=desk_config(), transport=pipeline.transport)
    catalog = tap.catalog_dict
    tap.close()
    for entry in catalog["streams"]:
        chosen = entry["tap_stream_id"] == "customers"
        next(each for each in entry["metadata"] if not each["breadcrumb"])["metadata"]["selected"] = chosen
    outcome = run_at(pipeline.transport, pipeline.settings, catalog=catalog)
    assert outcome.error is None
    (schema,) = [message["schema"] for message in outcome.messages if message["type"] == "SCHEMA"]
    assert set(outcome.records["customers"][0]) == set(schema["properties"])
    assert "_sdc_deleted_at" in schema["properties"]


# -- windows -----------------------------------------------------------------------------------------------------------


def test_windows_together_show_what_is_gone_and_a_killed_one_deletes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(windows, "LARGE_ROWS", 1000)
    pipeline = selecting(tmp_path, "generalLedgerEntries", page_size=60)
    assert pipeline.run(lives_for=300_000).was_killed
    assert not pipeline.is_right()
    assert not pipeline.destination.deleted
    pipeline.later()
    assert pipeline.run().error is None
    assert pipeline.is_right()
    pipeline.state = None
    (entry, *_) = pipeline.desk.company.find("generalLedgerEntries")
    pipeline.desk.company.delete("generalLedgerEntries", entry["id"])
    pipeline.later()
    assert pipeline.run().error is None
    assert pipeline.is_right()
    assert certificate(pipeline)["generalLedgerEntries"]["compared"] == "ids"


# -- whole tables ------------------------------------------------------------------------------------------------------


def activated(outcome: DeskRun) -> list[str]:
    return [message["stream"] for message in outcome.messages if message["type"] == "ACTIVATE_VERSION"]


def whole_tables(tmp_path: Path, *streams: str) -> Pipeline:
    """A pipeline of streams, all of which are read whole."""
    pipeline = selecting(tmp_path, *streams, deletes="full_table", store_path=None)
    tap = TapAtTheDesk(config=desk_config(), transport=pipeline.transport)
    pipeline.catalog = tap.catalog_dict
    tap.close()
    for entry in pipeline.catalog["streams"]:
        metadata = next(each for each in entry["metadata"] if not each["breadcrumb"])["metadata"]
        metadata["selected"] = entry["tap_stream_id"] in streams
        metadata["forced-replication-method"] = entry["replication_method"] = "FULL_TABLE"
    return pipeline


def test_what_a_whole_read_did_not_bring_is_forgotten(tmp_path):
    pipeline = whole_tables(tmp_path, "customers")
    customer = lonely(pipeline.desk)
    pipeline.later()
    first = pipeline.run()
    assert activated(first) == ["customers"]
    versions = {message["version"] for message in first.messages if message["type"] in {"RECORD", "ACTIVATE_VERSION"}}
    assert len(versions) == 1
    pipeline.desk.remove(f"customers({customer})")
    pipeline.later()
    second = pipeline.run()
    assert pipeline.is_right()
    assert second.messages[-1]["type"] == "STATE"
    assert b"_sdc_deleted_at" not in second.output


def test_lines_whose_document_is_not_selected_are_no_whole_table_and_nothing_breaks(tmp_path):
    outcome = selecting(tmp_path, "salesInvoiceLines", deletes="full_table", store_path=None).run()
    assert outcome.error is None
    assert not activated(outcome)


def test_nothing_is_forgotten_of_a_stream_that_follows_its_changes(tmp_path):
    pipeline = selecting(tmp_path, "customers", deletes="full_table", store_path=None)
    outcome = pipeline.run()
    assert not activated(outcome)
    assert all("version" not in message for message in outcome.messages)


def test_nothing_is_forgotten_when_a_read_failed_or_a_company_is_missing(tmp_path):
    pipeline = whole_tables(tmp_path, "customers", "vendors")
    pipeline.run()
    pipeline.desk.service.gate.grant([Permission(None, "customers", frozenset())])
    pipeline.later()
    assert activated(pipeline.run()) == ["vendors"]
    pipeline.desk.service.gate.grant([])
    pipeline.state["bookmarks"]["vendors"]["partitions"].append(
        {"context": {"company_id": "0c0c0c0c-0000-0000-0000-000000000001"}, "version": 1}
    )
    pipeline.later()
    assert activated(pipeline.run()) == ["customers"]


def test_nothing_is_forgotten_when_a_read_failed_and_no_state_tells_of_an_earlier_one(tmp_path):
    pipeline = whole_tables(tmp_path, "customers", "vendors")
    pipeline.run()
    pipeline.state = None
    pipeline.desk.service.gate.grant([Permission(None, "customers", frozenset())])
    pipeline.later()
    assert activated(pipeline.run()) == ["vendors"]
    assert pipeline.is_right()


def test_open_documents_that_are_read_again_do_not_make_the_others_deletions(tmp_path):
    pipeline = selecting(tmp_path, *SALES)
    invoice, lines = invoice_with_lines(pipeline.desk, 2)
    pipeline.later()
    pipeline.run()
    pipeline.later()
    pipeline.desk.company.delete("salesInvoiceLines", lines[0])  # and nothing stamps the document
    outcome = pipeline.run()
    assert outcome.error is None
    assert invoice in {record["id"] for record in outcome.records["salesInvoices"]}
    assert pipeline.is_right()


def test_drafts_that_are_all_hidden_at_once_are_no_deletions_until_somebody_confirms(tmp_path):
    pipeline = selecting(tmp_path, "salesInvoices")
    desk = pipeline.desk
    for _ in range(2):
        invoice_with_lines(desk, 1)
    pipeline.later()
    pipeline.run()
    drafts = [row["id"] for row in desk.company.find("salesInvoices", status="Draft")]
    for draft in drafts:
        desk.remove(f"salesInvoices({draft})")
    pipeline.later()
    assert "shows no drafts at all" in str(pipeline.run().error)
    assert not pipeline.destination.deleted
    invoice_with_lines(desk, 1)
    pipeline.later()
    assert pipeline.run().error is None
    assert pipeline.is_right()
    assert len(pipeline.destination.deleted) == len(drafts)


def test_a_set_of_another_route_holds_one_kind_whatever_it_is_called():
    service = DeskService()
    client = service.client()
    target = Target(Route("contoso/demo/v1.0", "x_", f"{HOST}/api"), "salesInvoices", None)
    assert hidden_kind(client, target) is None
    assert not service.asked


def test_a_set_whose_rows_cannot_be_counted_has_its_ids_compared(pipeline):
    customer = lonely(pipeline.desk)
    pipeline.later()
    pipeline.run()
    pipeline.desk.remove(f"customers({customer})")
    misfortunes, refused = pipeline.transport.misfortunes, Response(501, {}, b"{}")
    pipeline.transport.before = lambda request: misfortunes.append(refused if "$count" in request.url else None)
    pipeline.later()
    assert pipeline.run().error is None
    assert pipeline.is_right()


# -- the index ---------------------------------------------------------------------------------------------------------


def plans(index: Index, statements: Iterable[str]) -> list[str]:
    """How SQLite looks for rows of the table of keys."""
    found = []
    for statement in statements:
        values = [1] * statement.count("?")
        rows = index._database.connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        found += [row[3] for row in rows if " k USING" in row[3] or " keys USING" in row[3]]
    return found


def test_no_look_into_the_index_goes_through_all_keys_for_each_of_many(tmp_path):
    index = Index(tmp_path)
    statements = (index_module._LEFT_BEHIND, index_module._OF_ROOT, index_module._MERGE_MET)
    assert all("key=?" in plan or "root=?" in plan for plan in plans(index, statements))
    assert len(plans(index, statements)) == 3
    index.close()


@pytest.mark.parametrize("generation", ["'x'", "x'00ff'", "9e999"])
def test_an_index_whose_generations_are_no_numbers_is_damaged(tmp_path, generation):
    with contextlib.closing(Index(tmp_path)) as index:
        index.place("customers", "c", None)
        index._database.ask(f"UPDATE places SET generation = {generation}")
        with pytest.raises(DynamicsError, match=r"keys\.sqlite in store_path is damaged"):
            index.place("customers", "c", None)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux says which files a process has open")
def test_an_index_that_cannot_be_used_is_let_go_of(tmp_path):
    Index(tmp_path).close()
    with contextlib.closing(sqlite3.connect(tmp_path / "keys.sqlite")) as database:
        database.execute("alter table facts rename column value to other")
        database.commit()
    with pytest.raises(DynamicsError):
        Index(tmp_path)
    opened = [each.readlink() for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
    assert not [each for each in opened if each.is_relative_to(tmp_path)]


@pytest.mark.parametrize("rest", ["[", "{}", "[1, 2, 3]"])
def test_an_index_whose_keys_cannot_be_read_is_damaged(pipeline, tmp_path, rest):
    customer = lonely(pipeline.desk)
    pipeline.later()
    pipeline.run()
    with contextlib.closing(sqlite3.connect(tmp_path / "store" / "keys.sqlite", isolation_level=None)) as index:
        index.execute("UPDATE keys SET rest = ?", (rest,))
    pipeline.later()
    pipeline.desk.remove(f"customers({customer})")
    assert "keys.sqlite in store_path is damaged" in str(pipeline.run().error)


@pytest.mark.parametrize("content", [b"hello", b"SQLite format 3\x00" + bytes(5000)])
def test_a_damaged_index_is_told_from_a_folder_that_cannot_be_used(tmp_path, content):
    (tmp_path / "keys.sqlite").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"is damaged .* Remove it: the next run reads everything once"):
        Index(tmp_path)
    (tmp_path / "keys.sqlite").unlink()
    (tmp_path / "keys.sqlite").mkdir()
    with pytest.raises(ConfigurationError, match=r"cannot be opened .*; check store_path"):
        Index(tmp_path)
