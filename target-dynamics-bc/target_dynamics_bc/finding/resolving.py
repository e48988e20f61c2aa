"""How is everything found that some records refer to, in as few requests as possible?

All questions of a chunk of records travel together, each once. Answers about things that this run does
not write are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_client.odata.urls import GUID
from target_dynamics_bc.finding.dimensions import resolve_dimensions
from target_dynamics_bc.finding.precision import in_precision, precision_of
from target_dynamics_bc.finding.references import FORETOLD, ZERO_GUID, Lookup, Referents, Step, choose, steps_of
from target_dynamics_bc.identity import derived_id
from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.kept.memory import Memory, UnitKey
from target_dynamics_bc.kinds.facts import CURRENCIES
from target_dynamics_bc.wanted.keys import NO_KEY, fields_of_key
from target_dynamics_bc.wanted.records import (
    BOOKED_CURRENCY,
    Dimension,
    Reference,
    Resolved,
    ResolvedLine,
    Row,
    WantedDimension,
    WantedLine,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_dynamics_bc.finding.source_codes import SourceCodes
    from target_dynamics_bc.kinds.kind import Kind
    from target_dynamics_bc.settings import TargetSettings
    from target_dynamics_bc.writing.service import Service
    from target_dynamics_bc.writing.unit import Unit


@dataclass(frozen=True, slots=True)
class _Need:
    """A reference of a unit, and the ways to find it."""

    unit: Unit
    line: int  # -1 for the header
    name: str
    reference: Reference
    steps: list[Step]


_Place: TypeAlias = "tuple[int, str, Reference]"
"""Line (-1 for the header), property and reference."""


class Resolver:
    """Finds references and dimensions.

    Args:
        service: Asks.
        memory: Knows which ids stand for a sender's ids.
        settings: The dimension mapping and the journals.
        codes: Knows which codes stand for ids of the company that records were read from.
        referents: All that records may refer to.
    """

    def __init__(
        self,
        service: Service,
        memory: Memory,
        settings: TargetSettings,
        *,
        codes: SourceCodes,
        referents: Referents,
    ) -> None:
        self._codes = codes
        self._referents = referents
        self._service = service
        self._memory = memory
        self._settings = settings
        self._kept: dict[tuple[str, Lookup], Sequence[Row]] = {}
        self._carried: set[Kind] = set()
        self._foretold: dict[tuple[str, str, str], Row] = {}
        self._called: dict[tuple[str, str, str], str] = {}

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
        return [self._assembled(unit, found[id(unit)], faults[id(unit)]) for unit in units]

    def _find(
        self, needs: Sequence[_Need], found: dict[int, dict[tuple[int, str], Row]], faults: dict[int, list[Fault]]
    ) -> None:
        """Add what is found of these needs to what is found of their units, and what is not to their faults."""
        answers = self._ask(needs)
        for need in needs:
            chosen = choose(
                need.reference, self._referents[need.reference.kind], need.steps, answers[need.unit.books.id]
            )
            if isinstance(chosen, Fault) and chosen.code == "not_found":
                chosen = self._foretold_row(need) or chosen
            if isinstance(chosen, Fault):
                faults[id(need.unit)].append(_of_a_copy(chosen, need) if need.unit.wanted.copied else chosen)
            else:
                found[id(need.unit)][need.line, need.name] = chosen

    def _booked_currency(self, unit: Unit, found: Mapping[tuple[int, str], Row]) -> list[_Need]:
        """The currency that a journal books a payment in, if it is another than the local one and not stated."""
        if unit.kind.journal is None or (-1, BOOKED_CURRENCY) in found or BOOKED_CURRENCY in unit.wanted.references:
            return []
        code = _booked_in(unit, {name: row for (line, name), row in found.items() if line == -1})
        if not code or code == unit.books.local_currency.upper():
            return []
        named = (unit.wanted.references.get(name) for name in (unit.kind.journal.party, unit.kind.journal.applies_to))
        field = next((reference.field for reference in named if reference is not None), "")
        reference = Reference(CURRENCIES, field, number=code)
        return [_Need(unit, -1, BOOKED_CURRENCY, reference, self._steps(unit, reference, None))]

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

    # --- references ------------------------------------------------------------------------------------------

    def _needs(
        self, unit: Unit, references: Iterable[_Place], found: Mapping[tuple[int, str], Row], *, narrowed: bool
    ) -> list[_Need]:
        needs = []
        for line, name, reference in references:
            if (reference.within is not None) is not narrowed or _is_local_currency(unit, reference):
                continue
            row = _narrowing(found, line, reference)
            narrowed_by = (reference.within, str(row["id"])) if reference.within and row is not None else None
            if reference.within and row is None and (unit.wanted.copied or not _has_id(reference)):
                continue  # the vendor's own fault says enough
            needs.append(_Need(unit, line, name, reference, self._steps(unit, reference, narrowed_by)))
        return needs

    def _references(self, unit: Unit) -> list[_Place]:
        """All that a unit refers to."""
        references = dict(unit.wanted.references)
        if journal := unit.kind.journal:
            code = getattr(self._settings, journal.setting)
            references.setdefault("journalId", Reference(journal.batches, journal.setting, number=code))
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

    def _steps(self, unit: Unit, reference: Reference, narrowed_by: tuple[str, str] | None) -> list[Step]:
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
        return steps_of(
            reference,
            referent,
            copied=copied.id if copied is not None else None,
            known=list(dict.fromkeys(known)),
            derived=[id_ for id_ in dict.fromkeys(derived) if id_ not in known],
            narrowed_by=narrowed_by,
        )

    def _ask(self, needs: Sequence[_Need]) -> dict[str, dict[Lookup, Sequence[Row] | DynamicsError]]:
        """The answers by company and question; each question is asked once."""
        asked = {(need.unit.books.id, step.lookup) for need in needs for step in need.steps if step.lookup is not None}
        answers: dict[str, dict[Lookup, Sequence[Row] | DynamicsError]] = {need.unit.books.id: {} for need in needs}
        new = []
        for company_id, lookup in sorted(asked):
            kept = self._kept.get((company_id, lookup)) if self._lasts(lookup) else None
            if kept is None:
                new.append((company_id, lookup))
            else:
                answers[company_id][lookup] = kept
        rows = self._service.look(
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

    # --- the whole record ------------------------------------------------------------------------------------

    def _assembled(self, unit: Unit, found: Mapping[tuple[int, str], Row], faults: list[Fault]) -> Unit:
        wanted = unit.wanted
        header = {name: row for (line, name), row in found.items() if line == -1}
        fields, global_dimensions = _without_shortcuts(unit, wanted.fields)
        fields |= _reference_values(unit, wanted.references, header)
        fields = _with_currency_spelled(unit, fields)
        dimensions = self._dimensions(unit, (*global_dimensions, *wanted.dimensions), faults)
        fields, dimensions = _with_header_dimensions(unit, fields, dimensions)
        if (journal := unit.kind.journal) and journal.party in header:
            name = str(header[journal.party].get("displayName", ""))
            fields.setdefault("description", name[: unit.kind.length("description")])
        # They go to each line that does not say otherwise: an entry has no header that could hold them, and a line
        # that is there already, or inherits from elsewhere, does not take them from the header of a document.
        shared = (*global_dimensions, *wanted.dimensions)
        lines = None
        if wanted.lines is not None:
            lines = tuple(
                self._line(unit, place, line, shared, found, faults) for place, line in enumerate(wanted.lines)
            )
            lines = tuple(_in_precision(unit, line, header) for line in lines)
        smallest = precision_of(header.get("currencyCode") or header.get(BOOKED_CURRENCY))
        fields = in_precision(unit.kind.facts, _ordered(unit.kind, fields), smallest)
        applications = tuple(
            ResolvedLine(
                part.field,
                part.kind,
                None,
                in_precision(unit.kind.facts, part.fields, smallest),
                found={name: row for (at, name), row in found.items() if at == place},
            )
            for place, part in enumerate(wanted.applications, len(wanted.lines or ()))
        )
        unit = unit.resolved_as(Resolved(fields, dimensions, lines, header, applications), tuple(faults))
        contradictions = _contradictions(unit, self._referents)
        return unit.resolved_as(unit.resolved, (*faults, *contradictions)) if contradictions else unit

    def _line(  # noqa: PLR0917 - a line of a record, and what was found for all of it
        self,
        unit: Unit,
        place: int,
        line: WantedLine,
        shared: Sequence[Any],
        found: Mapping[tuple[int, str], Row],
        faults: list[Fault],
    ) -> ResolvedLine:
        rows = {name: row for (at, name), row in found.items() if at == place}
        fields = {**line.fields, **_reference_values(unit, line.references, rows)}
        dimensions = self._dimensions(unit, (*line.dimensions, *shared), faults) if line.kind != "Comment" else ()
        return ResolvedLine(line.field, line.kind, line.external_id, _ordered(unit.kind, fields), dimensions, rows)

    def _dimensions(self, unit: Unit, wanted: Sequence[Any], faults: list[Fault]) -> tuple[Dimension, ...]:
        """The dimensions that were found; what is wrong with the others is added to the faults, once."""
        if not wanted:
            return ()
        completed = [self._codes.completed_dimension(each) for each in wanted] if unit.wanted.copied else wanted
        dimensions, wrong = resolve_dimensions(completed, self._settings.dimension_mapping.codes, unit.books.dimensions)
        faults.extend(fault for fault in wrong if fault not in faults)
        return dimensions


def _parts(unit: Unit) -> tuple[WantedLine, ...]:
    """The parts of a record that refer to something themselves, in the places that they are known by."""
    return (*(unit.wanted.lines or ()), *unit.wanted.applications)


def _narrowing(found: Mapping[tuple[int, str], Row], line: int, reference: Reference) -> Row | None:
    """What narrows a search: what the same part of the record refers to, or else the record itself."""
    if reference.within is None:
        return None
    return found.get((line, reference.within)) or found.get((-1, reference.within))


def _in_precision(unit: Unit, line: ResolvedLine, header: Mapping[str, Row]) -> ResolvedLine:
    assert unit.kind.lines is not None, "what has lines has a place for them"
    fields = in_precision(unit.kind.lines.facts, line.fields, precision_of(header.get("currencyCode")))
    return replace(line, fields=fields)


def _is_itself(unit: Unit, reference: Reference) -> bool:
    """Whether a record refers to itself, as a company among the contacts does: the service says so by itself."""
    number = unit.wanted.number
    return reference.kind == unit.kind.facts.name and bool(number) and (reference.number or "").upper() == number


def _has_id(reference: Reference) -> bool:
    return reference.id is not None and bool(GUID.fullmatch(reference.id))


def _with_currency_spelled(unit: Unit, fields: dict[str, Any]) -> dict[str, Any]:
    """A blank currency as the company's own code: the service shows it as that, so it is compared as that."""
    is_blank = fields.get("currencyCode") == ""
    return {**fields, "currencyCode": unit.books.local_currency} if is_blank and unit.books.local_currency else fields


