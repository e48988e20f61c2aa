"""What should be read and is not in the metadata?

Pages of the API vanish from `$metadata` for hours and come back. A stream that is not there, or one of the ways to its
rows, is a failure like any other: what a run leaves out in silence looks like data that does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from tap_dynamics_bc.streams.description import Stream


@dataclass(frozen=True, slots=True)
class Absence:
    """Something that should be read and cannot be asked for; `what` is a stream, or a way to its rows."""

    what: str
    reason: str


def absences(
    streams: Mapping[str, Stream],
    *,
    selected: Collection[str],
    wanted: Iterable[str],
    read_before: Iterable[tuple[str, str]],
    reason_of: Callable[[str], str],
) -> Iterator[Absence]:
    """What is not there, each once.

    Args:
        streams: The streams that are there.
        selected: Those of them that are read in this run.
        wanted: The streams that should be read, there or not.
        read_before: Streams and parent sets that the state has bookmarks of; the parent set is empty where a stream's
            bookmarks have none.
        reason_of: Why a stream may be missing.
    """
    for name in sorted({*wanted} - streams.keys()):
        yield Absence(name, reason_of(name))
    for name, parent_set in sorted({*read_before}):
        if name in selected and parent_set and parent_set not in {way.parent_set for way in streams[name].ways}:
            yield Absence(f"{name} of {parent_set}", f"the metadata does not lead from {parent_set} to them any more")
    for name in sorted(selected):
        for navigation in streams[name].lost:
            yield Absence(f"{navigation} of {name}", "the metadata does not lead to them")
