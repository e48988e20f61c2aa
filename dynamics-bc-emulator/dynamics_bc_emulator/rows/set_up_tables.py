"""Set-up that no entity set shows, and that the control `tables` fills: its tables, their columns, and where rows lie.

A table's rows lie in the internal set of its name with an underscore before it, such as `_invoiceDiscounts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_emulator.rows.store import Row

_PARTIES = ("Customer", "Vendor")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        type: What its values are; `float` takes whole numbers too.
        blank: Its value in a row that says nothing.
        members: The only values it takes, if it is an option; the first is its blank where it has none.
    """

    type: type
    blank: Any = ""
    members: tuple[str, ...] = ()


def _text(*members: str) -> Column:
    return Column(str, members[0] if members else "", members)


_NUMBER = Column(float, 0)
_NO = Column(bool, blank=False)

TABLES: Mapping[str, Mapping[str, Column]] = MappingProxyType(
    {
        # Customer and vendor invoice discounts: from which amount on a code gives which discount.
        "invoiceDiscounts": {
            "party": _text(*_PARTIES),
            "code": _text(),
            "currencyCode": _text(),
            "minimumAmount": _NUMBER,
            "discountPercent": _NUMBER,
        },
        # Configuration templates: which one a new row gets, and what it fills.
        "templateSelectionRules": {
            "entitySet": _text(),
            "property": _text(),
            "value": _text(),
            "template": _text(),
        },
        "templateLines": {
            "template": _text(),
            "property": _text(),
            "value": _text(),
        },
        # Inventory posting set-up, with automatic cost posting: which accounts the cost of goods goes to.
        "costPosting": {
            "inventoryPostingGroupCode": _text(),
            "inventoryAccount": _text(),
            "soldAccount": _text(),
            "boughtAccount": _text(),
        },
        # Shipment on invoice, receipt on invoice: the sides whose invoices deliver their goods.
        "deliveryOnInvoice": {"party": _text(*_PARTIES)},
        # The same set-up: whether a document of a side is posted without the other party's number.
        "externalDocumentNumbers": {"party": _text(*_PARTIES), "mandatory": _NO},
        # Dimension combinations that are blocked: of two dimensions at all, or of one value of each.
        "dimensionCombinations": {
            "dimension1": _text(),
            "value1": _text(),
            "dimension2": _text(),
            "value2": _text(),
        },
        # Inventory set-up: what a movement of goods needs.
        "inventorySetup": {"preventNegativeInventory": _NO, "locationMandatory": _NO},
        # Number series: the last number that may be drawn, and whether numbers may be given by hand.
        "numberSeries": {"code": _text(), "endingNumber": _text(), "manual": Column(bool, blank=True)},
        # Purchases & payables set-up: bills are compared with totals that no API takes.
        "documentTotals": {"party": _text("Vendor"), "checked": _NO},
        # General and VAT posting set-up whose combination of groups is blocked.
        "blockedPostingSetup": {
            "setup": _text("General", "VAT"),
            "businessGroup": _text(),
            "productGroup": _text(),
        },
        # Payment tolerance of the ledger set-up and the posting groups; warnings are off.
        "paymentTolerance": {
            "party": _text(*_PARTIES),
            "percent": _NUMBER,
            "maximumAmount": _NUMBER,
            "account": _text(),
        },
        # Prepayments that a customer or vendor asks for: orders are posted once they are invoiced, which no API does.
        "prepayments": {"party": _text(*_PARTIES), "number": _text(), "percent": _NUMBER},
        # Approval workflows: the sets whose documents somebody has to approve and release before they are posted.
        "approvals": {"entitySet": _text()},
        # Sales & receivables and purchases & payables set-up: posted documents before which date may be deleted.
        "documentDeletion": {
            "party": _text(*_PARTIES),
            "allowedBefore": _text(),
        },
        # Sales and purchase line discounts: from which quantity of an item on there is which discount.
        "lineDiscounts": {
            "party": _text(*_PARTIES),
            "number": _text(),
            "itemNumber": _text(),
            "minimumQuantity": _NUMBER,
            "discountPercent": _NUMBER,
        },
        # Standard codes of customers and vendors that come by themselves: the lines of new documents.
        "recurringLines": {
            "party": _text(*_PARTIES),
            "number": _text(),
            "entitySet": _text(),
            "lineType": _text("Comment", "Account", "Item"),
            "lineObjectNumber": _text(),
            "description": _text(),
            "quantity": _NUMBER,
            "price": _NUMBER,
        },
        # Cards of resources and item charges, and where fixed assets that are bought are posted to.
        "resources": {
            "number": _text(),
            "name": _text(),
            "baseUnitOfMeasureCode": _text(),
            "unitCost": _NUMBER,
            "unitPrice": _NUMBER,
            "taxGroupCode": _text(),
            "generalProductPostingGroupCode": _text(),
            "blocked": _NO,
        },
        "itemCharges": {
            "number": _text(),
            "description": _text(),
            "taxGroupCode": _text(),
            "generalProductPostingGroupCode": _text(),
        },
        "fixedAssetAccounts": {
            "fixedAssetNumber": _text(),
            "acquisitionAccount": _text(),
        },
        # Invoice rounding: of which side, in which currency (blank is the local one), to what and onto which account.
        "invoiceRounding": {
            "party": _text(*_PARTIES),
            "currencyCode": _text(),
            "precision": _NUMBER,
            "way": _text("Nearest", "Up", "Down"),
            "account": _text(),
        },
        # Units of measure of an item: how many base units one has, and how its quantities are rounded.
        "itemUnitsOfMeasure": {
            "itemNumber": _text(),
            "unitOfMeasureCode": _text(),
            "quantityPerUnitOfMeasure": _NUMBER,
            "quantityRoundingPrecision": _NUMBER,
        },
        # General journal templates that are not as new ones are.
        "journalTemplates": {
            "name": _text(),
            "incrementBatchName": _NO,
            "recurring": _NO,
            "forceDocumentBalance": Column(bool, blank=True),
        },
    }
)


def internal_set(table: str) -> str:
    """The internal set that a table's rows lie in."""
    return f"_{table}"


def completed(table: str, row: Row) -> Row:
    """A row with a blank in every column it says nothing of."""
    return {name: row.get(name, column.blank) for name, column in TABLES[table].items()}


def place(row: Row) -> int:
    """Where a row stands in its table, as it was sent."""
    return int(row.get("_place", 0))