def _is_local_currency(unit: Unit, reference: Reference) -> bool:
    """The company's own currency is no row of its currencies; it is written by its code all the same."""
    local = unit.books.local_currency.upper()
    named = {(text or "").upper() for text in (reference.id, reference.number, reference.name)}
    return reference.kind == CURRENCIES and bool(local) and local in named


def _reference_values(unit: Unit, references: Mapping[str, Reference], rows: Mapping[str, Row]) -> dict[str, Any]:
    """What is written for each reference: currencies go by their code, all others by id."""
    values: dict[str, Any] = {}
    for name, reference in references.items():
        if name in {"journalId", BOOKED_CURRENCY}:
            continue  # the path says it; the service books by itself
        if _is_local_currency(unit, reference):
            values[name] = unit.books.local_currency
        elif name in rows:
            row = rows[name]
            values[name] = str(row["id"] if name.endswith("Id") else row.get("code") or row.get("number") or "")
    return values


def _of_a_copy(fault: Fault, need: _Need) -> Fault:
    """What is missing may still come, and an id alone says nothing where it is another company's."""
    if fault.code != "not_found":
        return fault
    message = fault.message
    if any(step.words.startswith("id ") for step in need.steps) and need.reference.number is None:
        message += f" Its code is not known either: send the stream {need.reference.kind} along."
    return replace(fault, message=message, waits=True)


