"""What if the same document was made twice at the same moment, by two runs or by one that was refused? Pure.

The younger of the two is taken back by whoever made it, so that two runs agree on which one stays.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from target_dynamics_bc.writing.comparing import same_id, same_value
from target_dynamics_bc.writing.documents.document import age_rank
from target_dynamics_bc.writing.documents.finding import is_void
from target_dynamics_bc.writing.documents.looking import ID, KNOWN
from target_dynamics_bc.writing.steps import Send
from target_dynamics_bc.writing.writes import Write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.steps import Answers
    from target_dynamics_bc.writing.unit import Unit

log = logging.getLogger(__name__)


def without_twin(unit: Unit, answers: Answers, candidates: Sequence[Row]) -> Send | None:
    """What takes ours back, where it is the younger one; None where it stays."""
    ours = next(iter(answers.get(ID) or answers.get(KNOWN) or ()), None)
    if ours is None or not unit.kind.is_draft(ours):
        return None
    twin = next((row for row in candidates if _is_twin(unit, ours, row)), None)
    if twin is None:
        return None
    if age_rank(unit, ours) > age_rank(unit, twin):
        return Send((Write("DELETE", unit.set_address.at(ours["id"])),), "withdraw")
    log.warning(
        "There are two %s %s of one %s: %s, and the younger %s; if nobody takes that one back, delete it.",
        unit.kind.noun.many,
        twin.get(unit.kind.natural_key.name if unit.kind.natural_key is not None else ""),
        unit.kind.party.removesuffix("Id"),
        unit.kind.number_of(twin),
        unit.kind.number_of(ours),
    )
    return None


def _is_twin(unit: Unit, ours: Row, row: Row) -> bool:
    natural, fields = unit.kind.natural_key, unit.resolved.fields
    if natural is None or same_id(row["id"], ours["id"]) or is_void(unit, row):
        return False
    names = (natural.within, natural.name)
    return all(same_value(unit.kind.facts, name, fields.get(name), row.get(name)) for name in names)
