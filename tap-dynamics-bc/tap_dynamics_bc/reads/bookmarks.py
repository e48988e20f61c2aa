"""How far has each partition been read, and what may the next run rely on?

Rules:
- A bookmark never passes the ceiling of its run, see `horizon`: rows become visible some time after they were stamped.
- It moves only when everything up to it has been written out, and never backwards.
- A partition is a company, for streams with parents of several kinds a company and a parent set. Whatever else a
  context in an earlier state holds (a company's name may change) is dropped.
- What else is to be known about a partition in the next run stands beside its bookmark, and only if there is anything.
- A state is read once and made anew for every STATE message; nobody changes one.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.errors import ConfigurationError, UnexpectedAnswer
from tap_dynamics_bc.reads.remembered import MOMENTS, NUMBERS, READ_WHOLE_AT
from tap_dynamics_bc.streams.replication import Seen, Start, order_of
from tap_dynamics_bc.streams.stamps import to_stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from tap_dynamics_bc.reads.full_rereads import FullRereads
    from tap_dynamics_bc.streams.replication import Replication, Value

log = logging.getLogger(__name__)

_COMPANY_ID, _PARENT_SET = _CONTEXT_KEYS = ("company_id", "parent_set")
_KEY, _VALUE = "replication_key", "replication_key_value"
_SEEN = "seen"
_FILTER = "filter"
CHARACTERS_SHOWN = 300
_LEFT_BY_THE_SDK = frozenset({"progress_markers"})
_OF_THE_SDK = frozenset({_KEY, _VALUE, "starting_replication_value", "replication_key_signpost"})
"""What the SDK keeps of a stream without partitions, as text."""
_MEMBERS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        **dict.fromkeys(NUMBERS, int),
        **dict.fromkeys(MOMENTS, to_stamp),
    }
)
"""What a run compares of the things that are remembered, and how it is read: `state.schema.json` names all of them."""

_Context = tuple[str, str]
"""Company id in lower case and parent set, each empty where there is none: what a bookmark of a stream is found by."""


@dataclass(frozen=True, slots=True)
class Partition:
    """One bookmark's place in the state.

    Attributes:
        stream: The stream.
        replication: How its changed rows are found again.
        company_id: GUID of the company; None for streams of the environment.
        parent_set: The parent set, for streams with parents of several kinds.
        filter: The filters that decide which rows are read; empty for all. A bookmark under another filter says nothing
            about the rows of this one, unless it is of all rows.
    """

    stream: str
    replication: Replication
    company_id: str | None = None
    parent_set: str | None = None
    filter: str = ""

    @property
    def context(self) -> dict[str, str]:
        """The partition's context in the state."""
        values = zip(_CONTEXT_KEYS, (self.company_id, self.parent_set), strict=True)
        return {key: value for key, value in values if value is not None}

    @property
    def found_by(self) -> _Context:
        """What its bookmark is found by, among those of the stream."""
        return (self.company_id or "").lower(), self.parent_set or ""


