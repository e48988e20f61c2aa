"""What is a document's line for that is for neither an item nor an account: a resource, a fixed asset, an item charge?

No entity set shows resources and charges, nor the accounts of fixed assets: they are rows of the control `tables`. The
resources that the demo company's documents name are there from the beginning.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import Refusal, refused
from dynamics_bc_emulator.rules.amounts import ZERO

if TYPE_CHECKING:
    from collections.abc import Callable

    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row

RESOURCE, FIXED_ASSET, CHARGE = "Resource", "Fixed_x0020_Asset", "Charge"
_RESOURCES, _CHARGES, _ASSETS, _ASSET_ACCOUNTS = "_resources", "_itemCharges", "fixedAssets", "_fixedAssetAccounts"


@dataclass(frozen=True, slots=True)
class LineObject:
    """What a line for it takes from its card.

    Attributes:
        name: The line's description.
        unit: Code of its unit of measure; blank for none.
        tax_group: Code of its tax group; blank for none.
        cost: What one costs when it is bought.
        price: What one costs when it is sold.
        product_group: Its general product posting group.
    """

    name: str
    unit: str = ""
    tax_group: str = ""
    cost: Decimal = ZERO
    price: Decimal = ZERO
    product_group: str = ""


def line_object(company: Company, line_type: str, number: str) -> LineObject:
    """What a new line is for.

    Args:
        company: Whose it is.
        line_type: One of the keys of `CARDS`.
        number: Its number.

    Raises:
        Refusal: There is none of that number, or it is blocked.
    """
    caption, entity_set, read = CARDS[line_type]
    row = company.first(entity_set, number=number)
    if row is None:
        raise refused(f"The {caption} does not exist. Identification fields and values: No.='{number}'")
    if row.get("blocked"):
        raise refused(f"Blocked must be equal to 'No' in {caption}: No.={number}.")
    return read(row)


def product_group_of(company: Company, line: Row) -> str:
    """The general product posting group that a posted line goes by; blank for what has none."""
    if line["lineType"] == "Item":
        return str((company.get("items", line["itemId"]) or {}).get("generalProductPostingGroupCode", ""))
    card = CARDS.get(line["lineType"])
    row = company.first(card[1], number=line["lineObjectNumber"]) if card is not None else None
    return card[2](row).product_group if card is not None and row is not None else ""


def check_object(company: Company, line: Row, *, is_purchase: bool) -> None:
    """Refuse to post a line for what cannot be posted.

    Raises:
        Refusal: A charge is assigned to nothing, and the API assigns none; a fixed asset has no account.
    """
    number = line["lineObjectNumber"]
    if line["lineType"] == CHARGE and line["quantity"]:
        raise refused(f"You must assign item charge {number} if you want to invoice it.")
    if line["lineType"] == FIXED_ASSET and not (is_purchase and asset_account(company, number)):
        document = "Purchase" if is_purchase else "Sales"
        message = (
            f"Depreciation Book Code must have a value in {document} Line: No.={number}. It cannot be zero or empty."
        )
        raise Refusal(400, "Application_FieldValidationException", message)


def asset_account(company: Company, number: str) -> str:
    """The account that a bought fixed asset is posted to; blank where the set-up has none."""
    row = company.first(_ASSET_ACCOUNTS, fixedAssetNumber=number)
    return str(row["acquisitionAccount"]) if row is not None else ""


def _resource(row: Row) -> LineObject:
    return LineObject(
        row["name"],
        row["baseUnitOfMeasureCode"],
        row["taxGroupCode"],
        Decimal(str(row["unitCost"])),
        Decimal(str(row["unitPrice"])),
        row["generalProductPostingGroupCode"],
    )


def _asset(row: Row) -> LineObject:
    return LineObject(row["displayName"])


def _charge(row: Row) -> LineObject:
    product_group = row["generalProductPostingGroupCode"]
    return LineObject(row["description"], tax_group=row["taxGroupCode"], product_group=product_group)


CARDS: dict[str, tuple[str, str, Callable[[Row], LineObject]]] = {
    RESOURCE: ("Resource", _RESOURCES, _resource),
    FIXED_ASSET: ("Fixed Asset", _ASSETS, _asset),
    CHARGE: ("Item Charge", _CHARGES, _charge),
}
"""By line type: what it is called, the set of its cards, and how one is read."""

LINE_OBJECTS = {
    "Account": ("G/L Account", "accounts"),
    "Item": ("Item", "items"),
    **{line_type: (caption, entity_set) for line_type, (caption, entity_set, _) in CARDS.items()},
}
"""By line type: what that which a line is for is called, and its set."""
