"""What posting writes to the general ledger and to the ledgers of customers and vendors."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.rules.amounts import ZERO
from dynamics_bc_emulator.stamps import BLANK_DATE, ZERO_GUID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.parties import Party

BLANK = "_x0020_"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry for the general ledger.

    Attributes:
        account_number: A posting account's number.
        amount: Debit positive, credit negative, in the local currency.
        dimensions: Dimension codes to value codes.
    """

    account_number: str
    amount: Decimal
    dimensions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Voucher:
    """What all entries of one document share."""

    document_type: str
    document_number: str
    posting_date: str
    description: str


def next_entry_number(company: Company, entity_set: str) -> int:
    """The number after the last entry's."""
    last = company.store.scan(company.id, entity_set, order="sequence DESC", limit=1)
    return int(company.store.to_row(entity_set, last[0])["entryNumber"]) + 1 if last else 1


def post_entries(company: Company, entries: Sequence[tuple[Voucher, Entry]]) -> None:
    """Write entries that balance to the general ledger.

    Raises:
        Refusal: The entries do not balance, or an account is missing or blocked.
    """
    if not entries:
        return
    difference = sum((entry.amount for _, entry in entries), ZERO)
    if difference:
        raise refused(f"The entries of document {entries[0][0].document_number} are out of balance by {difference}.")
    number = next_entry_number(company, "generalLedgerEntries")
    for voucher, entry in entries:
        if entry.amount:
            company.insert("generalLedgerEntries", _row(company, voucher, entry, number))
            number += 1


def check_posting_date(company: Company, date: str) -> None:
    """Refuse a posting date outside the range that the ledger set-up allows."""
    if not company.allows_posting_on(date):
        raise refused(f"The posting date {date} is not within your range of allowed posting dates.")


def _row(company: Company, voucher: Voucher, entry: Entry, number: int) -> Row:
    account = company.first("accounts", number=entry.account_number)
    if account is None:
        raise refused(f"The G/L Account {entry.account_number} of the posting set-up does not exist.")
    if account["blocked"]:
        raise refused(f"Blocked must be equal to 'No' in G/L Account: No.={entry.account_number}.")
    return {
        "entryNumber": number,
        "postingDate": voucher.posting_date,
        "documentNumber": voucher.document_number,
        "documentType": voucher.document_type,
        "accountId": account["id"],
        "accountNumber": entry.account_number,
        "description": voucher.description,
        "debitAmount": max(entry.amount, ZERO),
        "creditAmount": max(-entry.amount, ZERO),
        "_dimensions": entry.dimensions,
    }


@dataclass(frozen=True, slots=True)
class PartyEntry:
    """One entry for a customer's or vendor's ledger, in that ledger's signs: a vendor's invoice is negative.

    Attributes:
        amount: In the local currency.
        currency_code: The document's currency.
        currency_amount: In the document's currency; None where that is the local one.
        discount: What a payment in time may keep back, in the document's currency and with the amount's sign.
        discount_date: The last day of such a payment.
    """

    party_id: str
    amount: Decimal
    due_date: str
    document_id: str = ZERO_GUID
    external_document_number: str = ""
    dimensions: dict[str, str] = field(default_factory=dict)
    currency_code: str = ""
    currency_amount: Decimal | None = None
    discount: Decimal = ZERO
    discount_date: str = BLANK_DATE


def post_party_entry(company: Company, party: Party, voucher: Voucher, entry: PartyEntry) -> Row:
    """Write an entry to a customer's or vendor's ledger; it is open, unless it is of nothing."""
    in_currency = entry.amount if entry.currency_amount is None else entry.currency_amount
    return company.insert(
        party.entries,
        {
            "entryNumber": next_entry_number(company, party.entries),
            party.id_name: entry.party_id,
            "documentType": voucher.document_type,
            "documentNumber": voucher.document_number,
            "documentId": entry.document_id,
            "externalDocumentNumber": entry.external_document_number,
            "description": voucher.description,
            "postingDate": voucher.posting_date,
            "dueDate": entry.due_date,
            "currencyCode": entry.currency_code,
            "amount": entry.amount,
            "remainingAmount": entry.amount,
            "currencyAmount": in_currency,
            "currencyRemaining": in_currency,
            "discount": entry.discount,
            "discountDate": entry.discount_date,
            "open": bool(entry.amount or in_currency),
            "_dimensions": entry.dimensions,
        },
    )


def remaining_in_currency(entry: Row) -> Decimal:
    """What is open of an entry, in its own currency."""
    amount: Any = entry.get("currencyRemaining", entry["remainingAmount"])
    return Decimal(amount)


def foreign_currency(company: Company, row: Row) -> str:
    """The currency of an entry or a party where it is not the local one; empty else. Seeded entries name none."""
    code = str(row.get("currencyCode") or "")
    return "" if code == company.local_currency else code


def invoice_entry(company: Company, party: Party, invoice: Row) -> Row | None:
    """The ledger entry that a posted invoice made, if there is one."""
    entries = company.find(party.entries, documentNumber=invoice["number"], documentType="Invoice")
    return next(iter(entries), None)
