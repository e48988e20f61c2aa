"""What does the preview of a document send?

A new document is drafted with a comment that says what it is for, put right, compared as before a posting and removed.
A draft that is there already is compared as it is. Pure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dynamics_bc_client.odata.query import all_of
from target_dynamics_bc.kept.outcomes import Foreseen
from target_dynamics_bc.writing.comparing import same_id
from target_dynamics_bc.writing.documents.looking import of_number, of_party
from target_dynamics_bc.writing.documents.marking import can_be_marked, comment, preview_of
from target_dynamics_bc.writing.previewing import compared, refers_to_foretold
from target_dynamics_bc.writing.steps import Preview, Refuse, Send, Step, take_back
from target_dynamics_bc.writing.writes import Trace, Write

if TYPE_CHECKING:
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.steps import Answers
    from target_dynamics_bc.writing.unit import Unit

_TOTALS = ("totalAmountExcludingTax", "totalTaxAmount", "totalAmountIncludingTax", "currencyCode")


def left_over(unit: Unit, answers: Answers) -> Send | None:
    """What removes the draft of an earlier preview of the record, which was not answered, or was killed."""
    mark = preview_of(unit)
    for row in (row for rows in answers.values() for row in rows):
        lines = row.get(unit.kind.lines_name) or ()
        if not same_id(row.get("id"), unit.id) and any(line.get("description") == mark for line in lines):
            return Send((Write("DELETE", unit.set_address.at(row["id"])),), "withdraw", of_preview=True)
    return None


def as_preview(unit: Unit, answers: Answers, step: Step) -> Step:
    """What the next step of a document is where it is only previewed.

    Args:
        unit: The record.
        answers: What is there.
        step: What would be next.
    """
    row = next((row for rows in answers.values() for row in rows), None)
    if unit.created and row is None:
        return take_back(step) if isinstance(step, Refuse) else step
    if unit.created:
        return compared(unit, step, unit.set_address.at(unit.id), _totals(row))
    if isinstance(step, Send) and step.purpose == "create":
        return _drafting(unit, step)
    is_compared = isinstance(step, Send) and step.purpose == "post" and not unit.acts_on_posted
    return Preview(Foreseen("posted", _totals(row))) if is_compared else step


def _drafting(unit: Unit, step: Send) -> Send:
    """The create, with a comment that tells the draft from all others; as it is, where none can be made."""
    lines, narrowed = unit.kind.lines, all_of(of_party(unit), of_number(unit))
    if lines is None or not can_be_marked(lines) or not narrowed or refers_to_foretold(unit):
        return step
    (write,) = step.writes
    mark, body = preview_of(unit), dict(write.body or {})
    body[lines.navigation] = [comment(mark), *body.get(lines.navigation, ())]
    trace = Trace(narrowed, lines.navigation, mark)
    return replace(step, writes=(replace(write, body=body, trace=trace),), of_preview=True)


def _totals(row: Row | None) -> dict[str, object]:
    return {name: row[name] for name in _TOTALS if row.get(name) not in {None, ""}} if row is not None else {}
