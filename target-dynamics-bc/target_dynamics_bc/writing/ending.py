"""What becomes of a unit of work for which nothing more is to be sent?

It is finished, or refused, and what was written of a record that is refused is turned back: half of it is worse than
none.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from dynamics_bc_client.odata.batch import encode_json
from target_dynamics_bc.finding.all_faults import with_faults
from target_dynamics_bc.json_lines import to_json_line
from target_dynamics_bc.kept.faults import Fault, is_undecided
from target_dynamics_bc.kept.internal import internal_fault
from target_dynamics_bc.kept.outcomes import Outcome
from target_dynamics_bc.writing.foreseeing import foreseen_total
from target_dynamics_bc.writing.service import LATE_AT_MOST, path_of
from target_dynamics_bc.writing.steps import Finish, Preview, Refuse, Send, TakeBack

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dynamics_bc_client.errors import DynamicsError
    from target_dynamics_bc.finding.resolving import Resolver
    from target_dynamics_bc.kept.memory import Memory
    from target_dynamics_bc.kept.outcomes import OutcomeKind
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.service import Service
    from target_dynamics_bc.writing.steps import Purpose, Step
    from target_dynamics_bc.writing.unit import Unit

log = logging.getLogger(__name__)

_LEFT_BEHIND = (
    "What had been written of it could not be turned back and is still there; the next run on this store_path turns it "
    "back, or remove it in Business Central:"
)
_MAY_BE_THERE = Fault(
    "send",
    "",
    "may_be_there",
    "What an earlier run sent of this record was not answered, so that it may be in Business Central although it is "
    "rejected now. It is looked for when the record comes again and can be looked up; until then look for it there.",
)
_FORETOLD: Mapping[Purpose, OutcomeKind] = {
    "create": "created",
    "update": "updated",
    "post": "posted",
    "clean": "posted",
    "withdraw": "unchanged",
}


class Ending:
    """Gives units their outcomes.

    Args:
        service: Turns back.
        memory: Is told what was carried through.
        resolver: Is told what a dry run does not write.
        record: Takes each outcome, once.
        dry_run: Nothing was written, so that nothing is to be turned back.
    """

    def __init__(
        self,
        service: Service,
        memory: Memory,
        resolver: Resolver,
        record: Callable[[Unit, Outcome], None],
        *,
        dry_run: bool,
    ) -> None:
        self._service = service
        self._memory = memory
        self._resolver = resolver
        self._record = record
        self._dry_run = dry_run

    def end(self, unit: Unit, step: Step) -> None:
        """Give a unit its outcome.

        Raises:
            DynamicsError: The whole run cannot go on.
        """
        if isinstance(step, Finish):
            self._finish(unit, step)
        elif isinstance(step, Preview):
            self._show(unit, step)
        elif isinstance(step, TakeBack) and not self._dry_run:
            self._take_back(unit, step)
        elif isinstance(step, Refuse | TakeBack):
            stays = None
            if not self._dry_run and not is_undecided(step.faults):
                # What is there is to stay; of what is undecided nobody knows yet.
                self._memory.stand_by(unit.requests_key)
                stays = _left_there(unit, step)
            unseen = isinstance(step, Refuse) and step.unseen
            self.reject(unit, step.faults, id_=step.id, number=step.number, stays=stays, unseen=unseen)

    def _take_back(self, unit: Unit, step: TakeBack) -> None:
        """Turn back what was written for a record that is refused: half of it is worse than none.

        The memory knows that it is refused before the first request, so that a run that is killed here, or a request
        that fails, leaves it to the next run.
        """
        self._memory.abandon(unit.requests_key)
        error = self._turn_back(unit, step)
        if error is None:
            if unit.created:
                unit.history.draft = None
            self.reject(unit, step.faults, id_=step.id, number=step.number)
            return
        fault = Fault("send", "", "left_behind", f"{_LEFT_BEHIND} {error.message}")
        self.reject(unit, (*step.faults, fault), id_=step.id or unit.id, number=step.number)

    def _turn_back(self, unit: Unit, step: TakeBack) -> DynamicsError | None:
        """Turn everything back, the latest first; the first refusal ends it."""
        for write in step.also:
            if (error := self._service.discard(unit.books.id, write)) is not None:
                return error
        for undo in self._memory.to_turn_back(unit.requests_key):
            if (error := self._service.turn_back(undo)) is not None:
                return error
        return None

    def _finish(self, unit: Unit, finish: Finish) -> None:
        kind: OutcomeKind = finish.kind or _kind(unit, finish)
        if finish.kept:
            names = ", ".join(dict.fromkeys(finish.kept))
            log.info("Business Central rounds %s of %s %s.", names, unit.kind.name, finish.number)
        for fault in finish.faults:
            log.warning("%s %s: %s", unit.kind.name, finish.number, fault.message)
        self._memory.finish(
            unit.key,
            # What is not as it was asked for is looked at again when it comes again.
            f"{unit.settled_hash}:not_applied" if finish.faults and not finish.posted else unit.settled_hash,
            posted=finish.posted,
            id_=finish.id,
            number=finish.number,
            lines=finish.lines,
            posted_number=(posted_number := _posted_number(unit, finish)),
            etag=finish.etag,
            position=unit.wanted.position,
        )
        outcome = replace(
            _outcome(unit, kind, finish.id, finish.number),
            draft=finish.draft,
            faults=finish.faults,
            changed=tuple(dict.fromkeys((*_changed(unit), *finish.changed))),
            kept=tuple(dict.fromkeys(finish.kept)),
            became=finish.became,
            posted_number=posted_number,
            etag=finish.etag,
        )
        self._record(unit, outcome)

    def _show(self, unit: Unit, preview: Preview) -> None:
        """Say what would become of a unit; the memory does not count it as done."""
        self._resolver.foretell(unit)
        outcome = replace(
            _outcome(unit, "previewed", preview.id, unit.wanted.number),
            faults=preview.faults,
            kept=preview.kept,
            foreseen=preview.foreseen,
        )
        self._record(unit, outcome)

    def foretell(self, unit: Unit, step: Send) -> None:
        """Say what a run that writes nothing of it would write next for a unit; that is its outcome."""
        mode = "preview" if unit.rules.previews else "dry run"
        for write in step.writes:
            body = "" if write.body is None else encode_json(write.body).decode()
            log.info("%s: %s %s %s", mode, write.method, path_of(unit.books.id, write), body)
        name = unit.wanted.external_id or unit.wanted.number or f"record {unit.wanted.position}"
        if (total := foreseen_total(unit)) is not None:
            log.info("%s: %s comes to %s%s.", mode, name, f"{total:f}", _foreseen_end(unit, step))
        self._resolver.foretell(unit)
        self._record(unit, _outcome(unit, _FORETOLD[step.purpose], None, unit.wanted.number))

    def reject(
        self,
        unit: Unit,
        faults: Sequence[Fault],
        *,
        id_: str | None = None,
        number: str | None = None,
        stays: str | None = None,
        unseen: bool = False,
        is_looked_for: bool = True,
    ) -> None:
        """Reject a unit, with all that is wrong with it.

        Args:
            unit: The record.
            faults: What is wrong with it.
            id_: The id of what is there of it.
            number: The number of that.
            stays: As of `Memory.abandon`.
            unseen: As of `Refuse`.
            is_looked_for: A look has shown whether anything is there that may have come of a create of it.
        """
        all_faults = with_faults(unit, faults)
        kind: OutcomeKind = "rejected"
        if not is_undecided(all_faults):
            if self._may_be_there(unit, id_, is_looked_for=is_looked_for):
                all_faults = (*all_faults, _MAY_BE_THERE)
            self._memory.abandon(unit.requests_key, stays=stays)
        elif not unit.rules.previews and (unseen or self._memory.is_in_doubt(unit.key)):
            kind = "uncertain"
            wanted = unit.wanted
            self._memory.keep_uncertain(unit.key, to_json_line([wanted.stream, wanted.record, wanted.copied]))
        left = self._left(unit)
        if left is not None:
            id_, number = id_ or str(left["id"]), number or unit.kind.number_of(left)
        outcome = _outcome(unit, kind, id_, number or unit.wanted.number)
        self._record(unit, replace(outcome, draft=left is not None, faults=all_faults))

    def _may_be_there(self, unit: Unit, id_: str | None, *, is_looked_for: bool) -> bool:
        """Whether something may be there of a create of an earlier run, or may still come, that nobody has seen."""
        if unit.rules.previews or (id_ or unit.claimed_id or unit.history.draft):
            return False
        # Wherever it was created: below which journal an entry was is not known any more.
        age = self._memory.doubtful_for(unit.requests_key, f"%/{unit.set_address.entity_set}")
        # Of what has no number of the sender's another version is not found by what it says.
        tells = unit.has_unseen_create or unit.kind.lines is None or bool(unit.natural_number)
        return age is not None and (age < LATE_AT_MOST or not (is_looked_for and tells))

    def _left(self, unit: Unit) -> Row | None:
        """The draft of a rejected record that stays: whatever it is rejected for, somebody has to post it.

        That of a preview goes, and who wants one deleted does not want it posted.
        """
        is_none = self._dry_run or unit.rules.previews or unit.wanted.deleted
        return None if is_none else unit.history.draft

    def stumble(self, unit: Unit, error: Exception) -> None:
        """Reject a unit that raised what nobody has thought of."""
        fault = internal_fault(error, unit.wanted.stream, unit.wanted.position)
        self._memory.stand_by(unit.requests_key)
        self.reject(unit, (fault,), id_=unit.id)


def _left_there(unit: Unit, step: Refuse | TakeBack) -> str | None:
    """The id of what a refused unit has created, in this run or in one that did not end, if no number tells it."""
    if unit.rules.previews or unit.kind.journal is not None or unit.natural_number:
        return None
    is_open = unit.known is not None and not unit.known.finished
    if (own := unit.id or (unit.known_id if is_open else None)) is not None:
        return own
    may_have = is_open or "create" in unit.history.doubts
    return step.id if may_have and not (unit.wanted.id or unit.wanted.number) else None


def _kind(unit: Unit, finish: Finish) -> OutcomeKind:
    """What was done, by this run or by one that was interrupted at this very record."""
    if unit.posted or (finish.posted and (unit.created or unit.updated or unit.history.doubts or unit.interrupted)):
        return "posted"
    if unit.created or "create" in unit.history.doubts:
        return "created"
    return "updated" if unit.updated or "update" in unit.history.doubts else "unchanged"


def _outcome(unit: Unit, kind: OutcomeKind, id_: str | None, number: str | None) -> Outcome:
    wanted = unit.wanted
    return Outcome(
        stream=wanted.stream,
        position=wanted.position,
        kind=kind,
        kind_name=wanted.kind.name,
        external_id=wanted.external_id,
        company_id=unit.books.id,
        id=id_,
        number=number,
        hash=wanted.hash,
    )


def _posted_number(unit: Unit, finish: Finish) -> str | None:
    """The number of what was posted: its own, or that of the document which it became by being posted."""
    if not finish.posted or not unit.leads_elsewhere:
        return finish.number if finish.posted else None
    return finish.became.number if finish.became is not None and unit.action is unit.kind.posting else None


def _foreseen_end(unit: Unit, step: Send) -> str:
    """What becomes of a record when all its requests are sent."""
    return ", and is posted then" if unit.is_to_be_posted and step.purpose != "withdraw" else ""


def _changed(unit: Unit) -> tuple[str, ...]:
    """The properties that were set of what was there before; of a line with its place in the record."""
    if unit.created:
        return ()
    writes = [event.write for event in unit.history.events if event.purpose == "update" and event.result == "done"]
    names = (
        f"{write.field}.{name}" if write.field else name
        for write in writes
        if write.method == "PATCH" and write.about != "dimension"
        for name in write.body or ()
    )
    return tuple(dict.fromkeys(names))
