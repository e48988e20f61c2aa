"""Which open ledger entries a vendor payment is to settle, beside the invoice it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import record_not_found, refused
from dynamics_bc_emulator.rules.draft import Rules
from dynamics_bc_emulator.rules.parties import VENDOR

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.rows import Change
    from dynamics_bc_emulator.rows.store import Row


RULES = Rules(takes_any_body=True)


def choose_entry(company: Company, change: Change) -> Row:
    """Mark an open entry of the payment's vendor to be settled by it.

    A payment without an amount takes what is left of the entry.

    Raises:
        Refusal: No payment is addressed, or its vendor has no such open entry.
    """
    assert change.before
    if change.parent is None:
        raise refused("The parent must be specified: address the record through it.")
    payment, entry_id = change.parent.row, change.before["id"]
    entry = company.get(VENDOR.entries, entry_id)
    if entry is None or not entry["open"] or entry["vendorId"] != payment["vendorId"]:
        raise record_not_found("Vendor Ledger Entry", f"Id='{entry_id}'")
    company.update(VENDOR.entries, entry_id, {"_appliesToId": payment["id"]})
    if not payment["amount"]:
        company.update("vendorPayments", payment["id"], {"amount": -entry["remainingAmount"]})
    return entry


def chosen_entries(company: Company, line: Row, vendor: Row) -> list[Row]:
    """The open entries that were marked for a payment, oldest first."""
    entries = company.find(VENDOR.entries, vendorId=vendor["id"])
    return [entry for entry in entries if entry["open"] and entry.get("_appliesToId") == line["id"]]
