"""The emulator as a stranger meets it: installed from the wheel, asked with what the system has, told nonsense."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from pipelines.installing import run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def test_it_starts_answers_its_health_and_its_page_and_ends_with_ctrl_c(installed: Path, tmp_path: Path) -> None:
    command = [installed / "dynamics-bc", "emulator", "--verbose", "--country", "US"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=tmp_path, text=True, **pipes) as started:
        assert started.stdout
        url = json.loads(started.stdout.readline())["url"]
        with urlopen(f"{url}/health", timeout=20) as answer:
            assert json.load(answer) == {"status": "ready"}
        with urlopen(url, timeout=20) as answer:
            assert b"<title>Business Central emulator</title>" in answer.read()
        for name in ("page.css", "page.js"):
            with urlopen(f"{url}/_emulator/{name}", timeout=20) as answer:
                assert answer.read()
        started.send_signal(signal.SIGINT)
        out, err = started.communicate(timeout=20)
    assert (started.returncode, out) == (0, "")
    # One line for each request, and nothing else.
    assert len([line for line in err.splitlines() if "GET /" in line]) == 4, err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_the_help_names_every_option_and_command(installed: Path) -> None:
    shown = run(installed / "dynamics-bc", "emulator", "--help").stdout
    for name in (
        "--port",
        "--data",
        "--country",
        "--release",
        "--recording",
        "--until-input-ends",
        "record",
        "compare",
    ):
        assert name in shown
    assert "--to" in run(installed / "dynamics-bc", "emulator", "record", "--help").stdout


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--port", "a"], "'a' is not a valid integer range"),
        (["--country", "DE"], "'DE' is not one of"),
        (["--colour"], "No such option '--colour'"),
        (["start"], "No such command 'start'"),
        (["--start", "noon"], "'noon' is not a moment such as 2026-03-01T08:00:00Z"),
    ],
)
def test_nonsense_is_answered_with_a_sentence_and_code_2(installed: Path, options: list[str], sentence: str) -> None:
    done = run(installed / "dynamics-bc", "emulator", *options, code=2)
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_named(installed: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run(installed / "dynamics-bc", "emulator", "--port", port, code=2)
    assert f"Cannot listen on 127.0.0.1:{port}: Address already in use. Choose another --port." in done.stderr


def test_rows_that_cannot_be_kept_are_told(installed: Path, tmp_path: Path) -> None:
    junk = tmp_path / "junk.sqlite"
    junk.write_bytes(b"no database" * 200)
    cut, others = tmp_path / "cut.sqlite", tmp_path / "others.sqlite"
    with closing(sqlite3.connect(others)) as connection:
        connection.executescript("CREATE TABLE facts (x); CREATE TABLE more (y);")
    made = run(installed / "dynamics-bc", "emulator", "--data", cut, "--until-input-ends", code=0)
    assert made.stderr == ""
    cut.write_bytes(cut.read_bytes()[:200_000])
    for file, sentence in (
        (junk, "file is not a database"),
        (cut, "database disk image is malformed"),
        (others, "no such column"),
        (tmp_path / "no" / "folder.sqlite", "unable to open database file"),
        (tmp_path, "is a directory"),
    ):
        done = run(installed / "dynamics-bc", "emulator", "--data", file, code=2)
        assert sentence in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")  # noqa: PTH110 - read once
def test_a_full_disk_is_told(installed: Path) -> None:
    done = run(installed / "dynamics-bc", "emulator", "--data", "/dev/full", code=2)
    assert "Cannot keep rows in /dev/full" in done.stderr
    assert "Traceback" not in done.stderr
