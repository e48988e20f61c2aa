"""What does a record come to by what is sent, before the service has calculated anything? Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_dynamics_bc.writing.comparing import number_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_dynamics_bc.kinds.kind import Child
    from target_dynamics_bc.writing.unit import Unit

_DISCOUNT = "discountAmount"


def foreseen_amount(child: Child, line: Mapping[str, Any]) -> Decimal | None:
    """What a line comes to by what is sent: quantity times price, less its discount; None if it leaves that open."""
    prices = [line[name] for name in child.prices if name in line]
    if not prices or line.get("quantity") is None or prices[0] is None:
        return None
    return Decimal(str(line["quantity"])) * Decimal(str(prices[0])) - number_in(line, _DISCOUNT)


def foreseen_total(unit: Unit) -> Decimal | None:
    """What a record comes to by what is sent: lines less their discounts, or the debits of an entry, before tax.

    None for what has no amounts, and where a line leaves its price to the service.
    """
    child, lines = unit.kind.lines, unit.resolved.lines
    if child is None or not lines:
        return None
    if not child.recalculated:
        amounts = [Decimal(str(line.fields["amount"])) for line in lines if line.fields.get("amount") is not None]
        return sum((amount for amount in amounts if amount > 0), Decimal(0))
    total = Decimal(0)
    for line in lines:
        type_ = child.type_of(line.kind)
        foreseen = foreseen_amount(child, line.fields)
        if foreseen is None and (type_ is None or type_.object):
            return None
        total += foreseen or 0
    return total
