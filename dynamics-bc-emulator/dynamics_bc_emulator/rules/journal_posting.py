"""What posting a journal does: all its lines, payments too, become entries, or none does.

The rules are those of codeunits 12, 13 and 231 (Gen. Jnl.-Post Line, Gen. Jnl.-Post Batch, Gen. Jnl.-Post).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.rules.apply_entries import chosen_entries, forget_choice
from dynamics_bc_emulator.rules.journal_checks import check_balance, check_line
from dynamics_bc_emulator.rules.journal_entries import JournalLine, Side
from dynamics_bc_emulator.rules.journal_line_sets import (
    ACCOUNT_SETS,
    BANK_ACCOUNT,
    GL_ACCOUNT,
    batch_account,
    journal_lines,
)
from dynamics_bc_emulator.rules.journal_templates import incremented
from dynamics_bc_emulator.rules.ledger import (
    PartyEntry,
    invoice_entry,
    next_entry_number,
    post_entries,
    post_party_entry,
)
from dynamics_bc_emulator.rules.payment_discounts import keep_discount, taken_discount
from dynamics_bc_emulator.rules.payment_tolerance import write_off
from dynamics_bc_emulator.rules.recurring_journals import due_lines, move_on, reversed_lines
from dynamics_bc_emulator.rules.settlement import apply_entries
from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.journal_templates import Template

BANK_ENTRIES = "_bankLedgerEntries"


def post_journal(company: Company, journal: Row, template: Template) -> JournalLine | None:
    """Post every line of a batch; the lines of a recurring one stay for the next period, others are gone afterwards.

    Returns:
        The last line with an account, now gone; None if lines stay, as in a recurring batch and one of empty lines.

    Raises:
        Refusal: The batch has no lines, a line is incomplete, or a document does not balance.
    """
    rows = journal_lines(company, journal["id"])
    if not rows:
        raise refused("There is nothing to post.")
    lines = [JournalLine(company, journal, entity_set, row) for entity_set, row in rows]
    if template.is_recurring:
        lines = due_lines(company, lines)
    filled = [line for line in lines if not line.is_empty]
    if not filled:
        return None
    for line in filled:
        check_line(line)
    check_balance(filled, template)
    _draw_numbers(company, journal, filled)
    _post(company, filled)
    if template.is_recurring:
        _post(company, reversed_lines(filled))
        move_on(company, filled)
        return None
    for line in lines:
        _hand_over_files(company, line)
        company.delete(line.entity_set, line.row["id"])
    return next((line for line in reversed(lines) if line.own_number), lines[-1])


def leave_line(company: Company, journal: Row, template: str, last: JournalLine) -> None:
    """Put an empty line for the next document into a batch that is posted, if no number series would number it.

    Its date is the last line's, its document number the next one; a payment journal's is for a vendor.
    """
    if journal.get("_numberSeries") or journal_lines(company, journal["id"]):
        return
    entity_set = "vendorPayments" if template == "PAYMENT" else last.entity_set
    line: Row = {
        "journalId": journal["id"],
        "journalDisplayName": journal["code"],
        "lineNumber": 10_000,
        "postingDate": last.row["postingDate"],
        "documentNumber": incremented(last.row["documentNumber"]),
    }
    if entity_set == "journalLines":
        account_type, number = batch_account(company, journal)
        account = company.first(ACCOUNT_SETS[account_type], number=number) if number else None
        line["accountType"] = last.own_type if last.entity_set == entity_set else GL_ACCOUNT
        line["balanceAccountType"] = account_type
        line |= {"balancingAccountNumber": number, "balancingAccountId": account["id"] if account else ZERO_GUID}
    company.insert(entity_set, line)


def _draw_numbers(company: Company, journal: Row, lines: Sequence[JournalLine]) -> None:
    """Use up the numbers of the batch's series that its documents have in turn; others were given by hand."""
    series = journal.get("_numberSeries")
    last = ""
    for line in lines:
        number = line.row["documentNumber"]
        if series and number != last and number == company.peek_number(series):
            company.next_number(series)
        last = number


def _post(company: Company, lines: Sequence[JournalLine]) -> None:
    # Each line's entries carry that line's text; a document as a whole balances, not each line.
    post_entries(company, [(line.voucher, entry) for line in lines for entry in line.entries()])
    for line in lines:
        for side in line.sides:
            if side.account_type == BANK_ACCOUNT:
                _post_bank_entry(company, line, side)
            elif side.party:
                _post_party_entry(company, line, side)


def _hand_over_files(company: Company, line: JournalLine) -> None:
    """What is attached to a line is found with the entries of its document, by number and date."""
    files = company.find("attachments", parentId=line.row["id"])
    document = {name: line.row[name] for name in ("documentNumber", "postingDate")}
    entry = company.first("generalLedgerEntries", **document) if files else None
    if entry is not None:
        for file in files:
            company.update("attachments", file["id"], {"parentId": entry["id"]})


def _post_bank_entry(company: Company, line: JournalLine, side: Side) -> None:
    company.insert(
        BANK_ENTRIES,
        {
            "entryNumber": next_entry_number(company, BANK_ENTRIES),
            "bankAccountNumber": side.number,
            "documentType": line.document_type,
            "documentNumber": line.row["documentNumber"],
            "postingDate": line.row["postingDate"],
            "currencyCode": line.currency,
            "amount": side.local,
            "currencyAmount": side.amount,
            "_dimensions": line.dimensions,
        },
    )


def _post_party_entry(company: Company, line: JournalLine, side: Side) -> None:
    party, owner, row = side.party, line.owner(side), line.row
    assert party
    entry = PartyEntry(
        owner["id"],
        side.local,
        row["postingDate"],
        external_document_number=row.get("externalDocumentNumber", ""),
        dimensions=line.dimensions,
        currency_code=line.currency,
        currency_amount=side.amount,
    )
    posted = post_party_entry(company, party, line.voucher, entry)
    for owed in _settled_entries(company, line, side, owner):
        if posted["open"]:
            _check_application(company, posted, owed)
            keep_discount(company, party, owed, taken_discount(posted, owed), line.voucher)
            write_off(company, party, posted, owed, line.voucher)
            apply_entries(company, party, posted, owed)
            forget_choice(company, party, owed)


def _check_application(company: Company, payment: Row, owed: Row) -> None:
    currencies = {entry.get("currencyCode") or company.local_currency for entry in (payment, owed)}
    if len(currencies) > 1:
        raise refused("All entries in one application must be in the same currency.")
    if payment["postingDate"] < owed["postingDate"]:
        raise refused(
            f"You cannot apply and post the payment {payment['documentNumber']} of {payment['postingDate']} to an "
            f"entry with a later posting date ({owed['documentNumber']})."
        )


def _settled_entries(company: Company, line: JournalLine, side: Side, owner: Row) -> list[Row]:
    """What a payment is applied to: chosen entries, or the invoice that it names."""
    party, row = side.party, line.row
    assert party
    if row.get("_appliesToId"):
        return chosen_entries(company, party, owner, row["_appliesToId"])
    number = row.get("appliesToInvoiceNumber", "")
    if not number:
        return []
    invoice = company.get(party.invoices, row.get("appliesToInvoiceId", ZERO_GUID))
    entry = invoice_entry(company, party, invoice or {"number": number})
    if entry is None or entry[party.id_name] != owner["id"]:
        whose = f"{party.caption} {owner['number']}"
        raise refused(f"The payment cannot be applied: {whose} has no posted invoice {number}.")
    return [entry]
