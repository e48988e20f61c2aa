"""What posting a journal does: all its lines, payments too, become entries, or none does."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import Refusal, refused
from dynamics_bc_emulator.rules.amounts import ZERO
from dynamics_bc_emulator.rules.apply_entries import chosen_entries
from dynamics_bc_emulator.rules.dimensions import check_posting_validation, dimensions_of
from dynamics_bc_emulator.rules.document_lines import check_account
from dynamics_bc_emulator.rules.ledger import (
    BLANK,
    Entry,
    PartyEntry,
    Voucher,
    check_posting_date,
    invoice_entry,
    post_entries,
    post_party_entry,
)
from dynamics_bc_emulator.rules.parties import PARTIES, VENDOR, Party
from dynamics_bc_emulator.rules.posting_setup import bank_ledger_account, control_account
from dynamics_bc_emulator.rules.settlement import apply_entries
from dynamics_bc_emulator.stamps import BLANK_DATE, ZERO_GUID

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row

# Entity sets whose rows are lines of a batch, with what kind of account they are for; None: the line says.
LINE_SETS: dict[str, str | None] = {"journalLines": None, "vendorPayments": "Vendor", "customerPayments": "Customer"}
GL_ACCOUNT = "G_x002F_L_x0020_Account"
BANK_ACCOUNT = "Bank_x0020_Account"


def journal_lines(company: Company, journal_id: str) -> list[tuple[str, Row]]:
    """All lines of a batch with the sets they are in, by line number."""
    lines = [(entity_set, row) for entity_set in LINE_SETS for row in company.find(entity_set, journalId=journal_id)]
    return sorted(lines, key=lambda line: line[1]["lineNumber"])


def post_journal(company: Company, journal: Row) -> None:
    """Post every line of a batch; the lines are gone afterwards, the batch stays.

    Raises:
        Refusal: There is nothing to post, a line is incomplete, or a document does not balance.
    """
    lines = [_Line(company, journal, entity_set, row) for entity_set, row in journal_lines(company, journal["id"])]
    filled = [line for line in lines if not line.is_empty]
    if not filled:
        raise refused(f"There is nothing to post in the journal {journal['code']}.")
    for line in filled:
        line.check()
    _check_balance(journal, filled)
    documents: dict[tuple[str, str], list[_Line]] = defaultdict(list)
    for line in filled:
        documents[line.row["documentNumber"], line.row["postingDate"]].append(line)
    for document in documents.values():
        _post_document(company, document)
    for line in lines:
        company.delete(line.entity_set, line.row["id"])


class _Line:
    """One line of a batch, in words that hold for entries and payments alike."""

    def __init__(self, company: Company, journal: Row, entity_set: str, row: Row) -> None:
        self.company = company
        self.entity_set = entity_set
        self.row = row
        self.amount = Decimal(row["amount"])
        self.account_type, self.account_number = _account(entity_set, row)
        self.balancing_type, self.balancing_number = _balancing_account(company, journal, row)
        self.document_type = "Payment" if LINE_SETS[entity_set] else BLANK
        self.dimensions = dimensions_of(row)

    @property
    def is_empty(self) -> bool:
        """Nobody has filled it in yet."""
        return not self.amount and not self.account_number

    @property
    def voucher(self) -> Voucher:
        """What its entries share."""
        row = self.row
        return Voucher(self.document_type, row["documentNumber"], row["postingDate"], row["description"])

    def check(self) -> None:
        """Refuse a line that cannot be posted."""
        where = f"in journal line {self.row['lineNumber']}"
        for name, value, blank in (
            ("Document No.", self.row["documentNumber"], ""),
            ("Posting Date", self.row["postingDate"], BLANK_DATE),
            ("Account No.", self.account_number, ""),
            ("Amount", self.amount, ZERO),
        ):
            if value == blank:
                raise Refusal(
                    400,
                    "Application_FieldValidationException",
                    f"{name} must have a value {where}; it cannot be blank.",
                )
        check_posting_date(self.company, self.row["postingDate"])

    def entries(self) -> list[Entry]:
        """Its entries in the general ledger."""
        entries = [Entry(self._ledger_account(self.account_type, self.account_number), self.amount, self.dimensions)]
        if self.balancing_number:
            entries.append(
                Entry(self._ledger_account(self.balancing_type, self.balancing_number), -self.amount, self.dimensions)
            )
        return entries

    def post_party_entries(self) -> None:
        """Its entries in the ledgers of customers and vendors, and what they settle."""
        sides = [
            (self.account_type, self.account_number, self.amount),
            (self.balancing_type, self.balancing_number, -self.amount),
        ]
        for account_type, number, amount in sides:
            party = PARTIES.get(account_type)
            if party is not None and number:
                self._post_party_entry(party, self._party_row(party, number), amount)

    def _post_party_entry(self, party: Party, owner: Row, amount: Decimal) -> None:
        external = self.row.get("externalDocumentNumber", "")
        entry = PartyEntry(owner["id"], amount, self.row["postingDate"], ZERO_GUID, external, self.dimensions)
        posted = post_party_entry(self.company, party, self.voucher, entry)
        for invoice in self._settled_entries(party, owner):
            if posted["open"]:
                apply_entries(self.company, party, posted, invoice)

    def _settled_entries(self, party: Party, owner: Row) -> list[Row]:
        number = self.row.get("appliesToInvoiceNumber", "")
        invoice_id = self.row.get("appliesToInvoiceId", ZERO_GUID)
        if not number and invoice_id == ZERO_GUID:
            return chosen_entries(self.company, self.row, owner) if party is VENDOR else []
        invoice = self.company.get(party.invoices, invoice_id)
        entry = invoice_entry(self.company, party, invoice or {"number": number})
        if entry is None or entry[party.id_name] != owner["id"]:
            whose = f"{party.caption} {owner['number']}"
            raise refused(f"The payment cannot be applied: {whose} has no posted invoice {number or invoice_id}.")
        return [entry]

    def _ledger_account(self, account_type: str, number: str) -> str:
        if account_type == BANK_ACCOUNT:
            return bank_ledger_account(self.company, number)
        party = PARTIES.get(account_type)
        if party is None:
            return str(check_account(self.company, number)["number"])
        owner = self._party_row(party, number)
        if owner["blocked"] in ("All", "Payment"):
            whose = f"{party.caption} {number}"
            raise refused(f"You cannot post this type of line when {whose} is blocked with type {owner['blocked']}.")
        check_posting_validation(self.company, self.dimensions, party.caption, number, owner["id"])
        return control_account(self.company, party, owner)

    def _party_row(self, party: Party, number: str) -> Row:
        owner = self.company.first(party.party_set, number=number)
        if owner is None:
            raise refused(f"The {party.caption} does not exist. Identification fields and values: No.='{number}'")
        return owner


def _account(entity_set: str, row: Row) -> tuple[str, str]:
    kind = LINE_SETS[entity_set]
    if kind is None:
        return row["accountType"], row["accountNumber"]
    return kind, row[f"{kind.lower()}Number"]


def _balancing_account(company: Company, journal: Row, row: Row) -> tuple[str, str]:
    """A line's own balancing account; payments have none of their own and take the batch's."""
    if "balancingAccountNumber" in row:
        return row["balanceAccountType"], row["balancingAccountNumber"]
    number = journal["balancingAccountNumber"]
    return account_type_of(company, number), number


def account_type_of(company: Company, number: str) -> str:
    """Whether a batch's balancing account is a general ledger or a bank account."""
    return BANK_ACCOUNT if number and company.first("accounts", number=number) is None else GL_ACCOUNT


def _check_balance(journal: Row, lines: list[_Line]) -> None:
    """What has no balancing account must add up to nothing, per document and date."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for line in lines:
        if not line.balancing_number:
            sums[line.row["documentNumber"], line.row["postingDate"]] += line.amount
    for (number, date), difference in sums.items():
        if difference:
            message = (
                f"The lines in journal {journal['code']} are out of balance by {difference}. "
                f"Check that Debit Amount equals Credit Amount for document {number} on {date}."
            )
            raise refused(message)


def _post_document(company: Company, lines: list[_Line]) -> None:
    # Each line's entries carry that line's text; the document as a whole balances, not each line.
    post_entries(company, [(line.voucher, entry) for line in lines for entry in line.entries()])
    for line in lines:
        line.post_party_entries()
