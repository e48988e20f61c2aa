"""Regular expressions of whoever drives the emulator: searched for a moment, never for ever."""

from __future__ import annotations

import re
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 0.1
_URL = "/v2.0/Production/api/v2.0/companies(10000000-0000-4000-8000-000000000000)/salesInvoices?$filter=number eq 'x'"
_TRIALS = (_URL, *(f"{letter * 200}!" for letter in "aA0/ ()"))


class Endless(Exception):  # noqa: N818 - says what the expression is
    """An expression takes too long on some text."""


def compiled(text: str) -> re.Pattern[str]:
    """An expression that was tried on a few texts.

    Raises:
        ValueError: It is not a regular expression, or takes too long.
    """
    try:
        pattern = re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"path {text!r} is not a regular expression: {error}") from error
    try:
        for trial in _TRIALS:
            searched(pattern, trial)
    except Endless as endless:
        raise ValueError(f"path {text!r} takes too long: write it without repetitions in repetitions") from endless
    return pattern


def searched(pattern: re.Pattern[str], text: str) -> bool:
    """Whether an expression is found in a text.

    Raises:
        Endless: That takes too long.
    """
    with _alarm():
        return pattern.search(text) is not None


@contextmanager
def _alarm() -> Iterator[None]:
    """Raise Endless after a moment, where the system has such an alarm: in the main thread, not on Windows."""

    def end(*_: Any) -> None:
        raise Endless

    try:
        before = signal.signal(signal.SIGALRM, end)
    except (AttributeError, ValueError):
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
