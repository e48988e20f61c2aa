"""In which order are records carried through, and when is a STATE written?

Records are kept for a moment, then flushed entity by entity: what is referred to before what refers to it. One whose
reference is not there yet waits on the disk until the end of the input.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_plugin.progress import Account
from target_dynamics_bc.finding.resolving import Resolver
from target_dynamics_bc.finding.source_codes import SourceCodes, is_reference_stream
from target_dynamics_bc.identity import hash_of
from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.kept.internal import internal_fault
from target_dynamics_bc.kept.outcomes import Outcome
from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.texts import faults_of_texts
from target_dynamics_bc.waiting import Arrival, Progress, Spool
from target_dynamics_bc.wanted.missing import faults_of_numbers, without_missing
from target_dynamics_bc.wanted.pieces import Gathered, Gathering, is_piece_stream
from target_dynamics_bc.wanted.streams import Dialects, map_record
from target_dynamics_bc.writing.sink import Sink
from target_dynamics_bc.writing.unit import Rules, Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from target_dynamics_bc.finding.company import Companies
    from target_dynamics_bc.kept.id_map import IdMap
    from target_dynamics_bc.kept.job_state import DoneBefore
    from target_dynamics_bc.kept.memory import Memory
    from target_dynamics_bc.kept.outcomes import Recorder
    from target_dynamics_bc.kinds.kind import Kind
    from target_dynamics_bc.settings import TargetSettings
    from target_dynamics_bc.wanted.records import WantedRecord
    from target_dynamics_bc.writing.service import Service

log = logging.getLogger(__name__)

CHUNK = 100
"""Records of one entity that are carried through together: as many as a batch takes."""

KEEP_SECONDS = 60.0
"""After this time a STATE does not wait for more records: those of a slow tap are written soon all the same."""

GIVE_UP_AFTER = 100
"""Undecided records in a row after which the run ends: the service is down, and asking on would take hours."""


class Run:
    """Takes the input's records and states, in order.

    Args:
        settings: The target's settings.
        companies: Finds the company of each record.
        service: Asks and writes.
        memory: Knows what is done.
        recorder: Takes outcomes.
        write_state: Writes a STATE's value where the next run will find it.
        done_before: What a job's state says is done.
        account: Is told what becomes of the records.
        id_map: Knows ids that earlier jobs gave to the sender's ids.
        is_believed: What the memory, or a job's state, calls done is not looked up again.
        clock: Seconds that only grow.
        sleep: Waits for seconds.
    """

    def __init__(
        self,
        settings: TargetSettings,
        *,
        companies: Companies,
        service: Service,
        memory: Memory,
        recorder: Recorder,
        write_state: Callable[[Any], None],
        done_before: DoneBefore | None = None,
        account: Account | None = None,
        id_map: IdMap | None = None,
        is_believed: bool = True,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._companies = companies
        self._memory = memory
        self._recorder = recorder
        self._write_state = write_state
        self._account = account or Account()
        self._codes = SourceCodes()
        self._gathering = Gathering()
        self._dialects = Dialects()
        self._resolver = Resolver(service, memory, settings, self._codes)
        self._sink = Sink(service, memory, self._resolver, self._settle, dry_run=settings.dry_run, sleep=sleep)
        self._progress = Progress()
        self._spool = Spool(settings.store_path)
        self._buffers: dict[str, list[Arrival]] = {}
        self._position = 0
        self._unknown: set[str] = set()
        self._waiting: set[Any] = set()
        self._left_out: Counter[tuple[str, str]] = Counter()
        self._references: Counter[str] = Counter()
        self._posted_from_batches: dict[tuple[str, str], None] = {}
        self._undecided_in_a_row = 0
        self._done_before = done_before or {}
        self._id_map = id_map
        self._is_believed = is_believed
        self._clock = clock
        self._flushed_at = clock()

    def add_record(self, stream: str, record: Mapping[str, Any]) -> None:
        """Take a record.

        Raises:
            DynamicsError: The whole run cannot go on.
        """
        self._position += 1
        self._progress.begin(self._position)
        arrival = Arrival(stream, self._position, without_missing(record))
        try:
            whole = self._taken(arrival)
        except Exception as error:  # noqa: BLE001 - one record's
            self._reject_stranger(arrival, internal_fault(error, stream, self._position))
            return
        for gathered in whole:
            self._add_gathered(gathered)

    def reject_shapeless(self, stream: str, record: Any) -> None:
        """Take what should be a record and is no object.

        Raises:
            DynamicsError: The outcome cannot be written.
        """
        self._position += 1
        self._progress.begin(self._position)
        message = "A record must be an object with fields."
        fault = Fault("map", "", "wrong_type", message)
        outcome = Outcome(stream, self._position, "rejected", stream, hash=hash_of(record), faults=(fault,))
        self._recorded(outcome, record)

    def announce(self, stream: str, properties: Iterable[str] = ()) -> None:
        """Take the news that a stream is to come.

        Args:
            stream: Its name.
            properties: The names of the properties that its SCHEMA has; they settle its dialect.
        """
        self._gathering.announce(stream)
        self._dialects.settle(stream, properties)

    def add_state(self, value: Any) -> None:
        """Take a STATE; it is written when everything before it is safe."""
        self._progress.hold(self._position, value)
        if self._clock() - self._flushed_at > KEEP_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Carry everything through that does not have to wait, and write the STATE that this sets free.

        Raises:
            DynamicsError: The whole run cannot go on. What is done by then is recorded.
        """
        try:
            self._carry_buffers(may_wait=True)
        finally:
            self._release_state()

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
            for rank in range(len(list(standard_kinds()))):
                self._carry_waiting(rank)
            self._clear_leftovers()
            for (entity, name), count in self._left_out.items():
                log.info("%s of %s was left out of %d records.", name, entity, count)
            for stream, count in self._references.items():
                log.info("%s: %d not written, but used where other records refer to them.", stream, count)
        finally:
            self._release_state()

    def close(self) -> None:
        """Let go of what was remembered."""
        self._codes.close()
        self._gathering.close()

    # --- arrivals --------------------------------------------------------------------------------------------

    def _taken(self, arrival: Arrival) -> list[Gathered]:
        """The records that are whole now that this one has come; it may be one of them, or wait for its pieces."""
        stream, record = arrival.stream, arrival.record
        self._codes.remember(stream, record)
        entity = standard_kinds().of_stream(stream)
        if entity is None:
            self._take_other(arrival)
            return []
        arrival = dataclasses.replace(arrival, own=self._dialects.is_own(stream, entity, record))
        if arrival.own and self._gathering.waits(entity, record):
            return self._gathering.add_header(entity, arrival)
        return [Gathered(arrival, ())]

    def _add_to_buffer(self, entity: Kind, arrival: Arrival) -> None:
        buffer = self._buffers.setdefault(entity.name, [])
        buffer.append(arrival)
        if len(buffer) >= CHUNK:
            self.flush()

    def _add_gathered(self, gathered: Gathered) -> None:
        entity = standard_kinds().of_stream(gathered.arrival.stream)
        assert entity is not None
        arrival = gathered.arrival
        self._progress.join(arrival.position, gathered.pieces)
        if gathered.error is not None:
            self._reject_stranger(arrival, internal_fault(gathered.error, arrival.stream, arrival.position))
        else:
            self._add_to_buffer(entity, arrival)

    def _take_other(self, arrival: Arrival) -> None:
        """A record that no sink writes by itself: a piece of one, something to refer to, or a stranger."""
        if is_piece_stream(arrival.stream):
            if not self._gathering.add_piece(arrival):
                self._count_reference(arrival)
        elif is_reference_stream(arrival.stream):
            self._count_reference(arrival)
        else:
            self._reject_unknown(arrival)

    def _count_reference(self, arrival: Arrival) -> None:
        self._references[arrival.stream] += 1
        self._recorder.tally.note_reference(arrival.stream)
        self._account.add_outcomes(arrival.stream, None, {"reference": 1})
        self._progress.end(arrival.position)

    def _settle_strays(self) -> None:
        """Pieces whose record did not come although its stream did are rejected; others count as references."""
        for arrival, was_announced in self._gathering.strays():
            if not was_announced:
                self._count_reference(arrival)
                continue
            message = (
                "What this belongs to did not come before it or behind it, or was carried through before; send a "
                "record together with its lines and dimensions."
            )
            name = "documentId" if "documentId" in arrival.record else "parentId"
            self._reject_stranger(arrival, Fault("map", name, "no_parent", message))

    # --- chunks ----------------------------------------------------------------------------------------------

    def _carry_waiting(self, rank: int) -> None:
        """Carry those through that wait and are of this rank; the others go on waiting."""
        for arrival in self._spool.take():
            entity = standard_kinds().of_stream(arrival.stream)
            assert entity is not None
            if standard_kinds().rank(entity) != rank:
                self._spool.add(arrival)
                continue
            buffer = self._buffers.setdefault(entity.name, [])
            buffer.append(arrival)
            if len(buffer) >= CHUNK:
                self._carry_buffers(may_wait=False)
        self._carry_buffers(may_wait=False)

    def _carry_buffers(self, *, may_wait: bool) -> None:
        self._flushed_at = self._clock()
        for entity in standard_kinds():
            arrivals = self._buffers.pop(entity.name, [])
            for chunk in _chunks(self._units(arrivals)):
                self._carry(chunk, may_wait=may_wait)

    def _carry(self, chunk: Iterable[Unit], *, may_wait: bool) -> None:
        units = []
        for unit in chunk:
            if may_wait and _names(unit) & self._waiting:
                # An earlier version of the same record waits; the later one must not be overtaken by it.
                self._let_wait(unit)
            elif not self._is_done(unit):
                units.append(unit)
        with self._told(units):
            waiting = self._sink.carry(units, may_wait=may_wait)
        for unit in waiting:
            self._let_wait(unit)
        if self._undecided_in_a_row >= GIVE_UP_AFTER:
            raise DynamicsError(
                f"The last {self._undecided_in_a_row} records could not be decided, because Business Central "
                "does not answer "
                "as it should; the run stops here, and the next one goes on."
            )

    def _let_wait(self, unit: Unit) -> None:
        self._waiting |= _names(unit)
        self._spool.add(Arrival(unit.wanted.stream, unit.wanted.position, unit.wanted.record, own=unit.wanted.copied))

    @contextlib.contextmanager
    def _told(self, units: Sequence[Unit]) -> Iterator[None]:
        """Tell the account what is being worked on; the requests of a chunk are those of its first record's stream."""
        self._account.name_companies({unit.books.id: unit.books.name for unit in units})
        with self._account.working_on(*dict.fromkeys((unit.wanted.stream, unit.books.id) for unit in units)):
            yield

    def _is_done(self, unit: Unit) -> bool:
        """Whether the memory or the job's state says so; then the record has its outcome and nothing is asked."""
        unit.known = self._memory.recall(unit.key)
        by_job = (unit.wanted.stream.lower(), unit.wanted.hash)
        if not self._is_believed:
            return False
        if unit.is_settled:
            assert unit.known is not None
            self._settle(unit, _existing(unit, unit.known.id, unit.known.number))
        elif by_job in self._done_before:
            self._settle(unit, _existing(unit, self._done_before[by_job], unit.wanted.number))
        else:
            return False
        return True

    def _units(self, arrivals: Iterable[Arrival]) -> Iterable[Unit]:
        """The records that can be worked on; the others get their outcome here."""
        for arrival in arrivals:
            try:
                unit = self._unit(arrival)
            except Exception as error:  # noqa: BLE001 - one record's
                self._reject_stranger(arrival, internal_fault(error, arrival.stream, arrival.position))
                continue
            if unit is not None:
                yield unit

    def _unit(self, arrival: Arrival) -> Unit | None:
        """The record as a unit of work; None when it has its outcome by now."""
        entity = standard_kinds().of_stream(arrival.stream)
        assert entity is not None
        prefixes = self._settings.dimension_mapping.codes
        wanted = map_record(arrival.stream, entity, arrival.position, arrival.record, prefixes, own=arrival.own)
        wanted = self._with_mapped_id(wanted)
        if broken := (*faults_of_texts(arrival.record), *faults_of_numbers(arrival.record)):
            self._reject(wanted, broken)
            return None
        self._tell_of_left_out(wanted)
        books = self._companies.books_of(wanted)
        if isinstance(books, Fault):
            self._reject(wanted, (*wanted.faults, books))
            return None
        if wanted.identity is None:
            self._reject(wanted, (*wanted.faults, _no_key()), books.id)
            return None
        unit = Unit(wanted, books, self._rules(wanted))
        if unit.rules.posts and unit.entity.batches:
            self._posted_from_batches[books.id, unit.entity.name] = None
        return unit

    def _with_mapped_id(self, wanted: WantedRecord) -> WantedRecord:
        """The record with the id that the job's id map has for it, if it has none itself."""
        if self._id_map is None or wanted.id is not None or wanted.entity.shape == "journal":
            return wanted
        remote_id = self._id_map.remote_id(wanted.stream, wanted.external_id)
        return wanted if remote_id is None else dataclasses.replace(wanted, id=remote_id, id_is_hint=True)

    def _tell_of_left_out(self, wanted: WantedRecord) -> None:
        """Name each property that cannot be written once, and count it; the count is told at the end."""
        for name in wanted.left_out:
            key = (wanted.entity.name, name)
            if key not in self._left_out:
                log.info("%s of %s cannot be written and is left out.", name, wanted.entity.name)
            self._left_out[key] += 1

    def _rules(self, wanted: WantedRecord) -> Rules:
        settings = self._settings
        return Rules(
            posts=settings.posts(wanted.draft),
            replaces_lines=settings.lines == "replace",
            match_keys=settings.keys_of(wanted.entity.name, wanted.entity.key_names),
            on_delete=settings.on_delete,
            total_tolerance=settings.total_tolerance,
        )

    def _clear_leftovers(self) -> None:
        for company_id, entity_name in self._posted_from_batches:
            entity = standard_kinds().of_stream(entity_name)
            assert entity is not None
            self._sink.clear_leftovers(company_id, entity)

    # --- outcomes --------------------------------------------------------------------------------------------

    def _settle(self, unit: Unit, outcome: Outcome) -> None:
        self._recorded(outcome, unit.wanted.record)

    def _recorded(self, outcome: Outcome, record: Mapping[str, Any]) -> None:
        self._recorder.record(outcome, record)
        self._account.add_outcomes(outcome.stream, outcome.company_id, {outcome.kind: 1})
        if outcome.undecided:
            self._undecided_in_a_row += 1
        else:
            self._undecided_in_a_row = 0
            self._progress.end(outcome.position)

    def _reject(self, wanted: WantedRecord, faults: tuple[Fault, ...], company_id: str | None = None) -> None:
        outcome = Outcome(
            stream=wanted.stream,
            position=wanted.position,
            kind="rejected",
            entity=wanted.entity.name,
            external_id=wanted.external_id,
            company_id=company_id,
            number=wanted.number,
            hash=wanted.hash,
            faults=faults,
        )
        self._recorded(outcome, wanted.record)

    def _reject_unknown(self, arrival: Arrival) -> None:
        message = f'No sink answers to the stream "{arrival.stream}"; there are {standard_kinds().stream_names()}.'
        if arrival.stream not in self._unknown:
            self._unknown.add(arrival.stream)
            log.warning("%s", message)
        self._reject_stranger(arrival, Fault("map", "", "unknown_stream", message))

    def _reject_stranger(self, arrival: Arrival, fault: Fault) -> None:
        entity = standard_kinds().of_stream(arrival.stream)
        name = arrival.stream if entity is None else entity.name
        external_id = arrival.record.get("externalId")
        outcome = Outcome(
            arrival.stream,
            arrival.position,
            "rejected",
            name,
            external_id=external_id if isinstance(external_id, str) else None,
            hash=hash_of(arrival.record),
            faults=(fault,),
        )
        self._recorded(outcome, arrival.record)

    def _release_state(self) -> None:
        self._recorder.flush()
        state = self._progress.released()
        if state is not None:
            self._write_state(state)


