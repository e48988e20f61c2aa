"""Which line of a posted document is the one that Business Central rounds its total with? Pure.

Where a company rounds invoices, posting adds a line of less than one unit of the currency, which brings the total to a
round amount. Drafts have none, and no property tells it from a line of somebody's; so it is known by all of that.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from target_dynamics_bc.writing.comparing import number_in
from target_dynamics_bc.writing.documents.document import Document

if TYPE_CHECKING:
    from target_dynamics_bc.wanted.records import Row

_STEPS = tuple(Decimal(step) for step in ("0.05", "0.1", "0.2", "0.25", "0.5", "1"))
"""What totals are rounded to, as coins are."""
_TOTALS = {
    "totalAmountIncludingTax": "amountIncludingTax",
    "totalAmountExcludingTax": "amountExcludingTax",
    "totalTaxAmount": "totalTaxAmount",
}


def as_it_was_drafted(document: Document) -> Document:
    """A posted document without the line that rounds it, if it has one."""
    if (rounding := _rounding(document)) is None:
        return document
    row = dict(document.row)
    row[document.unit.kind.lines_name] = [line for line in document.lines if line is not rounding]
    for total, amount in _TOTALS.items():
        if row.get(total) is not None:
            row[total] = number_in(row, total) - number_in(rounding, amount)
    surplus = tuple(line for line in document.alignment.surplus if line is not rounding)
    return Document(document.unit, row, replace(document.alignment, surplus=surplus))


def is_rounding(amount: Decimal, total: Decimal) -> bool:
    """Whether an amount may be what has rounded a gross total."""
    return any(abs(amount) < step and total % step == 0 for step in _STEPS)


def _rounding(document: Document) -> Row | None:
    ours = {id(row) for row in document.alignment.rows if row is not None}
    last = max(document.lines, key=lambda line: number_in(line, "sequence"), default=None)
    if last is None or id(last) in ours or last.get("lineType") != "Account" or number_in(last, "quantity") != 1:
        return None
    amount, total = number_in(last, "amountIncludingTax"), number_in(document.row, "totalAmountIncludingTax")
    return last if amount and is_rounding(amount, total) else None
