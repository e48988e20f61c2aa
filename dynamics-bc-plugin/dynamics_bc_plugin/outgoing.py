"""How does everything that a program says pass the filter of `redaction`?

Log records are cleaned when they are made, so that it does not matter who formats them and where they go; tracebacks
that nobody caught, and what a command says by itself, before they are written.
"""

from __future__ import annotations

import contextlib
import logging
import re
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies

from dynamics_bc_client.redaction import OUTGOING, clean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

_SOUNDS_SECRET = re.compile(r"secr|token|passw|pwd|assertion|private|api_?key|credential", re.IGNORECASE)
"""Names of settings whose values are hidden, whoever reads them, and also when nobody does: one may be misspelt."""

_NEXT_LINE = re.compile(r"\n(?! {4})")

_NO_SECRETS = frozenset({"refresh_token_via_hg_api", "_refresh_token_via_hg_api", "token_url"})


class CleanRecord(logging.LogRecord):
    """A log record whose text is clean from the beginning, and on one line as far as a reader of lines is concerned."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        with contextlib.suppress(Exception):  # arguments that do not fit: logging itself says so when it formats them
            self._clean_message()
        if self.exc_info and self.exc_info[1] is not None:
            told = "".join(traceback.format_exception(*self.exc_info)).rstrip("\n")
            if (cleaned := clean(told)) != told:
                self.exc_text, self.exc_info = cleaned, None
        if self.stack_info:
            self.stack_info = clean(self.stack_info)

    def _clean_message(self) -> None:
        """Clean its parts before the whole: formatters of others, such as uvicorn's, put the parts together anew."""
        told = self.getMessage()
        if _line(told) != told and isinstance(self.args, tuple):
            self.args = tuple(_line(each) if isinstance(each, str) else each for each in self.args)
            told = self.getMessage()
        if (cleaned := _line(told)) != told:
            self.msg, self.args = cleaned, None


def guard() -> None:
    """Have all that this process logs, and all tracebacks of last resort, pass the filter. Once is enough."""
    logging.setLogRecordFactory(CleanRecord)
    # Whoever has put hooks of their own in these places shows errors in their own way.
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _write_traceback
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _write_traceback_of_thread
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = _write_traceback_of_clean_up


def say(message: str) -> None:
    """Write a line to standard error."""
    # Standard error may be closed, or on a disk that is full.
    if sys.stderr is None:
        return
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{clean(message)}\n")
        sys.stderr.flush()


def hide_secrets_of(config: Mapping[str, Any]) -> None:
    """Hide what a config holds under names that sound secret, read or not, and what signs in to this machine's proxies.

    Args:
        config: As it came from files and variables.
    """
    _hide_values("", config)
    for url in getproxies().values():
        _hide_sign_in_of(url)


def _hide_values(name: str, value: Any) -> None:
    """Hide what stands below a name, in whatever it is nested, where the nearest name sounds secret."""
    if isinstance(value, dict):
        for below, each in value.items():
            _hide_values(str(below), each)
    elif isinstance(value, list | tuple):
        for each in value:
            _hide_values(name, each)
    elif isinstance(value, str) and _SOUNDS_SECRET.search(name) and name not in _NO_SECRETS:
        OUTGOING.add(value)


def _hide_sign_in_of(proxy: str) -> None:
    """Hide the password in the address of a proxy, or the user where there is none: then that is a token."""
    url = proxy if "://" in proxy else f"//{proxy}"
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        if parts.username and not parts.password:
            OUTGOING.add(parts.username)
            OUTGOING.add(unquote(parts.username))
    hide_password_of(url)


def hide_password_of(url: str) -> None:
    """Hide the password in a URL, if there is one, as it is written and as it is meant."""
    with contextlib.suppress(ValueError):
        if password := urlsplit(url).password:
            OUTGOING.add(password)
            OUTGOING.add(unquote(password))


def _line(text: str) -> str:
    """A text of which no line that others begin can be taken for a line of the log."""
    return _NEXT_LINE.sub("\n    ", clean(text))


def _write_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    say("".join(traceback.format_exception(kind, error, trace)).rstrip("\n"))


def _write_traceback_of_thread(given: threading.ExceptHookArgs) -> None:
    if given.exc_value is not None and not issubclass(given.exc_type, SystemExit):
        name = given.thread.name if given.thread else "of no name"
        told = "".join(traceback.format_exception(given.exc_type, given.exc_value, given.exc_traceback))
        say(f"Exception in thread {name}:\n{told}".rstrip("\n"))


def _write_traceback_of_clean_up(given: sys.UnraisableHookArgs) -> None:
    """What Python itself says of an error that nobody can catch, such as one of a finalizer."""
    told = "".join(traceback.format_exception(given.exc_type, given.exc_value, given.exc_traceback))
    # Its repr may raise, half taken apart as it is.
    where = getattr(given.object, "__qualname__", type(given.object).__qualname__)
    say(f"{given.err_msg or 'Exception ignored in'}: {where}\n{told}".rstrip("\n"))
