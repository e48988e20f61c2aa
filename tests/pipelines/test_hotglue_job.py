"""A HotGlue job writes, played from the file system: can a tenant change over without changing its job?"""

from __future__ import annotations

import csv
import importlib.util
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

import pytest
import warm_start

TARGET = Path(sys.executable).with_name("target-dynamics-bc")
LAMBDA = Path(__file__).parents[2] / "target-dynamics-bc" / "lambda.py"
COMPANY = "CRONUS International Ltd."
GOOD = {"externalId": "v-1", "vendorName": "Northwind", "departmentNumber": "ADM", "currency": "EUR"}
BAD = {"externalId": "v-2", "vendorName": "Nowhere", "currency": "XXX"}
BILL = {
    "externalId": "b-1",
    "billNumber": "NW-7",
    "vendorExternalId": "v-1",
    "issueDate": "2026-01-12",
    "expenses": [{"accountNumber": "8450", "amount": 120.5, "description": "Delivery"}],
}


class Job:
    """The folder and the environment of one job."""

    def __init__(self, folder: Path, emulator: Any) -> None:
        self.folder, self.emulator = folder, emulator
        self.snapshots = folder / "snapshots"
        self.snapshots.mkdir()
        mapping = {"class": "AREA", "department": "DEPARTMENT"}
        (self.snapshots / "tenant-config.json").write_text(json.dumps({"dynamics-bc": {"dimension_mappings": mapping}}))
        self.variables = {
            "JOB_ID": "job-1",
            "FLOW": "flow-1",
            "TENANT": "tenant-1",
            "ENV_ID": "dev.example.com",
            "TARGET": "dynamics-bc",
            "SNAPSHOT_DIR": str(self.snapshots),
        }
        self.config = emulator.config(export_company_id=COMPANY, snapshot_dir=str(self.snapshots))
        self.write_config()
        (folder / "catalog.json").write_text(json.dumps({"streams": []}))

    def write_config(self, **config: Any) -> None:
        (self.folder / "config.json").write_text(json.dumps({**self.config, **config}))

    def run(self, *arguments: str, records: dict[str, list[dict[str, Any]]] | None = None) -> dict[str, Any]:
        """Run the target on `data.singer`; gives the last line of its standard output."""
        if records is not None:
            (self.folder / "data.singer").write_text(singer(records))
        with (self.folder / "data.singer").open() as data:
            environment = {**os.environ, **self.variables}
            done = warm_start.run(
                "target-dynamics-bc",
                "--config",
                "config.json",
                *arguments,
                cwd=self.folder,
                env=environment,
                stdin=data,
            )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1]) if done.stdout else {}

    def rows(self, entity_set: str, **equal: Any) -> list[dict[str, Any]]:
        company_id = next(each["id"] for each in self.emulator.companies() if each["name"] == COMPANY)
        rows = self.emulator.rows(company_id, entity_set)
        return [row for row in rows if all(row[name] == value for name, value in equal.items())]

    def id_map(self, sink: str) -> dict[str, str]:
        with (self.snapshots / f"{sink}_flow-1.snapshot.csv").open() as file:
            return {row["InputId"]: row["RemoteId"] for row in csv.DictReader(file)}


def singer(records: dict[str, list[dict[str, Any]]]) -> str:
    messages: list[dict[str, Any]] = []
    for stream, rows in records.items():
        messages.append({"type": "SCHEMA", "stream": stream, "schema": {"properties": {}}, "key_properties": []})
        messages += [{"type": "RECORD", "stream": stream, "record": row} for row in rows]
    messages.append({"type": "STATE", "value": {}})
    return "".join(json.dumps(message) + "\n" for message in messages)


@pytest.fixture
def job(emulator, tmp_path):
    return Job(tmp_path, emulator)


