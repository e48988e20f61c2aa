"""What creates a document with its lines, and why may it not be created? Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.writing.dimension_writes import SET_LINES, inherited_ids, to_set_line
from target_dynamics_bc.writing.lacking import lacking
from target_dynamics_bc.writing.steps import Refuse, Send, Step, refuse
from target_dynamics_bc.writing.writes import Write

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from target_dynamics_bc.wanted.records import Dimension, ResolvedLine
    from target_dynamics_bc.writing.unit import Unit

_HEADER = -1
_DISCOUNT = "discountAmount"


def creation(unit: Unit) -> Step:
    """What creates the document, in one request."""
    resolved, kind = unit.resolved, unit.kind
    if unit.acts_on_posted:
        return refuse("", "not_found", f"There is no posted {kind.noun.one} that this could be done to.")
    if (refusal := _without_key(unit)) is not None:
        return refusal
    if faults := lacks(unit):
        return Refuse(faults)
    nested = _nestable(unit) if unit.nests_dimensions else {}
    # There is nothing that a discount could be taken of before there are lines; the next look finds that it is missing.
    body: dict[str, Any] = {name: value for name, value in resolved.fields.items() if name != _DISCOUNT}
    if _HEADER in nested:
        body[SET_LINES] = [to_set_line(dimension) for dimension in nested[_HEADER]]
    if kind.lines is not None and resolved.lines:
        new = [new_line(line, nested.get(place, ())) for place, line in enumerate(resolved.lines)]
        body[kind.lines.navigation] = new
    return Send((Write("POST", unit.set_address, body),), "create", nests_dimensions=bool(nested))


def lacks(unit: Unit) -> tuple[Fault, ...]:
    """What a record, and each of its lines, lacks of being created."""
    return (*lacking(unit), *incomplete(unit, unit.resolved.lines or ()))


def new_line(line: ResolvedLine, nested: Sequence[Dimension] = ()) -> dict[str, Any]:
    """A line as it is created."""
    body = dict(line.fields)
    if nested:
        body[SET_LINES] = [to_set_line(dimension) for dimension in nested]
    return body


def incomplete(unit: Unit, new_lines: Iterable[ResolvedLine]) -> tuple[Fault, ...]:
    """What a new line lacks: Business Central would take it for 0 without a word."""
    faults = []
    for line in new_lines:
        type_ = unit.kind.lines.type_of(line.kind) if unit.kind.lines is not None else None
        if type_ is None or not type_.needs:
            continue
        called = {type_.needs: type_.needs_called or type_.needs} if not unit.wanted.copied else {}
        for name in dict.fromkeys(("quantity", type_.needs)):
            if line.fields.get(name) is None:
                said = called.get(name, name)
                message = f"{line.field} is a new line and needs its {said}."
                faults.append(Fault("plan", f"{line.field}.{said}", "required", message))
    return tuple(faults)


def _without_key(unit: Unit) -> Refuse | None:
    """Why a new document cannot be written without a number of the sender's; None when it has one."""
    natural = unit.kind.natural_key
    if unit.natural_number:
        return None
    if natural is None or (unit.kind.remembered and unit.rules.remembers):
        return _without_memory(unit)
    called = unit.called(natural.name)
    names = called if unit.wanted.copied else f"{called} or an externalId"
    names = f"{names}, or a store_path to remember it" if unit.kind.remembered else names
    article = "an" if names[0] in "aeiou" else "a"
    message = (
        f"A new {unit.kind.noun.one} needs {article} {names}: nothing else could keep it from being written twice."
    )
    return refuse(called, "no_key", message)


def _without_memory(unit: Unit) -> Refuse | None:
    """Why a new document of a kind that has no number of the sender's cannot be written; None when it can."""
    if unit.rules.remembers:
        return None
    message = (
        f"Business Central keeps no number of the sender's with {unit.kind.noun.many}, so only a memory can keep one "
        "from being written twice: set store_path."
    )
    return refuse("", "no_store", message)


def _nestable(unit: Unit) -> dict[int, list[Dimension]]:
    """The dimensions that can be nested in the create, by the place of their line (-1 is the header).

    What is created inherits dimensions, and one that is there already cannot be created: the header inherits from the
    vendor or customer, a line from the header, its item and its account. What an account hands down cannot be read; if
    that is in the way, the create is refused and tried again without nested dimensions.
    """
    resolved = unit.resolved
    inherited = inherited_ids([resolved.found.get(unit.kind.party)])
    on_header = {dimension.id.lower() for dimension in resolved.dimensions}
    nestable = {_HEADER: list(resolved.dimensions)} if on_header and not on_header & inherited else {}
    # Global dimensions are set by the header's own properties; lines inherit those too.
    globals_ = unit.books.header_dimensions or {}
    by_property = {code for code, name in globals_.items() if name in resolved.fields}
    for place, line in enumerate(resolved.lines or ()):
        handed_down = inherited | on_header | inherited_ids(line.found.values())
        own = [
            dimension
            for dimension in line.dimensions
            if dimension.id.lower() not in handed_down and dimension.code.upper() not in by_property
        ]
        if own:
            nestable[place] = own
    return nestable
