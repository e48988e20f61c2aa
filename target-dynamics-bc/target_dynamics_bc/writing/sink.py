"""How do records become what is in Business Central?

The recipe is map, resolve, plan, send, record, for a chunk of records of one kind at a time. Plan and send repeat:
after each step the service is looked at again, and the next step is planned from what is there, until nothing is left
to do. That one loop is how a unit of work is carried through, resumed after a crash, and protected against writing
twice. What a record is, and what follows a refusal, is the business of its kind's unit of work.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import DynamicsError, ServiceError
from dynamics_bc_client.odata.batch import encode_json
from target_dynamics_bc.finding.resolving import Resolver, with_faults
from target_dynamics_bc.kept.faults import UNDECIDED, Fault, from_error, is_undecided
from target_dynamics_bc.kept.internal import internal_fault
from target_dynamics_bc.kept.outcomes import Outcome
from target_dynamics_bc.writing import leftovers
from target_dynamics_bc.writing.steps import Address, Finish, LookAgain, Refuse, Send, TakeBack, Write, with_sound_etags

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from dynamics_bc_client.odata.query import Query
    from target_dynamics_bc.kept.memory import Memory
    from target_dynamics_bc.kept.outcomes import OutcomeKind
    from target_dynamics_bc.kinds.kind import Kind
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.service import Sent, Service
    from target_dynamics_bc.writing.steps import Purpose, Step
    from target_dynamics_bc.writing.unit import Unit

log = logging.getLogger(__name__)

ROUNDS = 12
"""Looks at one unit before it is given up as undecided; the longest way (create, amend, post, clean up) takes five."""

LOOK_AGAIN_AFTER = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Seconds between looks for something whose create was not answered: the service may still be at work on it."""

LATE_AT_MOST = 1200.0
"""Seconds after which a create that was not answered is not carried out any more: the service lets a request queue for
eight minutes and work for eight."""

_LEFT_BEHIND = (
    "What had been written of it could not be turned back and is still there; the next run on this store_path turns it "
    "back, or remove it in Business Central:"
)
_FORETOLD: Mapping[Purpose, OutcomeKind] = {
    "create": "created",
    "update": "updated",
    "post": "posted",
    "clean": "posted",
    "withdraw": "unchanged",
}


