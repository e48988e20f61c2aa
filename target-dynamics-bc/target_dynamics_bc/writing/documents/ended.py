"""What follows where a document is not there because another one has come of it, or may have? Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from target_dynamics_bc.kept.outcomes import Became
from target_dynamics_bc.kinds.facts import CENT
from target_dynamics_bc.writing.documents.document import age_rank
from target_dynamics_bc.writing.documents.looking import ENDED, TOTALS
from target_dynamics_bc.writing.documents.rounding import is_rounding
from target_dynamics_bc.writing.foreseeing import foreseen_total
from target_dynamics_bc.writing.steps import Finish, Refuse, refuse

if TYPE_CHECKING:
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.steps import Answers
    from target_dynamics_bc.writing.unit import Unit


def ended(unit: Unit, answers: Answers) -> Finish | Refuse | None:
    """What follows where a document is not there because another one has come of it; None when none has."""
    for name, rows in answers.items():
        if name.startswith(ENDED) and rows:
            # Of several that came of it, the last one is of this time.
            row = max(rows, key=lambda row: age_rank(unit, row)) if unit.history.was_answered else rows[0]
            return _ended_as(unit, name.removeprefix(ENDED), row)
    return None


def _ended_as(unit: Unit, entity_set: str, row: Row) -> Finish | Refuse:
    """It was turned by its own record if that asks for it and nobody answered; else it is not written once more.

    What was answered needs no proof: by rules of the service it may come to something else than the record.
    """
    number = str(row.get("number"))
    if _has_asked_for(unit, entity_set) and (unit.history.was_answered or _comes_to_the_same(unit, row)):
        known_number = unit.known.number if unit.known is not None else None
        became = Became(entity_set, str(row["id"]), number)
        return Finish(unit.id or unit.known_id, unit.wanted.number or known_number, posted=True, became=became)
    how = " with the same number" if unit.natural_number else ""
    message = (
        f"The {unit.kind.noun.one} is not there, and {entity_set} has {number}{how}, which came of it; it is not "
        "written a second time."
    )
    return refuse("", "posted_differs", message, row=row)


def turned_unseen(unit: Unit) -> Refuse | None:
    """Why a document is not made again that may have been turned into another one of which nothing tells."""
    if not unit.history.was_turned or unit.action is None:
        return None
    number = unit.known.number if unit.known is not None else None
    message = (
        f"The {unit.kind.noun.one} {number or unit.known_id} is not there any more: an earlier run called for "
        f"{unit.action.name} and ended before it heard of it. Look in {unit.action.leads_to} for what came of it; it "
        "is not written a second time."
    )
    return Refuse(refuse("", "posted_differs", message).faults, unit.known_id, number)


def _has_asked_for(unit: Unit, entity_set: str) -> bool:
    """Whether this run, or one that did not end, may have called for what leads there."""
    is_asked = unit.leads_elsewhere and unit.action is not None and unit.action.leads_to == entity_set
    return is_asked and unit.may_have_acted


def _comes_to_the_same(unit: Unit, row: Row) -> bool:
    total, lines = foreseen_total(unit), unit.resolved.lines or ()
    net, gross = TOTALS
    found = row.get(gross if unit.resolved.fields.get("pricesIncludeTax") else net)
    if total is None or found is None:
        return True
    difference = abs(Decimal(str(found)) - total)
    is_rounded = row.get(gross) is not None and is_rounding(difference, Decimal(str(row[gross])))
    return is_rounded or difference <= max(unit.rules.total_tolerance, len(lines) * CENT)
