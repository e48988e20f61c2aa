"""How does each mutant get a fresh process without the time that a fresh process takes to begin?

This process has imported what is never mutated, the libraries of others and the emulator with its seed, and forks for
each run of pytest. What is mutated is imported by the child alone. It reads one JSON object a line: the arguments of
pytest, the file for its output, environment variables, and after how many seconds the run is ended; and answers with
one line, the exit code, or nothing if the run had to be ended.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
import time
from typing import Any

import pytest

PRELOADED = (
    "hypothesis",
    "requests_mock",
    "singer_sdk",
    "singer_sdk.testing",
    "singer_sdk.contrib.msgspec",
    "backoff",
    "click",
    "defusedxml.ElementTree",
    "msgspec",
    "pendulum",
    "requests",
    "rich",
    "starlette.applications",
    "uvicorn",
    "dynamics_bc_emulator.pytest_plugin",
)
POLL_SECONDS = 0.02


def preload() -> None:
    """Import what no mutant changes, and make the emulator's seed."""
    sys.path.insert(0, "tests")
    for name in PRELOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    with contextlib.suppress(ImportError):
        importlib.import_module("emulator.in_process").seed()


def run(order: dict[str, Any]) -> int | None:
    """Run pytest in a child."""
    child = os.fork()
    if child == 0:
        os.setsid()
        output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        for standard in (1, 2):
            os.dup2(output, standard)
        os.environ.update(order["variables"])
        os._exit(int(pytest.main(order["arguments"])))
    ends = time.monotonic() + order["seconds"]
    while time.monotonic() < ends:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(POLL_SECONDS)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def main() -> None:
    """Serve until the input ends."""
    preload()
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
