"""How do records become what is in Business Central?

The recipe is map, resolve, plan, send, record, for some hundred records of one kind at a time. Plan and send repeat:
after each step the service is looked at again, and the next step is planned from what is there, until nothing is left
to do. That one loop is how a unit of work is carried through, resumed after a crash, and protected against writing
twice. What a record is, and what follows a refusal, is the business of its kind's unit of work.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import DynamicsError, RecordChanged, RecordNotFound, ServiceError
from dynamics_bc_client.odata.batch import encode_json
from target_dynamics_bc.finding.all_faults import with_faults
from target_dynamics_bc.kept.faults import UNDECIDED, Fault, from_error
from target_dynamics_bc.writing.claiming import Claiming
from target_dynamics_bc.writing.in_doubt import InDoubt
from target_dynamics_bc.writing.lacking import unsaid
from target_dynamics_bc.writing.little_known import draft_of, further_looks_of, lacks_of, looks_of
from target_dynamics_bc.writing.refusing import heard, is_hearsay, is_looked_behind
from target_dynamics_bc.writing.steps import Finish, LookAgain, Refuse, Send, TakeBack, with_version
from target_dynamics_bc.writing.writes import with_sound_etags

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from dynamics_bc_client.odata.query import Query
    from target_dynamics_bc.finding.resolving import Resolver
    from target_dynamics_bc.kept.memory import Memory
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.ending import Ending
    from target_dynamics_bc.writing.in_doubt import Held
    from target_dynamics_bc.writing.making import Making
    from target_dynamics_bc.writing.sending import Sending
    from target_dynamics_bc.writing.service import Sent, Service
    from target_dynamics_bc.writing.steps import Step
    from target_dynamics_bc.writing.tidying import Tidying
    from target_dynamics_bc.writing.unit import Unit

ROUNDS = 12
"""Looks at one unit before it is given up as undecided; the longest way (create, amend, post, clean up) takes five."""

LOOK_AGAIN_AFTER = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Seconds between looks for something whose create was not answered: the service may still be at work on it."""

_NOT_DONE = (RecordChanged, RecordNotFound)
"""Refusals of a change that somebody else is the cause of."""