class Sink:
    """Carries chunks of units through.

    Args:
        service: Asks and writes.
        memory: Is told what was carried through.
        resolver: Finds what records refer to.
        record: Takes each outcome, once.
        dry_run: Stop before the first write of each unit and say what it would have been.
        sleep: Waits for seconds.
    """

    def __init__(
        self,
        service: Service,
        memory: Memory,
        resolver: Resolver,
        record: Callable[[Unit, Outcome], None],
        *,
        dry_run: bool = False,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sleep = sleep
        self._held: list[Unit] = []
        self._is_tidy = False
        self._service = service
        self._memory = memory
        self._resolver = resolver
        self._record = record
        self._dry_run = dry_run

    def carry(self, units: Sequence[Unit], *, may_wait: bool) -> list[Unit]:
        """Bring units of one kind to their outcomes.

        Args:
            units: At most a hundred, no two of them with the same identity.
            may_wait: Records are still to come that a unit may refer to.

        Returns:
            The units that wait for such a record. They have no outcome yet.

        Raises:
            DynamicsError: The whole run cannot go on. Units without an outcome are as if they had never been sent.
        """
        self._turn_back_refused()
        units = self._resolved(units)
        waiting = [unit for unit in units if may_wait and any(fault.waits for fault in unit.faults)]
        pending = []
        for unit in units:
            if unit in waiting:
                continue
            faults = with_faults(unit, ())
            if faults:
                self._reject(unit, faults)
            else:
                pending.append(unit)
        self._carry_through(pending)
        for seconds in LOOK_AGAIN_AFTER:
            if not self._held:
                break
            self._sleep(seconds)
            held, self._held = self._held, []
            self._carry_through(held)
        held, self._held = self._held, []
        for unit in held:
            message = (
                "Nobody knows what became of the create of this record: it was not answered, or the run was killed. "
                "Business Central does not show it and may still carry it out, so it is created again after twenty "
                "minutes at the earliest; send it again then."
            )
            self._reject(unit, (Fault("send", "", UNDECIDED, message, repeatable=True),))
        return waiting

    def _resolved(self, units: Sequence[Unit]) -> Sequence[Unit]:
        """The units with everything found that they refer to; one over which that stumbles has its outcome."""
        try:
            return self._resolver.resolve(units)
        except Exception as error:  # noqa: BLE001 - one of them raised it, and is found out alone
            if len(units) > 1:
                return [unit for each in units for unit in self._resolved([each])]
            self._stumble(units[0], error)
            return []

    def _stumble(self, unit: Unit, error: Exception) -> None:
        """Reject a unit that raised what nobody has thought of."""
        fault = internal_fault(error, unit.wanted.stream, unit.wanted.position)
        self._memory.stand_by(unit.key)
        self._reject(unit, (fault,), id_=unit.id)

    def _turn_back_refused(self) -> None:
        """Turn back, once in a run, what earlier runs left of records that are refused."""
        if self._is_tidy or self._dry_run:
            return
        self._is_tidy = True
        for key in self._memory.refused_units():
            for undo in self._memory.to_turn_back(key):
                error = self._service.turn_back(undo)
                if error is not None:
                    log.warning("What was written for %s, which is refused, is still there: %s", key.identity, error)
                    break
            else:
                log.info("What an earlier run wrote for %s, which is refused, is turned back.", key.identity)

    def clear_leftovers(self, company_id: str, kind: Kind) -> None:
        """Remove journal batches of ours whose entry or payment is posted: a late create may have made them once more.

        Raises:
            DynamicsError: The whole run cannot go on.
        """
        (batches,) = self._service.look([leftovers.look(company_id, kind)])
        if isinstance(batches, DynamicsError):
            log.warning("Whether journal batches of ours were left behind could not be seen: %s", batches.message)
            return
        for batch in batches:
            number = leftovers.number_of(batch)
            identities = self._memory.posted(company_id, kind.name, number)
            identity = leftovers.owner(company_id, kind, batch, identities)
            if identity is not None:
                is_ours = leftovers.is_ours_alone(company_id, kind, batch, identity)
                self._clear(company_id, Address(kind.batches, str(batch["id"])), batch, is_ours=is_ours)

    def _clear(self, company_id: str, address: Address, batch: Row, *, is_ours: bool) -> None:
        name = f'The journal batch {batch["code"]} ("{batch["displayName"]}")'
        if not is_ours or self._dry_run:
            whose = "" if is_ours else " and holds lines of somebody else"
            log.warning("%s is a copy of what is posted%s; delete it, so that nobody posts it again.", name, whose)
            return
        error = self._service.discard(company_id, Write("DELETE", address))
        if error is not None:
            log.warning("%s is a copy of what is posted and could not be deleted: %s", name, error.message)
        else:
            log.warning("%s was a copy of what is posted, made by a late create; it has been deleted.", name)

    def _carry_through(self, pending: list[Unit]) -> None:
        for _ in range(ROUNDS):
            if not pending:
                break
            pending = self._round(pending)
        for unit in pending:
            message = (
                f"After {ROUNDS} looks Business Central still does not show what was written; it is tried "
                "again next time."
            )
            self._reject(unit, (Fault("send", "", UNDECIDED, message, repeatable=True),))

    # --- one round: look, plan, send -------------------------------------------------------------------------

    def _round(self, units: Sequence[Unit]) -> list[Unit]:
        steps: list[tuple[Unit, Send]] = []
        for unit, step in self._plan(units):
            if not isinstance(step, Send):
                self._end(unit, step)
            elif self._dry_run:
                self._foretell(unit, step)
            elif self._may_appear(unit, step):
                self._held.append(unit)
            else:
                self._settle_doubt(unit)
                steps.append((unit, replace(step, writes=with_sound_etags(step.writes, unit.history.stale))))
        shared = [(unit, step) for unit, step in steps if _may_share(unit, step)]
        alone = [(unit, step) for unit, step in steps if not _may_share(unit, step)]
        still_pending = []
        for group in _groups(shared):
            results = self._service.write_together([(unit, step.writes[0]) for unit, step in group], snapshot=False)
            for (unit, step), sent in zip(group, results, strict=True):
                still_pending += self._after(unit, step, [sent])
        for unit, step in alone:
            still_pending += self._after(unit, step, self._send_alone(unit, step))
        return still_pending

    def _end(self, unit: Unit, step: Step) -> None:
        """Give a unit its outcome; dry runs have written nothing that could be turned back."""
        if isinstance(step, Finish):
            self._finish(unit, step)
        elif isinstance(step, TakeBack) and not self._dry_run:
            self._take_back(unit, step)
        elif isinstance(step, Refuse | TakeBack):
            if not self._dry_run and not is_undecided(step.faults):
                self._memory.stand_by(unit.key)  # what is there is to stay; of what is undecided nobody knows yet
            self._reject(unit, step.faults, id_=step.id, number=step.number)

    def _plan(self, units: Sequence[Unit]) -> Iterable[tuple[Unit, Step]]:
        """The next step of each unit; all questions travel together."""
        units, queries = self._looks(units)
        answers: dict[int, dict[str, list[Row]]] = {id(unit): {} for unit in units}
        failed: dict[int, Fault] = {}
        for (unit, name, _), answer in zip(queries, self._service.look([query for *_, query in queries]), strict=True):
            if isinstance(answer, DynamicsError):
                fault = from_error(
                    answer, "resolve", doing="Looking whether the record is there failed, so nothing was written"
                )
                failed.setdefault(id(unit), fault)
            else:
                answers[id(unit)][name] = answer
        for unit in units:
            lost = failed.get(id(unit))
            found = [str(row["id"]) for rows in answers[id(unit)].values() for row in rows if row.get("id")]
            # Asked for each unit just before it is planned: the one before it may have taken a row a moment ago.
            beside = unit.beside(self._memory.rivals(unit.key, number=_shared_number(unit), ids=found))
            step = Refuse((lost,)) if lost else self._next_step(beside, answers[id(unit)])
            if step is not None:
                yield beside, step

    def _looks(self, units: Sequence[Unit]) -> tuple[list[Unit], list[tuple[Unit, str, Query]]]:
        """What is to be asked; without the units over which that stumbles."""
        sound, queries = [], []
        for unit in units:
            try:
                queries += [(unit, name, query) for name, query in unit.work.looks(unit).items()]
            except Exception as error:  # noqa: BLE001, PERF203 - one unit's
                self._stumble(unit, error)
            else:
                sound.append(unit)
        return sound, queries

    def _next_step(self, unit: Unit, answers: Mapping[str, Sequence[Row]]) -> Step | None:
        """The next step, which can be sent; None when planning stumbles, and then the unit has its outcome."""
        try:
            step: Step = unit.work.plan(unit, answers)
            for write in step.writes if isinstance(step, Send) else ():
                encode_json(write.body)
        except Exception as error:  # noqa: BLE001 - one unit's
            self._stumble(unit, error)
            return None
        return step

    def _may_appear(self, unit: Unit, step: Send) -> bool:
        """Whether something that is to be created may still come of a create of it that was not answered.

        Where the service itself refuses the second one, nothing has to wait.
        """
        creates = [write for write in step.writes if write.creates and not write.once]
        ages = (self._memory.doubtful_for(unit.key, write.address.path(unit.books.id)) for write in creates)
        return any(age is not None and age < LATE_AT_MOST for age in ages)

    def _settle_doubt(self, unit: Unit) -> None:
        """What is to be written now creates nothing that was in doubt: it has been seen, or given up."""
        if unit.history.doubts or (unit.known is not None and not unit.known.finished):
            self._memory.settle_doubt(unit.key)

    def _send_alone(self, unit: Unit, step: Send) -> list[Sent]:
        if len(step.writes) == 1:
            return [self._service.write_one(unit, step.writes[0])]
        sent: list[Sent] = []
        for start in range(0, len(step.writes), 100):
            chunk = step.writes[start : start + 100]
            sent += self._service.write_together([(unit, write) for write in chunk], snapshot=True)
            if any(each.result != "done" for each in sent):
                break
        return sent

    # --- what follows ----------------------------------------------------------------------------------------

    def _after(self, unit: Unit, step: Send, results: Sequence[Sent]) -> list[Unit]:
        """Note what was done, and say whether the unit is still pending."""
        written = [(write, sent.result, sent.row) for write, sent in zip(step.writes, results, strict=False)]
        is_lasting = _is_lasting(unit, step, results)
        try:
            unit.history.add(step, written)
            if is_lasting:
                self._memory.stand_by(unit.key)
            failure = next(
                (each.error for each in results if each.result == "failed" and _is_cause(each, results)), None
            )
            if failure is None:
                return [unit]  # done, or unknown: either way the next look tells
            unit.history.refuse(step, failure)
            following = unit.work.refused(unit, step, failure)
        except Exception as error:  # noqa: BLE001 - one unit's
            self._stumble(unit, error)
            return []
        if isinstance(following, LookAgain):
            return [unit]
        self._end(unit, following)
        return []

    def _take_back(self, unit: Unit, step: TakeBack) -> None:
        """Turn back what was written for a record that is refused: half of it is worse than none.

        The memory knows that it is refused before the first request, so that a run that is killed here, or a request
        that fails, leaves it to the next run.
        """
        self._memory.abandon(unit.key)
        error = self._turn_back(unit, step)
        if error is None:
            self._reject(unit, step.faults, id_=step.id, number=step.number)
            return
        fault = Fault("send", "", "left_behind", f"{_LEFT_BEHIND} {error.message}")
        self._reject(unit, (*step.faults, fault), id_=step.id or unit.id, number=step.number)

    def _turn_back(self, unit: Unit, step: TakeBack) -> DynamicsError | None:
        """Turn everything back, the latest first; the first refusal ends it."""
        for write in step.also:
            if (error := self._service.discard(unit.books.id, write)) is not None:
                return error
        for undo in self._memory.to_turn_back(unit.key):
            if (error := self._service.turn_back(undo)) is not None:
                return error
        return None

    # --- outcomes --------------------------------------------------------------------------------------------

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
        )
        outcome = _outcome(unit, kind, finish.id, finish.number, draft=finish.draft, faults=finish.faults)
        self._record(unit, outcome)

    def _foretell(self, unit: Unit, step: Send) -> None:
        for write in step.writes:
            path = write.address.path(unit.books.id)
            action = f"/{write.action}" if write.action else ""
            log.info("dry run: %s %s%s %s", write.method, path, action, write.body or "")
        self._resolver.foretell(unit)
        self._record(unit, _outcome(unit, _FORETOLD[step.purpose], None, unit.wanted.number))

    def _reject(
        self, unit: Unit, faults: Sequence[Fault], *, id_: str | None = None, number: str | None = None
    ) -> None:
        all_faults = with_faults(unit, faults)
        if not any(fault.repeatable for fault in all_faults):
            self._memory.abandon(unit.key)
        self._record(unit, _outcome(unit, "rejected", id_, number or unit.wanted.number, faults=all_faults))


