"""How does a draft say that it is half changed, so that nobody posts half a document?

A comment line says so, from the first of several transactions to the last one. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_dynamics_bc.writing.rows import line_type
from target_dynamics_bc.writing.steps import Write

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_dynamics_bc.kinds.kind import Child
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.steps import Address

UNFINISHED = "NOT COMPLETE: this document is being changed. Do not post it."
"""The comment line that a draft has while it is half changed: whoever opens it then is told."""
_COMMENT = "Comment"


def is_mark(row: Row) -> bool:
    """Whether a line is the mark."""
    return row.get("lineType") == _COMMENT and row.get("description") == UNFINISHED


def marks(lines: Iterable[Row]) -> list[Row]:
    """Those lines that are marks."""
    return [row for row in lines if is_mark(row)]


def can_be_marked(child: Child) -> bool:
    """Whether documents of a kind take comments."""
    return line_type(child, _COMMENT) is not None


def marking(document: Address, child: Child) -> Write:
    """What puts the mark on a document."""
    return Write("POST", document.below(child.navigation), {"lineType": _COMMENT, "description": UNFINISHED}, "line")
