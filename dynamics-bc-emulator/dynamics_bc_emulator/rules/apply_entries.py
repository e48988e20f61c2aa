"""Which open ledger entries a vendor payment is to settle, beside the invoice it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_emulator.errors import record_not_found
from dynamics_bc_emulator.rules.ledger import VENDOR

if TYPE_CHECKING:
    from dynamics_bc_emulator.rules.company import Company
    from dynamics_bc_emulator.store import Row


def choose_entry(company: Company, payment: Row, entry_id: str) -> None:
    """Mark an open entry of the payment's vendor to be settled by it.

    A payment without an amount takes what is left of the entry.

    Raises:
        ServiceFault: The vendor has no such open entry.
    """
    entry = company.get(VENDOR.entries, entry_id)
    if entry is None or not entry["open"] or entry["vendorId"] != payment["vendorId"]:
        raise record_not_found("Vendor Ledger Entry", f"Id='{entry_id}'")
    company.update(VENDOR.entries, entry_id, {"_appliesToId": payment["id"]})
    if not payment["amount"]:
        company.update("vendorPayments", payment["id"], {"amount": -entry["remainingAmount"]})


def chosen_entries(company: Company, line: Row, vendor: Row) -> list[Row]:
    """The open entries that were marked for a payment, oldest first."""
    entries = company.find(VENDOR.entries, vendorId=vendor["id"])
    return [entry for entry in entries if entry["open"] and entry.get("_appliesToId") == line["id"]]
