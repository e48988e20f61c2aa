"""From where does a read start, and what may the next one rely on?

Rules:
- A stamp in a bookmark has one fixed format with milliseconds, so that texts compare as moments do.
- A bookmark never passes the run's start less the look-back: rows become visible up to half an hour after they were
  stamped.
- It moves only when everything up to it has been written out, and never backwards.
- A partition is a company, for streams with parents of several kinds a company and a parent set. Whatever else a
  context in an earlier state holds (a company's name may change) is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from dynamics_bc_client.errors import ConfigurationError, UnexpectedAnswer
from dynamics_bc_client.odata.query import stamp_literal
from dynamics_bc_client.odata.values import BLANK_STAMP
from dynamics_bc_plugin import state_file
from tap_dynamics_bc.settings import to_stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, timedelta

SOURCE = "source"
"""Where a state names the environment that it came from."""

_TENANT = "tenant_id"

PARENT_SET = "parent_set"
_CONTEXT_KEYS = ("company_id", PARENT_SET)


@dataclass(frozen=True, slots=True)
class Start:
    """From where a partition is read.

    Attributes:
        at: Rows stamped at or after this stamp; None for all rows.
        with_blank: Whether also rows that were never stamped.
    """

    at: str | None = None
    with_blank: bool = False

    def filter(self, stamp: str | None) -> str:
        """The OData filter over the property `stamp`; empty for all rows."""
        if self.at is None or stamp is None:
            return ""
        since = f"{stamp} ge {self.at}"
        return f"{since} or {stamp} eq {BLANK_STAMP}" if self.with_blank else since

    def takes(self, stamp: str | None) -> bool:
        """Whether a row of that stamp belongs to the read; a row without any always does."""
        if self.at is None or not stamp:
            return True
        if is_blank(stamp):
            return self.with_blank
        return order(stamp) >= order(self.at)


def earliest(starts: Iterable[Start]) -> Start:
    """The start that covers all of them."""
    given = list(starts)
    moments = [start.at for start in given if start.at is not None]
    if len(moments) < len(given) or not moments:
        return Start()
    return Start(min(moments), with_blank=any(start.with_blank for start in given))


def order(stamp: str) -> str:
    """What stamps compare by: the service cuts zeros off the end of milliseconds, and `Z` sorts behind every digit."""
    moment = stamp[:-1]
    return moment.rstrip("0").rstrip(".") if "." in moment else moment


def is_blank(stamp: str) -> bool:
    """Whether a stamp is the year 1 of rows that nobody has touched since stamps came to be."""
    return stamp.startswith("0001-")


@dataclass(frozen=True, slots=True)
class Partition:
    """One bookmark's place in the state.

    Attributes:
        stream: The stream.
        replication_key: What its rows are compared by; None for streams that are read whole.
        company_id: GUID of the company; None for streams of the environment.
        parent_set: The parent set, for streams with parents of several kinds.
    """

    stream: str
    replication_key: str | None
    company_id: str | None = None
    parent_set: str | None = None

    @property
    def context(self) -> dict[str, str]:
        """The partition's context in the state."""
        values = zip(_CONTEXT_KEYS, (self.company_id, self.parent_set), strict=True)
        return {key: value for key, value in values if value is not None}


class Bookmarks:
    """The bookmarks inside a Singer state, which is changed in place.

    Args:
        state: The state's value; empty for a first run.
        start_date: Where partitions without a bookmark start, as a stamp; None for everything.

    Raises:
        ConfigurationError: The state holds something that is no bookmark of this tap.
    """

    def __init__(self, state: dict[str, Any], *, start_date: str | None = None) -> None:
        self._state = state
        self._start_date = start_date
        self._entries: dict[tuple[str, str, str], dict[str, Any]] = {}
        for stream, stream_state in state.get("bookmarks", {}).items():
            self._adopt(stream, stream_state)

    @property
    def company_ids(self) -> list[str]:
        """The companies that some bookmark is of, each once."""
        known = {company_id: None for _, company_id, _ in self._entries if company_id}
        return list(known)

    @property
    def ways(self) -> set[tuple[str, str]]:
        """The streams that some bookmark is of, each with the parent set of it, which is empty without one."""
        return {(stream, parent_set) for stream, _, parent_set in self._entries}

    def start(self, partition: Partition) -> Start:
        """From where to read a partition."""
        if partition.replication_key is None:
            return Start()
        if bookmark := self._bookmark(partition):
            return Start(bookmark)
        return Start(self._start_date, with_blank=True) if self._start_date else Start()

    def advance(self, partition: Partition, *, highest: str | None, ceiling: str) -> None:
        """Record that a partition has been written out.

        Args:
            partition: The partition.
            highest: The highest stamp among its rows, or its parents'; None without one.
            ceiling: The stamp no bookmark of this run may pass.

        Raises:
            UnexpectedAnswer: The highest stamp is no moment.
        """
        if partition.replication_key is None or not highest or is_blank(highest):
            return
        try:
            bookmark = min(to_stamp(highest), ceiling)
        except ValueError as error:
            raise UnexpectedAnswer(f"{partition.replication_key} {error}") from error
        earlier = self._bookmark(partition)
        if earlier is not None and bookmark <= earlier:
            return
        entry = self._entry(partition)
        entry["replication_key"] = partition.replication_key
        entry["replication_key_value"] = bookmark

    def _bookmark(self, partition: Partition) -> str | None:
        entry = self._entries.get(_place(partition.stream, partition.context), {})
        # A bookmark over another property says nothing about this one.
        return entry.get("replication_key_value") if entry.get("replication_key") == partition.replication_key else None

    def _entry(self, partition: Partition) -> dict[str, Any]:
        place = _place(partition.stream, partition.context)
        if place not in self._entries:
            entry: dict[str, Any] = {"context": partition.context}
            streams = self._state.setdefault("bookmarks", {})
            streams.setdefault(partition.stream, {}).setdefault("partitions", []).append(entry)
            self._entries[place] = entry
        return self._entries[place]

    def _adopt(self, stream: str, stream_state: Any) -> None:
        """Take over the partitions of an earlier run; of two with one context the lower bookmark counts."""
        if not isinstance(stream_state, dict) or not isinstance(stream_state.get("partitions", []), list):
            raise ConfigurationError(
                f'The state\'s bookmark of "{stream}" is not one of this tap; run without --state to start over.'
            )
        if stream_state.get("replication_key_value") is not None and not stream_state.get("partitions"):
            raise ConfigurationError(
                f'The state\'s bookmark of "{stream}" does not say of which company it is; give it "partitions" with a '
                '"company_id" in the context of each, or run without --state to start over.'
            )
        kept: list[dict[str, Any]] = []
        for given in stream_state.get("partitions", []):
            entry = _checked(stream, given)
            place = _place(stream, entry["context"])
            known = self._entries.setdefault(place, entry)
            if known is entry:
                kept.append(entry)
            elif _value(entry) < _value(known):
                known.clear()
                known.update(entry)
        if "partitions" in stream_state:
            stream_state["partitions"] = kept


