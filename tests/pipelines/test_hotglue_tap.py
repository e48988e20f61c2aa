"""A HotGlue job reads, played from the file system: can a tenant change over without changing its job?"""

from __future__ import annotations

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import warm_start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator_control import RunningEmulator

TAP = Path(sys.executable).with_name("tap-dynamics-bc")
SELECTED = {"customers", "sales_invoices", "gl_entries_dimensions", "accounts"}
API_KEY = "not-a-real-key"


class Job:
    """The folder and the environment of one HotGlue job."""

    def __init__(self, folder: Path, **config: Any) -> None:
        self.folder = folder
        self.variables = {
            "JOB_ID": "job-1",
            "FLOW": "flow-1",
            "TENANT": "tenant-1",
            "ENV_ID": "dev.example.com",
            "TAP": "dynamics-bc",
            "SNAPSHOT_DIR": str(folder / "snapshots"),
        }
        self.config_path = folder / "config.json"
        self.config_path.write_text(json.dumps(config))
        self.config_path.chmod(0o600)

    @property
    def config(self) -> dict[str, Any]:
        return json.loads(self.config_path.read_text())

    def tap(self, *arguments: str) -> str:
        """Run the tap; gives what it wrote."""
        environment = {**os.environ, **self.variables}
        done = warm_start.run(
            "tap-dynamics-bc", "--config", "config.json", *arguments, cwd=self.folder, env=environment
        )
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout

    def discover(self) -> None:
        """Write the catalog, with what the tenant selected."""
        catalog = json.loads(self.tap("--discover"))
        for stream in catalog["streams"]:
            for entry in stream["metadata"]:
                if not entry["breadcrumb"]:
                    entry["metadata"]["selected"] = stream["tap_stream_id"] in SELECTED
        (self.folder / "catalog.json").write_text(json.dumps(catalog))

    def sync(self, *arguments: str) -> dict[str, list[dict[str, Any]]]:
        """Run the tap into `data.singer`, keep its last state, and give the records."""
        output = self.tap("--properties", "catalog.json", *arguments)
        (self.folder / "data.singer").write_text(output)
        messages = [json.loads(line) for line in output.splitlines()]
        assert messages[-1]["type"] == "STATE"
        (self.folder / "state.json").write_text(json.dumps(messages[-1]["value"]))
        records: dict[str, list[dict[str, Any]]] = {}
        for message in messages:
            if message["type"] == "RECORD":
                records.setdefault(message["stream"], []).append(message["record"])
        return records


def config_of_a_job(emulator: RunningEmulator, **more: Any) -> dict[str, Any]:
    """HotGlue's keys, and what leads to the emulator."""
    return {
        "api_url": emulator.url,
        "auth_url": emulator.url,
        "max_requests_per_window": 1_000_000,
        "stream_naming": "hotglue",
        "environment_name": f"{emulator.tenant_id}/{emulator.environment_name}?from=a-link",
        "company_ids": [company["name"] for company in emulator.companies()],
        "start_date": "2000-01-01T00:00:00Z",
        "user_agent": "a-tenant",
        "report_periods": 3,
        "enable_odata_discovery": False,
        **more,
    }


def test_a_job_discovers_reads_and_goes_on_from_its_state(emulator: RunningEmulator, tmp_path: Path) -> None:
    refresh_token = emulator._call("POST", "refresh_token")["refresh_token"]
    given = config_of_a_job(
        emulator,
        client_id=emulator.client_id,
        client_secret=emulator.client_secret,
        refresh_token=refresh_token,
        redirect_uri="https://hotglue.xyz/callback",
        access_token="not-valid-any-more",
        expires_in=1_700_000_000,
    )
    job = Job(tmp_path, **given)
    assert job.tap("--access-token") == ""
    renewed = job.config
    assert renewed["refresh_token"] != refresh_token
    assert {name for name in given if renewed[name] != given[name]} == {"access_token", "refresh_token", "expires_in"}
    assert job.config_path.stat().st_mode & 0o777 == 0o600

    job.discover()
    first = job.sync()
    companies = {company["id"]: company["name"] for company in emulator.companies()}
    assert set(first) == SELECTED
    for stream, entity_set in (("customers", "customers"), ("sales_invoices", "salesInvoices")):
        expected = {row["id"] for company in companies for row in emulator.rows(company, entity_set)}
        assert {record["id"] for record in first[stream]} == expected
        assert all(companies[record["company_id"]] == record["company_name"] for record in first[stream])
    assert any(line["dimensionSetLines"] for record in first["sales_invoices"] for line in record["salesInvoiceLines"])

    company = next(iter(companies))
    changed = emulator.rows(company, "salesInvoices")[0]
    emulator.advance("PT1H")
    emulator.edit(company=company, entity_set="salesInvoices", id=changed["id"], set={"phoneNumber": "555-0100"})
    bookmarks = json.loads((tmp_path / "state.json").read_text())["bookmarks"]
    since = {
        each["context"]["company_id"]: each["replication_key_value"] for each in bookmarks["customers"]["partitions"]
    }
    second = job.sync("--state", "state.json")
    (record,) = [each for each in second["sales_invoices"] if each["id"] == changed["id"]]
    assert record["phoneNumber"] == "555-0100"
    assert len(second["sales_invoices"]) < len(first["sales_invoices"]) / 10
    assert all(each["lastModifiedDateTime"] >= since[each["company_id"]][:19] for each in second["customers"])
    assert len(second["accounts"]) == len(first["accounts"]), "flows expect accounts whole every time"


@pytest.fixture
def token_service(emulator: RunningEmulator) -> Iterator[str]:
    """HotGlue's own service, which keeps the refresh token and gives access tokens."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            known = path == "/dev.example.com/flow-1/tenant-1/connectors/dynamics-bc/accesstoken"
            if not known or query != "include_properties=expires_in" or self.headers["x-api-key"] != API_KEY:
                self.send_error(403)
                return
            form = {
                "grant_type": "client_credentials",
                "client_id": emulator.client_id,
                "client_secret": emulator.client_secret,
                "scope": "https://api.businesscentral.dynamics.com/.default",
            }
            answer = requests.post(f"{emulator.url}/{emulator.tenant_id}/oauth2/v2.0/token", data=form, timeout=30)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: Any) -> None:
            """Quietly."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_job_without_secrets_gets_its_tokens_from_hotglue(
    emulator: RunningEmulator, tmp_path: Path, token_service: str
) -> None:
    job = Job(tmp_path, **config_of_a_job(emulator))
    job.variables |= {"API_URL": token_service, "API_KEY": API_KEY}
    job.discover()
    assert set(job.sync()) == SELECTED
