"""What becomes of a record before anything is asked about it: a unit of work, or an outcome?

A record is read, its company is found, and what an earlier run or job has done is recognised.
"""

from __future__ import annotations

import dataclasses
import logging
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynamics_bc_plugin.run_lines import counted
from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.kept.internal import internal_fault, is_of_the_run
from target_dynamics_bc.meant_fields import meant_field
from target_dynamics_bc.same_names import plain_id
from target_dynamics_bc.texts import faults_of_texts, printable
from target_dynamics_bc.wanted.actions import faults_of_action
from target_dynamics_bc.wanted.files import NONE, files_of
from target_dynamics_bc.wanted.keys import NO_KEY
from target_dynamics_bc.wanted.missing import faults_of_numbers
from target_dynamics_bc.wanted.spoiled import faults_of_way
from target_dynamics_bc.wanted.streams import map_record
from target_dynamics_bc.writing.service import path_of
from target_dynamics_bc.writing.unit import Rules, Unit
from target_dynamics_bc.writing.writes import Write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from target_dynamics_bc.finding.company import Companies
    from target_dynamics_bc.kept.id_map import IdMap
    from target_dynamics_bc.kept.job_state import DoneBefore
    from target_dynamics_bc.kept.memory import Memory
    from target_dynamics_bc.kept.units import UnitKey
    from target_dynamics_bc.kinds.kind import Kind
    from target_dynamics_bc.kinds.table import Kinds
    from target_dynamics_bc.settings import TargetSettings
    from target_dynamics_bc.settling import Settling
    from target_dynamics_bc.waiting import Arrival
    from target_dynamics_bc.wanted.records import WantedRecord

log = logging.getLogger(__name__)

MOST_NAMES = 200
"""Properties of a kind that are named, each once, as left out; a sender that has more makes them up as it goes."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that is rejected before anything is asked about it.

    Attributes:
        unit: The unit of work that it would be, where it says which; nobody works on it.
    """

    wanted: WantedRecord
    faults: tuple[Fault, ...]
    company_id: str | None = None
    unit: Unit | None = None


