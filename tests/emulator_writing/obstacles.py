"""What a company may have set up so that a document or an entry is not posted, and what the service says of it then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.in_process import Desk

    from dynamics_bc_emulator.rows.store import Row

ACCOUNT, ITEM = "8210", "1896-S"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something in the set-up.

    Attributes:
        put: Sets it up.
        said: What a posting is refused with, or a part of it.
    """

    put: Callable[[Desk], None]
    said: str


def table(name: str, **row: object) -> Callable[[Desk], None]:
    return lambda desk: void(desk.company.insert(f"_{name}", dict(row)))


def edit(entity_set: str, changes: Row, **equal: str) -> Callable[[Desk], None]:
    return lambda desk: desk.edit(entity_set, desk.id(entity_set, **equal), **changes)


def default_dimension(validation: str, entity_set: str = "", caption: str = "", **equal: str) -> Callable[[Desk], None]:
    """A default dimension SALESCAMPAIGN, which nothing in these documents has, of one account or of all of a type."""

    def put(desk: Desk) -> None:
        row = {
            "parentType": caption,
            "parentId": desk.id(entity_set, **equal) if entity_set else ZERO_GUID,
            "dimensionCode": "SALESCAMPAIGN",
            "dimensionValueCode": "",
            "postingValidation": validation,
        }
        desk.company.insert("defaultDimensions", row)

    return put


def without_stock(desk: Desk) -> None:
    for row in desk.company.find("itemLedgerEntries", itemNumber=ITEM):
        desk.company.delete("itemLedgerEntries", row["id"])
    desk.company.insert("_inventorySetup", {"preventNegativeInventory": True, "locationMandatory": False})


def void(_: object) -> None:
    """Nothing."""


MISSING = "Select a Dimension Value Code for the Dimension Code SALESCAMPAIGN for"
OF_DIMENSIONS = {
    "an account needs a dimension": Obstacle(
        default_dimension("Code_x0020_Mandatory", "accounts", number=ACCOUNT), f"{MISSING} G/L Account {ACCOUNT}."
    ),
    "all accounts need one": Obstacle(
        default_dimension("Code_x0020_Mandatory", caption="G/L Account"),
        "The SALESCAMPAIGN dimension is the default dimension, and it must have a value. You can set the value on the "
        "Default Dimensions page.",
    ),
    "two dimensions exclude each other": Obstacle(
        table("dimensionCombinations", dimension1="CLASS", value1="", dimension2="DEPARTMENT", value2=""),
        "Dimensions CLASS and DEPARTMENT can't be used concurrently.",
    ),
    "two values exclude each other": Obstacle(
        table("dimensionCombinations", dimension1="CLASS", value1="RETAIL", dimension2="DEPARTMENT", value2="ADM"),
        "Dimension combinations CLASS - RETAIL and DEPARTMENT - ADM can't be used concurrently.",
    ),
    "a value is blocked": Obstacle(
        edit("dimensionValues", {"_blocked": True}, code="RETAIL"), "Dimension Value CLASS - RETAIL is blocked."
    ),
    "a dimension is blocked": Obstacle(
        edit("dimensions", {"_blocked": True}, code="CLASS"), "Dimension CLASS is blocked."
    ),
}
OF_DOCUMENTS = {
    **OF_DIMENSIONS,
    "an item needs a dimension": Obstacle(
        default_dimension("Code_x0020_Mandatory", "items", number=ITEM), f"{MISSING} Item {ITEM}."
    ),
    "an item has serial numbers": Obstacle(
        edit("items", {"_itemTracking": "Serial"}, number=ITEM),
        f"You must assign a serial number for item {ITEM}. Line No. = '10000'.",
    ),
    "an item has lots": Obstacle(
        edit("items", {"_itemTracking": "Lot"}, number=ITEM),
        f"You must assign a lot number for item {ITEM}. Line No. = '10000'.",
    ),
    "a location is needed": Obstacle(
        table("inventorySetup", preventNegativeInventory=False, locationMandatory=True),
        "Location Code must have a value in Item Journal Line:",
    ),
    "the posting date is closed": Obstacle(
        edit("generalLedgerSetup", {"allowPostingFrom": "2026-02-01"}),
        "is not within your range of allowed posting dates.",
    ),
    "an account is blocked": Obstacle(edit("accounts", {"blocked": True}, number=ACCOUNT), f"No.={ACCOUNT}."),
}
OF_SALES = {
    "there is too little of an item": Obstacle(
        without_stock,
        f"You have insufficient quantity of Item {ITEM} on inventory.",
    ),
    "the posted numbers are used up": Obstacle(
        table("numberSeries", code="S-INV+", endingNumber="100000", manual=True),
        "You cannot assign new numbers from the number series S-INV+.",
    ),
    "the posting set-up is blocked": Obstacle(
        table("blockedPostingSetup", setup="General", businessGroup="DOMESTIC", productGroup="RETAIL"),
        "Setup is blocked in General Posting Setup for Gen. Bus. Posting Group DOMESTIC and Gen. Prod. Posting Group "
        "RETAIL.",
    ),
}
OF_PURCHASES = {
    "the posted numbers are used up": Obstacle(
        table("numberSeries", code="P-INV+", endingNumber="100000", manual=True),
        "You cannot assign new numbers from the number series P-INV+.",
    ),
    "the vendor's total is asked for": Obstacle(
        table("documentTotals", party="Vendor", checked=True),
        "Doc. Amount Incl. VAT (0) is not equal to total of lines (",
    ),
}
