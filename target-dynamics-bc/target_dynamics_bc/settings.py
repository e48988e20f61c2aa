"""Which settings does the target have, and what do they mean?

One table (`TARGET`) is the source of the published JSON schema, of the checks and of the documentation. The settings of
the connection are those of both plugins.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dynamics_bc_plugin import values
from dynamics_bc_plugin.connection import CONNECTION
from dynamics_bc_plugin.settings import Setting, SettingFault, read_settings, refuse, schema_of
from dynamics_bc_plugin.values import BOOLEAN, INTEGER, NAMES, NUMBER, OBJECT, STRING, choices
from target_dynamics_bc.dimension_mappings import MAPPINGS, dimension_mapping, mappings_of
from target_dynamics_bc.finding.dimensions import DimensionMapping
from target_dynamics_bc.kinds.choosing import actions_of_published, allowed, chosen_keys, keys_of_published, makeable
from target_dynamics_bc.kinds.kind import EXTERNAL_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from target_dynamics_bc.kinds.kind import Kind
    from target_dynamics_bc.kinds.table import Kinds

OUTCOMES = "outcomes.jsonl"

POSTING = ("never", "if_requested", "unless_draft")
FAIL_ON = ("any", "undecided", "never")
STATE_FORMATS = ("singer", "hotglue")
LINES = ("replace", "keep")
ON_DELETE = ("block", "delete", "ignore")


@dataclass(frozen=True, slots=True)
class TargetSettings:
    """The target's own settings; each field is the setting of that name.

    Attributes:
        company: Where records go that do not say; None for the only company there is.
        allowed_companies: The only companies that records may go to; None for all.
        route_by_company: A record's `company_id` or `company_name` says where it goes.
        snapshot_dir: Folder of `tenant-config.json`.
        dimension_mapping: From `dimension_mappings`, else from `tenant-config.json`, else the default.
        posting: `never`, `if_requested` or `unless_draft`.
        journal: Code of the batch that takes drafts of entries.
        payment_journal: Code of the batch that takes drafts of payments, if the record names none.
        fail_on: Which rejections make the exit code 1.
        outcomes_path: File of outcomes; None for none.
        dead_letter_path: File of rejected records; None for none.
        results_stream: Singer file of where records are in Business Central; None for none.
        retry_dead_letters: Dead letters of earlier runs are tried again.
        retry_attempts: How often a record is rejected before it is not tried any more.
        retry_days: Days for which a rejected record is tried.
        state_format: `singer` or `hotglue`.
        dry_run: Look up and plan, write nothing.
        preview: Draft new documents, compare them, remove them; of all else write nothing.
        lines: What becomes of lines that the record does not have: `replace` deletes them, `keep` leaves them.
        on_delete: What a deletion does: `block`, `delete` or `ignore`.
        match_keys: For a sink, which keys find its records, in this order.
        attachments_path: Folder that paths of attachments and pictures lead from; None for none.
        create_missing: Names of the kinds of which one is made where a record names what is not there.
        cut_texts: Names, descriptions and addresses that are too long are cut.
        allowed_actions: Names, in lower case once checked, of actions that mail people or undo postings, and may.
        reference_streams: Names of streams, in any case, that are only used where other records refer to them.
        total_tolerance: How far a document's total may be from what the record says before it is posted.
        store_path: Folder of the memory; None for none.
    """

    company: str | None = None
    allowed_companies: tuple[str, ...] | None = None
    route_by_company: bool = False
    snapshot_dir: Path | None = None
    dimension_mapping: DimensionMapping = field(default_factory=DimensionMapping)
    posting: str = "if_requested"
    journal: str = "DEFAULT"
    payment_journal: str = "DEFAULT"
    fail_on: str = "any"
    outcomes_path: Path | None = None
    dead_letter_path: Path | None = None
    results_stream: Path | None = None
    retry_dead_letters: bool = False
    retry_attempts: int = 10
    retry_days: int = 30
    state_format: str = "singer"
    dry_run: bool = False
    preview: bool = False
    lines: str = "replace"
    on_delete: str = "block"
    match_keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    attachments_path: Path | None = None
    create_missing: frozenset[str] = frozenset()
    cut_texts: bool = False
    allowed_actions: frozenset[str] = frozenset()
    reference_streams: frozenset[str] = frozenset()
    total_tolerance: Decimal = Decimal("0.01")
    store_path: Path | None = None

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], kinds: Kinds, *, environ: Mapping[str, str] | None = None
    ) -> TargetSettings:
        """Read the settings out of the target's config.

        Args:
            config: The config, with our names or HotGlue's.
            kinds: The table of kinds, whose keys `match_keys` chooses from.
            environ: Environment variables, which tell whether this is a HotGlue job; those of this process when None.

        Raises:
            ConfigurationError: With one sentence for each fault.
        """
        problems: list[str] = []
        config, in_a_job = _in_a_job(config, environ)
        found = read_settings((*TARGET, _STORE_PATH), config, problems)
        for name, check in _OF_KINDS.items():
            try:
                found |= {name: check(found[name], kinds)} if name in found else {}
            except SettingFault as fault:  # noqa: PERF203 - each setting's own
                problems.append(f"{name} {fault}")
        mapping = dimension_mapping(found, problems)
        if str(config.get("flattening_enabled")).strip().lower() in {"true", "1"}:
            problems.append(_FLATTENED)
        if found.get("retry_dead_letters") and not (found.get("store_path") or found.get("snapshot_dir")):
            problems.append(_NO_MEMORY)
        if found.get("preview"):
            problems += _against_preview(found)
        refuse(problems)
        if in_a_job:
            found.setdefault("fail_on", "never")
            found.setdefault("state_format", "hotglue")
        found.pop(MAPPINGS, None)
        store = found.get("store_path") or found.get("snapshot_dir")
        if store is not None:
            found["store_path"] = store
            found.setdefault("outcomes_path", store / OUTCOMES)
            found.setdefault("dead_letter_path", store / "dead-letter.singer")
        refuse(_sharing_a_file(found))
        return cls(dimension_mapping=mapping, **found)

    @property
    def keeps_nothing(self) -> bool:
        """Nothing of the run is to stay in Business Central, so that no STATE may pass its records."""
        return self.dry_run or self.preview

    def keys_of(self, kind: Kind) -> tuple[str, ...]:
        """The match keys of a kind: those that were chosen, and the id that follows from a sender's.

        That one is always looked for: a second record with the same id would be refused by the service.
        """
        chosen = self.match_keys.get(kind.name, kind.key_names)
        return chosen if EXTERNAL_ID not in kind.keys else (*dict.fromkeys((*chosen, EXTERNAL_ID.name)),)

    def posts(self, kind: Kind, *, draft: bool | None, action: str = "") -> bool:
        """Whether a record is to be posted, or what it asks for carried out.

        Args:
            kind: Its kind. What becomes something else (an order that is shipped and invoiced) has to ask for it.
            draft: Its `isDraft`; None when it does not say.
            action: The action that it names; empty for none.
        """
        if self.posting == "never":
            return False
        has_to_ask = kind.posting is not None and bool(kind.posting.leads_to)
        if self.posting == "unless_draft" and not has_to_ask:
            return draft is not True
        return draft is False or (bool(action) and draft is None)


def kept_outcomes(config: Mapping[str, Any], *, environ: Mapping[str, str] | None = None) -> Path | None:
    """The file of outcomes, for whoever reads it and may write nothing; None when a config keeps none.

    Args:
        config: As of `TargetSettings.from_config`.
        environ: As there.

    Raises:
        ConfigurationError: With one sentence for each fault of a setting that leads there.
    """
    problems: list[str] = []
    found = read_settings(_TO_OUTCOMES, _in_a_job(config, environ)[0], problems)
    refuse(problems)
    path: Path | None = found.get("outcomes_path")
    store: Path | None = found.get("store_path") or found.get("snapshot_dir")
    return store / OUTCOMES if path is None and store is not None else path


def _in_a_job(config: Mapping[str, Any], environ: Mapping[str, str] | None) -> tuple[Mapping[str, Any], bool]:
    """A config with what a HotGlue job sets besides, and whether this is one."""
    variables = os.environ if environ is None else environ
    in_a_job = bool(variables.get("JOB_ID") or variables.get("API_URL"))
    if in_a_job and not config.get("snapshot_dir"):
        config = {**config, "snapshot_dir": variables.get("SNAPSHOT_DIR")}
    return config, in_a_job


_FLATTENED = (
    "flattening_enabled cannot be set for the target: it takes records apart, and lines and dimensions would be lost. "
    "Remove it here; the tap may have it for other loaders."
)

_NO_MEMORY = (
    "retry_dead_letters needs store_path: without it nothing tells that a newer version of a record was written since."
)


def _against_preview(found: Mapping[str, Any]) -> list[str]:
    """Why nothing can be previewed."""
    problems = []
    if found.get("dry_run"):
        problems.append("preview and dry_run exclude each other: a preview makes drafts, a dry run writes nothing.")
    if not (found.get("store_path") or found.get("snapshot_dir")):
        problems.append("preview needs store_path: without it nobody knows of the drafts of a run that was killed.")
    return problems


def _sharing_a_file(found: Mapping[str, Any]) -> list[str]:
    """Why files that a run adds to cannot be where they are to be: lines of one would be no lines of the other."""
    problems = []
    names: dict[str, str] = {}
    for name in ("outcomes_path", "dead_letter_path", "results_stream"):
        path = found.get(name)
        if path is None or (os.path.lexists(path) and not os.path.isfile(path)):  # noqa: PTH113 - this one never raises
            continue
        other = names.setdefault(os.path.realpath(path), name)
        if other != name:
            problems.append(f'{name} and {other} name the same file, "{path}": give each a file of its own.')
    return problems


def with_published_kinds(
    settings: TargetSettings, kinds: Kinds, kind_of: Callable[[str], Kind | str]
) -> TargetSettings:
    """The settings, with the keys and actions checked of kinds that the table does not have.

    Kinds whose keys are chosen are added to the table.

    Args:
        settings: The settings.
        kinds: The table of this run.
        kind_of: Finds the kind of a stream, or says why there is none.

    Raises:
        ConfigurationError: Nothing can write what is named, or it has no such property or action.
    """
    chosen, problems = keys_of_published(settings.match_keys, kinds, kind_of)
    actions, wrong = actions_of_published(settings.allowed_actions, kinds, kind_of)
    refuse([*problems, *wrong])
    return replace(settings, match_keys=chosen, allowed_actions=actions)


def _names_as_given(value: Any) -> frozenset[str]:
    """Names as they were written, for messages: a list of them, or one text with commas."""
    given = value.split(",") if isinstance(value, str) else value
    if not isinstance(given, list) or any(not isinstance(name, str) for name in given):
        raise SettingFault('must be a list of names, such as ["accounts", "dimensions"].')
    return frozenset(name.strip() for name in given if name.strip())


def _allowed_companies(value: Any) -> tuple[str, ...]:
    named = values.companies(value)
    # A list that came out empty was meant to keep records out of other companies, not to let them into all.
    if named is None:
        raise SettingFault("must name a company; leave it out to allow all.")
    return named


_OF_KINDS: Mapping[str, Callable[[Any, Kinds], Any]] = MappingProxyType(
    {"match_keys": chosen_keys, "create_missing": makeable, "allowed_actions": allowed}
)
"""Settings that name kinds, or what those have."""

TARGET: tuple[Setting, ...] = (
    Setting(
        "company",
        "Company",
        "Company that records go to when they name none: ID, name or display name. Default: the only company there is.",
        STRING,
        values.text,
        aliases=("export_company_id",),
        guards_books=True,
    ),
    Setting(
        "allowed_companies",
        "Allowed companies",
        "The only companies that records may go to, whatever they name: IDs, names or display names. Default: all that "
        "the sign-in may write to.",
        NAMES,
        _allowed_companies,
        guards_books=True,
    ),
    Setting(
        "route_by_company",
        "Route by company",
        "Send each record to the company in its company_id or company_name.",
        BOOLEAN,
        values.truth,
        default=False,
        guards_books=True,
    ),
    Setting(
        "snapshot_dir",
        "Snapshot folder",
        "Folder of tenant-config.json. Without store_path it is the store too. It is made if it does not exist, with a "
        "warning.",
        STRING,
        values.readable_folder,
    ),
    Setting(
        "dimension_mappings",
        "Dimension mappings",
        "Which dimension a record's fields mean, as prefix and code: class -> CLASS. Replaces tenant-config.json.",
        OBJECT,
        mappings_of,
        guards_books=True,
    ),
    Setting(
        "posting",
        "Posting",
        "never: leave everything as drafts. if_requested: post records that say isDraft false. unless_draft: post all "
        "but those that say isDraft true.",
        choices(*POSTING),
        values.one_of(*POSTING),
        default="if_requested",
        guards_books=True,
    ),
    Setting(
        "journal",
        "Journal",
        "Code of the general journal batch for journal entries that stay drafts.",
        STRING,
        values.code,
        default="DEFAULT",
        guards_books=True,
    ),
    Setting(
        "payment_journal",
        "Payment journal",
        "Code of the payment journal batch for payments that name none.",
        STRING,
        values.code,
        default="DEFAULT",
        guards_books=True,
    ),
    Setting(
        "fail_on",
        "Fail on",
        "Which rejected records make the exit code 1. any: all of them, the default. undecided: only those to try "
        "again. never: none, the default in a HotGlue job.",
        choices(*FAIL_ON),
        # A published default would be filled in before it is known whether this is a job.
        values.one_of(*FAIL_ON),
        guards_books=True,
    ),
    Setting(
        "outcomes_path",
        "Outcomes",
        "File for what became of each record, one JSON line each. Default: outcomes.jsonl in the store.",
        STRING,
        values.path,
    ),
    Setting(
        "dead_letter_path",
        "Dead letters",
        "Singer file for rejected records, which can be sent again. Default: dead-letter.singer in the store.",
        STRING,
        values.path,
    ),
    Setting(
        "results_stream",
        "Results stream",
        "Singer file for a loader: ID, number, posted number and etag of each record that is written, in one stream.",
        STRING,
        values.path,
    ),
    Setting(
        "retry_dead_letters",
        "Retry dead letters",
        "Try the dead letters of earlier runs again in each run, behind its own input.",
        BOOLEAN,
        values.truth,
        default=False,
    ),
    Setting(
        "retry_attempts",
        "Retry attempts",
        "How often a record may be rejected in all and is still tried by retry_dead_letters.",
        INTEGER,
        values.count(1000),
        default=10,
    ),
    Setting(
        "retry_days",
        "Retry days",
        "For how many days after it came a record is tried by retry_dead_letters.",
        INTEGER,
        values.count(3650),
        default=30,
    ),
    Setting(
        "state_format",
        "State format",
        "What goes to standard output. singer: STATE values, the default. hotglue: outcomes as HotGlue reads them, the "
        "default in a HotGlue job.",
        choices(*STATE_FORMATS),
        values.one_of(*STATE_FORMATS),
    ),
    Setting(
        "preview",
        "Preview",
        "Draft each new document, compare it as before posting, report its totals, and remove the draft. Write nothing "
        "else and pass no STATE on. Needs store_path.",
        BOOLEAN,
        values.truth,
        default=False,
        guards_books=True,
    ),
    Setting(
        "dry_run",
        "Dry run",
        "Look everything up and report what would be done. Write nothing and pass no STATE on.",
        BOOLEAN,
        values.truth,
        default=False,
        guards_books=True,
    ),
    Setting(
        "lines",
        "Lines",
        "Lines of a draft that the record no longer has. replace: delete them. keep: leave them.",
        choices(*LINES),
        values.one_of(*LINES),
        default="replace",
        guards_books=True,
    ),
    Setting(
        "on_delete",
        "On delete",
        "What a deletion does. block: block the record if it can be blocked, as a customer, vendor or item, and reject "
        "other deletions. delete: delete the record. ignore: nothing.",
        choices(*ON_DELETE),
        values.one_of(*ON_DELETE),
        default="block",
        guards_books=True,
    ),
    Setting(
        "match_keys",
        "Match keys",
        "For each kind of record, such as vendors, the keys to look it up by before it is created, in this order. Of "
        "master data, any property that tells records apart, such as the email of customers.",
        OBJECT,
        values.json_object,
        guards_books=True,
    ),
    Setting(
        "attachments_path",
        "Attachments",
        "Folder that the path of an attachment or a picture in a record leads from.",
        STRING,
        values.existing_folder,
    ),
    Setting(
        "create_missing",
        "Create missing",
        "Vendors, customers and items that a record names and that are not there are made, with that number or name: a "
        "list of vendors, customers, items.",
        NAMES,
        _names_as_given,
    ),
    Setting(
        "cut_texts",
        "Cut texts",
        "Cut names, descriptions and addresses that are longer than Business Central takes, instead of rejecting the "
        "record. Numbers, codes, mail addresses and telephone numbers are never cut.",
        BOOLEAN,
        values.truth,
        default=False,
    ),
    Setting(
        "allowed_actions",
        "Allowed actions",
        "Actions that mail people or undo postings (send, postAndSend, cancel, cancelAndSend, "
        "makeCorrectiveCreditMemo) and that records may ask for all the same; and actions of custom APIs, each with "
        "its stream: contoso_demo_orders.approve.",
        NAMES,
        _names_as_given,
    ),
    Setting(
        "reference_streams",
        "Reference streams",
        "Streams that are not written, and only used where other records refer to them: a list, or text with commas.",
        NAMES,
        _names_as_given,
        guards_books=True,
    ),
    Setting(
        "total_tolerance",
        "Total tolerance",
        "How far a bill's total may be off the record's totalAmount and still be posted.",
        NUMBER,
        values.amount,
        default=0.01,
    ),
)
"""The target's own settings."""

SETTINGS = (*CONNECTION, *TARGET)
"""All settings of the target."""

# One of the connection's, which the target reads for itself: it decides where outcomes and dead letters go.
(_STORE_PATH,) = (each for each in CONNECTION if each.name == "store_path")
_TO_OUTCOMES = (
    replace(_STORE_PATH, read=values.readable_folder),
    *(each for each in TARGET if each.name in {"snapshot_dir", "outcomes_path"}),
)


def target_settings_schema() -> dict[str, Any]:
    """The JSON schema of all settings of the target."""
    return schema_of(SETTINGS)
