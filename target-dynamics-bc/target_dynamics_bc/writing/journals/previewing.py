"""What does the preview of an entry or a payment send, and what does it find out? Pure.

What is new stands in a batch of its own that says what it is for, is put right and compared as before a posting, and
goes with the batch. What is there already is left as it is: its changes are only foretold, as in a dry run.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from target_dynamics_bc.finding.references import FORETOLD
from target_dynamics_bc.kept.faults import is_undecided
from target_dynamics_bc.kept.outcomes import Foreseen
from target_dynamics_bc.writing.steps import Address, Preview, Refuse, Send, Step, TakeBack, Write

if TYPE_CHECKING:
    from target_dynamics_bc.kept.outcomes import OutcomeKind
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.unit import Unit


def previewed(unit: Unit, own: Row | None, step: Step) -> Step:
    """What the next step of an entry or a payment is where it is only previewed.

    Args:
        unit: The record.
        own: The batch of its preview, if that is there.
        step: What would be next on its way to be posted from that batch.
    """
    if (ended := _ended(unit, own)) is not None:
        return ended
    if own is None:
        return replace(step, of_preview=True) if isinstance(step, Send) and not _is_foretold(unit) else step
    if isinstance(step, Send) and step.purpose != "post":
        return replace(step, of_preview=True)
    if isinstance(step, Refuse | TakeBack) and is_undecided(step.faults):
        return TakeBack(step.faults, also=(_removal(unit, own),))
    faults = step.faults if isinstance(step, Refuse | TakeBack) else ()
    ends: OutcomeKind = "rejected" if faults else "posted" if unit.is_to_be_posted else "created"
    preview = Preview(Foreseen(ends, {"amount": _amount(unit, own)}), faults=faults)
    return Send((_removal(unit, own),), "withdraw", of_preview=True, then=preview)


def _ended(unit: Unit, own: Row | None) -> Preview | None:
    """How the preview ends whose batch is gone; None while it is there, or was not made."""
    history = unit.history
    return history.removal if history.removed or own is None else None


def _removal(unit: Unit, own: Row) -> Write:
    return Write("DELETE", Address(unit.kind.batches, str(own["id"])))


def _is_foretold(unit: Unit) -> bool:
    """Whether it refers to something that is not there, because this run writes nothing."""
    resolved = unit.resolved
    found = (resolved.found, *(part.found for part in (*(resolved.lines or ()), *resolved.applications)))
    return any(FORETOLD in row for rows in found for row in rows.values())


def _amount(unit: Unit, own: Row) -> Decimal:
    """What the lines come to as Business Central has them: the debits of an entry, the amount of a payment."""
    amounts = [Decimal(str(row.get("amount") or 0)) for row in own.get(unit.kind.entity_set) or ()]
    return amounts[0] if len(amounts) == 1 else sum((amount for amount in amounts if amount > 0), Decimal(0))
