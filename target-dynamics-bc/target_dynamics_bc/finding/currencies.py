"""Which currency does a record state, and in which one is it booked? Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from target_dynamics_bc.kinds.facts import CURRENCIES
from target_dynamics_bc.wanted.records import BOOKED_CURRENCY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_dynamics_bc.wanted.records import Reference, Row
    from target_dynamics_bc.writing.unit import Unit

_PAYERS = ("payToVendorId", "billToCustomerId")


def is_local_currency(unit: Unit, reference: Reference) -> bool:
    """The company's own currency is no row of its currencies; it is written by its code all the same."""
    local = unit.books.local_currency.upper()
    named = {(text or "").upper() for text in (reference.id, reference.number, reference.name)}
    return reference.kind == CURRENCIES and bool(local) and local in named


def without_local_currency(unit: Unit, reference: Reference) -> Reference | None:
    """What a reference to the company's own currency names besides; None when it names nothing else."""
    local = unit.books.local_currency.upper()
    parts = (reference.id, reference.number, reference.name)
    id_, number, name = (text if text and text.upper() != local else None for text in parts)
    return replace(reference, id=id_, number=number, name=name) if id_ or number or name else None


def whose_currency(unit: Unit) -> str:
    """Whose currency a record is booked in, in the words of messages."""
    journal = unit.kind.journal
    return "the company" if journal is None or not journal.party else f"its {journal.party.removesuffix('Id')}"


def code_of_currency(unit: Unit, reference: Reference | None, rows: Mapping[str, Row]) -> str | None:
    """The code of a currency that a record states; None when it states none, or one that is not found."""
    if reference is not None and is_local_currency(unit, reference):
        return unit.books.local_currency.upper()
    row = rows.get(BOOKED_CURRENCY)
    return None if row is None else str(row["code"]).upper()


def party_of_currency(unit: Unit) -> str:
    """The property whose row says what currency a document is in that states none; empty where that does not count.

    The service fills it in from who pays, or is paid, if the record says who that is.
    """
    wanted, kind = unit.wanted, unit.kind
    states_one = {"currencyCode", "currencyId"} & {*wanted.fields, *wanted.references}
    if kind.journal is not None or kind.lines is None or states_one:
        return ""
    return next((name for name in (*_PAYERS, kind.party) if name in wanted.references), "")


def booked_in(unit: Unit, found: Mapping[str, Row]) -> str | None:
    """The currency that a journal books the record in; None when that is not known."""
    local = unit.books.local_currency.upper()
    journal = unit.kind.journal
    if journal is None or not journal.party:
        return local
    # What a payment is applied to has no say in it, unless it says whose payment it is.
    rows = [row for name in (journal.party, journal.applies_to) if (row := found.get(name)) and "currencyCode" in row]
    # A blank currency is the local one.
    return next((str(row["currencyCode"] or local).upper() for row in rows), None)
