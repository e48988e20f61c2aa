"""Which day does a date formula of Business Central lead to? Pure."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

_TERM = re.compile(r"([+-]?)(?:(\d+)|C)([DWMQY])", re.ASCII)
_FORMULA = re.compile(r"(?:[+-]?(?:\d+|C)[DWMQY])*", re.ASCII)
_MONTHS = {"M": 1, "Q": 3, "Y": 12}


def last_day(formula: str, start: date) -> date | None:
    """The date that a date formula leads to, such as `8D` or `CM+10D`; None for one that is not understood."""
    text = formula.upper().replace(" ", "")
    if not _FORMULA.fullmatch(text):
        return None
    try:
        for sign, count, unit in _TERM.findall(text):
            if count:
                start = _later(start, int(count) * (-1 if sign == "-" else 1), unit)
            elif sign == "-":
                return None
            else:
                start = _end_of(start, unit)
    except (ValueError, OverflowError):
        return None
    return start


def _later(start: date, count: int, unit: str) -> date:
    if unit in "DW":
        return start + timedelta(days=count * (7 if unit == "W" else 1))
    months = start.year * 12 + start.month - 1 + count * _MONTHS[unit]
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))


def _end_of(start: date, unit: str) -> date:
    """The end of the current day, week, month, quarter or year."""
    if unit in "DW":
        return start if unit == "D" else start + timedelta(days=6 - start.weekday())
    months = _MONTHS[unit]
    month = (start.month - 1) // months * months + months
    return date(start.year, month, monthrange(start.year, month)[1])
