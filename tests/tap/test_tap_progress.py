"""What somebody sees of the tap while it runs: the command, on a terminal and in a pipe."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys

import pytest
from terminal_screen import run_on_terminal, terminal_environment, wait_for

from tap_dynamics_bc.tap import TapDynamicsBC

COMMAND = [sys.executable, "-m", "tap_dynamics_bc.tap"]
SELECTED = ("companies", "customers", "salesInvoiceLines", "vendors")
A_LOG_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \| ")
SLOW = {"method": "GET", "path": "/(customers|vendors)$", "times": 1000, "delay_ms": 400}


@pytest.fixture
def command(emulator, tmp_path):
    """The tap's command line for a few streams."""
    config = emulator.config()
    tap = TapDynamicsBC(config=dict(config), setup_mapper=False)
    try:
        catalog = tap.catalog_dict
    finally:
        tap.close()
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = stream["tap_stream_id"] in SELECTED
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "catalog.json").write_text(json.dumps(catalog))
    return [*COMMAND, "--config", str(tmp_path / "config.json"), "--catalog", str(tmp_path / "catalog.json")]


def in_pipe(command, **environment):
    done = subprocess.run(command, capture_output=True, env=terminal_environment(environment), timeout=60, check=True)
    return done.stdout, done.stderr.decode()


def summaries(lines):
    """The stream's own text -> what its summary says, without times."""
    said = (line.partition("dynamics_bc_plugin.progress")[2].lstrip(" |") for line in lines)
    named = (text.partition(": ") for text in said if text)
    return {stream: re.sub(r", [\d.]+ s, waited .*", "", text) for stream, _, text in named}


def expected_summaries(emulator):
    counts = {
        name: sum(len(emulator.rows(company["id"], name)) for company in emulator.companies())
        for name in ("customers", "vendors", "salesInvoiceLines")
    }
    return {
        "companies": "2 rows, 1 request",
        "customers": f"{counts['customers']} rows in 2 companies, 2 requests",
        "salesInvoices": "no records in 2 companies, 2 requests",
        "salesInvoiceLines": f"{counts['salesInvoiceLines']} rows in 2 companies, read along with other streams",
        "vendors": f"{counts['vendors']} rows in 2 companies, 2 requests",
    }


def test_on_a_terminal_there_is_a_live_view_that_leaves_the_log_whole_and_a_summary_behind(emulator, command, tmp_path):
    emulator.faults([SLOW])
    company = emulator.companies()[0]["name"]

    def look(process, codes):
        wait_for(lambda: re.search(rf"customers.*{re.escape(company)}", codes()) and "Requests" in codes())

    seen = run_on_terminal(command, folder=tmp_path, during=look)
    assert seen.exit_code == 0
    assert [line for line in seen.screen if not A_LOG_LINE.match(line)] == []
    found = summaries(seen.screen)
    assert re.match(r"\d+ rows, \d+ requests, ", found.pop("In all"))
    assert found == expected_summaries(emulator)
    types = {json.loads(line)["type"] for line in seen.output.splitlines()}
    assert types == {"SCHEMA", "RECORD", "STATE"}


def test_in_a_pipe_there_are_summaries_and_nothing_of_the_sdk(emulator, command):
    output, log = in_pipe(command)
    lines = log.splitlines()
    assert [line for line in lines if not A_LOG_LINE.match(line)] == []
    assert expected_summaries(emulator).items() <= summaries(lines).items()
    assert "METRIC" not in log
    assert "Beginning sync" not in log
    assert all(json.loads(line) for line in output.splitlines())


def test_who_sets_up_logging_gets_each_request(command, tmp_path):
    own = {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"file": {"class": "logging.FileHandler", "filename": str(tmp_path / "own.log")}},
        "loggers": {"singer_sdk.metrics": {"handlers": ["file"]}},
    }
    (tmp_path / "logging.yaml").write_text(json.dumps(own))
    in_pipe(command, SINGER_SDK_LOG_CONFIG=str(tmp_path / "logging.yaml"))
    assert "http_request_duration" in (tmp_path / "own.log").read_text()


def test_who_asks_for_everything_gets_each_request(command):
    assert "http_request_duration" in in_pipe(command, LOGLEVEL="DEBUG")[1]


def test_a_terminal_that_cannot_move_its_cursor_gets_a_plain_log(command, tmp_path):
    seen = run_on_terminal(command, folder=tmp_path, environment={"TERM": "dumb"})
    assert seen.exit_code == 0
    assert "\x1b" not in seen.codes
    assert "customers: " in seen.codes


def test_records_on_the_terminal_are_not_mixed_with_a_view(command, tmp_path):
    seen = run_on_terminal(command, folder=tmp_path, output_too=True)
    assert seen.exit_code == 0
    assert "\x1b" not in seen.codes


def test_a_run_that_is_terminated_leaves_no_view_and_its_last_state(emulator, command, tmp_path):
    emulator.faults([{**SLOW, "delay_ms": 3000}])

    def terminate(process, codes):
        wait_for(lambda: "Requests" in codes())
        process.send_signal(signal.SIGTERM)

    seen = run_on_terminal(command, folder=tmp_path, during=terminate)
    assert seen.exit_code == 143
    assert [line for line in seen.screen if not A_LOG_LINE.match(line)] == []
    assert "In all" in summaries(seen.screen)
    assert json.loads(seen.output.splitlines()[-1])["type"] == "STATE"
