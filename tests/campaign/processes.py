"""How do our programs run as processes that can be killed, cut off from their disk, and left alone by their loader?

A process that has imported them forks for each run, so that a run costs what it does and not what Python's start does.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import json
import multiprocessing
import os
import signal
import sys
import termios
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from campaign.befallen import note
from campaign.disks import may_mount
from campaign.patience import stretched
from campaign.served import SECRET
from campaign.signing import FIRST
from judged import expect

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from multiprocessing.context import ForkServerContext
    from multiprocessing.process import BaseProcess

PROGRAMS = {
    "tap-dynamics-bc": "tap_dynamics_bc.tap",
    "target-dynamics-bc": "target_dynamics_bc.target",
    "dynamics-bc": "dynamics_bc_cli.main",
}
LONGEST_SECONDS = 150.0
"""More than a run waits by itself: a posting that was not answered is looked for during a minute."""
MEMORY_BYTES = 1_500_000_000
"""Address space of a run: more than it needs, and less than a gzip bomb unpacks to."""
TRACEBACK = "Traceback (most recent call last)"
CODES = frozenset({0, 1, 2, 3, 130, 143, -2, -9, -15})
"""How a run may end: as documented, or by a signal that came before anything could be done about it."""
AT_ANY_TIME = "at any time"
"""When a signal comes that comes at no request."""
WHOLE = 0
"""A loader that takes everything."""


@cache
def forking() -> ForkServerContext:
    """What forks programs that are imported already."""
    # Programs see the mounts of the process that forks them, so that one is started when this one has its own.
    may_mount()
    # It looks for modules where its environment says, and not where this one does.
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    # As in containers: nothing stands between a program and a file that takes a part of what it writes.
    os.environ["PYTHONUNBUFFERED"] = "1"
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["campaign.clocked", "campaign.becoming", *PROGRAMS.values()])
    return context


@dataclass
class Loader:
    """Whoever reads the output.

    Attributes:
        takes: Bytes after which it does something else; 0 for all.
        then: What that is: `closes`, `blocks` (for a while), `stops` (for ever).
        taken: What it took.
        left: Bytes that were in the pipe when it closed it: nobody has them, and who wrote them is not told.
    """

    path: Path
    takes: int = WHOLE
    then: str = "closes"
    taken: bytearray = field(default_factory=bytearray)
    left: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        os.mkfifo(self.path)
        self._thread = threading.Thread(target=self._load, daemon=True)
        self._thread.start()

    def _load(self) -> None:
        with self.path.open("rb", buffering=0) as read:
            while piece := read.read(4096 if not self.takes else min(4096, max(1, self.takes - len(self.taken)))):
                self.taken += piece
                if self.takes and len(self.taken) >= self.takes:
                    note(f"loader: {self.then}")
                    if self.then == "closes":
                        self.left = waiting_bytes(read.fileno())
                        return
                    self.over.wait(0.5 if self.then == "blocks" else LONGEST_SECONDS)
                    self.takes = WHOLE

    def end(self) -> bytes:
        """What it took, when nothing writes any more."""
        self.over.set()
        # Whoever waits for a writer that never came is let go, however late it begins to wait.
        while self._thread.is_alive():
            with contextlib.suppress(OSError):
                os.close(os.open(self.path, os.O_WRONLY | os.O_NONBLOCK))
            self._thread.join(0.02)
        return bytes(self.taken)


@dataclass
class Sender:
    """Whoever writes the input, and never says that it was the last of it."""

    path: Path
    text: str
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.path.unlink(missing_ok=True)
        os.mkfifo(self.path)
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def _send(self) -> None:
        with contextlib.suppress(OSError), self.path.open("w") as written:
            written.write(self.text)
            written.flush()
            self.over.wait(LONGEST_SECONDS)

    def end(self) -> None:
        """Nobody reads any more."""
        self.over.set()
        # Whoever waits for a reader that never came is let go, however late it begins to wait.
        while self._thread.is_alive():
            reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
            self._thread.join(0.02)
            os.close(reader)


def waiting_bytes(pipe: int) -> int:
    """How many bytes were written to a pipe that nobody has read yet."""
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]


@dataclass
class Run:
    """A program that runs.

    Attributes:
        folder: Where it is, with its config, output and errors.
        began: When it was started, in seconds that only grow.
    """

    folder: Path
    name: str
    process: BaseProcess
    loader: Loader | None
    sender: Sender | None = None
    began: float = field(default_factory=time.monotonic)
    was_signalled: bool = False
    has_ended: bool = False

    def signal(self, number: int, moment: str) -> None:
        """Send it a signal, if it is there."""
        # Only who waits for it asks whether it lives: its end is told once.
        if not self.has_ended and self.process.pid:
            self.was_signalled = True
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, number)
                note(f"signal: {signal.Signals(number).name} {moment}")

    def signal_in(self, seconds: float, number: int, moment: str = AT_ANY_TIME) -> None:
        """Send it a signal in some time.

        Args:
            seconds: In how many.
            number: Which.
            moment: When that is, in words.
        """
        timer = threading.Timer(seconds, self.signal, (number, moment))
        timer.daemon = True
        timer.start()

    def ended(self, secrets: Collection[str] = (), seconds: float = LONGEST_SECONDS) -> Ended:
        """How it ended.

        Args:
            secrets: What it must not have said, beside what it signs in with.
            seconds: How long it may take from now on, on a quiet machine.

        Raises:
            BrokenPromiseError: It hangs, or says what nobody may be told.
        """
        self.process.join(stretched(seconds))
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
            raise_hang(self)
        self.has_ended, code = True, self.process.exitcode
        if self.sender:
            self.sender.end()
        output = self.loader.end() if self.loader else _read(self.folder / f"{self.name}.out")
        errors = _read(self.folder / f"{self.name}.err").decode("utf-8", "replace")
        expect(TRACEBACK not in errors, "tracebacks", errors[-1500:])
        expect("MemoryError" not in errors, "tracebacks", errors[-1500:])
        said = errors + output.decode("utf-8", "replace")
        told = [each[:9] for each in (SECRET, FIRST, *secrets) if each in said]
        expect(not told, "untrue", f"a secret is told ({told}): {errors[-500:]}")
        expect("\x1b[2J" not in errors, "untrue", "an escape sequence of the service reaches the terminal")
        left = self.loader.left if self.loader else 0
        return Ended(-9 if code is None else code, output, errors, self.was_signalled, left)


def raise_hang(run: Run) -> None:
    """Say where it stood still."""
    errors = _read(run.folder / f"{run.name}.err").decode("utf-8", "replace")
    expect(None, "hangs", f"{run.name} does not end: {errors[-1000:]}")


@dataclass(frozen=True)
class Ended:
    """What a run left.

    Attributes:
        code: Its exit code, negative for a signal.
        output: What whoever read it took.
        errors: What it said.
        was_signalled: Whether somebody sent it a signal.
        left: Bytes of its output that its loader left in the pipe.
    """

    code: int
    output: bytes
    errors: str
    was_signalled: bool
    left: int = 0

    @property
    def whole_lines(self) -> bytes:
        """What a loader can take: a line that was cut is none."""
        return self.output[: self.output.rfind(b"\n") + 1]


def start(
    program: str,
    folder: Path,
    config: dict[str, Any],
    *arguments: str,
    name: str = "run",
    command: str = "",
    stdin: Path | None = None,
    held: str = "",
    stdout: str = "",
    loader: tuple[int, str] | None = None,
    file_bytes: int = 0,
    variables: Mapping[str, str] | None = None,
    clock: Path | None = None,
) -> Run:
    """Start one of our programs.

    Args:
        program: Its name.
        folder: Where its files are.
        config: Its settings.
        arguments: Others than the config.
        name: Of its files.
        command: The one of its commands.
        stdin: What it reads.
        held: What somebody writes for it to read who never says that it was the last; no such person if empty.
        stdout: Where it writes; a file of its name if empty.
        loader: After how many bytes the loader does what else; None where output goes to a file.
        file_bytes: How large a file may grow; 0 for no limit.
        variables: Of its environment.
        clock: What says how far its clock is ahead; none for one that is right.
    """
    if file_bytes:
        note("files that may not grow")
    if stdout:
        note(f"output: {stdout}")
    path = folder / f"{name}.json"
    path.write_text(json.dumps(config))
    target = Path(stdout) if stdout else folder / f"{name}.out"
    reading = None
    if loader is not None:
        target = folder / f"{name}.pipe"
        target.unlink(missing_ok=True)
        reading = Loader(target, *loader)
    # A program that is started again writes over what the one before wrote.
    elif not stdout:
        target.unlink(missing_ok=True)
    (folder / f"{name}.err").unlink(missing_ok=True)
    sender = Sender(folder / f"{name}.in", held) if held else None
    order = {
        "module": PROGRAMS[program],
        "arguments": [program, *([command] if command else []), "--config", str(path), *arguments],
        "streams": [str(sender.path if sender else stdin or os.devnull), str(target), str(folder / f"{name}.err")],
        "folder": str(folder),
        "file_bytes": file_bytes,
        "memory_bytes": MEMORY_BYTES,
        "variables": dict(variables or {}),
        "clock": str(clock or ""),
        "timeout_seconds": config.get("timeout_seconds", 0),
    }
    from campaign.becoming import become

    process = forking().Process(target=become, args=(order,))
    process.start()
    return Run(folder, name, process, reading, sender)


def note_twins(runs: Sequence[Run]) -> None:
    """Note that two of them share a store."""
    if len(runs) > 1:
        note("two processes on one store")


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


SIGNALS = {"killed": signal.SIGKILL, "terminated": signal.SIGTERM, "interrupted": signal.SIGINT}
