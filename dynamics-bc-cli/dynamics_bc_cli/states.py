"""What does a state say of each stream and company, and what is it without some of that?

Pure: a state in, rows or another state out.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.errors import ConfigurationError
from tap_dynamics_bc.reads.bookmarks import Bookmarks
from tap_dynamics_bc.reads.states import unwrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_TOLD = {"context", "replication_key", "replication_key_value"}


@dataclass(frozen=True, slots=True)
class Entry:
    """What a state says of one stream, company and kind of parent.

    Attributes:
        stream: The stream.
        company_id: The company; empty for a stream of the environment.
        parent_set: The kind of parent; empty where there is one kind.
        replication_key: The property that the bookmark counts; empty without a bookmark.
        bookmark: The bookmark; None without one.
        remembered: What else is kept.
    """

    stream: str
    company_id: str
    parent_set: str
    replication_key: str
    bookmark: str | int | None
    remembered: Mapping[str, Any]


def checked(state: Mapping[str, Any] | None, file: Path) -> dict[str, Any]:
    """A state that the tap would take.

    Args:
        state: What a file holds.
        file: The file.

    Raises:
        ConfigurationError: There is none, or it is no state of the tap.
    """
    if state is None:
        raise ConfigurationError(f'There is no state in "{file}": the file is empty, or not there.')
    found = unwrapped(dict(state))
    Bookmarks(found.get("bookmarks", {}))
    return found


def entries(state: Mapping[str, Any]) -> Iterator[Entry]:
    """What a state says, in its own order."""
    for stream, given in state.get("bookmarks", {}).items():
        for partition in given.get("partitions", []):
            context = partition["context"]
            yield Entry(
                stream,
                context.get("company_id", ""),
                context.get("parent_set", ""),
                partition.get("replication_key", ""),
                partition.get("replication_key_value"),
                {name: value for name, value in partition.items() if name not in _TOLD},
            )


def without(
    state: Mapping[str, Any], streams: Sequence[str], companies: Sequence[str]
) -> tuple[dict[str, Any], list[Entry]]:
    """A state without what is to be read from the beginning, and what that was.

    Args:
        state: The state.
        streams: Names of streams in any case, `*` for any characters; empty for all.
        companies: Ids of companies in any case; empty for all.

    Raises:
        ConfigurationError: A name fits nothing in the state.
    """
    found = list(entries(state))
    for pattern in streams:
        if not any(_fits(each.stream, [pattern]) for each in found):
            known = ", ".join(sorted({each.stream for each in found})) or "nothing"
            raise ConfigurationError(f'The state has no stream "{pattern}"; it has {known}.')
    for company in companies:
        if not any(_fits(each.company_id, [company]) for each in found):
            raise ConfigurationError(f'The state has no bookmark of the company "{company}".')
    chosen = [
        each
        for each in found
        if (not streams or _fits(each.stream, streams)) and (not companies or _fits(each.company_id, companies))
    ]
    gone = {(each.stream, each.company_id, each.parent_set) for each in chosen}
    bookmarks = {
        stream: {**given, "partitions": kept}
        for stream, given in state.get("bookmarks", {}).items()
        if (kept := [each for each in given.get("partitions", []) if _place(stream, each) not in gone])
    }
    return {**state, "bookmarks": bookmarks}, chosen


def _place(stream: str, partition: Mapping[str, Any]) -> tuple[str, str, str]:
    context = partition["context"]
    return stream, context.get("company_id", ""), context.get("parent_set", "")


def _fits(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name.casefold(), pattern.casefold()) for pattern in patterns)
