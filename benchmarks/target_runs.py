"""Do the targets of two releases come to the same outcomes, and leave the same rows?

Each input is sent to an emulator at its seed, and then once more, when little may be left to write. Exit codes, states,
outcomes and dead letters are compared, and all rows of the emulator afterwards. Ids that the emulator made up are
masked; run ids and times of outcomes are left out; messages are compared by themselves, because wording may change.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from differences import Comparison, Difference, differences
from masking import Masks, ids_in
from releases import Ran, Release, succeeded
from tap_runs import DEMO_COMPANY

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from emulated import Emulated

ROOT = Path(__file__).resolve().parents[1]
INPUTS = (ROOT / "target-dynamics-bc" / "sample", Path(__file__).with_name("inputs"))
COPY_COMPANY = "Contoso Services Ltd."
COMPANIES = (DEMO_COMPANY, COPY_COMPANY)
PASSES = 2
LEFT_OUT = ("run_id", "at", "came")
MESSAGES = "messages"
COPIED = (
    "customers", "vendors", "purchaseInvoices", "journalLines", "purchaseInvoiceLines", "accounts", "countriesRegions",
    "currencies", "dimensionValues", "dimensions", "items", "journals", "locations", "paymentMethods", "paymentTerms",
    "shipmentMethods", "taxAreas", "unitsOfMeasure",
)  # fmt: skip
WITH_DIMENSIONS = ("dimensionSetLines", "defaultDimensions")
"""The other company has few of the dimensions, so that most records that come with theirs are rejected."""
MISSING = ("countriesRegions", "salespeoplePurchasers", "locations", "items")
"""Sets that the other company lacks rows of: it gets those of the first one before it is written to."""
COMPLETED = ("number", "code", "displayName", "type")
DEPARTMENT = ("PROD", "PURCHASING")
"""A department of the other company, and the code that it gets, because bills of the first company have it."""


@dataclass(frozen=True, slots=True)
class Input:
    """Singer files that are sent one after the other.

    Attributes:
        name: What a report calls it.
        files: The files; a JSON file of the same name beside one has settings for it.
        tenant_config: A HotGlue tenant's mapping, if there is one.
        company: Where records go.
    """

    name: str
    files: tuple[Path, ...]
    tenant_config: Path | None = None
    company: str = DEMO_COMPANY


def inputs_in(folder: Path) -> Iterator[Input]:
    """The inputs of a folder: its own Singer files together, and those of each folder in it."""
    files = tuple(sorted(folder.glob("*.singer")))
    if files:
        mapping = folder / "tenant-config.json"
        yield Input(f"{folder.parent.name}/{folder.name}", files, mapping if mapping.exists() else None)
    for below in sorted(path for path in folder.iterdir() if path.is_dir()):
        yield from inputs_in(below)


@dataclass(frozen=True, slots=True)
class Written:
    """What one release made of one input.

    Attributes:
        runs: Exit codes, states, outcomes and dead letters, by what they are and the number of the run.
        messages: Messages of rejections.
        operations: How often each method was asked for.
        rows: Rows afterwards, by company and entity set.
    """

    runs: Mapping[str, list[str]]
    messages: Mapping[str, list[str]]
    operations: Counter[str]
    rows: Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class TargetRuns:
    """Runs the targets of two releases and compares what came of it.

    Attributes:
        old: The release that is taken for right.
        new: The release to be compared.
        emulated: What both write to.
        folder: Where config files, stores and outcomes go.
        passes: How often each input is sent.
        entity_sets: Sets whose rows are compared; all of them when empty, which takes two seconds each time.
    """

    old: Release
    new: Release
    emulated: Emulated
    folder: Path
    passes: int = PASSES
    entity_sets: Sequence[str] = ()
    _seed: dict[str, set[str]] = field(default_factory=dict)

    def compare(self, inputs: Iterable[Input]) -> Iterator[Comparison]:
        """Compare what both releases make of each input."""
        for each in inputs:
            old, new = (self._write(release, each) for release in (self.old, self.new))
            yield Comparison(
                f"target, {each.name}",
                _summary(old),
                [*differences(old.runs, new.runs), *differences(old.rows, new.rows)],
                [*differences(old.messages, new.messages), *_difference_of_operations(old, new)],
            )

    def compare_copies(self) -> Comparison:
        """Compare what becomes of the demo company, as the old release's tap reads it, in another company."""
        self.emulated.back_to_the_seed()
        config = self.folder / "tap.json"
        config.write_text(json.dumps(self.emulated.config(company_ids=[DEMO_COMPANY])))
        catalog = json.loads(succeeded(self.old, self.old.tap("--config", config, "--discover")).output)
        files = (
            self._read(config, catalog, COPIED, "1-without-dimensions"),
            self._read(config, catalog, (*COPIED, *WITH_DIMENSIONS), "2-with-dimensions"),
        )
        (copy,) = self.compare([Input("a company copied into another", files, company=COPY_COMPANY)])
        return copy

    def _read(self, config: Path, catalog: Mapping[str, Any], streams: Container[str], name: str) -> Path:
        for stream in catalog["streams"]:
            root = next(entry["metadata"] for entry in stream["metadata"] if not entry["breadcrumb"])
            root["selected"] = stream["tap_stream_id"] in streams
        path, data = self.folder / "catalog.json", self.folder / f"{name}.singer"
        path.write_text(json.dumps(catalog))
        data.write_bytes(succeeded(self.old, self.old.tap("--config", config, "--catalog", path)).output)
        return data

    def _write(self, release: Release, given: Input) -> Written:
        self.emulated.back_to_the_seed()
        known = self._known_ids()
        if given.company == COPY_COMPANY:
            self._complete_the_other_company()
        settings: dict[str, Any] = {"company": given.company}
        folder = self.folder / "target"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        if given.tenant_config is not None:
            settings["snapshot_dir"] = str(folder)
            shutil.copy(given.tenant_config, folder / "tenant-config.json")
        runs = {
            f"{file.stem}, pass {number}": self._run(release, folder, file, settings)
            for number in range(1, self.passes + 1)
            for file in given.files
        }
        operations = Counter(self.emulated.operations())
        rows = self._rows(self.entity_sets)
        masks = {company: Masks(known, of_company) for company, of_company in rows.items()}
        lines = {
            f"{what} of {name}": [masks[given.company].masked(line) for line in of_run[what]]
            for name, of_run in runs.items()
            for what in of_run
        }
        return Written(
            {name: of_run for name, of_run in lines.items() if not name.startswith(MESSAGES)},
            {name: of_run for name, of_run in lines.items() if name.startswith(MESSAGES)},
            operations,
            {
                f"{entity_set} of {company}": sorted(masks[company].masked(json.dumps(row)) for row in of_set)
                for company, of_company in rows.items()
                for entity_set, of_set in of_company.items()
            },
        )

    def _complete_the_other_company(self) -> None:
        for entity_set in MISSING:
            there = {row.get("number") or row["code"] for row in self.emulated.rows(COPY_COMPANY, entity_set)}
            for row in self.emulated.rows(DEMO_COMPANY, entity_set):
                if (row.get("number") or row["code"]) not in there:
                    named: dict[str, Any] = {name: row[name] for name in COMPLETED if name in row}
                    self.emulated.edit(COPY_COMPANY, entity_set, row["id"], named)
        values = self.emulated.rows(COPY_COMPANY, "dimensionValues")
        department = next(row["id"] for row in values if row["code"] == DEPARTMENT[0])
        self.emulated.edit(COPY_COMPANY, "dimensionValues", department, {"code": DEPARTMENT[1]})

    def _run(self, release: Release, folder: Path, file: Path, settings: Mapping[str, Any]) -> dict[str, list[str]]:
        """Send a file; what came of it, by what it is."""
        own = file.with_suffix(".json")
        paths = {"outcomes_path": folder / "outcomes.jsonl", "dead_letter_path": folder / "dead-letters.singer"}
        for path in paths.values():
            path.unlink(missing_ok=True)
        config = {
            "store_path": str(folder / "store"),
            **{name: str(path) for name, path in paths.items()},
            **settings,
            **(json.loads(own.read_text()) if own.exists() else {}),
        }
        config_path = folder / "target.json"
        config_path.write_text(json.dumps(self.emulated.config(**config)))
        ran = release.target("--config", config_path, "--input", file)
        return _compared(ran, *(path.read_text().splitlines() if path.exists() else [] for path in paths.values()))

    def _rows(self, entity_sets: Sequence[str]) -> dict[str, dict[str, list[dict[str, Any]]]]:
        """All rows of some sets, or of all, by company and entity set."""
        sets = entity_sets or self.emulated.entity_sets()
        return {company: {each: self.emulated.rows(company, each) for each in sets} for company in COMPANIES}

    def _known_ids(self) -> set[str]:
        """The ids of the seed; looked up once."""
        if "ids" not in self._seed:
            self._seed["ids"] = ids_in(json.dumps(self._rows(())))
        return self._seed["ids"]


