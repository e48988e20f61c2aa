"""What outlives a crash, and what waits."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics_bc_client.errors import ConfigurationError
from target_dynamics_bc.held_states import HeldStates
from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.kept.job_state import JobState
from target_dynamics_bc.kept.memory import Memory
from target_dynamics_bc.kept.outcomes import Outcome
from target_dynamics_bc.kept.recorder import Recorder
from target_dynamics_bc.kept.units import Intention, Noted, UnitKey
from target_dynamics_bc.waiting import Arrival, Spool

KEY = UnitKey("c", "vendors", "external:1")


def test_an_intention_is_there_for_the_next_run(tmp_path):
    first = Memory(tmp_path)
    first.intend([Intention(KEY, "h1", "POST", "vendors")])
    first.close()
    second = Memory(tmp_path)
    assert second.unfinished() == 1
    assert second.recall(KEY).finished is False
    second.close()


def test_what_is_finished_stays_known_when_it_is_begun_again(tmp_path):
    memory = Memory(tmp_path)
    memory.finish(KEY, "h1", posted=True, id_="i", number="n", lines={"a": "1"})
    memory.intend([Intention(KEY, "h2", "PATCH", "vendors(i)")])
    entry = memory.recall(KEY)
    assert (entry.hash, entry.finished, entry.posted, entry.id, entry.lines) == ("h2", False, True, "i", {"a": "1"})
    memory.abandon(KEY)
    assert (memory.recall(KEY).id, memory.recall(KEY).hash, memory.unfinished()) == ("i", "", 0)
    memory.close()


def test_a_refused_unit_that_was_never_written_is_forgotten():
    memory = Memory(None)
    numbers = memory.intend([Intention(KEY, "h1", "POST", "vendors")])
    memory.note_results([Noted(numbers[0], "failed")])
    memory.abandon(KEY)
    assert memory.recall(KEY) is None
    memory.close()


def test_a_file_that_is_no_ledger_is_a_sentence(tmp_path):
    (tmp_path / "ledger.sqlite").write_text("hello, this is no database at all")
    with pytest.raises(ConfigurationError, match=r"is damaged .* Put it back from a backup"):
        Memory(tmp_path)


def test_waiting_records_come_back_in_order_and_exact(tmp_path):
    spool = Spool(tmp_path)
    arrivals = [Arrival("Bills", place, {"amount": Decimal("0.10"), "text": "é\n"}) for place in (3, 9)]
    for arrival in arrivals:
        spool.add(arrival)
    assert list(spool.take()) == [replace(arrival, has_waited=True) for arrival in arrivals]
    assert list(spool.take()) == []
    assert not list(tmp_path.iterdir())


def test_a_record_may_go_on_waiting_while_others_are_taken():
    spool = Spool(None)
    for place in (1, 2):
        spool.add(Arrival("Bills", place, {}))
    for arrival in spool.take():
        spool.add(arrival)
    assert [arrival.position for arrival in spool.take()] == [1, 2]


@given(st.lists(st.sampled_from(["record", "state"]), max_size=30), st.randoms(use_true_random=False))
def test_no_state_passes_a_record_without_an_outcome(messages, random):
    held, position, written = HeldStates(), 0, []
    for message in messages:
        if message == "record":
            position += 1
            held.begin(position)
        else:
            held.hold(position, position)
        if held.open and random.random() < 0.5:
            held.end(random.choice(sorted(held.open)))
        state = held.released()
        if state is not None:
            assert not any(each <= state for each in held.open)
            written.append(state)
    assert written == sorted(written)


class Uncounted(set):
    """A set that nobody walks through."""

    def __iter__(self):
        raise AssertionError("all open records were walked through")


@pytest.mark.fault("W23")
def test_releasing_a_state_costs_the_same_however_many_records_are_open():
    held = HeldStates(open=Uncounted())
    for position in range(1, 1001):
        held.begin(position)
        held.hold(position, position)
        assert held.released() is None
    for position in range(1000, 1, -1):
        held.end(position)
    assert held.released() is None
    held.end(1)
    assert held.released() == 1000


def test_of_states_that_nothing_came_between_one_is_kept():
    held = HeldStates()
    held.begin(1)
    for value in range(1000):
        held.hold(1, value)
    assert len(held.states) == 1
    held.end(1)
    assert held.released() == 999


@pytest.mark.fault("W23")
def test_a_job_s_output_grows_with_its_records_and_not_with_their_square():
    state, written, last = JobState(), 0, 0
    for position in range(1, 5001):
        state.add(Outcome("Vendors", position, "created", "vendors", external_id=str(position), hash="h" * 64))
        if state.is_due():
            last = position
            written += len(json.dumps(state.to_json()))
        assert 2 * last >= position, "a run that is killed now would leave less than half"
    assert written <= 3 * len(json.dumps(state.to_json()))


def test_outcomes_and_dead_letters_say_when_and_in_which_run(tmp_path):
    moment = datetime(2026, 1, 28, 10, 15, 3, 999999, tzinfo=timezone.utc)
    recorder = Recorder(tmp_path / "o.jsonl", tmp_path / "d.singer", run_id="run-1", now=lambda: moment)
    recorder.record(Outcome("Bills", 1, "rejected", "purchaseInvoices"), {"a": 1})
    recorder.close()
    for name in ("o.jsonl", "d.singer"):
        line = json.loads((tmp_path / name).read_text())
        assert (line["run_id"], line["at"]) == ("run-1", "2026-01-28T10:15:03Z")


def test_each_run_has_an_id_of_its_own_which_its_log_names(pipe, caplog):
    caplog.set_level("INFO")
    ids = [pipe({"Vendors": [{"externalId": "v", "vendorName": "V"}]}).outcomes[0]["run_id"] for _ in range(2)]
    assert len(set(ids)) == 2
    assert all(each in caplog.text for each in ids)


def test_dead_letters_are_a_singer_file(tmp_path):
    recorder = Recorder(tmp_path / "o.jsonl", tmp_path / "d.singer")
    recorder.describe(
        "Bills", {"type": "SCHEMA", "stream": "Bills", "schema": {"properties": {}}, "key_properties": []}
    )
    fault = Fault("map", "billNumber", "too_long", "Too long.")
    for position in (1, 2):
        recorder.record(
            Outcome("Bills", position, "rejected", "purchaseInvoices", faults=(fault,)),
            {"a": Decimal(f"{position}.10")},
        )
    recorder.close()
    lines = [json.loads(line, parse_float=Decimal) for line in (tmp_path / "d.singer").read_text().splitlines()]
    assert [line["type"] for line in lines] == ["SCHEMA", "RECORD", "RECORD"]
    assert lines[1]["record"] == {"a": Decimal("1.10")}
    assert lines[1]["errors"] == [{"stage": "map", "field": "billNumber", "code": "too_long", "message": "Too long."}]
    assert len((tmp_path / "o.jsonl").read_text().splitlines()) == 2


@pytest.mark.parametrize(("kind", "undecided"), [("rejected", True), ("created", False)])
def test_what_was_not_done_for_now_is_undecided(kind, undecided):
    fault = Fault("send", "", "undecided", "Nobody knows.", repeatable=True)
    assert Outcome("Bills", 1, kind, "purchaseInvoices", faults=(fault,)).undecided == undecided
