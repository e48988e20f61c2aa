"""What is a record like when everything is found that it refers to: which properties are written, in which order?

What it refers to becomes an id, or the code of a currency; dimensions go to the lines, or to properties of the header;
numbers are rounded as the service rounds them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from target_dynamics_bc.finding.currencies import is_local_currency
from target_dynamics_bc.finding.dimensions import resolve_dimensions
from target_dynamics_bc.finding.precision import in_precision, precision_of
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
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from target_dynamics_bc.finding.source_codes import SourceCodes
    from target_dynamics_bc.kept.faults import Fault
    from target_dynamics_bc.kinds.kind import Kind
    from target_dynamics_bc.writing.unit import Unit


class Assembling:
    """Puts records together of what was found.

    Args:
        mapping: Which dimension a prefix of root fields means.
        codes: Knows which codes stand for ids of the company that records were read from.
    """

    def __init__(self, mapping: Mapping[str, str], codes: SourceCodes) -> None:
        self._mapping = mapping
        self._codes = codes

    def resolved(self, unit: Unit, found: Mapping[tuple[int, str], Row], faults: list[Fault]) -> Resolved:
        """A record with everything found; what is wrong with its dimensions is added to its faults.

        Args:
            unit: The record.
            found: What was found, by the line that names it (-1 for the header) and the property.
            faults: What is wrong with it so far.
        """
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
        smallest = _smallest_amount(header)
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
        return Resolved(fields, dimensions, lines, header, applications)

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
        dimensions, wrong = resolve_dimensions(completed, self._mapping, unit.books.dimensions)
        faults.extend(fault for fault in wrong if fault not in faults)
        return dimensions


def _in_precision(unit: Unit, line: ResolvedLine, header: Mapping[str, Row]) -> ResolvedLine:
    assert unit.kind.lines is not None, "what has lines has a place for them"
    return replace(line, fields=in_precision(unit.kind.lines.facts, line.fields, _smallest_amount(header)))


def _smallest_amount(header: Mapping[str, Row]) -> Decimal:
    """The smallest amount of the currency that a record states, or comes to be in."""
    return precision_of(header.get("currencyCode") or header.get(BOOKED_CURRENCY))


def _with_currency_spelled(unit: Unit, fields: dict[str, Any]) -> dict[str, Any]:
    """A blank currency as the company's own code: the service shows it as that, so it is compared as that."""
    is_blank = fields.get("currencyCode") == ""
    return {**fields, "currencyCode": unit.books.local_currency} if is_blank and unit.books.local_currency else fields


def _reference_values(unit: Unit, references: Mapping[str, Reference], rows: Mapping[str, Row]) -> dict[str, Any]:
    """What is written for each reference: currencies go by their code, all others by id."""
    values: dict[str, Any] = {}
    for name, reference in references.items():
        if name in {"journalId", BOOKED_CURRENCY}:
            continue  # the path says it; the service books by itself
        if is_local_currency(unit, reference):
            values[name] = unit.books.local_currency
        elif name in rows:
            row = rows[name]
            values[name] = str(row["id"] if name.endswith("Id") else row.get("code") or row.get("number") or "")
    return values


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
