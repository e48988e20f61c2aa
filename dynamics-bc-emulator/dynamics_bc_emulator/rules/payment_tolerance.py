"""What may a payment be off an invoice and close it all the same: the tolerance of the set-up.

The table `paymentTolerance` has a percentage and a greatest amount, of which the smaller one counts (one that is 0 has
no say), and the account of what is written off. Nobody is asked, as where warnings are switched off.

The rules are those of codeunits 12 and 426 (Payment Tolerance Management), for amounts in the local currency.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.rules.amounts import ZERO, to_cents
from dynamics_bc_emulator.rules.ledger import foreign_currency, remaining_in_currency
from dynamics_bc_emulator.rules.write_offs import take_off

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.ledger import Voucher
    from dynamics_bc_emulator.rules.parties import Party

_HUNDRED = Decimal(100)


def write_off(company: Company, party: Party, payment: Row, owed: Row, voucher: Voucher) -> None:
    """Take what a payment and an open entry differ by off the larger of them, if that is within the tolerance.

    Args:
        company: Whose ledgers.
        party: Whose kind of ledger.
        payment: The payment's entry, changed in place.
        owed: The entry that it is applied to, changed in place.
        voucher: What the entries share with the payment.
    """
    setup = company.first("_paymentTolerance", party=party.caption)
    left = remaining_in_currency(payment) + remaining_in_currency(owed)
    is_local = not foreign_currency(company, owed)
    is_settled = payment["documentType"] == "Payment" and owed["documentType"] == "Invoice"
    if setup is None or not left or not (is_local and is_settled) or abs(left) > _greatest(setup, owed):
        return
    larger = payment if (left > 0) == (remaining_in_currency(payment) > 0) else owed
    take_off(
        company, party, larger, voucher, account=setup["account"], local=left, amount=left,
        owner_id=owed[party.id_name], dimensions=owed.get("_dimensions") or {},
    )  # fmt: skip


def _greatest(setup: Row, owed: Row) -> Decimal:
    share = to_cents(abs(Decimal(owed["amount"])) * Decimal(str(setup["percent"])) / _HUNDRED)
    known = [amount for amount in (share, Decimal(str(setup["maximumAmount"]))) if amount]
    return min(known, default=ZERO)
