"""Which rows of a document are which lines of the record? Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_dynamics_bc.writing.comparing import differences, is_blank, same_id

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from target_dynamics_bc.kinds.kind import Child, LineType
    from target_dynamics_bc.wanted.records import ResolvedLine, Row


_LINE_TYPE, _LINE_NUMBER = "lineType", "lineObjectNumber"


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
    types = {line.kind: child.type_of(line.kind) for line in wanted}
    objects = [_object(types[line.kind], line.kind, line.fields) for line in wanted]
    free = _by_object({name for name, _ in objects} - {_LINE_TYPE}, current)
    known = [_known_id(line, known_ids) for line in wanted]
    rows: list[Row | None] = [None] * len(wanted)
    tests: tuple[Callable[[int, Row], bool], ...] = (
        lambda place, row: known[place] is not None and same_id(known[place], row.get("id")),
        lambda place, row: not differences(child.facts, wanted[place].fields, row),
        lambda _, __: True,
    )
    for test in tests:
        for place, object_ in enumerate(objects):
            if rows[place] is None:
                candidates = free.get(object_, [])
                fitting = next((at for at, row in enumerate(candidates) if test(place, row)), None)
                rows[place] = candidates.pop(fitting) if fitting is not None else None
    taken = {id(row) for row in rows}
    surplus = tuple(row for row in current if id(row) not in taken)
    replaced = tuple(row for row in surplus if any(each is not None and same_id(each, row.get("id")) for each in known))
    return Alignment(tuple(rows), surplus, replaced)


def _known_id(line: ResolvedLine, known_ids: Mapping[str, str]) -> str | None:
    return known_ids.get(line.external_id, line.external_id) if line.external_id is not None else None


def _by_object(names: Collection[str], current: Iterable[Row]) -> dict[tuple[str, str], list[Row]]:
    """The rows by what they are for, which cannot be changed later."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in current:
        name = next((name for name in names if not is_blank(row.get(name))), "")
        object_ = (name, _comparable(row.get(name))) if name else _by_number(row.get(_LINE_TYPE), row)
        found.setdefault(object_, []).append(row)
    return found


def _object(type_: LineType | None, kind: str, line: Mapping[str, Any]) -> tuple[str, str]:
    """What a line is for: the property that says so, and its value, as it compares."""
    name = type_.object if type_ is not None and not type_.is_by_number else ""
    return (name, _comparable(line.get(name))) if name else _by_number(kind, line)


def _by_number(kind: Any, line: Mapping[str, Any]) -> tuple[str, str]:
    """What a line is for that no id says: its type and number, which a comment has none of."""
    return _LINE_TYPE, f"{_comparable(kind)} {_comparable(line.get(_LINE_NUMBER))}"


def _comparable(value: Any) -> str:
    return "" if is_blank(value) else str(value).strip().upper()
