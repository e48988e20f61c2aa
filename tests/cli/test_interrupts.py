"""What does Ctrl-C mean: before a request was sent, and after?"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATH = "companies(11111111-1111-1111-1111-111111111111)/customers"
PROGRAM = [sys.executable, "-c", "from dynamics_bc_cli.main import main; main()"]


class Hanging(ThreadingHTTPServer):
    """Takes requests and answers none until the test is over."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken = threading.Event()
        self.release = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: Hanging

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.taken.set()
        self.server.release.wait(30)

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the server finds its handlers by name

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    with Hanging() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.release.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def config_file(hanging: Hanging, tmp_path: Path) -> str:
    path = tmp_path / "config.json"
    url = f"http://127.0.0.1:{hanging.server_port}"
    path.write_text(json.dumps({"api_url": url, "auth_url": url, "tenant_id": "t", "access_token": "fake"}))
    return str(path)


def ended_by(signum: int, hanging: Hanging, *arguments: str) -> tuple[int, str]:
    """The exit code and standard error of the command that got a signal while its request was under way."""
    process = subprocess.Popen([*PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert hanging.taken.wait(30)
    process.send_signal(signum)
    _, told = process.communicate(timeout=30)
    return process.returncode, told


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_after_a_write_was_sent_nobody_knows_whether_it_was_done(
    hanging: Hanging, config_file: str, method: str, signum: int, code: int
) -> None:
    body = [] if method == "DELETE" else ["--data", "{}"]
    ended, told = ended_by(signum, hanging, "request", method, PATH, "--config", config_file, "--yes", *body)
    assert ended == code
    assert "Nothing was sent" not in told
    assert f"nobody knows whether {method} {PATH} was done" in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    "arguments",
    [
        ("request", "GET", "customers"),
        ("companies",),
        ("streams",),
        # The company is looked for before anything is written.
        ("request", "POST", "customers", "--company", "CRONUS", "--data", "{}", "--yes"),
    ],
)
def test_an_interrupted_read_leaves_nothing_in_doubt(
    hanging: Hanging, config_file: str, arguments: tuple[str, ...]
) -> None:
    ended, told = ended_by(signal.SIGINT, hanging, *arguments, "--config", config_file)
    assert ended == 130
    assert "nobody knows" not in told
    assert "Traceback" not in told


@contextmanager
def asked_on_a_terminal(config_file: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A write whose question stands on a terminal, and the keyboard."""
    keyboard, terminal = os.openpty()
    arguments = ["request", "POST", PATH, "--data", "{}", "--config", config_file]
    process = subprocess.Popen([*PROGRAM, *arguments], stdin=terminal, stderr=subprocess.PIPE, text=True)
    os.close(terminal)
    try:
        yield process, keyboard
    finally:
        os.close(keyboard)


def read_until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stderr is not None
    told = ""
    while words not in told:
        told += process.stderr.read(1)
    return told


def test_ctrl_c_at_the_question_sends_nothing(hanging: Hanging, config_file: str) -> None:
    with asked_on_a_terminal(config_file) as (process, _):
        read_until(process, "[y/N]")
        time.sleep(0.3)  # Python does not see a signal that comes just before it begins to wait for the keyboard
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Nothing was sent." in told
    assert not hanging.taken.is_set()


def test_no_at_the_question_sends_nothing_and_ends_with_1(hanging: Hanging, config_file: str) -> None:
    with asked_on_a_terminal(config_file) as (process, keyboard):
        read_until(process, "Send it?")
        os.write(keyboard, b"n\n")
        _, told = process.communicate(timeout=30)
    assert process.returncode == 1
    assert told.count("Nothing was sent.") == 1
    assert not hanging.taken.is_set()
