"""The command: its ready line, its files, its end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests
from emulator.plain_api import sign_in

from dynamics_bc_emulator.driver import start_business_central

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = [sys.executable, "-m", "dynamics_bc_emulator"]


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_when_it_is_ready_and_ends_quietly(signal_number: signal.Signals) -> None:
    process = subprocess.Popen([*COMMAND], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    ready = json.loads(process.stdout.readline())
    assert list(ready) == ["url", "tenant_id", "environment_name", "client_id", "client_secret"]
    assert ready["url"].startswith("http://127.0.0.1:")
    process.send_signal(signal_number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "")


def test_on_a_terminal_it_says_what_to_open() -> None:
    ours, theirs = os.openpty()
    process = subprocess.Popen([*COMMAND, "--companies", "1"], stdout=theirs, stderr=subprocess.PIPE, text=True)
    os.close(theirs)
    url = json.loads(os.read(ours, 4096))["url"]
    assert process.stderr.readline() == f"Open {url} in a browser to look at it; Ctrl-C ends it.\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 0
    process.stderr.close()
    os.close(ours)


def test_requests_are_logged_to_standard_error_alone() -> None:
    process = subprocess.Popen([*COMMAND, "--verbose"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    url = json.loads(process.stdout.readline())["url"]
    requests.get(f"{url}/health", timeout=60)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert out == ""
    assert "GET /health" in err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")  # noqa: PTH110 - read once
def test_a_ready_line_that_cannot_be_written_ends_it() -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        done = subprocess.run(COMMAND, stdout=full, stderr=subprocess.PIPE, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert "The ready line cannot be written: No space left on device." in done.stderr
    assert "Traceback" not in done.stderr


def test_rows_live_on_in_the_data_file(tmp_path: Path) -> None:
    for expected in ("Cambridge", "Hull"):
        running = start_business_central("--data", str(tmp_path / "bc.sqlite"))
        try:
            api = sign_in(running)
            customer = next(row for row in api.rows("customers") if row["number"] == "10000")
            assert customer["city"] == expected
            running.control.edit(
                company=api.companies[0]["id"], entity_set="customers", id=customer["id"], set={"city": "Hull"}
            )
        finally:
            running.stop()
    running = start_business_central("--data", str(tmp_path / "bc.sqlite"))
    try:
        running.control.reset()
        api = sign_in(running)
        assert next(row for row in api.rows("customers") if row["number"] == "10000")["city"] == "Cambridge"
    finally:
        running.stop()


def test_a_file_of_an_earlier_version_gets_the_posting_set_up_that_it_lacks(tmp_path: Path) -> None:
    names = ("_generalPostingSetup", "_partyPostingGroups", "_bankPostingGroups", "_paymentMethodAccounts")
    options = ("--data", str(tmp_path / "bc.sqlite"), "--companies", "1")
    running = start_business_central(*options)
    (company,) = running.control.companies()
    seeded = {name: running.control.rows(company["id"], name) for name in names}
    kept, *removed = seeded.pop("_bankPostingGroups")
    for name, rows in ({**seeded, "_bankPostingGroups": removed}).items():
        for row in rows:
            running.control.edit(company=company["id"], entity_set=name, id=row["id"], delete=True)
    running.stop()
    running = start_business_central(*options)
    found = {name: len(running.control.rows(company["id"], name)) for name in names}
    running.stop()
    # A set that has rows of its own is left as it is.
    assert found == {**{name: len(rows) for name, rows in seeded.items()}, "_bankPostingGroups": 1}
    assert kept["account"]


def test_it_writes_configurations_for_both_plugins(tmp_path: Path) -> None:
    running = start_business_central("--config-out", str(tmp_path / "made"))
    running.stop()
    for name in ("tap.json", "target.json"):
        config = json.loads((tmp_path / "made" / name).read_text())
        assert config["api_url"] == config["auth_url"] == running.url
        assert config["client_secret"] == running.client_secret
    assert config["company"] == "CRONUS International Ltd."


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--host", "0.0.0.0"], "Invalid value for '--host'"),
        (["--start", "yesterday"], "is not a moment such as"),
        (["--companies", "0"], "Invalid value for '--companies'"),
        (["--port", "70000"], "Invalid value for '--port'"),
    ],
)
def test_bad_options_are_refused_with_a_sentence(options: list[str], sentence: str) -> None:
    ended = subprocess.run([*COMMAND, *options], capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_that_is_taken_and_a_file_that_is_no_database_are_refused_with_a_sentence(tmp_path: Path) -> None:
    junk = tmp_path / "junk.sqlite"
    junk.write_bytes(b"not a database" * 100)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for options, sentence in (
            (["--port", port], f"Cannot listen on 127.0.0.1:{port}: "),
            (["--data", str(junk)], f"Cannot keep rows in {junk}: file is not a database."),
            (["--data", str(tmp_path / "none" / "bc.sqlite")], "unable to open database file"),
            (["--config-out", str(junk / "made")], f"Cannot write into {junk / 'made'}: "),
        ):
            ended = subprocess.run([*COMMAND, *options], capture_output=True, text=True, check=False, timeout=60)
            assert (ended.returncode, ended.stdout) == (2, "")
            assert sentence in ended.stderr
            assert "Traceback" not in ended.stderr


WITHOUT = """
import runpy, sys

class Without:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {module!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Without())
sys.argv = ["dynamics_bc_emulator"]
runpy.run_module("dynamics_bc_emulator", run_name="__main__")
"""


def without(module: str) -> subprocess.CompletedProcess[str]:
    """The command as it ends where a module is not installed."""
    script = WITHOUT.format(module=module)
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("module", ["starlette", "uvicorn"])
def test_without_its_extra_it_says_which_one_to_install(module: str) -> None:
    ended = without(module)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"Error: The emulator needs {module}, which is not installed; install dynamics-bc-singer[emulator].\n"
    )


def test_any_other_missing_module_is_not_taken_for_the_extra() -> None:
    ended = without("msgspec")
    assert ended.returncode == 1
    assert "No module named 'msgspec'" in ended.stderr
    assert "dynamics-bc-singer[emulator]" not in ended.stderr
