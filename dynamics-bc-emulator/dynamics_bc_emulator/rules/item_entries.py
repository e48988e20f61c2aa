"""What posting writes to the item ledger."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.rules.amounts import ZERO, to_cents
from dynamics_bc_emulator.rules.ledger import next_entry_number

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row

_SET = "itemLedgerEntries"


def on_hand(company: Company, item_number: str) -> Decimal:
    """The quantity of an item that its ledger entries add up to."""
    return sum((Decimal(row["quantity"]) for row in company.find(_SET, itemNumber=item_number)), ZERO)


def post_adjustment(company: Company, item: Row, quantity: Decimal) -> None:
    """Adjust an item's stock by a quantity, today."""
    sign = "Positive" if quantity > 0 else "Negative"
    entry = {
        "postingDate": company.today,
        "entryType": f"{sign}_x0020_Adjmt_x002E_",
        "sourceType": "Item",
        "sourceNumber": item["number"],
        "documentNumber": "T00001",
        "quantity": quantity,
        "costAmountActual": to_cents(quantity * Decimal(item["unitCost"])),
    }
    _insert(company, item, entry)


def post_purchase(company: Company, item: Row, invoice: Row, line: Row) -> None:
    """Put what an invoice's line bought into stock."""
    entry = {
        "postingDate": invoice["postingDate"],
        "entryType": "Purchase",
        "sourceType": "Vendor",
        "sourceNumber": invoice["vendorNumber"],
        "documentNumber": invoice["number"],
        "documentType": "Purchase_x0020_Invoice",
        "quantity": line["quantity"],
        "costAmountActual": line["netAmount"],
    }
    _insert(company, item, entry)


def _insert(company: Company, item: Row, entry: Row) -> None:
    number = next_entry_number(company, _SET)
    company.insert(
        _SET, {"entryNumber": number, "itemNumber": item["number"], "description": item["displayName"], **entry}
    )
