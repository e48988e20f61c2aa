"""What does a preview do with the steps of a record, and how does it end?

What is made for it is removed once it is compared, and that removal carries what was found out. What was there before
is never touched: a step about it is only foretold, as in a dry run. Pure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from target_dynamics_bc.finding.references import FORETOLD
from target_dynamics_bc.kept.faults import Fault, is_undecided
from target_dynamics_bc.kept.outcomes import Foreseen
from target_dynamics_bc.writing.steps import Finish, Preview, Refuse, Send, Step, TakeBack
from target_dynamics_bc.writing.writes import Write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_client.errors import DynamicsError
    from target_dynamics_bc.kept.outcomes import OutcomeKind
    from target_dynamics_bc.writing.unit import Unit
    from target_dynamics_bc.writing.writes import Address


def compared(unit: Unit, step: Step, made: Address, totals: Mapping[str, Any]) -> Step:
    """What the next step is for what was made for a preview and is there.

    Args:
        unit: The record.
        step: What would be next.
        made: Where it is.
        totals: What the service calculated.
    """
    if isinstance(step, Send) and step.purpose != "post":
        return replace(step, of_preview=True)
    removal = Write("DELETE", made)
    if isinstance(step, Refuse | TakeBack) and is_undecided(step.faults):
        return TakeBack(step.faults, step.id, step.number, also=(removal,))
    faults = step.faults if isinstance(step, Finish | Refuse | TakeBack) else ()
    kind: OutcomeKind = "posted" if unit.is_to_be_posted else "created"
    if isinstance(step, Refuse | TakeBack):
        kind = "rejected"
    kept = step.kept if isinstance(step, Finish) else ()
    preview = Preview(Foreseen(kind, totals), faults=faults, kept=kept)
    return Send((removal,), "withdraw", of_preview=True, then=preview)


def ended_preview(unit: Unit, *, is_there: bool) -> Preview | None:
    """How the preview ends of which nothing is there any more; None while something is, or was not made."""
    return unit.history.removal if unit.history.removed or not is_there else None


def not_removed(preview: Preview, id_: str | None, error: DynamicsError) -> Preview:
    """How a preview ends of which something could not be removed."""
    message = (
        f"What was made for the preview could not be removed and is still there: {error.message} The next run on this "
        "store_path removes it, or remove it in Business Central."
    )
    return replace(preview, id=id_, faults=(*preview.faults, Fault("send", "", "left_behind", message)))


def refers_to_foretold(unit: Unit) -> bool:
    """Whether a record refers to what this run would make, and does not."""
    resolved = unit.resolved
    found = (resolved.found, *(part.found for part in (*(resolved.lines or ()), *resolved.applications)))
    return any(FORETOLD in row for rows in found for row in rows.values())