def _without_shortcuts(unit: Unit, fields: Mapping[str, Any]) -> tuple[dict[str, Any], list[WantedDimension]]:
    """Values of global dimensions as dimensions, so that one the company does not have is found out."""
    by_property = {name: code for code, name in (unit.books.header_dimensions or {}).items()}
    if by_property.keys().isdisjoint(fields):
        return dict(fields), []
    named = {name: value for name, value in fields.items() if name in by_property and value}
    dimensions = [WantedDimension(name, code=by_property[name], value_code=value) for name, value in named.items()]
    return {name: value for name, value in fields.items() if name not in named}, dimensions


def _with_header_dimensions(
    unit: Unit, fields: dict[str, Any], dimensions: tuple[Dimension, ...]
) -> tuple[dict[str, Any], tuple[Dimension, ...]]:
    """Global dimensions of a document go by properties of its header, which replace one that was inherited."""
    known = unit.kind.facts.properties
    by_property = {code: name for code, name in (unit.books.header_dimensions or {}).items() if name in known}
    if not dimensions or not by_property:
        return fields, dimensions
    values = {
        by_property[each.code.upper()]: each.value_code for each in dimensions if each.code.upper() in by_property
    }
    return {**fields, **values}, tuple(each for each in dimensions if each.code.upper() not in by_property)


