"""What happens to a line of a journal: its accounts, its VAT, and what it takes from its batch.

The rules are those of page 30049 (APIV2 - JournalLines) and of the fields of table 81 behind it. Some of them surprise:
VAT comes with an account's number, not with its id; the id of a customer or vendor names nobody; a batch's balancing
account is taken only if the line's balance account type is that account's.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.refusals import Refusal, refused
from dynamics_bc_emulator.rules.dimensions import default_dimensions
from dynamics_bc_emulator.rules.document_lines import check_account
from dynamics_bc_emulator.rules.draft import Rules
from dynamics_bc_emulator.rules.journal_checks import check_account_types, check_not_blocked
from dynamics_bc_emulator.rules.journal_defaults import check_line_number, take_place
from dynamics_bc_emulator.rules.journal_entries import JournalLine
from dynamics_bc_emulator.rules.journal_line_sets import (
    ACCOUNT_SETS,
    GL_ACCOUNT,
    PARTY_TYPES,
    batch_account,
)
from dynamics_bc_emulator.rules.journal_setup import NO_TAX, AccountTax, account_tax
from dynamics_bc_emulator.rules.journals import find_journal
from dynamics_bc_emulator.rules.ledger import BLANK
from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.draft import Draft, PropertyRule

_NO_JOURNAL = "You must specify a journal batch ID or a journal ID to get a journal line."
# The properties of a line's two accounts.
_OWN = ("accountType", "accountId", "accountNumber")
_BALANCING = ("balanceAccountType", "balancingAccountId", "balancingAccountNumber")
_CENT = Decimal("0.01")


def set_journal_id(draft: Draft, value: Any) -> None:
    """A line stays in its batch, and its batch is the one that the path names."""
    if draft.row["journalId"] not in (ZERO_GUID, value):
        raise refused("The Journal Batch Id isn't editable.")
    draft.row["journalId"] = value


def journal_of(draft: Draft) -> Row:
    """The batch of a line.

    Raises:
        Refusal: The line names none that exists.
    """
    journal = find_journal(draft.company, draft.row["journalId"])
    if journal is None:
        raise refused(_NO_JOURNAL)
    return journal


def round_amount(draft: Draft) -> None:
    """Round the amount by the precision of the line's currency."""
    row = draft.row
    line = JournalLine(draft.company, journal_of(draft), draft.entity_set, row)
    currency = draft.company.first("currencies", code=line.currency) if line.currency else None
    step = Decimal(currency["amountRoundingPrecision"]) if currency else _CENT
    row["amount"] = (Decimal(row["amount"]) / (step or _CENT)).quantize(Decimal(1), ROUND_HALF_UP) * (step or _CENT)


def account_row(company: Company, account_type: str, number: str) -> Row | None:
    """The account of a type and number, if there is one."""
    return company.first(ACCOUNT_SETS[account_type], number=number) if number else None


def _complete_new(draft: Draft) -> None:
    journal = journal_of(draft)
    draft.row["journalDisplayName"] = journal["code"]
    take_place(draft, journal)
    check_line_number(draft)
    _take_balancing_account(draft, journal)
    _complete(draft)


def _complete(draft: Draft) -> None:
    check_account_types(draft.row["accountType"], draft.row["balanceAccountType"])
    check_line_number(draft)
    round_amount(draft)
    if draft.has_changed(*_OWN, *_BALANCING):
        _inherit_dimensions(draft)


def _take_balancing_account(draft: Draft, journal: Row) -> None:
    """The batch's balancing account, unless the line is of another type or names an account itself."""
    row = draft.row
    account_type, number = batch_account(draft.company, journal)
    if row["balancingAccountNumber"]:
        number = row["balancingAccountNumber"]
    elif row["balanceAccountType"] != account_type:
        number = ""
    _fill(draft, _BALANCING, account_row(draft.company, row["balanceAccountType"], number))


def _fill(draft: Draft, names: tuple[str, str, str], account: Row | None) -> None:
    """Name an account, or none; the line shows no ids of customers and vendors."""
    type_name, id_name, number_name = names
    shows_id = account is not None and draft.row[type_name] not in PARTY_TYPES
    draft.row[id_name] = account["id"] if account and shows_id else ZERO_GUID
    draft.row[number_name] = account["number"] if account else ""