class Sink:
    """Carries units through.

    Args:
        service: Asks.
        sending: Writes.
        memory: Is told what was carried through.
        resolver: Finds what records refer to.
        ending: Gives units their outcomes.
        tidying: Puts in order what earlier runs left behind.
        making: Makes what records miss; None to make nothing.
        dry_run: Stop before the first write of each unit and say what it would have been.
        sleep: Waits for seconds.
    """

    def __init__(  # noqa: PLR0917 - what it is made of
        self,
        service: Service,
        sending: Sending,
        memory: Memory,
        resolver: Resolver,
        ending: Ending,
        tidying: Tidying,
        *,
        making: Making | None = None,
        dry_run: bool = False,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sleep = sleep
        self._held: list[Held] = []
        self._service = service
        self._sending = sending
        self._memory = memory
        self._resolver = resolver
        self._ending = ending
        self._tidying = tidying
        self._making = making
        self._dry_run = dry_run
        self._claiming = Claiming(service, memory)
        self._in_doubt = InDoubt(memory)

    def carry(self, units: Sequence[Unit], *, may_wait: bool) -> list[Unit]:
        """Bring units of one kind to their outcomes.

        Args:
            units: Some hundred, no two of them with the same identity.
            may_wait: Records are still to come that a unit may refer to.

        Returns:
            The units that wait for such a record. They have no outcome yet.

        Raises:
            DynamicsError: The whole run cannot go on. Units without an outcome are as if they had never been sent.
        """
        self._tidying.turn_back_refused()
        units = self._resolved(units)
        if not may_wait and self._making is not None:
            again = self._making.make(units)
            left = [self._making.explained(unit) for unit in units if unit not in again]
            units = [*left, *(self._resolved(again) if again else ())]
        waiting = [unit for unit in units if may_wait and any(fault.waits for fault in unit.faults)]
        settled = [unit for unit in units if unit not in waiting]
        self._reject([unit for unit in settled if with_faults(unit, ())])
        self._carry_through([unit for unit in settled if not with_faults(unit, ())])
        self._look_again()
        if any(held.is_called_again for held in self._held):
            self._act_again()
        for held in self._held:
            self._ending.reject(held.unit, (Fault("send", "", UNDECIDED, held.message, repeatable=True),))
        self._held = []
        return waiting

    def _act_again(self) -> None:
        """Call again for actions of which nothing has shown: what is posted is not there to be posted once more."""
        late = [held.unit for held in self._held if held.is_called_again]
        self._held = [held for held in self._held if not held.is_called_again]
        for unit in late:
            self._memory.settle_doubt(unit.requests_key)
        self._carry_through(late)
        self._look_again()

    def _look_again(self) -> None:
        """Give the service time for what was not answered, and look whether it has come of it."""
        for seconds in LOOK_AGAIN_AFTER:
            if not self._held:
                break
            self._sleep(seconds)
            held, self._held = self._held, []
            self._carry_through([each.unit for each in held])

    def _resolved(self, units: Sequence[Unit]) -> Sequence[Unit]:
        """The units with everything found that they refer to; one over which that stumbles has its outcome."""
        try:
            return self._resolver.resolve(units)
        except Exception as error:  # noqa: BLE001 - one of them raised it, and is found out alone
            if len(units) > 1:
                return [unit for each in units for unit in self._resolved([each])]
            self._ending.stumble(units[0], error)
            return []

    def _reject(self, units: Sequence[Unit]) -> None:
        """Reject units that have faults, with what they lack besides where there is no such record yet."""
        looks = [looks_of(unit) for unit in units]
        answers = iter(self._service.questions.look([query for queries in looks for query in queries.values()]))
        for unit, queries in zip(units, looks, strict=True):
            found = {name: next(answers) for name in queries}
            is_new = not any(isinstance(answer, DynamicsError) or answer for answer in found.values())
            unit.history.draft = draft_of(
                unit, {name: rows for name, rows in found.items() if not isinstance(rows, DynamicsError)}
            )
            faults = unsaid(unit, lacks_of(unit)) if is_new else ()
            self._ending.reject(unit, faults, is_looked_for=False)

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
            self._ending.reject(unit, (Fault("send", "", UNDECIDED, message, repeatable=True),))

    # --- one round: look, plan, send -------------------------------------------------------------------------

    def _round(self, units: Sequence[Unit]) -> list[Unit]:
        steps: list[tuple[Unit, Send]] = []
        for unit, step in self._plan(units):
            if not isinstance(step, Send):
                self._ending.end(unit, step)
            elif self._dry_run or (unit.rules.previews and not step.of_preview):
                self._ending.foretell(unit, step)
            elif (held := self._in_doubt.held(unit, step)) is not None:
                self._held.append(held)
            elif (following := self._heard(unit, step)) is not None:
                self._ending.end(unit, following)
            else:
                self._settle_doubt(unit)
                steps.append((unit, replace(step, writes=with_sound_etags(step.writes, unit.history.stale))))
        return self._sent(steps)

    def _heard(self, unit: Unit, step: Send) -> Step | None:
        """What ends a unit whose step was refused and, as a look has shown, not done: it is not sent once more."""
        error = heard(unit, step)
        following = None if error is None else unit.work.refused(unit, step, error)
        return None if isinstance(following, LookAgain) else following

    def _sent(self, steps: Sequence[tuple[Unit, Send]]) -> list[Unit]:
        """Send the next step of each unit, and give those that are pending still, in their order."""
        pending: set[int] = set()
        ended: list[tuple[Unit, Step]] = []
        try:
            for unit, step, results in self._sending.send(steps):
                following = self._after(unit, step, results)
                if isinstance(following, LookAgain):
                    pending.add(id(unit))
                elif following is not None:
                    ended.append((unit, following))
        finally:
            # What is turned back is sent while nothing else is in flight, and not when the run is about to end.
            taken_back = [(unit, following) for unit, following in ended if isinstance(following, TakeBack)]
            for unit, following in ended:
                if not isinstance(following, TakeBack):
                    self._ending.end(unit, following)
        for unit, following in taken_back:
            self._ending.end(unit, following)
        return [unit for unit, _ in steps if id(unit) in pending]

    def _plan(self, units: Sequence[Unit]) -> Iterable[tuple[Unit, Step]]:
        """The next step of each unit; all questions travel together."""
        units, queries = self._looks(units)
        answers: dict[int, dict[str, list[Row]]] = {id(unit): {} for unit in units}
        failed: dict[int, DynamicsError] = {}
        for (unit, name, _), answer in zip(
            queries, self._service.questions.look([query for *_, query in queries]), strict=True
        ):
            if isinstance(answer, DynamicsError):
                failed.setdefault(id(unit), answer)
            else:
                answers[id(unit)][name] = answer
        failed |= self._look_further([unit for unit in units if id(unit) not in failed], answers)
        for unit in units:
            lost = failed.get(id(unit))
            found = [str(row["id"]) for rows in answers[id(unit)].values() for row in rows if row.get("id")]
            # Asked for each unit just before it is planned: the one before it may have taken a row a moment ago.
            beside = unit.beside(self._memory.rivals(unit.key, number=_shared_number(unit), ids=found))
            seen = self._service.contents.completed(unit, answers[id(unit)])
            if not lost:
                self._claiming.claim(beside, seen)
                unit.history.draft = draft_of(beside, seen)
            step = self._unseen(unit, lost) if lost else self._next_step(beside, seen)
            if isinstance(step, Finish):
                looked_at = (row for rows in answers[id(unit)].values() for row in rows)
                # What is looked at no more is as the last write left it.
                written = (event.row for event in unit.history.events[-1:] if event.result == "done")
                step = with_version(step, (*looked_at, *written))
            if step is not None:
                yield beside, step

    def _look_further(
        self, units: Sequence[Unit], answers: dict[int, dict[str, list[Row]]]
    ) -> dict[int, DynamicsError]:
        """Ask what the answers leave open; what is refused, as by missing rights, is missing there.

        Returns:
            Why it is not known of units, though it would be at another moment.
        """
        queries = [
            (unit, name, query) for unit in units for name, query in further_looks_of(unit, answers[id(unit)]).items()
        ]
        failed: dict[int, DynamicsError] = {}
        asked = self._service.questions.look([query for *_, query in queries]) if queries else []
        for (unit, name, _), answer in zip(queries, asked, strict=True):
            if not isinstance(answer, DynamicsError):
                answers[id(unit)][name] = answer
            elif answer.repeatable:
                failed.setdefault(id(unit), answer)
        return failed

    def _looks(self, units: Sequence[Unit]) -> tuple[list[Unit], list[tuple[Unit, str, Query]]]:
        """What is to be asked; without the units over which that stumbles."""
        sound, queries = [], []
        for unit in units:
            self._claiming.limit(unit)
            try:
                queries += [(unit, name, query) for name, query in unit.work.looks(unit).items()]
            except Exception as error:  # noqa: BLE001 - one unit's
                self._ending.stumble(unit, error)
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
            self._ending.stumble(unit, error)
            return None
        return step

    def _settle_doubt(self, unit: Unit) -> None:
        """What is to be written now creates nothing that was in doubt: it has been seen, or given up."""
        if unit.history.doubts or (unit.known is not None and not unit.known.finished):
            self._memory.settle_doubt(unit.requests_key)

    def _unseen(self, unit: Unit, error: DynamicsError) -> Refuse:
        """What follows a look that failed: of what was written for the record nobody knows what became."""
        if not unit.history.events and not self._memory.is_in_doubt(unit.requests_key):
            doing = "Looking whether the record is there failed, so nothing was written"
            return Refuse((from_error(error, "resolve", doing=doing),))
        message = (
            f"What was written of the record could not be looked at again ({error.message.rstrip('.')}), so nobody "
            "knows what became of it; send it again as it is."
        )
        fault = Fault("send", "", UNDECIDED, message, repeatable=True)
        return Refuse((fault,), unit.id, unit.wanted.number, unseen=True)

    def _after(self, unit: Unit, step: Send, results: Sequence[Sent]) -> Step | None:
        """Note what was done, and give what follows; None for a unit over which that stumbles."""
        written = [(write, sent.result, sent.row) for write, sent in zip(step.writes, results, strict=False)]
        is_lasting = _is_lasting(unit, step, results)
        try:
            unit.history.add(step, written)
            if is_lasting:
                self._memory.stand_by(unit.requests_key)
            failure = next(
                (each.error for each in results if each.result == "failed" and _is_cause(each, results)), None
            )
            if failure is None:
                return LookAgain()  # done, or unknown: either way the next look tells
            unit.history.refuse(step, failure)
            if is_looked_behind(step, failure):
                if is_hearsay(failure) or (step.purpose == "update" and not isinstance(failure, _NOT_DONE)):
                    unit.history.doubts.add(step.purpose)
                return LookAgain()
            following: Step = unit.work.refused(unit, step, failure)
        except Exception as error:  # noqa: BLE001 - one unit's
            self._ending.stumble(unit, error)
            return None
        return following


def _shared_number(unit: Unit) -> str | None:
    """The number that several payments or entries may share."""
    return unit.resolved.fields.get(unit.kind.number_property) if unit.kind.journal is not None else None


def _is_lasting(unit: Unit, step: Send, results: Sequence[Sent]) -> bool:
    """Whether a step has done what cannot, or need not, be turned back: it has posted, withdrawn or deleted."""
    done = [write for write, sent in zip(step.writes, results, strict=False) if sent.result == "done"]
    has_deleted = step.purpose == "update" and not unit.created and any(write.method == "DELETE" for write in done)
    return has_deleted or (bool(done) and step.purpose in {"post", "withdraw"})


def _is_cause(sent: Sent, results: Sequence[Sent]) -> bool:
    """Of a transaction that was undone as a whole, the operation that failed, not those that were undone with it."""
    causes = [each for each in results if isinstance(each.error, ServiceError)]
    return not causes or sent in causes
