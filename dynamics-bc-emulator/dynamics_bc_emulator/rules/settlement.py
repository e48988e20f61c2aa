"""How entries of a customer or vendor settle each other, and how that is taken back.

Entries in one currency settle each other in it. What they are worth in the local currency may differ then, because the
rate has moved or a share was rounded: the difference is a gain or a loss, and goes to the general ledger, so that the
control account stays the sum of what is open. Entries in different currencies settle each other by their local amounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.rules.amounts import to_cents
from dynamics_bc_emulator.rules.document_status import follow_entry
from dynamics_bc_emulator.rules.ledger import Entry, Voucher, foreign_currency, post_entries, remaining_in_currency
from dynamics_bc_emulator.rules.posting_setup import control_account, exchange_account

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.parties import Party


@dataclass(frozen=True, slots=True)
class Share:
    """What of an entry is settled, in the entry's own sign.

    Attributes:
        local: In the local currency.
        in_currency: In the entry's currency.
    """

    local: Decimal
    in_currency: Decimal


def apply_entries(company: Company, party: Party, applying: Row, applied: Row) -> None:
    """Settle an entry with another, as far as the smaller of them goes.

    A document whose entry is settled wholly gets the status `Paid`, which moves its stamp; a part payment leaves it
    alone.

    Raises:
        Refusal: The entry is closed, or the two have the same sign.
    """
    if not applied["open"]:
        raise refused(f"{party.caption} invoice {applied['documentNumber']} is closed and takes no further payment.")
    if (remaining_in_currency(applying) > 0) == (remaining_in_currency(applied) > 0):
        raise refused(f"The amount must have the sign that settles invoice {applied['documentNumber']}.")
    shares = _shares(
        applying, applied, same_currency=foreign_currency(company, applying) == foreign_currency(company, applied)
    )
    for entry, other, share in zip((applying, applied), (applied, applying), shares, strict=True):
        _settle(company, party, entry, other["id"], share)
    _post_difference(company, party, applying, shares[0].local + shares[1].local)


def unapply_entries(company: Company, party: Party, entry: Row) -> None:
    """Take back whatever an entry has settled, with the gains and losses of it."""
    for other_id, kept in dict(entry.get("_applications") or {}).items():
        other = company.get(party.entries, other_id)
        assert other is not None
        theirs = other["_applications"][entry["id"]]
        for one, its_partner, share in ((entry, other_id, kept), (other, entry["id"], theirs)):
            _settle(company, party, one, its_partner, Share(-Decimal(share[0]), -Decimal(share[1])))
        _post_difference(company, party, entry, Decimal(kept[0]) + Decimal(theirs[0]), sign=-1)


def _shares(applying: Row, applied: Row, *, same_currency: bool) -> tuple[Share, Share]:
    measure = remaining_in_currency if same_currency else _local
    settled = min(abs(measure(applying)), abs(measure(applied)))
    return _share(applying, measure(applying), settled), _share(applied, measure(applied), settled)


def _share(entry: Row, measured: Decimal, settled: Decimal) -> Share:
    """What a settled amount is of an entry; nothing is left of one that is settled wholly."""
    local, in_currency = _local(entry), remaining_in_currency(entry)
    if settled == abs(measured):
        return Share(local, in_currency)
    part = settled / abs(measured)
    return Share(to_cents(local * part), to_cents(in_currency * part))


def _settle(company: Company, party: Party, entry: Row, other_id: str, share: Share) -> None:
    applications = dict(entry.get("_applications") or {})
    before = applications.pop(other_id, (0, 0))
    sums = (Decimal(before[0]) + share.local, Decimal(before[1]) + share.in_currency)
    if any(sums):
        applications[other_id] = sums
    local, in_currency = _local(entry) - share.local, remaining_in_currency(entry) - share.in_currency
    changes = {
        "remainingAmount": local,
        "currencyRemaining": in_currency,
        "open": bool(local or in_currency),
        "_applications": applications,
    }
    company.update(party.entries, entry["id"], changes)
    entry.update(changes)
    follow_entry(company, party, entry)


def _post_difference(company: Company, party: Party, applying: Row, difference: Decimal, *, sign: int = 1) -> None:
    """Post what a settlement took from the ledger beyond nothing: a debit balance that vanishes is a loss.

    The sign is negative where it is taken back.
    """
    if not difference:
        return
    owner = company.get(party.party_set, applying[party.id_name]) or {}
    voucher = Voucher(
        applying["documentType"], applying["documentNumber"], applying["postingDate"], applying["description"]
    )
    dimensions = applying.get("_dimensions") or {}
    account = exchange_account(company, applying["currencyCode"], gain=difference < 0)
    sides = (
        Entry(control_account(company, party, owner), -sign * difference, dimensions),
        Entry(account, sign * difference, dimensions),
    )
    post_entries(company, [(voucher, side) for side in sides])


def _local(entry: Row) -> Decimal:
    return Decimal(entry["remainingAmount"])