def _existing(unit: Unit, id_: str | None, number: str | None) -> Outcome:
    wanted = unit.wanted
    return Outcome(
        stream=wanted.stream,
        position=wanted.position,
        kind="existing",
        entity=wanted.entity.name,
        external_id=wanted.external_id,
        company_id=unit.books.id,
        id=id_,
        number=number,
        hash=wanted.hash,
    )


def _no_key() -> Fault:
    message = (
        "The record has neither an externalId nor a key of its own: nothing could keep it from being written twice."
    )
    return Fault("map", "externalId", "no_key", message)


def _chunks(units: Iterable[Unit]) -> Iterable[list[Unit]]:
    """Units in their order, at most a hundred at a time, no two in one chunk that may mean the same record."""
    chunk: list[Unit] = []
    seen: set[Any] = set()
    for unit in units:
        names = _names(unit)
        if len(chunk) >= CHUNK or names & seen:
            yield chunk
            chunk, seen = [], set()
        chunk.append(unit)
        seen |= names
    if chunk:
        yield chunk


def _names(unit: Unit) -> set[Any]:
    """What a unit goes by: two that share any of it are not carried through at the same time."""
    wanted = unit.wanted
    names = [wanted.id, wanted.number, wanted.fields.get("vendorInvoiceNumber")]
    return {unit.key, *((unit.books.id, wanted.entity.name, name.upper()) for name in names if name)}
