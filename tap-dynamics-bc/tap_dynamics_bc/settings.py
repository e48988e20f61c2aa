"""Which settings does the tap have beyond those that connect it?"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pendulum

from dynamics_bc_client.limits import PAGE_ROWS
from dynamics_bc_client.odata.urls import GUID
from dynamics_bc_plugin import values
from dynamics_bc_plugin.connection import CONNECTION
from dynamics_bc_plugin.settings import Setting, SettingFault, read_settings, refuse, schema_of
from dynamics_bc_plugin.values import BOOLEAN, INTEGER, STRING, choices
from tap_dynamics_bc.reads.full_rereads import NEVER, FullRereads
from tap_dynamics_bc.reads.periods import NO_PERIODS, Schedules
from tap_dynamics_bc.report_periods import to_schedules
from tap_dynamics_bc.streams.apis import ALL, STANDARD_API, Api
from tap_dynamics_bc.streams.hotglue import ENTITY_SET, HOTGLUE, STREAM_NAMINGS
from tap_dynamics_bc.streams.media import MEDIA
from tap_dynamics_bc.streams.stamps import to_stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEFAULT_LOOKBACK = "PT30M"
LONGEST_LOOKBACK = timedelta(days=366)
DEFAULT_COMMIT_DELAY = "PT1M"
LONGEST_COMMIT_DELAY = timedelta(days=1)
LONGEST_REREAD = timedelta(days=3660)

MEDIA_FOLDER = "media"
NO_DELETES, SWEEP, FULL_TABLE = DELETES = ("none", "sweep", "full_table")
DEFAULT_SWEEP_EVERY = "P1D"

_STORE_PATH = "store_path"


@dataclass(frozen=True, slots=True)
class TapSettings:
    """What to read and how to write it down.

    Attributes:
        companies: Ids, names or display names as given, one text may hold several between commas; None for all
            companies.
        start_date: Read what was changed since then, as a stamp in the fixed format; None for everything.
        forget_companies: Ids of companies that were deleted: their bookmarks are taken out of the state.
        lookback: How far behind the start of a run its bookmarks stay.
        commit_delay: How old an entry of a ledger must be to be read.
        backfill_windows: Whether large sets are cut into windows of stamps.
        reread_open_documents: Whether open documents, and items that new entries name, are read again in every run.
        full_reread_every: How often streams are read whole.
        page_size: Rows of a page; None for the default of each kind of stream.
        raw_values: Whether values stay as the service spells them.
        apis: The routes to read: `standard`, `all`, or `publisher/group/version` with `*` in it.
        web_services: Names of published web services to read, with `*` in them.
        web_services_left_out: Those of them that are not read.
        replication_keys: The property by which changed rows of a stream are found again, where the metadata does not
            tell; names in any case.
        filters: An OData filter by stream: only rows that meet it are read.
        stream_naming: `entity_set`, or `hotglue` for the streams of a HotGlue job, whose values are raw.
        report_periods: The periods that reports are read for.
        download_media: Which files are downloaded, by name, and of which parents alone; none for all.
        media_path: Where they go; None for a folder in the store.
        deletes: `none`; `sweep` to find rows that are gone with an index of known keys; `full_table` to have the
            destination forget what a whole read did not bring.
        sweep_every: How long ids are not compared as long as the number of rows agrees.
        confirm_deletions: Streams of which any number of rows may be gone at once.
        stop_on_error: Whether the first stream or company that fails ends the run.
    """

    companies: tuple[str, ...] | None = None
    start_date: str | None = None
    lookback: timedelta = timedelta(minutes=30)
    page_size: int | None = None
    raw_values: bool = False
    apis: tuple[str, ...] = (STANDARD_API,)
    web_services: tuple[str, ...] = ()
    web_services_left_out: tuple[str, ...] = ()
    replication_keys: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, str] = field(default_factory=dict)
    stream_naming: str = ENTITY_SET
    stop_on_error: bool = False
    report_periods: Schedules = NO_PERIODS
    download_media: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    media_path: Path | None = None
    forget_companies: tuple[str, ...] = ()
    commit_delay: timedelta = timedelta(minutes=1)
    deletes: str = NO_DELETES
    sweep_every: timedelta = timedelta(days=1)
    confirm_deletions: tuple[str, ...] = ()
    backfill_windows: bool = True
    reread_open_documents: bool = True
    full_reread_every: FullRereads = NEVER

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> TapSettings:
        """Read the settings out of the tap's config.

        Raises:
            ConfigurationError: With one sentence for each fault.
        """
        problems: list[str] = []
        found = read_settings(TAP, config, problems)
        if "download_media" in found and not config.get("media_path") and not config.get(_STORE_PATH):
            problems.append(f"download_media needs a folder for the files: set media_path or {_STORE_PATH}.")
        if found.get("stream_naming") == HOTGLUE:
            found |= {"raw_values": True, **_services_of_a_job(config, found, problems)}
        refuse(problems)
        if "company_ids" in found:
            found["companies"] = found.pop("company_ids")
        return cls(**found)

    def media_folder(self, store_path: Path | None) -> Path:
        """Where files go: `media_path`, else a folder in the store; one of them is there, see `from_config`."""
        return self.media_path or (store_path or Path()) / MEDIA_FOLDER


def _services_of_a_job(
    config: Mapping[str, Any], found: Mapping[str, Any], problems: list[str]
) -> dict[str, tuple[str, ...]]:
    """The web services that a HotGlue job's own settings mean, unless `web_services` is there."""
    name = "enable_odata_discovery"
    try:
        if "web_services" in found or not values.truth(config.get(name) or False):
            return {}
        name = "odata_discovery_include_prefixes"
        included = tuple(f"{prefix}*" for prefix in _names(config.get(name) or ()))
        name = "odata_discovery_exclude_prefixes"
        left_out = tuple(f"{prefix}*" for prefix in _names(config.get(name) or ()))
    except SettingFault as fault:
        problems.append(f"{name} {fault}")
        return {}
    return {"web_services": included or ("*",), "web_services_left_out": left_out}


