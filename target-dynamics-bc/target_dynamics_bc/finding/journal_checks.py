"""What does not fit together in an entry or a payment? Nothing else is looked at. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_client.odata.values import ZERO_GUID
from target_dynamics_bc.finding.currencies import booked_in, code_of_currency, whose_currency
from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.wanted.records import BOOKED_CURRENCY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_dynamics_bc.finding.references import Referents
    from target_dynamics_bc.wanted.records import Reference, Row
    from target_dynamics_bc.writing.unit import Unit

_UNPOSTED = frozenset({"Draft", "In_x0020_Review"})


def misfits(unit: Unit, referents: Referents) -> list[Fault]:
    """What does not fit together in an entry or a payment; nothing else is looked at."""
    if unit.kind.journal is None:
        return []
    return [
        *_unpayable(unit, referents),
        *_other_currency(unit),
        *_unlike_parts(unit, referents),
        *_partys_currency(unit, referents),
        *_no_document_number(unit),
        *_unbalanced(unit),
    ]


def _unpayable(unit: Unit, referents: Referents) -> Iterable[Fault]:
    """A payment can be applied to posted documents of its own party only."""
    journal, resolved, wanted = unit.kind.journal, unit.resolved, unit.wanted
    if journal is None or not journal.applies_to:
        return
    name = journal.applies_to
    several = zip(wanted.applications, resolved.applications, strict=True)
    parts = ((wanted.references, resolved.found), *((a.references, b.found) for a, b in several))
    for references, rows in parts:
        if (paid := rows.get(name)) is not None:
            yield from _unpayable_document(unit, references[name], paid, referents)
            yield from _in_other_currency(unit, references[name], paid)


def _unpayable_document(unit: Unit, reference: Reference, paid: Row, referents: Referents) -> Iterable[Fault]:
    journal, number = unit.kind.journal, paid["number"]
    assert journal is not None
    noun, field, party = referents[reference.kind].noun.one, reference.field, unit.resolved.fields.get(journal.party)
    ids = [str(paid.get(name) or ZERO_GUID).lower() for name in (journal.settled_with, journal.party)]
    settling = next((id_ for id_ in ids if id_ != ZERO_GUID), "")
    if party and settling != str(party).lower():
        whose = journal.party.removesuffix("Id")
        how = f"another {whose}'s" if settling == ids[1] else f"settled with another {whose} than it is from"
        yield Fault("resolve", field, f"wrong_{whose}", f"The {noun} {number} is {how}.")
    if paid.get("status") in _UNPOSTED:
        message = f"The {noun} {number} is not posted; only a posted {noun} can be paid."
        yield Fault("resolve", field, "not_posted", message, waits=True)


def _in_other_currency(unit: Unit, reference: Reference, paid: Row) -> Iterable[Fault]:
    """A payment is in its party's currency, and the service settles nothing in another one with it."""
    journal, local = unit.kind.journal, unit.books.local_currency.upper()
    assert journal is not None
    party = unit.resolved.found.get(journal.party)
    codes = [str(row.get("currencyCode") or local).upper() for row in (paid, party) if row is not None]
    if len(set(codes)) > 1:
        whose = journal.party.removesuffix("Id")
        message = (
            f"{reference.field} is in {codes[0]}, and a payment is booked in the {whose}'s currency, {codes[1]}; the "
            "two do not settle each other. Pay it in Business Central, where the currency can be chosen."
        )
        yield Fault("resolve", reference.field, "unsupported_currency", message)


def _other_currency(unit: Unit) -> Iterable[Fault]:
    """An entry is booked in the local currency, a payment in its vendor's or customer's, and in no other."""
    if unit.kind.journal is None:
        return
    resolved, wanted = unit.resolved, unit.wanted
    lines = zip(wanted.lines or (), resolved.lines or (), strict=True)
    booked = booked_in(unit, resolved.found)
    for references, rows in ((wanted.references, resolved.found), *((a.references, b.found) for a, b in lines)):
        reference = references.get(BOOKED_CURRENCY)
        code = code_of_currency(unit, reference, rows)
        if reference is None or code is None or booked is None or code == booked:
            continue
        whose = whose_currency(unit)
        message = (
            f"{reference.field} is {code}, and Business Central would book the amount in {booked or 'another one'}, "
            f"the currency of {whose}: a journal takes no other. Send the amount in that currency."
        )
        yield Fault("resolve", reference.field, "unsupported_currency", message)