def _shared_number(unit: Unit) -> str | None:
    """The number that several payments or entries may share."""
    return unit.resolved.fields.get(unit.kind.number_property) if unit.kind.journal is not None else None


def _kind(unit: Unit, finish: Finish) -> OutcomeKind:
    """What was done, by this run or by one that was interrupted at this very record."""
    if unit.posted or (finish.posted and (unit.created or unit.updated or unit.history.doubts or unit.interrupted)):
        return "posted"
    if unit.created or "create" in unit.history.doubts:
        return "created"
    return "updated" if unit.updated or "update" in unit.history.doubts else "unchanged"


def _outcome(
    unit: Unit,
    kind: OutcomeKind,
    id_: str | None,
    number: str | None,
    *,
    draft: bool = False,
    faults: tuple[Fault, ...] = (),
) -> Outcome:
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
        draft=draft,
        faults=faults,
    )


def _is_lasting(unit: Unit, step: Send, results: Sequence[Sent]) -> bool:
    """Whether a step has done what cannot, or need not, be turned back: it has posted, withdrawn or deleted."""
    done = [write for write, sent in zip(step.writes, results, strict=False) if sent.result == "done"]
    has_deleted = step.purpose == "update" and not unit.created and any(write.method == "DELETE" for write in done)
    return has_deleted or (bool(done) and step.purpose in {"post", "withdraw"})


def _is_cause(sent: Sent, results: Sequence[Sent]) -> bool:
    """Of a transaction that was undone as a whole, the operation that failed, not those that were undone with it."""
    causes = [each for each in results if isinstance(each.error, ServiceError)]
    return not causes or sent in causes


def _may_share(unit: Unit, step: Send) -> bool:
    """Whether a step may travel with those of other records: a single write that is no action."""
    return unit.kind.sharing > 1 and len(step.writes) == 1 and not step.writes[0].action


def _groups(steps: Sequence[tuple[Unit, Send]]) -> Iterable[Sequence[tuple[Unit, Send]]]:
    size = steps[0][0].kind.sharing if steps else 1
    return (steps[start : start + size] for start in range(0, len(steps), size))
