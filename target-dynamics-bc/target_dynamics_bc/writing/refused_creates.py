"""Is it known that nothing has come of creates that were refused on their way, so that they may be sent once more?

A refused token (401), or too many requests (429), mostly mean that nothing was done, and the client sends it once more.
Somebody on the way may say so behind the work, too. What carries an id of ours the service itself refuses then; what
carries none would be there twice, and nobody would know of the first one. So it is looked for before, by the rules of
`claiming`; where something like it is there, the create counts as not answered, and the next round tells whose it is.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_client.odata.query import Expansion, Query
from target_dynamics_bc.writing.history import Event, History

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.questions import Questions
    from target_dynamics_bc.writing.steps import Answers
    from target_dynamics_bc.writing.unit import Unit
    from target_dynamics_bc.writing.writes import Write

log = logging.getLogger(__name__)

SLACK = timedelta(minutes=1)
"""How far the clocks of the service's machines may be apart, and seconds that are cut off."""


@dataclass(frozen=True, slots=True)
class RefusedCreates:
    """Looks for what creates were to make.

    Attributes:
        questions: Asks.
        since: When they were sent, by the service's clock; None where that is not known.
        made: Ids of what other creates of this run have made.
    """

    questions: Questions
    since: datetime | None
    made: frozenset[str]

    def are_due(self, pairs: Sequence[tuple[Unit, Write]]) -> bool:
        """Whether it is known that nothing is there that any of these writes may have made."""
        doubtful = [(self._as_sent(unit, write), write) for unit, write in pairs if may_double(unit, write)]
        if not doubtful:
            return True
        looks = [_looks(unit, write) for unit, write in doubtful]
        try:
            found = self.questions.look([query for queries in looks for query in queries.values()])
        except DynamicsError as error:
            found = [error]
        failed = next((each for each in found if isinstance(each, DynamicsError)), None)
        if failed is not None:
            log.info("It is not known whether anything was created: %s", failed.message)
            return False
        rows = iter(each for each in found if not isinstance(each, DynamicsError))
        return not any(
            self._may_be_there(unit, write, {name: next(rows) for name in queries})
            for (unit, write), queries in zip(doubtful, looks, strict=True)
        )

    def _as_sent(self, unit: Unit, write: Write) -> Unit:
        """The unit as it is if nobody answers: another thread may not touch what is noted of it."""
        since = "" if self.since is None else (self.since - SLACK).strftime("%Y-%m-%dT%H:%M:%SZ")
        return replace(unit, history=History([Event("create", write, "unknown", {})], since=since))

    def _may_be_there(self, unit: Unit, write: Write, answers: Answers) -> bool:
        if (trace := write.trace) is not None:
            rows = [row for rows in answers.values() for row in rows]
            return any(_has_line(row, trace.lines, trace.description) for row in rows)
        return any(str(row["id"]) not in self.made for row in unit.work.alike(unit, answers))


def may_double(unit: Unit, write: Write) -> bool:
    """Whether a write creates a record that the service would take a second time, with another id."""
    return write.creates and write.address == unit.set_address and not write.once and "id" not in (write.body or {})


def _looks(unit: Unit, write: Write) -> Mapping[str, Query]:
    if (trace := write.trace) is None:
        return unit.work.looks(unit)
    lines = Expansion(trace.lines, ("description",))
    return {"": Query(unit.path(unit.kind.entity_set), ("id",), (lines,), trace.filter)}


def _has_line(row: Row, lines: str, description: str) -> bool:
    return any(line.get("description") == description for line in row.get(lines) or ())
