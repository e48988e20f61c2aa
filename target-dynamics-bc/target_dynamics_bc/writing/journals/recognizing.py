"""Which of the drafts with its number are this record's, and which are somebody else's? Pure."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from target_dynamics_bc import identity
from target_dynamics_bc.identity import is_derived
from target_dynamics_bc.writing.comparing import differences, is_blank, same_id, same_value
from target_dynamics_bc.writing.journals.places import (
    in_places,
    is_payment,
    number_field,
    number_of,
    places_of,
    rules_of,
    wanted_lines,
)
from target_dynamics_bc.writing.steps import Answers, Refuse, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from target_dynamics_bc.wanted.records import ResolvedLine, Row
    from target_dynamics_bc.writing.unit import Unit


def our_drafts(unit: Unit, answers: Answers) -> dict[int, Row]:
    """The rows of the draft journal that we wrote, by their place."""
    rows = {str(row["id"]).lower(): row for name in ("drafts", "mine") for row in answers.get(name, ())}
    ours = in_places(unit, rows, "draft", 1 if is_payment(unit) else places_of(unit))
    taken_over = str(unit.known.id).lower() if unit.known is not None and not unit.known.posted else ""
    if is_payment(unit) and not ours and taken_over in rows and not unit.posted:
        return {0: rows[taken_over]}
    return ours


def adopted(unit: Unit, ours: Mapping[int, Row], rows: Sequence[Row]) -> dict[int, Row]:
    """Lines that somebody else wrote for this payment or entry exactly as we would; others are left alone."""
    taken = {str(row["id"]).lower() for row in ours.values()}
    free = _nobodys(unit, [row for row in rows if str(row["id"]).lower() not in taken])
    if is_payment(unit):
        # What somebody else's line is applied to is not seen with it, so it is no payment of several documents.
        row = next((row for row in free if _is_this_payment(unit, row)), None)
        return {0: row} if row is not None and not ours else {}
    adopted = {}
    for place, line in enumerate(wanted_lines(unit)):
        wanted = None if place in ours else _core(line)
        row = next((row for row in free if wanted and not differences(unit.kind.facts, wanted, row)), None)
        if row is not None:
            adopted[place] = row
            free = [other for other in free if other is not row]
    return adopted


def draft_in_doubt(unit: Unit, rows: Sequence[Row]) -> Refuse | None:
    """Why a draft is not written beside those that somebody else has made with its number; None when it can be."""
    free = _nobodys(unit, rows)
    if sum(_is_this_payment(unit, row) for row in free) > 1:
        many = f"{len(free)} {unit.kind.noun.many} of the journal fit; remove all but one."
        return refuse(number_field(unit), "ambiguous", many)
    others = [row for row in free if not _is_this_payment(unit, row)]
    # A sender who has ids may use one number for several vendors or bills; its own are told apart by those.
    if unit.wanted.external_id is not None:
        others = [row for row in others if _is_for_the_same(unit, row)]
    if not others or len(others) < len(free):
        return None
    row, noun = others[0], unit.kind.noun.one
    party = unit.kind.facts.relation(unit.kind.party)
    message = (
        f"The journal has a {noun} {number_of(unit)} of {row.get('amount')} for "
        f"{row.get(party.number) if party is not None else ''} that is not this one, and it is not overwritten; give "
        f"the {noun} a number of its own, or remove the other one."
    )
    return refuse(number_field(unit), "ambiguous", message)


def _is_this_payment(unit: Unit, row: Row) -> bool:
    """Of the payments with this number that nobody of ours wrote: only one that is the same in all that matters."""
    amount = unit.resolved.fields.get("amount")
    if unit.resolved.applications:
        return False
    return _is_for_the_same(unit, row) and same_value(unit.kind.facts, "amount", amount, row.get("amount"))


def _is_for_the_same(unit: Unit, row: Row) -> bool:
    fields, names = unit.resolved.fields, (unit.kind.party, rules_of(unit).applies_to)
    return all(same_id(fields.get(name), row.get(name)) for name in names)


def _nobodys(unit: Unit, rows: Sequence[Row]) -> list[Row]:
    """The draft rows that no other record of the sender's has, as far as the memory knows."""
    taken = {rival.id.lower() for rival in unit.rivals}
    free = [row for row in rows if str(row["id"]).lower() not in taken and not _is_empty(unit, row)]
    left = {id_ for row in free if is_derived(id_ := str(row["id"]).lower())}
    theirs = set(islice((id_ for id_ in _ids_of_rivals(unit, len(rows)) if id_ in left), len(left))) if left else set()
    return [row for row in free if str(row["id"]).lower() not in theirs]


def _is_empty(unit: Unit, row: Row) -> bool:
    """Whether it is the line that posting leaves in a batch without a number series: the next number and nothing else.

    Leaving it is the service's way ("Gen. Jnl.-Post Batch"); whoever counts on has that number for the next payment.
    """
    return bool(unit.kind.party) and is_blank(row.get(unit.kind.party)) and not row.get("amount")


def _ids_of_rivals(unit: Unit, rows: int) -> Iterator[str]:
    """The ids that lines of other records of the sender's may have."""
    places = 1 if is_payment(unit) else rows + places_of(unit)
    for rival in unit.rivals:
        for place in range(places):
            yield identity.line_id(unit.books.id, unit.kind.entity_set, rival.identity, "draft", place)


def _core(line: ResolvedLine) -> dict[str, Any]:
    return {
        name: line.fields[name]
        for name in ("accountId", "accountNumber", "postingDate", "documentNumber", "amount")
        if name in line.fields
    }
