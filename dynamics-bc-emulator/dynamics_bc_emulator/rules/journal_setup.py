"""Which accounts and which VAT a journal's posting takes: rows of the company's set-up.

The internal sets are `_accountPostingSetup`, the VAT that comes with a general ledger account, and
`_paymentDiscountAccounts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import refused

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rules.parties import Party


@dataclass(frozen=True, slots=True)
class AccountTax:
    """The VAT that a general ledger account brings to a line.

    Attributes:
        posting_type: `Purchase`, `Sale`, or blank for none.
        area: The VAT business posting group.
        group: The VAT product posting group, which the API calls tax code.
    """

    posting_type: str = ""
    area: str = ""
    group: str = ""


NO_TAX = AccountTax()


def account_tax(company: Company, number: str) -> AccountTax:
    """What the account's card says of VAT."""
    row = company.first("_accountPostingSetup", accountNumber=number)
    return AccountTax(row["generalPostingType"], row["taxAreaCode"], row["taxGroupCode"]) if row else NO_TAX


def payment_discount_account(company: Company, party: Party) -> str:
    """The account of the discounts that vendors grant, or that customers are granted.

    Raises:
        Refusal: The set-up has none.
    """
    row = company.first("_paymentDiscountAccounts", party=party.caption)
    if row is None:
        raise refused(f"The payment discount account of the {party.caption} Posting Group must have a value.")
    return str(row["account"])
