"""Runs a command on a terminal of its own, and knows what somebody would see there."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

WIDTH, HEIGHT = 400, 40
_PIECES = re.compile(r"\x1b\[([0-9;]*)([A-Za-z])|(\r)|(\n)|([^\x1b\r\n]+)")


@dataclass
class Screen:
    """What a terminal that keeps all it ever showed would show; only what the live view sends is understood."""

    lines: list[str] = field(default_factory=lambda: [""])
    row: int = 0
    column: int = 0
    width: int = WIDTH

    def feed(self, text: str) -> Screen:
        position = 0
        for piece in _PIECES.finditer(text):
            assert piece.start() == position, f"unknown: {text[position : piece.start()]!r}"
            position = piece.end()
            number, code, home, down, letters = piece.groups()
            if letters:
                self._write(letters)
            elif home:
                self.column = 0
            elif down:
                self._down()  # and to the left, which the terminal's driver adds
            elif code == "A":
                self.row = max(0, self.row - int(number or 1))
            elif code == "J":
                assert number == ""
                self.lines[self.row] = self.lines[self.row][: self.column]
                del self.lines[self.row + 1 :]
            else:
                assert code == "m", f"unknown: {piece.group()!r}"
        assert position == len(text)
        return self

    def _write(self, letters: str) -> None:
        for letter in letters:
            if self.column == self.width:
                self._down()
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[: self.column] + letter + line[self.column + 1 :]
            self.column += 1

    def _down(self) -> None:
        self.row, self.column = self.row + 1, 0
        if self.row == len(self.lines):
            self.lines.append("")

    @property
    def shown(self) -> list[str]:
        """The lines that are not empty."""
        return [line.rstrip() for line in self.lines if line.strip()]


@dataclass
class Seen:
    """What a command wrote, and how it ended.

    Attributes:
        codes: Its standard error as it was sent to the terminal.
        output: Its standard output, which was a file.
    """

    exit_code: int
    codes: str
    output: bytes

    @property
    def screen(self) -> list[str]:
        """What stays on the terminal at the end."""
        return Screen().feed(self.codes).shown


def run_on_terminal(
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    during: Callable[[subprocess.Popen[bytes], Callable[[], str]], None] | None = None,
    output_too: bool = False,
) -> Seen:
    """Run a command with a terminal as standard error and a file as standard output.

    Args:
        command: The command.
        folder: Takes the file.
        environment: Variables besides those of the test.
        during: Called when the command runs, with its process and a function that gives what was seen so far.
        output_too: The terminal is its standard output too.
    """
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    received = bytearray()
    reader = threading.Thread(target=_receive, args=(leader, received))
    with (folder / "standard_output").open("w+b") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=follower if output_too else output,
            stderr=follower,
            env=terminal_environment(environment or {}),
        )
        os.close(follower)
        reader.start()
        try:
            if during is not None:
                during(process, lambda: received.decode(errors="replace"))
            code = process.wait(timeout=60)
        finally:
            process.kill()
            process.wait()
            reader.join()
            os.close(leader)
        output.seek(0)
        return Seen(code, received.decode(), output.read())


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in 30 seconds"
        time.sleep(0.02)


def terminal_environment(more: Mapping[str, str]) -> dict[str, str]:
    """The test's own variables without those that say what the terminal can do."""
    left_out = {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "LOGLEVEL", "SINGER_SDK_LOG_CONFIG", "TTY_COMPATIBLE"}
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    # The SDK's notice about Python 3.10 is no line of a log.
    return {**kept, "TERM": "xterm-256color", "PYTHONWARNINGS": "ignore::FutureWarning", **more}


def _receive(descriptor: int, received: bytearray) -> None:
    while True:
        try:
            chunk = os.read(descriptor, 65536)
        except OSError:  # the other end is closed
            return
        if not chunk:
            return
        received += chunk
