"""Which settings does the target have, and what do they mean?

One table (`_FIELDS`) is the source of the published JSON schema, of the checks and of the documentation. Settings of
the connection are the client's.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.settings import with_aliases
from target_dynamics_bc.entities import ENTITIES, entity_of, stream_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

TENANT_CONFIG = "tenant-config.json"
DEFAULT_DIMENSION_MAPPINGS: Mapping[str, str] = {"class": "CLASS", "department": "DEPARTMENT"}

POSTING = ("never", "if_requested", "unless_draft")
FAIL_ON = ("any", "undecided", "never")
STATE_FORMATS = ("singer", "hotglue")
LINES = ("replace", "keep")
ON_DELETE = ("block", "delete", "ignore")


@dataclass(frozen=True, slots=True)
class DimensionMapping:
    """Which dimension a prefix of root fields means.

    Attributes:
        codes: Code of the dimension, by prefix.
        source: Where it was set, for messages; None for the built-in default, which fails only records that use it.
    """

    codes: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_DIMENSION_MAPPINGS))
    source: str | None = None


@dataclass(frozen=True, slots=True)
class TargetSettings:
    """The target's own settings; each field is the setting of that name.

    Attributes:
        company: Where records go that do not say; None for the only company there is.
        route_by_company: A record's `company_id` or `company_name` says where it goes.
        snapshot_dir: Folder of `tenant-config.json`.
        dimension_mapping: From `dimension_mappings`, else from `tenant-config.json`, else the default.
        posting: `never`, `if_requested` or `unless_draft`.
        journal: Code of the batch that takes drafts of entries.
        payment_journal: Code of the batch that takes drafts of payments, if the record names none.
        fail_on: Which rejections make the exit code 1.
        outcomes_path: File of outcomes; None for none.
        dead_letter_path: File of rejected records; None for none.
        state_format: `singer` or `hotglue`.
        dry_run: Look up and plan, write nothing.
        lines: What becomes of lines that the record does not have: `replace` deletes them, `keep` leaves them.
        on_delete: What a deletion does: `block`, `delete` or `ignore`.
        match_keys: For a sink, which keys find its records, in this order.
        total_tolerance: How far a document's total may be from what the record says before it is posted.
        store_path: Folder of the ledger; None for none.
    """

    company: str | None = None
    route_by_company: bool = False
    snapshot_dir: Path | None = None
    dimension_mapping: DimensionMapping = field(default_factory=DimensionMapping)
    posting: str = "if_requested"
    journal: str = "DEFAULT"
    payment_journal: str = "DEFAULT"
    fail_on: str = "any"
    outcomes_path: Path | None = None
    dead_letter_path: Path | None = None
    state_format: str = "singer"
    dry_run: bool = False
    lines: str = "replace"
    on_delete: str = "block"
    match_keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    total_tolerance: Decimal = Decimal("0.01")
    store_path: Path | None = None

    @classmethod
    def from_config(cls, config: Mapping[str, Any], *, environ: Mapping[str, str] | None = None) -> TargetSettings:
        """Read the settings out of the target's config.

        Args:
            config: The config, with our names or HotGlue's.
            environ: Environment variables, which tell whether this is a HotGlue job; those of this process when None.

        Raises:
            ConfigurationError: With one sentence for each fault.
        """
        variables = os.environ if environ is None else environ
        problems: list[str] = []
        given = dict(with_aliases(config))
        in_a_job = bool(variables.get("JOB_ID") or variables.get("API_URL"))
        if in_a_job and not given.get("snapshot_dir"):
            given["snapshot_dir"] = variables.get("SNAPSHOT_DIR")
        values = _checked(given, problems)
        mapping = _dimension_mapping(values, problems)
        if problems:
            raise ConfigurationError(" ".join(problems), problems=tuple(problems))
        if in_a_job:
            values.setdefault("fail_on", "never")
            values.setdefault("state_format", "hotglue")
        values.pop("dimension_mappings", None)
        store = values.get("store_path") or values.get("snapshot_dir")
        if store is not None:
            values["store_path"] = store
            values.setdefault("outcomes_path", store / "outcomes.jsonl")
            values.setdefault("dead_letter_path", store / "dead-letter.singer")
        return cls(dimension_mapping=mapping, **values)

    def keys_of(self, sink: str, default: Iterable[str]) -> tuple[str, ...]:
        """The match keys of a sink."""
        return self.match_keys.get(sink, tuple(default))

    def posts(self, draft: bool | None) -> bool:
        """Whether a record with this `isDraft` (None: it does not say) is to be posted."""
        return {"never": False, "if_requested": draft is False, "unless_draft": draft is not True}[self.posting]


class _SettingError(ValueError):
    """What is wrong with a value, said so that the setting's name fits before it."""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _SettingError("must be text.")
    return value.strip()


