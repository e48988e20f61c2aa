"""Which tax rate and which accounts a document line takes: the demo company's posting set-up for purchases."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import Refusal, refused

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company

# General posting set-up: purchase account by product posting group and tax area; other groups use those of RETAIL.
_PURCHASE_ACCOUNTS = {
    "RAW MAT": {"DOMESTIC": "7210", "EU": "7220", "EXPORT": "7230"},
    "": {"DOMESTIC": "7110", "EU": "7120", "EXPORT": "7130"},
}
_BANK_ACCOUNTS = {"CHECKING": "2920", "SAVINGS": "2940"}
# Payment methods that pay an invoice when it is posted, with their balancing account.
PAYS_AT_ONCE = {"CASH": "2910"}


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
    found = company.first("_vatPostingSetup", taxAreaCode=area, taxGroupCode=group)
    if found is None:
        raise refused(
            f"The VAT Posting Setup does not exist: VAT Bus. Posting Group='{area}', VAT Prod. Posting Group='{group}'."
        )
    percent = Decimal(0) if found["calculationType"] == "Reverse Charge VAT" else Decimal(str(found["vatPercent"]))
    return TaxRate(percent, found["purchaseVatAccount"])


def purchase_account(area: str, product_group: str) -> str:
    """The account of what is bought."""
    accounts = _PURCHASE_ACCOUNTS.get(product_group, _PURCHASE_ACCOUNTS[""])
    return accounts.get(area, accounts["DOMESTIC"])


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
    return _BANK_ACCOUNTS.get(number, "2920")
