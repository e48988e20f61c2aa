"""How long does an output that nobody reads hold up the end of a process that was told to end?

A pipe whose reader has stopped takes no more, and who writes to it waits for ever: a signal does not end that write. So
once a signal came, a thread watches whether the output goes on.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import select
import stat
import threading
import time
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import Buffer

STUCK_SECONDS = 5.0
"""How long nothing of what is being written may be taken."""
_LOOKS_SECONDS = 0.5

PIECE_BYTES = 16 * 1024
"""What is written at once: of a long line it can be seen whether a slow reader still takes it."""

_numbers = itertools.count(1)
_under_way: dict[int, int] = {}
"""The number of the piece that each thread is just writing, or waits to write."""


class Pieces(io.FileIO):
    """A pipe or a device, which takes what is written to it piece by piece, as fast as somebody reads it."""

    def write(self, data: Buffer, /) -> int:
        """Write what is taken at once; whoever has more comes again."""
        piece = memoryview(data)[:PIECE_BYTES]
        with being_taken():
            while (taken := super().write(piece)) is None:  # full, and whoever opened it wanted nobody to wait for it
                select.select([], [self], [])
            return taken


@contextlib.contextmanager
def being_taken() -> Iterator[None]:
    """What is done in the block waits until somebody reads: `end_when_stuck` sees it."""
    thread = threading.get_ident()
    _under_way[thread] = next(_numbers)
    try:
        yield
    finally:
        _under_way.pop(thread, None)


def in_pieces(output: IO[str]) -> IO[str]:
    """A standard output or error as it is, or one that is written in pieces where somebody has to read it."""
    raw = getattr(getattr(output, "buffer", None), "raw", getattr(output, "buffer", None))
    if not isinstance(output, io.TextIOWrapper) or not isinstance(raw, io.FileIO) or not _is_taken(output.fileno()):
        return output
    output.flush()
    pieces = io.BufferedWriter(Pieces(output.fileno(), "wb", closefd=False))
    line_buffering = output.line_buffering or output.write_through
    return io.TextIOWrapper(pieces, output.encoding, output.errors, line_buffering=line_buffering)


def _is_taken(descriptor: int) -> bool:
    """Whether what is written there waits for a reader: it is no file on a disk, and no terminal."""
    return not stat.S_ISREG(os.fstat(descriptor).st_mode) and not os.isatty(descriptor)


def _oldest() -> int | None:
    return min(list(_under_way.values()), default=None)


def end_when_stuck(code: int, written: Callable[[], int | None] = _oldest) -> None:
    """From now on, end the process once nobody has read its output for some seconds: then a line is cut.

    Args:
        code: Its exit code.
        written: How much was written so far; None while nothing is being written that could be stuck. When not given:
            the piece of any output that is under way.
    """
    threading.Thread(target=_watch, args=(code, written), name="end", daemon=True).start()


def _watch(code: int, written: Callable[[], int | None]) -> None:
    before, since = None, time.monotonic()
    while time.monotonic() - since < STUCK_SECONDS:
        if (now := written()) is None or now != before:
            before, since = now, time.monotonic()
        time.sleep(_LOOKS_SECONDS)
    os._exit(code)
