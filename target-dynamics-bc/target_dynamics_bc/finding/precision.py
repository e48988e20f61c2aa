"""With how many decimals is a number written?

The service rounds amounts to the decimals of their currency and other numbers to five, some of them only when it posts.
What is sent is rounded before, in the same way (a half away from zero), so that what comes back is what was sent, and
an entry that would not balance there does not balance here either. Pure.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from target_dynamics_bc.kinds.facts import CENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_dynamics_bc.kinds.facts import EntitySet
    from target_dynamics_bc.wanted.records import Row

_CONTEXT = Context(prec=60, rounding=ROUND_HALF_UP)


def precision_of(currency: Row | None) -> Decimal:
    """The smallest amount of a currency; a hundredth where that is not known."""
    try:
        known = Decimal(str((currency or {}).get("amountRoundingPrecision") or CENT))
    except InvalidOperation:
        return CENT
    return known if known > 0 else CENT


def in_precision(facts: EntitySet, fields: Mapping[str, Any], smallest_amount: Decimal = CENT) -> dict[str, Any]:
    """The values as the service keeps them."""
    return {name: _rounded(facts, name, value, smallest_amount) for name, value in fields.items()}


def rounded(value: Decimal, smallest: Decimal) -> Decimal:
    """A number as a multiple of the smallest one, a half away from zero; as it is where it is one, or too large."""
    try:
        times = _CONTEXT.quantize(_CONTEXT.divide(value, smallest), Decimal(1))
    except InvalidOperation:
        return value
    result = _CONTEXT.multiply(times, smallest)
    return value if result == value else result


def _rounded(facts: EntitySet, name: str, value: Any, smallest_amount: Decimal) -> Any:
    known = facts.properties.get(name) if isinstance(value, Decimal) else None
    if known is None or not known.is_number:
        return value
    return rounded(value, smallest_amount if known.is_amount else known.precision)
