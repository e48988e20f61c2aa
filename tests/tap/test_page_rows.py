"""A run begins with pages of the size that worked the last time, and comes back to the usual size."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tap.desk_runs import DeskRun, run_at
from tap.desk_service import Asked, DeskService, Fault, refusal
from tap.test_plans import reads

from tap_dynamics_bc.reads.bookmarks import Bookmarks
from tap_dynamics_bc.reads.page_rows import begin_with, keep

TIMED_OUT = refusal(504, "", "Gateway time-out.")


def size(asked: Asked) -> int:
    return int(re.findall(r"maxpagesize=(\d+)", asked.headers["prefer"])[0])


def sizes(service: DeskService, name: str) -> list[int]:
    return [size(each) for each in service.set_asked(name)]


def slow_above(rows: int, name: str):
    def before(asked: Asked) -> Fault | None:
        return TIMED_OUT if f"/{name}" in asked.path and size(asked) > rows else None

    return before


def run(service: DeskService, state: Any = None, **config: Any) -> DeskRun:
    service.asked.clear()
    return run_at(service, service.config(**config), select=["customers"], state=state)  # type: ignore[arg-type]


def kept(outcome: DeskRun) -> Any:
    (entry,) = outcome.state["bookmarks"]["customers"]["partitions"]
    return entry.get("page_rows")


@pytest.fixture
def service() -> DeskService:
    return DeskService()


def test_a_run_whose_pages_are_as_usual_keeps_nothing(service):
    assert kept(run(service)) is None


def test_the_next_run_begins_with_the_size_that_worked(service):
    service.before = slow_above(5000, "customers")
    first = run(service)
    assert sizes(service, "customers") == [20_000, 10_000, 5000]
    assert kept(first) == 5000
    run(service, state=first.state)
    assert sizes(service, "customers")[0] == 5000


def test_one_bad_night_does_not_mean_small_pages_for_ever(service):
    service.before = slow_above(10, "customers")
    outcome = run(service)
    assert kept(outcome) in range(9, 20)
    service.before = lambda _: None
    nights = 0
    while kept(outcome) is not None:
        before = kept(outcome)
        outcome = run(service, state=outcome.state)
        assert sizes(service, "customers") == [before] * len(sizes(service, "customers"))
        assert kept(outcome) is None or before < kept(outcome) <= before * 1.25 + 1
        nights += 1
    assert nights < 50
    run(service, state=outcome.state)
    assert sizes(service, "customers") == [20_000]


def test_a_size_that_is_asked_for_is_never_exceeded(service):
    service.before = slow_above(5000, "customers")
    first = run(service)
    run(service, state=first.state, page_size=100)
    assert set(sizes(service, "customers")) == {100}


(READ,) = reads("customers", "customers")


@pytest.mark.parametrize("rows", ["100", 0, -5, True, 1.5, [10], 20_000, 50_000])
def test_what_is_no_smaller_size_in_a_state_is_not_used(rows):
    bookmarks = Bookmarks({})
    partition = READ.advances[()].partition
    bookmarks.remember(partition, "page_rows", rows)
    assert begin_with(READ, bookmarks) is READ


def test_a_read_without_pages_keeps_what_there_was():
    bookmarks = Bookmarks({})
    bookmarks.remember(READ.advances[()].partition, "page_rows", 50)
    keep(begin_with(READ, bookmarks), bookmarks, None)
    assert bookmarks.remembered(READ.advances[()].partition, "page_rows") == 50
