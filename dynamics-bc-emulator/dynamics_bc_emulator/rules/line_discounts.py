"""The discount that a line gets by the line discounts of a customer or a vendor for an item.

Of the rows for the item and the party, or for all parties, the best one counts whose least quantity the line reaches.
A discount that the request states goes before it; another quantity or item looks again.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.rules.amounts import ZERO
from dynamics_bc_emulator.rules.draft import Rules, in_turn

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.document_kinds import DocumentKind
    from dynamics_bc_emulator.rules.draft import Draft

_TABLE = "_lineDiscounts"
# Properties by which a request states a line's discount.
_STATED = frozenset({"discountPercent", "discountAmount", "amountExcludingTax", "amountIncludingTax"})


def with_line_discounts(kind: DocumentKind, rules: Rules) -> Rules:
    """The rules of a kind's lines, with the discounts of the table before them."""

    def discount(draft: Draft) -> None:
        row = draft.row
        looks = draft.stored is None or draft.has_changed("quantity", "itemId")
        if row["lineType"] != "Item" or not looks or _STATED & set(draft.given):
            return
        header = draft.company.get(kind.headers, row["documentId"])
        rows = draft.company.find(_TABLE, party=kind.party.caption, itemNumber=row["lineObjectNumber"])
        if header and rows:
            row["discountPercent"] = _best(rows, header[kind.party.number_name], Decimal(row["quantity"]))

    return replace(rules, insert=in_turn(discount, rules.insert), modify=in_turn(discount, rules.modify))


def _best(rows: list[Row], number: str, quantity: Decimal) -> Decimal:
    reached = [row for row in rows if row["number"] in ("", number) and row["minimumQuantity"] <= quantity]
    return max((Decimal(row["discountPercent"]) for row in reached), default=ZERO)
