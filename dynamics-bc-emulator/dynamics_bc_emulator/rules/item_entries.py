"""What posting writes to the item ledger."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.rules.amounts import ZERO, to_cents
from dynamics_bc_emulator.rules.costs import cost_entries
from dynamics_bc_emulator.rules.ledger import BLANK, Voucher, next_entry_number, post_entries

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row

_SET = "itemLedgerEntries"


@dataclass(frozen=True, slots=True)
class Movement:
    """What happens to an item's stock.

    Attributes:
        entry_type: `Purchase`, `Sale`, ... as the ledger spells it.
        source_type: Who is at the other end: `Vendor`, `Customer`, `Item`.
        document_type: As the ledger spells it.
        quantity: What comes in; negative for what goes out.
        cost: What it is worth, in the local currency and with the quantity's sign.
        sales: What it is sold for, in the local currency; negative for what is taken back.
        line_id: The line that it is posted from.
    """

    entry_type: str
    source_type: str
    source_number: str
    document_type: str
    document_number: str
    posting_date: str
    quantity: Decimal
    cost: Decimal
    sales: Decimal = ZERO
    line_id: str = ""


def on_hand(company: Company, item_number: str) -> Decimal:
    """The quantity of an item that its ledger entries add up to."""
    return sum((Decimal(row["quantity"]) for row in company.find(_SET, itemNumber=item_number)), ZERO)


def post_adjustment(company: Company, item: Row, quantity: Decimal) -> None:
    """Adjust an item's stock by a quantity, today."""
    sign = "Positive" if quantity > 0 else "Negative"
    kind, cost = f"{sign}_x0020_Adjmt_x002E_", to_cents(quantity * Decimal(item["unitCost"]))
    number, today = item["number"], company.today
    post_movement(company, item, Movement(kind, "Item", number, "_x0020_", "T00001", today, quantity, cost))
    voucher = Voucher(BLANK, "T00001", today, f"Adjustment of {item['displayName']}")
    post_entries(company, [(voucher, entry) for entry in cost_entries(company, item, cost, {})])


def post_movement(company: Company, item: Row, movement: Movement) -> Row:
    """Write a movement of an item to its ledger."""
    return company.insert(
        _SET,
        {
            "entryNumber": next_entry_number(company, _SET),
            "itemNumber": item["number"],
            "description": item["displayName"],
            "postingDate": movement.posting_date,
            "entryType": movement.entry_type,
            "sourceType": movement.source_type,
            "sourceNumber": movement.source_number,
            "documentType": movement.document_type,
            "documentNumber": movement.document_number,
            "quantity": movement.quantity,
            "costAmountActual": movement.cost,
            "salesAmountActual": movement.sales,
            "_lineId": movement.line_id,
        },
    )


def value_movement(company: Company, item_number: str, line_id: str, cost: Decimal, sales: Decimal) -> None:
    """Add what an invoice says to the last movement that was posted from an order's line when it was delivered."""
    entries = [entry for entry in company.find(_SET, itemNumber=item_number) if entry.get("_lineId") == line_id]
    last = max(entries, key=lambda entry: int(entry["entryNumber"]))
    changes = {
        "costAmountActual": Decimal(last["costAmountActual"]) + cost,
        "salesAmountActual": Decimal(last["salesAmountActual"]) + sales,
    }
    company.update(_SET, last["id"], changes)
