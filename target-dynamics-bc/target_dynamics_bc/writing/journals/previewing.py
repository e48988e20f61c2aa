"""What does the preview of an entry or a payment send, and what does it find out? Pure.

What is new stands in a batch of its own that says what it is for, is put right and compared as before a posting, and
goes with the batch. What is there already is left as it is: its changes are only foretold, as in a dry run.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from target_dynamics_bc.writing.comparing import number_in
from target_dynamics_bc.writing.previewing import compared, ended_preview, refers_to_foretold
from target_dynamics_bc.writing.steps import Send, Step
from target_dynamics_bc.writing.writes import Address

if TYPE_CHECKING:
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.unit import Unit


def previewed(unit: Unit, own: Row | None, step: Step) -> Step:
    """What the next step of an entry or a payment is where it is only previewed.

    Args:
        unit: The record.
        own: The batch of its preview, if that is there.
        step: What would be next on its way to be posted from that batch.
    """
    if (ended := ended_preview(unit, is_there=own is not None)) is not None:
        return ended
    if own is None:
        return replace(step, of_preview=True) if isinstance(step, Send) and not refers_to_foretold(unit) else step
    batch = Address(unit.kind.batches, str(own["id"]))
    return compared(unit, step, batch, {"amount": _amount(unit, own)})


def _amount(unit: Unit, own: Row) -> Decimal:
    """What the lines come to as Business Central has them: the debits of an entry, the amount of a payment."""
    amounts = [number_in(row, "amount") for row in own.get(unit.kind.entity_set) or ()]
    return amounts[0] if len(amounts) == 1 else sum((amount for amount in amounts if amount > 0), Decimal(0))
