"""What turns a draft into what is wanted?

What is to go goes last, when all else is accepted: until then all that was done can be taken back, so that a refusal
leaves the draft as it was. While it is half changed it says so, in a comment line that goes with the last transaction.
Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from target_dynamics_bc.writing.comparing import differences
from target_dynamics_bc.writing.dimension_writes import SET_LINES, inherited_ids, set_line_writes
from target_dynamics_bc.writing.documents.creating import new_line
from target_dynamics_bc.writing.documents.marking import can_be_marked, marking, marks
from target_dynamics_bc.writing.steps import Finish, Refuse, Send, Step, next_step, take_back
from target_dynamics_bc.writing.writes import Address, Write, delete, patch

if TYPE_CHECKING:
    from target_dynamics_bc.kinds.kind import Child
    from target_dynamics_bc.wanted.records import ResolvedLine, Row
    from target_dynamics_bc.writing.documents.document import Document
    from target_dynamics_bc.writing.unit import Unit

ONE_TRANSACTION = 100
"""Writes that are all carried out, or none of them."""


@dataclass(slots=True)
class _Changes:
    """What differs, and how much of it can be set at once.

    Attributes:
        writes: What sets it.
        are_followed: Dimensions, or all that depends on the party, may have to be written after them.
        nest: A new line has its dimensions with it, which the service refuses where it has handed them down already.
    """

    writes: list[Write]
    are_followed: bool = False
    nest: bool = False


def amendment(document: Document) -> Step:
    """The next step of what turns the draft into what is wanted; the end, when it is that."""
    unit = document.unit
    finish = document.finish(draft=unit.kind.posting is not None)
    changes = _changes(document)
    step = next_step(changes.writes, unit.history.done, finish)
    removals = [*_removals(document), *_unmarking(document)]
    if isinstance(step, Send):
        step = replace(step, nests_dimensions=changes.nest)
        together = (*step.writes, *removals)
        # One transaction is all or nothing, as long as no later one has to follow.
        is_last = len(together) <= ONE_TRANSACTION and not changes.are_followed
        return replace(step, writes=together) if is_last else _marked(document, step)
    if isinstance(step, Finish) and removals:
        step = next_step(removals, unit.history.done, step)
    if isinstance(step, Send):
        return step if len(step.writes) <= ONE_TRANSACTION else _marked(document, step)
    return take_back(step) if isinstance(step, Refuse) and not unit.created else step


def line_address(unit: Unit, row: Row) -> Address:
    """Where a line that is there is changed: in the set of lines."""
    return Address(unit.kind.lines_name, str(row["id"]))


def _changes(document: Document) -> _Changes:
    """What differs. A change that moves dimensions goes first: what it leaves them at is seen by the next look.

    Dimension set lines of a header are its alone, so that those of a new document travel with those of its lines.
    """
    unit, address, found = document.unit, document.address, document.row
    kind = unit.kind
    of_header = differences(kind.facts, unit.stated_fields, found)
    changes = _Changes([patch(address, kind.facts, of_header, found)] if of_header else [])
    if _remaking(unit) & of_header.keys() or kind.lines is None:
        changes.are_followed = bool(_remaking(unit) & of_header.keys())
        return changes
    on_header = set_line_writes(address, unit.resolved.dimensions, found.get(SET_LINES) or ())
    at_once = unit.created and unit.nests_dimensions
    hands_down = (bool(on_header) and not at_once) or bool(_global_names(unit) & of_header.keys())
    changes.writes += on_header
    changes.are_followed, changes.nest = hands_down, at_once and bool(on_header)
    for line, row in document.pairs:
        if row is None:
            _add_line(document, kind.lines, changes, line)
            continue
        writes = _line_changes(unit, kind.lines, line, row, with_dimensions=not hands_down)
        changes.nest |= at_once and any(write.about == "dimension" for write in writes)
        changes.writes += writes
    return changes


def _add_line(document: Document, child: Child, changes: _Changes, line: ResolvedLine) -> None:
    """Add a new line with those dimensions that it does not inherit; what others need comes with the next look."""
    unit = document.unit
    inherited = {str(row["id"]).lower(): str(row.get("valueCode")) for row in document.row.get(SET_LINES) or ()}
    inherited |= {each.id.lower(): each.value_code for each in unit.resolved.dimensions}
    of_object = inherited_ids(line.found.values())
    own = [each for each in line.dimensions if each.id.lower() not in {*inherited, *of_object}]
    others = [each for each in line.dimensions if each not in own]
    is_right = all(
        each.id.lower() not in of_object and inherited[each.id.lower()].upper() == each.value_code.upper()
        for each in others
    )
    nested = own if unit.nests_dimensions else []
    changes.nest |= bool(nested)
    changes.are_followed |= not is_right or nested != own
    address = document.address.below(child.navigation)
    changes.writes.append(Write("POST", address, new_line(line, nested), "line", field=line.field))


def _line_changes(unit: Unit, child: Child, line: ResolvedLine, row: Row, *, with_dimensions: bool) -> list[Write]:
    changes = differences(child.facts, line.fields, row)
    if child.recalculating & changes.keys():
        # The service calculates these anew, so they are written again behind it.
        changes |= {name: line.fields[name] for name in child.recalculated if name in line.fields}
        changes = {name: changes[name] for name in line.fields if name in changes}
    address = line_address(unit, row)
    writes = [patch(address, child.facts, changes, row, about="line", field_=line.field)] if changes else []
    if with_dimensions:
        writes += set_line_writes(address, line.dimensions, row.get(SET_LINES) or ())
    return writes


def _removals(document: Document) -> list[Write]:
    unit, alignment = document.unit, document.alignment
    gone = alignment.surplus if unit.rules.replaces_lines else alignment.replaced
    return [delete(line_address(unit, row), row, about="line") for row in gone]


def _unmarking(document: Document) -> list[Write]:
    """What takes the mark off again. A record that does not speak of lines cannot have put them right."""
    rows = marks(document.lines) if document.unit.resolved.lines is not None else ()
    return [delete(line_address(document.unit, row), row, about="line") for row in rows]


def _marked(document: Document, step: Send) -> Send:
    """The step, with a mark on the draft that is half changed behind it: nobody is to post half a document.

    A draft that this run has just made is none of that, and one without lines has none that could be wrong.
    """
    unit, lines = document.unit, document.unit.kind.lines
    if unit.created or lines is None or not can_be_marked(lines) or marks(document.lines):
        return step
    if not unit.resolved.lines or not document.lines:
        return step
    # The first transaction takes a hundred writes, and the service may take the comment along when it goes over lines.
    place = int(step.writes[0].about == "record")
    return replace(step, writes=(*step.writes[:place], marking(document.address, lines), *step.writes[place:]))


def _remaking(unit: Unit) -> frozenset[str]:
    """Properties of the header after whose change the service goes over all lines."""
    return frozenset({unit.kind.party, "pricesIncludeTax"})


def _global_names(unit: Unit) -> frozenset[str]:
    """The properties of a header that hold the company's global dimensions."""
    return frozenset((unit.books.header_dimensions or {}).values())
