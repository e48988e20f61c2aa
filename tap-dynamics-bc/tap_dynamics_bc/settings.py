"""Which settings does the tap have beyond those that connect it?"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pendulum

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.limits import PAGE_ROWS
from dynamics_bc_client.odata.query import stamp_literal
from dynamics_bc_client.settings import connection_settings_schema
from tap_dynamics_bc.hotglue import ELSEWHERE, ENTITY_SET, HOTGLUE, STREAM_NAMINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEFAULT_LOOKBACK = "PT30M"
LONGEST_LOOKBACK = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class TapSettings:
    """What to read and how to write it down.

    Attributes:
        companies: Ids, names or display names as given, one text may hold several between commas; None for all
            companies.
        start_date: Read what was changed since then, as a stamp in the fixed format; None for everything.
        lookback: How far behind the start of a run its bookmarks stay.
        page_size: Rows of a page; None for the default of each kind of stream.
        raw_values: Whether values stay as the service spells them.
        stream_naming: `entity_set`, or `hotglue` for the streams of a HotGlue job, whose values are raw.
        stop_on_error: Whether the first stream or company that fails ends the run.
    """

    companies: tuple[str, ...] | None = None
    start_date: str | None = None
    lookback: timedelta = timedelta(minutes=30)
    page_size: int | None = None
    raw_values: bool = False
    stream_naming: str = ENTITY_SET
    stop_on_error: bool = False

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> TapSettings:
        """Read the settings out of the tap's config.

        Raises:
            ConfigurationError: With one sentence for each fault.
        """
        values: dict[str, Any] = {}
        problems: list[str] = []
        for name, (field, read) in _READERS.items():
            given = config.get(name)
            if given is None or given == "":
                continue
            try:
                values[field] = read(given)
            except ValueError as fault:
                problems.append(f"{name} {fault}")
        if problems:
            raise ConfigurationError(" ".join(problems), problems=tuple(problems))
        if values.get("stream_naming") == HOTGLUE:
            values["raw_values"] = True
        return cls(**values)


def tap_settings_schema() -> dict[str, Any]:
    """The JSON schema of all settings of the tap."""
    return {"type": "object", "properties": {**connection_settings_schema()["properties"], **_PROPERTIES}}


def to_stamp(text: str) -> str:
    """A date or a moment in ISO 8601, in UTC if it has no zone, as a stamp in the format `2026-01-28T10:00:00.000Z`.

    Raises:
        ValueError: The text is neither.
    """
    moment: object = None
    with contextlib.suppress(ValueError):
        moment = pendulum.parse(text.strip(), tz="UTC")
    if not isinstance(moment, datetime):
        raise ValueError(f'must be a date or a moment such as 2026-01-28T10:00:00Z, not "{text}".')  # noqa: TRY004 - a value is wrong
    return stamp_literal(moment.astimezone(timezone.utc))


def _companies(value: Any) -> tuple[str, ...] | None:
    texts = ([value] if value.strip() else []) if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise ValueError("must be a list of ids or names, or one text with commas between them.")
    named = tuple(text.strip() for text in texts if text.strip(" ,"))
    # A variable that is not set comes as a blank text in a list; whoever wrote the list meant one company, not all.
    if texts and not named:
        raise ValueError("must be ids or names, and there are only blanks; leave it out for all companies.")
    # An empty list comes from jobs whose user chose nothing: all companies, as for null.
    return named or None


def _start_date(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be text such as 2026-01-28T10:00:00Z, not {value!r}.")  # noqa: TRY004 - a value is wrong
    return to_stamp(value)


def _lookback(value: Any) -> timedelta:
    duration: object = None
    with contextlib.suppress(ValueError, OverflowError):
        duration = pendulum.parse(value) if isinstance(value, str) else None
    if not isinstance(duration, pendulum.Duration) or duration < timedelta(0):
        raise ValueError(f"must be an ISO 8601 duration such as {DEFAULT_LOOKBACK} or PT2H, not {value!r}.")
    if duration > LONGEST_LOOKBACK:
        raise ValueError(f"must be at most {LONGEST_LOOKBACK.days} days, not {value!r}; start_date reads back further.")
    return timedelta(seconds=duration.total_seconds())


def _page_size(value: Any) -> int:
    count = int(value) if isinstance(value, str) and value.isdigit() else value
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= PAGE_ROWS:
        raise ValueError(f"must be a whole number from 1 to {PAGE_ROWS}, not {value!r}.")
    return count


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        return value.strip().lower() == "true"
    raise ValueError(f"must be true or false, not {value!r}.")


def _stream_naming(value: Any) -> str:
    if value not in STREAM_NAMINGS:
        raise ValueError(f"must be {' or '.join(STREAM_NAMINGS)}, not {value!r}.")
    return str(value)


_READERS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "company_ids": ("companies", _companies),
    "start_date": ("start_date", _start_date),
    "lookback": ("lookback", _lookback),
    "page_size": ("page_size", _page_size),
    "raw_values": ("raw_values", _truth),
    "stream_naming": ("stream_naming", _stream_naming),
    "stop_on_error": ("stop_on_error", _truth),
}
"""The field and the reader of each setting."""

_PROPERTIES: Mapping[str, dict[str, Any]] = {
    "company_ids": {
        "type": ["array", "string", "null"],
        "items": {"type": "string"},
        "title": "Companies",
        "description": "Ids, names or display names of the companies to read; all companies when nothing is given.",
    },
    "start_date": {
        "type": ["string", "null"],
        "format": "date-time",
        "title": "Start date",
        "description": "Read what was changed since then; everything when nothing is given. For streams with a stamp.",
    },
    "lookback": {
        "type": ["string", "null"],
        "default": DEFAULT_LOOKBACK,
        "title": "Look-back",
        "description": "How far bookmarks keep behind a run's start: the service lets transactions run for 30 minutes.",
    },
    "page_size": {
        "type": ["integer", "string", "null"],
        "title": "Page size",
        "description": "Rows of a page; by default 20,000, documents 2,000, with expansions 500. Shrinks on time-outs.",
    },
    "raw_values": {
        "type": ["boolean", "string", "null"],
        "default": False,
        "title": "Raw values",
        "description": "Keep enum names, blank dates and zero GUIDs as the service spells them.",
    },
    "stream_naming": {
        "type": ["string", "null"],
        "enum": [*STREAM_NAMINGS, None],
        "default": ENTITY_SET,
        "title": "Stream naming",
        "description": (
            "entity_set: streams are called as the service calls its entity sets. hotglue: names, keys and nested "
            "records of HotGlue's tap, with raw values, for jobs that are built on it; its states are continued. "
            "general_ledger_entries is then read by lastModifiedDateTime, not by posting dates, which miss what is "
            f"posted late. Not there, because they come from other routes: {', '.join(ELSEWHERE)}."
        ),
    },
    "stop_on_error": {
        "type": ["boolean", "string", "null"],
        "default": False,
        "title": "Stop on error",
        "description": "End the run at the first stream or company that cannot be read; else the others are read.",
    },
}
