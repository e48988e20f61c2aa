"""Which creates that were refused on their way may have been carried out, so that they are not sent once more?

A refused token (401), or too many requests (429), mostly mean that nothing was done, and the client sends it once more.
Somebody on the way may say so behind the work, too. What carries an id of ours the service itself refuses then; what
carries none would be there twice, and nobody would know of the first one. So it is looked for before, by the rules of
`claiming`, a line by those of `documents.adding`; where something like it is there, the create counts as not answered,
and the next round tells whose it is.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_client.odata.query import Expansion, Query
from target_dynamics_bc.writing.documents.adding import adds_line, are_missing, look
from target_dynamics_bc.writing.history import Event, History

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.questions import Questions
    from target_dynamics_bc.writing.unit import Unit
    from target_dynamics_bc.writing.writes import Write

log = logging.getLogger(__name__)

SLACK = timedelta(minutes=1)
"""How far the clocks of the service's machines may be apart, and seconds that are cut off."""


@dataclass(frozen=True, slots=True)
class _Doubt:
    """What is looked for at once: what one create was to make, or all lines that were to be added to a document.

    Attributes:
        unit: The record.
        writes: The creates, by their places.
        looks: What asks for what they may have made, by name.
    """

    unit: Unit
    writes: Mapping[int, Write]
    looks: Mapping[str, Query]


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

    def may_be_done(self, pairs: Mapping[int, tuple[Unit, Write]]) -> frozenset[int]:
        """The places of those writes of which it is not known that nothing is there that they may have made."""
        doubts = list(self._doubts(pairs))
        if not doubts:
            return frozenset()
        try:
            answers = iter(self.questions.look([query for doubt in doubts for query in doubt.looks.values()]))
        except DynamicsError as error:
            answers = iter([error for doubt in doubts for _ in doubt.looks])
        return frozenset(
            place
            for doubt in doubts
            if self._may_be_there(doubt, {name: next(answers) for name in doubt.looks})
            for place in doubt.writes
        )

    def _doubts(self, pairs: Mapping[int, tuple[Unit, Write]]) -> Iterator[_Doubt]:
        added: dict[int, tuple[Unit, dict[int, Write]]] = {}
        for place, (unit, write) in pairs.items():
            if adds_line(write):
                added.setdefault(id(unit), (unit, {}))[1][place] = write
            elif may_double(unit, write):
                sent = self._as_sent(unit, write)
                yield _Doubt(sent, {place: write}, _looks(sent, write))
        for unit, writes in added.values():
            # A step of a record adds lines to one document.
            yield _Doubt(unit, writes, {"": look(unit, next(iter(writes.values())))})

    def _as_sent(self, unit: Unit, write: Write) -> Unit:
        """The unit as it is if nobody answers: another thread may not touch what is noted of it."""
        history = History([Event("create", write, "unknown", {})], since=moment_before(self.since))
        return replace(unit, history=history)

    def _may_be_there(self, doubt: _Doubt, answers: Mapping[str, list[Row] | DynamicsError]) -> bool:
        found: dict[str, Sequence[Row]] = {}
        for name, answer in answers.items():
            if isinstance(answer, DynamicsError):
                log.info("It is not known whether anything was created: %s", answer.message)
                return True
            found[name] = answer
        writes = list(doubt.writes.values())
        rows = [row for rows in found.values() for row in rows]
        if adds_line(writes[0]):
            return not are_missing(doubt.unit, writes, rows)
        if (trace := writes[0].trace) is not None:
            return any(_has_line(row, trace.lines, trace.description) for row in rows)
        return any(str(row["id"]) not in self.made for row in doubt.unit.work.alike(doubt.unit, found))


def moment_before(since: datetime | None) -> str:
    """From when on what was sent at a moment has made something, as the service writes moments; empty for no limit."""
    return "" if since is None else (since - SLACK).strftime("%Y-%m-%dT%H:%M:%SZ")


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
