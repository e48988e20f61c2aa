"""Which rows of a document are which, and what gives them the dimensions and lines that are wanted?

Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_dynamics_bc.writing.comparing import differences, same_id, same_value
from target_dynamics_bc.writing.steps import Address, Write, patch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from target_dynamics_bc.kinds.kind import Child, LineType
    from target_dynamics_bc.wanted.records import Dimension, ResolvedLine, Row


def set_line_writes(parent: Address, wanted: Iterable[Dimension], current: Sequence[Row]) -> list[Write]:
    """The writes that give a document, or a line, its dimensions; those it has besides stay.

    A dimension that is there already cannot be created again, only its value changed.
    """
    collection = parent.below("dimensionSetLines")
    by_id = {str(row["id"]).lower(): row for row in current}
    writes = []
    for dimension in wanted:
        row = by_id.get(dimension.id.lower())
        if row is None:
            writes.append(Write("POST", collection, to_set_line(dimension), "dimension", once=True))
        elif str(row.get("valueCode", "")).upper() != dimension.value_code.upper():
            changes = {"valueCode": dimension.value_code}
            writes.append(patch(collection.at(row["id"]), None, changes, row, about="dimension"))
    return writes


def to_set_line(dimension: Dimension) -> dict[str, str]:
    """A dimension as a new dimension set line."""
    return {"code": dimension.code, "valueCode": dimension.value_code}


def default_dimension_writes(parent: Address, wanted: Iterable[Dimension], current: Sequence[Row]) -> list[Write]:
    """The writes that give a customer or a vendor its default dimensions; those it has besides stay."""
    collection = parent.below("defaultDimensions")
    by_dimension = {str(row.get("dimensionCode", "")).upper(): row for row in current}
    writes = []
    for dimension in wanted:
        row = by_dimension.get(dimension.code.upper())
        if row is None:
            writes.append(Write("POST", collection, to_default_dimension(dimension), "dimension", once=True))
        elif str(row.get("dimensionValueCode", "")).upper() != dimension.value_code.upper():
            changes = {"dimensionValueId": dimension.value_id}
            writes.append(patch(collection.at(row["id"]), None, changes, row, about="dimension"))
    return writes


def to_default_dimension(dimension: Dimension) -> dict[str, str]:
    """A dimension as a new default dimension."""
    return {"dimensionId": dimension.id, "dimensionValueId": dimension.value_id}


def inherited_ids(rows: Iterable[Row | None]) -> set[str]:
    """Ids of the dimensions that what is created inherits from these vendors, customers or items."""
    return {
        str(default["dimensionId"]).lower()
        for row in rows
        if row is not None
        for default in row.get("defaultDimensions") or ()
    }


# --- lines ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alignment:
    """Which line is which.

    Attributes:
        rows: The row of each wanted line, None for a new one.
        surplus: The rows that nobody wants.
        replaced: Those of them that stood for a wanted line while it was for something else.
    """

    rows: tuple[Row | None, ...]
    surplus: tuple[Row, ...]
    replaced: tuple[Row, ...] = ()


def align(
    wanted: Sequence[ResolvedLine], current: Sequence[Row], known_ids: Mapping[str, str], child: Child
) -> Alignment:
    """Find the row of each wanted line, so that as little as possible has to be written.

    Args:
        wanted: The lines of the record.
        current: The rows of the document.
        known_ids: Id of a line's row, by the sender's id of the line, as the memory remembers it.
        child: What is known of the lines.

    A row is taken first by the sender's id of the line, then by equal content, then as the next one for the same item
    or account. No row is taken twice, and none that is for something else: what a line is for cannot be changed.
    """
    free = list(current)
    rows: list[Row | None] = [None] * len(wanted)

    def is_known(line: ResolvedLine, row: Row) -> bool:
        known_id = known_ids.get(line.external_id, line.external_id) if line.external_id is not None else None
        return known_id is not None and same_id(known_id, row.get("id"))

    tests: tuple[Callable[[ResolvedLine, Row], bool], ...] = (
        lambda line, row: is_known(line, row) and same_object(child, line, row),
        lambda line, row: same_object(child, line, row) and not differences(child.facts, line.fields, row),
        lambda line, row: same_object(child, line, row),
    )
    for test in tests:
        for place, line in enumerate(wanted):
            if rows[place] is None:
                rows[place] = next((row for row in free if test(line, row)), None)
                if rows[place] is not None:
                    free = [row for row in free if row is not rows[place]]
    replaced = tuple(row for row in free if any(is_known(line, row) for line in wanted))
    return Alignment(tuple(rows), tuple(free), replaced)


def same_object(child: Child, line: ResolvedLine, row: Row) -> bool:
    """Whether a row is for what the line is for, which cannot be changed later."""
    type_ = line_type(child, line.kind)
    if type_ is None or not type_.object:
        return row.get("lineType") == line.kind
    return same_value(child.facts, type_.object, line.fields.get(type_.object), row.get(type_.object))


def line_type(child: Child, name: str) -> LineType | None:
    """What lines of that name are for."""
    return next((each for each in child.types if each.name == name), None)
