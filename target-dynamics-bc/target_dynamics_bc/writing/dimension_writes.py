"""What gives a record, or a line of it, the dimensions that are wanted? Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_dynamics_bc.writing.writes import Address, Write, patch

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from target_dynamics_bc.wanted.records import Dimension, Row


SET_LINES = "dimensionSetLines"
"""The navigation property to the dimensions of a document, or of a line."""


def set_line_writes(parent: Address, wanted: Collection[Dimension], current: Sequence[Row]) -> list[Write]:
    """The writes that give a document, or a line, its dimensions; those it has besides stay.

    A dimension that is there already cannot be created again, only its value changed.
    """
    if not wanted:
        return []
    collection = parent.below(SET_LINES)
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
