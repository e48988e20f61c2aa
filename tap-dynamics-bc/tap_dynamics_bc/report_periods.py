"""What does the setting `report_periods` say?"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from dynamics_bc_plugin import values
from dynamics_bc_plugin.settings import SettingFault
from tap_dynamics_bc.reads.periods import NO_PERIODS, Schedule, Schedules
from tap_dynamics_bc.reads.spans import LENGTHS, Span
from tap_dynamics_bc.streams.reports import REPORTS

MOST_PERIODS = 1_000
"""Periods of one length: each is a request for each company, so that more would be a slip of the pen."""

_BETWEEN = "between"
_PERIODS = (*LENGTHS, _BETWEEN)


def to_schedules(value: Any) -> Schedules:
    """Which reports are read for which periods.

    Args:
        value: Lengths of periods or `between` for all reports, or under a report's name for that one; an object or its
            JSON.

    Raises:
        SettingFault: It is neither.
    """
    if type(value) is int:
        # As HotGlue's tap has it, for reports of its own: a job that comes from there keeps its config.
        return NO_PERIODS
    given = values.json_object(value)
    spelled = {name.casefold(): name for name in (*REPORTS, *_PERIODS)}
    named = {spelled.get(name.casefold(), name): each for name, each in given.items()}
    if unknown := sorted(named.keys() - set(spelled.values())):
        raise SettingFault(
            f'names "{unknown[0]}", which is neither a report nor a kind of period; periods are {", ".join(_PERIODS)}, '
            f"reports are {', '.join(REPORTS)}."
        )
    others = {name: each for name, each in named.items() if name in _PERIODS}
    of = {name: _schedule(name, each) for name, each in named.items() if name in REPORTS}
    return Schedules(of, _schedule("", others) if others else None)


def _schedule(report: str, value: Any) -> Schedule:
    place = f" of {report}" if report else ""
    if not isinstance(value, dict) or not value or value.keys() - set(_PERIODS):
        raise SettingFault(f"needs an object with {', '.join(_PERIODS)} for {report}.")
    back: dict[str, int] = {}
    for length in LENGTHS:
        if length in value:
            try:
                back[length] = values.count(MOST_PERIODS)(value[length])
            except SettingFault as fault:
                raise SettingFault(f'has a wrong "{length}"{place}, which {fault}') from None
    between = value.get(_BETWEEN, [])
    if not isinstance(between, list):
        raise SettingFault(f'needs a list of objects with "from" and "to" as "{_BETWEEN}"{place}.')
    return Schedule(back, tuple(_span(each) for each in between))


def _span(value: Any) -> Span:
    if not isinstance(value, dict) or value.keys() != {"from", "to"}:
        raise SettingFault(f'needs objects with "from" and "to" in "{_BETWEEN}", not {json.dumps(value, default=str)}.')
    try:
        span = Span(date.fromisoformat(value["from"]), date.fromisoformat(value["to"]))
    except (TypeError, ValueError):
        raise SettingFault(f"needs dates such as 2026-01-31, not {json.dumps(value, default=str)}.") from None
    if span.last < span.first:
        raise SettingFault(f"has a period that ends before it begins: {span}.")
    return span
