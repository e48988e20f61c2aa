"""What of an order's line is to be delivered and invoiced next.

What is left is to be delivered and invoiced, unless the client says less: as in the demo company, where the default is
the remainder. More than is left is refused.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.refusals import refused

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.draft import Draft, PropertyRule

# Properties of what is to be delivered, of what has been, and the verb of it; a set has one of the rows, or none.
_DELIVERIES = (("shipQuantity", "shippedQuantity", "ship"), ("receiveQuantity", "receivedQuantity", "receive"))


def quantity_rules(line_set: str) -> dict[str, PropertyRule]:
    """The rules of the quantities of an order's line; none for lines of other documents."""
    side = {"salesOrderLines": _DELIVERIES[0], "purchaseOrderLines": _DELIVERIES[1]}.get(line_set)
    if side is None:
        return {}
    to_deliver, delivered, act = side

    def set_quantity(draft: Draft, value: Any) -> None:
        done = max(Decimal(draft.row[delivered]), Decimal(draft.row["invoicedQuantity"]))
        if abs(value) < abs(done):
            raise refused(f"The quantity must not be less than the {done} units that are posted already.")
        draft.row["quantity"] = value
        expect_remainder(draft.row)

    def set_to_deliver(draft: Draft, value: Any) -> None:
        _check(value, draft.row["quantity"] - draft.row[delivered], act)
        draft.row[to_deliver] = value
        draft.row["invoiceQuantity"] = draft.row[delivered] + value - draft.row["invoicedQuantity"]

    def set_to_invoice(draft: Draft, value: Any) -> None:
        delivered_then = draft.row[delivered] + draft.row[to_deliver]
        _check(value, delivered_then - draft.row["invoicedQuantity"], "invoice")
        draft.row["invoiceQuantity"] = value

    return {"quantity": set_quantity, to_deliver: set_to_deliver, "invoiceQuantity": set_to_invoice}


def expect_remainder(line: Row) -> None:
    """Let all that is left of a line be delivered and invoiced next."""
    for to_deliver, delivered, _ in _DELIVERIES:
        if to_deliver in line:
            line[to_deliver] = line["quantity"] - line[delivered]
            line["invoiceQuantity"] = line["quantity"] - line["invoicedQuantity"]


def _check(value: Decimal, left: Decimal, act: str) -> None:
    if abs(value) > abs(left) or value * left < 0:
        raise refused(f"You cannot {act} more than {left} units.")
