"""Which part of a filter SQLite can answer from the indexed columns."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.odata.filters import Comparison, Every, Node, Some

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_emulator.odata.catalogue import EntitySet

_SQL = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
# SQLite keeps whole numbers in 64 bits.
_SQLITE_INTEGERS = 2**63


@dataclass(frozen=True, slots=True)
class Pushed:
    """A filter cut in two.

    Attributes:
        sql: What SQLite checks, an expression over the indexed columns.
        values: Its parameters.
        rest: What is left to check row by row, None if nothing is.
    """

    sql: str
    values: tuple[Any, ...]
    rest: Node | None


EVERYTHING = Pushed("1", (), None)


def push(node: Node | None, entity_set: EntitySet, columns: Mapping[str, str]) -> Pushed:
    """Cut a filter in two.

    Args:
        node: The filter, None for none.
        entity_set: What it filters.
        columns: Properties that have a column, with the column's name; the stamp's property is known anyway.
    """
    if node is None:
        return EVERYTHING
    known = {**columns, **({entity_set.stamp: "stamp"} if entity_set.stamp else {})}
    parts = node.parts if isinstance(node, Every) else (node,)
    pushed = [(part, _to_sql(part, known)) for part in parts]
    rest = [part for part, sql in pushed if sql is None]
    done = [sql for _, sql in pushed if sql is not None]
    return Pushed(
        " AND ".join(f"({sql})" for sql, _ in done) or "1",
        tuple(value for _, values in done for value in values),
        (rest[0] if len(rest) == 1 else Every(tuple(rest))) if rest else None,
    )


def _to_sql(node: Node, columns: Mapping[str, str]) -> tuple[str, tuple[Any, ...]] | None:
    if isinstance(node, Comparison):
        return _comparison(node, columns)
    if isinstance(node, (Some, Every)):
        parts = [_to_sql(part, columns) for part in node.parts]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        word = " OR " if isinstance(node, Some) else " AND "
        return word.join(f"({sql})" for sql, _ in known), tuple(value for _, values in known for value in values)
    return None


def _comparison(node: Comparison, columns: Mapping[str, str]) -> tuple[str, tuple[Any, ...]] | None:
    column = columns.get(node.name)
    if column is None or node.operator not in _SQL or node.any_case:
        return None
    value = node.value
    if column == "name" and not isinstance(value, str):
        return (f"sequence {_SQL[node.operator]} ?", (_number(value),)) if node.name == "entryNumber" else None
    return f"{column} {_SQL[node.operator]} ?", (_number(value),)


def _number(value: Any) -> Any:
    if not isinstance(value, Decimal):
        return value
    is_whole = abs(value) < _SQLITE_INTEGERS and value == value.to_integral_value()
    return int(value) if is_whole else float(value)
