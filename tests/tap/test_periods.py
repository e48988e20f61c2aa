"""Which periods are reports read for?"""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics_bc_client.errors import ConfigurationError
from tap_dynamics_bc.reads.periods import Schedule, periods
from tap_dynamics_bc.reads.spans import LENGTHS, Span
from tap_dynamics_bc.report_periods import MOST_PERIODS
from tap_dynamics_bc.settings import TapSettings
from tap_dynamics_bc.streams.reports import REPORTS

TODAY = date(2026, 5, 17)
Q1 = Span(date(2026, 1, 1), date(2026, 3, 31))


def schedule_of(report: str, setting: object) -> Schedule | None:
    return TapSettings.from_config({"report_periods": setting}).report_periods.schedule(report)


def spans(setting: object, report: str = "incomeStatements") -> list[str]:
    schedule = schedule_of(report, setting)
    assert schedule is not None
    return [str(span) for span in schedule.spans(TODAY)]


def test_without_the_setting_no_report_is_read_by_periods():
    assert all(TapSettings().report_periods.schedule(report) is None for report in REPORTS)


def test_the_running_period_counts_and_goes_to_its_end():
    assert spans({"month": 3}) == ["2026-03-01 to 2026-03-31", "2026-04-01 to 2026-04-30", "2026-05-01 to 2026-05-31"]
    assert spans({"quarter": 2}) == ["2026-01-01 to 2026-03-31", "2026-04-01 to 2026-06-30"]
    assert spans({"year": "1"}) == ["2026-01-01 to 2026-12-31"]
    assert spans({"day": 2}) == ["2026-05-16 to 2026-05-16", "2026-05-17 to 2026-05-17"]


def test_lengths_add_up_and_a_period_that_is_meant_twice_is_read_once():
    setting = {"quarter": 2, "year": 1, "between": [{"from": "2026-01-01", "to": "2026-03-31"}]}
    assert spans(setting) == ["2026-01-01 to 2026-03-31", "2026-01-01 to 2026-12-31", "2026-04-01 to 2026-06-30"]


def test_a_report_may_have_periods_of_its_own():
    setting = {"month": 1, "balancesheets": {"year": 1}}
    assert spans(setting) == ["2026-05-01 to 2026-05-31"]
    assert spans(setting, "balanceSheets") == ["2026-01-01 to 2026-12-31"]
    assert schedule_of("incomeStatements", {"balanceSheets": {"year": 1}}) is None


def test_the_setting_may_be_text():
    assert spans('{"month": 1}') == ["2026-05-01 to 2026-05-31"]


@pytest.mark.parametrize(
    ("setting", "fault"),
    [
        ({"months": 3}, 'names "months", which is neither a report'),
        ({"month": 0}, 'has a wrong "month", which must be a whole number from 1'),
        ({"month": MOST_PERIODS + 1}, 'has a wrong "month"'),
        ({"balanceSheets": {"year": 1.5}}, 'has a wrong "year" of balanceSheets'),
        ({"balanceSheets": 3}, "needs an object with day, month, quarter, year, between for balanceSheets"),
        ({"balanceSheets": {}}, "needs an object with"),
        ({"between": {"from": "2026-01-01", "to": "2026-01-31"}}, "needs a list of objects"),
        ({"between": [{"from": "2026-01-01"}]}, 'needs objects with "from" and "to"'),
        ({"between": [{"from": "2026-01-01", "to": "2026-02-30"}]}, "needs dates such as 2026-01-31"),
        ({"between": [{"from": "2026-01-01", "to": 7}]}, "needs dates such as 2026-01-31"),
        ({"between": [{"from": "2026-02-01", "to": "2026-01-31"}]}, "has a period that ends before it begins"),
        ("monthly", "must be a JSON object"),
        ([1], "must be a JSON object"),
    ],
)
def test_a_wrong_period_is_refused_with_what_is_wrong(setting, fault):
    with pytest.raises(ConfigurationError, match=f"^report_periods {fault}"):
        TapSettings.from_config({"report_periods": setting})


def test_a_report_of_a_period_is_asked_for_its_days():
    (only,) = periods(REPORTS["trialBalances"], Schedule({}, (Q1,)), TODAY)
    assert only.filter == "dateFilter ge 2026-01-01 and dateFilter le 2026-03-31"
    assert str(only) == "from 2026-01-01 to 2026-03-31"


def test_a_report_of_a_moment_is_asked_for_one_day_and_once_for_each():
    schedule = Schedule({}, (Q1, Span(date(2026, 3, 1), date(2026, 3, 31))))
    (only,) = periods(REPORTS["agedAccountsPayables"], schedule, TODAY)
    assert only.filter == "agedAsOfDate eq 2026-03-31"
    assert str(only) == "as of 2026-03-31"


@given(st.sampled_from(sorted(LENGTHS)), st.integers(1, 40), st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_periods_of_a_length_follow_each_other_up_to_today(length, count, today):
    found = Schedule({length: count}).spans(today)
    assert len(found) == count
    assert found[-1].first <= today <= found[-1].last
    assert all((after.first - before.last).days == 1 for before, after in pairwise(found))
