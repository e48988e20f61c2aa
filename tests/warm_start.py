"""Runs our commands as processes of their own that need not import anything first.

One process of a worker has imported the three commands and forks itself for each run: the run has its own process,
arguments, environment, folder, streams and signal handlers, and ends as the interpreter ends. What depends on the start
itself (entry points, imports, signals in the first second) starts a command the usual way.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAINS = {
    "tap-dynamics-bc": "tap_dynamics_bc.tap",
    "target-dynamics-bc": "target_dynamics_bc.target",
    "dynamics-bc": "dynamics_bc_cli.main",
}


def run(
    program: str,
    *arguments: str | Path,
    input: str | bytes = b"",  # noqa: A002 - as of subprocess.run
    stdin: IO[Any] | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    text: bool = True,
    timeout: float = 120.0,
) -> subprocess.CompletedProcess[Any]:
    """Run one of the commands, as `subprocess.run` would with `capture_output`.

    Args:
        program: Its name, as in `MAINS`.
        arguments: Its arguments.
        input: What it reads, if no file is given as `stdin`.
        stdin: An open file that it reads.
        cwd: Its folder.
        env: Its whole environment; this process's without it.
        text: Whether its output comes as text.
        timeout: Seconds after which it is killed.

    Raises:
        subprocess.TimeoutExpired: It was killed.
    """
    with tempfile.TemporaryDirectory() as folder:
        given, output, errors = (Path(folder) / name for name in ("stdin", "stdout", "stderr"))
        if stdin:
            given = Path(stdin.name)
        else:
            given.write_bytes(input.encode() if isinstance(input, str) else input)
        order = {
            "program": program,
            "arguments": [str(argument) for argument in arguments],
            "streams": [str(given), str(output), str(errors)],
            "cwd": str(cwd or Path.cwd()),
            "env": dict(os.environ if env is None else env),
            "timeout": timeout,
        }
        code = _starter().run(order)
        told = [path.read_bytes() for path in (output, errors)]
    if code is None:
        raise subprocess.TimeoutExpired(program, timeout, *told)
    ended = [each.decode() for each in told] if text else told
    return subprocess.CompletedProcess([program, *order["arguments"]], code, *ended)


class _Starter:
    """The process that has imported everything."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, order: Mapping[str, Any]) -> int | None:
        """The exit code of a run, negative for a signal; None if it took too long."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        code: int | None = json.loads(self._process.stdout.readline())
        return code

    def end(self) -> None:
        """Let it go."""
        self._process.communicate()


@cache
def _starter() -> _Starter:
    starter = _Starter()
    atexit.register(starter.end)
    return starter


# --- in the process that forks ----------------------------------------------------------------------------------------


def serve() -> None:
    """Fork for each line of standard input."""
    for module in MAINS.values():
        __import__(module)
    gc.freeze()
    # Orders come and go past sys.stdin and sys.stdout, which are for the command: modules hold on to them as they are.
    orders, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    for line in orders:
        order = json.loads(line)
        child = os.fork()
        if not child:
            _become(order)
            _run(sys.modules[MAINS[order["program"]]].main)
        answers.write(json.dumps(_exit_code(child, order["timeout"])) + "\n")
        answers.flush()


def _become(order: Mapping[str, Any]) -> None:
    for descriptor, path in enumerate(order["streams"]):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT if descriptor else os.O_RDONLY, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.environ.clear()
    os.environ.update(order["env"])
    os.chdir(order["cwd"])
    sys.argv = [order["program"], *order["arguments"]]


def _run(main: Callable[[], NoReturn]) -> NoReturn:
    """Run a command and end as the interpreter would, but leave its modules where they are: that takes the longest."""
    code: Any = 0
    try:
        main()
    except SystemExit as exit_of_main:
        code = exit_of_main.code or 0
    except BaseException:  # noqa: BLE001 - whatever it is, the interpreter would show it
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code if isinstance(code, int) else 1)


def _exit_code(child: int, timeout: float) -> int | None:
    """How a child ended; it is killed after the time."""
    overdue: list[int] = []

    def kill(*_: object) -> None:
        overdue.append(child)
        os.kill(child, signal.SIGKILL)

    signal.signal(signal.SIGALRM, kill)
    signal.setitimer(signal.ITIMER_REAL, timeout)
    _, status = os.waitpid(child, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    return None if overdue else os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    serve()
