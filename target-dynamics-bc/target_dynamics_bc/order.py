"""In which order are records carried through?

Records are kept for a moment, then carried through kind by kind: what is referred to before what refers to it. One
whose reference is not there yet waits on the disk until the end of the input.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.errors import DynamicsError
from target_dynamics_bc.chunks import chunks_of, named_by, names_of
from target_dynamics_bc.json_lines import from_json
from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.kept.internal import internal_fault
from target_dynamics_bc.kinds.reference_streams import ReferenceStreams
from target_dynamics_bc.kinds.unwritten import why_not
from target_dynamics_bc.waiting import Arrival, Spool
from target_dynamics_bc.wanted.missing import without_missing
from target_dynamics_bc.wanted.pieces import Gathered, Gathering
from target_dynamics_bc.wanted.streams import Dialects
from target_dynamics_bc.writing.unit import Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from dynamics_bc_plugin.progress import Account
    from target_dynamics_bc.finding.source_codes import SourceCodes
    from target_dynamics_bc.intake import Intake, Rejected
    from target_dynamics_bc.kept.dead_letters import Letter
    from target_dynamics_bc.kept.units import UnitKey
    from target_dynamics_bc.kinds.kind import Kind
    from target_dynamics_bc.kinds.table import Kinds
    from target_dynamics_bc.retrying import Retrying
    from target_dynamics_bc.settling import Settling
    from target_dynamics_bc.writing.sink import Sink
    from target_dynamics_bc.writing.tidying import Tidying

CHUNK = 100
"""Records of one kind that are carried through together, for each request that may be in flight: as many as a batch
takes."""

KEEP_SECONDS = 60.0
"""After this time a STATE does not wait for more records: those of a slow tap are written soon all the same."""

GIVE_UP_AFTER = 100
"""Undecided records in a row after which the run ends: the service is down, and asking on would take hours."""


class Order:
    """Takes the input's records and states, and has them carried through.

    Args:
        intake: Makes records units of work.
        settling: Gives outcomes and writes STATE.
        sink: Carries units through.
        tidying: Removes what late requests left behind.
        kinds: The table of kinds.
        codes: Remembers which codes stand for ids of the company that records were read from.
        account: Is told what is being worked on.
        published: Finds the kind of a stream that the table does not have, or says why there is none.
        references: Streams that are only used where other records refer to them; None for none.
        folder: Where records wait; None for the system's place for temporary files.
        at_once: How many requests may be in flight.
        retrying: Dead letters of earlier runs that are tried again behind the input; None for none.
        uncertain: What an earlier run could not say whether it was written; it is carried through at the end.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        intake: Intake,
        settling: Settling,
        sink: Sink,
        tidying: Tidying,
        *,
        kinds: Kinds,
        codes: SourceCodes,
        account: Account,
        published: Callable[[str], Kind | str] = lambda _: "",
        references: ReferenceStreams | None = None,
        folder: Path | None = None,
        at_once: int = 1,
        retrying: Retrying | None = None,
        uncertain: Mapping[UnitKey, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._intake = intake
        self._settling = settling
        self._sink = sink
        self._tidying = tidying
        self._chunk = CHUNK * at_once
        self._retrying = retrying
        self._uncertain = dict(uncertain or {})
        self._codes = codes
        self._account = account
        self._kinds = kinds
        self._published = published
        self._not_written: dict[str, str] = {}
        self._references = references or ReferenceStreams()
        self._gathering = Gathering(kinds)
        self._dialects = Dialects(kinds)
        self._spool = Spool(folder)
        self._buffers: dict[str, list[Arrival]] = {}
        self._waiting: set[Any] = set()
        self._posted_from_batches: dict[tuple[str, str], None] = {}
        self._clock = clock
        self._flushed_at = clock()

    def add_record(self, stream: str, record: Mapping[str, Any]) -> None:
        """Take a record.

        Raises:
            DynamicsError: The whole run cannot go on.
        """
        position = self._settling.begin()
        record = without_missing(record)
        try:
            taken = self._taken(stream, position, record)
        except Exception as error:  # noqa: BLE001 - one record's
            self._settling.reject_arrival(Arrival(stream, position, record), internal_fault(error, stream, position))
            return
        if isinstance(taken, Arrival):
            self._add_to_buffer(taken)
            return
        for gathered in taken:
            self._add_gathered(gathered)

    def reject_shapeless(self, stream: str, record: Any) -> None:
        """Take what should be a record and is no object.

        Raises:
            DynamicsError: The outcome cannot be written.
        """
        self._settling.reject_shapeless(stream, record)

    def announce(self, stream: str, properties: Iterable[str] = ()) -> None:
        """Take the news that a stream is to come.

        Args:
            stream: Its name.
            properties: The names of the properties that its SCHEMA has; they settle its dialect.

        Raises:
            ConfigurationError: A misspelt name of a setting was probably meant for it, see `ReferenceStreams`.
        """
        self._references.announce(stream)
        if self._is_strange(stream):
            self._get_to_know(stream)
        self._gathering.announce(stream)
        self._codes.announce(stream)
        self._dialects.settle(stream, properties)

    def add_state(self, value: Any) -> None:
        """Take a STATE; it is written when everything before it is safe."""
        self._settling.hold(value)
        if self._clock() - self._flushed_at > KEEP_SECONDS:
            self.flush()

    def release(self) -> None:
        """Write the STATE that nothing holds back, and carry nothing through: the run ends here.

        Raises:
            DynamicsError: Outcomes cannot be written.
        """
        self._settling.release()

    def flush(self) -> None:
        """Carry everything through that does not have to wait, and write the STATE that this sets free.

        Raises:
            DynamicsError: The whole run cannot go on. What is done by then is recorded.
        """
        try:
            self._carry_buffers(may_wait=True)
        finally:
            self._settling.release()

    def finish(self) -> None:
        """Carry everything through: nothing is to come that could be waited for.

        Raises:
            DynamicsError: The whole run cannot go on. What is done by then is recorded.
        """
        try:
            for gathered in self._gathering.rest():
                self._add_gathered(gathered)
            self._carry_buffers(may_wait=True)
            self._settle_strays()
            self._carry_buffers(may_wait=True)
            self._let_letters_wait()
            for rank in self._kinds.ranks:
                self._carry_waiting(rank)
            self._carry_uncertain()
            self._clear_leftovers()
            self._intake.tell()
            self._settling.tell()
            if self._retrying is not None:
                self._retrying.tell()
        finally:
            self._settling.release()

    def close(self) -> None:
        """Let go of what was remembered."""
        self._gathering.close()

    def _is_strange(self, stream: str) -> bool:
        """Whether a stream is none of the table, no piece of a record and nothing to refer to."""
        return not (
            self._references.has(stream)
            or self._kinds.of_stream(stream) is not None
            or self._gathering.takes(stream)
            or self._codes.takes(stream)
        )

    def _get_to_know(self, stream: str) -> None:
        found = self._published(stream)
        if isinstance(found, str):
            self._not_written[stream] = found
        else:
            self._kinds.add(found)

    # --- arrivals --------------------------------------------------------------------------------------------

    def _taken(self, stream: str, position: int, record: Mapping[str, Any]) -> Arrival | list[Gathered]:
        """The record itself if it is whole; else those that are whole now that it has come, often none."""
        self._codes.remember(stream, record)
        # Asked for every record that comes.
        if self._references.has(stream):
            self._settling.count_reference(Arrival(stream, position, record))
            return []
        kind = self._kinds.of_stream(stream)
        if kind is None:
            self._take_other(Arrival(stream, position, record))
            return []
        if kind.is_piece and self._gathering.add_piece(Arrival(stream, position, record)):
            return []
        arrival = Arrival(stream, position, record, self._dialects.is_own(stream, kind, record))
        if arrival.own and self._gathering.waits(kind, record):
            return self._gathering.add_header(kind, arrival)
        return arrival

    def _add_to_buffer(self, arrival: Arrival) -> None:
        kind = self._kinds.of_stream(arrival.stream)
        assert kind is not None
        buffer = self._buffers.setdefault(kind.name, [])
        buffer.append(arrival)
        if len(buffer) >= self._chunk:
            self.flush()

    def _add_gathered(self, gathered: Gathered) -> None:
        arrival = gathered.arrival
        self._settling.join(arrival.position, gathered.pieces)
        if gathered.error is not None:
            self._settling.reject_arrival(arrival, internal_fault(gathered.error, arrival.stream, arrival.position))
        else:
            self._add_to_buffer(arrival)

    def _take_other(self, arrival: Arrival) -> None:
        """A record that no sink writes by itself: a piece of one, something to refer to, or a stranger."""
        if self._gathering.takes(arrival.stream):
            if not self._gathering.add_piece(arrival):
                self._settling.count_reference(arrival)
        elif self._codes.takes(arrival.stream):
            self._settling.count_reference(arrival)
        else:
            self._settling.reject_unknown(arrival, self._not_written.get(arrival.stream, ""))

    def _settle_strays(self) -> None:
        """Pieces whose record did not come: what can be is written by itself, and others are rejected or references.

        They are rejected where their record's stream was to come, or none that they could be of.
        """
        for arrival, was_announced in self._gathering.strays():
            if self._kinds.of_stream(arrival.stream) is not None:
                self._add_to_buffer(Arrival(arrival.stream, arrival.position, arrival.record, own=True))
                continue
            if self._gathering.is_alone(arrival.stream):
                why = why_not(arrival.stream, is_writable=True)
                self._settling.reject_unknown(arrival, f"{arrival.stream} is not written: {why}.")
                continue
            if not was_announced:
                self._settling.count_reference(arrival)
                continue
            self._settling.reject_arrival(arrival, _stray(arrival.record))

    # --- chunks ----------------------------------------------------------------------------------------------

    def _carry_waiting(self, rank: int) -> None:
        """Carry those through that wait and are of this rank; the others go on waiting."""
        for arrival in self._spool.take():
            kind = self._kinds.of_stream(arrival.stream)
            assert kind is not None
            if self._kinds.rank(kind) != rank:
                self._spool.add(arrival)
                continue
            buffer = self._buffers.setdefault(kind.name, [])
            buffer.append(arrival)
            if len(buffer) >= self._chunk:
                self._carry_buffers(may_wait=False)
        self._carry_buffers(may_wait=False)

    def _let_letters_wait(self) -> None:
        """Let the dead letters that are to be tried again wait with the rest, so that each is carried in its turn."""
        for letter in self._retrying.due() if self._retrying is not None else ():
            if not isinstance(letter.record, Mapping):
                self._settling.reject_shapeless(letter.stream, letter.record, of_the_input=False)
                continue
            arrival = self._of_letter(letter)
            if self._kinds.of_stream(letter.stream) is not None:
                self._spool.add(arrival)
            elif self._gathering.takes(letter.stream):
                self._settling.reject_arrival(arrival, _stray(letter.record))
            elif not (self._codes.takes(letter.stream) or self._references.has(letter.stream)):
                self._settling.reject_unknown(arrival, self._not_written.get(letter.stream, ""))

    def _of_letter(self, letter: Letter) -> Arrival:
        """A dead letter as it came: in the dialect of its own SCHEMA, and with no place in this input."""
        if self._is_strange(letter.stream):
            self._get_to_know(letter.stream)
        kind = self._kinds.of_stream(letter.stream)
        dialects = Dialects(self._kinds)
        dialects.settle(letter.stream, letter.properties)
        own = kind is not None and dialects.is_own(letter.stream, kind, letter.record)
        return Arrival(letter.stream, 0, letter.record, own)

    def _foreseen(self, letter: Letter) -> Unit | Rejected | None:
        """The unit of work that a dead letter would be; None for what cannot be one."""
        if not isinstance(letter.record, Mapping):
            return None
        arrival = self._of_letter(letter)
        return None if self._kinds.of_stream(letter.stream) is None else self._intake.foresee(arrival)

    @property
    def has_uncertain(self) -> bool:
        """Whether an earlier run left something of which it could not say whether it was written."""
        return bool(self._uncertain)

    def _carry_uncertain(self) -> None:
        """Carry through what an earlier run could not say whether it was written, and what this input does not hold."""
        for key, text in self._uncertain.items():
            stream, record, own = from_json(text)
            if self._is_strange(stream):
                self._get_to_know(stream)
            # It is none of the input, so that it has no place there.
            arrival = Arrival(stream, 0, record, own)
            kind = self._kinds.of_stream(stream)
            if kind is not None:
                self._buffers.setdefault(kind.name, []).append(arrival)
            else:
                self._settling.reject_unknown(arrival, self._not_written.get(stream, ""))
                self._intake.forget(key)
        self._carry_buffers(may_wait=False)

    def _carry_buffers(self, *, may_wait: bool) -> None:
        self._flushed_at = self._clock()
        if self._retrying is not None and not self._retrying.is_loaded:
            self._retrying.load(self._foreseen, named_by)
        for kind in list(self._kinds):
            arrivals = self._buffers.pop(kind.name, None)
            if arrivals is None:
                continue
            for chunk in chunks_of(self._intake.units(arrivals, self._meet_rejected), self._chunk):
                self._carry(chunk, may_wait=may_wait)

    def _meet_rejected(self, rejected: Rejected) -> None:
        """A version of a record that is rejected at once is newer than the dead letters of it all the same."""
        if self._retrying is not None and rejected.wanted.position:
            self._retrying.meet(rejected.wanted, *named_by(rejected))

    def _carry(self, chunk: Iterable[Unit], *, may_wait: bool) -> None:
        units, chunk = [], list(chunk)
        self._carry_earlier_versions(chunk)
        for unit in chunk:
            self._uncertain.pop(unit.key, None)
            if self._retrying is not None and unit.wanted.position:
                self._retrying.meet(unit.wanted, names_of(unit))
            if unit.rules.posts and unit.kind.batches:
                self._posted_from_batches[unit.books.id, unit.kind.name] = None
            if may_wait and self._waiting and names_of(unit) & self._waiting:
                # An earlier version of the same record waits; the later one must not be overtaken by it.
                self._let_wait(unit)
            elif (to_do := self._intake.unless_done(unit)) is not None:
                units.append(to_do)
        with self._told(units):
            waiting = self._sink.carry(units, may_wait=may_wait)
        for unit in waiting:
            self._let_wait(unit)
        if self._settling.undecided_in_a_row >= GIVE_UP_AFTER:
            raise DynamicsError(
                f"The last {self._settling.undecided_in_a_row} records could not be decided, because Business Central "
                "does not answer as it should; the run stops here, and the next one goes on."
            )

    def _carry_earlier_versions(self, chunk: Iterable[Unit]) -> None:
        """Carry through what is in doubt of records of which another version has come, which does not say what to find.

        An earlier version is not posted any more.
        """
        earlier = []
        for unit in chunk:
            if unit.key not in self._uncertain or not self._intake.is_create_in_doubt(unit):
                continue
            stream, record, own = from_json(self._uncertain.pop(unit.key))
            before = self._intake.foresee(Arrival(stream, 0, record, own))
            if isinstance(before, Unit) and before.key == unit.key and before.wanted.hash != unit.wanted.hash:
                before = dataclasses.replace(before, rules=dataclasses.replace(before.rules, posts=False))
                if (to_do := self._intake.unless_done(before)) is not None:
                    earlier.append(to_do)
        if earlier:
            with self._told(earlier):
                self._sink.carry(earlier, may_wait=False)

    def _let_wait(self, unit: Unit) -> None:
        self._waiting |= names_of(unit)
        self._spool.add(Arrival(unit.wanted.stream, unit.wanted.position, unit.wanted.record, own=unit.wanted.copied))

    @contextlib.contextmanager
    def _told(self, units: Sequence[Unit]) -> Iterator[None]:
        """Tell the account what is being worked on; the requests of a chunk are those of its first record's stream."""
        self._account.name_companies({unit.books.id: unit.books.name for unit in units})
        with self._account.working_on(*dict.fromkeys((unit.wanted.stream, unit.books.id) for unit in units)):
            yield

    def _clear_leftovers(self) -> None:
        for company_id, kind_name in self._posted_from_batches:
            kind = self._kinds.of_stream(kind_name)
            assert kind is not None
            self._tidying.clear_leftovers(company_id, kind)


def _stray(record: Mapping[str, Any]) -> Fault:
    """The fault of a piece whose record did not come."""
    message = (
        "What this belongs to did not come before it or behind it, or was carried through before; send a record "
        "together with its lines and dimensions."
    )
    return Fault("map", "documentId" if "documentId" in record else "parentId", "no_parent", message)
