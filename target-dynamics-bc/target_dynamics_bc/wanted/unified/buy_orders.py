"""What does a unified buy order ask for?

Planning tools send them: what is to be bought of whom, and when it is needed.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from target_dynamics_bc.kinds.kind import Kind, UnifiedMapping
from target_dynamics_bc.wanted.dimension_fields import wanted_dimensions
from target_dynamics_bc.wanted.reading import check_exchange_rate
from target_dynamics_bc.wanted.records import WantedLine
from target_dynamics_bc.wanted.unified.item_lines import LINE_TYPES, NAMES, OTHER_TYPES, line_object, stated_amounts
from target_dynamics_bc.wanted.unified.naming import currency, joined, location, needed, trio, unit_of_measure
from target_dynamics_bc.wanted.unified.parts import Parts, given, references

if TYPE_CHECKING:
    from decimal import Decimal

    from target_dynamics_bc.wanted.reading import Reading
    from target_dynamics_bc.wanted.records import Reference


def _read(reading: Reading, kind: Kind, prefixes: tuple[str, ...]) -> Parts:
    check_exchange_rate(reading, "a buy order")
    children = reading.children("lineItems")
    lines = None if children is None else tuple(_line(child, kind, prefixes) for child in children)
    return {
        "id": reading.key("id"),
        "number": _number(reading, kind),
        "fields": given(
            orderDate=_day(reading, "orderDate", "transactionDate"),
            requestedReceiptDate=_day(reading, "expectedReceiptDate", "deliveryDate"),
        ),
        "references": references(
            vendorId=_supplier(reading),
            payToVendorId=trio(reading, "vendors", "payToVendor"),
            currencyCode=currency(reading),
        ),
        "lines": lines,
        "line_kinds": frozenset({"Item", *(line.kind for line in lines)} if lines is not None else ()),
        "line_kinds_once": OTHER_TYPES if lines is not None else frozenset(),
    }


def _number(reading: Reading, kind: Kind) -> str | None:
    name = next((name for name in (BUY_ORDERS.number, "transactionNumber") if reading.key(name)), BUY_ORDERS.number)
    return reading.code(name, longest=kind.length("number")) or None


def _supplier(reading: Reading) -> Reference | None:
    """Whom it is bought of; planning tools say supplier, accounting ones vendor."""
    vendor, supplier = (trio(reading, "vendors", prefix) for prefix in ("vendor", "supplier"))
    if vendor is not None or reading.has("id"):
        return joined(reading, vendor, supplier)
    return needed(reading, "vendors", "supplier", "A buy order")


def _day(reading: Reading, *names: str) -> str | None:
    days = [reading.day(name) for name in names]
    return next((day for day in days if day is not None), None)


def _line(line: Reading, kind: Kind, prefixes: tuple[str, ...]) -> WantedLine:
    type_, of_object, named = line_object(line, kind)
    price = _cost(line)
    fields = of_object | given(
        description=line.text("description", longest=kind.length("description")),
        quantity=line.amount("quantity"),
        directUnitCost=price,
        discountAmount=line.amount("discount"),
        expectedReceiptDate=_day(line, "expectedReceiptDate", "deliveryDate"),
    )
    unit = unit_of_measure(line) if named else None
    named |= references(unitOfMeasureId=unit, locationId=location(line))
    dimensions, stated = wanted_dimensions(line, prefixes), stated_amounts(line, price)
    return WantedLine(line.path, type_, line.key("externalId"), fields, named, dimensions, stated=stated)


def _cost(line: Reading) -> Decimal | None:
    cost, price = line.amount("unitCost"), line.amount("unitPrice")
    return cost if cost is not None else price


BUY_ORDERS = UnifiedMapping(
    ("BuyOrders", "PurchaseOrders"),
    "orderNumber",
    (("id",), ("orderNumber",), ("transactionNumber",)),
    _read,
    options=MappingProxyType({"lineType": LINE_TYPES}),
    alike=(
        NAMES,
        tuple(f"{who}{what}" for who in ("supplier", "vendor") for what in ("Id", "Number", "ExternalId", "Name")),
    ),
    calls=MappingProxyType(
        {
            "purchaseOrderLines": "lineItems",
            "directUnitCost": "unitCost",
            "currencyCode": "currency",
            "vendorId": "supplierId",
            "vendorNumber": "supplierNumber",
        }
    ),
    example=MappingProxyType(
        {
            "externalId": "EXAMPLE-1",
            "supplierNumber": "{vendors}",
            "orderDate": "2026-01-28",
            "lineItems": [{"itemNumber": "{items}", "description": "Example", "quantity": 1, "unitCost": 10}],
        }
    ),
)
