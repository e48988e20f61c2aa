"""What makes the lines in a journal what they are to be? Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.odata.values import ZERO_GUID
from target_dynamics_bc.writing.comparing import differences, is_blank
from target_dynamics_bc.writing.dimension_writes import SET_LINES, inherited_ids, set_line_writes, to_set_line
from target_dynamics_bc.writing.journals.places import (
    BALANCING,
    line_address,
    line_id,
    lines_of,
    wanted_lines,
)
from target_dynamics_bc.writing.writes import Write, delete, patch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_dynamics_bc.wanted.records import ResolvedLine, Row
    from target_dynamics_bc.writing.journals.places import Where
    from target_dynamics_bc.writing.unit import Unit

_BALANCED_BY = (BALANCING, "balancingAccountNumber")


def line_writes(
    unit: Unit,
    journal_id: str,
    where: Where,
    rows: Mapping[int, Row],
    *,
    balances_itself: bool = False,
) -> list[Write]:
    """What makes the lines what they are to be.

    A journal may give every line a balancing account, and takes a blank one that comes with a new line for none; so it
    is taken off again where an entry balances by itself, and looked at.
    """
    writes, facts = [], unit.kind.facts
    for place, line in enumerate(wanted_lines(unit)):
        row = rows.get(place)
        fields = {BALANCING: ZERO_GUID, **line.fields} if balances_itself and not is_balanced(line) else line.fields
        if row is None:
            body = new_line(unit, replace(line, fields=fields), where, place)
            writes.append(Write("POST", lines_of(unit, journal_id), body, "line"))
            continue
        address = line_address(unit, row)
        changes = differences(facts, fields, row)
        writes += [patch(address, facts, changes, row, about="line", field_=line.field)] if changes else []
        # Who or what a line is for hands down dimensions; what they are afterwards is seen by the next look.
        if not changes.keys() & {"accountId", "accountNumber", unit.kind.party}:
            writes += set_line_writes(address, line.dimensions, row.get(SET_LINES) or ())
    return writes


def removals_of(unit: Unit, rows: Mapping[int, Row]) -> list[Write]:
    """Lines that the entry does not have any more; they go last, when all else is accepted."""
    gone = [row for place, row in rows.items() if place >= len(wanted_lines(unit)) and unit.rules.replaces_lines]
    return [delete(line_address(unit, row), row, about="line") for row in gone]


def new_line(unit: Unit, line: ResolvedLine, where: Where, place: int) -> dict[str, Any]:
    """A line as it is created, with those of its dimensions that it does not inherit."""
    body: dict[str, Any] = {"id": line_id(unit, where, place), **line.fields}
    inherited = inherited_ids([unit.resolved.found.get(unit.kind.party)])
    own = {dimension.id.lower() for dimension in line.dimensions}
    if own and unit.nests_dimensions and not own & inherited:
        body[SET_LINES] = [to_set_line(dimension) for dimension in line.dimensions]
    return body


def is_balanced(line: ResolvedLine) -> bool:
    """Whether a line has a balancing account."""
    return any(not is_blank(line.fields.get(name)) for name in _BALANCED_BY)
