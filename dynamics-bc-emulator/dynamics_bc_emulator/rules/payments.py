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
from dynamics_bc_emulator.rules.ledger import invoice_entry
from dynamics_bc_emulator.rules.pairs import Pair, fill, pair_rules
from dynamics_bc_emulator.rules.parties import CUSTOMER, VENDOR, Party
from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.draft import Draft


def payment_rules(party: Party) -> Rules:
    """The rules of payments to vendors, or from customers."""
    return Rules(
        properties={
            "journalId": set_journal_id,
            "journalDisplayName": _set_journal_code,
            "amount": set_amount,
            **pair_rules(_party_pair(party)),
            **pair_rules(_invoice_pair(party)),
        },
        insert=_complete_new,
        modify=check_line_number,
        unique=("journalId", "lineNumber"),
        missing={("journalId",): "You must specify a journal batch ID or a journal ID to get a journal line."},
    )


def _set_journal_code(draft: Draft, value: Any) -> None:
    if value != journal_of(draft)["code"]:
        raise refused("The journal of a payment cannot be changed.")


def _party_pair(party: Party) -> Pair:
    return Pair(
        party.id_name,
        party.number_name,
        party.party_set,
        party.caption,
        "number",
        follow=_follow_party,
    )


def _follow_party(draft: Draft, owner: Row | None) -> None:
    if owner and "description" not in draft.given:
        draft.row["description"] = owner["displayName"]
    draft.row["_dimensions"] = default_dimensions(draft.company, owner["id"]) if owner else {}


def _invoice_pair(party: Party) -> Pair:
    """The posted invoice that is settled; a number that matches none is kept, and posting will refuse it."""

    def follow(draft: Draft, invoice: Row | None) -> None:
        if invoice is not None:
            _apply(party, draft, invoice)

    return Pair(
        "appliesToInvoiceId",
        "appliesToInvoiceNumber",
        party.invoices,
        "invoice",
        "number",
        article="a posted",
        keeps_unknown=True,
        accepts=lambda _, invoice: bool(invoice.get("_posted")),
        follow=follow,
    )


def _apply(party: Party, draft: Draft, invoice: Row) -> None:
    """A payment without a vendor or customer takes the invoice's, one without an amount what is left of the invoice."""
    row = draft.row
    entry = invoice_entry(draft.company, party, invoice)
    if row[party.id_name] == ZERO_GUID and entry is not None:
        owner = draft.company.get(party.party_set, entry[party.id_name])
        fill(_party_pair(party), draft, owner)
        _follow_party(draft, owner)
    if not row["amount"] and entry is not None:
        row["amount"] = -entry["remainingAmount"]


def _complete_new(draft: Draft) -> None:
    draft.row["journalDisplayName"] = journal_of(draft)["code"]
    take_place(draft)
    check_line_number(draft)


VENDOR_PAYMENTS = payment_rules(VENDOR)
CUSTOMER_PAYMENTS = payment_rules(CUSTOMER)
