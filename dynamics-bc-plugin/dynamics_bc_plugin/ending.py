"""How does a command end? With an exit code that means something, and one sentence when it went wrong."""

from __future__ import annotations

import contextlib
import errno
import io
import logging
import os
import signal
import sqlite3
import sys
import threading
from typing import TYPE_CHECKING, TextIO

from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_plugin.outgoing import guard, say
from dynamics_bc_plugin.stuck_output import end_when_stuck, in_pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

DONE = 0
FAILED = 1
BAD_CONFIGURATION = 2
NOT_SIGNED_IN = 3
INTERRUPTED = 130
TERMINATED = 143

OUTPUT_CLOSED = "The program that read the output closed it before the end"

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# What SQLite says: of a full disk, and of a write that was refused in another way, as by a limit on the size of files.
FULL_DATABASE = ("disk is full", "disk I/O error")


class Terminated(BaseException):
    """SIGTERM came. It is no `Exception`, so nothing but clean-up stops it on its way out."""


def run(function: Callable[[], int | None]) -> int:
    """Call a command's body and return its exit code.

    0 done; 1 some records, streams or companies failed; 2 configuration; 3 sign-in; 130 interrupted; 143 terminated.
    What the body itself returns or exits with stands. A closed pipe and a full disk are a sentence and 1. An error that
    this project does not know is not caught: its traceback is what a report needs. All that is said passes the filter
    of `outgoing`.

    Args:
        function: The body. On SIGTERM it is left through `Terminated`, so its `finally` blocks run and may write state.
    """
    guard()
    if sys.stdout is None:
        _say("Standard output is closed; let it go to a file, to a program or to /dev/null.")
        return FAILED
    _wait_for_input()
    _write_in_pieces()
    _write_whole()
    _speak_utf8()
    try:
        with termination_raises():
            code = function()
            # Now, while a failure can still be told; Python would only complain about it while it shuts down.
            sys.stdout.flush()
    except DynamicsError as error:
        _say(error.explained)
        return error.exit_code
    except Terminated:
        _write_rest()
        return TERMINATED
    except KeyboardInterrupt:
        _write_rest()
        return INTERRUPTED
    except BrokenPipeError:
        _discard(sys.stdout)
        _say(f"{OUTPUT_CLOSED}.")
        return FAILED
    except (OSError, sqlite3.OperationalError) as error:
        if not is_full(error):
            raise
        _discard(sys.stdout)
        is_limited = isinstance(error, OSError) and error.errno == errno.EFBIG
        room = "raise that limit (ulimit -f)" if is_limited else "free some space"
        _say(f"{full_disk(error)}; {room} and run this again.")
        return FAILED
    finally:
        _forget_log()
    return DONE if code is None else code


def _wait_for_input() -> None:
    """Wait for input where a pipe is empty for a moment, whoever set it up: else that is taken for its end."""
    with contextlib.suppress(AttributeError, OSError, ValueError):  # it is closed, or no file
        os.set_blocking(sys.stdin.fileno(), True)


def _write_in_pieces() -> None:
    """Have it seen whether standard output and error are still taken, and not fail where they are full for a moment."""
    sys.stdout = in_pieces(sys.stdout)
    if sys.stderr is None:
        return
    before, sys.stderr = sys.stderr, in_pieces(sys.stderr)
    for handler in logging.getLogger().handlers:  # the SDK has set them up by now
        if isinstance(handler, logging.StreamHandler) and handler.stream is before:
            handler.setStream(sys.stderr)


def _write_whole() -> None:
    """Have standard output write all that it is given, or fail.

    With `python -u` or PYTHONUNBUFFERED it is the bare file. A disk with too little room, or a reader that goes away,
    takes a part of what is written to that, and nobody is told.
    """
    output = sys.stdout
    if isinstance(output, io.TextIOWrapper) and isinstance(output.buffer, io.RawIOBase):
        whole = open(output.fileno(), "wb", closefd=False)  # noqa: SIM115 - as long as the process
        sys.stdout = io.TextIOWrapper(whole, output.encoding, output.errors, line_buffering=True)


def _speak_utf8() -> None:
    """Have standard output take every character: JSON is UTF-8, whatever a locale or a code page says.

    A terminal keeps its own encoding; what that cannot show is escaped.
    """
    output = sys.stdout
    if isinstance(output, io.TextIOWrapper):
        output.reconfigure(encoding=None if output.isatty() else "utf-8", errors="backslashreplace")


@contextlib.contextmanager
def termination_raises() -> Iterator[None]:
    """Let SIGTERM raise `Terminated` in the main thread while the block runs; elsewhere, change nothing.

    Like Ctrl-C, which goes on to raise `KeyboardInterrupt`, it does not wait for a reader that has stopped.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers: dict[int, Callable[[int, FrameType | None], None]] = {signal.SIGTERM: _terminate}
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        handlers[signal.SIGINT] = _interrupt
    previous = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    # A second signal during the clean-up must not break it off: whoever cannot wait has SIGKILL.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    end_when_stuck(TERMINATED)
    raise Terminated


def _interrupt(number: int, frame: FrameType | None) -> None:
    end_when_stuck(INTERRUPTED)
    signal.default_int_handler(number, frame)


def is_full(error: OSError | sqlite3.OperationalError) -> bool:
    """Whether there is no room left on a disk."""
    return error.errno in FULL if isinstance(error, OSError) else any(said in str(error) for said in FULL_DATABASE)


def full_disk(error: OSError | sqlite3.OperationalError) -> str:
    """What is full, without a full stop."""
    name = error.filename if isinstance(error, OSError) else None
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return f'The file "{name}" is as large as it may be' if name else "A file is as large as it may be"
    if isinstance(error, sqlite3.Error):  # what a run keeps in a file of its own has said by then what it is
        return f"Temporary files cannot be written to the folder that TMPDIR names ({error})"
    return f'The disk of "{name}" is full' if name else "The disk is full"


def _say(message: str) -> None:
    say(f"Error: {message}")


def _write_rest() -> None:
    """Write what is left of the output, as long as it is seen whether it is taken; the reader may have ended, too."""
    try:
        sys.stdout.flush()
    except OSError:
        _discard(sys.stdout)


def _forget_log() -> None:
    """A log that cannot be written, as on a full disk, changes no exit code: what was done is done."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.flush()
    except OSError:
        _discard(sys.stderr)


def _discard(output: TextIO) -> None:
    """Keep Python from writing what is left of an output once more while it shuts down."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), output.fileno())
