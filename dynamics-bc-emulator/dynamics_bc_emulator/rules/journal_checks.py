"""What is looked at before a journal is posted: each line by itself, then whether documents and days balance.

The rules are those of codeunits 11 and 13 (Gen. Jnl.-Check Line, Gen. Jnl.-Post Batch).
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import Refusal, refused
from dynamics_bc_emulator.rules.amounts import ZERO
from dynamics_bc_emulator.rules.dimension_checks import Owner, check_dimensions
from dynamics_bc_emulator.rules.journal_line_sets import ACCOUNT_SETS, BANK_ACCOUNT, GL_ACCOUNT, PARTY_TYPES
from dynamics_bc_emulator.rules.ledger import BLANK, check_posting_date
from dynamics_bc_emulator.rules.parties import PARTIES
from dynamics_bc_emulator.stamps import BLANK_DATE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.journal_entries import JournalLine
    from dynamics_bc_emulator.rules.journal_templates import Template

# For what a customer or vendor may be blocked so that a line of a document type cannot be written or posted.
_BLOCKS: dict[tuple[str, str], frozenset[str]] = {
    ("Customer", BLANK): frozenset({"All", "Invoice"}),
    ("Vendor", "Payment"): frozenset({"All", "Payment"}),
}
_ALL = frozenset({"All"})
_CAPTIONS = {
    "accounts": "G/L Account",
    "bankAccounts": "Bank Account",
    "customers": "Customer",
    "vendors": "Vendor",
}


def check_line(line: JournalLine) -> None:
    """Refuse a line that cannot be posted.

    Raises:
        Refusal: A value is missing, an account is blocked, VAT is half set, or the amount has the wrong sign.
    """
    row = line.row
    _must_have("Posting Date", row["postingDate"], BLANK_DATE, row)
    check_posting_date(line.company, row["postingDate"])
    _must_have("Document No.", row["documentNumber"], "", row)
    check_account_types(line.own_type, line.balancing_type)
    if not line.balancing_number:
        _must_have("Account No.", line.own_number, "", row)
    if line.own_number:
        _must_have("Amount", line.amount, ZERO, row)
    if row.get("_appliesToId") and row["appliesToInvoiceNumber"]:
        raise refused(f"Applies-to ID must be blank in line {row['lineNumber']}, because it names an invoice.")
    _check_tax(line)
    _check_currency(line)
    for side in line.sides:
        if side.party:
            check_not_blocked(side.account_type, line.owner(side), line.document_type, "post this type of line")
    _check_sign(line)
    _check_dimensions(line)


def _check_dimensions(line: JournalLine) -> None:
    sides = [(ACCOUNT_SETS[side.account_type], side.number) for side in line.sides]
    found = [(entity_set, line.company.first(entity_set, number=number)) for entity_set, number in sides]
    owners = [Owner.of(_CAPTIONS[entity_set], row) for entity_set, row in found if row is not None]
    try:
        check_dimensions(line.company, line.dimensions, owners)
    except Refusal as refusal:
        template = line.journal.get("templateDisplayName", "")
        where = f"Gen. Journal Line {template}, {line.journal['code']}, {line.row['lineNumber']}"
        raise refused(f"A dimension used in {where} has caused an error. {refusal.message}") from None


def check_account_types(own: str, balancing: str) -> None:
    """Refuse a line between two customers or vendors."""
    if own in PARTY_TYPES and balancing in PARTY_TYPES:
        raise refused("Account Type or Bal. Account Type must be a G/L Account or Bank Account.")


def check_not_blocked(account_type: str, owner: Row, document_type: str, doing: str) -> None:
    """Refuse a customer or vendor that is blocked for a document type."""
    if owner["blocked"] in _BLOCKS.get((account_type, document_type), _ALL):
        whose = f"{PARTIES[account_type].caption} {owner['number']}"
        raise refused(f"You cannot {doing} when {whose} is blocked with type {owner['blocked']}.")


def _must_have(caption: str, value: object, blank: object, row: Row) -> None:
    if value == blank:
        message = f"{caption} must have a value in Gen. Journal Line: Line No.={row['lineNumber']}. It cannot be blank."
        raise Refusal(400, "Application_FieldValidationException", message)


def _check_tax(line: JournalLine) -> None:
    tax = line.own_tax
    if line.own_type != GL_ACCOUNT and tax.group:
        raise Refusal(
            400,
            "Application_FieldValidationException",
            f"VAT Prod. Posting Group must be blank for the account type of line {line.row['lineNumber']}, not "
            f"'{tax.group}'.",
        )
    if tax.group and not tax.posting_type:
        raise refused(
            f"Posting to Account {line.own_number} must either be of type Purchase or Sale (see Gen. Posting Type), "
            f"because VAT Prod. Posting Group is {tax.group}."
        )


def _check_currency(line: JournalLine) -> None:
    local = line.company.local_currency
    for side in line.sides:
        bank = line.company.first("bankAccounts", number=side.number) if side.account_type == BANK_ACCOUNT else None
        code = str(bank["currencyCode"]) if bank else ""
        if code not in ("", local, line.currency):
            raise refused(f"Currency Code must be equal to '{line.currency}' in Bank Account: No.={side.number}.")


def _check_sign(line: JournalLine) -> None:
    """A payment to a vendor is a debit there, one from a customer a credit."""
    if line.document_type == BLANK:
        return
    wanted = "positive" if line.own_type == "Vendor" else "negative"
    if line.amount and (line.amount > 0) != (wanted == "positive"):
        message = f"Amount must be {wanted} in Gen. Journal Line: Line No.={line.row['lineNumber']}."
        raise Refusal(400, "Application_FieldValidationException", message)


def check_balance(lines: Sequence[JournalLine], template: Template) -> None:
    """Refuse what is out of balance, per document and date or, if the template says so, per date.

    Raises:
        Refusal: The lines of a document or of a day do not add up to nothing, or VAT has several customers or vendors.
    """
    if not template.balances_documents:
        for date, group in groupby(sorted(lines, key=_date), key=_date):
            _check_sums(list(group), f"The lines in {date}", "Posting Date and Amount")
        return
    for (number, date, _), group in groupby(sorted(lines, key=_document), key=_document):
        document = list(group)
        _check_sums(document, f"Document No. {number}", "Posting Date, Document Type, Document No. and Amount")
        _check_parties_of_vat(document, f"Document {number} posted on {date}")


def _date(line: JournalLine) -> str:
    return str(line.row["postingDate"])


def _document(line: JournalLine) -> tuple[str, str, str]:
    return line.row["documentNumber"], line.row["postingDate"], line.document_type


def _check_sums(lines: Sequence[JournalLine], what: str, where: str) -> None:
    local: Decimal = sum((line.balance[0] for line in lines), ZERO)
    if local:
        raise refused(f"{what} is out of balance by {local.normalize():f}. Check {where} of each line.")
    currencies = {line.currency for line in lines}
    foreign: Decimal = sum((line.balance[1] for line in lines), ZERO)
    if len(currencies) == 1 and currencies != {""} and foreign:
        raise refused(
            f"{what} is out of balance by {foreign.normalize():f} {currencies.pop()}. Check {where} of each line."
        )


def _check_parties_of_vat(lines: Sequence[JournalLine], what: str) -> None:
    parties = {(side.account_type, side.number) for line in lines for side in line.sides if side.party}
    if len(parties) > 1 and any(line.vat_entries(side) for line in lines for side in line.sides):
        raise refused(
            f"{what} includes more than one customer or vendor. For VAT to be calculated, separate the entries by "
            "another document number."
        )