class Bookmarks:
    """The bookmarks of a run: those of the state it was given, moved forward as partitions are finished.

    Args:
        bookmarks: What a state has under that name, by stream; empty for a first run. It is left as it is.
        start_date: Where partitions without a bookmark start, as a stamp; None for everything.

    Raises:
        ConfigurationError: There is something that is no bookmark of this tap.
    """

    def __init__(self, bookmarks: Mapping[str, Any], *, start_date: str | None = None) -> None:
        self._start_date = start_date
        self._is_due: Callable[[Partition], bool] = lambda _: False
        self._entries: dict[str, dict[_Context, Mapping[str, Any]]] = {}
        self._others: dict[str, dict[str, Any]] = {}
        for stream, given in bookmarks.items():
            self._adopt(stream, given)
        self._told_of: set[str] = set()
        self.moved = 0

    @property
    def company_ids(self) -> list[str]:
        """The companies that some bookmark is of, each once, in lower case."""
        return list({company_id: None for each in self._entries.values() for company_id, _ in each if company_id})

    @property
    def ways(self) -> set[tuple[str, str]]:
        """The streams that some bookmark is of, each with the parent set of it, which is empty without one."""
        return {(stream, parent_set) for stream, each in self._entries.items() for _, parent_set in each}

    def start(self, partition: Partition) -> Start:
        """From where to read a partition."""
        self._tell_of_others(partition)
        bookmark = self._bookmark(partition)
        if bookmark is None or self._is_due(partition):
            return partition.replication.first(self._start_date)
        return Start(bookmark)

    def begin_again(self, rereads: FullRereads, now: datetime) -> None:
        """Say which partitions are read from the beginning although they have a bookmark.

        Args:
            rereads: How often.
            now: By the service's clock.
        """
        self._is_due = lambda partition: rereads.is_due(
            partition.stream, self.remembered(partition, READ_WHOLE_AT), now
        )

    def note_whole(self, partition: Partition, start: Start, rereads: FullRereads, at: str) -> None:
        """Remember that a partition was read to its end, if that was from the beginning and anybody wants to know."""
        if rereads.period(partition.stream) is not None and start == partition.replication.first(self._start_date):
            self.remember(partition, READ_WHOLE_AT, at)

    def _tell_of_others(self, partition: Partition) -> None:
        """Say, once for each stream, that its bookmark says nothing about what is to be read now."""
        entry = self._entries.get(partition.stream, {}).get(partition.found_by, {})
        if entry.get(_VALUE) is None or partition.stream in self._told_of:
            return
        ours, theirs = partition.replication.key, entry.get(_KEY)
        if _is_of_others(entry, partition):
            self._told_of.add(partition.stream)
            log.warning(
                "%s was read with another filter (%s), so it is read from the beginning.",
                partition.stream,
                entry[_FILTER],
            )
        elif ours is not None and theirs != ours:
            self._told_of.add(partition.stream)
            log.warning(
                "The state's bookmark of %s is over %s and not over %s, so it is read from the beginning.",
                partition.stream,
                _shown(theirs) if theirs is not None else "no property that it names",
                ours,
            )

    def advance(self, partition: Partition, *, highest: Value | None, ceiling: str, read_at: str | None = None) -> None:
        """Note that a partition has been written out.

        Args:
            partition: The partition.
            highest: The highest value of the replication key among its rows, or its parents'; None without one.
            ceiling: The moment no bookmark of this run may pass.
            read_at: When the last page of it was served; None for the ceiling.

        Raises:
            UnexpectedAnswer: The highest value is none.
        """
        replication, seen = partition.replication, self._seen(partition)
        try:
            bookmark = replication.cap(highest, ceiling, seen)
            remaining = replication.remaining(highest, ceiling, read_at or ceiling, seen)
        except ValueError as error:
            raise UnexpectedAnswer(f"{replication.key} {error}") from error
        earlier = self._bookmark(partition)
        if earlier is not None and replication.went_back(earlier, highest):
            log.warning(
                "No row of %s has the %s of its bookmark or a higher one: the next run reads it from the beginning.",
                partition.stream,
                partition.replication.key,
            )
            self.forget_bookmark(partition)
            return
        changes: dict[str, Any] = {}
        if bookmark is not None and (earlier is None or order_of(bookmark) > order_of(earlier)):
            changes[_VALUE] = bookmark
        if remaining is not None and remaining != seen:
            changes[_SEEN] = {"value": remaining.value, "at": remaining.at}
        if changes:
            self._change(partition, changes)

    def forget_bookmark(self, partition: Partition) -> bool:
        """Forget how far a partition has been read: the next run reads all of it.

        Returns:
            Whether it had a bookmark.
        """
        entries = self._entries.get(partition.stream, {})
        entry = entries.get(partition.found_by, {})
        if entry.get(_VALUE) is None:
            return False
        entries[partition.found_by] = {name: held for name, held in entry.items() if name not in {_KEY, _VALUE, _SEEN}}
        self.moved += 1
        return True

    def _change(self, partition: Partition, changes: Mapping[str, Any]) -> None:
        entries = self._entries.setdefault(partition.stream, {})
        entry = entries.get(partition.found_by, {"context": partition.context})
        if entry.get(_KEY, partition.replication.key) != partition.replication.key or _is_of_others(entry, partition):
            entry = {name: value for name, value in entry.items() if name not in {_VALUE, _SEEN}}
        entry = {name: value for name, value in entry.items() if name != _FILTER}
        filtered = {_FILTER: partition.filter} if partition.filter else {}
        entries[partition.found_by] = {**entry, _KEY: partition.replication.key, **filtered, **changes}
        self.moved += 1

    def distrust(self, future: str) -> list[tuple[str, str]]:
        """Forget every bookmark that lies in the future, from where nothing would be read.

        And every moment at which something was done last, which would not be due again until then.

        Args:
            future: The stamp behind which it begins.

        Returns:
            What was forgotten: the stream and the bookmark.
        """
        forgotten: list[tuple[str, str]] = []
        self._forget_moments(future)
        for stream, entries in self._entries.items():
            for found_by, entry in entries.items():
                value = entry.get(_VALUE)
                if isinstance(value, str) and value > future:
                    forgotten.append((stream, value))
                    entries[found_by] = {name: held for name, held in entry.items() if name not in {_KEY, _VALUE}}
        self.moved += bool(forgotten)
        return forgotten

    def _forget_moments(self, future: str) -> None:
        for entries in self._entries.values():
            for found_by, entry in entries.items():
                late = {name for name in MOMENTS if name in entry and entry[name] is not None and entry[name] > future}
                entries[found_by] = {name: held for name, held in entry.items() if name not in late}
                self.moved += bool(late)

    def forget_companies(self, company_ids: Iterable[str]) -> list[str]:
        """Forget everything about some companies; returns the ids of those that there was something about."""
        wanted = {each.lower() for each in company_ids}
        forgotten = [each for each in self.company_ids if each in wanted]
        for stream, entries in self._entries.items():
            self._entries[stream] = {place: entry for place, entry in entries.items() if place[0] not in forgotten}
        self.moved += bool(forgotten)
        return forgotten

    def remember(self, partition: Partition, name: str, value: Any) -> None:
        """Keep something about a partition in the state, beside its bookmark; `state.schema.json` names what there is.

        Args:
            partition: The partition.
            name: Under which name.
            value: Anything that JSON holds; None to forget it.
        """
        if value == self.remembered(partition, name):
            return
        entries = self._entries.setdefault(partition.stream, {})
        entry = {**entries.get(partition.found_by, {"context": partition.context}), name: value}
        entries[partition.found_by] = {each: held for each, held in entry.items() if each != name or held is not None}
        self.moved += 1

    def remembered(self, partition: Partition, name: str) -> Any:
        """What the state has kept about a partition under a name; None for nothing."""
        return self._entries.get(partition.stream, {}).get(partition.found_by, {}).get(name)

    def highest_remembered(self, name: str) -> int:
        """The highest number that the state has kept about any partition under a name; 0 for none."""
        entries = (entry for each in self._entries.values() for entry in each.values())
        return max((int(entry[name]) for entry in entries if entry.get(name) is not None), default=0)

    def all_remembered(self, stream: str, name: str) -> list[Any]:
        """What the state has kept under a name about the partitions of a stream."""
        entries = self._entries.get(stream, {}).values()
        return [entry[name] for entry in entries if entry.get(name) is not None]

    def forget(self, *names: str) -> None:
        """Take out of the state what it has kept about partitions under some names."""
        for entries in self._entries.values():
            for found_by, entry in entries.items():
                entries[found_by] = {name: held for name, held in entry.items() if name not in names}

    def to_state(self) -> dict[str, Any]:
        """What a state has under `bookmarks`: made anew."""
        return {
            stream: {**others, **({"partitions": list(entries.values())} if entries else {})}
            for stream in self._entries
            for others, entries in [(self._others.get(stream, {}), self._entries[stream])]
        }

    def _bookmark(self, partition: Partition) -> Value | None:
        value = self._entry(partition).get(_VALUE)
        try:
            return None if value is None else partition.replication.bookmark(value)
        except ValueError as error:
            raise ConfigurationError(
                f'The state\'s bookmark of "{partition.stream}" {error} '
                "Correct it, or run without --state to start over."
            ) from error

    def _seen(self, partition: Partition) -> Seen | None:
        found = self._entry(partition).get(_SEEN)
        return None if found is None else Seen(found["value"], found["at"])

    def _entry(self, partition: Partition) -> Mapping[str, Any]:
        entry = self._entries.get(partition.stream, {}).get(partition.found_by, {})
        # A bookmark over another property, or of other rows, says nothing about this one.
        return entry if entry.get(_KEY) == partition.replication.key and not _is_of_others(entry, partition) else {}

    def _adopt(self, stream: str, given: Any) -> None:
        """Take over the partitions of an earlier run; of two with one context the lower bookmark counts."""
        if not isinstance(given, dict) or not isinstance(given.get("partitions", []), list):
            raise ConfigurationError(
                f'The state\'s bookmark of "{stream}" is not one of this tap; run without --state to start over.'
            )
        if not given.get("partitions") and any(
            isinstance(value, str) for name, value in given.items() if name not in _OF_THE_SDK
        ):
            raise ConfigurationError(
                f'The state\'s bookmark of "{stream}" is one of another tap: {_shown(given)}. '
                "Run without --state to start over."
            )
        if given.get(_VALUE) is not None and not given.get("partitions"):
            raise ConfigurationError(
                f'The state\'s bookmark of "{stream}" does not say of which company it is; give it "partitions" with a '
                '"company_id" in the context of each, or run without --state to start over.'
            )
        if not given:
            return
        entries = self._entries.setdefault(stream, {})
        for each in given.get("partitions", []):
            entry = _checked(stream, each)
            context = entry["context"]
            found_by = (context.get(_COMPANY_ID, "").lower(), context.get(_PARENT_SET, ""))
            known = entries.setdefault(found_by, entry)
            if _value(entry) < _value(known):
                entries[found_by] = entry
        self._others[stream] = {name: value for name, value in given.items() if name not in _LEFT_BY_THE_SDK}


