"""What is in the emulator, by the records that it came of?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from books.asked import Books, Key, name_of
from books.documents import POSTED, TRADES
from books.world import ACCOUNTS, CASH, LINES_FOR, RATES, TRADED, TRADED_ACCOUNTS, cents

from dynamics_bc_emulator.rules.dimensions import dimensions_of

if TYPE_CHECKING:
    from emulator.in_process import Desk


@dataclass(frozen=True, slots=True)
class Ledger:
    """What came to the general ledger behind an entry.

    Attributes:
        by_record: Of each record that something came of; of what came of none, below an empty name.
        documents: Numbers of the documents of each record.
    """

    by_record: dict[str, Books]
    documents: dict[str, set[str]]


def last_entry(desk: Desk) -> int:
    rows = desk.rows("generalLedgerEntries", orderby="entryNumber desc", top=1, select="entryNumber")
    return int(rows[0]["entryNumber"])


def ledger(desk: Desk, since: int) -> Ledger:
    """The entries behind one, summed by record, account, dimension and currency."""
    entries = desk.rows("generalLedgerEntries", filter=f"entryNumber gt {since}", expand="dimensionSetLines")
    sources = {number: _source(desk, number) for number in {row["documentNumber"] for row in entries}}
    by_record: dict[str, Books] = {}
    documents: dict[str, set[str]] = {}
    for row in entries:
        name, currency = sources[row["documentNumber"]]
        documents.setdefault(name, set()).add(row["documentNumber"])
        account = TRADED if row["accountNumber"] in TRADED_ACCOUNTS else row["accountNumber"]
        if account not in ACCOUNTS:
            continue
        codes = {each["code"]: each["valueCode"] for each in row["dimensionSetLines"]}
        key = (account, codes.get("CLASS", ""), codes.get("DEPARTMENT", ""), currency)
        value = Decimal(str(row["debitAmount"])) - Decimal(str(row["creditAmount"]))
        by_record.setdefault(name, Counter())[key] += value
    return Ledger(by_record, documents)


def _source(desk: Desk, number: str) -> tuple[str, str]:
    """The record that a posted document came of, and its currency."""
    if number.startswith("N-"):
        return name_of(number), ""
    for entity_set in POSTED:
        for row in desk.company.find(entity_set, number=number):
            currency = str(row["currencyCode"])
            return _sender(desk, entity_set, row), "" if currency == desk.company.local_currency else currency
    return "", ""


def _sender(desk: Desk, entity_set: str, row: dict[str, Any]) -> str:
    """The record that a document came of; one of a purchase order has it in the text of its lines alone."""
    trade = TRADES[entity_set]
    reference = str(row[trade.reference])
    if reference:
        return name_of(reference)
    lines = desk.company.find(trade.lines, documentId=row["id"])
    return name_of(str(lines[0]["description"]).partition(" ")[0]) if lines else ""


def draft_books(desk: Desk, entity_set: str, row: dict[str, Any]) -> Books:
    """What posting a draft would add, as it stands."""
    trade = TRADES[entity_set]
    currency = "" if row["currencyCode"] == desk.company.local_currency else str(row["currencyCode"])
    net: Counter[Key] = Counter()
    for line in desk.company.find(trade.lines, documentId=row["id"]):
        if line["lineType"] != "Comment":
            codes = dimensions_of(line)
            account = LINES_FOR.get(line["lineType"], line["lineObjectNumber"])
            key = (account, codes.get("CLASS", ""), codes.get("DEPARTMENT", ""), currency)
            net[key] += Decimal(line["netAmount"])
    factor = (trade.sign or 1) * RATES[currency]
    return Counter({key: cents(value * factor) for key, value in net.items()})


def open_amount(desk: Desk, number: str) -> Decimal:
    """What is open of a posted bill, by the vendor's number for it."""
    (bill,) = [row for row in desk.company.find("purchaseInvoices", vendorInvoiceNumber=number) if row.get("_posted")]
    (entry,) = [
        row for row in desk.company.find("_vendorLedgerEntries", documentNumber=bill["number"])
        if row["documentType"] == "Invoice"
    ]  # fmt: skip
    return abs(Decimal(entry["remainingAmount"]))


def journal_drafts(desk: Desk, number: str) -> list[dict[str, Any]]:
    """Lines of journals and payments that have a document number and are not posted.

    Posting leaves an empty line in its batch that has the next document's number, and is nobody's.
    """
    sets = {"journalLines": "accountNumber", "vendorPayments": "vendorNumber", "customerPayments": "customerNumber"}
    return [
        row for name, whose in sets.items() for row in desk.company.find(name, documentNumber=number)
        if row[whose] or row["amount"]
    ]  # fmt: skip


def journal_files(desk: Desk, number: str) -> list[str]:
    """Names of the files of journal lines with a document number, or of the entries that they were posted as."""
    rows = [*journal_drafts(desk, number), *desk.company.find("generalLedgerEntries", documentNumber=number)]
    return sorted(each["fileName"] for row in rows for each in desk.company.find("attachments", parentId=row["id"]))


def journal_books(rows: list[dict[str, Any]]) -> Books:
    """What lines of journals would add to the accounts of files; a payment is balanced by cash."""
    found: Counter[Key] = Counter()
    for row in rows:
        codes, is_payment = dimensions_of(row), "vendorId" in row or "customerId" in row
        account = CASH if is_payment else row["accountNumber"]
        key = (account, codes.get("CLASS", ""), codes.get("DEPARTMENT", ""), "")
        found[key] += -Decimal(row["amount"]) if is_payment else Decimal(row["amount"])
    return found


def agree(found: Books, wanted: Books) -> bool:
    """Whether two sums are the same; in a foreign currency each rounding may be worth a cent."""
    return all(
        abs(found[key] - wanted[key]) <= (Decimal("0.03") if key[3] else 0) for key in found.keys() | wanted.keys()
    )
