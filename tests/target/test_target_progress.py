"""What somebody sees of the target while it runs: the command, on a terminal and in a pipe."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from target.conftest import COMPANY, singer_lines
from terminal_screen import run_on_terminal, terminal_environment, wait_for

A_LOG_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \| ")
VENDORS = [{"externalId": f"V{number}", "vendorName": f"Vendor {number}"} for number in range(5)]
CUSTOMERS = [{"externalId": f"C{number}", "companyName": f"Customer {number}"} for number in range(3)]


@pytest.fixture
def command(emulator, tmp_path):
    """The target's command line for a few records, and one that is refused."""
    (tmp_path / "config.json").write_text(json.dumps(emulator.config(company=COMPANY, fail_on="never")))
    (tmp_path / "data.singer").write_text(
        singer_lines({"Vendors": VENDORS, "Customers": CUSTOMERS, "Nonsense": [{"externalId": "N1"}]})
    )
    options = ["--config", str(tmp_path / "config.json"), "--input", str(tmp_path / "data.singer")]
    return [sys.executable, "-m", "target_dynamics_bc.target", *options]


def summaries(lines):
    """The stream's own text -> what its summary says, without requests and times."""
    said = (line.partition("dynamics_bc_plugin.progress")[2].lstrip(" |") for line in lines)
    named = (text.partition(": ") for text in said if text)
    return {stream: re.sub(r", \d+ requests?, .*", "", text) for stream, _, text in named}


EXPECTED = {
    "Vendors": "5 created in 1 company",
    "Customers": "3 created in 1 company",
    "Nonsense": "1 rejected",
    "In all": "8 created, 1 rejected",
}


def test_on_a_terminal_there_is_a_live_view_that_leaves_the_log_whole_and_a_summary_behind(emulator, command, tmp_path):
    emulator.faults([{"method": "POST", "path": r"/\$batch$", "times": 1000, "delay_ms": 400}])

    def look(process, codes):
        wait_for(lambda: re.search(rf"Vendors.*{re.escape(COMPANY)}", codes()) and "Requests" in codes())

    seen = run_on_terminal(command, folder=tmp_path, during=look)
    assert seen.exit_code == 0
    assert [line for line in seen.screen if not A_LOG_LINE.match(line)] == []
    assert summaries(seen.screen) == EXPECTED
    assert [json.loads(line) for line in seen.output.splitlines()] == [{"seen": 9}]


def test_in_a_pipe_there_are_summaries_and_no_codes_of_a_terminal(command):
    done = subprocess.run(command, capture_output=True, env=terminal_environment({}), timeout=60, check=True)
    log = done.stderr.decode()
    assert [line for line in log.splitlines() if not A_LOG_LINE.match(line)] == []
    assert summaries(log.splitlines()) == EXPECTED
    assert [json.loads(line) for line in done.stdout.splitlines()] == [{"seen": 9}]
