"""Is every change seen, whatever clocks, copies of the database and states do?"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from emulator.in_process import START, open_desk
from tap.desk_runs import DeskTransport, run_at

from dynamics_bc_client.errors import BadRequest
from dynamics_bc_client.transport import Response
from dynamics_bc_emulator.rows.commits import Commit
from dynamics_bc_emulator.rows.transactions import Change
from dynamics_bc_emulator.stamps import from_stamp
from dynamics_bc_emulator.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.in_process import Desk
    from tap.desk_runs import DeskRun

    from dynamics_bc_client.transport import Request

LEDGER = "generalLedgerEntries"
BLANK = "0001-01-01T00:00:00Z"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def desk() -> Iterator[Desk]:
    """The service at its seed, its clock at `START`."""
    opened = open_desk()
    yield opened
    opened.service.store.close()


def stamped(desk: Desk, entity_set: str, row_id: str, stamp: str, **values: Any) -> None:
    """Give a row a stamp, and values, that nobody asked permission for."""
    desk.service.store.write_silently(desk.company.id, entity_set, row_id, values, from_stamp(stamp))


def ago(desk: Desk, distance: timedelta) -> str:
    moment = desk.clock() - distance
    return f"{moment.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def read(desk: Desk, *streams: str, state: dict[str, Any] | None = None, **config: Any) -> DeskRun:
    return run_at(DeskTransport(desk), config, select=streams, state=state)


def ids(run: DeskRun, stream: str = "customers") -> list[str]:
    return [record["id"] for record in run.records[stream]]


def filters(transport: DeskTransport, entity_set: str) -> list[str]:
    return [each.url.partition("$filter=")[2] for each in transport.asked if f"/{entity_set}" in each.url]


# --- blank stamps (S4) ------------------------------------------------------------------------------------------------


@pytest.mark.fault("S4")
@pytest.mark.parametrize("config", [{}, {"start_date": "2026-01-01"}])
def test_a_table_of_blank_stamps_is_read_whole_once(desk: Desk, config: dict[str, Any]) -> None:
    for row in desk.rows("customers"):
        stamped(desk, "customers", row["id"], BLANK)
    first = read(desk, "customers", **config)
    assert len(ids(first)) == 5
    assert first.bookmark("customers", desk.company.id) == ago(desk, 35 * MINUTE)
    second = read(desk, "customers", state=first.state, **config)
    assert ids(second) == []


def test_a_row_of_a_blank_table_that_is_touched_comes_again(desk: Desk) -> None:
    rows = desk.rows("customers")
    for row in rows:
        stamped(desk, "customers", row["id"], BLANK)
    state = read(desk, "customers").state
    desk.clock.advance(60 * MINUTE)
    stamped(desk, "customers", rows[0]["id"], ago(desk, MINUTE), displayName="Touched")
    assert ids(read(desk, "customers", state=state)) == [rows[0]["id"]]


def test_an_empty_set_gets_no_bookmark_so_that_what_arrives_with_an_old_stamp_is_read(desk: Desk) -> None:
    rows = desk.rows("customers")
    kept = {row["id"]: desk.service.store.line(desk.company.id, "customers", row["id"]) for row in rows}
    for row_id in kept:
        desk.service.store.put_line(desk.company.id, "customers", row_id, None)
    first = read(desk, "customers")
    assert (ids(first), first.bookmark("customers", desk.company.id)) == ([], None)
    for row_id, line in kept.items():
        desk.service.store.put_line(desk.company.id, "customers", row_id, line)
    assert sorted(ids(read(desk, "customers", state=first.state))) == sorted(kept)


# --- clocks -----------------------------------------------------------------------------------------------------------


def test_a_bookmark_in_the_future_does_not_hide_anything(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    state = read(desk, "customers").state
    (entry,) = state["bookmarks"]["customers"]["partitions"]
    entry["replication_key_value"] = "2031-01-01T00:00:00.000Z"
    again = read(desk, "customers", state=state)
    assert len(ids(again)) == 5
    bookmark = again.bookmark("customers", desk.company.id)
    assert bookmark is not None
    assert bookmark < ago(desk, 0 * MINUTE)
    assert "customers (2031-01-01T00:00:00.000Z)" in caplog.text


@pytest.mark.fault("P16")
def test_a_clock_of_the_service_that_is_ahead_does_not_take_the_look_back_away(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    row = desk.rows("customers")[0]
    stamped(desk, "customers", row["id"], ago(desk, 5 * MINUTE))
    ours = START - timedelta(hours=2)
    run = run_at(DeskTransport(desk), select=["customers"], now=lambda: ours)
    assert run.bookmark("customers", desk.company.id) == ago(desk, timedelta(hours=2, minutes=30))
    assert "clock is 2:00:00 ahead" in caplog.text


def test_a_damaged_bookmark_is_quoted_as_it_stands_in_the_state(desk: Desk) -> None:
    state = read(desk, "customers").state
    (entry,) = state["bookmarks"]["customers"]["partitions"]
    entry["replication_key_value"] = "yesterday"
    run = read(desk, "customers", state=state)
    assert run.error is not None
    assert run.error.exit_code == 2
    assert '"replication_key_value": "yesterday"' in str(run.error)


# --- transactions and copies ------------------------------------------------------------------------------------------


class Sandbox(DeskTransport):
    """A service without a copy of the database."""

    def _answer(self, request: Request) -> Response:
        headers = {name: value for name, value in request.headers.items() if name != "Data-Access-Intent"}
        return super()._answer(replace(request, headers=headers))


def entry(desk: Desk, number: int, stamp: str) -> Change:
    values = {"entryNumber": number, "description": "unsure", "documentNumber": "U-1"}
    return Change(desk.company.id, LEDGER, None, values, from_stamp(stamp))


def unsure(run: DeskRun) -> list[int]:
    return [record["entryNumber"] for record in run.records[LEDGER] if record["documentNumber"] == "U-1"]


@pytest.mark.fault("R5")
@pytest.mark.parametrize("intent", ["ReadOnly", "not understood"])
def test_a_posting_that_is_rolled_back_was_never_read(desk: Desk, intent: str) -> None:
    """In a sandbox there is no copy of the database, so there the delay alone keeps it out."""
    number = desk.service.transactions.begin([entry(desk, 900_001, ago(desk, MINUTE / 2))], is_seen=True)
    transport = DeskTransport(desk) if intent == "ReadOnly" else Sandbox(desk)
    first = run_at(transport, select=[LEDGER])
    desk.service.transactions.roll_back(number)
    assert unsure(first) == []


def test_what_the_delay_left_out_comes_with_the_next_run(desk: Desk) -> None:
    number = desk.service.transactions.begin([entry(desk, 900_001, ago(desk, MINUTE / 2))], is_seen=True)
    first = run_at(Sandbox(desk), select=[LEDGER])
    desk.service.transactions.commit(number)
    desk.clock.advance(MINUTE)
    assert unsure(run_at(Sandbox(desk), select=[LEDGER], state=first.state)) == [900_001]


def test_without_a_delay_ledgers_are_read_up_to_now(desk: Desk) -> None:
    desk.service.transactions.begin([entry(desk, 900_001, ago(desk, MINUTE / 2))], is_seen=True)
    assert unsure(run_at(Sandbox(desk), {"commit_delay": "PT0S"}, select=[LEDGER])) == [900_001]


def test_no_other_set_is_read_with_a_delay(desk: Desk) -> None:
    transport = DeskTransport(desk)
    run_at(transport, select=["customers", "salesInvoices"])
    assert not any(filters(transport, "customers") + filters(transport, "salesInvoices"))


@pytest.mark.parametrize("lag", [1, 120, 299])
def test_what_a_copy_that_lags_did_not_show_yet_is_found_by_the_next_run(desk: Desk, lag: int) -> None:
    """A transaction of half an hour: when it ends its rows are that old, and the copy shows them later still."""
    desk.service.switches = Switches(replica_lag_seconds=lag)
    desk.service.begin_replica()
    row, other = desk.rows("customers")[:2]
    change = Change(
        desk.company.id, "customers", row["id"], {"displayName": "Late"}, from_stamp(ago(desk, timedelta(0)))
    )
    number = desk.service.transactions.begin([change], is_seen=False)
    desk.clock.advance(27 * MINUTE)
    stamped(desk, "customers", other["id"], ago(desk, timedelta(0)))
    desk.service.store.tell(Commit(desk.company.id, "customers", other["id"], "changed", None))
    desk.clock.advance(3 * MINUTE)
    desk.service.transactions.commit(number)
    desk.clock.advance(timedelta(seconds=lag - 1))
    first = read(desk, "customers")
    assert "Late" not in {record["displayName"] for record in first.records["customers"]}
    bookmark = first.bookmark("customers", desk.company.id)
    assert bookmark is not None
    desk.clock.advance(60 * MINUTE)
    second = read(desk, "customers", state=first.state)
    assert "Late" in {record["displayName"] for record in second.records["customers"]}


@dataclass
class Listing(DeskTransport):
    """A service under another name, with a list of the tenant's environments; None if that may not be read."""

    environments: list[str] | None = None

    def _answer(self, request: Request) -> Response:
        if request.url.endswith("/environments/v1.2"):
            body = {"value": [{"name": name, "type": "Production"} for name in self.environments or ()]}
            status = 200 if self.environments is not None else 403
            return Response(status, {"Content-Type": "application/json"}, json.dumps(body).encode())
        return super()._answer(replace(request, url=request.url.replace("/Live/", "/Production/")))


