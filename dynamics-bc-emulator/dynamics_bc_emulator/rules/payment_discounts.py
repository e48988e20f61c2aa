"""What a payment in time may keep back of an invoice: the discount of its payment terms."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.date_formulas import date_after
from dynamics_bc_emulator.rules.amounts import ZERO, to_cents
from dynamics_bc_emulator.rules.journal_setup import payment_discount_account
from dynamics_bc_emulator.rules.ledger import remaining_in_currency
from dynamics_bc_emulator.rules.write_offs import take_off
from dynamics_bc_emulator.stamps import BLANK_DATE

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.ledger import Voucher
    from dynamics_bc_emulator.rules.parties import Party

_HUNDRED = Decimal(100)
_PAYMENTS = frozenset({"Payment", "Refund"})
# Of `Invoice` and `Credit_x0020_Memo`, not of what has another type or none.
_DISCOUNTED = frozenset({"Invoice", "Credit_x0020_Memo"})


def possible_discount(
    company: Company, terms_id: str, document_date: str, amount: Decimal, *, invoice: bool
) -> tuple[Decimal, str]:
    """The discount on a document and the last day of a payment that may keep it.

    Args:
        company: Whose payment terms.
        terms_id: The document's payment terms; without any there is no discount.
        document_date: From when the days are counted.
        amount: What the document comes to, tax included.
        invoice: A credit memo has a discount only if its terms say so.
    """
    terms = company.get("paymentTerms", terms_id)
    percent = Decimal(terms["discountPercent"]) if terms else ZERO
    if terms is None or not percent or not (invoice or terms["calculateDiscountOnCreditMemos"]):
        return ZERO, BLANK_DATE
    return to_cents(amount * percent / _HUNDRED), _last_day(terms["discountDateCalculation"], document_date)


def taken_discount(payment: Row, owed: Row) -> Decimal:
    """What a payment keeps back of an open entry: all of the discount, or nothing.

    It has to be a payment by its document type, not later than the discount's date, and to reach what is left.
    """
    discount = Decimal(owed.get("discount") or 0)
    in_time = payment["postingDate"] <= owed.get("discountDate", BLANK_DATE)
    reaches = abs(remaining_in_currency(payment)) >= abs(remaining_in_currency(owed) - discount)
    is_payment = payment["documentType"] in _PAYMENTS and owed["documentType"] in _DISCOUNTED
    return discount if discount and in_time and reaches and is_payment else ZERO


def keep_discount(company: Company, party: Party, owed: Row, discount: Decimal, voucher: Voucher) -> None:
    """Take a discount off what is open of an entry, and post it against the control account.

    Args:
        company: Whose ledgers.
        party: Whose kind of ledger.
        owed: An open entry, changed in place.
        discount: In the entry's currency and with its sign; of nothing, nothing happens.
        voucher: What the entries share with the payment.
    """
    if not discount:
        return
    left = remaining_in_currency(owed)
    local = to_cents(Decimal(owed["remainingAmount"]) * discount / left)
    take_off(
        company, party, owed, voucher, account=payment_discount_account(company, party), local=local, amount=discount,
        owner_id=owed[party.id_name], dimensions=owed.get("_dimensions") or {}, _discountTaken=local,
    )  # fmt: skip


def _last_day(formula: str, start: str) -> str:
    try:
        return date_after(formula, date.fromisoformat(start)).isoformat()
    except (ValueError, OverflowError):
        # A formula that leads out of the calendar gives no day.
        return BLANK_DATE
