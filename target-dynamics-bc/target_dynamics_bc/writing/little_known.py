"""What can be asked, and told, of a unit of which little may be known, because it is rejected?

Its kind may stumble over what is missing of it; then there is nothing to ask, and nothing to tell. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dynamics_bc_client.odata.query import Query
    from target_dynamics_bc.kept.faults import Fault
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.unit import Unit

_LITTLE_KNOWN = (KeyError, ValueError, TypeError, AttributeError, AssertionError)


def looks_of(unit: Unit) -> dict[str, Query]:
    """What tells whether a unit that is rejected is there; nothing where so little is known that nobody can ask."""
    try:
        return unit.work.looks(unit)
    except _LITTLE_KNOWN:
        return {}


def further_looks_of(unit: Unit, answers: Mapping[str, Sequence[Row]]) -> dict[str, Query]:
    """What the answers leave open of a unit; nothing where so little is known that nobody can ask."""
    try:
        return unit.work.further_looks(unit, answers)
    except _LITTLE_KNOWN:
        return {}


def draft_of(unit: Unit, answers: Mapping[str, Sequence[Row]]) -> Row | None:
    """What a look has shown of a unit that somebody has to post; None where too little is known to tell."""
    try:
        return unit.work.draft(unit, answers)
    except _LITTLE_KNOWN:
        return None


def lacks_of(unit: Unit) -> tuple[Fault, ...]:
    """What a unit lacks of being created; who deletes it lacks nothing."""
    return () if unit.wanted.deleted else unit.work.lacks(unit)
