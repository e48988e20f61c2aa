"""Which documents may be what a create has made that was refused, or not answered? Pure.

The service may have put other values into it than those that were sent, so not all has to be equal. Its lines are the
record's: each is for the same thing, has the same description, and the same quantity or price. Either nothing of the
record is missing, or nothing is there that is not of the record, which is then completed. Of a document without lines
all that the record says of it is equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_dynamics_bc.writing.comparing import differences, same_value
from target_dynamics_bc.writing.documents.document import Document
from target_dynamics_bc.writing.documents.looking import SAME, is_about_others

if TYPE_CHECKING:
    from target_dynamics_bc.kinds.kind import Child
    from target_dynamics_bc.wanted.records import ResolvedLine, Row
    from target_dynamics_bc.writing.steps import Answers
    from target_dynamics_bc.writing.unit import Unit


def alike(unit: Unit, answers: Answers) -> list[Row]:
    """The drafts that may have come of a create of this run, or by their content alone of that of an earlier one."""
    names = [name for name in answers if name == SAME or (unit.has_sent_create and not is_about_others(name))]
    return [row for name in names for row in answers[name] if _is_like(unit, row)]


def _is_like(unit: Unit, row: Row) -> bool:
    if not unit.kind.is_draft(row):
        return False
    document, child, lines = Document.of(unit, row), unit.kind.lines, unit.resolved.lines or ()
    if child is None or not lines:
        return not document.alignment.surplus and not differences(unit.kind.facts, unit.resolved.fields, row)
    pairs = [(line, found) for line, found in document.pairs if found is not None]
    is_part = bool(pairs) and not document.alignment.surplus
    return (len(pairs) == len(lines) or is_part) and all(_is_like_line(child, *pair) for pair in pairs)


def _is_like_line(child: Child, line: ResolvedLine, row: Row) -> bool:
    """Whether a row is called as the line that is for the same thing, and has its quantity or its price."""
    fields = line.fields
    numbers = [name for name in ("quantity", *child.recalculated) if fields.get(name) is not None]
    if fields.get("description") and not same_value(child.facts, "description", *_of("description", fields, row)):
        return False
    return not numbers or any(same_value(child.facts, name, *_of(name, fields, row)) for name in numbers)


def _of(name: str, fields: Row, row: Row) -> tuple[object, object]:
    return fields[name], row.get(name)
