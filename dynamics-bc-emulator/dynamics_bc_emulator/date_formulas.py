"""What date a date formula such as `CM`, `14D` or `1M+5D` leads to."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

_TERM = re.compile(r"([+-]?)(?:(\d+)([DWMQY])|C([DWMQY]))", re.ASCII)
_FORMULA = re.compile(r"(?:[+-]?(?:\d+[DWMQY]|C[DWMQY]))*", re.ASCII)


def is_formula(text: str) -> bool:
    """Whether a text is a date formula; the blank one is."""
    return _FORMULA.fullmatch(text.upper().replace(" ", "")) is not None


def date_after(formula: str, start: date) -> date:
    """The date that a formula leads to.

    Args:
        formula: Terms of a number and a unit (`D`, `W`, `M`, `Q`, `Y`), or `C` and a unit: the end of the current one.
        start: Where counting begins.

    Raises:
        ValueError: The text is no date formula.
    """
    text = formula.upper().replace(" ", "")
    if not is_formula(text):
        raise ValueError(f"{formula!r} is no date formula")
    for sign, count, unit, current in _TERM.findall(text):
        start = (
            _end_of(current, start, sign == "-")
            if current
            else _moved(start, -int(count) if sign == "-" else int(count), unit)
        )
    return start


def _moved(start: date, count: int, unit: str) -> date:
    if unit in "DW":
        return start + timedelta(days=count * (7 if unit == "W" else 1))
    months = start.year * 12 + start.month - 1 + count * {"M": 1, "Q": 3, "Y": 12}[unit]
    year, month = divmod(months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def _end_of(unit: str, start: date, first: bool) -> date:
    if unit == "D":
        return start
    if unit == "W":
        return start - timedelta(days=start.weekday()) if first else start + timedelta(days=6 - start.weekday())
    length = {"M": 1, "Q": 3, "Y": 12}[unit]
    month = (start.month - 1) // length * length + 1
    begin = date(start.year, month, 1)
    return begin if first else _moved(begin, length, "M") - timedelta(days=1)