def _is_of_others(entry: Mapping[str, Any], partition: Partition) -> bool:
    """Whether an entry is of rows that met another filter: those of a narrower one were never read."""
    return entry.get(_FILTER, "") not in {"", partition.filter}


def _checked(stream: str, entry: Any) -> dict[str, Any]:
    try:
        given = dict(entry["context"])
        context = {key: str(given[key]) for key in _CONTEXT_KEYS if key in given}
        checked = {name: value for name, value in entry.items() if name not in _LEFT_BY_THE_SDK} | {"context": context}
        if not isinstance(entry.get(_VALUE), int | None):
            checked[_VALUE] = to_stamp(entry[_VALUE])
        checked |= {name: read(entry[name]) for name, read in _MEMBERS.items() if entry.get(name) is not None}
        if _SEEN in entry:
            checked[_SEEN] = {"value": int(entry[_SEEN]["value"]), "at": to_stamp(entry[_SEEN]["at"])}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f'The state\'s bookmark of "{stream}" cannot be read: {_shown(entry)}. '
            "Correct it, or run without --state to start over."
        ) from error
    return checked


def _shown(entry: Any) -> str:
    """A part of a state as it stands there, cut to what can be read."""
    text = json.dumps(entry, ensure_ascii=False, default=str)
    return text if len(text) <= CHARACTERS_SHOWN else f"{text[:CHARACTERS_SHOWN]}..."


def _value(entry: Mapping[str, Any]) -> tuple[int, str]:
    value = entry.get(_VALUE)
    return (-1, "") if value is None else order_of(value)