# --- companies --------------------------------------------------------------------------------------------------------


def test_a_company_that_was_deleted_can_be_forgotten_and_nothing_of_it_is_deleted(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    state = read(desk, "customers").state
    gone = "99999999-9999-9999-9999-999999999999"
    (entry,) = state["bookmarks"]["customers"]["partitions"]
    state["bookmarks"]["customers"]["partitions"].append({**entry, "context": {"company_id": gone}})
    missed = read(desk, "customers", state=state)
    assert missed.error is not None
    assert missed.error.exit_code == 1
    assert "forget_companies" in str(missed.error)
    run = read(desk, "customers", state=missed.state, forget_companies=[gone.upper()])
    assert run.error is None
    assert gone not in str(run.state)
    assert f"{gone} are forgotten" in caplog.text
    assert {message["type"] for message in run.messages} <= {"SCHEMA", "RECORD", "STATE"}
    assert read(desk, "customers", state=run.state).error is None


def test_a_company_that_is_there_is_not_forgotten(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    state = read(desk, "customers").state
    run = read(desk, "customers", state=state, forget_companies=desk.company.id)
    assert run.bookmark("customers", desk.company.id) is not None
    assert "which is there: its bookmarks stay" in caplog.text


def test_a_run_that_read_nothing_says_so(desk: Desk) -> None:
    transport = DeskTransport(desk, before=refuse_customers)
    run = run_at(transport, select=["customers"])
    assert str(run.error).startswith("Nothing was read: customers")


def refuse_customers(request: Request) -> None:
    if "/customers" in request.url:
        raise BadRequest("No.", status=400)


@pytest.mark.fault("S17")
@pytest.mark.parametrize(("listed", "taken"), [(["Live"], True), (["production", "Live"], False), (None, True)])
def test_a_copy_of_an_environment_that_is_still_there_is_not_taken_for_it_renamed(
    desk: Desk, listed: list[str] | None, taken: bool
) -> None:
    """A sandbox that was copied has the ids of the companies that it was copied from, and other rows."""
    state = read(desk, "customers").state
    run = run_at(Listing(desk, environments=listed), {"environment_name": "Live"}, select=["customers"], state=state)
    if taken:
        assert run.error is None
        assert run.state["source"]["environment_name"] == "Live"
    else:
        assert run.error is not None
        assert run.error.exit_code == 2
        assert "The state is of another environment" in str(run.error)
