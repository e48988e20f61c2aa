"""Which open ledger entries a vendor payment is to settle, in place of the invoice it names.

An entry that is chosen carries the payment's document number as its applies-to id, and so does the payment: what is
posted under that id settles every entry that has it. The rules are those of codeunit 225 (Gen. Jnl.-Apply).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import record_not_found, refused
from dynamics_bc_emulator.rules.draft import Rules
from dynamics_bc_emulator.rules.ledger import foreign_currency, remaining_in_currency
from dynamics_bc_emulator.rules.parties import VENDOR
from dynamics_bc_emulator.rules.payment_discounts import taken_discount

if TYPE_CHECKING:
    from decimal import Decimal

    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.rows import Change
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.parties import Party


RULES = Rules(takes_any_body=True)


def choose_entry(company: Company, change: Change) -> Row:
    """Mark an open entry of the payment's vendor to be settled by it, or take the mark away if it is there.

    A payment without an amount takes what is left of the entry, less a discount that it is in time for.

    Raises:
        Refusal: No payment is addressed, its vendor has no such open entry, or the payment is earlier than the entry.
    """
    assert change.before
    if change.parent is None:
        raise refused("You must specify a vendor payment to get apply vendor entries.")
    payment, entry_id = change.parent.row, change.before["id"]
    entry = company.get(VENDOR.entries, entry_id)
    if entry is None or not entry["open"] or entry["vendorId"] != payment["vendorId"]:
        raise record_not_found("Vendor Ledger Entry", f"Id='{entry_id}'")
    applies_to_id = payment.get("_appliesToId") or payment["documentNumber"]
    if not applies_to_id:
        raise refused("You must specify Document No. or Applies-to ID.")
    if payment["postingDate"] < entry["postingDate"]:
        raise refused(
            f"You cannot apply and post the payment {payment['documentNumber']} to the entry "
            f"{entry['documentNumber']}, which has a later posting date."
        )
    mark = "" if entry.get("_appliesToId") else applies_to_id
    if mark:
        _check_currencies(company, payment, entry)
    entry = company.update(VENDOR.entries, entry_id, {"_appliesToId": mark})
    _apply(company, payment, entry if mark else None)
    return entry


def _check_currencies(company: Company, payment: Row, chosen: Row) -> None:
    """Entries are chosen together in one currency, and for a payment that has an amount in that one's."""
    owner = company.get("vendors", payment["vendorId"]) or {}
    others = chosen_entries(company, VENDOR, owner, payment["documentNumber"])
    codes = {foreign_currency(company, entry) for entry in (*others, chosen)}
    if payment["amount"]:
        codes.add(foreign_currency(company, owner))
    if len(codes) > 1:
        raise refused("All entries in one application must be in the same currency.")


def _apply(company: Company, payment: Row, chosen: Row | None) -> None:
    """Give the payment its applies-to id while an entry has it; it names no invoice any more."""
    applies_to_id = payment["documentNumber"]
    entries = chosen_entries(company, VENDOR, {"id": payment["vendorId"]}, applies_to_id)
    changes: Row = {"_appliesToId": applies_to_id if entries else ""}
    if entries:
        changes["appliesToInvoiceNumber"] = ""
        if not payment["amount"] and chosen:
            changes["amount"] = _amount(payment, chosen)
    company.update("vendorPayments", payment["id"], changes)


def _amount(payment: Row, entry: Row) -> Decimal:
    left = remaining_in_currency(entry)
    whole = {**payment, "documentType": "Payment", "remainingAmount": -left, "currencyRemaining": -left}
    return taken_discount(whole, entry) - left


def chosen_entries(company: Company, party: Party, owner: Row, applies_to_id: str) -> list[Row]:
    """The open entries of a vendor or customer that have an applies-to id, in the order in which they are settled."""
    entries = company.find(party.entries, **{party.id_name: owner["id"]})
    chosen = [entry for entry in entries if entry["open"] and entry.get("_appliesToId") == applies_to_id]
    return sorted(chosen, key=lambda entry: (entry["dueDate"], int(entry["entryNumber"])))


def forget_payment(company: Company, party: Party, payment: Row) -> None:
    """Take the marks of a payment away that is deleted, or is another one's now."""
    applies_to_id = payment.get("_appliesToId")
    if not applies_to_id:
        return
    for entry in chosen_entries(company, party, {"id": payment[party.id_name]}, applies_to_id):
        forget_choice(company, party, entry)


def forget_choice(company: Company, party: Party, entry: Row) -> None:
    """Take the mark of an entry away, be it settled or not."""
    if entry.get("_appliesToId"):
        company.update(party.entries, entry["id"], {"_appliesToId": ""})
