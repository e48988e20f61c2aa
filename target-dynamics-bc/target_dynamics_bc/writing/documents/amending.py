"""What turns a draft into what is wanted?

What is to go goes last, when all else is accepted: until then all that was done can be taken back, so that a refusal
leaves the draft as it was. While it is half changed it says so, in a comment line that goes with the last transaction.
Pure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from target_dynamics_bc.writing.comparing import differences
from target_dynamics_bc.writing.documents.creating import new_line
from target_dynamics_bc.writing.documents.marking import can_be_marked, marking, marks
from target_dynamics_bc.writing.rows import SET_LINES, set_line_writes
from target_dynamics_bc.writing.steps import (
    Address,
    Finish,
    Refuse,
    Send,
    Step,
    Write,
    delete,
    next_step,
    patch,
    take_back,
)

if TYPE_CHECKING:
    from target_dynamics_bc.kinds.kind import Child
    from target_dynamics_bc.wanted.records import ResolvedLine, Row
    from target_dynamics_bc.writing.documents.document import Document
    from target_dynamics_bc.writing.unit import Unit

ONE_TRANSACTION = 100
"""Writes that are all carried out, or none of them."""


def amendment(document: Document) -> Step:
    """The next step of what turns the draft into what is wanted; the end, when it is that."""
    unit = document.unit
    finish = document.finish(draft=unit.kind.posting is not None)
    step = next_step(_changes(document), unit.history.done, finish)
    removals = [*_removals(document), *_unmarking(document)]
    if isinstance(step, Send):
        if _sets_all_at_once(unit):
            step = replace(step, nests_dimensions=any(write.about == "dimension" for write in step.writes))
        together = (*step.writes, *removals)
        # One transaction is all or nothing, as long as no later one has to follow.
        is_last = len(together) <= ONE_TRANSACTION and not any(_is_followed(unit, write) for write in step.writes)
        return replace(step, writes=together) if is_last else _marked(document, step, len(together))
    if isinstance(step, Finish) and removals:
        step = next_step(removals, unit.history.done, step)
    if isinstance(step, Send):
        return _marked(document, step, len(step.writes))
    return take_back(step) if isinstance(step, Refuse) and not unit.created else step


def line_address(unit: Unit, row: Row) -> Address:
    """Where a line that is there is changed: in the set of lines."""
    return Address(unit.kind.lines_name, str(row["id"]))


def _changes(document: Document) -> list[Write]:
    """What differs. A change that moves dimensions goes first: what it leaves them at is seen by the next look.

    Dimension set lines of a header are its alone, so that those of a new document travel with those of its lines.
    """
    unit, address, found = document.unit, document.address, document.row
    kind = unit.kind
    changes = differences(kind.facts, unit.stated_fields, found)
    writes = [patch(address, kind.facts, changes, found)] if changes else []
    if _remaking(unit) & changes.keys() or kind.lines is None:
        return writes
    on_header = set_line_writes(address, unit.resolved.dimensions, found.get(SET_LINES) or ())
    hands_down = (bool(on_header) and not _sets_all_at_once(unit)) or bool(_global_names(unit) & changes.keys())
    writes += on_header
    for line, row in document.pairs:
        if row is None:
            # Its dimensions come with the next look, when what it has inherited is known.
            writes.append(Write("POST", address.below(kind.lines.navigation), new_line(line), "line"))
        else:
            writes += _line_changes(unit, kind.lines, line, row, with_dimensions=not hands_down)
    return writes


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


def _sets_all_at_once(unit: Unit) -> bool:
    """Whether dimensions of the header and of lines are set together: of a new document, unless that was refused."""
    return unit.created and unit.nests_dimensions


def _removals(document: Document) -> list[Write]:
    unit, alignment = document.unit, document.alignment
    gone = alignment.surplus if unit.rules.replaces_lines else alignment.replaced
    return [delete(line_address(unit, row), row, about="line") for row in gone]


def _unmarking(document: Document) -> list[Write]:
    """What takes the mark off again. A record that does not speak of lines cannot have put them right."""
    rows = marks(document.lines) if document.unit.resolved.lines is not None else ()
    return [delete(line_address(document.unit, row), row, about="line") for row in rows]


def _marked(document: Document, step: Send, writes: int) -> Send:
    """The step, with a mark on the draft if that is half changed behind it: nobody is to post half a document.

    That is so if all there is to write takes several transactions, and if the service goes over all lines in one.
    """
    unit, first = document.unit, step.writes[0]
    lines, of_header = unit.kind.lines, first.about == "record"
    is_half = writes > ONE_TRANSACTION or (of_header and bool(_remaking(unit) & (first.body or {}).keys()))
    if not is_half or lines is None or not can_be_marked(lines) or marks(document.lines):
        return step
    if not unit.resolved.lines or not document.lines:
        return step
    # The first transaction takes a hundred writes, and the service may take the comment along when it goes over lines.
    place = int(of_header)
    return replace(step, writes=(*step.writes[:place], marking(document.address, lines), *step.writes[place:]))


def _is_followed(unit: Unit, write: Write) -> bool:
    """Whether dimensions, or all that depends on the party, may have to be written after this."""
    moves = (_remaking(unit) | _global_names(unit)) & (write.body or {}).keys()
    return write.method == "POST" or write.about == "dimension" or bool(moves)


def _remaking(unit: Unit) -> frozenset[str]:
    """Properties of the header after whose change the service goes over all lines."""
    return frozenset({unit.kind.party, "pricesIncludeTax"})


def _global_names(unit: Unit) -> frozenset[str]:
    """The properties of a header that hold the company's global dimensions."""
    return frozenset((unit.books.header_dimensions or {}).values())
