"""Up to which moment may a run rely on what it reads?"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tap_dynamics_bc.reads.horizon import Horizon

STARTED = datetime(2026, 1, 28, 11, 0, tzinfo=timezone(timedelta(hours=1)))
MINUTE = timedelta(minutes=1)


def horizon(**changes: Any) -> Horizon:
    values = {"now": STARTED, "lookback": 30 * MINUTE, "commit_delay": MINUTE, **changes}
    return Horizon.of(STARTED, **values)


def test_bookmarks_stay_behind_the_longest_transaction_and_a_copy_that_lags() -> None:
    assert horizon().ceiling == "2026-01-28T09:25:00.000Z"


def test_entries_of_ledgers_are_read_up_to_the_commit_delay() -> None:
    assert horizon().certain == "2026-01-28T09:59:00.000Z"


def test_no_bookmark_passes_what_ledgers_were_read_up_to() -> None:
    assert horizon(commit_delay=60 * MINUTE).ceiling == "2026-01-28T09:00:00.000Z"


def test_a_bookmark_may_be_as_far_ahead_as_clocks_are_apart() -> None:
    assert horizon().future == "2026-01-28T10:05:00.000Z"


@pytest.mark.parametrize("minutes", [-90, -5, 0, 60 * 24 * 365])
def test_the_services_clock_counts_while_ours_may_be_right(minutes: int) -> None:
    """`minutes`: how far ours is ahead."""
    if minutes < -5:
        assert horizon(now=STARTED + minutes * MINUTE).ahead == -minutes * MINUTE
    else:
        assert horizon(now=STARTED + minutes * MINUTE) == horizon()


def test_a_clock_of_the_service_that_is_far_ahead_does_not_take_the_look_back_away() -> None:
    far = horizon(now=STARTED - timedelta(days=1))
    assert far.ceiling == "2026-01-27T09:30:00.000Z"
    assert far.certain == horizon().certain
    assert far.ahead == timedelta(days=1)
