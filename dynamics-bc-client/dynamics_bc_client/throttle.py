"""How many requests may go out now? The service's limits per user, kept on our side.

Five at once, 6,000 in a sliding five minutes, and when the service throttles all the same, one pause for all threads:
five threads that each find out for themselves would keep the window full.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING

from dynamics_bc_client.limits import WINDOW_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)


class Throttle:
    """Shared by all threads of one client.

    Args:
        at_once: Requests in flight.
        per_window: Requests in a sliding window of five minutes.
        clock: Seconds that only grow.
        sleep: Waits a number of seconds.
    """

    def __init__(
        self, at_once: int, per_window: int, *, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._slots = threading.BoundedSemaphore(at_once)
        self._per_window = per_window
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._sent: deque[float] = deque()
        self._paused_until = self._told_until = float("-inf")

    def enter(self, weight: int = 1) -> float:
        """Wait until a request may go out; whoever enters has to leave.

        Args:
            weight: How many requests it counts for. The operations of a batch may count one by one; nothing says so,
                nothing denies it.

        Returns:
            The seconds that were waited.
        """
        began = self._clock()
        self._slots.acquire()
        try:
            while (wait := self._reserve(weight)) > 0:
                self._sleep(wait)
        except BaseException:  # such as Ctrl-C while waiting: nobody is inside then
            self._slots.release()
            raise
        return self._clock() - began

    def leave(self) -> None:
        """Give the place in flight to another request."""
        self._slots.release()

    def pause(self, seconds: float) -> None:
        """No request goes out for that long, from any thread; an earlier, longer pause stays."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + seconds)

    def _reserve(self, weight: int) -> float:
        """Count the request and return 0, or return the seconds after which to ask again."""
        with self._lock:
            now = self._clock()
            if now < self._paused_until:
                return self._paused_until - now
            while self._sent and self._sent[0] <= now - WINDOW_SECONDS:
                self._sent.popleft()
            # A request heavier than the whole window goes out when the window is empty, else it never would.
            excess = len(self._sent) + min(weight, self._per_window) - self._per_window
            if excess > 0:
                wait = self._sent[excess - 1] + WINDOW_SECONDS - now
                self._tell(now, wait)
                return wait
            self._sent.extend([now] * weight)
            return 0.0

    def _tell(self, now: float, wait: float) -> None:
        """Say that the window is full; a run that keeps filling it is told of that once in each window."""
        if now >= self._told_until:
            self._told_until = now + WINDOW_SECONDS
            log.info(
                "%s requests in five minutes are the limit (max_requests_per_window): the next one waits %.0f seconds.",
                f"{self._per_window:,}",
                wait,
            )
