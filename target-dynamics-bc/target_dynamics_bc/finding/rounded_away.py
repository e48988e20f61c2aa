"""Does a document come to something else because Business Central keeps fewer decimals of a quantity or a price?

It keeps five. A price of 0.0000166667 for a million is 0.00002 there, and what is booked 20.00 in place of 16.67. The
cent by which a line may differ is that of its own rounding. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_dynamics_bc.finding.precision import precision_of
from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.wanted.records import BOOKED_CURRENCY
from target_dynamics_bc.writing.foreseeing import foreseen_amount

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_dynamics_bc.writing.unit import Unit


def rounded_away(unit: Unit) -> Iterator[Fault]:
    """A fault for each line of a document to be posted that is another amount with the decimals that are kept."""
    child, resolved = unit.kind.lines, unit.resolved
    if child is None or not child.prices or not unit.is_to_be_posted:
        return
    smallest = precision_of(resolved.found.get("currencyCode") or resolved.found.get(BOOKED_CURRENCY))
    for wanted, line in zip(unit.wanted.lines or (), resolved.lines or (), strict=True):
        stated, kept = foreseen_amount(child, wanted.fields), foreseen_amount(child, line.fields)
        if stated is None or kept is None or abs(stated - kept) <= max(unit.rules.total_tolerance, smallest):
            continue
        message = (
            f"{wanted.field} comes to {stated.normalize():f} by what was sent, and to {kept.normalize():f} in Business "
            "Central, which keeps five decimals of a quantity and of a price; send the line with a quantity or a price "
            "that has no more, such as its whole amount for a quantity of 1."
        )
        yield Fault("map", wanted.field, "amount_differs", message)
