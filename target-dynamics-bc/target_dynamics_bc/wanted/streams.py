"""Which dialect does a stream speak, and what does a record of it ask for?

Two dialects, one model: HotGlue's unified records, and Business Central's own property names. They differ in what null
means, so a stream speaks one of them from its first record to its last. Its SCHEMA settles which, by the names that
only one of the dialects has; else its name; and for customers and vendors, which both dialects call by the same names,
the first record that tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_dynamics_bc.wanted.own import map_own, names_of_own
from target_dynamics_bc.wanted.unified.mapping import map_unified, names_of_unified

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_dynamics_bc.kinds.kind import Kind
    from target_dynamics_bc.kinds.table import Kinds
    from target_dynamics_bc.wanted.records import WantedRecord


class Dialects:
    """The dialect of each stream.

    Args:
        kinds: The table of kinds.
    """

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._own: dict[str, bool] = {}

    def settle(self, stream: str, properties: Iterable[str]) -> None:
        """Take the SCHEMA of a stream, which settles its dialect for the records that follow.

        Args:
            stream: The stream's name, as it came.
            properties: The names of the properties that the SCHEMA has.
        """
        kind = self._kinds.of_stream(stream)
        if kind is None:
            return
        own = _vote(kind, properties)
        own = _by_name(kind, stream) if own is None else own
        if own is None:
            self._own.pop(stream, None)
        else:
            self._own[stream] = own

    def is_own(self, stream: str, kind: Kind, record: Mapping[str, Any]) -> bool:
        """Whether the record, which has just come, is in Business Central's own names."""
        own = self._own.get(stream)
        if own is None:
            own = _vote(kind, record)
            if own is not None:
                self._own[stream] = own
        return bool(own)


_LINES = frozenset({"lineItems", "expenses"})
"""What unified records call the lines of a document."""


_OF_BOTH = frozenset({"externalId", "isDraft", "action"})
"""What records of either dialect may have beside their own names."""


def _vote(kind: Kind, names: Iterable[str]) -> bool | None:
    """Whether more of the names are Business Central's alone than unified records' alone; None for as many of both."""
    if kind.unified is None:
        return True
    own, unified, used = names_of_own(kind), names_of_unified(kind), set(names) - _OF_BOTH
    if kind.lines_name in used and not _LINES & used:
        return True  # what holds the lines tells more than any other name: without it they would be lost
    for_own, for_unified = len((own - unified) & used), len((unified - own) & used)
    return None if for_own == for_unified else for_own > for_unified


def _by_name(kind: Kind, stream: str) -> bool | None:
    """Whether a stream is Business Central's own by its name; None for a name that both dialects have."""
    name = stream.strip().lower()
    unified = {each.lower() for each in (kind.unified.streams if kind.unified is not None else ())}
    own = {each.lower() for each in (kind.name, *kind.streams)}
    return None if name in unified & own else name in own


def map_record(
    stream: str,
    kind: Kind,
    position: int,
    record: Mapping[str, Any],
    prefixes: Iterable[str],
    *,
    own: bool,
    cuts: set[str] | None = None,
) -> WantedRecord:
    """What a record asks for, in the dialect of its stream.

    Args:
        stream: The stream's name, as it came.
        kind: The table's row for it.
        position: The record's place in the input.
        record: The record.
        prefixes: Prefixes of root fields that the dimension mapping knows.
        own: It is in Business Central's own names.
        cuts: Takes the fields whose text is cut because it is too long; None to refuse it instead.
    """
    to_wanted = map_own if own else map_unified
    return to_wanted(stream, kind, position, record, prefixes, cuts=cuts)
