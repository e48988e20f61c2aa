"""Where is a large set cut?"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics_bc_client.odata.query import stamp_literal
from tap_dynamics_bc.reads import windows as windows_module
from tap_dynamics_bc.reads.windows import Cuttable, Window, cut
from tap_dynamics_bc.streams.replication import FROM_THE_BEGINNING, Start

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BLANK = "0001-01-01T00:00:00.000Z"
CEILING = "2026-01-28T09:25:00.000Z"
BEGAN = datetime(2020, 1, 1, tzinfo=timezone.utc)
Row = tuple[str, int]
"""Stamp and number of an entry."""


OPERATORS = {"ge": ">=", "lt": "<", "eq": "=="}


@cache
def predicate(filter_: str) -> Callable[[str, int], bool]:
    """An OData filter of comparisons, `and`, `or` and parentheses, as a function of stamp and number."""

    def compare(match: re.Match[str]) -> str:
        name, operator, literal = match.groups()
        if name == "stamp":
            literal = repr(literal if "." in literal else literal.replace("Z", ".000Z"))
        return f"({name} {OPERATORS[operator]} {literal})"

    text = re.sub(r"(\w+) (ge|lt|eq) ([\w:.-]+)", compare, filter_)
    return eval(f"lambda stamp, number: {text or True}")  # type: ignore[no-any-return]


def holds(filter_: str, row: Row) -> bool:
    return predicate(filter_)(*row)


class Service:
    """Counts the rows of filters, and how often it is asked."""

    def __init__(self, rows: Sequence[Row], missing: int = 0) -> None:
        self.rows = rows
        self.missing = missing
        self.asked: list[int] = []

    def __call__(self, filters: Sequence[str]) -> list[int]:
        self.asked.append(len(filters))
        found = [sum(holds(each, row) for row in self.rows) for each in filters]
        found[0] += self.missing if len(self.asked) == 1 else 0
        return found


def cuttable(
    start: Start = FROM_THE_BEGINNING, before: str | None = None, number: str | None = None, page_rows: int = 20
) -> Cuttable:
    since = "" if start.at is None else f"stamp ge {start.at}" + (f" or stamp eq {BLANK}" if start.with_blank else "")
    until = f"stamp lt {before}" if before else ""
    both = f"({since}) and {until}" if since and until else since or until
    return Cuttable(both, "stamp", start, before, number, page_rows)


def stamps(number: int, step: timedelta = timedelta(hours=7)) -> list[Row]:
    return [(stamp_literal(BEGAN + place * step), place + 1) for place in range(number)]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows_module, "LARGE_ROWS", 100)


def members(found: Sequence[Window], rows: Sequence[Row]) -> list[list[Row]]:
    return [[row for row in rows if holds(window.filter, row)] for window in found]


def test_windows_are_pages_in_the_order_of_time() -> None:
    rows = stamps(500)
    found = cut(cuttable(), CEILING, Service(rows))
    held = members(found, rows)
    assert [row for each in held for row in each] == rows
    assert all(len(each) <= 20 for each in held)
    assert len(found) <= 60
    assert [each.until for each in found] == [*sorted(each.until for each in found[:-1] if each.until), None]
    assert not any(each.held for each in found)


def test_a_bookmark_of_a_window_lies_behind_its_rows_and_not_behind_those_of_the_next() -> None:
    rows = stamps(500)
    found = cut(cuttable(), CEILING, Service(rows))
    for window, held, following in zip(found, members(found, rows), members(found, rows)[1:], strict=False):
        assert window.until is not None
        assert all(stamp < window.until for stamp, _ in held)
        assert all(stamp >= window.until for stamp, _ in following)


def test_a_small_set_is_not_cut_and_asked_for_once() -> None:
    service = Service(stamps(99))
    assert cut(cuttable(), CEILING, service) == []
    assert len(service.asked) == 1


def test_borders_cost_few_counts() -> None:
    """About two for each border, in a handful of requests."""
    service = Service(stamps(1000))
    found = cut(cuttable(), CEILING, service)
    assert len(service.asked) <= 5
    assert sum(service.asked) <= 4 * len(found) + 40


def test_a_night_in_which_everything_was_written_is_cut_too() -> None:
    service = Service(stamps(500, step=timedelta(milliseconds=40)))
    found = cut(cuttable(), CEILING, service)
    assert max(len(each) for each in members(found, service.rows)) <= 20
    assert len(service.asked) <= 9


def test_rows_without_a_stamp_belong_to_the_first_window() -> None:
    rows = [(BLANK, 0)] * 7 + stamps(200)
    found = cut(cuttable(), CEILING, Service(rows))
    assert members(found, rows)[0][:7] == [(BLANK, 0)] * 7
    assert sum(len(each) for each in members(found, rows)) == 207


def test_rows_of_one_stamp_are_one_window_where_nothing_else_tells_them_apart() -> None:
    rows = [(stamp_literal(BEGAN), number) for number in range(150)] + stamps(100)[1:]
    found = cut(cuttable(), CEILING, Service(rows))
    assert next(len(each) for each in members(found, rows)) == 150
    assert not any(each.held for each in found)


@pytest.mark.parametrize("stamp", [stamp_literal(BEGAN), BLANK])
def test_rows_of_one_stamp_are_cut_by_the_number_of_the_entry_and_the_bookmark_waits_for_the_last(stamp: str) -> None:
    rows = [(stamp, number) for number in range(150)] + stamps(100)[1:]
    found = cut(cuttable(number="number"), CEILING, Service(rows))
    held = members(found, rows)
    assert sorted(row for each in held for row in each) == sorted(rows)
    assert all(len(each) <= 20 for each in held)
    of_one = [place for place, each in enumerate(held) if any(row[0] == stamp for row in each)]
    assert all(found[place].held and found[place].until is None for place in of_one[:-1])
    assert not found[of_one[-1]].held
    assert found[of_one[-1]].until is not None


def test_a_set_with_rows_that_have_no_value_at_all_is_not_cut() -> None:
    assert cut(cuttable(), CEILING, Service(stamps(500), missing=1)) == []


def test_a_read_that_goes_on_is_cut_from_its_bookmark_on() -> None:
    rows = [*stamps(400), (BLANK, 0)]
    start = Start(rows[100][0])
    found = cut(cuttable(start), CEILING, Service(rows))
    assert [row for each in members(found, rows) for row in each] == rows[100:-1]


def test_a_read_from_a_date_on_has_the_rows_without_a_stamp_first() -> None:
    rows = [*stamps(400), (BLANK, 0)]
    start = Start(rows[100][0], with_blank=True)
    found = cut(cuttable(start), CEILING, Service(rows))
    assert [row for each in members(found, rows) for row in each] == [rows[-1], *rows[100:-1]]
    assert found[0].until == start.at


def test_no_window_ends_behind_the_ceiling_and_the_last_ends_where_ledgers_do() -> None:
    rows = stamps(400)
    ceiling, before = rows[300][0], rows[390][0]
    found = cut(cuttable(before=before), ceiling, Service(rows))
    assert [row for each in members(found, rows) for row in each] == rows[:390]
    assert max(each.until for each in found if each.until) == ceiling
    assert members(found, rows)[-1] == rows[300:390]


def test_a_bookmark_behind_the_ceiling_leaves_nothing_to_cut() -> None:
    service = Service(stamps(500))
    assert cut(cuttable(Start(CEILING)), CEILING, service) == []
    assert service.asked == []


def test_a_very_large_set_has_larger_windows_and_not_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows_module, "MOST_WINDOWS", 10)
    rows = stamps(500)
    found = cut(cuttable(), CEILING, Service(rows))
    assert len(found) <= 25
    assert max(len(each) for each in members(found, rows)) == pytest.approx(50, abs=20)


@given(
    st.lists(
        st.tuples(
            st.one_of(
                st.just(BLANK),
                st.integers(0, 40).map(lambda day: stamp_literal(BEGAN + timedelta(days=day))),
                st.integers(0, 10**11).map(lambda each: stamp_literal(BEGAN + timedelta(milliseconds=each))),
                st.just("2026-01-28T09:26:00.000Z"),
            ),
            st.integers(-3, 10**6),
        ),
        min_size=100,
        max_size=160,
    ),
    st.integers(1, 60),
    st.sampled_from([None, "number"]),
    st.sampled_from([FROM_THE_BEGINNING, Start("2020-01-20T00:00:00.000Z"), Start("2020-01-20T00:00:00.000Z", True)]),
)
def test_every_row_is_in_one_window_and_behind_no_bookmark_that_was_written_before_it(rows, page_rows, number, start):
    wanted = cuttable(start, number=number, page_rows=page_rows)
    found = cut(wanted, CEILING, Service(rows))
    asked = sorted(row for row in rows if holds(wanted.filter, row))
    if not found:
        assert len(asked) < 100
        return
    held = members(found, rows)
    assert sorted(row for each in held for row in each) == asked
    bookmark = ""
    for window, each in zip(found, held, strict=True):
        assert all(stamp >= bookmark or stamp == BLANK for stamp, _ in each)
        bookmark = window.until or bookmark
        assert bookmark <= CEILING
    assert not found[-1].held
