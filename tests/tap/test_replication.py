"""How are changed rows found again by moments, days, row versions and numbers?"""

from __future__ import annotations

import json
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics_bc_client.errors import ConfigurationError
from tap_dynamics_bc.reads.bookmarks import Bookmarks, Partition
from tap_dynamics_bc.streams.replication import WHOLE, Day, Moment, Number, RowVersion, Seen, Start, earliest

VERSION, NUMBER, DAY = RowVersion("systemRowVersion"), Number("entryNo"), Day("postingDate")
MOVEMENTS = Partition("movements", VERSION, "aaaa")


def at(minutes: int) -> str:
    return f"2026-01-28T{minutes // 60:02d}:{minutes % 60:02d}:00.000Z"


@pytest.mark.parametrize(
    ("replication", "start", "filter_"),
    [
        (Moment("m"), Start("2026-01-20T08:00:00.000Z"), "x ge 2026-01-20T08:00:00.000Z"),
        (DAY, Start("2026-01-20"), "x ge 2026-01-20"),
        (DAY, DAY.first("2026-01-20T00:00:00.000Z"), "x ge 2026-01-20 or x eq 0001-01-01"),
        (VERSION, Start(4711), "x ge 4711"),
        (NUMBER, Start(4711), "x ge 4711"),
        (NUMBER, NUMBER.first("2026-01-20T00:00:00.000Z"), ""),
        (WHOLE, WHOLE.first("2026-01-20T00:00:00.000Z"), ""),
    ],
)
def test_each_way_has_a_filter_of_its_own(replication, start, filter_):
    assert replication.lower_bound("x", start) == filter_


@pytest.mark.parametrize("replication", [VERSION, NUMBER])
def test_the_highest_count_of_a_read_is_no_bookmark_yet(replication):
    assert replication.cap(900, at(60)) is None
    assert replication.remaining(900, at(60), at(91)) == Seen(900, at(91))


@pytest.mark.parametrize("replication", [VERSION, NUMBER])
def test_it_becomes_one_with_a_run_that_begins_the_lookback_later(replication):
    seen = Seen(900, at(91))
    assert replication.cap(950, at(90), seen) is None
    assert replication.remaining(950, at(90), at(121), seen) == seen
    assert replication.cap(950, at(91), seen) == 900
    assert replication.remaining(950, at(91), at(122), seen) == Seen(950, at(122))


def test_a_count_that_waits_is_kept_in_the_state_beside_the_bookmark():
    first = Bookmarks({})
    first.advance(MOVEMENTS, highest=900, ceiling=at(60), read_at=at(91))
    state = json.loads(json.dumps(first.to_state()))
    assert state["movements"]["partitions"] == [
        {
            "context": {"company_id": "aaaa"},
            "replication_key": "systemRowVersion",
            "seen": {"value": 900, "at": at(91)},
        }
    ]
    second = Bookmarks(state)
    assert second.start(MOVEMENTS) == Start()
    second.advance(MOVEMENTS, highest=950, ceiling=at(91), read_at=at(122))
    assert Bookmarks(second.to_state()).start(MOVEMENTS) == Start(900)


def test_counts_compare_as_numbers():
    bookmarks = Bookmarks({})
    bookmarks.advance(MOVEMENTS, highest=999, ceiling=at(0), read_at=at(1))
    bookmarks.advance(MOVEMENTS, highest=1000, ceiling=at(10), read_at=at(11))
    bookmarks.advance(MOVEMENTS, highest=1001, ceiling=at(20), read_at=at(21))
    assert bookmarks.start(MOVEMENTS) == Start(1000)
    assert earliest([Start(1000), Start(999)]) == Start(999)


