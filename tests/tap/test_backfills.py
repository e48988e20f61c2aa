"""Is a large set read in windows, side by side, without a row lost, and gone on with after a run was killed?"""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from emulator.in_process import START, open_desk
from tap.desk_runs import DeskTransport, run_at

from dynamics_bc_client.errors import BadRequest
from dynamics_bc_client.odata.query import stamp_literal
from dynamics_bc_emulator.stamps import from_stamp
from tap_dynamics_bc.pages import cutting
from tap_dynamics_bc.reads import windows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.in_process import Desk
    from tap.desk_runs import DeskRun

    from dynamics_bc_client.transport import Request

LEDGER = "generalLedgerEntries"
PAGES = {"page_size": 60}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts as large."""
    monkeypatch.setattr(windows, "LARGE_ROWS", 1000)


@pytest.fixture(scope="module")
def shared_desk() -> Iterator[Desk]:
    """For tests that change nothing."""
    opened = open_desk()
    yield opened
    opened.service.store.close()


@pytest.fixture
def desk() -> Iterator[Desk]:
    opened = open_desk()
    yield opened
    opened.service.store.close()


def ids(run: DeskRun, stream: str = LEDGER) -> list[str]:
    return [record["id"] for record in run.records[stream]]


def listings(transport: DeskTransport, entity_set: str = LEDGER) -> list[str]:
    return [each.url for each in transport.asked if f"/{entity_set}" in each.url and "$count" not in each.url]


def test_a_large_set_is_read_in_windows_each_of_which_moves_the_bookmark(shared_desk: Desk) -> None:
    plain = run_at(DeskTransport(shared_desk), {**PAGES, "backfill_windows": False}, select=[LEDGER])
    transport = DeskTransport(shared_desk)
    run = run_at(transport, PAGES, select=[LEDGER])
    assert sorted(ids(run)) == sorted(ids(plain))
    assert len(set(ids(run))) == len(ids(run))
    # Everything below the ceiling was read, so the bookmark may stand there.
    assert run.bookmark(LEDGER, shared_desk.company.id) == "2026-03-01T07:25:00.000Z"
    states = [message["value"] for message in run.messages if message["type"] == "STATE"]
    bookmarks = [
        each["bookmarks"][LEDGER]["partitions"][0]["replication_key_value"] for each in states if "bookmarks" in each
    ]
    assert bookmarks == sorted(bookmarks)
    assert len(set(bookmarks)) > 5
    assert len(listings(transport)) < len(ids(run)) / 60 * 2.5


def test_windows_write_the_same_bytes_by_one_request_at_a_time_and_by_five(shared_desk: Desk) -> None:
    runs = [
        run_at(DeskTransport(shared_desk), {**PAGES, "max_concurrent_requests": number}, select=[LEDGER])
        for number in (1, 5)
    ]
    assert runs[0].output == runs[1].output


def test_a_small_set_costs_no_request_more(shared_desk: Desk) -> None:
    asked = []
    for on in (True, False):
        transport = DeskTransport(shared_desk)
        run_at(transport, {"backfill_windows": on}, select=["customers", "vendors", "salesInvoices"])
        asked.append(sorted(each.url for each in transport.asked))
    assert asked[0] == asked[1]


def test_a_set_of_several_pages_that_is_not_large_is_counted_once(shared_desk: Desk) -> None:
    transport = DeskTransport(shared_desk)
    run = run_at(transport, {"page_size": 250}, select=["itemLedgerEntries", "salesInvoices"])
    assert run.error is None
    extra = [each.url.partition("?")[0] for each in transport.asked if "$count" in each.url or "$batch" in each.url]
    assert [url.rpartition(")/")[2] for url in extra] == ["itemLedgerEntries/$count"]


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_run_that_was_killed_is_gone_on_with_by_the_bookmark_alone(shared_desk: Desk, share: float) -> None:
    whole = run_at(DeskTransport(shared_desk), PAGES, select=[LEDGER])
    killed = run_at(DeskTransport(shared_desk), PAGES, select=[LEDGER], lives_for=int(len(whole.output) * share))
    assert killed.was_killed
    kept = type(killed)(killed.whole_lines, None, was_killed=True)
    again = run_at(DeskTransport(shared_desk), PAGES, select=[LEDGER], state=kept.state)
    assert set(ids(kept)) | set(ids(again)) == set(ids(whole))
    # What is read again is of the windows that were under way, and of what was not told yet.
    assert len(ids(again)) < len(ids(whole)) * (1.2 - share)


def test_rows_that_change_while_windows_are_read_come_in_this_run_or_the_next(desk: Desk) -> None:
    """Rows of windows that are still to be read are changed all the time: they move behind the reader."""
    rows = [row["id"] for row in desk.rows(LEDGER)]
    lock, changed = threading.Lock(), Counter[str]()

    def before(request: Request) -> None:
        if LEDGER not in request.url or "$count" in request.url:
            return
        with lock:
            desk.clock.advance(timedelta(seconds=1))
            for row_id in rows[len(changed) * 7 % len(rows) :][:3]:
                changed[row_id] += 1
                change(desk, row_id, f"changed {changed[row_id]}")

    first = run_at(DeskTransport(desk, before=before), PAGES, select=[LEDGER])
    assert len(changed) > 30
    desk.clock.advance(timedelta(hours=1))
    second = run_at(DeskTransport(desk), PAGES, select=[LEDGER], state=first.state)
    held = {record["id"]: record["description"] for run in (first, second) for record in run.records[LEDGER]}
    assert held == {row["id"]: row["description"] for row in desk.rows(LEDGER)}


def change(desk: Desk, row_id: str, description: str) -> None:
    stamp = stamp_literal(desk.clock())
    desk.service.store.write_silently(desk.company.id, LEDGER, row_id, {"description": description}, from_stamp(stamp))


def test_a_window_that_fails_keeps_the_bookmark_before_it_and_the_next_run_reads_the_rest(shared_desk: Desk) -> None:
    whole = run_at(DeskTransport(shared_desk), PAGES, select=[LEDGER])
    run_at(at := DeskTransport(shared_desk), PAGES, select=[LEDGER])
    windows_asked = [url for url in listings(at) if "skiptoken" not in url][1:]
    broken = windows_asked[len(windows_asked) // 2]

    def before(request: Request) -> None:
        if request.url == broken:
            raise BadRequest("No.", status=400)

    failed = run_at(DeskTransport(shared_desk, before=before), PAGES, select=[LEDGER, "vendors"])
    assert failed.error is not None
    assert failed.error.exit_code == 1
    assert failed.records["vendors"]
    again = run_at(DeskTransport(shared_desk), PAGES, select=[LEDGER], state=failed.state)
    assert set(ids(failed)) | set(ids(again)) == set(ids(whole))
    assert len(ids(again)) < len(ids(whole))


def test_a_set_whose_rows_cannot_be_counted_is_read_as_it_is(shared_desk: Desk, caplog: Any) -> None:
    def before(request: Request) -> None:
        if "$count" in request.url:
            raise BadRequest("No counts.", status=400)

    run = run_at(DeskTransport(shared_desk, before=before), PAGES, select=[LEDGER])
    assert run.error is None
    assert len(ids(run)) == len(shared_desk.rows(LEDGER))
    assert "No counts." in caplog.text


def test_rows_without_a_stamp_are_cut_by_their_number(desk: Desk) -> None:
    for row in desk.rows(LEDGER)[:1500]:
        desk.service.store.write_silently(desk.company.id, LEDGER, row["id"], {}, from_stamp("0001-01-01T00:00:00Z"))
    transport = DeskTransport(desk)
    run = run_at(transport, PAGES, select=[LEDGER])
    assert sorted(ids(run)) == sorted(row["id"] for row in desk.rows(LEDGER))
    assert sum("entryNumber" in url.partition("$filter")[2] for url in listings(transport)) > 20


def test_documents_with_their_lines_are_cut_by_the_stamps_of_the_documents(
    shared_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "LARGE_ROWS", 200)
    monkeypatch.setattr(cutting, "WORTH_COUNTING", 100)
    streams = ["salesInvoices", "salesInvoiceLines"]
    plain = run_at(DeskTransport(shared_desk), {**PAGES, "backfill_windows": False}, select=streams)
    transport = DeskTransport(shared_desk)
    run = run_at(transport, PAGES, select=streams)
    assert any("$batch" in each.url for each in transport.asked)
    for stream in streams:
        assert sorted(ids(run, stream)) == sorted(ids(plain, stream))
        assert run.bookmark(stream, shared_desk.company.id) == "2026-03-01T07:25:00.000Z"


def test_the_clock_of_this_module_is_the_desks(shared_desk: Desk) -> None:
    assert shared_desk.clock() == START