def tap_settings_schema() -> dict[str, Any]:
    """The JSON schema of all settings of the tap."""
    return schema_of(SETTINGS)


def _names(value: Any, of: str = "names") -> tuple[str, ...]:
    texts = value.split(",") if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise SettingFault(f"must be a list of {of}, or one text with commas between them.")
    return tuple(text.strip() for text in texts if text.strip())


def _apis(value: Any) -> tuple[str, ...]:
    named = _names(value)
    for text in named:
        if text.casefold() not in {STANDARD_API, ALL}:
            try:
                Api.of(text)
            except ValueError as fault:
                raise SettingFault(str(fault)) from fault
    return named or (STANDARD_API,)


def _replication_keys(value: Any) -> dict[str, str]:
    given = values.json_object(value)
    if not all(isinstance(each, str) and each.strip() for each in given.values()):
        raise SettingFault('must name a property for each stream, such as {"contoso_demo_entries": "entryNumber"}.')
    return {name.strip(): each.strip() for name, each in given.items()}


def _filters(value: Any) -> dict[str, str]:
    given = values.json_object(value)
    if not all(isinstance(each, str) for each in given.values()):
        raise SettingFault("""must have an OData filter for each stream, such as {"customers": "blocked eq ' '"}.""")
    # A variable that is not set comes as a blank text.
    return {name.strip(): each.strip() for name, each in given.items() if each.strip()}


def _start_date(value: Any) -> str:
    if not isinstance(value, str):
        raise SettingFault(f"must be text such as 2026-01-28T10:00:00Z, not {json.dumps(value, default=str)}.")
    try:
        return to_stamp(value)
    except ValueError as fault:
        raise SettingFault(str(fault)) from fault


def _duration(example: str, longest: timedelta, instead: str = "") -> Callable[[Any], timedelta]:
    """Reads an ISO 8601 duration; `instead` says what to do for a longer one."""

    def read(value: Any) -> timedelta:
        duration: object = None
        with contextlib.suppress(ValueError, OverflowError, TypeError):  # the last for spans
            duration = pendulum.parse(value) if isinstance(value, str) else None
        if not isinstance(duration, pendulum.Duration) or duration < timedelta(0):
            raise SettingFault(f"must be an ISO 8601 duration such as {example}, not {json.dumps(value, default=str)}.")
        if duration > longest:
            raise SettingFault(f'must be at most P{longest.days}D, not "{value}"{instead}.')
        return timedelta(seconds=duration.total_seconds())

    return read


