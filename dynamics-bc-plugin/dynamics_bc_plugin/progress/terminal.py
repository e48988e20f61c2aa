"""How are a few rows kept at the end of a terminal while others write to it too?

The rows are drawn below the cursor, which goes back above them and stays there, at the left of an empty row. So what
anybody writes comes out as lines above the view, also what another process of the same pipeline writes to the same
terminal; the next drawing erases from there on and puts the rows below it. (rich's own live display leaves the cursor
behind its last row and erases what came after it: it loses lines that are not its own process's.) The cursor is never
hidden, so a killed process leaves a terminal that needs no repair.
"""

from __future__ import annotations

import io
import os
import threading
from typing import TYPE_CHECKING, TextIO

try:
    import fcntl
except ImportError:  # Windows: it has no lock on a terminal, and its pipelines write to it as they like
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Sequence

_ERASE_FROM_HERE = "\r\x1b[J"


class Region:
    """Rows at the end of a terminal; may be used by several threads.

    Args:
        file: The terminal.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        # A log record may be written while a warning about it is: the same thread, twice.
        self._lock = threading.RLock()
        self._drawn = ""

    def draw(self, rows: Sequence[str]) -> None:
        """Show these rows in place of the last ones.

        Args:
            rows: Each no longer than the terminal is wide, and together not more than fit on it; with colours as codes.
        """
        with self._lock:
            below = "".join(f"\n{row}" for row in rows)
            self._drawn = f"{below}\r\x1b[{len(rows)}A" if rows else ""
            self._put(_ERASE_FROM_HERE + self._drawn)

    def write_above(self, lines: str) -> None:
        """Write whole lines, which stay, above the rows."""
        with self._lock:
            self._put(f"{_ERASE_FROM_HERE}{lines}{self._drawn}")

    def clear(self) -> None:
        """Take the rows away; the cursor is where they began."""
        self.draw(())

    def _put(self, text: str) -> None:
        # One write, so that another process's lines come before it or after it and not in between.
        self._file.write(text)
        self._file.flush()


class LinesAbove(io.TextIOBase):
    """A text file whose lines appear above the rows of a region.

    Args:
        region: The region.
        file: The terminal, for all else that is asked of a file.
    """

    def __init__(self, region: Region, file: TextIO) -> None:
        super().__init__()
        self._region = region
        self._file = file
        self._lock = threading.RLock()
        self._begun = ""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The terminal's encoding."""
        return self._file.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        """What becomes of characters that the encoding does not have."""
        return self._file.errors

    def write(self, text: str) -> int:
        """Write; a line that is not ended yet waits for its end."""
        with self._lock:
            lines, line_break, rest = (self._begun + text).rpartition("\n")
            self._begun = rest
            if line_break:
                self._region.write_above(lines + line_break)
        return len(text)

    def finish(self) -> None:
        """Write what has no line break yet, with one."""
        with self._lock:
            if self._begun:
                self.write("\n")

    def writable(self) -> bool:
        """It is."""
        return True

    def isatty(self) -> bool:
        """As the terminal."""
        return self._file.isatty()

    def fileno(self) -> int:
        """The terminal's own; what is written there appears above the rows too."""
        return self._file.fileno()


class SoleView:
    """The right to keep rows on a terminal: of the processes of one pipeline, one has it.

    Args:
        file: The terminal.

    Attributes:
        granted: Nobody else has it. Where the system cannot tell, it is granted.
    """

    def __init__(self, file: TextIO) -> None:
        self.granted = True
        self._descriptor: int | None = None
        if fcntl is not None:
            self._take(file)

    def close(self) -> None:
        """Give it back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _take(self, file: TextIO) -> None:
        try:
            # Opened anew: processes of a pipeline share what they inherit, and with it its lock.
            self._descriptor = os.open(os.ttyname(file.fileno()), os.O_WRONLY | os.O_NOCTTY)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.granted = False
        except OSError:
            # No terminal that the system has a name for (one of outside a container), or one that cannot be locked.
            self.granted = True
