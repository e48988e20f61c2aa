"""How many requests the service takes from one user: at once, in the queue, and in five minutes."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

WINDOW_SECONDS = 300
QUEUE_LENGTH = 95
# A request that is still in the queue then is given up.
QUEUE_SECONDS = 480.0


class Throttle:
    """The limits of one user, by the machine's time: a client waits in real seconds."""

    def __init__(
        self,
        requests_per_window: int,
        concurrent: int,
        machine: Callable[[], float] = time.monotonic,
        queue_seconds: float = QUEUE_SECONDS,
    ) -> None:
        self._limit = requests_per_window
        self._concurrent = concurrent
        self._machine = machine
        self._queue_seconds = queue_seconds
        self._seen: deque[float] = deque()
        self._waiting = 0
        self._slots = asyncio.Semaphore(concurrent)

    def reset(self) -> None:
        """Forget what was asked; requests that run or wait go on doing so."""
        self._seen.clear()

    def count(self, requests: int = 1) -> None:
        """Count requests against the window.

        Raises:
            Refusal: 429, there were too many.
        """
        now = self._machine()
        while self._seen and self._seen[0] <= now - WINDOW_SECONDS:
            self._seen.popleft()
        if len(self._seen) + requests > self._limit:
            raise _too_many(len(self._seen) + requests, self._limit)
        self._seen.extend([now] * requests)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Run as one of the few at once; wait in the queue for it.

        Raises:
            Refusal: 429, the queue is full; 503, nothing came free for eight minutes.
        """
        if self._waiting >= self._concurrent + QUEUE_LENGTH:
            raise _too_many(self._waiting + 1, self._concurrent + QUEUE_LENGTH)
        self._waiting += 1
        try:
            await self._enter()
            try:
                yield
            finally:
                self._slots.release()
        finally:
            self._waiting -= 1

    async def _enter(self) -> None:
        if not self._slots.locked():
            await self._slots.acquire()
            return
        try:
            await asyncio.wait_for(self._slots.acquire(), self._queue_seconds)
        except asyncio.TimeoutError:
            raise Refusal(503, "Internal_ServerError", "The request waited too long for its turn.") from None


class Throttles:
    """The limits of every user and application, each its own.

    The service counts by user, and an application is a user; several of them share nothing.
    """

    def __init__(self, requests_per_window: int, concurrent: int) -> None:
        self._limits = (requests_per_window, concurrent)
        self._known: dict[str, Throttle] = {}

    def of(self, principal: str) -> Throttle:
        """The limits of an application or a user."""
        known = self._known.get(principal)
        if known is None:
            known = self._known[principal] = Throttle(*self._limits)
        return known

    def reset(self) -> None:
        """Forget what was asked; requests that run or wait go on doing so."""
        for known in self._known.values():
            known.reset()


def _too_many(actual: int, maximum: int) -> Refusal:
    return Refusal(
        429, "Application_TooManyRequests", f"Too many requests reached. Actual ({actual}). Maximum ({maximum})."
    )