def _full_rereads(value: Any) -> FullRereads:
    if not isinstance(value, dict) and not (isinstance(value, str) and value.lstrip().startswith("{")):
        return FullRereads(others=_reread_period(value))
    given = values.json_object(value)
    every = {name.casefold(): _reread_period(each, f"of {name} ") for name, each in given.items()}
    return FullRereads(every, streams=tuple(given))


def _reread_period(value: Any, place: str = "") -> timedelta:
    try:
        return _duration("P7D or PT12H", LONGEST_REREAD)(value)
    except SettingFault as fault:
        raise SettingFault(f"{place}{fault}") from None


def _forgotten(value: Any) -> tuple[str, ...]:
    ids = values.companies(value) or ()
    listed = tuple(each.strip() for text in ids for each in text.split(",") if each.strip())
    if wrong := next((each for each in listed if not GUID.fullmatch(each)), None):
        raise SettingFault(f'must be ids of companies (GUIDs), as the end of a run names them; "{wrong}" is not one.')
    return listed


def _streams(value: Any) -> tuple[str, ...]:
    return _names(value, of="streams")


def _download_media(value: Any) -> Mapping[str, tuple[str, ...]]:
    entries = value.split(",") if isinstance(value, str) else value
    if not isinstance(entries, list | tuple) or not all(isinstance(entry, str) for entry in entries):
        raise SettingFault("must be a list of names, or one text with commas between them.")
    names = {media.name.casefold(): media.name for media in MEDIA.values()}
    found: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        name, _, parent = (part.strip() for part in entry.partition("/"))
        if name.casefold() not in names:
            raise SettingFault(f'names "{entry}"; what can be downloaded is {", ".join(names.values())}.')
        before = found.get(names[name.casefold()])
        # Named without a parent means all of them.
        all_of_them = not parent or before == ()
        found[names[name.casefold()]] = () if all_of_them else (*(before or ()), parent)
    return found


