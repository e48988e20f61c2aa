"""What a document comes to in the general ledger, by the set-up's rows.

Lines that go to the same account with the same dimensions and tax become one entry each for what is traded, for its
tax, and, under reverse charge, for what the buyer owes to the tax office and may deduct again. An item's line is posted
at its price; its discounts go to the account of discounts, if the set-up has one. Amounts are converted once they are
summed, and what the party owes is what the entries add up to: rounding leaves nothing over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.rules.amounts import ZERO, to_cents
from dynamics_bc_emulator.rules.dimensions import dimensions_of
from dynamics_bc_emulator.rules.ledger import Entry
from dynamics_bc_emulator.rules.line_objects import FIXED_ASSET, asset_account, product_group_of
from dynamics_bc_emulator.rules.posting_setup import TaxRate, discount_account, tax_rate, trading_account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.posting.document import Document

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Amounts:
    """What lines of one account, dimension set and tax come to, in the document's currency and without sign.

    Attributes:
        net: Without tax, after all discounts.
        tax: The tax that the document shows.
        discount: What the discounts took from the price, without tax.
    """

    net: Decimal
    tax: Decimal
    discount: Decimal

    def plus(self, other: Amounts) -> Amounts:
        """Both together."""
        return Amounts(self.net + other.net, self.tax + other.tax, self.discount + other.discount)


@dataclass(frozen=True, slots=True)
class Group:
    """What lines must share to become one entry."""

    account: str
    discount_account: str
    tax: TaxRate
    dimensions: tuple[tuple[str, str], ...]


def trade_entries(document: Document) -> list[Entry]:
    """The entries of a document's lines and their taxes, in the local currency."""
    groups: dict[Group, Amounts] = {}
    for line in document.counted_lines:
        group, amounts = _group(document, line), _amounts(document, line)
        groups[group] = groups[group].plus(amounts) if group in groups else amounts
    factor = document.kind.sign * document.factor
    return [
        replace(entry, amount=to_cents(entry.amount * factor))
        for group, amounts in groups.items()
        for entry in _entries(document, group, amounts)
    ]


def _entries(document: Document, group: Group, amounts: Amounts) -> Iterator[Entry]:
    dimensions = dict(group.dimensions)
    discount = amounts.discount if group.discount_account else ZERO
    yield Entry(group.account, amounts.net + discount, dimensions)
    yield Entry(group.discount_account, -discount, dimensions)
    is_purchase = document.kind.document.is_purchase
    tax_account = group.tax.purchase_account if is_purchase else group.tax.sales_account
    yield Entry(tax_account, amounts.tax, dimensions)
    if is_purchase and group.tax.reverse_percent:
        owed = to_cents(amounts.net * group.tax.reverse_percent / _HUNDRED)
        yield Entry(group.tax.purchase_account, owed, dimensions)
        yield Entry(group.tax.reverse_account, -owed, dimensions)


def _group(document: Document, line: Row) -> Group:
    company, kind = document.company, document.kind
    tax = tax_rate(company, document.area, line["taxCode"])
    dimensions = tuple(sorted(dimensions_of(line).items()))
    if line["lineType"] == "Account":
        return Group(line["lineObjectNumber"], "", tax, dimensions)
    if line["lineType"] == FIXED_ASSET:
        return Group(asset_account(company, line["lineObjectNumber"]), "", tax, dimensions)
    product_group = product_group_of(company, line)
    account = trading_account(company, kind.account, document.area, product_group)
    discounts = discount_account(company, kind.discount_account, document.area, product_group)
    return Group(account, discounts, tax, dimensions)


def _amounts(document: Document, line: Row) -> Amounts:
    rate = 1 + Decimal(line["taxPercent"]) / _HUNDRED
    given = Decimal(line["discountAmount"])
    discount = to_cents(given / rate) if document.header.get("pricesIncludeTax") else given
    whole = discount + Decimal(line["invoiceDiscountAllocation"])
    return Amounts(Decimal(line["netAmount"]), Decimal(line["netTaxAmount"]), whole)
