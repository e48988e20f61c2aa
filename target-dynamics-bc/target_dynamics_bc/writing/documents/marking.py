"""How does a draft say that it is half changed, or there to be looked at alone, so that nobody posts it?

A comment line says so: from the first of several transactions to the last one, and as long as a preview's draft is
there. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_dynamics_bc.identity import derived_id
from target_dynamics_bc.writing.writes import Write

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_dynamics_bc.kinds.kind import Child
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.unit import Unit
    from target_dynamics_bc.writing.writes import Address

UNFINISHED = "NOT COMPLETE: this document is being changed. Do not post it."
"""The comment line that a draft has while it is half changed: whoever opens it then is told."""
_COMMENT = "Comment"
_PREVIEW = "PREVIEW "
_OF_PREVIEW = ": compared, and removed at once. Do not post it."


def is_mark(row: Row) -> bool:
    """Whether a line is the mark."""
    return row.get("lineType") == _COMMENT and row.get("description") == UNFINISHED


def is_told(row: Row) -> bool:
    """Whether a line is ours, and says what is to be thought of its draft."""
    return is_mark(row) or is_of_preview(row)


def marks(lines: Iterable[Row]) -> list[Row]:
    """Those lines that are marks."""
    return [row for row in lines if is_mark(row)]


def preview_of(unit: Unit) -> str:
    """What the draft says that was made for the preview of a record, and no other one."""
    own = derived_id(unit.books.id, unit.kind.name, "preview", unit.key.identity)
    return f"{_PREVIEW}{own}{_OF_PREVIEW}"


def is_of_preview(line: Row) -> bool:
    """Whether a line says that its draft is a preview's."""
    text = str(line.get("description") or "")
    return line.get("lineType") == _COMMENT and text.startswith(_PREVIEW) and text.endswith(_OF_PREVIEW)


def comment(text: str) -> dict[str, str]:
    """A comment line as it is created."""
    return {"lineType": _COMMENT, "description": text}


def can_be_marked(child: Child) -> bool:
    """Whether documents of a kind take comments."""
    return child.type_of(_COMMENT) is not None


def marking(document: Address, child: Child) -> Write:
    """What puts the mark on a document."""
    return Write("POST", document.below(child.navigation), comment(UNFINISHED), "line")
