"""The switches: what can be set, and what a value that fits none is told."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from dynamics_bc_emulator.switches import Switches


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("retry_after_on_429", 7),
        ("retry_after_on_503", 0),
        ("retry_after_on_503", 366 * 86_400),
        ("in_filter", "ignore"),
        ("in_filter", "refuse"),
        ("or_on_distinct_fields_status", 501),
        ("or_on_distinct_fields_code", "BadRequest"),
        ("duplicate_key_status", 409),
        ("duplicate_key_status", 599),
        ("entity_changed_status", 400),
        ("replica_lag_seconds", 2.5),
        ("replica_lag_seconds", 3),
        ("flat_parent_reads", "allow"),
        ("count_batch_operations", True),
        ("environments_need_consent", True),
    ],
)
def test_a_switch_is_set_and_the_others_stay(name, value):
    before = Switches()
    after = before.changed({name: value})
    assert asdict(after) == {**asdict(before), name: value}
    assert before == Switches()


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("in_filters", "ignore", "there is no switch in_filters; the switches are retry_after_on_429, "),
        ("in_filter", "drop", "switch in_filter is refuse or ignore, not 'drop'"),
        ("flat_parent_reads", "ignore", "switch flat_parent_reads is refuse or allow, not 'ignore'"),
        ("in_filter", True, "switch in_filter takes a str, not True"),
        ("count_batch_operations", 1, "switch count_batch_operations takes a bool, not 1"),
        ("count_batch_operations", "yes", "switch count_batch_operations takes a bool, not 'yes'"),
        ("retry_after_on_429", True, "switch retry_after_on_429 takes a int, not True"),
        ("retry_after_on_429", 1.5, "switch retry_after_on_429 takes a int, not 1.5"),
        ("retry_after_on_429", -1, "switch retry_after_on_429 is a number of seconds up to a year, not -1"),
        ("replica_lag_seconds", 366 * 86_400 + 1, "switch replica_lag_seconds is a number of seconds up to a year"),
        ("replica_lag_seconds", False, "switch replica_lag_seconds takes a float, not False"),
        ("duplicate_key_status", 399, "switch duplicate_key_status is a status from 400 to 599, not 399"),
        ("entity_changed_status", 600, "switch entity_changed_status is a status from 400 to 599, not 600"),
        ("or_on_distinct_fields_status", 200, "switch or_on_distinct_fields_status is a status from 400 to 599"),
    ],
)
def test_what_fits_no_switch_is_an_error_that_says_what_would(name, value, sentence):
    with pytest.raises(ValueError) as caught:
        Switches().changed({name: value})
    assert str(caught.value).startswith(sentence)
