"""Which rows are lines of a journal, whatever their set, and of what type their accounts are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row

# Entity sets whose rows are lines of a batch, with what kind of account they are for; None: the line says.
LINE_SETS: dict[str, str | None] = {"journalLines": None, "vendorPayments": "Vendor", "customerPayments": "Customer"}
GL_ACCOUNT = "G_x002F_L_x0020_Account"
BANK_ACCOUNT = "Bank_x0020_Account"
# The sets that hold the accounts of each type that a line may have.
ACCOUNT_SETS = {GL_ACCOUNT: "accounts", "Customer": "customers", "Vendor": "vendors", BANK_ACCOUNT: "bankAccounts"}
PARTY_TYPES = frozenset({"Customer", "Vendor"})


def journal_lines(company: Company, journal_id: str) -> list[tuple[str, Row]]:
    """All lines of a batch with the sets they are in, by line number."""
    lines = [(entity_set, row) for entity_set in LINE_SETS for row in company.find(entity_set, journalId=journal_id)]
    return sorted(lines, key=lambda line: line[1]["lineNumber"])


def own_account(entity_set: str, row: Row) -> tuple[str, str]:
    """Type and number of a line's account; a payment's is its vendor or customer."""
    party = LINE_SETS[entity_set]
    if party is None:
        return row["accountType"], row["accountNumber"]
    return party, row[f"{party.lower()}Number"]


def balancing_account(company: Company, journal: Row, row: Row) -> tuple[str, str]:
    """Type and number of a line's balancing account; payments show none and take the batch's."""
    if "balancingAccountNumber" in row:
        return row["balanceAccountType"], row["balancingAccountNumber"]
    return batch_account(company, journal)


def batch_account(company: Company, journal: Row) -> tuple[str, str]:
    """Type and number of a batch's balancing account."""
    number = journal["balancingAccountNumber"]
    is_bank = number and company.first("accounts", number=number) is None
    return BANK_ACCOUNT if is_bank else GL_ACCOUNT, number


def is_empty(entity_set: str, row: Row) -> bool:
    """Whether nobody has filled a line in yet: it has no account and no amount."""
    return not row["amount"] and not own_account(entity_set, row)[1]