def _compared(ran: Ran, outcomes: Sequence[str], dead_letters: Sequence[str]) -> dict[str, list[str]]:
    messages: list[str] = []
    return {
        "exit code": [str(ran.code)],
        "states": ran.output.decode().splitlines(),
        "outcomes": [_without_messages(line, messages) for line in outcomes],
        "dead letters": [_without_messages(line, []) for line in dead_letters],
        MESSAGES: messages,
    }


def _without_messages(line: str, messages: list[str]) -> str:
    """A line of outcomes or dead letters without what varies; its messages are added to a list."""
    content = json.loads(line)
    for name in LEFT_OUT:
        content.pop(name, None)
    messages += [error.pop("message", "") for error in content.get("errors", [])]
    return json.dumps(content, sort_keys=True)


def _difference_of_operations(old: Written, new: Written) -> list[Difference]:
    before, after = (dict(sorted(each.operations.items())) for each in (old, new))
    return differences({"operations": [json.dumps(before)]}, {"operations": [json.dumps(after)]})


def _summary(written: Written) -> str:
    """The outcomes of all runs, counted."""
    lines = [line for name, of_run in written.runs.items() if name.startswith("outcomes") for line in of_run]
    counts = Counter(json.loads(line)["outcome"] for line in lines)
    return ", ".join(f"{count} {kind}" for kind, count in counts.items()) or "no outcomes"
