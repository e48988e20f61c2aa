"""The discount that a document gets by the invoice discounts of who pays it.

The rules are those of codeunits 60 and 70 (Sales-Calc. Discount, Purch.-Calc.Discount): of the rows of the payer's
discount code in the document's currency, the one with the highest minimum that the amount reaches; without one, that of
the local currency. The percentage is rounded for each tax code. A discount that was sent as an amount goes before it.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.rules.amounts import ZERO, to_cents
from dynamics_bc_emulator.rules.exchange import local_factor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.document_kinds import DocumentKind

_SET = "_invoiceDiscounts"
_HUNDRED = Decimal(100)


def invoice_discount(company: Company, kind: DocumentKind, header: Row, lines: Sequence[Row]) -> Decimal:
    """What a document's invoice discount comes to: the amount that was sent for it, or that of the table.

    Args:
        company: Whose table.
        kind: The document's.
        header: The document; its `_invoiceDiscount` is the amount that was sent, None if none was.
        lines: Its lines, calculated but for this discount.
    """
    sent = header.get("_invoiceDiscount")
    if sent is not None:
        return Decimal(sent)
    percent = _percent(company, kind, header, _base(lines))
    by_tax_code: dict[str, Decimal] = defaultdict(Decimal)
    for line in _discounted(lines):
        by_tax_code[line["taxCode"]] += line["amountExcludingTax"]
    return sum((to_cents(amount * percent / _HUNDRED) for amount in by_tax_code.values()), ZERO)


def _discounted(lines: Sequence[Row]) -> list[Row]:
    return [line for line in lines if line["amountExcludingTax"] > 0]


def _base(lines: Sequence[Row]) -> Decimal:
    return sum((line["amountExcludingTax"] for line in _discounted(lines)), ZERO)


def _percent(company: Company, kind: DocumentKind, header: Row, base: Decimal) -> Decimal:
    rows = company.find(_SET, party=kind.party.caption, code=_discount_code(company, kind, header))
    if not rows:
        return ZERO
    currency = str(header.get("currencyCode") or "")
    currency = "" if currency == company.local_currency else currency
    row = _reached(rows, currency, base)
    if row is None and currency:
        factor = local_factor(company, currency, header["postingDate"])
        row = _reached(rows, "", to_cents(base * factor))
    return Decimal(row["discountPercent"]) if row else ZERO


def _discount_code(company: Company, kind: DocumentKind, header: Row) -> str:
    """The payer's code; a new customer's or vendor's is its own number."""
    payer = company.get(kind.party.party_set, header[f"{kind.party.payer}{kind.party.caption}Id"]) or {}
    return str(payer.get("_invoiceDiscountCode") or payer.get("number", ""))


def _reached(rows: Sequence[Row], currency: str, amount: Decimal) -> Row | None:
    reached = [row for row in rows if row["currencyCode"] == currency and row["minimumAmount"] <= amount]
    return max(reached, key=lambda row: Decimal(row["minimumAmount"]), default=None)
