"""Which values of a record are none, although something stands in their place?

Programs that work with tables write NaN where a cell is empty, and JSON libraries pass it on, as a number or as text.
Such a value is none, as if the field were absent: it blanks nothing, names nothing, and is no amount. Infinity is no
value of any field, and no empty cell either: it is a fault. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from types import NoneType
from typing import TYPE_CHECKING, Any

from target_dynamics_bc.kept.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPELLINGS = frozenset({"nan", "NaN", "-nan", "NaT", "<NA>"})
"""How empty cells read as text, in exactly this case: Nan is a name, and NAN may be a code."""


_UNCOUNTED = frozenset({str, int, bool, NoneType})
"""Types of values of which none is infinite."""


def without_missing(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The record without the values that are none; the record itself when it has no such value."""
    return _without(record) if _has_missing(record) else record


def faults_of_numbers(record: Mapping[str, Any]) -> tuple[Fault, ...]:
    """A fault for each number of a record that is infinite."""
    if not _has_infinite(record):
        return ()
    return tuple(
        Fault("map", path, "no_number", f"{path} is infinite; correct the calculation that it comes from.")
        for path in _infinite(record, "")
    )


def _is_missing(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip() in _SPELLINGS
    return value.is_nan() if isinstance(value, Decimal) else isinstance(value, float) and math.isnan(value)


def _has_missing(values: Mapping[str, Any] | list[Any]) -> bool:
    # Every record that comes is looked through, so the usual types are told apart without a call.
    for each in values if type(values) is list else values.values():  # type: ignore[union-attr]
        kind = type(each)
        if kind is str:
            if each.strip() in _SPELLINGS:
                return True
        elif kind is dict or kind is list:
            if _has_missing(each):
                return True
        elif (kind is Decimal and each.is_nan()) or (kind is float and math.isnan(each)):
            return True
    return False


def _has_infinite(values: Mapping[str, Any] | list[Any]) -> bool:
    inside = values if type(values) is list else values.values()  # type: ignore[union-attr]
    if _UNCOUNTED.issuperset(map(type, inside)):
        return False
    for each in inside:
        kind = type(each)
        if kind is dict or kind is list:
            if _has_infinite(each):
                return True
        elif (kind is Decimal and each.is_infinite()) or (kind is float and math.isinf(each)):
            return True
    return False


def _without(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without(each) for name, each in value.items() if not _is_missing(each)}
    return [_without(each) for each in value if not _is_missing(each)] if isinstance(value, list) else value


def _infinite(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _infinite(each, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from _infinite(each, f"{path}[{place}]")
    elif value.is_infinite() if isinstance(value, Decimal) else isinstance(value, float) and math.isinf(value):
        yield path
