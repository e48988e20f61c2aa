"""Moments: how they are written, rounded and read, and who moves the clock."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics_bc_emulator.clock import Clock, to_duration
from dynamics_bc_emulator.stamps import from_milliseconds, from_stamp, rounded, to_milliseconds, to_stamp
from dynamics_bc_emulator.values import decode, encode

NEW_YEAR = datetime(2026, 1, 1, tzinfo=timezone.utc)
MILLISECONDS = st.integers(0, 9_000 * 365 * 86_400_000)


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0001-01-01T00:00:00Z"),
        (1, "0001-01-01T00:00:00.001Z"),
        (10, "0001-01-01T00:00:00.01Z"),
        (270, "0001-01-01T00:00:00.27Z"),
        (500, "0001-01-01T00:00:00.5Z"),
        (1_000, "0001-01-01T00:00:01Z"),
        (to_milliseconds(NEW_YEAR), "2026-01-01T00:00:00Z"),
        (to_milliseconds(NEW_YEAR) - 3, "2025-12-31T23:59:59.997Z"),
    ],
)
def test_a_stamp_has_at_most_three_decimals_without_trailing_zeros(milliseconds, text):
    assert to_stamp(milliseconds) == text
    assert from_stamp(text) == milliseconds


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-01-01T00:00:00z", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00Z"),
        ("2026-01-01T01:30:00+01:30", "2026-01-01T00:00:00Z"),
        ("2025-12-31T22:00:00.5-02:00", "2026-01-01T00:00:00.5Z"),
        ("2026-01-01T01:00:00.123+01:00", "2026-01-01T00:00:00.123Z"),
        ("2026-01-01T00:00:00.1239999Z", "2026-01-01T00:00:00.123Z"),
        ("2026-01-01T00:00:00.1Z", "2026-01-01T00:00:00.100Z"),
    ],
)
def test_moments_are_read_in_any_zone_and_cut_to_the_millisecond(text, same):
    assert from_stamp(text) == from_stamp(same)


@pytest.mark.parametrize("text", ["", "soon", "2026-01-01T00:00:00", "2026-01-01T00:00:00.5", "2026-13-01T00:00:00Z"])
def test_what_is_no_moment_with_a_zone_is_an_error(text):
    with pytest.raises(ValueError):
        from_stamp(text)


@given(MILLISECONDS)
def test_a_stamp_is_read_as_it_was_written(milliseconds):
    assert from_stamp(to_stamp(milliseconds)) == milliseconds
    assert to_milliseconds(from_milliseconds(milliseconds)) == milliseconds


@pytest.mark.parametrize(
    ("last", "kept"), [(0, 0), (1, 0), (2, 3), (3, 3), (4, 3), (5, 7), (6, 7), (7, 7), (8, 7), (9, 10)]
)
def test_milliseconds_are_rounded_to_thirds_of_a_hundredth(last, kept):
    assert rounded(1_230 + last) == 1_230 + kept


@given(MILLISECONDS)
def test_a_rounded_stamp_stays_and_is_never_further_than_two_milliseconds(milliseconds):
    assert rounded(rounded(milliseconds)) == rounded(milliseconds)
    assert abs(rounded(milliseconds) - milliseconds) <= 2
    assert rounded(milliseconds) % 10 in {0, 3, 7}


class Machine:
    """A machine whose time a test moves."""

    def __init__(self):
        self.now = NEW_YEAR

    def __call__(self):
        return self.now

    def passes(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def machine():
    return Machine()


def after(seconds, start=NEW_YEAR):
    return start + timedelta(seconds=seconds)


def test_a_clock_runs_with_the_machine(machine):
    clock = Clock(machine=machine)
    machine.passes(5)
    assert clock() == after(5)


def test_a_clock_with_a_start_of_its_own_runs_from_there(machine):
    start = datetime(2020, 1, 1, tzinfo=timezone.utc)
    clock = Clock(start, machine)
    machine.passes(5)
    assert clock() == after(5, start)


def test_a_clock_that_is_set_runs_on_from_there(machine):
    clock = Clock(machine=machine)
    clock.set(after(100))
    machine.passes(5)
    assert clock() == after(105)


def test_a_frozen_clock_stands_until_it_is_set_or_freed(machine):
    clock = Clock(machine=machine)
    machine.passes(5)
    clock.freeze(frozen=True)
    machine.passes(50)
    assert clock() == after(5)
    clock.set(after(100))
    machine.passes(50)
    assert clock() == after(100)
    clock.freeze(frozen=False)
    machine.passes(7)
    assert clock() == after(107)


@pytest.mark.parametrize("frozen", [True, False])
def test_time_passes_at_once_and_backwards_too(machine, frozen):
    clock = Clock(machine=machine)
    clock.freeze(frozen=frozen)
    clock.advance(timedelta(seconds=60))
    clock.advance(timedelta(seconds=-20))
    assert clock() == after(40)


def test_a_reset_clock_is_where_it_began(machine):
    start = datetime(2020, 1, 1, tzinfo=timezone.utc)
    for clock, began in ((Clock(start, machine), start), (Clock(machine=machine), NEW_YEAR)):
        clock.freeze(frozen=True)
        clock.set(after(1_000))
        clock.reset()
        assert clock() == began
        machine.passes(3)
        assert clock() == after(3, began)
        machine.passes(-3)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT1H", 3_600),
        ("PT1M", 60),
        ("PT1S", 1),
        ("PT0.5S", 0.5),
        ("P1D", 86_400),
        ("P90DT0.5S", 90 * 86_400 + 0.5),
        ("P1DT2H3M4S", 86_400 + 2 * 3_600 + 3 * 60 + 4),
        ("-PT1H", -3_600),
        ("PT0S", 0),
    ],
)
def test_a_duration_is_days_hours_minutes_and_seconds(text, seconds):
    assert to_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "P", "-P", "PT", "1H", "PT1", "P1M", "P1Y", "PT1.5H", "PT1H2", "+PT1H", " PT1H"])
def test_what_is_no_duration_is_an_error_that_shows_it(text):
    with pytest.raises(ValueError, match="ISO 8601"):
        to_duration(text)


def test_a_duration_beyond_time_is_an_error():
    with pytest.raises(ValueError, match="longer than time"):
        to_duration(f"P{'9' * 12}D")


@pytest.mark.parametrize("number", ["0.10", "12345678901234567890.123", "1E+3", "-0.00001"])
def test_decimals_go_through_json_with_all_their_digits(number):
    assert encode(decode(number)).decode() == number
