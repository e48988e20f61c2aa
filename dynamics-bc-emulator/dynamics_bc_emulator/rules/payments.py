"""What happens to a payment in a journal: whose it is, and which posted invoice it settles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.rules.dimensions import default_dimensions
from dynamics_bc_emulator.rules.draft import Rules
from dynamics_bc_emulator.rules.journal_lines import (
    check_line_number,
    journal_of,
    set_amount,
    set_journal_id,
    take_place,
)
from dynamics_bc_emulator.rules.ledger import CUSTOMER, VENDOR, Party, invoice_entry
from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.draft import Draft, PropertyRule


def payment_rules(party: Party) -> Rules:
    """The rules of payments to vendors, or from customers."""
    return Rules(
        properties={
            "journalId": set_journal_id,
            "journalDisplayName": _set_journal_code,
            "amount": set_amount,
            **_party_rules(party),
            **_invoice_rules(party),
        },
        insert=_complete_new,
        modify=check_line_number,
        unique=("journalId", "lineNumber"),
        missing={("journalId",): "You must specify a journal batch ID or a journal ID to get a journal line."},
    )


def _set_journal_code(draft: Draft, value: Any) -> None:
    if value != journal_of(draft)["code"]:
        raise refused("The journal of a payment cannot be changed.")


def _party_rules(party: Party) -> dict[str, PropertyRule]:
    id_name = party.id_name
    number_name = f"{id_name.removesuffix('Id')}Number"

    def set_id(draft: Draft, value: Any) -> None:
        found = draft.company.get(party.party_set, value) if value != ZERO_GUID else None
        if found is None and value != ZERO_GUID:
            raise refused(f'The "{id_name}" does not match to a {party.caption}: {value}.')
        _set_party(party, draft, found)

    def set_number(draft: Draft, value: Any) -> None:
        found = draft.company.first(party.party_set, number=value) if value else None
        if found is None and value:
            raise refused(f'The "{number_name}" does not match to a {party.caption}: {value}.')
        if id_name in draft.given and (found or {"id": ZERO_GUID})["id"] != draft.row[id_name]:
            raise refused(f'The "{id_name}" and "{number_name}" do not match to the same {party.caption}.')
        _set_party(party, draft, found)

    return {id_name: set_id, number_name: set_number}


def _set_party(party: Party, draft: Draft, found: Row | None) -> None:
    number_name = f"{party.id_name.removesuffix('Id')}Number"
    draft.row.update(
        {party.id_name: found["id"] if found else ZERO_GUID, number_name: found["number"] if found else ""}
    )
    if found and "description" not in draft.given:
        draft.row["description"] = found["displayName"]
    draft.row["_dimensions"] = default_dimensions(draft.company, found["id"]) if found else {}


def _invoice_rules(party: Party) -> dict[str, PropertyRule]:
    def set_id(draft: Draft, value: Any) -> None:
        if value == ZERO_GUID:
            draft.row.update(appliesToInvoiceId=ZERO_GUID, appliesToInvoiceNumber="")
            return
        invoice = draft.company.get(party.invoices, value)
        if invoice is None or not invoice.get("_posted"):
            raise refused(f'The "appliesToInvoiceId" does not match to a posted invoice: {value}.')
        _apply(party, draft, invoice)

    def set_number(draft: Draft, value: Any) -> None:
        invoice = (
            next((row for row in draft.company.find(party.invoices, number=value) if row.get("_posted")), None)
            if value
            else None
        )
        if (
            "appliesToInvoiceId" in draft.given
            and (invoice or {"id": ZERO_GUID})["id"] != draft.row["appliesToInvoiceId"]
        ):
            raise refused('The "appliesToInvoiceId" and "appliesToInvoiceNumber" do not match to the same invoice.')
        if invoice is None:
            # A number that matches no invoice is kept; posting will refuse it.
            draft.row.update(appliesToInvoiceId=ZERO_GUID, appliesToInvoiceNumber=value)
            return
        _apply(party, draft, invoice)

    return {"appliesToInvoiceId": set_id, "appliesToInvoiceNumber": set_number}


def _apply(party: Party, draft: Draft, invoice: Row) -> None:
    """Name the invoice to settle.

    A payment without a vendor or customer takes the invoice's, one without an amount what is left of the invoice.
    """
    row = draft.row
    row.update(appliesToInvoiceId=invoice["id"], appliesToInvoiceNumber=invoice["number"])
    entry = invoice_entry(draft.company, party, invoice)
    if row[party.id_name] == ZERO_GUID and entry is not None:
        _set_party(party, draft, draft.company.get(party.party_set, entry[party.id_name]))
    if not row["amount"] and entry is not None:
        row["amount"] = -entry["remainingAmount"]


def _complete_new(draft: Draft) -> None:
    draft.row["journalDisplayName"] = journal_of(draft)["code"]
    take_place(draft)
    check_line_number(draft)


VENDOR_PAYMENTS = payment_rules(VENDOR)
CUSTOMER_PAYMENTS = payment_rules(CUSTOMER)
