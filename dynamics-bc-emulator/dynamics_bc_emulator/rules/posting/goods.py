"""May goods be moved, by what their items and the inventory set-up ask for?

An item with the internal `_itemTracking` (`Serial`, `Lot`) needs numbers that no API assigns. The table
`inventorySetup` keeps stock from falling below nothing and asks for a location.

The rules are those of codeunits 21 and 22 (Item Jnl.-Check Line, Item Jnl.-Post Line) and of table 32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import Refusal, refused
from dynamics_bc_emulator.rules.item_entries import on_hand
from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row

_TRACKED = {"Serial": "serial", "Lot": "lot"}


def check_goods(company: Company, moved: Iterable[tuple[Row, Decimal]]) -> None:
    """Refuse a posting that would move goods that may not be moved.

    Args:
        company: Whose stock.
        moved: Lines, each with the quantity that comes in; negative for what goes out.

    Raises:
        Refusal: A number or a location is missing, or there is not enough of an item.
    """
    setup = company.first("_inventorySetup") or {}
    left: dict[str, Decimal] = {}
    for line, quantity in moved:
        item = company.get("items", line["itemId"]) if line["lineType"] == "Item" else None
        if item is None or item["type"] != "Inventory" or not quantity:
            continue
        number = item["number"]
        if (tracking := _TRACKED.get(item.get("_itemTracking") or "")) is not None:
            where = f"Line No. = '{line['sequence']}'."
            raise refused(f"You must assign a {tracking} number for item {number}. {where}")
        if setup.get("locationMandatory") and (line.get("locationId") or ZERO_GUID) == ZERO_GUID:
            where = "Journal Template Name=, Journal Batch Name=, Line No.=0"
            message = f"Location Code must have a value in Item Journal Line: {where}. It cannot be zero or empty."
            raise Refusal(400, "Application_FieldValidationException", message)
        left[number] = left.get(number, on_hand(company, number)) + quantity
        if setup.get("preventNegativeInventory") and quantity < 0 and left[number] < 0:
            raise refused(f"You have insufficient quantity of Item {number} on inventory.")
