"""Which days are a month, a quarter, a year?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Some days, the first and the last included."""

    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


def _day(day: date) -> Span:
    return Span(day, day)


def _months(count: int) -> Callable[[date], Span]:
    """The period of so many months that a day is in: a year is divided into them."""

    def span(day: date) -> Span:
        first = day.month - (day.month - 1) % count
        following = first + count
        after = date(day.year + following // 13, (following - 1) % 12 + 1, 1)
        return Span(date(day.year, first, 1), after - timedelta(days=1))

    return span


LENGTHS: Mapping[str, Callable[[date], Span]] = {
    "day": _day,
    "month": _months(1),
    "quarter": _months(3),
    "year": _months(12),
}
"""The period of each length that a day is in."""