def _checked(stream: str, entry: Any) -> dict[str, Any]:
    try:
        given = dict(entry["context"])
        context = {key: str(given[key]) for key in _CONTEXT_KEYS if key in given}
        checked = {**entry, "context": context}
        if entry.get("replication_key_value") is not None:
            checked["replication_key_value"] = to_stamp(entry["replication_key_value"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f'The state\'s bookmark of "{stream}" cannot be read ({entry!r}); '
            "correct it, or run without --state to start over."
        ) from error
    return checked


def _value(entry: Mapping[str, Any]) -> str:
    return str(entry.get("replication_key_value") or "")


def _place(stream: str, context: Mapping[str, str]) -> tuple[str, str, str]:
    return (stream, context.get("company_id", "").lower(), context.get(PARENT_SET, ""))


def ceiling(run_started_at: datetime, lookback: timedelta) -> str:
    """The stamp that no bookmark of a run may pass.

    Args:
        run_started_at: By the service's clock.
        lookback: How long a row may stay invisible after it was stamped.
    """
    return stamp_literal(run_started_at - lookback)


def unwrapped(state: Any) -> dict[str, Any]:
    """The state's value, also out of a whole STATE message or of what Meltano keeps.

    Raises:
        ConfigurationError: It is no state; taken for an empty one, it would have everything read again unnoticed.
    """
    value = state_file.unwrapped(state) if isinstance(state, dict) else state
    if not isinstance(value, dict) or not isinstance(value.get("bookmarks", {}), dict):
        raise ConfigurationError('The state is no Singer state: it must be a JSON object with "bookmarks".')
    if "bookmarks" not in value and value.keys() - {SOURCE}:
        named = ", ".join(sorted(str(name) for name in value))
        raise ConfigurationError(
            f'The state has no "bookmarks", only {named}; correct it, or run without --state to start over.'
        )
    return value


def check_source(state: Mapping[str, Any], source: Mapping[str, str]) -> bool:
    """Refuse a state of another environment, whose bookmarks would hide rows. One that does not say is taken.

    Gives whether that is settled. It is not when the two are named in ways that cannot be compared (a tenant's domain
    and its GUID, a whole API root and its parts): then `check_companies` settles it.

    Raises:
        ConfigurationError: The state came from another environment.
    """
    named = state.get(SOURCE)
    if not isinstance(named, dict):
        return True
    different = [key for key in source if key in named and str(named[key]).casefold() != source[key].casefold()]
    if not different:
        return named.keys() == source.keys()
    if different == [_TENANT] and not (_is_guid(named[_TENANT]) and _is_guid(source[_TENANT])):
        return False
    raise _of_another_environment(named, source)


def check_companies(state: Mapping[str, Any], source: Mapping[str, str], company_ids: Iterable[str]) -> None:
    """Refuse a state whose companies are all of another environment: their ids are GUIDs that it does not share.

    Args:
        state: The state.
        source: What this environment is named by.
        company_ids: The ids of all its companies.

    Raises:
        ConfigurationError: The state came from another environment.
    """
    partitions = (each for stream in state.get("bookmarks", {}).values() for each in stream.get("partitions", []))
    theirs = {str(each["context"]["company_id"]).casefold() for each in partitions if "company_id" in each["context"]}
    if theirs and theirs.isdisjoint(each.casefold() for each in company_ids):
        raise _of_another_environment(state[SOURCE], source)


def _is_guid(text: Any) -> bool:
    try:
        UUID(str(text))
    except ValueError:
        return False
    return True


def _of_another_environment(theirs: Mapping[str, Any], ours: Mapping[str, str]) -> ConfigurationError:
    named, named_here = (", ".join(str(value) for value in each.values()) for each in (theirs, ours))
    return ConfigurationError(
        f"The state is of another environment ({named}), not of this one ({named_here}). "
        "To start over and read everything, run without --state, or under a state id of its own."
    )