class Intake:
    """Takes records in.

    Args:
        settings: The target's settings.
        kinds: The table of kinds.
        companies: Finds the company of each record.
        memory: Knows what is done.
        settling: Gives outcomes.
        done_before: What a job's state says is done.
        id_map: Knows ids that earlier jobs gave to the sender's ids.
        is_believed: What the memory, or a job's state, calls done is not looked up again.
    """

    def __init__(
        self,
        settings: TargetSettings,
        *,
        kinds: Kinds,
        companies: Companies,
        memory: Memory,
        settling: Settling,
        done_before: DoneBefore | None = None,
        id_map: IdMap | None = None,
        is_believed: bool = True,
    ) -> None:
        self._settings = settings
        self._kinds = kinds
        self._companies = companies
        self._memory = memory
        self._settling = settling
        self._done_before = done_before or {}
        self._id_map = id_map
        self._is_believed = is_believed
        self._ruled: dict[tuple[Kind, bool | None, str], Rules] = {}
        self._left_out: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self._names_left_out: defaultdict[str, set[str]] = defaultdict(set)
        self._named_in_part: set[str] = set()
        self._cut: Counter[tuple[str, str]] = Counter()

    def units(self, arrivals: Iterable[Arrival], hear: Callable[[Rejected], None] = lambda _: None) -> Iterator[Unit]:
        """The records that can be worked on; the others get their outcome here.

        Args:
            arrivals: The records.
            hear: Is told of each that is rejected.

        Raises:
            DynamicsError: The whole run cannot go on.
        """
        for arrival in arrivals:
            cuts: set[str] = set()
            try:
                read = self._read(arrival, cuts)
            except Exception as error:  # noqa: BLE001 - one record's
                self._settling.reject_arrival(arrival, internal_fault(error, arrival.stream, arrival.position))
                continue
            if not arrival.has_waited:
                self._note(read.wanted, cuts, own=arrival.own)
            if isinstance(read, Rejected):
                hear(read)
                self._settling.reject(read.wanted, read.faults, read.company_id)
            else:
                yield read

    def foresee(self, arrival: Arrival) -> Unit | Rejected | None:
        """The record as a unit of work, to know what it is about; it gets no outcome. None when it cannot be one.

        Raises:
            DynamicsError: The whole run cannot go on.
        """
        try:
            read = self._read(arrival, set())
        except Exception as error:
            if is_of_the_run(error):
                raise
            return None
        return read

    def unless_done(self, unit: Unit) -> Unit | None:
        """The unit with what the memory knows of it.

        None when that, or the job's state, calls it done: then the record has its outcome and nothing is asked.
        """
        known = self._memory.recall(unit.key)
        unit = unit if known is None else unit.recalled(known)
        if not self._is_believed:
            return unit
        by_job = (unit.wanted.stream.lower(), unit.wanted.hash)
        if known is not None and unit.is_settled:
            self._settling.settle_existing(unit, known.id, known.number)
        elif by_job in self._done_before:
            self._settling.settle_existing(unit, self._done_before[by_job], unit.wanted.number)
        else:
            return unit
        return None

    def is_create_in_doubt(self, unit: Unit) -> bool:
        """Whether nobody knows what became of a create of a record, of whichever version, that no number may tell."""
        if unit.kind.natural_key is not None and not unit.kind.remembered:
            return False
        path = path_of(unit.books.id, Write("POST", unit.set_address), "")
        return self._memory.doubtful_for(unit.key, path) is not None

    def forget(self, key: UnitKey) -> None:
        """Keep a record no longer that was uncertain and that nothing here can write any more; it has its outcome."""
        self._memory.forget_uncertain(key)

    def tell(self) -> None:
        """Say what was left out of how many records."""
        left_out = Counter[tuple[str, str]]()
        for (kind, names), count in self._left_out.items():
            left_out.update({(kind, name): count for name in names})
        for (kind, name), count in left_out.items():
            log.info("%s of %s was left out of %s.", name, kind, counted(count, "record"))
        for (kind, name), count in self._cut.items():
            log.info("%s of %s was cut in %s, because it was too long.", name, kind, counted(count, "record"))

    def _read(self, arrival: Arrival, cuts: set[str]) -> Unit | Rejected:
        """The record as a unit of work, or why it cannot be one; `cuts` takes the fields whose text was cut."""
        kind = self._kinds.of_stream(arrival.stream)
        assert kind is not None
        prefixes = self._settings.dimension_mapping.codes
        takes_cuts = cuts if self._settings.cut_texts else None
        wanted = map_record(
            arrival.stream, kind, arrival.position, arrival.record, prefixes, own=arrival.own, cuts=takes_cuts
        )
        if wanted.id is not None and (id_ := plain_id(wanted.id)) != wanted.id:
            wanted = dataclasses.replace(wanted, id=id_)
        if spoiled := faults_of_way(wanted):
            wanted = dataclasses.replace(wanted, faults=(*wanted.faults, *spoiled))
        wanted = self._with_mapped_id(wanted)
        wanted = self._with_files(wanted)
        if wrong := self._faults_of_action(wanted):
            wanted = dataclasses.replace(wanted, faults=(*wanted.faults, *wrong))
        if wanted.if_posted and self._rules(wanted).posts:
            wanted = dataclasses.replace(wanted, faults=(*wanted.faults, *wanted.if_posted))
        if not wanted.is_sound and (broken := (*faults_of_texts(arrival.record), *faults_of_numbers(arrival.record))):
            named = {fault.field for fault in broken}
            faults = (*broken, *(fault for fault in wanted.faults if fault.field not in named))
            return Rejected(wanted, faults, unit=self._named(wanted))
        books = self._companies.books_of(wanted)
        if isinstance(books, Fault):
            return Rejected(wanted, (*wanted.faults, books))
        if wanted.identity is None:
            wanted = _without_key(wanted)
        return Unit(wanted, books, self._rules(wanted))

    def _faults_of_action(self, wanted: WantedRecord) -> tuple[Fault, ...]:
        settings = self._settings
        return faults_of_action(wanted, settings.allowed_actions, remembers=settings.store_path is not None)

    def _named(self, wanted: WantedRecord) -> Unit | None:
        """The unit of work that a record names in spite of what is wrong with it; None where it names none."""
        if wanted.identity is None or printable(wanted.identity) != wanted.identity:
            return None
        books = self._companies.books_of(wanted)
        return None if isinstance(books, Fault) else Unit(wanted, books, self._rules(wanted))

    def _with_mapped_id(self, wanted: WantedRecord) -> WantedRecord:
        """The record with the id that the job's id map has for it, if it has none itself."""
        if self._id_map is None or wanted.id is not None or wanted.kind.journal is not None:
            return wanted
        remote_id = self._id_map.remote_id(wanted.stream, wanted.external_id)
        return wanted if remote_id is None else dataclasses.replace(wanted, id=remote_id, id_is_hint=True)

    def _with_files(self, wanted: WantedRecord) -> WantedRecord:
        """The record with the files that come with it."""
        given = files_of(wanted.record, wanted.kind, self._settings.attachments_path)
        if given is NONE:
            return wanted
        left_out = tuple(name for name in wanted.left_out if name.partition(".")[0] not in given.names)
        faults = (*wanted.faults, *given.faults)
        return dataclasses.replace(wanted, files=given.files, faults=faults, left_out=left_out)

    def _note(self, wanted: WantedRecord, cuts: set[str], *, own: bool) -> None:
        """Name each property that cannot be written once, and count what is left out and cut, to be told at the end."""
        kind = wanted.kind.name
        self._cut.update((kind, name) for name in cuts)
        left_out = (kind, self._name_once(wanted, _merely_left_out(wanted), own=own))
        if left_out in self._left_out or len(self._left_out) < MOST_NAMES:
            self._left_out[left_out] += 1
        else:
            self._left_out.update((kind, (name,)) for name in left_out[1])

    def _name_once(self, wanted: WantedRecord, left_out: tuple[str, ...], *, own: bool) -> tuple[str, ...]:
        """Name what was not named before; returns those that are named, now or before."""
        kind, prefixes = wanted.kind, tuple(self._settings.dimension_mapping.codes)
        named = self._names_left_out[kind.name]
        for name in left_out:
            if name in named or kind.name in self._named_in_part:
                continue
            if len(named) == MOST_NAMES:
                self._named_in_part.add(kind.name)
                said = "More than %d properties of %s cannot be written; further ones are left out and not named."
                log.warning(said, MOST_NAMES, kind.name)
                continue
            named.add(name)
            if meant := meant_field(name, wanted.record, kind, prefixes, own=own):
                log.warning("%s of %s is not read and is left out; did you mean %s?", name, kind.name, meant)
            else:
                log.info("%s of %s cannot be written and is left out.", name, kind.name)
        return tuple(name for name in left_out if name in named)

    def _rules(self, wanted: WantedRecord) -> Rules:
        """What the settings say, which is the same for all records of a kind that ask for the same."""
        settings, of = self._settings, (wanted.kind, wanted.draft, wanted.action)
        if of not in self._ruled:
            self._ruled[of] = Rules(
                posts=settings.posts(wanted.kind, draft=wanted.draft, action=wanted.action),
                action=wanted.action,
                remembers=settings.store_path is not None,
                replaces_lines=settings.lines == "replace",
                match_keys=settings.keys_of(wanted.kind),
                on_delete=settings.on_delete,
                total_tolerance=settings.total_tolerance,
                mapping=settings.dimension_mapping.codes,
                previews=settings.preview,
            )
        return self._ruled[of]


def _merely_left_out(wanted: WantedRecord) -> tuple[str, ...]:
    """The properties that are left out; what a fault names is said by that."""
    if not (wanted.left_out and wanted.faults):
        return wanted.left_out
    faulty = {fault.field.partition("[")[0] for fault in wanted.faults}
    return tuple(name for name in wanted.left_out if name not in faulty)


def _without_key(wanted: WantedRecord) -> WantedRecord:
    """The record, which nothing tells from others, with the fault that it is, and a name for this run alone.

    It is rejected, with all else that is wrong with it: so it is looked at like any other.
    """
    message = (
        "The record has neither an externalId nor a key of its own: nothing could keep it from being written twice."
    )
    fault = Fault("map", "externalId", NO_KEY, message)
    identity = f"nothing:{wanted.position}:{wanted.hash}"
    return dataclasses.replace(wanted, identity=identity, faults=(*wanted.faults, fault))
