"""Which periods are reports asked for, by today's date and the setting?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tap_dynamics_bc.reads.conditions import Period
from tap_dynamics_bc.reads.spans import LENGTHS, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_dynamics_bc.streams.reports import Report


@dataclass(frozen=True, slots=True)
class Schedule:
    """The periods that a report is read for.

    Attributes:
        back: How many periods of each length, the running one and those before it, by the length's name.
        between: Further ones.
    """

    back: Mapping[str, int]
    between: tuple[Span, ...] = ()

    def spans(self, today: date) -> tuple[Span, ...]:
        """Its periods as of a day, each once, the earliest first."""
        found = {span for length, count in self.back.items() for span in _last(LENGTHS[length], count, today)}
        return tuple(sorted({*found, *self.between}))


@dataclass(frozen=True, slots=True)
class Schedules:
    """What the setting says.

    Attributes:
        of: The schedules of single reports, by entity set.
        others: That of all others; None when they are read without a period.
    """

    of: Mapping[str, Schedule]
    others: Schedule | None = None

    def schedule(self, report: str) -> Schedule | None:
        """The schedule of a report; None when it is read without a period."""
        return self.of.get(report, self.others)


NO_PERIODS = Schedules({})


def periods(report: Report, schedule: Schedule, today: date) -> tuple[Period, ...]:
    """What a report is asked for, the earliest first; that of a moment once for each last day."""
    spans = schedule.spans(today)
    if report.of_a_moment:
        spans = tuple(Span(day, day) for day in sorted({span.last for span in spans}))
    return tuple(Period(report.asked_by, span, of_a_moment=report.of_a_moment) for span in spans)


def _last(length: Callable[[date], Span], count: int, today: date) -> list[Span]:
    """The last periods of a length, the running one first."""
    spans: list[Span] = []
    day = today
    while len(spans) < count:
        spans.append(length(day))
        if spans[-1].first <= date.min:
            break
        day = spans[-1].first - timedelta(days=1)
    return spans
