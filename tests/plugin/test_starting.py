"""A signal that comes while a command is still being imported is one line and an exit code."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Short sleeps: a signal in the moment before a sleep begins is heard after it.
WAIT = "for _ in range(600):\n        time.sleep(0.1)\n"
BEGIN = "import sys; sys.path.insert(0, sys.argv[1]); from dynamics_bc_plugin.starting import start; start('command')"


def started(folder: Path, command: str) -> subprocess.Popen[str]:
    """A process that starts a command, whose module is this text."""
    (folder / "command.py").write_text(command)
    return subprocess.Popen(
        [sys.executable, "-c", BEGIN, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ended(process: subprocess.Popen[str], number: int) -> tuple[int, str]:
    """Exit code and standard error of a process that got a signal after its first line of output."""
    assert process.stdout is not None
    with process:
        process.stdout.readline()
        process.send_signal(number)
        try:
            _, told = process.communicate(timeout=30)
        finally:
            process.kill()
    return process.returncode, told


@pytest.mark.parametrize(
    ("number", "code", "line"),
    [
        (signal.SIGINT, 130, "Interrupted before anything was done.\n"),
        (signal.SIGTERM, 143, "Terminated before anything was done.\n"),
    ],
)
def test_a_signal_during_the_imports_is_one_line(tmp_path: Path, number: int, code: int, line: str) -> None:
    importing = f"import time\nprint('importing', flush=True)\ntry:\n    {WAIT}except BaseException:\n    pass\n"
    assert ended(started(tmp_path, importing), number) == (code, line)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_from_the_commands_own_first_line_on_it_decides_itself(tmp_path: Path, number: int, code: int) -> None:
    command = (
        "import time\nfrom dynamics_bc_plugin.ending import run\n"
        "def main():\n    return run(body)\n"
        f"def body():\n    print('running', flush=True)\n    {WAIT}"
    )
    assert ended(started(tmp_path, command), number) == (code, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_comes_when_all_is_done_changes_nothing(tmp_path: Path, number: int) -> None:
    command = (
        "import atexit, time\n"
        "def main():\n    return 1\n"
        "def late():\n    print('ending', flush=True)\n    time.sleep(0.3)\n"
        "atexit.register(late)\n"
    )
    assert ended(started(tmp_path, command), number) == (1, "")


def test_a_signal_that_was_switched_off_stays_so(tmp_path: Path) -> None:
    (tmp_path / "command.py").write_text(
        "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\ndef main(): return 7\n"
    )
    off = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); {BEGIN}"
    done = subprocess.run([sys.executable, "-c", off, str(tmp_path)], capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (7, b"")


def test_all_commands_start_this_way_and_import_nothing_heavy_before() -> None:
    scripts = re.search(r"\[project\.scripts\]\n(.*?)\n\n", (ROOT / "pyproject.toml").read_text(), re.DOTALL)
    assert scripts is not None
    modules = re.findall(r'"([\w.]+):main"', scripts[1])
    assert len(modules) == 3
    heavy = ("click", "requests", "singer_sdk")
    look = f"import sys, {', '.join(modules)}; print([each for each in {heavy!r} if each in sys.modules])"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "[]\n"
