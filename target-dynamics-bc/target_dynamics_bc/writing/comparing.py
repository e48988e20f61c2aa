"""Do two values of a property mean the same?

Numbers by amount, ids and codes in any case, blanks alike: what a property is says how its values are compared, never
what it is called. Pure.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.odata.values import BLANK_DATE, ZERO_GUID
from target_dynamics_bc.kinds.facts import CENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_dynamics_bc.kinds.facts import EntitySet
    from target_dynamics_bc.wanted.records import Row

_EXACT = frozenset({int, Decimal})


def differences(facts: EntitySet, wanted: Mapping[str, Any], current: Row) -> dict[str, Any]:
    """The wanted properties whose values are not there, in their order."""
    return {name: value for name, value in wanted.items() if not same_value(facts, name, value, current.get(name))}


def same_value(facts: EntitySet, name: str, one: Any, other: Any) -> bool:
    """Whether two values of a property mean the same."""
    if type(one) is type(other) and one == other:
        return True
    if type(one) in _EXACT and type(other) in _EXACT:
        return bool(one == other)
    one, other = _plain(one), _plain(other)
    if isinstance(one, Decimal) or isinstance(other, Decimal):
        return _number(one) == _number(other)
    if one == other:
        return True
    return (
        isinstance(one, str) and isinstance(other, str) and _is_caseless(facts, name) and one.upper() == other.upper()
    )


def same_id(one: Any, other: Any) -> bool:
    """Whether two ids are the same."""
    return str(_plain(one)).lower() == str(_plain(other)).lower()


def is_blank(value: Any) -> bool:
    """Whether a value stands for none: blank text, a blank date, the id of nothing."""
    return bool(_plain(value) == "")


def is_rounded(facts: EntitySet, name: str, sent: Any, found: Any) -> bool:
    """Whether two numbers differ by less than the last decimal that the service keeps of the property."""
    numbers = [_number(_plain(value)) for value in (sent, found)]
    if isinstance(sent, bool) or not isinstance(_plain(sent), Decimal) or None in numbers:
        return False
    one, other = (Decimal(number or 0) for number in numbers)
    known = facts.properties.get(name)
    return abs(one - other) < (known.precision if known is not None else CENT)


def number_in(row: Mapping[str, Any], name: str) -> Decimal:
    """The number that a row has for a property; 0 where it has none."""
    return Decimal(str(row.get(name) or 0))


def _is_caseless(facts: EntitySet, name: str) -> bool:
    known = facts.properties.get(name)
    return known is not None and known.is_caseless


def _plain(value: Any) -> Any:
    if value in {None, "", ZERO_GUID, BLANK_DATE}:
        return ""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return Decimal(str(value))
    return value.strip() if isinstance(value, str) else value


def _number(value: Any) -> Decimal | None:
    """Of two values of which one is a number; a blank counts as zero."""
    try:
        return value if isinstance(value, Decimal) else Decimal(str(value or 0))
    except InvalidOperation:
        return None
