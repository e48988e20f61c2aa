"""What happens to a payment in a journal: whose it is, and which posted invoice it settles.

The rules are those of the pages APIV2 - Vendor Payments and APIV2 - Customer Payments. Naming an invoice says whose
payment it is, if nothing else does; it says nothing of the amount.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.rows.applied_payments import APPLIES_TO_INVOICE
from dynamics_bc_emulator.rules.apply_entries import forget_payment
from dynamics_bc_emulator.rules.dimensions import default_dimensions
from dynamics_bc_emulator.rules.draft import Rules
from dynamics_bc_emulator.rules.journal_checks import check_not_blocked
from dynamics_bc_emulator.rules.journal_defaults import check_line_number, take_place
from dynamics_bc_emulator.rules.journal_lines import journal_of, round_amount
from dynamics_bc_emulator.rules.ledger import invoice_entry
from dynamics_bc_emulator.rules.pairs import Pair, fill, pair_rules
from dynamics_bc_emulator.rules.parties import CUSTOMER, VENDOR, Party
from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.draft import Draft, DraftRule

_NO_JOURNAL = "You must specify a journal batch ID or a journal ID to get a journal line."


def payment_rules(party: Party) -> Rules:
    """The rules of payments to vendors, or from customers."""
    return Rules(
        properties={
            "journalId": _set_journal_id,
            "journalDisplayName": _set_journal_code,
            **pair_rules(_party_pair(party)),
            **pair_rules(_invoice_pair(party)),
        },
        insert=_complete_new,
        modify=_complete(party),
        deleted=lambda draft: forget_payment(draft.company, party, draft.row),
        unique=("journalId", "lineNumber"),
        missing={("journalId",): _NO_JOURNAL},
    )


def _set_journal_id(draft: Draft, value: Any) -> None:
    if draft.stored is not None:
        raise refused("The Journal Id cannot be changed.")
    if draft.row["journalId"] not in (ZERO_GUID, value):
        raise refused("The Journal Id and Journal Display Name do not match.")
    draft.row["journalId"] = value


def _set_journal_code(draft: Draft, value: Any) -> None:
    if value != journal_of(draft)["code"]:
        raise refused("The Journal Batch Display Name cannot be changed.")


def _party_pair(party: Party) -> Pair:
    def check(_draft: Draft, owner: Row) -> None:
        check_not_blocked(party.caption, owner, "Payment", "create this type of document")

    return Pair(
        party.id_name,
        party.number_name,
        party.party_set,
        party.caption,
        "number",
        check=check,
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
            _take_party(party, draft, invoice)

    return Pair(
        "appliesToInvoiceId",
        "appliesToInvoiceNumber",
        party.invoices,
        "invoice",
        "number",
        disagree="The Applies To Invoice values do not match to the same Invoice.",
        unknown='The "appliesToInvoiceId" should be the ID of an Open, Paid, Corrective, or Canceled Invoice.',
        keeps_unknown=True,
        accepts=lambda _, invoice: bool(invoice.get("_posted")),
        follow=follow,
    )


def _take_party(party: Party, draft: Draft, invoice: Row) -> None:
    """A payment without a vendor or customer takes the one that the invoice is owed to, or by."""
    entry = invoice_entry(draft.company, party, invoice)
    if draft.row[party.id_name] == ZERO_GUID and entry is not None:
        owner = draft.company.get(party.party_set, entry[party.id_name])
        fill(_party_pair(party), draft, owner)
        _follow_party(draft, owner)


def _complete_new(draft: Draft) -> None:
    journal = journal_of(draft)
    draft.row["journalDisplayName"] = journal["code"]
    draft.row[APPLIES_TO_INVOICE] = True
    take_place(draft, journal)
    check_line_number(draft)
    round_amount(draft)


def _complete(party: Party) -> DraftRule:
    def complete(draft: Draft) -> None:
        check_line_number(draft)
        round_amount(draft)
        if draft.has_changed(party.id_name) and draft.stored:
            forget_payment(draft.company, party, draft.stored)
            draft.row["_appliesToId"] = ""

    return complete


VENDOR_PAYMENTS = payment_rules(VENDOR)
CUSTOMER_PAYMENTS = payment_rules(CUSTOMER)
