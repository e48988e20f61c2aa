"""How does a command start, so that a signal is no traceback however early it comes?

Importing a command takes half a second, in which nothing has begun: a signal then ends the process at once, with one
line. This file imports next to nothing itself. From the first line of a command's body on, `ending` decides.
"""

from __future__ import annotations

import importlib
import os
import signal
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from types import FrameType

_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
_STANDARD_ERROR = 2


def start(module: str) -> NoReturn:
    """Import the module of a command and call its `main`, which ends the process.

    Args:
        module: Its dotted name.
    """
    # What whoever started this has switched off (`nohup`, a shell's `&`) stays so.
    heard = {number: handler for number in _CODES if (handler := signal.getsignal(number)) != signal.SIG_IGN}
    for number in heard:
        signal.signal(number, _leave)
    main = importlib.import_module(module).main
    for number, handler in heard.items():
        signal.signal(number, handler)
    try:
        raise SystemExit(main())
    finally:
        # Python tidies up now; a signal would only make its own parts complain.
        for number in heard:
            signal.signal(number, signal.SIG_IGN)


def _leave(number: int, _frame: FrameType | None) -> None:
    """End the process while modules are imported; nothing is open that would have to be closed."""
    word = "Interrupted" if number == signal.SIGINT else "Terminated"
    try:
        os.write(_STANDARD_ERROR, f"{word} before anything was done.\n".encode())
    finally:
        os._exit(_CODES[signal.Signals(number)])