def _unlike_parts(unit: Unit, referents: Referents) -> Iterable[Fault]:
    """Documents that are paid together are different ones, and add up to the payment."""
    journal, parts = unit.kind.journal, unit.resolved.applications
    if journal is None or not parts:
        return
    total = sum((Decimal(part.fields.get("amount", 0)) for part in parts), Decimal(0))
    amount = unit.resolved.fields.get("amount")
    if amount is not None and all("amount" in part.fields for part in parts) and total != abs(Decimal(amount)):
        message = (
            f"The amounts of the documents add up to {total.normalize():f}, and the payment's amount is {amount}; "
            "they must be the same."
        )
        yield Fault("map", unit.called("amount"), "parts_differ", message)
    seen = set[str]()
    for wanted, part in zip(unit.wanted.applications, parts, strict=True):
        paid = part.found.get(journal.applies_to)
        if paid is None:
            continue
        reference = wanted.references[journal.applies_to]
        if str(paid["id"]) in seen:
            noun = referents[reference.kind].noun.one
            message = f"{reference.field} is the {noun} {paid['number']} once more; give it once, with all of its part."
            yield Fault("resolve", reference.field, "named_twice", message)
        seen.add(str(paid["id"]))


def _partys_currency(unit: Unit, referents: Referents) -> Iterable[Fault]:
    """A line to a customer or a vendor is booked in that one's currency, and an entry is meant in the local one."""
    if unit.kind.journal is None or not unit.kind.journal.by_number:
        return
    local = unit.books.local_currency.upper()
    for wanted, line in zip(unit.wanted.lines or (), unit.resolved.lines or (), strict=True):
        for name, reference in wanted.references.items():
            code = str((line.found.get(name) or {}).get("currencyCode") or local).upper()
            if name.endswith("Number") and code != local:
                noun = referents[reference.kind].noun.one
                message = (
                    f"{wanted.field} books to a {noun} whose currency is {code}, and Business Central would take its "
                    f"amount for {code}; a journal line has no currency of its own. Book it with a document instead."
                )
                yield Fault("resolve", reference.field, "unsupported_currency", message)


def _no_document_number(unit: Unit) -> Iterable[Fault]:
    kind = unit.kind
    if kind.journal is None or unit.resolved.fields.get(kind.number_property):
        return
    name = unit.called(kind.number_property)
    if not any(fault.field in {name, "externalId"} for fault in (*unit.wanted.faults, *unit.faults)):
        message = f"There is no {name} and no externalId: nothing could keep the record from being written twice."
        yield Fault("map", name, "no_key", message)


def _unbalanced(unit: Unit) -> Iterable[Fault]:
    """All lines of an entry have one document number and one date, so they balance or none of them can be posted."""
    if unit.kind.journal is None or unit.kind.lines is None or not unit.rules.posts:
        return
    lines = unit.resolved.lines or ()
    if any(line.fields.get("amount") is None for line in lines):
        return  # each of those has its own fault
    # A line with a balancing account balances by itself.
    stated = zip(unit.wanted.lines or (), lines, strict=True)
    sides = {"balancingAccountId", "balancingAccountNumber"}
    open_lines = [line for wanted, line in stated if not sides & wanted.references.keys()]
    total = sum((Decimal(line.fields["amount"]) for line in open_lines), Decimal(0))
    if total != 0:
        message = f"Debits and credits differ by {total.normalize():f}; an entry that is to be posted must balance."
        yield Fault("map", unit.called(unit.kind.lines_name), "unbalanced", message)