@pytest.mark.parametrize("highest", [None, 42])
def test_a_count_that_was_set_back_is_read_from_the_beginning(highest, caplog):
    bookmarks = Bookmarks({})
    for run in range(3):
        bookmarks.advance(MOVEMENTS, highest=900, ceiling=at(60 * run), read_at=at(60 * run + 1))
    assert bookmarks.start(MOVEMENTS) == Start(900)
    bookmarks.advance(MOVEMENTS, highest=highest, ceiling=at(240), read_at=at(241))
    assert bookmarks.start(MOVEMENTS) == Start()
    assert "No row of movements has the systemRowVersion of its bookmark" in caplog.text
    assert bookmarks.to_state()["movements"]["partitions"] == [{"context": {"company_id": "aaaa"}}]


def test_what_waits_does_not_pass_what_a_later_read_found():
    assert VERSION.cap(700, at(91), Seen(900, at(91))) == 700
    assert VERSION.cap(None, at(91), Seen(900, at(91))) is None


@given(st.data())
def test_a_row_that_is_committed_late_is_read_whatever_its_version(data):
    """Writers take a version and commit up to 30 minutes later; runs come when they come."""
    moments = data.draw(st.lists(st.integers(0, 600), min_size=1, max_size=25).map(sorted))
    durations = data.draw(st.lists(st.integers(0, 29), min_size=len(moments), max_size=len(moments)))
    runs = sorted({*data.draw(st.lists(st.integers(0, 700), max_size=12)), 700, 900})
    rows = [(version, began + lasted) for version, began, lasted in zip(count(1), moments, durations, strict=False)]
    state, found = {}, set()
    for run in runs:
        bookmarks = Bookmarks(json.loads(json.dumps(state)))
        start = bookmarks.start(MOVEMENTS)
        read = {version for version, seen in rows if seen <= run and (start.at is None or version >= start.at)}
        found |= read
        ceiling = at(max(run - 30, 0))
        bookmarks.advance(MOVEMENTS, highest=max(read, default=None), ceiling=ceiling, read_at=at(run))
        state = bookmarks.to_state()
    assert found == {version for version, _ in rows}


@pytest.mark.parametrize(
    ("highest", "ceiling", "bookmark"),
    [
        ("2026-01-20", "2026-01-28T09:30:00.000Z", "2026-01-20"),
        ("2026-01-28", "2026-01-28T09:30:00.000Z", "2026-01-26"),
        ("2031-12-31", "2026-01-28T09:30:00.000Z", "2026-01-26"),
        ("0001-01-01", "2026-01-28T09:30:00.000Z", "2026-01-26"),
        (None, "2026-01-28T09:30:00.000Z", None),
    ],
)
def test_a_day_is_over_once_it_is_over_everywhere(highest, ceiling, bookmark):
    assert DAY.cap(highest, ceiling) == bookmark


def test_days_and_counts_come_back_from_a_state_as_they_were():
    days, numbers = Partition("entries", DAY, "aaaa"), Partition("entries", NUMBER, "bbbb")

    def entry(partition, value):
        return {
            "context": partition.context,
            "replication_key": partition.replication.key,
            "replication_key_value": value,
        }

    partitions = [entry(days, "2026-01-20"), entry(numbers, 17)]
    given = {"entries": {"partitions": partitions}}
    bookmarks = Bookmarks(given)
    assert bookmarks.start(days) == Start("2026-01-20")
    assert bookmarks.start(numbers) == Start(17)


@pytest.mark.parametrize(("replication", "value"), [(NUMBER, "2026-01-20T08:00:00Z"), (DAY, 17), (Moment("m"), 17)])
def test_a_bookmark_of_another_kind_is_refused_with_a_way_out(replication, value):
    entry = {
        "context": {"company_id": "aaaa"},
        "replication_key": replication.key,
        "replication_key_value": value,
    }
    bookmarks = Bookmarks({"entries": {"partitions": [entry]}})
    with pytest.raises(ConfigurationError, match=r'bookmark of "entries" must be.*without --state'):
        bookmarks.start(Partition("entries", replication, "aaaa"))
