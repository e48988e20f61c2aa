"""How is what nobody pays any more taken off an open entry and booked?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.rules.ledger import Entry, post_entries, remaining_in_currency
from dynamics_bc_emulator.rules.posting_setup import control_account

if TYPE_CHECKING:
    from decimal import Decimal

    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.ledger import Voucher
    from dynamics_bc_emulator.rules.parties import Party


def take_off(
    company: Company, party: Party, entry: Row, voucher: Voucher, *, account: str, local: Decimal, amount: Decimal,
    owner_id: str, dimensions: dict[str, str], **more: Any,
) -> None:  # fmt: skip
    """Take an amount off what is open of an entry, and book it on an account against the party's control account.

    Args:
        company: Whose ledgers.
        party: Whose kind of ledger.
        entry: Changed in place.
        voucher: What the entries share with the payment.
        account: The number of the account.
        local: The amount in the local currency, with the entry's sign.
        amount: The same in the entry's own currency.
        owner_id: The id of the customer or vendor.
        dimensions: Those of the entries.
        more: What else changes of the entry.
    """
    changes: Row = {
        "remainingAmount": entry["remainingAmount"] - local,
        "currencyRemaining": remaining_in_currency(entry) - amount,
        **more,
    }
    company.update(party.entries, entry["id"], changes)
    entry.update(changes)
    owner = company.get(party.party_set, owner_id) or {}
    sides = (Entry(control_account(company, party, owner), -local, dimensions), Entry(account, local, dimensions))
    post_entries(company, [(voucher, side) for side in sides])
