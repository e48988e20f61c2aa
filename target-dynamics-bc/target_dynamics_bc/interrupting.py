"""When does a signal end the run?

At the end of the request that is under way, or of the wait: what has its outcome by then keeps it.
"""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

from dynamics_bc_plugin.ending import Terminated

if TYPE_CHECKING:
    from collections.abc import Callable

_SLICE_SECONDS = 0.2


class Interruption:
    """Remembers a signal until the run can be left; while a block of it runs, a signal waits for the next checkpoint.

    Args:
        clock: Seconds that only grow.
        pause: Waits for a number of seconds.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock = clock
        self._pause = pause
        self._signal: int | None = None
        self._busy = False
        self._is_leaving = False

    @property
    def came(self) -> bool:
        """Whether a signal came."""
        return self._signal is not None

    def take(self, number: int) -> None:
        """A signal came. A second one changes nothing: the run is being left."""
        if self._is_leaving:
            return
        self._signal = number
        if not self._busy:
            self.checkpoint()

    def checkpoint(self) -> None:
        """Leave the run if a signal came.

        Raises:
            KeyboardInterrupt: It was Ctrl-C.
            Terminated: It was another one.
        """
        if self._signal is None:
            return
        self._is_leaving = True
        if self._signal == signal.SIGINT:
            raise KeyboardInterrupt
        raise Terminated

    def __enter__(self) -> None:
        self._busy = True

    def __exit__(self, raised: object, *_: object) -> None:
        self._busy = False
        if raised is None and not self._is_leaving:
            self.checkpoint()

    def sleep(self, seconds: float) -> None:
        """Wait between attempts, but not longer than until a signal comes."""
        until = self._clock() + seconds
        while (left := until - self._clock()) > 0:
            self.checkpoint()
            self._pause(min(left, _SLICE_SECONDS))
