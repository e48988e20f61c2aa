"""How does a record get its outcome, exactly once?

What that sets free (`held_states`) is written when the outcome is on the disk. What is uncertain the memory keeps, if
there is one that outlives the run, so that a STATE may pass it.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING, Any

from target_dynamics_bc.held_states import HeldStates
from target_dynamics_bc.identity import hash_of
from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.kept.outcomes import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from dynamics_bc_plugin.progress import Account
    from target_dynamics_bc.kept.recorder import Recorder
    from target_dynamics_bc.kinds.table import Kinds
    from target_dynamics_bc.waiting import Arrival
    from target_dynamics_bc.wanted.records import WantedRecord
    from target_dynamics_bc.writing.unit import Unit

log = logging.getLogger(__name__)


class Settling:
    """Gives each record its outcome, once, and writes the STATE that this sets free.

    Args:
        recorder: Takes outcomes.
        account: Is told what becomes of the records.
        write_state: Writes a STATE's value where the next run will find it.
        kinds: The table of kinds.
        keeps: What is uncertain is kept for the next run, so that a STATE may pass it.
    """

    def __init__(
        self,
        recorder: Recorder,
        account: Account,
        write_state: Callable[[Any], None],
        kinds: Kinds,
        *,
        keeps: bool = False,
    ) -> None:
        self._keeps = keeps
        self._kinds = kinds
        self.undecided_in_a_row = 0
        self._recorder = recorder
        self._account = account
        self._write_state = write_state
        self._held = HeldStates()
        self._position = 0
        self._references: Counter[str] = Counter()
        self._unknown: set[str] = set()

    def begin(self) -> int:
        """Take the next record of the input, and return its place there."""
        self._position += 1
        self._held.begin(self._position)
        return self._position

    def join(self, position: int, pieces: tuple[int, ...]) -> None:
        """The outcome of a record is that of its pieces, too."""
        self._held.join(position, pieces)

    def hold(self, state: Any) -> None:
        """Take a STATE; it is written when everything before it is safe."""
        self._held.hold(self._position, state)

    def release(self) -> None:
        """Bring outcomes to the disk, then write the STATE that they set free.

        Raises:
            DynamicsError: Outcomes cannot be written.
        """
        self._recorder.flush()
        state = self._held.released()
        if state is not None:
            self._write_state(state)

    def settle(self, outcome: Outcome, record: Any) -> None:
        """Give a record its outcome.

        Raises:
            DynamicsError: It cannot be written.
        """
        self._recorder.record(outcome, record)
        self._account.add_outcomes(outcome.stream, outcome.company_id, {outcome.kind: 1})
        if outcome.undecided:
            self.undecided_in_a_row += 1
        else:
            self.undecided_in_a_row = 0
        if not outcome.undecided or (outcome.kind == "uncertain" and self._keeps):
            self._held.end(outcome.position)

    def settle_unit(self, unit: Unit, outcome: Outcome) -> None:
        """Give the record of a unit its outcome.

        Raises:
            DynamicsError: It cannot be written.
        """
        self.settle(outcome, unit.wanted.record)

    def settle_existing(self, unit: Unit, id_: str | None, number: str | None) -> None:
        """Say that a unit is done, without having asked; what the memory knows of it is as it was then.

        Raises:
            DynamicsError: The outcome cannot be written.
        """
        known, values = unit.known, dict[str, Any]()
        if known is not None and known.id == id_:
            values = {"posted_number": known.posted_number, "etag": known.etag}
        outcome = _outcome(unit.wanted, "existing", company_id=unit.books.id, id=id_, number=number, **values)
        self.settle(outcome, unit.wanted.record)

    def reject(self, wanted: WantedRecord, faults: tuple[Fault, ...], company_id: str | None = None) -> None:
        """Reject a record that was read.

        Raises:
            DynamicsError: The outcome cannot be written.
        """
        outcome = _outcome(wanted, "rejected", company_id=company_id, number=wanted.number, faults=faults)
        self.settle(outcome, wanted.record)

    def reject_arrival(self, arrival: Arrival, fault: Fault) -> None:
        """Reject a record as it came.

        Raises:
            DynamicsError: The outcome cannot be written.
        """
        kind = self._kinds.of_stream(arrival.stream)
        external_id = arrival.record.get("externalId")
        outcome = Outcome(
            arrival.stream,
            arrival.position,
            "rejected",
            arrival.stream if kind is None else kind.name,
            external_id=external_id if isinstance(external_id, str) else None,
            hash=hash_of(arrival.record),
            faults=(fault,),
        )
        self.settle(outcome, arrival.record)

    def reject_unknown(self, arrival: Arrival, reason: str = "") -> None:
        """Reject a record of a stream that nothing here writes; the log says it once.

        Args:
            arrival: The record.
            reason: Why nothing does, in a sentence that names the stream, if that is known.

        Raises:
            DynamicsError: The outcome cannot be written.
        """
        message = reason or f'Nothing can write the stream "{arrival.stream}".'
        if arrival.stream not in self._unknown:
            self._unknown.add(arrival.stream)
            log.warning("%s", message)
        self.reject_arrival(arrival, Fault("map", "", "unknown_stream", message))

    def reject_shapeless(self, stream: str, record: Any, *, of_the_input: bool = True) -> None:
        """Reject what should be a record and is no object.

        Args:
            stream: Its stream.
            record: What came.
            of_the_input: It came with this run's input.

        Raises:
            DynamicsError: The outcome cannot be written.
        """
        fault = Fault("map", "", "wrong_type", "A record must be an object with fields.")
        position = self.begin() if of_the_input else 0
        outcome = Outcome(stream, position, "rejected", stream, hash=hash_of(record), faults=(fault,))
        self.settle(outcome, record)

    def count_reference(self, arrival: Arrival) -> None:
        """Count a record that is not written and has no outcome: others refer to it."""
        self._references[arrival.stream] += 1
        self._recorder.tally.note_reference(arrival.stream)
        self._account.add_outcomes(arrival.stream, None, {"reference": 1})
        self._held.end(arrival.position)

    def tell(self) -> None:
        """Say what was only referred to."""
        for stream, count in self._references.items():
            log.info("%s: %d not written, but used where other records refer to them.", stream, count)


def _outcome(wanted: WantedRecord, kind: Any, **values: Any) -> Outcome:
    return Outcome(
        stream=wanted.stream,
        position=wanted.position,
        kind=kind,
        kind_name=wanted.kind.name,
        external_id=wanted.external_id,
        hash=wanted.hash,
        **values,
    )
