"""The open ledger entries that a vendor payment can be applied to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.stamps import ZERO_GUID, to_stamp

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.makers.asked import Asked
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rows.view import View


def apply_vendor_entries(view: View, asked: Asked) -> list[Row]:
    """Open entries of the payment's vendor; those that a payment is to settle are marked.

    An entry's `_appliesToId` is the document number of that payment.
    """
    payment_id, vendor_id = asked.one("Gen. Journal Line Id"), asked.one("Vendor Id")
    if payment_id is None:
        return []
    vendor = view.store.get(view.company, "vendors", vendor_id) if vendor_id != ZERO_GUID else None
    if vendor is None:
        raise refused(f"The Vendor does not exist. Identification fields and values: SystemId='{vendor_id}'")
    entries = view.store.find(view.company, "_vendorLedgerEntries", vendorId=vendor["id"])
    return [_entry(view, entry, vendor) for entry in entries if entry["open"]]


def _entry(view: View, entry: Row, vendor: Row) -> Row:
    applies_to_id = entry.get("_appliesToId", "")
    return {
        "id": entry["id"],
        "applied": bool(applies_to_id),
        "appliesToId": applies_to_id,
        "postingDate": entry["postingDate"],
        "documentType": entry["documentType"],
        "documentNumber": entry["documentNumber"],
        "externalDocumentNumber": entry["externalDocumentNumber"],
        "vendorNumber": vendor["number"],
        "vendorName": vendor["displayName"],
        "description": entry["description"],
        "remainingAmount": entry.get("currencyRemaining", entry["remainingAmount"]),
        "lastModifiedDateTime": to_stamp(view.store.stamp(view.company, "_vendorLedgerEntries", entry["id"])),
    }
