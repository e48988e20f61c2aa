"""How does a command end? With an exit code that means something, and one sentence when it went wrong."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import DynamicsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

DONE = 0
FAILED = 1
BAD_CONFIGURATION = 2
NOT_SIGNED_IN = 3
INTERRUPTED = 130
TERMINATED = 143


class Terminated(BaseException):
    """SIGTERM came. It is no `Exception`, so nothing but clean-up stops it on its way out."""


def run(function: Callable[[], int | None]) -> int:
    """Call a command's body and give its exit code.

    0 done; 1 some records, streams or companies failed; 2 configuration; 3 sign-in; 130 interrupted; 143 terminated.
    What the body itself returns or exits with stands. An error that this project does not know is not caught: its
    traceback is what a report needs.

    Args:
        function: The body. On SIGTERM it is left through `Terminated`, so its `finally` blocks run and may write state.
    """
    try:
        with termination_raises():
            code = function()
    except DynamicsError as error:
        _say(error.message)
        return error.exit_code
    except Terminated:
        return TERMINATED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Who read our output is gone; nobody is left to tell, and Python would complain once more while it shuts down.
        _discard_output()
        return FAILED
    return DONE if code is None else code


@contextlib.contextmanager
def termination_raises() -> Iterator[None]:
    """Let SIGTERM raise `Terminated` in the main thread while the block runs; elsewhere, change nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    # A second signal during the clean-up must not break it off: whoever cannot wait has SIGKILL.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Terminated


def _say(message: str) -> None:
    sys.stderr.write(f"Error: {message}\n")
    sys.stderr.flush()


def _discard_output() -> None:
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
