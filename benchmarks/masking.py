"""How can rows be compared that have ids which nobody can foretell?

Pure. Ids of the seed are the same in every run and stay. An id that came up in the run is replaced by what it is the id
of, as far as that has a name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

GUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE)
_NAMING = ("number", "code", "documentNumber", "displayName", "sequence", "lineNumber")


class Masks:
    """Replaces ids that are not known.

    Args:
        known: Ids that every run has.
        rows: Rows by entity set, which give the other ids their names.
    """

    def __init__(self, known: Container[str], rows: Mapping[str, Iterable[Mapping[str, Any]]]) -> None:
        self._known = known
        self._names = {
            str(row["id"]): f"<{_name(entity_set, row)}>"
            for entity_set, of_set in rows.items()
            for row in of_set
            if "id" in row
        }

    def masked(self, text: str) -> str:
        """A text without ids that vary."""
        return GUID.sub(self._mask, text)

    def _mask(self, found: re.Match[str]) -> str:
        id_ = found.group()
        return id_ if id_.lower() in self._known else self._names.get(id_, "<new id>")


def ids_in(text: str) -> set[str]:
    """All ids that a text holds, in lower case."""
    return {found.group().lower() for found in GUID.finditer(text)}


def _name(entity_set: str, row: Mapping[str, Any]) -> str:
    # The entries of a document share its name: which of them an outcome shows is up to the order of their ids.
    named = [f"{name} {row[name]}" for name in _NAMING if row.get(name)]
    return " ".join(["new", entity_set, *named[:1]])