def _code(value: Any) -> str:
    return _text(value).upper()


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        return value.strip().lower() == "true"
    raise _SettingError("must be true or false.")


def _path(value: Any) -> Path:
    return value if isinstance(value, Path) else Path(_text(value)).expanduser()


def _folder(value: Any) -> Path:
    path = _path(value)
    if path.exists() and not path.is_dir():
        raise _SettingError(f'must name a folder, and "{path}" is a file.')
    return path


def _one_of(*choices: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        text = _text(value).lower()
        if text not in choices:
            raise _SettingError(f'must be one of {", ".join(choices)}, not "{value}".')
        return text

    return read


def _tolerance(value: Any) -> Decimal:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal(-1)
    if isinstance(value, bool) or not amount.is_finite() or amount < 0:
        raise _SettingError(f"must be an amount of at least 0, not {value}.")
    return amount


def _mappings(value: Any) -> dict[str, str]:
    value = _object(value)
    wrong = [
        str(prefix)
        for prefix, code in value.items()
        if not isinstance(code, str) or not code.strip() or not prefix.strip()
    ]
    if wrong:
        raise _SettingError(f"must give the code of a dimension for each prefix; {', '.join(wrong)} has none.")
    return {prefix.strip(): code.strip().upper() for prefix, code in value.items()}


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise _SettingError("must be an object.") from None
    if not isinstance(value, dict):
        raise _SettingError("must be an object.")
    return value


def _match_keys(value: Any) -> dict[str, tuple[str, ...]]:
    chosen: dict[str, tuple[str, ...]] = {}
    for name, keys in _object(value).items():
        entity = entity_of(name)
        if entity is None:
            raise _SettingError(f'names the sink "{name}", which there is not; there are {stream_names()}.')
        known = (*entity.match_keys, "name") if entity.family == "master" else entity.match_keys
        if not isinstance(keys, list) or not keys or any(key not in known for key in keys):
            raise _SettingError(f"must list keys of {entity.name} out of {', '.join(known)}.")
        chosen[entity.name] = tuple(keys)
    return chosen


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    title: str
    description: str
    schema: Mapping[str, Any]
    read: Callable[[Any], Any]
    default: Any = None


_STRING = {"type": ["string", "null"]}
_TRUTH = {"type": ["boolean", "string", "null"]}
_OBJECT = {"type": ["object", "string", "null"]}
_NAMES = ", ".join(entity.name for entity in ENTITIES)

_FIELDS: tuple[_Field, ...] = (
    _Field(
        "company",
        "Company",
        "Id, name or display name of the company that records go to which do not say; by default the only one.",
        _STRING,
        _text,
    ),
    _Field(
        "route_by_company",
        "Route by company",
        "A record's company_id or company_name says where it goes.",
        _TRUTH,
        _truth,
        False,
    ),
    _Field(
        "snapshot_dir",
        "Snapshot folder",
        "Folder of tenant-config.json; also the store when store_path is not set.",
        _STRING,
        _folder,
    ),
    _Field(
        "dimension_mappings",
        "Dimension mappings",
        "Code of a dimension for each prefix of root fields, as class -> CLASS; in place of tenant-config.json.",
        _OBJECT,
        _mappings,
    ),
    _Field(
        "posting",
        "Posting",
        "never; if_requested: the record says isDraft false; unless_draft: posts unless the record says isDraft true.",
        {**_STRING, "enum": [*POSTING, None]},
        _one_of(*POSTING),
        "if_requested",
    ),
    _Field(
        "journal",
        "Journal",
        "Code of the general journal batch that takes drafts of journal entries.",
        _STRING,
        _code,
        "DEFAULT",
    ),
    _Field(
        "payment_journal",
        "Payment journal",
        "Code of the payment journal that takes payments whose record names none.",
        _STRING,
        _code,
        "DEFAULT",
    ),
    _Field(
        "fail_on",
        "Fail on",
        "Which rejections make the exit code 1: any (the default), undecided (those to be tried again) or never "
        "(the default in a HotGlue job).",
        {**_STRING, "enum": [*FAIL_ON, None]},
        # A published default would be filled in before it is known whether this is a job.
        _one_of(*FAIL_ON),
    ),
    _Field(
        "outcomes_path",
        "Outcomes",
        "File that gets one JSON line for each record; by default outcomes.jsonl in the store.",
        _STRING,
        _path,
    ),
    _Field(
        "dead_letter_path",
        "Dead letters",
        "Singer file that gets every rejected record; by default dead-letter.singer in the store.",
        _STRING,
        _path,
    ),
    _Field(
        "state_format",
        "State format",
        "singer (the default), or hotglue (the default in a HotGlue job): outcomes on standard output, as HotGlue "
        "reads them.",
        {**_STRING, "enum": [*STATE_FORMATS, None]},
        _one_of(*STATE_FORMATS),
    ),
    _Field(
        "dry_run",
        "Dry run",
        "Look everything up and say what would be done; write nothing, and no STATE. What refers to a "
        "record that would be created is foretold, too.",
        _TRUTH,
        _truth,
        False,
    ),
    _Field(
        "lines",
        "Lines",
        "Lines of a draft that the record no longer has: replace deletes them, keep leaves them.",
        {**_STRING, "enum": [*LINES, None]},
        _one_of(*LINES),
        "replace",
    ),
    _Field(
        "on_delete",
        "On delete",
        "What a deletion does: block (customers and vendors; others are rejected), delete, or ignore.",
        {**_STRING, "enum": [*ON_DELETE, None]},
        _one_of(*ON_DELETE),
        "block",
    ),
    _Field(
        "match_keys",
        "Match keys",
        f"For a sink ({_NAMES}), the keys that find its records before one is created, in this order.",
        _OBJECT,
        _match_keys,
    ),
    _Field(
        "total_tolerance",
        "Total tolerance",
        "How far a bill's total may be from the record's totalAmount before it is posted.",
        {"type": ["number", "string", "null"]},
        _tolerance,
        0.01,
    ),
    # The client publishes and describes this one; the target reads it too.
    _Field("store_path", "", "", {}, _folder),
)


def target_settings_schema() -> dict[str, Any]:
    """The JSON schema of the target's own settings, without those of the connection."""
    properties = {}
    for each in _FIELDS:
        if each.title:
            schema = {**each.schema, "title": each.title, "description": each.description}
            properties[each.name] = schema if each.default is None else {**schema, "default": each.default}
    return {"type": "object", "properties": properties}


def _checked(config: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for each in _FIELDS:
        given = config.get(each.name)
        if given is None or (isinstance(given, str) and not given.strip()):
            continue
        try:
            values[each.name] = each.read(given)
        except _SettingError as fault:
            problems.append(f"{each.name} {fault}")
    return values


def _dimension_mapping(values: Mapping[str, Any], problems: list[str]) -> DimensionMapping:
    if "dimension_mappings" in values:
        return DimensionMapping(values["dimension_mappings"], "the setting dimension_mappings")
    folder: Path | None = values.get("snapshot_dir")
    if folder is None:
        return DimensionMapping()
    path = folder / TENANT_CONFIG
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        section = content.get("dynamics-bc") or {}
        mappings = section.get("dimension_mappings")
    except FileNotFoundError:
        return DimensionMapping()
    except (OSError, ValueError, AttributeError) as error:
        problems.append(
            f'"{path}" cannot be read as JSON ({error}); it must look like '
            f'{{"dynamics-bc": {{"dimension_mappings": {{...}}}}}}.'
        )
        return DimensionMapping()
    if mappings is None:
        return DimensionMapping()
    try:
        return DimensionMapping(_mappings(mappings), f'"{path}"')
    except _SettingError as fault:
        problems.append(f'dimension_mappings in "{path}" {fault}')
        return DimensionMapping()
