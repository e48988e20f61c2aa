"""Which tax rate and which accounts a posting takes: rows of the company's set-up.

The internal sets are `_vatPostingSetup`, `_generalPostingSetup`, `_partyPostingGroups`, `_bankPostingGroups`,
`_paymentMethodAccounts` and `_currencyAccounts`. A row with a blank key is for whatever has no row of its own.
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
_NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class TaxRate:
    """What the VAT posting set-up says for a tax area and a tax group.

    Attributes:
        percent: The rate that an invoice shows; 0 under reverse charge, where the buyer owes the tax.
        sales_account: Account of the tax on sales.
        purchase_account: Account of the tax on purchases.
        reverse_percent: The rate that the buyer owes under reverse charge.
        reverse_account: Account of what the buyer owes under reverse charge.
    """

    percent: Decimal
    sales_account: str = ""
    purchase_account: str = ""
    reverse_percent: Decimal = _NONE
    reverse_account: str = ""


def tax_rate(company: Company, area: str, group: str) -> TaxRate:
    """The rate for a tax area and group; a line without a group is not taxed.

    Raises:
        Refusal: There is no such tax group, or no set-up for the combination.
    """
    if not group:
        return TaxRate(_NONE)
    if company.first("taxGroups", code=group) is None:
        message = f"The tax code ({group}) cannot be found in the related table (VAT Product Posting Group)."
        raise Refusal(400, "Internal_InvalidTableRelation", message)
    setup = company.first("_vatPostingSetup", taxAreaCode=area, taxGroupCode=group)
    if setup is None:
        raise refused(
            f"The VAT Posting Setup does not exist: VAT Bus. Posting Group='{area}', VAT Prod. Posting Group='{group}'."
        )
    percent, accounts = Decimal(str(setup["vatPercent"])), (setup["salesVatAccount"], setup["purchaseVatAccount"])
    if setup["calculationType"] == "Reverse Charge VAT":
        # A file of an earlier version has no account for it.
        account = str(setup.get("reverseChargeVatAccount") or "")
        return TaxRate(_NONE, *accounts, percent if account else _NONE, account)
    return TaxRate(percent, *accounts)


def trading_account(company: Company, column: str, area: str, product_group: str) -> str:
    """The account of what is bought or sold, by tax area and product group; the domestic one for an unknown area.

    Args:
        company: Whose set-up.
        column: Which account: `purchaseAccount`, `salesCreditMemoAccount` and so on.
        area: A tax area.
        product_group: A general product posting group.

    Raises:
        Refusal: The set-up has no account for it.
    """
    account = discount_account(company, column, area, product_group)
    if not account:
        message = f"Gen. Bus. Posting Group='{area}', Gen. Prod. Posting Group='{product_group}'"
        raise refused(f"The General Posting Setup does not exist: {message}.")
    return account


def discount_account(company: Company, column: str, area: str, product_group: str) -> str:
    """As `trading_account`; blank where the set-up has none, and discounts are not posted apart."""
    groups = company.find(_GENERAL, generalProductPostingGroupCode=product_group)
    groups = groups or company.find(_GENERAL, generalProductPostingGroupCode="")
    accounts = {row["taxAreaCode"]: str(row.get(column) or "") for row in groups}
    return accounts.get(area) or accounts.get("DOMESTIC", "")


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
        Refusal: There is no such bank account, it is blocked, or it has no posting group, as one made by the API.
    """
    bank = company.first("bankAccounts", number=number)
    if bank is None:
        raise refused(f"The Bank Account does not exist. Identification fields and values: No.='{number}'")
    if bank["blocked"]:
        raise refused(f"Blocked must be equal to 'No' in Bank Account: No.={number}.")
    group = company.first("_bankPostingGroups", bankAccountNumber=number)
    if group is None:
        message = (
            f"Bank Acc. Posting Group must have a value in Bank Account: No.={number}. It cannot be zero or empty."
        )
        raise Refusal(400, "Application_FieldValidationException", message)
    return str(group["account"])


def account_paid_from(company: Company, method: Row) -> str | None:
    """The balancing account of a payment method that pays an invoice when it is posted, such as cash."""
    row = company.first("_paymentMethodAccounts", paymentMethodCode=method["code"])
    return str(row["account"]) if row else None


def exchange_account(company: Company, currency_code: str, *, gain: bool) -> str:
    """The account of what a settlement gains or loses because the exchange rate has moved.

    Raises:
        Refusal: The set-up has no account for it.
    """
    rows = company.find("_currencyAccounts")
    column = "realizedGainsAccount" if gain else "realizedLossesAccount"
    named = [{"currencyCode": row["currencyCode"], "account": row[column]} for row in rows]
    return _account(named, "currencyCode", currency_code, "Currency")


def _account(groups: list[Row], name: str, key: str, caption: str) -> str:
    accounts = {row[name]: str(row["account"]) for row in groups}
    account = accounts.get(key) or accounts.get("")
    if account is None:
        raise refused(f"The {caption} does not exist: '{key}'.")
    return account
