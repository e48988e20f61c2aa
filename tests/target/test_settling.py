"""What a record's outcome sets free."""

from __future__ import annotations

from types import SimpleNamespace

from target_dynamics_bc.settling import Settling


def test_a_dead_letter_that_is_no_object_settles_no_record_of_the_input():
    outcomes, states = [], []
    recorder = SimpleNamespace(flush=lambda: None, record=lambda outcome, _: outcomes.append(outcome))
    account = SimpleNamespace(add_outcomes=lambda *_: None)
    settling = Settling(recorder, account, states.append, {})
    assert settling.begin() == 1
    settling.hold({"bookmark": 1})
    settling.reject_shapeless("Bills", [1, 2], of_the_input=False)
    settling.release()
    assert [(outcome.position, outcome.kind) for outcome in outcomes] == [(0, "rejected")]
    assert states == [], "the first record has no outcome yet"
