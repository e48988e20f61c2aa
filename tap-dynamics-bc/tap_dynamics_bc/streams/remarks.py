"""What is to be said, once, about the streams that a run reads?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_dynamics_bc.streams.twins import twin_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from tap_dynamics_bc.streams.description import Stream


def remarks(
    streams: Collection[Stream], lost: Mapping[str, Collection[str]], unknown: Iterable[str] = ()
) -> Iterator[str]:
    """Sentences about streams.

    Args:
        streams: Those that are read.
        lost: Properties that a catalog selects and the metadata does not have, by stream.
        unknown: What settings name and is not there, a sentence for each setting.
    """
    yield from unknown
    if keyless := sorted(stream.name for stream in streams if not stream.keys):
        yield (
            f"Nothing in the metadata tells the rows of {', '.join(keyless)} apart: "
            "read whole in every run, without key properties."
        )
    if gone := {stream.name: sorted(lost[stream.name]) for stream in streams if lost.get(stream.name)}:
        yield f"The catalog selects what the metadata does not have: {_of_streams(gone)}. Records come without it."
    if hidden := {stream.name: stream.hidden for stream in streams if stream.hidden}:
        yield (
            f"{_of_streams(hidden)} cannot be read: the tap adds columns of these names to each record. Records come "
            "without them."
        )
    if alike := {stream.name: names for stream in streams if (names := _alike(stream))}:
        yield (
            f"{_of_streams(alike)}: columns that the tap adds have the same names in lower case. For a loader that "
            "ignores case, leave them out of the catalog or rename them in a stream map."
        )
    services = [stream for stream in streams if stream.route.is_web_services]
    ending = {stream.name: twin for stream in services if (twin := twin_of(stream.entity_set.name))}
    if ending:
        named = "; ".join(f"{twin} for {stream}" for stream, twin in sorted(ending.items()))
        yield (
            "Microsoft's own pages are no longer web services from release 30 on (2027, wave 1). "
            f"If these are such pages, read the API instead: {named}."
        )


def _alike(stream: Stream) -> tuple[str, ...]:
    """Properties that are called like what the tap adds, but for case."""
    added = {column.name.casefold() for column in stream.columns}
    return tuple(name for name in stream.properties if name.casefold() in added)


def _of_streams(names: Mapping[str, Collection[str]]) -> str:
    return "; ".join(f"{', '.join(each)} of {stream}" for stream, each in sorted(names.items()))
