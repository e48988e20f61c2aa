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
from dynamics_bc_emulator.stamps import BLANK_DATE, ZERO_GUID

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.draft import Draft, PropertyRule

_STEP = 10_000
# The number series of documents, by what kind of line comes first.
_SERIES = {"journalLines": "GJNL-GEN", "vendorPayments": "GJNL-PMT", "customerPayments": "GJNL-RCPT"}
# The sets that hold the accounts of each type that a line may have.
_ACCOUNT_SETS = {GL_ACCOUNT: "accounts", "Customer": "customers", "Vendor": "vendors", BANK_ACCOUNT: "bankAccounts"}
_SIDES = (
    ("accountType", "accountId", "accountNumber"),
    ("balanceAccountType", "balancingAccountId", "balancingAccountNumber"),
)


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
    if not {"balancingAccountId", "balancingAccountNumber"} & set(draft.given) and journal["balancingAccountNumber"]:
        number = journal["balancingAccountNumber"]
        draft.row["balanceAccountType"] = account_type_of(draft.company, number)
        _fill(draft, _SIDES[1], draft.company.first(_ACCOUNT_SETS[draft.row["balanceAccountType"]], number=number))


def _type_rule(side: tuple[str, str, str]) -> PropertyRule:
    type_name = side[0]

    def set_type(draft: Draft, value: Any) -> None:
        if value not in _ACCOUNT_SETS:
            raise refused(
                f"The {type_name} of a line must be a general ledger account, a customer, a vendor or a bank account."
            )
        if value != draft.row[type_name]:
            draft.row[type_name] = value
            _fill(draft, side, None)

    return set_type


def _id_rule(side: tuple[str, str, str]) -> PropertyRule:
    type_name, id_name, _ = side

    def set_id(draft: Draft, value: Any) -> None:
        if value == ZERO_GUID:
            _fill(draft, side, None)
            return
        found = draft.company.get(_ACCOUNT_SETS[draft.row[type_name]], value)
        if found is None:
            raise refused(f'The "{id_name}" does not match to an Account: {value}.')
        _become(draft, side, found)

    return set_id


def _number_rule(side: tuple[str, str, str]) -> PropertyRule:
    type_name, id_name, number_name = side

    def set_number(draft: Draft, value: Any) -> None:
        found = draft.company.first(_ACCOUNT_SETS[draft.row[type_name]], number=value) if value else None
        if value and found is None:
            raise refused(f'The "{number_name}" does not match to an Account: {value}.')
        if id_name in draft.given and (found or {"id": ZERO_GUID})["id"] != draft.row[id_name]:
            raise refused(f'The "{id_name}" and "{number_name}" do not match to the same Account.')
        _become(draft, side, found)

    return set_number


def _become(draft: Draft, side: tuple[str, str, str], found: Row | None) -> None:
    if found is not None and draft.row[side[0]] == GL_ACCOUNT:
        check_account(draft.company, found["number"])
    if side == _SIDES[0] and found is not None and "description" not in draft.given:
        draft.row["description"] = found["displayName"]
    _fill(draft, side, found)


def _fill(draft: Draft, side: tuple[str, str, str], found: Row | None) -> None:
    _, id_name, number_name = side
    draft.row.update({id_name: found["id"] if found else ZERO_GUID, number_name: found["number"] if found else ""})
    # The line's own account comes last: its default dimensions go over those of the balancing account.
    sources = [draft.row["balancingAccountId"], draft.row["accountId"]]
    draft.row["_dimensions"] = default_dimensions(draft.company, *(source for source in sources if source != ZERO_GUID))


JOURNAL_LINES = Rules(
    properties={
        "journalId": set_journal_id,
        "amount": set_amount,
        **{side[0]: _type_rule(side) for side in _SIDES},
        **{side[1]: _id_rule(side) for side in _SIDES},
        **{side[2]: _number_rule(side) for side in _SIDES},
    },
    insert=_complete_new,
    modify=check_line_number,
    unique=("journalId", "lineNumber"),
    missing={("journalId",): "You must specify a journal batch ID or a journal ID to get a journal line."},
)
