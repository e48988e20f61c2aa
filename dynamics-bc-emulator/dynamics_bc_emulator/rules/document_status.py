"""What the status of a posted document is, and when it changes.

A canceled document stays canceled and a corrective one corrective; any other is paid as soon as its ledger entry is
closed, and open again once it is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.parties import Party


def follow_entry(company: Company, party: Party, entry: Row) -> None:
    """Give the document of a ledger entry the status that the entry leaves it; a changed one moves its stamp."""
    if entry["documentId"] == ZERO_GUID:
        return
    for entity_set in (party.invoices, party.credit_memos):
        header = company.get(entity_set, entry["documentId"])
        if header is not None:
            status = status_of(header, is_open=bool(entry["open"]))
            if header["status"] != status:
                company.update(entity_set, header["id"], {"status": status})


def status_of(header: Row, *, is_open: bool) -> str:
    """The status of a posted document, by what has become of it.

    Args:
        header: Its header; `_canceledBy` is the document that canceled it, `_corrects` the one that it corrects.
        is_open: Whether something is left to pay.
    """
    if header.get("_canceledBy"):
        return "Canceled"
    if header.get("_corrects"):
        return "Corrective"
    return "Open" if is_open else "Paid"
