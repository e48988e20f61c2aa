"""What if properties that the metadata promises are not there, in no row?

Metadata and pages are two requests, and an extension may be removed between them; the service also caches the former.
A property that nobody has is no failure: it is not there for anybody to read. It is said once for each stream, and
records come without it. The service refuses a request that names it, so it is asked again without.
"""

from __future__ import annotations

import logging
import re
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.errors import BadRequest
from tap_dynamics_bc.pages.rows import each_row, first_row, items_of, members_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dynamics_bc_client.errors import DynamicsError
    from tap_dynamics_bc.reads.places import Place

log = logging.getLogger(__name__)

# The service's words for a name in a query that its model does not have; recorded from a tenant.
_NO_PROPERTY = re.compile(r"Could not find a property named '(?P<name>\w+)' on type '(?:[\w.]+\.)?(?P<type>\w+)'")


class Promises:
    """Says what is missing, once for each stream; shared by all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: set[tuple[str, str]] = set()

    def look(self, place: Place, body: bytes) -> None:
        """Say which properties of a place are in no row of a page. One whose first row has all of them is whole."""
        first = first_row(body)
        if first is None or not _is_whole(place, first):
            self._look(place, each_row(body))

    def tell(self, place: Place, names: list[str]) -> None:
        """Say that properties are not there."""
        stream = place.stream.name
        with self._lock:
            new = [name for name in names if (stream, name) not in self._told]
            self._told.update((stream, name) for name in new)
        if new:
            log.warning("The metadata promises %s of %s, and the service does not have it.", ", ".join(new), stream)

    def _look(self, place: Place, rows: Iterator[bytes]) -> None:
        begins_with = next(rows, None)
        if begins_with is None:
            return
        first = members_of(begins_with)
        missing = {*place.needed} - {*first}
        if missing:
            for row in rows:
                missing -= {*members_of(row)}
            self.tell(place, [name for name in place.needed if name in missing])
        for child in place.below:
            value = first.get(child.navigation, b"null")
            if value != b"null":
                self._look(child, iter(items_of(value) if child.many else [value]))


def _is_whole(place: Place, row: Any) -> bool:
    """Whether a row, and the first of those that were expanded with it, have all their properties."""
    if not isinstance(row, dict) or not row.keys() >= {*place.needed}:
        return False
    firsts = ((child, _first_of(row.get(child.navigation))) for child in place.below)
    return all(first is None or _is_whole(child, first) for child, first in firsts)


def _first_of(expanded: Any) -> Any:
    return (expanded[0] if expanded else None) if isinstance(expanded, list) else expanded


def missing_property(error: DynamicsError) -> re.Match[str] | None:
    """The name of a property that a request was refused for, and of the type that lacks it; None when it was not."""
    return _NO_PROPERTY.search(error.text) if isinstance(error, BadRequest) else None


def without_refused_property(place: Place, error: DynamicsError, promises: Promises) -> Place | None:
    """A place that does not ask for the property that a request was refused for; None when that was not why.

    Keys and stamps are asked for in any case: without them nothing can be read.
    """
    match = missing_property(error)
    if match is None:
        return None
    smaller = _without(place, match["type"], match["name"], promises)
    return None if smaller == place else smaller


def _without(place: Place, type_name: str, name: str, promises: Promises) -> Place:
    below = tuple(_without(child, type_name, name, promises) for child in place.below)
    selection, entity = place.selection, place.stream.entity_set.type
    is_needed = name in place.row_keys.names or name == place.stream.stamp
    if selection is None or entity.name != type_name or name not in selection.properties or is_needed:
        return place if below == place.below else replace(place, below=below)
    promises.tell(place, [name])
    kept = tuple(each for each in selection.properties if each != name)
    return replace(place, selection=replace(selection, properties=kept), below=below)
