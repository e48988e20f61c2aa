"""How long does an output that nobody reads hold up the end of a process that was told to end?

A pipe whose reader has stopped takes no more, and who writes to it waits for ever: a signal does not end that write. So
once a signal came, a thread watches whether the output goes on.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

STUCK_SECONDS = 5.0
"""How long nothing of what is being written may be taken."""


def end_when_stuck(code: int, written: Callable[[], int | None]) -> None:
    """From now on, end the process once nobody has read its output for some seconds: then a line is cut.

    Args:
        code: Its exit code.
        written: How much was written so far; None while nothing is being written that could be stuck.
    """
    threading.Thread(target=_watch, args=(code, written), name="end", daemon=True).start()


def _watch(code: int, written: Callable[[], int | None]) -> None:
    before = None
    while (now := written()) is None or now != before:
        before = now
        time.sleep(STUCK_SECONDS)
    os._exit(code)