def test_a_job_writes_what_it_can_and_a_rerun_with_its_state_only_what_failed(job):
    state = job.run(records={"Bills": [BILL], "Vendors": [GOOD, BAD]})
    good, bad = sorted(state["bookmarks"]["Vendors"], key=lambda entry: entry["externalId"])
    assert (good["success"], good["externalId"], bad["success"], bad["externalId"]) == (True, "v-1", False, "v-2")
    assert "XXX" in bad["error"]
    assert bad["hg_error_class"] == "InvalidPayloadError"
    assert state["summary"]["Vendors"] == {"success": 1, "fail": 1, "existing": 0, "updated": 0}
    (vendor,) = job.rows("vendors", displayName="Northwind")
    (bill,) = job.rows("purchaseInvoices", vendorInvoiceNumber="NW-7")
    assert (good["id"], bill["vendorId"]) == (vendor["id"], vendor["id"])
    (default,) = job.rows("defaultDimensions", parentId=vendor["id"])
    assert (default["dimensionCode"], default["dimensionValueCode"]) == ("DEPARTMENT", "ADM")
    assert job.id_map("Vendors") == {"v-1": vendor["id"]}
    assert job.id_map("Bills") == {"b-1": bill["id"]}

    (job.folder / "state.json").write_text(json.dumps(state))
    before = len(job.emulator.requests())
    again = job.run("--state", "state.json")
    assert again["summary"]["Vendors"] == {"success": 0, "fail": 1, "existing": 1, "updated": 0}
    assert again["summary"]["Bills"]["existing"] == 1
    asked = job.emulator.requests()[before:]
    operations = [each for request in asked for each in (request["operations"] or [request])]
    assert not [each for each in operations if each["method"] in {"PATCH", "DELETE"}]
    assert len(job.rows("vendors", displayName="Northwind")) == 1


def test_a_record_without_an_id_takes_the_one_that_the_id_map_has(job):
    known = job.rows("vendors", number="10000")[0]
    name = job.snapshots / "Vendors_flow-1.snapshot.csv"
    name.write_text(f"InputId,RemoteId\nold,{known['id']}\ngone,00000000-0000-4000-8000-000000000001\n")
    records = [
        {"externalId": "old", "email": "new@example.com"},
        {"externalId": "gone", "vendorName": "Came again"},
    ]
    state = job.run(records={"Vendors": records})
    assert [entry.get("is_updated", False) for entry in state["bookmarks"]["Vendors"]] == [True, False]
    assert job.rows("vendors", number="10000")[0]["email"] == "new@example.com"
    (created,) = job.rows("vendors", displayName="Came again")
    assert job.id_map("Vendors") == {"old": known["id"], "gone": created["id"]}


def test_the_access_token_is_renewed_and_written_back(job):
    job.write_config(access_token="stale", expires_in=1)
    (job.folder / "data.singer").write_text("")
    assert job.run("--access-token") == {}
    config = json.loads((job.folder / "config.json").read_text())
    assert config["access_token"] not in {"stale", None}
    assert float(config["expires_in"]) > 1


def test_a_real_time_job_writes_one_record(job, monkeypatch, caplog):
    for name, value in job.variables.items():
        monkeypatch.setenv(name, value)
    module_spec = importlib.util.spec_from_file_location("handler_of_the_job", LAMBDA)
    assert module_spec is not None
    assert module_spec.loader is not None
    module = importlib.util.module_from_spec(module_spec)
    module_spec.loader.exec_module(module)
    schema, *records, _ = singer({"Vendors": [GOOD, BAD]}).splitlines()
    logger = logging.getLogger("job")
    with caplog.at_level(logging.INFO, logger="job"):
        answers = [module.real_time_handler(job.config, "Vendors", schema, record, logger) for record in records]
    assert [answer["state"]["bookmarks"]["Vendors"][0]["success"] for answer in answers] == [True, False]
    assert [answer["metrics"].get("created", 0) for answer in answers] == [1, 0]
    assert answers[1]["metrics"]["rejected"] == 1
    assert job.rows("vendors", displayName="Northwind")
    assert "XXX" in caplog.text
