"""What does a unified bill ask for?"""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from target_dynamics_bc.kinds.kind import Kind, UnifiedMapping
from target_dynamics_bc.wanted.dimension_fields import wanted_dimensions
from target_dynamics_bc.wanted.reading import check_exchange_rate
from target_dynamics_bc.wanted.records import Reference, WantedLine
from target_dynamics_bc.wanted.unified.item_lines import (
    LINE_TYPES,
    NAMES,
    OTHER_TYPES,
    TAX_AMOUNT,
    line_object,
    stated_amounts,
    stated_rates,
)
from target_dynamics_bc.wanted.unified.naming import VENDOR, currency, location, needed, trio, unit_of_measure
from target_dynamics_bc.wanted.unified.parts import Parts, given, references

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_dynamics_bc.wanted.reading import Reading


def _read(reading: Reading, kind: Kind, prefixes: tuple[str, ...]) -> Parts:
    vendor = trio(reading, "vendors", "vendor") if reading.has("id") else needed(reading, "vendors", "vendor", "A bill")
    check_exchange_rate(reading, "a bill")
    fields = given(
        vendorInvoiceNumber=_vendor_invoice_number(reading, kind),
        invoiceDate=reading.day("issueDate"),
        dueDate=reading.day("dueDate"),
        postingDate=reading.day("postingDate"),
        pricesIncludeTax=reading.truth("pricesIncludeTax"),
    )
    items, expenses = reading.children("lineItems"), reading.children("expenses")
    assumed = _assumed(reading, fields, has_prices=items is not None or expenses is not None)
    types = {type_ for type_, children in (("Item", items), ("Account", expenses)) if children is not None}
    lines = [_item_line(child, kind, prefixes) for child in items or ()]
    lines += [_expense_line(child, kind, prefixes) for child in expenses or ()]
    return {
        "id": reading.key("id"),
        "number": reading.code(BILLS.number, longest=kind.length("number")) or None,
        "fields": fields,
        "assumed": assumed,
        "references": references(
            vendorId=vendor, payToVendorId=trio(reading, "vendors", "payToVendor"), currencyCode=currency(reading)
        ),
        "lines": tuple(lines) if types else None,
        "line_kinds": frozenset({*types, *(line.kind for line in lines)}),
        "line_kinds_once": OTHER_TYPES if items is not None else frozenset(),
        "total": reading.amount("totalAmount"),
        "calculated": given(
            totalAmountExcludingTax=reading.amount("subTotal"), totalTaxAmount=reading.amount(TAX_AMOUNT)
        ),
    }


def _vendor_invoice_number(reading: Reading, kind: Kind) -> str | None:
    """The vendor's own number of the bill. Where there is none, the sender's id takes its place.

    It is what a bill is found by again, and what Business Central asks for before it posts one. A bill that names the
    one it means by its id keeps the number that it has.
    """
    longest = kind.length("vendorInvoiceNumber")
    if reading.has("id"):
        return reading.code("billNumber", longest=longest) or None
    return reading.code_or_stand_in("billNumber", "externalId", longest=longest) or None


def _assumed(reading: Reading, fields: Parts, *, has_prices: bool) -> frozenset[str]:
    """Adds what a new bill gets although the record does not say it, and names it.

    Prices are net: without a word Business Central takes the vendor's own way, which may be gross. A record that has
    prices states that too, for a bill that is there already.
    """
    names = {"vendorInvoiceNumber"} if not reading.key("billNumber") else set[str]()
    if "pricesIncludeTax" not in fields:
        fields["pricesIncludeTax"] = False
        names |= set() if has_prices else {"pricesIncludeTax"}
    return frozenset(names & fields.keys())


def _item_line(line: Reading, kind: Kind, prefixes: tuple[str, ...]) -> WantedLine:
    type_, of_object, named = line_object(line, kind)
    price = line.amount("unitPrice")
    fields = {**of_object, **_fields(line, kind, quantity=line.amount("quantity"), cost=price)}
    unit = unit_of_measure(line) if named else None
    named |= references(unitOfMeasureId=unit, locationId=location(line))
    return _line(line, type_, fields, named, prefixes, stated_amounts(line, price))


def _expense_line(line: Reading, kind: Kind, prefixes: tuple[str, ...]) -> WantedLine:
    account = needed(line, "accounts", "account", line.path)
    fields = _fields(line, kind, quantity=Decimal(1), cost=line.amount("amount"))
    tax = line.amount(TAX_AMOUNT)
    named = references(accountId=account, locationId=location(line))
    return _line(line, "Account", fields, named, prefixes, {**given(taxAmount=tax), **stated_rates(line)})


def _fields(line: Reading, kind: Kind, *, quantity: Decimal | None, cost: Decimal | None) -> Parts:
    return given(
        description=line.text("description", longest=kind.length("description")),
        taxCode=line.code("taxCode", longest=kind.length("taxCode")),
        quantity=quantity,
        unitCost=cost,
        discountAmount=line.amount("discount"),
    )


def _line(  # noqa: PLR0917 - all that is read of a line
    line: Reading,
    type_: str,
    fields: Parts,
    named: dict[str, Reference],
    prefixes: tuple[str, ...],
    stated: Mapping[str, Decimal],
) -> WantedLine:
    dimensions = wanted_dimensions(line, prefixes)
    return WantedLine(line.path, type_, line.key("externalId"), fields, named, dimensions, stated=stated)


BILLS = UnifiedMapping(
    ("Bills",),
    "transactionNumber",
    (("id",), ("billNumber", VENDOR), ("transactionNumber",)),
    _read,
    calls=MappingProxyType(
        {
            "vendorInvoiceNumber": "billNumber",
            "invoiceDate": "issueDate",
            "totalAmountIncludingTax": "totalAmount",
            "totalAmountExcludingTax": "subTotal",
            "totalTaxAmount": TAX_AMOUNT,
            "currencyCode": "currency",
        }
    ),
    alike=(NAMES,),
    options=MappingProxyType({"lineType": LINE_TYPES}),
    example=MappingProxyType(
        {
            "externalId": "EXAMPLE-1",
            "billNumber": "EXAMPLE-1",
            "vendorNumber": "{vendors}",
            "issueDate": "2026-01-28",
            "lineItems": [{"itemNumber": "{items}", "description": "Example", "quantity": 1, "unitPrice": 10}],
            "expenses": [{"accountNumber": "{accounts}", "description": "Example", "amount": 10}],
        }
    ),
)
