"""Which currency does a record state, and in which one is it booked? Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.kinds.facts import CURRENCIES
from target_dynamics_bc.wanted.records import BOOKED_CURRENCY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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


def unlike_currencies(unit: Unit) -> Iterator[Fault]:
    """A fault for each field that nothing reads and that names another currency than the record is in."""
    if not unit.wanted.currencies:
        return
    code, names = _currency_of(unit)
    has_one = unit.kind.is_booked or any(each.entity_set == CURRENCIES for each in unit.kind.facts.relations)
    remedy = "Say its currency once, for all of it, as currencyCode." if has_one else "Send its amounts in that one."
    for field, text in unit.wanted.currencies:
        if text.upper() not in names:
            message = (
                f"{field} is {text}, and nothing reads this field: the {unit.kind.noun.one} would be in "
                f"{code or 'another currency'}. {remedy}"
            )
            yield Fault("resolve", field, "unsupported_currency", message)


def _currency_of(unit: Unit) -> tuple[str, set[str]]:
    """The code of the currency that a record is in, and all that it is called by, in upper case."""
    resolved = unit.resolved
    stated = [(name, each) for name, each in unit.wanted.references.items() if each.kind == CURRENCIES]
    rows = [resolved.found[name] for name, _ in stated if name in resolved.found]
    if not stated and BOOKED_CURRENCY in resolved.found:
        rows = [resolved.found[BOOKED_CURRENCY]]
    local = "" if stated and rows else unit.books.local_currency
    code = str(resolved.fields.get("currencyCode") or next((row["code"] for row in rows), "") or local)
    texts = [code, *(text for _, each in stated for text in (each.id, each.number, each.name))]
    texts += [row.get(name) for row in rows for name in ("id", "code", "displayName")]
    return code, {str(text).upper() for text in texts if text}


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