TAP: tuple[Setting, ...] = (
    Setting(
        "company_ids",
        "Companies",
        "Companies to read: IDs, names or display names. Default: all.",
        {"type": ["array", "string", "null"], "items": {"type": "string"}},
        values.companies,
    ),
    Setting(
        "forget_companies",
        "Companies to forget",
        "IDs of companies that were deleted from the environment. Their bookmarks are taken out of the state, so that "
        "a run no longer ends with exit code 1 because it cannot read them. No record is deleted.",
        {"type": ["array", "string", "null"], "items": {"type": "string"}},
        _forgotten,
    ),
    Setting(
        "start_date",
        "Start date",
        "Read only what changed since this date, in streams that record changes. Default: everything.",
        {**STRING, "format": "date-time"},
        _start_date,
    ),
    Setting(
        "lookback",
        "Lookback",
        "How far bookmarks stay behind the start of a run. The service lets a transaction run for 30 minutes.",
        STRING,
        _duration("PT30M or PT2H", LONGEST_LOOKBACK, "; start_date reads back further"),
        default=DEFAULT_LOOKBACK,
    ),
    Setting(
        "commit_delay",
        "Commit delay",
        "How old an entry of a ledger must be to be read. A posting that is rolled back sooner was never read.",
        STRING,
        _duration("PT1M or PT0S", LONGEST_COMMIT_DELAY),
        default=DEFAULT_COMMIT_DELAY,
    ),
    Setting(
        "page_size",
        "Page size",
        "Rows per page. Default: 20,000; documents 2,000; with expansions 500. Timeouts make pages smaller.",
        INTEGER,
        values.count(PAGE_ROWS),
    ),
    Setting(
        "backfill_windows",
        "Backfill windows",
        "Cut sets of more than 100,000 rows by counting into windows of time. Several are read at once, and each moves "
        "the bookmark, so that a run that was killed goes on where it was.",
        BOOLEAN,
        values.truth,
        default=True,
    ),
    Setting(
        "reread_open_documents",
        "Reread open documents",
        "Read documents that are still open again in every run, and items that new item ledger entries name: what is "
        "left to pay, what was shipped, edited lines and inventory change without a stamp.",
        BOOLEAN,
        values.truth,
        default=True,
    ),
    Setting(
        "full_reread_every",
        "Full reread every",
        "Read streams from the beginning again after this time: an ISO 8601 duration for all of them (P7D), or an "
        'object with one for each stream ({"customers": "P1D"}). Balances change without a stamp.',
        {"type": ["string", "object", "null"], "additionalProperties": STRING},
        _full_rereads,
    ),
    Setting(
        "raw_values",
        "Raw values",
        "Keep enum names, blank dates and zero GUIDs as the service spells them.",
        BOOLEAN,
        values.truth,
        default=False,
    ),
    Setting(
        "apis",
        "APIs",
        "standard: the standard API. all: every API of the environment, custom ones too. Or publisher/group/version, "
        "with * in any part; several as a list. Streams of other APIs are named publisher_group_entitySet.",
        {"type": ["array", "string", "null"], "items": {"type": "string"}},
        _apis,
        default=STANDARD_API,
    ),
    Setting(
        "web_services",
        "Web services",
        "Published ODataV4 web services to read: names, with * in them; several as a list. Their streams are named "
        "ODataV4_Service. Default: none.",
        {"type": ["array", "string", "null"], "items": {"type": "string"}},
        _names,
    ),
    Setting(
        "replication_keys",
        "Replication keys",
        "By stream, the property that finds changed rows, where the metadata does not tell: a moment, a date, a row "
        "version or an entry number. Entry numbers find new rows only.",
        {"type": ["object", "string", "null"], "additionalProperties": {"type": "string"}},
        _replication_keys,
    ),
    Setting(
        "filters",
        "Filters",
        "By stream, an OData filter: only rows that meet it are read, and only what comes with them, such as the lines "
        'of documents. Example: {"customers": "blocked eq \' \'"}. A stream whose filter was changed is read from the '
        "beginning once.",
        {"type": ["object", "string", "null"], "additionalProperties": {"type": "string"}},
        _filters,
    ),
    Setting(
        "stream_naming",
        "Stream naming",
        "entity_set: streams have the service's own names. hotglue: names, keys and nested records of HotGlue's tap, "
        "with raw values, for jobs built on it; their states continue. general_ledger_entries then follows "
        "lastModifiedDateTime, not posting dates, which miss late postings.",
        choices(*STREAM_NAMINGS),
        values.one_of(*STREAM_NAMINGS),
        default=ENTITY_SET,
    ),
    Setting(
        "report_periods",
        "Report periods",
        'Periods to read reports for: how many of each length, as in {"month": 12}, or dates under between. For all '
        "reports, or under a report's name for that one. Default: what the service answers without a period.",
        {"type": ["object", "integer", "string", "null"]},
        to_schedules,
    ),
    Setting(
        "download_media",
        "Download media",
        f"Files to download: {', '.join(media.name for media in MEDIA.values())}. pdf/salesInvoices is those of sales "
        "invoices alone. Reading a PDF counts as printing it. Default: none.",
        {"type": ["array", "string", "null"], "items": {"type": "string"}},
        _download_media,
    ),
    Setting(
        "media_path",
        "Media path",
        "Folder for files that are downloaded. Default: media in the store.",
        STRING,
        values.folder,
    ),
    Setting(
        "deletes",
        "Deletes",
        "sweep: find rows that are gone and write their keys with _sdc_deleted_at. Needs store_path, which keeps the "
        "keys that were written. full_table: streams that are read whole end with ACTIVATE_VERSION, if every company "
        "was read to its end; nothing is deleted from the others. none: rows that are gone stay in the destination.",
        choices(*DELETES),
        values.one_of(*DELETES),
        default=NO_DELETES,
    ),
    Setting(
        "sweep_every",
        "Sweep every",
        "With deletes: how often all ids are compared, also where the number of rows agrees.",
        STRING,
        _duration(DEFAULT_SWEEP_EVERY, LONGEST_LOOKBACK),
        default=DEFAULT_SWEEP_EVERY,
    ),
    Setting(
        "confirm_deletions",
        "Confirm deletions",
        "With deletes: streams of which more than 5% and more than 100 rows may be gone at once. Set it for one run, "
        "when you know that they are.",
        {"type": ["array", "string", "null"], "items": {"type": "string"}},
        _streams,
    ),
    Setting(
        "stop_on_error",
        "Stop on error",
        "End the run at the first stream or company that cannot be read. Otherwise the rest is still read.",
        BOOLEAN,
        values.truth,
        default=False,
    ),
)
"""The tap's own settings."""

SETTINGS = (*CONNECTION, *TAP)
"""All settings of the tap."""
