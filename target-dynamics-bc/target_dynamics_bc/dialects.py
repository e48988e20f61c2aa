"""Which dialect does a record speak, and what does it ask for?

Two dialects, one model. A record is read as one of Business Central's own when it came in a stream that is named as a sink and
carries none of the names that only unified records have; else as one of HotGlue's unified records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_dynamics_bc.mapping import map_unified

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_dynamics_bc.entities import Entity
    from target_dynamics_bc.records import WantedRecord


def map_record(
    stream: str, entity: Entity, position: int, record: Mapping[str, Any], prefixes: Iterable[str]
) -> WantedRecord:
    """What a record asks for, in whichever dialect it came.

    Args:
        stream: The stream's name, as it came.
        entity: The table's row for it.
        position: The record's place in the input.
        record: The record.
        prefixes: Prefixes of root fields that the dimension mapping knows.
    """
    return map_unified(stream, entity, position, record, prefixes)
