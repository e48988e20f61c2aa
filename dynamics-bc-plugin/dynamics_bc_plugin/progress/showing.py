"""Who shows a run, where and when: a live view on a terminal, a line of the log now and then elsewhere?"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, TextIO, cast

from dynamics_bc_plugin.progress.account import Account
from dynamics_bc_plugin.progress.terminal import LinesAbove, Region, SoleView
from dynamics_bc_plugin.progress.wording import line_of, summary_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

log = logging.getLogger("dynamics_bc_plugin.progress")

LOG_INTERVAL_SECONDS = 30.0
LIVE_INTERVAL_SECONDS = 0.25
_MARGIN_ROWS = 2
"""The empty row above the view, and one that keeps the last line of the log in sight."""


@contextlib.contextmanager
def progress(
    account: Account | None = None,
    *,
    clock: Callable[[], float] = time.monotonic,
    console: Console | None = None,
    interval_seconds: float = LOG_INTERVAL_SECONDS,
    live: bool = True,
) -> Iterator[Account]:
    """Show a run while the block lasts, and sum it up at the end, whatever ended it.

    A live view is shown on a terminal that can move its cursor, and that no other process of the same pipeline has
    taken for a view of its own; log records and standard error come out above it meanwhile. Everywhere else a line is
    logged now and then. The lines go to the logger `dynamics_bc_plugin.progress` at level INFO.

    Args:
        account: What the run reports to; a new one when None.
        clock: Seconds that only grow; of the new account.
        console: Where a live view is shown; standard error when None.
        interval_seconds: Between two lines of the log.
        live: False: lines, also on a terminal.

    Yields:
        The account.
    """
    account = account or Account(clock)
    try:
        with contextlib.ExitStack() as shown:
            if not (live and _show_live(account, console, shown)):
                _repeat(lambda: log.info("%s", line_of(account.picture())), interval_seconds, shown)
            yield account
    finally:
        for line in summary_lines(account.picture()):
            log.info("%s", line)


def _show_live(account: Account, console: Console | None, shown: contextlib.ExitStack) -> bool:
    """Begin a live view, if there can be one; it ends with the stack."""
    if console is None:
        if sys.stderr is None or not sys.stderr.isatty():
            return False
        console = _console(sys.stderr)
    if not console.is_terminal or console.is_dumb_terminal or console.legacy_windows:
        return False
    terminal = cast("TextIO", console.file)
    sole = SoleView(terminal)
    shown.callback(sole.close)
    region = Region(terminal)
    shown.callback(region.clear)
    # Without a view of our own, too: what is written erases the rows of the other process first, and is not mixed with
    # them; that process draws them again.
    shown.enter_context(_routed_above(region, terminal))
    if sole.granted:
        view = _LiveView(account, console, region)
        view.draw()
        _repeat(view.draw, LIVE_INTERVAL_SECONDS, shown)
    return sole.granted


def _console(file: TextIO) -> Console:
    # Not needed, and not paid for, where nobody looks.
    from rich.console import Console  # noqa: PLC0415 - as said

    return Console(file=file, highlight=False)


class _LiveView:
    """Draws an account on a console."""

    def __init__(self, account: Account, console: Console, region: Region) -> None:
        self._account = account
        self._console = console
        self._region = region

    def draw(self) -> None:
        from dynamics_bc_plugin.progress.table import view  # noqa: PLC0415 - brings rich

        size = self._console.size
        height = max(1, size.height - _MARGIN_ROWS)
        with self._console.capture() as captured:
            # One column is left free: a terminal may break the line behind a full row.
            width = max(1, size.width - 1)
            self._console.print(view(self._account.picture(), height=height, width=width), width=width)
        self._region.draw(captured.get().splitlines()[:height])


@contextlib.contextmanager
def _routed_above(region: Region, terminal: TextIO) -> Iterator[None]:
    """Let log records and standard error come out above the rows, as long as both would go to that terminal."""
    # Whoever writes text needs no more of a file than `LinesAbove` has.
    above: Any = LinesAbove(region, terminal)
    handlers = [handler for handler in _stream_handlers() if handler.stream is terminal]
    standard_error = sys.stderr
    try:
        for handler in handlers:
            handler.setStream(above)
        if standard_error is terminal:
            sys.stderr = above
        yield
    finally:
        if sys.stderr is above:
            sys.stderr = standard_error
        for handler in handlers:
            if handler.stream is above:
                handler.setStream(terminal)
        above.finish()


def _stream_handlers() -> list[logging.StreamHandler[Any]]:
    """The handlers of all loggers that write to a stream."""
    loggers = [logging.getLogger(), *logging.Logger.manager.loggerDict.values()]
    handlers = {handler for each in loggers if isinstance(each, logging.Logger) for handler in each.handlers}
    return [handler for handler in handlers if isinstance(handler, logging.StreamHandler)]


def _repeat(action: Callable[[], None], interval_seconds: float, shown: contextlib.ExitStack) -> None:
    """Do something at intervals, in a thread of its own that ends with the stack."""
    ended = threading.Event()

    def work() -> None:
        while not ended.wait(interval_seconds):
            action()

    thread = threading.Thread(target=work, name="progress", daemon=True)

    def stop() -> None:
        ended.set()
        thread.join()

    thread.start()
    shown.callback(stop)
