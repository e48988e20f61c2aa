"""What outlives a crash, and what waits."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics_bc_client.errors import ConfigurationError
from target_dynamics_bc.faults import Fault
from target_dynamics_bc.ledger import Ledger, UnitKey
from target_dynamics_bc.outcomes import Outcome, Recorder
from target_dynamics_bc.waiting import Arrival, Progress, Spool

KEY = UnitKey("c", "vendors", "external:1")


def test_an_intention_is_there_for_the_next_run(tmp_path):
    first = Ledger(tmp_path)
    first.intend([(KEY, "h1", "POST", "vendors")])
    first.close()
    second = Ledger(tmp_path)
    assert second.unfinished() == 1
    assert second.entry(KEY).finished is False
    second.close()


def test_what_is_finished_stays_known_when_it_is_begun_again(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.finish(KEY, "h1", posted=True, id_="i", number="n", lines={"a": "1"})
    ledger.intend([(KEY, "h2", "PATCH", "vendors(i)")])
    entry = ledger.entry(KEY)
    assert (entry.hash, entry.finished, entry.posted, entry.id, entry.lines) == ("h2", False, True, "i", {"a": "1"})
    ledger.abandon(KEY)
    assert (ledger.entry(KEY).id, ledger.entry(KEY).hash, ledger.unfinished()) == ("i", "", 0)
    ledger.close()


def test_a_refused_unit_that_was_never_written_is_forgotten():
    ledger = Ledger(None)
    numbers = ledger.intend([(KEY, "h1", "POST", "vendors")])
    ledger.note_results([(numbers[0], "failed")])
    ledger.abandon(KEY)
    assert ledger.entry(KEY) is None
    ledger.close()


def test_a_file_that_is_no_ledger_is_a_sentence(tmp_path):
    (tmp_path / "ledger.sqlite").write_text("hello, this is no database at all")
    with pytest.raises(ConfigurationError, match="store_path"):
        Ledger(tmp_path)


def test_waiting_records_come_back_in_order_and_exact(tmp_path):
    spool = Spool(tmp_path)
    arrivals = [Arrival("Bills", place, {"amount": Decimal("0.10"), "text": "é\n"}) for place in (3, 9)]
    for arrival in arrivals:
        spool.add(arrival)
    assert list(spool.take()) == arrivals
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
    progress, position, written = Progress(), 0, []
    for message in messages:
        if message == "record":
            position += 1
            progress.begin(position)
        else:
            progress.hold(position, position)
        if progress.open and random.random() < 0.5:
            progress.end(random.choice(sorted(progress.open)))
        state = progress.released()
        if state is not None:
            assert not any(each <= state for each in progress.open)
            written.append(state)
    assert written == sorted(written)


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
