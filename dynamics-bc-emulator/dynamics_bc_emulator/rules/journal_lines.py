"""What happens to a line of a journal: its accounts, and what it takes from its batch and from the line before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.rules.amounts import to_cents
from dynamics_bc_emulator.rules.dimensions import default_dimensions
from dynamics_bc_emulator.rules.document_lines import check_account
from dynamics_bc_emulator.rules.draft import DuplicateKey, Rules
from dynamics_bc_emulator.rules.journal_posting import (
    BANK_ACCOUNT,
    GL_ACCOUNT,
    LINE_SETS,
    account_type_of,
    journal_lines,
)
from dynamics_bc_emulator.rules.journals import find_journal
from dynamics_bc_emulator.rules.pairs import Pair, fill, pair_rules
from dynamics_bc_emulator.stamps import BLANK_DATE, ZERO_GUID

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.draft import Draft, PropertyRule

_STEP = 10_000
# The number series of documents, by what kind of line comes first.
_SERIES = {"journalLines": "GJNL-GEN", "vendorPayments": "GJNL-PMT", "customerPayments": "GJNL-RCPT"}
# The sets that hold the accounts of each type that a line may have.
_ACCOUNT_SETS = {GL_ACCOUNT: "accounts", "Customer": "customers", "Vendor": "vendors", BANK_ACCOUNT: "bankAccounts"}


def set_journal_id(draft: Draft, value: Any) -> None:
    """A line stays in its batch, and its batch is the one that the path names."""
    if draft.row["journalId"] not in (ZERO_GUID, value):
        raise refused("The journal id of a line cannot be changed, and must be that of the journal it is created in.")
    draft.row["journalId"] = value


def set_amount(draft: Draft, value: Any) -> None:
    """Amounts are kept to the cent."""
    draft.row["amount"] = to_cents(value)


def journal_of(draft: Draft) -> Row:
    """The batch of a line.

    Raises:
        Refusal: The line names none that exists.
    """
    journal = find_journal(draft.company, draft.row["journalId"])
    if journal is None:
        raise refused("You must specify a journal batch ID or a journal ID to get a journal line.")
    return journal


def take_place(draft: Draft) -> None:
    """Give a new line its number, and the date and document number of the line before, where it has none."""
    journal_of(draft)
    row, lines = draft.row, journal_lines(draft.company, draft.row["journalId"])
    last = lines[-1][1] if lines else None
    if not row["lineNumber"]:
        row["lineNumber"] = ((last["lineNumber"] if last else 0) // _STEP + 1) * _STEP
    if row["postingDate"] == BLANK_DATE:
        row["postingDate"] = last["postingDate"] if last else draft.company.today
    if not row["documentNumber"]:
        row["documentNumber"] = (last["documentNumber"] if last else "") or draft.company.next_number(
            _SERIES[draft.entity_set]
        )


def check_line_number(draft: Draft) -> None:
    """A line number is used once in a batch, by entries and payments together."""
    for entity_set in LINE_SETS:
        for other in draft.company.find(entity_set, journalId=draft.row["journalId"]):
            if other["lineNumber"] == draft.row["lineNumber"] and other["id"] != draft.row.get("id"):
                raise DuplicateKey("Gen. Journal Line", f"Line No.='{draft.row['lineNumber']}'")


def _complete_new(draft: Draft) -> None:
    journal = journal_of(draft)
    draft.row["journalDisplayName"] = journal["code"]
    take_place(draft)
    check_line_number(draft)
    if draft.is_blank("balancingAccountId") and journal["balancingAccountNumber"]:
        number = journal["balancingAccountNumber"]
        draft.row["balanceAccountType"] = account_type_of(draft.company, number)
        account_set = _ACCOUNT_SETS[draft.row["balanceAccountType"]]
        fill(_BALANCING, draft, draft.company.first(account_set, number=number))
        _inherit_dimensions(draft)


def _type_rule(type_name: str, pair: Pair) -> PropertyRule:
    def set_type(draft: Draft, value: Any) -> None:
        if value not in _ACCOUNT_SETS:
            raise refused(
                f"The {type_name} of a line must be a general ledger account, a customer, a vendor or a bank account."
            )
        if value != draft.row[type_name]:
            draft.row[type_name] = value
            fill(pair, draft, None)
            _inherit_dimensions(draft)

    return set_type


def _account_pair(type_name: str, id_name: str, number_name: str, *, is_own: bool) -> Pair:
    def check(draft: Draft, account: Row) -> None:
        if draft.row[type_name] == GL_ACCOUNT:
            check_account(draft.company, account["number"])

    def follow(draft: Draft, account: Row | None) -> None:
        if is_own and account is not None and "description" not in draft.given:
            draft.row["description"] = account["displayName"]
        _inherit_dimensions(draft)

    return Pair(
        id_name,
        number_name,
        lambda draft: (_ACCOUNT_SETS[draft.row[type_name]],),
        "Account",
        "number",
        article="an",
        check=check,
        follow=follow,
    )


def _inherit_dimensions(draft: Draft) -> None:
    # The line's own account comes last: its default dimensions go over those of the balancing account.
    sources = [draft.row["balancingAccountId"], draft.row["accountId"]]
    draft.row["_dimensions"] = default_dimensions(draft.company, *(source for source in sources if source != ZERO_GUID))


_OWN = _account_pair("accountType", "accountId", "accountNumber", is_own=True)
_BALANCING = _account_pair("balanceAccountType", "balancingAccountId", "balancingAccountNumber", is_own=False)

JOURNAL_LINES = Rules(
    properties={
        "journalId": set_journal_id,
        "amount": set_amount,
        "accountType": _type_rule("accountType", _OWN),
        **pair_rules(_OWN),
        "balanceAccountType": _type_rule("balanceAccountType", _BALANCING),
        **pair_rules(_BALANCING),
    },
    insert=_complete_new,
    modify=check_line_number,
    unique=("journalId", "lineNumber"),
    missing={("journalId",): "You must specify a journal batch ID or a journal ID to get a journal line."},
)