def _type_rule(names: tuple[str, str, str], caption: str) -> PropertyRule:
    type_name = names[0]

    def set_type(draft: Draft, value: Any) -> None:
        if value not in ACCOUNT_SETS:
            raise refused(
                f"The {caption} of a line must be a general ledger account, a customer, a vendor or a bank account."
            )
        if value != draft.row[type_name]:
            draft.row[type_name] = value
            _fill(draft, names, None)
            if names is _OWN:
                _set_tax(draft, NO_TAX)

    return set_type


def _id_rule(names: tuple[str, str, str]) -> PropertyRule:
    type_name, id_name, _ = names

    def set_id(draft: Draft, value: Any) -> None:
        account_type = draft.row[type_name]
        if value == ZERO_GUID:
            _fill(draft, names, None)
            return
        if account_type in PARTY_TYPES:
            return
        account = draft.company.get(ACCOUNT_SETS[account_type], value)
        if account is None:
            raise refused(f'The "{id_name}" does not match to an Account.')
        _take(draft, names, account)

    return set_id


def _set_own_number(draft: Draft, value: Any) -> None:
    row = draft.row
    if row["accountType"] not in PARTY_TYPES and "accountId" in draft.given and row["accountNumber"] not in ("", value):
        raise refused("The account values do not match to a specific Account.")
    account = account_row(draft.company, row["accountType"], value)
    if value and account is None:
        raise _unknown(row["accountType"], "accountNumber", value)
    if account is None:
        _fill(draft, _OWN, None)
    else:
        _take(draft, _OWN, account)
    is_ledger_account = row["accountType"] == GL_ACCOUNT
    _set_tax(draft, account_tax(draft.company, value) if is_ledger_account else NO_TAX)


def _set_balancing_number(draft: Draft, value: Any) -> None:
    account_type = draft.row["balanceAccountType"]
    account = account_row(draft.company, account_type, value)
    if value and account is None:
        raise _unknown(account_type, "balancingAccountNumber", value)
    if account is None:
        _fill(draft, _BALANCING, None)
    else:
        _take(draft, _BALANCING, account)


def _unknown(account_type: str, name: str, value: str) -> Refusal:
    if account_type not in PARTY_TYPES:
        return refused(f'The "{name}" does not match to an Account.')
    message = f"The {name} ({value}) cannot be found in the related table ({account_type})."
    return Refusal(400, "Internal_InvalidTableRelation", message)


def _take(draft: Draft, names: tuple[str, str, str], account: Row) -> None:
    account_type = draft.row[names[0]]
    if account_type == GL_ACCOUNT:
        check_account(draft.company, account["number"])
    elif account_type in PARTY_TYPES:
        check_not_blocked(account_type, account, BLANK, "create this type of document")
    elif account["blocked"]:
        raise refused(f"Blocked must be equal to 'No' in Bank Account: No.={account['number']}.")
    if names is _OWN:
        _describe(draft, account)
    _fill(draft, names, account)


def _describe(draft: Draft, account: Row) -> None:
    """A line is called after its account, until somebody says something else."""
    row = draft.row
    before = account_row(draft.company, row["accountType"], row["accountNumber"])
    if "description" not in draft.given and row["description"] in ("", (before or {}).get("displayName")):
        row["description"] = account["displayName"]


def _set_tax(draft: Draft, tax: AccountTax) -> None:
    draft.row.update(_generalPostingType=tax.posting_type, _taxAreaCode=tax.area, taxCode=tax.group)


def _inherit_dimensions(draft: Draft) -> None:
    # The line's own account comes last: its default dimensions go over those of the balancing account.
    row, company = draft.row, draft.company
    accounts = [account_row(company, row[names[0]], row[names[2]]) for names in (_BALANCING, _OWN)]
    row["_dimensions"] = default_dimensions(company, *(account["id"] for account in accounts if account))


def _refuse_name(_draft: Draft, _value: Any) -> None:
    raise refused("The Journal Batch Display Name isn't editable.")


JOURNAL_LINES = Rules(
    properties={
        "journalId": set_journal_id,
        "journalDisplayName": _refuse_name,
        "accountType": _type_rule(_OWN, "accountType"),
        "accountId": _id_rule(_OWN),
        "accountNumber": _set_own_number,
        "balanceAccountType": _type_rule(_BALANCING, "balanceAccountType"),
        "balancingAccountId": _id_rule(_BALANCING),
        "balancingAccountNumber": _set_balancing_number,
    },
    insert=_complete_new,
    modify=_complete,
    unique=("journalId", "lineNumber"),
    missing={("journalId",): _NO_JOURNAL},
)
