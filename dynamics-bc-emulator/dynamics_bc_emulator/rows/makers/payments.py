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
    """Open entries of the payment's vendor; those that the payment is applied to are marked.

    An entry's `_appliesToId` is the id of the payment line that wants it.
    """
    payment_id, vendor_id = asked.one("Gen. Journal Line Id"), asked.one("Vendor Id")
    if payment_id is None:
        return []
    vendor = view.store.get(view.company, "vendors", vendor_id) if vendor_id != ZERO_GUID else None
    if vendor is None:
        raise refused("The vendor must be specified on the payment before entries can be applied.")
    entries = view.store.find(view.company, "_vendorLedgerEntries", vendorId=vendor["id"])
    return [_entry(view, entry, vendor, payment_id) for entry in entries if entry["open"]]


def _entry(view: View, entry: Row, vendor: Row, payment_id: str) -> Row:
    applied = entry.get("_appliesToId") == payment_id
    return {
        "id": entry["id"],
        "applied": applied,
        "appliesToId": entry.get("_appliesToId", "") if applied else "",
        "postingDate": entry["postingDate"],
        "documentType": entry["documentType"],
        "documentNumber": entry["documentNumber"],
        "externalDocumentNumber": entry["externalDocumentNumber"],
        "vendorNumber": vendor["number"],
        "vendorName": vendor["displayName"],
        "description": entry["description"],
        "remainingAmount": entry["remainingAmount"],
        "lastModifiedDateTime": to_stamp(view.store.stamp(view.company, "_vendorLedgerEntries", entry["id"])),
    }
