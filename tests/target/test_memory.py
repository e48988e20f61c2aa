"""What a run must have put on the disk, and when, so that the next one can go on."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sqlite3
from datetime import datetime, timedelta, timezone

import pytest

from dynamics_bc_client.errors import DynamicsError
from target_dynamics_bc.kept.memory import FILE_NAME, Memory
from target_dynamics_bc.kept.units import Intention, Noted, Rival, UnitKey
from tests.target.conftest import COMPANY, QuickTarget, singer_lines

COMPANY_ID = "11111111-0000-4000-8000-000000000001"
BILLS = f"companies({COMPANY_ID})/purchaseInvoices"

# A store as the first release has left it: one vendor, one posted bill, one create nobody knows the result of, and one
# that was in flight when the run was killed.
OF_THE_FIRST_RELEASE = f"""
CREATE TABLE lines (
    company_id TEXT NOT NULL, entity TEXT NOT NULL, identity TEXT NOT NULL, line TEXT NOT NULL, id TEXT NOT NULL,
    PRIMARY KEY (company_id, entity, identity, line)
) WITHOUT ROWID;
INSERT INTO lines VALUES ('{COMPANY_ID}', 'purchaseInvoices', 'external:b1', 'l1', 'line-1');
CREATE TABLE requests (
    number INTEGER PRIMARY KEY,
    company_id TEXT NOT NULL, entity TEXT NOT NULL, identity TEXT NOT NULL,
    method TEXT NOT NULL, path TEXT NOT NULL, result TEXT, intended_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
INSERT INTO requests (number, company_id, entity, identity, method, path, result) VALUES
    (1, '{COMPANY_ID}', 'purchaseInvoices', 'external:b2', 'POST', '{BILLS}', 'unknown'),
    (2, '{COMPANY_ID}', 'purchaseInvoices', 'external:b3', 'POST', '{BILLS}', NULL);
CREATE TABLE units (
    company_id TEXT NOT NULL, entity TEXT NOT NULL, identity TEXT NOT NULL,
    hash TEXT NOT NULL, finished INTEGER NOT NULL, posted INTEGER NOT NULL DEFAULT 0,
    id TEXT, number TEXT, changed_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (company_id, entity, identity)
) WITHOUT ROWID;
INSERT INTO units VALUES
    ('{COMPANY_ID}', 'purchaseInvoices', 'external:b1', 'hash-b1', 1, 1, 'bill-1', '108001', '2026-11-26 04:15:15'),
    ('{COMPANY_ID}', 'purchaseInvoices', 'external:b2', 'hash-b2', 0, 0, NULL, NULL, '2026-11-26 04:15:15'),
    ('{COMPANY_ID}', 'purchaseInvoices', 'external:b3', 'hash-b3', 0, 0, NULL, NULL, '2026-11-26 04:15:15'),
    ('{COMPANY_ID}', 'vendors', 'external:v1', 'hash-v1', 1, 0, 'vendor-1', 'V00010', '2026-11-26 04:15:15');
CREATE INDEX requests_of_unit ON requests (company_id, entity, identity);
CREATE INDEX units_by_id ON units (company_id, entity, id);
CREATE INDEX units_by_number ON units (company_id, entity, number);
"""


def key(identity, entity="purchaseInvoices", company_id=COMPANY_ID):
    return UnitKey(company_id, entity, f"external:{identity}")


@pytest.fixture
def memory(tmp_path):
    opened = Memory(tmp_path)
    yield opened
    opened.close()


def finish(memory, of, *, posted=False, id_="i", number="n", lines=None):
    memory.finish(of, "h", posted=posted, id_=id_, number=number, lines=lines or {})


# --- the file --------------------------------------------------------------------------------------------------------


def test_a_store_of_the_first_release_opens_and_is_remembered_in_full(tmp_path):
    database = sqlite3.connect(tmp_path / "ledger.sqlite")
    database.executescript(OF_THE_FIRST_RELEASE)
    database.close()
    memory = Memory(tmp_path)
    bill, vendor = memory.recall(key("b1")), memory.recall(key("v1", "vendors"))
    assert (bill.hash, bill.finished, bill.posted, bill.id, bill.number) == ("hash-b1", True, True, "bill-1", "108001")
    assert bill.lines == {"l1": "line-1"}
    assert (vendor.hash, vendor.finished, vendor.posted, vendor.id) == ("hash-v1", True, False, "vendor-1")
    assert memory.unfinished() == 2
    assert memory.doubtful_for(key("b2"), BILLS) is not None
    assert memory.doubtful_for(key("b3"), BILLS) is not None
    assert memory.environment() == {}
    assert [each.id for each in memory.newest(5)] == ["bill-1"]
    assert memory.posted(COMPANY_ID, "purchaseInvoices", "108001") == ["external:b1"]
    memory.bind({"environment_name": "Production"})
    finish(memory, key("b2"))
    memory.close()
    again = Memory(tmp_path)
    assert again.environment() == {"environment_name": "Production"}
    assert again.unfinished() == 1
    again.close()


def test_what_is_noted_is_on_the_disk_whatever_the_build_of_sqlite_holds_for_enough(tmp_path, monkeypatch):
    connect = sqlite3.connect

    def careless(*arguments, **named):
        database = connect(*arguments, **named)
        database.execute("PRAGMA synchronous = OFF")
        return database

    monkeypatch.setattr(sqlite3, "connect", careless)
    memory = Memory(tmp_path)
    full = 2
    assert memory._database.ask("PRAGMA synchronous") == [(full,)]
    memory.close()


def test_who_looks_into_the_file_meanwhile_does_not_hold_the_run_up(memory, tmp_path):
    reader = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM units").fetchone()
    memory._database.connection.execute("PRAGMA busy_timeout = 0")
    memory.intend([Intention(key("1"), "h", "POST", BILLS)])
    reader.close()


def test_of_several_intentions_all_are_noted_or_none(memory):
    def broken():
        yield Intention(key("1"), "h", "POST", BILLS)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        memory.intend(broken())
    assert memory.recall(key("1")) is None
    assert memory.unfinished() == 0
    memory.intend([Intention(key("2"), "h", "POST", BILLS)])
    assert memory.unfinished() == 1


# --- intention and request -------------------------------------------------------------------------------------------


class Disk:
    """What another process sees of the requests, each time one that writes is sent."""

    def __init__(self, path):
        self.path = path
        self.unnoted = []
        self.writes = 0

    def __call__(self, request, send):
        for method, path in written(request):
            self.writes += 1
            with contextlib.closing(sqlite3.connect(self.path)) as database, database:
                rows = database.execute(
                    "SELECT count(*) FROM requests WHERE method = ? AND path = ? AND result IS NULL", (method, path)
                ).fetchone()
            database.close()
            self.unnoted += [] if rows[0] else [(method, path)]
        return send(request)


def written(request):
    """Method and path of all that a request writes."""
    if request.url.endswith("$batch"):
        operations = json.loads(request.body)["requests"]
        return [(each["method"], each["url"]) for each in operations if each["method"] != "GET"]
    path = request.url.partition("/api/v2.0/")[2].replace("Microsoft.NAV.", "")
    return [(request.method, path)] if request.method != "GET" else []


def test_every_write_is_on_the_disk_as_an_intention_before_it_is_sent(pipe, tmp_path):
    lines = [{"accountNumber": "8210", "debitAmount": 5}, {"accountNumber": "2910", "creditAmount": 5}]
    entry = {"journalEntryNumber": "M1", "transactionDate": "2026-01-27", "lineItems": lines, "isDraft": False}
    bill = {"billNumber": "M2", "vendorNumber": "10000", "expenses": [{"accountNumber": "8210", "amount": 10}]}
    records = {
        "Vendors": [{"externalId": "v", "vendorName": "V"}],
        "Bills": [{"externalId": "b", "issueDate": "2026-01-20", "isDraft": False, **bill}],
        "JournalEntries": [{"externalId": "e", **entry}],
    }
    disk = Disk(tmp_path / "store" / FILE_NAME)
    assert pipe(records, around=disk).kinds == ["created", "posted", "posted"]
    assert disk.writes >= 5
    assert disk.unnoted == []


# --- doubt -----------------------------------------------------------------------------------------------------------


@pytest.mark.fault("P3")
@pytest.mark.parametrize(("result", "doubtful"), [("unknown", True), (None, True), ("done", False), ("failed", False)])
def test_a_create_is_in_doubt_when_its_result_is_unknown_or_was_never_noted(tmp_path, result, doubtful):
    first = Memory(tmp_path)
    (number,) = first.intend([Intention(key("1"), "h", "POST", BILLS)])
    if result is not None:
        first.note_results([Noted(number, result)])
    first.close()
    second = Memory(tmp_path)
    age = second.doubtful_for(key("1"), BILLS)
    assert (age is not None and age < 60) == doubtful
    assert second.doubtful_for(key("2"), BILLS) is None
    assert second.doubtful_for(key("1"), f"{BILLS}(1)/purchaseInvoiceLines") is None
    second.close()


def test_only_creates_are_in_doubt(memory):
    memory.intend([Intention(key("1"), "h", "PATCH", BILLS)])
    assert memory.doubtful_for(key("1"), BILLS) is None


@pytest.mark.parametrize("ends", ["finish", "settle_doubt"])
def test_doubt_ends_when_the_unit_is_finished_or_what_was_created_has_been_seen(memory, ends):
    memory.intend([Intention(key("1"), "h", "POST", BILLS), Intention(key("2"), "h", "POST", BILLS)])
    finish(memory, key("1")) if ends == "finish" else memory.settle_doubt(key("1"))
    assert memory.doubtful_for(key("1"), BILLS) is None
    assert memory.doubtful_for(key("2"), BILLS) is not None


def test_a_refused_unit_keeps_its_doubt_and_that_it_was_begun_and_nothing_else(memory):
    doubtful, done = memory.intend([Intention(key("1"), "h", "POST", BILLS), Intention(key("1"), "h", "PATCH", BILLS)])
    memory.note_results([Noted(doubtful, "unknown"), Noted(done, "done")])
    memory.abandon(key("1"))
    begun = memory.recall(key("1"))
    assert (begun.hash, begun.finished, begun.id) == ("h", False, None)
    assert memory.doubtful_for(key("1"), BILLS) is not None
    assert memory._database.ask("SELECT number FROM requests") == [(doubtful,)]


def test_only_what_was_answered_is_known_to_be_done(memory):
    for name in ("answered", "refused", "settled", "open"):
        (number,) = memory.intend([Intention(key(name), "h", "POST", f"{BILLS}(1)/post")])
        if name != "open":
            memory.note_results([Noted(number, {"answered": "done", "refused": "failed"}.get(name, "unknown"))])
    memory.settle_doubt(key("settled"))
    answered = [each for each in ("answered", "refused", "settled", "open") if _was_done(memory, each)]
    assert answered == ["answered"]
    assert memory.unseen_for(key("settled"), f"{BILLS}(1)/post") is None


def _was_done(memory, name):
    return memory.was_done(key(name), f"{BILLS}(1)/post")


def test_doubt_that_is_a_day_old_is_forgotten(tmp_path):
    first = Memory(tmp_path)
    first.intend([Intention(key("1"), "h", "POST", BILLS)])
    first._database.ask("UPDATE requests SET intended_at = datetime('now', '-25 hours')")
    first.close()
    second = Memory(tmp_path)
    assert second.doubtful_for(key("1"), BILLS) is None
    second.close()


# --- units -----------------------------------------------------------------------------------------------------------


def test_rivals_are_other_units_of_the_kind_that_have_the_number_or_an_id_of_their_own(memory):
    finish(memory, key("me"), number="N")
    finish(memory, key("same number"), number="N", id_="1", posted=True)
    finish(memory, key("found"), number="M", id_="2")
    finish(memory, key("neither"), number="L", id_="3")
    finish(memory, key("nowhere"), number="N", id_=None)
    finish(memory, key("other kind", "vendors"), number="N", id_="2")
    finish(memory, key("other company", company_id="c"), number="N", id_="2")
    assert memory.rivals(key("me"), number="N", ids=["2", "9"]) == (
        Rival("external:found", "2", posted=False),
        Rival("external:same number", "1", posted=True),
    )
    assert memory.rivals(key("me"), number=None, ids=[]) == ()


def test_the_lines_of_a_unit_are_those_it_was_last_finished_with(memory):
    finish(memory, key("1"), lines={"a": "1", "b": "2"})
    finish(memory, key("2"), lines={"a": "9"})
    assert memory.recall(key("1")).lines == {"a": "1", "b": "2"}
    finish(memory, key("1"), lines={"b": "3"})
    assert memory.recall(key("1")).lines == {"b": "3"}
    assert memory.recall(key("2")).lines == {"a": "9"}


def test_a_line_is_known_again_by_the_sender_s_id_of_it_in_a_later_run(pipe, company):
    """Its account and amount say something else by now; only the memory knows which line it is."""
    vendor = {"externalId": "b", "billNumber": "ML", "vendorNumber": "10000"}
    first = [{"externalId": name, "accountNumber": "8210", "amount": 10} for name in ("a", "b")]
    pipe({"Bills": [{**vendor, "expenses": first}]})
    bill = company.row("purchaseInvoices", vendorInvoiceNumber="ML")
    before = [line["id"] for line in company.lines(bill["id"])]
    assert pipe({"Bills": [{**vendor, "expenses": first[1:]}]}).kinds == ["updated"]
    assert [line["id"] for line in company.lines(bill["id"])] == before[1:]


def test_what_is_remembered_last_is_what_was_posted_or_the_customers_and_vendors(memory):
    finish(memory, key("draft"), id_="1")
    finish(memory, key("posted"), id_="2", posted=True)
    finish(memory, key("v", "vendors"), id_="3")
    finish(memory, key("nowhere", "vendors"), id_=None)
    memory.intend([Intention(key("begun", "vendors"), "h", "POST", "vendors")])
    finish(memory, key("refused", "vendors"), id_="4")
    memory.abandon(key("refused", "vendors"))
    assert [each.id for each in memory.newest(5)] == ["2"]
    assert [each.id for each in memory.newest(5, ["customers", "vendors"])] == ["3"]
    assert memory.newest(0, ["vendors"]) == []


# --- outcomes and STATE ----------------------------------------------------------------------------------------------


class Printed(io.StringIO):
    """Standard output, which notes when it is written to."""

    def __init__(self, order):
        super().__init__()
        self._order = order

    def write(self, text):
        self._order.append("state")
        return super().write(text)


def test_outcomes_and_dead_letters_are_on_the_disk_before_a_state_passes_them(emulator, tmp_path, monkeypatch):
    order, fsync = [], os.fsync

    def noting(descriptor):
        order.append((os.fstat(descriptor).st_ino, os.fstat(descriptor).st_size))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    store = tmp_path / "store"
    config = emulator.config(company=COMPANY, store_path=str(store))
    target = QuickTarget(config=config, output=Printed(order))
    records = [{"externalId": "good", "vendorName": "Good"}, {"externalId": "bad", "vendorName": "B", "currency": "X"}]
    target.listen(io.StringIO(singer_lines({"Vendors": records})))
    target.close()
    before = order[: order.index("state")]
    for name in ("outcomes.jsonl", "dead-letter.singer"):
        file = (store / name).stat()
        assert (file.st_ino, file.st_size) in before


def test_what_an_unfinished_unit_has_created_is_known_by_its_id_until_that_is_turned_back(tmp_path):
    """The run may end before it has looked at it, and what is there may not be what was sent."""
    with contextlib.closing(Memory(tmp_path)) as memory:
        (number,) = memory.intend([Intention(key("1"), "h", "POST", "purchaseOrders", undo="remove it")])
        memory.note_results([Noted(number, "done", "remove o1", "o1")])
        assert memory.recall(key("1")).id == "o1"
        memory.abandon(key("1"))
        memory.turned_back(number)
        assert memory.recall(key("1")) is None


def test_which_version_came_last_is_told_by_its_place_and_not_by_the_clock(memory):
    """A run writes many records in a second, and one that waits is written after those that came behind it."""
    memory.finish(key("1"), "written", posted=False, id_="i", number="n", lines={}, position=2)
    assert memory.has_newer(key("1"), "another", came=memory.came(1), since="9999-01-01 00:00:00")
    assert not memory.has_newer(key("1"), "another", came=memory.came(3), since="2000-01-01 00:00:00")
    assert not memory.has_newer(key("1"), "written", came=memory.came(1), since="2000-01-01 00:00:00")


def test_an_environment_that_is_no_text_is_damage(tmp_path):
    Memory(tmp_path).close()
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as database:
        database.execute("insert into environment values ('tenant_id', x'ff00')")
    memory = Memory(tmp_path)
    with pytest.raises(DynamicsError, match=r"ledger\.sqlite in store_path .*malformed"):
        memory.environment()
    memory.close()


class Clocks:
    """This machine's clock, which is set, and the service's."""

    def __init__(self):
        self.now = 1_772_000_000.0
        self.served = datetime(2026, 2, 25, 6, tzinfo=timezone.utc)

    def memory(self, folder):
        return Memory(folder, now=lambda: self.now, served_at=lambda: self.served)

    def pass_by(self, seconds, *, set_by=0.0):
        self.now += seconds + set_by
        self.served += timedelta(seconds=seconds)


@pytest.mark.parametrize("hours", [-26, -5, -0.5, 0, 0.5, 5, 26])
def test_doubt_lasts_as_long_as_it_does_whatever_the_clock_is_set_to(tmp_path, hours):
    clocks = Clocks()
    with contextlib.closing(clocks.memory(tmp_path)) as memory:
        memory.intend([Intention(key("1"), "h", "POST", BILLS)])
    clocks.pass_by(60, set_by=hours * 3600)
    with contextlib.closing(clocks.memory(tmp_path)) as memory:
        assert memory.doubtful_for(key("1"), BILLS) == 60
        assert not memory.give_up(1, 1200)
    clocks.pass_by(1260)
    with contextlib.closing(clocks.memory(tmp_path)) as memory:
        assert memory.doubtful_for(key("1"), BILLS) == 1320
        assert memory.unseen_for(key("1"), BILLS) == 1320 + max(0, hours) * 3600
        assert memory.give_up(1, 1200)


def test_a_clock_that_was_set_back_does_not_make_what_was_created_younger(tmp_path):
    clocks = Clocks()
    with contextlib.closing(clocks.memory(tmp_path)) as memory:
        memory.intend([Intention(key("1"), "h", "POST", BILLS)])
    clocks.pass_by(3600, set_by=-1800)
    with contextlib.closing(clocks.memory(tmp_path)) as memory:
        assert memory.unseen_for(key("1"), BILLS) == 3600


@pytest.mark.parametrize("lie", [datetime(2100, 1, 1, tzinfo=timezone.utc), datetime(1970, 1, 1, tzinfo=timezone.utc)])
def test_a_clock_of_the_service_that_lies_does_not_end_a_doubt(tmp_path, lie):
    clocks = Clocks()
    honest, clocks.served = clocks.served, lie
    with contextlib.closing(clocks.memory(tmp_path)) as memory:
        memory.intend([Intention(key("1"), "h", "POST", BILLS)])
        clocks.served = honest
        clocks.pass_by(60)
        assert memory.doubtful_for(key("1"), BILLS) == 60
        clocks.pass_by(1260)
        assert memory.doubtful_for(key("1"), BILLS) == 1320


def test_what_comes_after_the_clock_was_set_back_comes_after_what_came_before(tmp_path):
    clocks = Clocks()
    with contextlib.closing(clocks.memory(tmp_path)) as memory:
        before = memory.came(1000)
    clocks.pass_by(60, set_by=-5 * 3600)
    with contextlib.closing(clocks.memory(tmp_path)) as memory:
        assert memory.came(1) > before
    clocks.pass_by(60)
    with contextlib.closing(clocks.memory(tmp_path)) as memory:
        assert memory.came(1) > before


def test_opening_the_memory_writes_nothing(tmp_path):
    Memory(tmp_path).close()
    before = (tmp_path / "ledger.sqlite").read_bytes()
    Memory(tmp_path).close()
    assert (tmp_path / "ledger.sqlite").read_bytes() == before
