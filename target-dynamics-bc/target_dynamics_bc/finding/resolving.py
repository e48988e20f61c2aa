"""How is everything found that some records refer to, in as few requests as possible?

All questions of a chunk of records travel together, each once. Answers about things that this run does
not write are kept.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_client.odata.urls import GUID
from target_dynamics_bc.finding.assembling import Assembling
from target_dynamics_bc.finding.contradictions import contradiction, leading_nowhere, of_two
from target_dynamics_bc.finding.currencies import (
    booked_in,
    is_local_currency,
    party_of_currency,
    unlike_currencies,
    without_local_currency,
)
from target_dynamics_bc.finding.journal_checks import misfits
from target_dynamics_bc.finding.references import FORETOLD, Lookup, Referents, Way, choose, ways_of
from target_dynamics_bc.finding.rounded_away import rounded_away
from target_dynamics_bc.identity import derived_id
from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.kept.units import UnitKey
from target_dynamics_bc.kinds.facts import CURRENCIES
from target_dynamics_bc.wanted.records import (
    BOOKED_CURRENCY,
    Reference,
    Row,
    WantedLine,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_dynamics_bc.finding.references import LookedUp
    from target_dynamics_bc.finding.source_codes import SourceCodes
    from target_dynamics_bc.kept.memory import Memory
    from target_dynamics_bc.kinds.kind import Kind
    from target_dynamics_bc.settings import TargetSettings
    from target_dynamics_bc.writing.questions import Questions
    from target_dynamics_bc.writing.unit import Unit


log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Need:
    """A reference of a unit, and the ways to find it."""

    unit: Unit
    line: int  # -1 for the header
    name: str
    reference: Reference
    ways: list[Way]
    besides: str = ""  # the local currency, which the reference names as well and which is no row


_Place: TypeAlias = "tuple[int, str, Reference]"
"""Line (-1 for the header), property and reference."""


class Resolver:
    """Finds references and dimensions.

    Args:
        questions: Asks.
        memory: Knows which ids stand for a sender's ids.
        settings: The dimension mapping and the journals.
        codes: Knows which codes stand for ids of the company that records were read from.
        referents: All that records may refer to.
    """

    def __init__(
        self,
        questions: Questions,
        memory: Memory,
        settings: TargetSettings,
        *,
        codes: SourceCodes,
        referents: Referents,
    ) -> None:
        self._codes = codes
        self._referents = referents
        self._questions = questions
        self._memory = memory
        self._settings = settings
        self._kept: dict[tuple[str, Lookup], Sequence[Row]] = {}
        self._carried: set[Kind] = set()
        self._foretold: dict[tuple[str, str, str], Row] = {}
        self._called: dict[tuple[str, str, str], str] = {}
        self._said: set[tuple[str, str, str]] = set()
        self._assembling = Assembling(settings.dimension_mapping.codes, codes)

    def resolve(self, units: Sequence[Unit]) -> list[Unit]:
        """The units with everything found that they refer to, and with what is wrong with them.

        Raises:
            DynamicsError: The whole run cannot go on.
        """
        self._carried.update(unit.kind for unit in units)
        found: dict[int, dict[tuple[int, str], Row]] = {id(unit): {} for unit in units}
        faults: dict[int, list[Fault]] = {id(unit): [] for unit in units}
        # What narrows a search has to be found first: a bill is looked for among those of its vendor.
        references = [(unit, self._references(unit)) for unit in units]
        for narrowed in (False, True):
            needs = [need for of in references for need in self._needs(*of, found[id(of[0])], narrowed=narrowed)]
            self._find(needs, found, faults)
        # What a payment is booked in is known by whom it is for.
        self._find([need for unit in units for need in self._booked_currency(unit, found[id(unit)])], found, faults)
        # A document is written all the same where its vendor's currency cannot be read.
        needs = [need for unit in units for need in self._filled_in_currency(unit, found[id(unit)])]
        self._find(needs, found, {id(unit): [] for unit in units})
        return [self._with_all(unit, found[id(unit)], faults[id(unit)]) for unit in units]

    def _with_all(self, unit: Unit, found: Mapping[tuple[int, str], Row], faults: list[Fault]) -> Unit:
        resolved = self._assembling.resolved(unit, found, faults)
        unit = unit.resolved_as(resolved, tuple(faults))
        wrong = [*misfits(unit, self._referents), *unlike_currencies(unit), *rounded_away(unit)]
        return unit.resolved_as(resolved, (*faults, *wrong)) if wrong else unit

    def _find(
        self, needs: Sequence[_Need], found: dict[int, dict[tuple[int, str], Row]], faults: dict[int, list[Fault]]
    ) -> None:
        """Add what is found of these needs to what is found of their units, and what is not to their faults."""
        answers = self._ask(needs)
        for need in needs:
            chosen = choose(
                need.reference, self._referents[need.reference.kind], need.ways, answers[need.unit.books.id]
            )
            if isinstance(chosen, Fault) and chosen.code == "not_found":
                if need.besides:
                    continue  # nothing speaks against the local currency
                chosen = self._foretold_row(need) or chosen
            elif not isinstance(chosen, Fault):
                chosen = self._unless_contradicted(need, chosen, answers[need.unit.books.id])
            if isinstance(chosen, Fault):
                faults[id(need.unit)].append(_of_a_copy(chosen, need) if need.unit.wanted.copied else chosen)
            else:
                found[id(need.unit)][need.line, need.name] = chosen

    def _unless_contradicted(self, need: _Need, row: Row, answers: LookedUp) -> Row | Fault:
        """What a reference leads to, unless it names something else as well; what leads nowhere is said."""
        referent, reference = self._referents[need.reference.kind], need.reference
        if need.besides:
            words = next(way.words for way in need.ways if way.words)
            local = {referent.number: need.besides}
            return of_two(reference.field, (f'{referent.number} "{need.besides}"', words), referent, (local, row))
        if (fault := contradiction(reference, referent, row, need.ways, answers)) is not None:
            return fault
        for words, by in leading_nowhere(reference, referent, row, need.ways, answers):
            self._say_once(need, words, by)
        return row

    def _say_once(self, need: _Need, words: str, by: str) -> None:
        """Say of each reference of a kind once that a part of it leads nowhere, and what counts."""
        place = (need.unit.kind.name, need.name, words.partition(" ")[0])
        if place not in self._said:
            self._said.add(place)
            log.info(
                "%s of %s: there is no %s with the %s, so the %s counts; that is said once.",
                need.reference.field,
                need.unit.wanted.stream,
                self._referents[need.reference.kind].noun.one,
                words,
                by,
            )

    def _booked_currency(self, unit: Unit, found: Mapping[tuple[int, str], Row]) -> list[_Need]:
        """The currency that a journal books a payment in, if it is another than the local one and not stated."""
        if unit.kind.journal is None or BOOKED_CURRENCY in unit.wanted.references:
            return []
        code = booked_in(unit, {name: row for (line, name), row in found.items() if line == -1})
        if not code or code == unit.books.local_currency.upper():
            return []
        named = (unit.wanted.references.get(name) for name in (unit.kind.journal.party, unit.kind.journal.applies_to))
        field = next((reference.field for reference in named if reference is not None), "")
        reference = Reference(CURRENCIES, field, number=code)
        return [_Need(unit, -1, BOOKED_CURRENCY, reference, self._ways(unit, reference, None))]

    def _filled_in_currency(self, unit: Unit, found: Mapping[tuple[int, str], Row]) -> list[_Need]:
        """The currency that a document comes to be in without stating one, if it is another than the local one."""
        name = party_of_currency(unit)
        code = str((found.get((-1, name)) or {}).get("currencyCode") or "").upper()
        if not code or code == unit.books.local_currency.upper():
            return []
        reference = Reference(CURRENCIES, unit.wanted.references[name].field, number=code)
        return [_Need(unit, -1, BOOKED_CURRENCY, reference, self._ways(unit, reference, None))]

    def foretell(self, unit: Unit) -> None:
        """Take a record that a dry run does not write: what refers to it is foretold as well."""
        wanted = unit.wanted
        names = [wanted.external_id, wanted.id, wanted.number]
        names += [wanted.fields.get(name) for name in ("displayName", *(key.name for key in unit.kind.keys))]
        row = {
            "id": derived_id(unit.books.id, unit.kind.name, "foretold", unit.key.identity),
            unit.kind.number_property: wanted.number or wanted.external_id or "",
            "status": "Open" if unit.rules.posts else "Draft",
            **wanted.fields,
            **{key.within: unit.resolved.fields.get(key.within) for key in unit.kind.keys if key.within},
        }
        for name in names:
            if name:
                self._foretold[unit.books.id, unit.kind.name, name.upper()] = row

    def foretell_made(self, company_id: str, kind: Kind, body: Mapping[str, str]) -> None:
        """Take what a dry run does not make on the way."""
        row = {"id": derived_id(company_id, kind.name, "foretold", str(body)), **body}
        for text in body.values():
            self._foretold[company_id, kind.name, text.upper()] = row

    def note_made(self, kind: Kind) -> None:
        """Take the news that something of a kind was made: what was not there may be now."""
        self._carried.add(kind)

    def note_called(self, company_id: str, entity_set: str, name: str, spelled: str) -> None:
        """Take the news of how the service spells a name that records spell otherwise."""
        self._called[company_id, entity_set, name] = spelled

    def _foretold_row(self, need: _Need) -> Row | None:
        reference, company_id = need.reference, need.unit.books.id
        texts = (text for text in (reference.id, reference.number, reference.name, reference.external) if text)
        rows = (self._foretold.get((company_id, reference.kind, text.upper())) for text in texts)
        return next(({**row, FORETOLD: True} for row in rows if row is not None), None)

    def _needs(
        self, unit: Unit, references: Iterable[_Place], found: Mapping[tuple[int, str], Row], *, narrowed: bool
    ) -> list[_Need]:
        needs = []
        for line, name, reference in references:
            if (reference.within is not None) is not narrowed:
                continue
            if is_local_currency(unit, reference):
                rest = without_local_currency(unit, reference)
                if rest is not None:
                    ways = self._ways(unit, rest, None)
                    needs.append(_Need(unit, line, name, rest, ways, unit.books.local_currency.upper()))
                continue
            row = _narrowing(found, line, reference)
            narrowed_by = (reference.within, str(row["id"])) if reference.within and row is not None else None
            if reference.within and row is None and (unit.wanted.copied or not _has_id(reference)):
                continue  # the vendor's own fault says enough
            needs.append(_Need(unit, line, name, reference, self._ways(unit, reference, narrowed_by)))
        return needs

    def _references(self, unit: Unit) -> list[_Place]:
        """All that a unit refers to."""
        references = dict(unit.wanted.references)
        if journal := unit.kind.journal:
            code = getattr(self._settings, journal.setting)
            references.setdefault(
                "journalId", Reference(journal.batches, journal.setting, number=code, setting=journal.setting)
            )
        of_lines = [(place, line.references) for place, line in enumerate(_parts(unit))]
        return [
            (place, name, self._spelled(unit, self._codes.completed(reference) if unit.wanted.copied else reference))
            for place, named in ((-1, references), *of_lines)
            for name, reference in named.items()
            if not _is_itself(unit, reference)
        ]

    def _spelled(self, unit: Unit, reference: Reference) -> Reference:
        """A reference with the name as the service spells it, where that is known to differ."""
        spelled = self._called.get((unit.books.id, reference.kind, reference.name or ""))
        return reference if spelled is None else replace(reference, name=spelled)

    def _ways(self, unit: Unit, reference: Reference, narrowed_by: tuple[str, str] | None) -> list[Way]:
        referent = self._referents[reference.kind]
        kind = referent.written
        given = (reference.external, reference.number, reference.name, reference.id) if kind is not None else ()
        texts = list(dict.fromkeys(text for text in given if text))
        entries = [self._memory.recall(UnitKey(unit.books.id, kind.name, f"external:{text}")) for text in texts if kind]
        copied = None
        if kind is not None and unit.wanted.copied and reference.id:
            # It may have been copied itself, in this run or an earlier one.
            copied = self._memory.recall(UnitKey(unit.books.id, kind.name, f"own:{reference.id.upper()}"))
        known = [entry.id for entry in entries if entry is not None and entry.id]
        derived = [
            derived_id(unit.books.id, kind.name, "external", text)
            for text in texts
            if kind is not None and kind.derives_ids
        ]
        return ways_of(
            reference,
            referent,
            copied=copied.id if copied is not None else None,
            known=list(dict.fromkeys(known)),
            derived=[id_ for id_ in dict.fromkeys(derived) if id_ not in known],
            narrowed_by=narrowed_by,
        )

    def _ask(self, needs: Sequence[_Need]) -> dict[str, dict[Lookup, Sequence[Row] | DynamicsError]]:
        """The answers by company and question; each question is asked once."""
        asked = {(need.unit.books.id, way.lookup) for need in needs for way in need.ways if way.lookup is not None}
        answers: dict[str, dict[Lookup, Sequence[Row] | DynamicsError]] = {need.unit.books.id: {} for need in needs}
        new = []
        for company_id, lookup in sorted(asked):
            kept = self._kept.get((company_id, lookup)) if self._lasts(lookup) else None
            if kept is None:
                new.append((company_id, lookup))
            else:
                answers[company_id][lookup] = kept
        rows = self._questions.look(
            [lookup.query(company_id, self._referents[lookup.entity_set]) for company_id, lookup in new]
        )
        for (company_id, lookup), answer in zip(new, rows, strict=True):
            answers[company_id][lookup] = answer
            if self._lasts(lookup) and not isinstance(answer, DynamicsError):
                self._kept[company_id, lookup] = answer
        return answers

    def _lasts(self, lookup: Lookup) -> bool:
        """Whether an answer stays true: until this run writes records of that kind; of documents it never does."""
        kind = self._referents[lookup.entity_set].written
        return kind is None or (kind.is_lasting and kind not in self._carried)


def _parts(unit: Unit) -> tuple[WantedLine, ...]:
    """The parts of a record that refer to something themselves, in the places that they are known by."""
    return (*(unit.wanted.lines or ()), *unit.wanted.applications)


def _narrowing(found: Mapping[tuple[int, str], Row], line: int, reference: Reference) -> Row | None:
    """What narrows a search: what the same part of the record refers to, or else the record itself."""
    if reference.within is None:
        return None
    return found.get((line, reference.within)) or found.get((-1, reference.within))


def _is_itself(unit: Unit, reference: Reference) -> bool:
    """Whether a record refers to itself, as a company among the contacts does: the service says so by itself."""
    number = unit.wanted.number
    return reference.kind == unit.kind.facts.name and bool(number) and (reference.number or "").upper() == number


def _has_id(reference: Reference) -> bool:
    return reference.id is not None and bool(GUID.fullmatch(reference.id))


def _of_a_copy(fault: Fault, need: _Need) -> Fault:
    """What is missing may still come, and an id alone says nothing where it is another company's."""
    if fault.code != "not_found":
        return fault
    message = fault.message
    if any(way.words.startswith("id ") for way in need.ways) and need.reference.number is None:
        message += f" Its code is not known either: send the stream {need.reference.kind} along."
    return replace(fault, message=message, waits=True)
