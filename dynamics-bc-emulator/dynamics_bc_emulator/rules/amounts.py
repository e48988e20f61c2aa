"""What a document line and a document come to: discounts, taxes, totals.

Pure decimal arithmetic, rounded half up to cents.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dynamics_bc_emulator.rows.store import Row

ZERO = Decimal(0)
_CENT = Decimal("0.01")
_PERCENT_DIGITS = Decimal("0.00001")
_HUNDRED = Decimal(100)
# Rounding must not fail on what absurd quantities and prices come to.
_WIDE = Context(prec=80)


def to_cents(amount: Decimal) -> Decimal:
    """An amount in whole cents."""
    return amount.quantize(_CENT, ROUND_HALF_UP, _WIDE)


def gross_amount(line: Row, price: str) -> Decimal:
    """Quantity times price.

    Args:
        line: A document line.
        price: The property that holds the price: `unitCost` or `unitPrice`.
    """
    return to_cents(Decimal(line["quantity"]) * Decimal(line[price]))


def set_discount_percent(line: Row, price: str, percent: Decimal) -> None:
    """Set the line discount by percentage; the amount follows."""
    line["discountPercent"] = percent
    line["discountAmount"] = to_cents(gross_amount(line, price) * percent / _HUNDRED)


def set_discount_amount(line: Row, price: str, amount: Decimal) -> None:
    """Set the line discount by amount; the percentage follows."""
    gross = gross_amount(line, price)
    line["discountAmount"] = to_cents(amount)
    percent = amount * _HUNDRED / gross if gross else ZERO
    line["discountPercent"] = percent.quantize(_PERCENT_DIGITS, ROUND_HALF_UP, _WIDE)


def calculate_line(line: Row, price: str, *, includes_tax: bool) -> None:
    """Recalculate what follows from quantity, price, line discount and tax rate.

    Args:
        line: A document line, changed in place.
        price: The property that holds the price.
        includes_tax: Whether the document's prices include tax.
    """
    amount = gross_amount(line, price) - Decimal(line["discountAmount"])
    rate = Decimal(line["taxPercent"]) / _HUNDRED
    if includes_tax:
        line["amountIncludingTax"] = amount
        line["amountExcludingTax"] = to_cents(amount / (1 + rate))
    else:
        line["amountExcludingTax"] = amount
        line["amountIncludingTax"] = amount + to_cents(amount * rate)
    line["totalTaxAmount"] = line["amountIncludingTax"] - line["amountExcludingTax"]
    allocate_invoice_discount(line, ZERO)


def allocate_invoice_discount(line: Row, share: Decimal) -> None:
    """Give a line its share of the invoice discount; the net amounts follow."""
    line["invoiceDiscountAllocation"] = share
    line["netAmount"] = line["amountExcludingTax"] - share
    if share:
        line["netTaxAmount"] = to_cents(line["netAmount"] * Decimal(line["taxPercent"]) / _HUNDRED)
    else:
        line["netTaxAmount"] = line["totalTaxAmount"]
    line["netAmountIncludingTax"] = line["netAmount"] + line["netTaxAmount"]


def shares(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """An amount spread over weights to the cent; the shares add up to it.

    Each share is rounded on the running total, so what rounding leaves over never piles up on one line.
    """
    whole = sum(weights, ZERO)
    given, running, result = ZERO, ZERO, []
    for weight in weights:
        running += weight
        share = to_cents(amount * running / whole) - given if whole else ZERO
        given += share
        result.append(share)
    return result


def discount_base(lines: Iterable[Row]) -> Decimal:
    """What an invoice discount is taken of."""
    return sum((line["amountExcludingTax"] for line in lines if line["amountExcludingTax"] > 0), ZERO)


def spread_invoice_discount(lines: Iterable[Row], discount: Decimal) -> Decimal:
    """Spread an invoice discount over lines by their amounts; at most what there is to discount.

    Returns:
        The discount that was spread.
    """
    counted = [line for line in lines if line["amountExcludingTax"] > 0]
    discount = min(discount, discount_base(counted))
    for line, share in zip(counted, shares(discount, [line["amountExcludingTax"] for line in counted]), strict=True):
        allocate_invoice_discount(line, share)
    return discount


def document_totals(lines: Iterable[Row]) -> Row:
    """The totals that a header shows for its lines."""
    counted = list(lines)
    excluding = sum((Decimal(line["netAmount"]) for line in counted), ZERO)
    tax = sum((Decimal(line["netTaxAmount"]) for line in counted), ZERO)
    return {"totalAmountExcludingTax": excluding, "totalTaxAmount": tax, "totalAmountIncludingTax": excluding + tax}
