"""Which tax rate and which accounts a posting takes: rows of the company's set-up.

The internal sets are `_vatPostingSetup`, `_generalPostingSetup`, `_partyPostingGroups`, `_bankPostingGroups` and
`_paymentMethodAccounts`. A row with a blank key is for whatever has no row of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import Refusal, refused

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.parties import Party

_GENERAL = "_generalPostingSetup"


@dataclass(frozen=True, slots=True)
class TaxRate:
    """What the VAT posting set-up says for a tax area and a tax group.

    Attributes:
        percent: The rate; 0 under reverse charge, where the buyer owes the tax and the invoice shows none.
        purchase_account: Account of the tax on purchases.
    """

    percent: Decimal
    purchase_account: str


def tax_rate(company: Company, area: str, group: str) -> TaxRate:
    """The rate for a tax area and group; a line without a group is not taxed.

    Raises:
        Refusal: There is no such tax group, or no set-up for the combination.
    """
    if not group:
        return TaxRate(Decimal(0), "")
    if company.first("taxGroups", code=group) is None:
        message = f"The tax code ({group}) cannot be found in the related table (VAT Product Posting Group)."
        raise Refusal(400, "Internal_InvalidTableRelation", message)
    setup = company.first("_vatPostingSetup", taxAreaCode=area, taxGroupCode=group)
    if setup is None:
        raise refused(
            f"The VAT Posting Setup does not exist: VAT Bus. Posting Group='{area}', VAT Prod. Posting Group='{group}'."
        )
    percent = Decimal(0) if setup["calculationType"] == "Reverse Charge VAT" else Decimal(str(setup["vatPercent"]))
    return TaxRate(percent, setup["purchaseVatAccount"])


def purchase_account(company: Company, area: str, product_group: str) -> str:
    """The account of what is bought, by tax area and product posting group; the domestic one for an unknown area.

    Raises:
        Refusal: The set-up has no account for it.
    """
    groups = company.find(_GENERAL, generalProductPostingGroupCode=product_group)
    groups = groups or company.find(_GENERAL, generalProductPostingGroupCode="")
    accounts = {row["taxAreaCode"]: str(row["purchaseAccount"]) for row in groups}
    account = accounts.get(area) or accounts.get("DOMESTIC")
    if account is None:
        message = f"Gen. Bus. Posting Group='{area}', Gen. Prod. Posting Group='{product_group}'"
        raise refused(f"The General Posting Setup does not exist: {message}.")
    return account


def control_account(company: Company, party: Party, owner: Row) -> str:
    """The account that a customer's or vendor's entries are summed on.

    Raises:
        Refusal: The set-up has no account for it.
    """
    groups = company.find("_partyPostingGroups", party=party.caption)
    return _account(groups, "taxAreaCode", owner.get("_taxAreaCode") or "", f"{party.caption} Posting Group")


def bank_ledger_account(company: Company, number: str) -> str:
    """The general ledger account behind a bank account.

    Raises:
        Refusal: There is no such bank account, or it is blocked.
    """
    bank = company.first("bankAccounts", number=number)
    if bank is None:
        raise refused(f"The Bank Account does not exist. Identification fields and values: No.='{number}'")
    if bank["blocked"]:
        raise refused(f"Blocked must be equal to 'No' in Bank Account: No.={number}.")
    return _account(company.find("_bankPostingGroups"), "bankAccountNumber", number, "Bank Account Posting Group")


def account_paid_from(company: Company, method: Row) -> str | None:
    """The balancing account of a payment method that pays an invoice when it is posted, such as cash."""
    row = company.first("_paymentMethodAccounts", paymentMethodCode=method["code"])
    return str(row["account"]) if row else None


def _account(groups: list[Row], name: str, key: str, caption: str) -> str:
    accounts = {row[name]: str(row["account"]) for row in groups}
    account = accounts.get(key) or accounts.get("")
    if account is None:
        raise refused(f"The {caption} does not exist: '{key}'.")
    return account