def _ordered(kind: Kind, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields in the order in which the service is to take them; those that have no place come last."""
    if not kind.order:
        return fields
    first = {name: fields[name] for name in kind.order if name in fields}
    return {**first, **fields}


# --- what does not fit together ------------------------------------------------------------------------------


def _contradictions(unit: Unit, referents: Referents) -> list[Fault]:
    """What does not fit together in an entry or a payment; nothing else is looked at."""
    if unit.kind.journal is None:
        return []
    return [
        *_unpayable(unit, referents),
        *_other_currency(unit),
        *_unlike_parts(unit, referents),
        *_partys_currency(unit, referents),
        *_no_document_number(unit),
        *_unbalanced(unit),
    ]


def _unpayable(unit: Unit, referents: Referents) -> Iterable[Fault]:
    """A payment can be applied to posted documents of its own party only."""
    journal, resolved, wanted = unit.kind.journal, unit.resolved, unit.wanted
    if journal is None or not journal.applies_to:
        return
    name = journal.applies_to
    several = zip(wanted.applications, resolved.applications, strict=True)
    parts = ((wanted.references, resolved.found), *((a.references, b.found) for a, b in several))
    for references, rows in parts:
        if (paid := rows.get(name)) is not None:
            yield from _unpayable_document(unit, references[name], paid, referents)
            yield from _in_other_currency(unit, references[name], paid)


def _unpayable_document(unit: Unit, reference: Reference, paid: Row, referents: Referents) -> Iterable[Fault]:
    journal, number = unit.kind.journal, paid["number"]
    assert journal is not None
    noun, field, party = referents[reference.kind].noun.one, reference.field, unit.resolved.fields.get(journal.party)
    ids = [str(paid.get(name) or ZERO_GUID).lower() for name in (journal.settled_with, journal.party)]
    settling = next((id_ for id_ in ids if id_ != ZERO_GUID), "")
    if party and settling != str(party).lower():
        whose = journal.party.removesuffix("Id")
        how = f"another {whose}'s" if settling == ids[1] else f"settled with another {whose} than it is from"
        yield Fault("resolve", field, f"wrong_{whose}", f"The {noun} {number} is {how}.")
    if paid.get("status") == "Draft":
        message = f"The {noun} {number} is a draft; only a posted {noun} can be paid."
        yield Fault("resolve", field, "not_posted", message, waits=True)


def _in_other_currency(unit: Unit, reference: Reference, paid: Row) -> Iterable[Fault]:
    """A payment is in its party's currency, and the service settles nothing in another one with it."""
    journal, local = unit.kind.journal, unit.books.local_currency.upper()
    assert journal is not None
    party = unit.resolved.found.get(journal.party)
    codes = [str(row.get("currencyCode") or local).upper() for row in (paid, party) if row is not None]
    if len(set(codes)) > 1:
        whose = journal.party.removesuffix("Id")
        message = (
            f"{reference.field} is in {codes[0]}, and a payment is booked in the {whose}'s currency, {codes[1]}; the "
            "two do not settle each other. Pay it in Business Central, where the currency can be chosen."
        )
        yield Fault("resolve", reference.field, "unsupported_currency", message)


def _other_currency(unit: Unit) -> Iterable[Fault]:
    """An entry is booked in the local currency, a payment in its vendor's or customer's, and in no other."""
    if unit.kind.journal is None:
        return
    resolved, wanted = unit.resolved, unit.wanted
    lines = zip(wanted.lines or (), resolved.lines or (), strict=True)
    booked = _booked_in(unit, resolved.found)
    for references, rows in ((wanted.references, resolved.found), *((a.references, b.found) for a, b in lines)):
        reference = references.get(BOOKED_CURRENCY)
        code = _code_of_currency(unit, reference, rows)
        if reference is None or code is None or booked is None or code == booked:
            continue
        whose = _whose_currency(unit)
        message = (
            f"{reference.field} is {code}, and Business Central would book the amount in {booked or 'another one'}, "
            f"the currency of {whose}: a journal takes no other. Send the amount in that currency."
        )
        yield Fault("resolve", reference.field, "unsupported_currency", message)


def _unlike_parts(unit: Unit, referents: Referents) -> Iterable[Fault]:
    """Documents that are paid together are different ones, and add up to the payment."""
    journal, parts = unit.kind.journal, unit.resolved.applications
    if journal is None or not parts:
        return
    total = sum((Decimal(part.fields.get("amount", 0)) for part in parts), Decimal(0))
    amount = unit.resolved.fields.get("amount")
    if amount is not None and all("amount" in part.fields for part in parts) and total != abs(Decimal(amount)):
        message = (
            f"The amounts of the documents add up to {total.normalize():f}, and the payment's amount is {amount}; "
            "they must be the same."
        )
        yield Fault("map", unit.called("amount"), "parts_differ", message)
    seen = set[str]()
    for wanted, part in zip(unit.wanted.applications, parts, strict=True):
        paid = part.found.get(journal.applies_to)
        if paid is None:
            continue
        reference = wanted.references[journal.applies_to]
        if str(paid["id"]) in seen:
            noun = referents[reference.kind].noun.one
            message = f"{reference.field} is the {noun} {paid['number']} once more; give it once, with all of its part."
            yield Fault("resolve", reference.field, "named_twice", message)
        seen.add(str(paid["id"]))


def _partys_currency(unit: Unit, referents: Referents) -> Iterable[Fault]:
    """A line to a customer or a vendor is booked in that one's currency, and an entry is meant in the local one."""
    if unit.kind.journal is None or not unit.kind.journal.by_number:
        return
    local = unit.books.local_currency.upper()
    for wanted, line in zip(unit.wanted.lines or (), unit.resolved.lines or (), strict=True):
        for name, reference in wanted.references.items():
            code = str((line.found.get(name) or {}).get("currencyCode") or local).upper()
            if name.endswith("Number") and code != local:
                noun = referents[reference.kind].noun.one
                message = (
                    f"{wanted.field} books to a {noun} whose currency is {code}, and Business Central would take its "
                    f"amount for {code}; a journal line has no currency of its own. Book it with a document instead."
                )
                yield Fault("resolve", reference.field, "unsupported_currency", message)


def _whose_currency(unit: Unit) -> str:
    journal = unit.kind.journal
    return "the company" if journal is None or not journal.party else f"its {journal.party.removesuffix('Id')}"


def _code_of_currency(unit: Unit, reference: Reference | None, rows: Mapping[str, Row]) -> str | None:
    """The code of a currency that a record states; None when it states none, or one that is not found."""
    if reference is not None and _is_local_currency(unit, reference):
        return unit.books.local_currency.upper()
    row = rows.get(BOOKED_CURRENCY)
    return None if row is None else str(row["code"]).upper()


def _booked_in(unit: Unit, found: Mapping[str, Row]) -> str | None:
    """The currency that a journal books the record in; None when that is not known."""
    local = unit.books.local_currency.upper()
    journal = unit.kind.journal
    if journal is None or not journal.party:
        return local
    # What a payment is applied to has no say in it, unless it says whose payment it is.
    rows = [row for name in (journal.party, journal.applies_to) if (row := found.get(name)) and "currencyCode" in row]
    # A blank currency is the local one.
    return next((str(row["currencyCode"] or local).upper() for row in rows), None)


def _no_document_number(unit: Unit) -> Iterable[Fault]:
    kind = unit.kind
    if kind.journal is None or unit.resolved.fields.get(kind.number_property):
        return
    name = unit.called(kind.number_property)
    if not any(fault.field in {name, "externalId"} for fault in unit.faults):
        message = f"There is no {name} and no externalId: nothing could keep the record from being written twice."
        yield Fault("map", name, "no_key", message)


def _unbalanced(unit: Unit) -> Iterable[Fault]:
    """All lines of an entry have one document number and one date, so they balance or none of them can be posted."""
    if unit.kind.journal is None or unit.kind.lines is None or not unit.rules.posts:
        return
    lines = unit.resolved.lines or ()
    if any(line.fields.get("amount") is None for line in lines):
        return  # each of those has its own fault
    # A line with a balancing account balances by itself.
    stated = zip(unit.wanted.lines or (), lines, strict=True)
    sides = {"balancingAccountId", "balancingAccountNumber"}
    open_lines = [line for wanted, line in stated if not sides & wanted.references.keys()]
    total = sum((Decimal(line.fields["amount"]) for line in open_lines), Decimal(0))
    if total != 0:
        message = f"Debits and credits differ by {total.normalize():f}; an entry that is to be posted must balance."
        yield Fault("map", unit.called(unit.kind.lines_name), "unbalanced", message)


def with_faults(unit: Unit, faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """All faults of a unit, each once, in the order in which they were found.

    That a record has no key is said once: by what is missing of it, where that is said.
    """
    found = tuple(dict.fromkeys((*unit.wanted.faults, *unit.faults, *faults)))
    missing = {fault.field for fault in found if fault.code == "required"}
    if not missing:
        return found
    of_key = {name for each in fields_of_key(unit.kind) for name in (each, unit.called(each))}
    return tuple(fault for fault in found if fault.code != NO_KEY or not missing & of_key)
