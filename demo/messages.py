"""What is in a file of Singer messages?"""

from __future__ import annotations

import collections
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def of_type(path: Path, kind: str) -> Iterator[dict[str, Any]]:
    """The messages of one type."""
    with path.open() as lines:
        yield from (message for message in map(json.loads, lines) if message["type"] == kind)


def rows_by_stream(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The records of each stream."""
    rows: dict[str, list[dict[str, Any]]] = collections.defaultdict(list)
    for message in of_type(path, "RECORD"):
        rows[message["stream"]].append(message["record"])
    return rows


def replication_keys(path: Path) -> dict[str, str | None]:
    """The replication key of each stream, None for a stream that is read whole."""
    return {message["stream"]: (message.get("bookmark_properties") or [None])[0] for message in of_type(path, "SCHEMA")}
