"""The project of `meltano.yml`, run by Meltano itself: what arrives, and which state it keeps."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from dynamics_bc_client.client import Client
from dynamics_bc_client.odata.urls import company_path
from dynamics_bc_plugin.connection import read_connection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator_control import RunningEmulator

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
MELTANO = "meltano==4.4.1"
PROJECT_FILES = ("meltano.yml", "tools/tap_singer_file.py", "output/.gitignore")
PORT = "http://127.0.0.1:8765"
DOTENV = """DYNAMICS_BC_SANDBOX=UAT
DYNAMICS_BC_PRODUCTION=Live
DYNAMICS_BC_TENANT_ID=tenant
DYNAMICS_BC_CLIENT_ID=app
DYNAMICS_BC_CLIENT_SECRET=secret
DYNAMICS_BC_COMPANY=company
"""


@dataclass(frozen=True)
class Project:
    """A Meltano project of its own with this repository's meltano.yml."""

    folder: Path
    program: Path

    def run(self, *arguments: str, emulator: RunningEmulator | None = None, code: int = 0) -> str:
        """Run Meltano against an emulator; what it printed, logs and all. It must end with this code."""
        self._point_at(emulator.url if emulator else PORT)
        variables = {
            **os.environ,
            "NO_COLOR": "1",
            "MELTANO_CLI_LOG_LEVEL": "info",
        }
        done = subprocess.run(
            [str(self.program), *arguments], cwd=self.folder, env=variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stdout[-5000:] + done.stderr[-5000:]
        return done.stdout if code == 0 else done.stdout + done.stderr

    @contextlib.contextmanager
    def started(self, *arguments: str, emulator: RunningEmulator) -> Iterator[subprocess.Popen[bytes]]:
        """Meltano, started and left alone; it has ended behind the block."""
        self._point_at(emulator.url)
        with (self.folder / "meltano.log").open("wb") as log:
            command = [str(self.program), *arguments]
            running = subprocess.Popen(
                command, cwd=self.folder, env={**os.environ, "NO_COLOR": "1"}, stdout=log, stderr=log
            )
            try:
                yield running
            finally:
                running.wait(timeout=300)

    def config(self, environment: str, plugin: str) -> dict[str, Any]:
        """The config that a plugin gets in an environment."""
        printed = self.run(f"--environment={environment}", "invoke", "--dump=config", plugin)
        read: dict[str, Any] = json.loads(printed[printed.index("{\n") : printed.rindex("}") + 1])
        return read

    def state(self, state_id: str) -> dict[str, Any]:
        """The state that Meltano kept."""
        return json.loads(self.run("state", "get", state_id).splitlines()[-1])["singer_state"]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the DuckDB file, read by the loader's own DuckDB."""
        program = (
            "import duckdb, json, sys;"
            "print(json.dumps(duckdb.connect(sys.argv[1]).execute(sys.argv[2]).fetchall(), default=str))"
        )
        python = self.folder / ".meltano" / "loaders" / "target-duckdb" / "venv" / "bin" / "python"
        database = self.folder / "output" / "business-central.duckdb"
        done = subprocess.run(
            [str(python), "-c", program, str(database), sql], capture_output=True, text=True, check=True
        )
        return [tuple(row) for row in json.loads(done.stdout)]

    def text(self, url: str) -> str:
        """This repository's meltano.yml, with the emulator at a URL."""
        text = (ROOT / "meltano.yml").read_text().replace("pip_url: -e .", f"pip_url: -e {ROOT}")
        return text.replace(PORT, url)

    def _point_at(self, url: str) -> None:
        (self.folder / "meltano.yml").write_text(self.text(url))


@pytest.fixture(scope="session")
def program() -> Path:
    """Meltano, in an environment that is kept for the next run."""
    folder = ROOT / ".cache" / MELTANO.replace("==", "-")
    if not (folder / "made").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", MELTANO], check=True)
        (folder / "made").touch()
    return folder / "bin" / "meltano"


@pytest.fixture(scope="module")
def project(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with its plugins installed."""
    folder = tmp_path_factory.mktemp("meltano")
    sample = extractor("tap-singer-file")["config"]["path"]
    for name in (*PROJECT_FILES, sample, str(Path(sample).with_name("tenant-config.json"))):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    made = Project(folder, program)
    made.run("install")
    return made


def contents() -> dict[str, Any]:
    """What meltano.yml says."""
    read: dict[str, Any] = yaml.safe_load((ROOT / "meltano.yml").read_text())
    return read


def extractor(name: str) -> dict[str, Any]:
    return next(each for each in contents()["plugins"]["extractors"] if each["name"] == name)


def test_every_company_arrives_and_the_second_run_reads_only_what_changed(
    project: Project, emulator: RunningEmulator
) -> None:
    companies = emulator.companies()
    project.run("run", "tap-dynamics-bc", "target-duckdb", emulator=emulator)
    for entity_set in ("customers", "vendors", "items", "generalLedgerEntries", "salesInvoices"):
        arrived = {
            tuple(row) for row in project.query(f"select company_id, id from business_central.{entity_set.lower()}")
        }
        there = {(each["id"], row["id"]) for each in companies for row in emulator.rows(each["id"], entity_set)}
        assert arrived == there, entity_set

    tables = project.query("select table_name from information_schema.tables where table_schema = 'business_central'")
    assert ("salesinvoicelines",) in tables
    assert ("trialbalances",) not in tables

    state = project.state("emulator:tap-dynamics-bc-to-target-duckdb")
    bookmarks = {each["context"]["company_id"]: each for each in state["bookmarks"]["customers"]["partitions"]}
    assert bookmarks.keys() == {each["id"] for each in companies}

    company = companies[0]["id"]
    changed = emulator.rows(company, "customers")[0]
    emulator.advance("PT2H")
    emulator.edit(company=company, entity_set="customers", id=changed["id"], set={"displayName": "Renamed since"})
    began = len(emulator.requests())
    project.run("run", "tap-dynamics-bc", "target-duckdb", emulator=emulator)

    names = project.query(f"select displayname from business_central.customers where id = '{changed['id']}'")
    assert names == [("Renamed since",)]
    calls = [call for call in emulator.requests()[began:] if call["path"].endswith("/customers")]
    # Default dimensions have no stamp that follows them: they are read through all customers, in requests of their own.
    asked = [call for call in calls if "defaultDimensions" not in str(call["query"])]
    assert len(asked) == len(companies)
    for company_id, bookmark in bookmarks.items():
        (filtered,) = [str(call["query"]) for call in asked if company_id in call["path"]]
        assert bookmark["replication_key_value"] in filtered.replace("%3A", ":").replace("%3a", ":")
    moved = project.state("emulator:tap-dynamics-bc-to-target-duckdb")["bookmarks"]["customers"]["partitions"]
    after = {each["context"]["company_id"]: each["replication_key_value"] for each in moved}
    assert after[company] > bookmarks[company]["replication_key_value"]


MISFORTUNES: tuple[dict[str, Any], ...] = (
    {"status": 503, "headers": {"Retry-After": "1"}},
    {"status": 429, "headers": {"Retry-After": "soon"}},
    {"drop": "after"},
    {"cut_after": 200},
    {"status": 200, "body": "<html>Sign in to the Wi-Fi</html>"},
    {"error_in": "row", "rows": 2},
    {"next_link": "elsewhere"},
)


def children(process: int) -> list[int]:
    """The processes that a process has started."""
    return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


@pytest.mark.parametrize("seed", range(3))
def test_a_pipeline_whose_programs_are_killed_and_misled_holds_all_rows_in_the_end(
    project: Project, emulator: RunningEmulator, seed: int
) -> None:
    """Three runs under attack, from a seed, and a quiet one; in between somebody works in the companies."""
    chance, company = random.Random(seed), emulator.companies()[0]["id"]
    # The emulator is back at its seed, and the state of the test before is of no use.
    pipeline = ("run", f"--state-id-suffix=attacked-{seed}", "tap-dynamics-bc", "target-duckdb")
    for _ in range(3):
        fault = {"method": "GET", "path": r"/companies\(", "skip": chance.randrange(200), **chance.choice(MISFORTUNES)}
        emulator.faults([fault])
        began, kills_at = len(emulator.requests()), chance.choice((None, chance.randrange(10, 300)))
        with project.started(*pipeline, emulator=emulator) as running:
            while running.poll() is None:
                if kills_at and len(emulator.requests()) - began > kills_at:
                    with contextlib.suppress(OSError, IndexError):  # it has just ended by itself
                        os.kill(children(running.pid)[0], signal.SIGKILL)
                    kills_at = None
                time.sleep(0.05)
        emulator.clear_faults()
        emulator.advance("PT30M")
        changed = chance.choice(emulator.rows(company, "customers"))
        emulator.edit(company=company, entity_set="customers", id=changed["id"], set={"displayName": f"Name {seed}"})
    project.run(*pipeline, emulator=emulator)
    for entity_set, name in (("customers", "displayName"), ("vendors", "displayName"), ("salesInvoices", "number")):
        found = project.query(f"select company_id, id, {name.lower()} from business_central.{entity_set.lower()}")
        there = [
            (each["id"], row["id"], row[name])
            for each in emulator.companies()
            for row in emulator.rows(each["id"], entity_set)
        ]
        assert sorted(found) == sorted(there), entity_set


@pytest.mark.parametrize("selection", ["finance", "purchasing"])
def test_a_selection_reads_its_streams_and_no_others(
    project: Project, emulator: RunningEmulator, selection: str
) -> None:
    chosen = extractor(f"tap-dynamics-bc--{selection}")["select"]
    output = project.folder / "output"
    for path in output.glob("*.jsonl"):
        path.unlink()
    project.run("run", "--full-refresh", f"tap-dynamics-bc--{selection}", "target-jsonl", emulator=emulator)
    arrived = {path.name.removesuffix(".jsonl") for path in output.glob("*.jsonl")}
    assert arrived <= {pattern.removesuffix(".*") for pattern in chosen}
    assert "vendors" in arrived
    assert "employees" not in arrived


def test_the_sample_is_written_once_and_its_state_is_singers(project: Project, emulator: RunningEmulator) -> None:
    company = emulator.companies()[0]
    sample = project.folder / extractor("tap-singer-file")["config"]["path"]
    records = [line for line in sample.read_text().splitlines() if json.loads(line)["type"] == "RECORD"]
    outcomes_path = project.folder / "output" / "target-store" / "outcomes.jsonl"

    def write() -> list[str]:
        done = len(outcomes_path.read_text().splitlines()) if outcomes_path.exists() else 0
        project.run("run", "tap-singer-file", "target-dynamics-bc", emulator=emulator)
        return [json.loads(line)["outcome"] for line in outcomes_path.read_text().splitlines()[done:]]

    first = write()
    assert len(first) == len(records)
    assert set(first) <= {"created", "posted"}
    written = {name: emulator.rows(company["id"], name) for name in ("vendors", "customers", "purchaseInvoices")}
    assert set(write()) == {"existing"}
    assert written == {name: emulator.rows(company["id"], name) for name in written}

    state = project.state("emulator:tap-singer-file-to-target-dynamics-bc")
    last = [json.loads(line) for line in sample.read_text().splitlines() if json.loads(line)["type"] == "STATE"]
    assert state == (last[-1]["value"] if last else {})


def test_one_company_is_copied_into_another_and_only_what_changed_the_next_time(
    project: Project, emulator: RunningEmulator
) -> None:
    variables = {each["name"]: each.get("env", {}) for each in contents()["environments"]}["emulator"]
    ids = {each["name"]: each["id"] for each in emulator.companies()}
    source, copy = (ids[variables[name]] for name in ("DYNAMICS_BC_COPY_FROM", "DYNAMICS_BC_COPY_TO"))
    items = emulator.rows(source, "items")
    create_items(emulator, copy, [row["number"] for row in items])
    outcomes_path = project.folder / "output" / "copy-store" / "outcomes.jsonl"
    state_id = "emulator:tap-dynamics-bc--copy-to-target-dynamics-bc--copy"

    def run() -> Counter[tuple[str, str]]:
        done = len(outcomes_path.read_text().splitlines()) if outcomes_path.exists() else 0
        project.run("run", "copy-company", emulator=emulator)
        outcomes = [json.loads(line) for line in outcomes_path.read_text().splitlines()[done:]]
        return Counter((each["stream"], each["outcome"]) for each in outcomes)

    there = {name: emulator.rows(source, name) for name in ("customers", "vendors", "purchaseInvoices")}
    terms = ("paymentTerms", "unchanged"), len(emulator.rows(source, "paymentTerms"))
    first = run()
    assert first.pop(terms[0]) == terms[1]
    assert first == {(name, "created"): len(rows) for name, rows in there.items()}
    for name, key in (("customers", "number"), ("vendors", "number"), ("purchaseInvoices", "vendorInvoiceNumber")):
        assert {row[key] for row in there[name]} <= {row[key] for row in emulator.rows(copy, name)}
    assert codes_of_lines(emulator, source) <= codes_of_lines(emulator, copy)

    bookmarks = project.state(state_id)["bookmarks"]
    (bookmark,) = bookmarks["purchaseInvoices"]["partitions"]
    assert bookmark["context"] == {"company_id": source}
    assert "replication_key_value" not in json.dumps(bookmarks.get("customers", {}))

    changed = there["customers"][0]
    emulator.advance("PT2H")
    emulator.edit(company=source, entity_set="customers", id=changed["id"], set={"displayName": "Renamed since"})
    # Customers and vendors are read whole, so that their dimensions and what they refer to come with them.
    second = run()
    assert second.pop(("customers", "updated")) == 1
    assert second.pop(("customers", "existing")) == len(there["customers"]) - 1
    assert second.pop(("vendors", "existing")) == len(there["vendors"])
    assert second.pop(("paymentTerms", "existing")) == terms[1]
    assert set(second) <= {("purchaseInvoices", "existing")}
    assert second.total() < len(there["purchaseInvoices"])
    assert "Renamed since" in {row["displayName"] for row in emulator.rows(copy, "customers")}
    (moved,) = project.state(state_id)["bookmarks"]["purchaseInvoices"]["partitions"]
    assert moved["replication_key_value"] >= bookmark["replication_key_value"]


def create_items(emulator: RunningEmulator, company_id: str, numbers: list[str]) -> None:
    """The items that bills of the first company are about; a company is copied into one that has the same."""
    client = Client(read_connection(emulator.config()))
    for number in numbers:
        row = {"number": number, "displayName": number, "baseUnitOfMeasureCode": "PCS"}
        client.create(company_path(company_id, "items"), row)
    client.close()


def codes_of_lines(emulator: RunningEmulator, company_id: str) -> set[tuple[Any, ...]]:
    """Each line of a bill: the bill's number at the vendor, what it is about, how much, and its dimensions."""
    bills = {row["id"]: row["vendorInvoiceNumber"] for row in emulator.rows(company_id, "purchaseInvoices")}
    dimensions: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in emulator.rows(company_id, "dimensionSetLines"):
        dimensions[row["parentId"]].add((row["code"], row["valueCode"]))
    return {
        (
            *(bills[row["documentId"]], row["lineObjectNumber"], row["quantity"], row["unitCost"]),
            *sorted(dimensions[row["id"]]),
        )
        for row in emulator.rows(company_id, "purchaseInvoiceLines")
    }


def test_meltano_leaves_the_project_file_as_it_is(project: Project) -> None:
    project.run("install", "loader", "target-jsonl")
    project.run("invoke", "--dump=config", "tap-dynamics-bc")
    assert (project.folder / "meltano.yml").read_text() == project.text(PORT)


@pytest.fixture
def dotenv(project: Project) -> Iterator[Path]:
    """The file beside meltano.yml that describes a tenant; it is gone afterwards."""
    path = project.folder / ".env"
    path.write_text(DOTENV)
    yield path
    path.unlink()


@pytest.mark.parametrize("plugin", ["tap-dynamics-bc", "tap-dynamics-bc--finance", "target-dynamics-bc"])
@pytest.mark.parametrize(("environment", "name"), [("sandbox", "UAT"), ("production", "Live")])
def test_the_names_of_environments_come_from_outside(
    project: Project, dotenv: Path, plugin: str, environment: str, name: str
) -> None:
    assert project.config(environment, plugin)["environment_name"] == name


def test_an_environment_without_a_name_is_not_taken_for_production(project: Project, dotenv: Path) -> None:
    dotenv.write_text(DOTENV.replace("DYNAMICS_BC_SANDBOX", "ANOTHER"))
    said = project.run("--environment=sandbox", "run", "tap-dynamics-bc", "target-jsonl", code=1)
    assert "'DYNAMICS_BC_SANDBOX' referenced but not set" in said


def test_every_plugin_of_the_project_is_understood(project: Project) -> None:
    # `meltano config` looks away from the default environment, and without one the variables are missing.
    listing = ("--environment=emulator", "config", "list", "--all")
    assert "TAP_DYNAMICS_BC_CLIENT_SECRET" in project.run(*listing, "tap-dynamics-bc")
    assert "TARGET_DYNAMICS_BC_POSTING" in project.run(*listing, "target-dynamics-bc")
    assert "purchasing-every-30-minutes" in project.run("schedule", "list")
