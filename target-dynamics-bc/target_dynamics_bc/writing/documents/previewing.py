"""What does the preview of a document send, and what does it find out?

A new document is drafted with a comment that says what it is for, put right, compared as before a posting and removed.
What is there already is left as it is: its changes are only foretold, as in a dry run, and what nobody would have to
change is compared. Pure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dynamics_bc_client.odata.query import all_of
from target_dynamics_bc.finding.references import FORETOLD
from target_dynamics_bc.kept.faults import Fault, is_undecided
from target_dynamics_bc.kept.outcomes import Foreseen
from target_dynamics_bc.writing.comparing import same_id
from target_dynamics_bc.writing.documents.looking import of_number, of_party
from target_dynamics_bc.writing.documents.marking import can_be_marked, comment, preview_of
from target_dynamics_bc.writing.steps import (
    Answers,
    Finish,
    Preview,
    Refuse,
    Send,
    Step,
    TakeBack,
    Trace,
    Write,
    take_back,
)

if TYPE_CHECKING:
    from dynamics_bc_client.errors import DynamicsError
    from target_dynamics_bc.kept.outcomes import OutcomeKind
    from target_dynamics_bc.wanted.records import Row
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


def ended_preview(unit: Unit, answers: Answers) -> Preview | None:
    """How the preview ends whose draft is gone; None while it is there, or was not made."""
    history = unit.history
    return history.removal if history.removed or not any(answers.values()) else None


def previewed(unit: Unit, answers: Answers, step: Step) -> Step:
    """What the next step of a document is where it is only previewed.

    Args:
        unit: The record.
        answers: What is there.
        step: What would be next.
    """
    row = next((row for rows in answers.values() for row in rows), None)
    if not unit.created:
        if isinstance(step, Send) and step.purpose == "create":
            return _drafting(unit, step)
        is_next = isinstance(step, Send) and step.purpose == "post" and not unit.acts_on_posted
        return Preview(_foreseen("posted", row)) if is_next else step
    if isinstance(step, Send) and step.purpose != "post":
        return replace(step, of_preview=True)
    if isinstance(step, Refuse | TakeBack) and (is_undecided(step.faults) or row is None):
        return take_back(step) if isinstance(step, Refuse) else step
    ends, faults, kept = _end(step)
    return _removal(unit, Preview(_foreseen(ends, row), faults=faults, kept=kept))


def not_removed(preview: Preview, unit: Unit, error: DynamicsError) -> Preview:
    """How a preview ends whose draft could not be removed."""
    message = (
        f"The draft of the preview could not be removed and is still there: {error.message} The next run on this "
        "store_path removes it, or remove it in Business Central."
    )
    return replace(preview, id=unit.id, faults=(*preview.faults, Fault("send", "", "left_behind", message)))


def _drafting(unit: Unit, step: Send) -> Send:
    """The create, with a comment that tells the draft from all others; as it is, where none can be made."""
    lines, narrowed = unit.kind.lines, all_of(of_party(unit), of_number(unit))
    found = (unit.resolved.found, *(line.found for line in unit.resolved.lines or ()))
    is_foretold = any(FORETOLD in row for rows in found for row in rows.values())
    if lines is None or not can_be_marked(lines) or not narrowed or is_foretold:
        return step
    (write,) = step.writes
    mark, body = preview_of(unit), dict(write.body or {})
    body[lines.navigation] = [comment(mark), *body.get(lines.navigation, ())]
    trace = Trace(narrowed, lines.navigation, mark)
    return replace(step, writes=(replace(write, body=body, trace=trace),), of_preview=True)


def _end(step: Step) -> tuple[OutcomeKind, tuple[Fault, ...], tuple[str, ...]]:
    """What would become of it, and what is to be said of that."""
    if isinstance(step, Refuse | TakeBack):
        return "rejected", step.faults, ()
    if isinstance(step, Finish):
        return "created", step.faults, step.kept
    return "posted", (), ()


def _removal(unit: Unit, preview: Preview) -> Send:
    return Send((Write("DELETE", unit.set_address.at(unit.id)),), "withdraw", of_preview=True, then=preview)


def _foreseen(kind: OutcomeKind, row: Row | None) -> Foreseen:
    return Foreseen(kind, {name: (row or {})[name] for name in _TOTALS if (row or {}).get(name) not in {None, ""}})
