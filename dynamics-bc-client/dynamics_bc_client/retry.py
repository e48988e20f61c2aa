"""Which failures are worth a repeat, when is a repeat safe, and how long to wait before it?

- A read may be repeated after anything that may pass.
- 429, a deadlock (409) and a locked table (400) left nothing behind: whatever it was may be repeated.
- A write after 408, 5xx or a lost connection may have happened. One that sets values (PATCH) or removes (DELETE)
  gives the same in the end and is repeated; one that creates or acts is not: whoever sent it has to look first.

Patience is time and no count: a service that restarts is away for minutes, however often somebody asks.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import backoff

from dynamics_bc_client.errors import Repeat
from dynamics_bc_client.limits import CONNECT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dynamics_bc_client.errors import DynamicsError

log = logging.getLogger(__name__)

LOUD_SECONDS = 8.0
"""From here on a wait is worth a warning: somebody may be watching."""


class Intent(Enum):
    """What happens if the same request is done twice."""

    READ = "nothing"
    SET = "the same as once"
    CREATE = "something more than once"

    @classmethod
    def of(cls, method: str) -> Intent:
        """What an HTTP method is for in this service."""
        if method in {"GET", "HEAD", "OPTIONS"}:
            return cls.READ
        return cls.SET if method in {"PATCH", "PUT", "DELETE"} else cls.CREATE


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on.

    Attributes:
        first_wait_seconds: Before the first repeat; each further wait is twice the one before.
        longest_wait_seconds: Where the doubling ends.
        long_seconds: No repeat of what passes begins later than this after the first attempt that failed so.
        brief_seconds: The same for what may be the request's own fault, and for a host that was never reached.
        connect_seconds: How long a host may take to accept a connection.
    """

    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 60.0
    long_seconds: float = 900.0
    brief_seconds: float = 120.0
    connect_seconds: float = CONNECT_SECONDS

    def pauses(self) -> Iterator[float]:
        """Seconds before each repeat, without an end."""
        doubling = backoff.expo(base=2, factor=self.first_wait_seconds, max_value=self.longest_wait_seconds)
        next(doubling)  # backoff's generators begin with a value that is no wait
        return doubling


class Retries:
    """The repeats of one request: how long to wait before the next, and when to stop.

    Args:
        patience: How long to go on.
        clock: Seconds that only grow.
        random: A number from 0 to below 1; spreads waits.
    """

    def __init__(self, patience: Patience, clock: Callable[[], float], random: Callable[[], float]) -> None:
        self._patience = patience
        self._clock = clock
        self._random = random
        self._pauses = patience.pauses()
        self._spent: dict[Repeat, tuple[float, float]] = {}
        self._refusals = 0

    def wait(
        self, error: DynamicsError, began: float, intent: Intent = Intent.READ, *, long: bool = True
    ) -> float | None:
        """Seconds to wait before the next attempt; None when there is to be none.

        Args:
            error: Of the last attempt.
            began: When that began.
            intent: What happens if the request is done twice.
            long: False where a quarter of an hour would be too long for anything.
        """
        repeat = error.repeat if long or error.repeat is not Repeat.LONG else Repeat.BRIEFLY
        if repeat is Repeat.NEVER or (intent is Intent.CREATE and error.may_have_happened):
            return None
        pause = next(self._pauses)
        asked: float = getattr(error, "retry_after_seconds", None) or 0.0
        # Each wait is spread, so that threads do not return together. A wish for less than a wait is none.
        if asked >= self._patience.first_wait_seconds:
            wait = asked + self._random()
        else:
            wait = pause * (0.5 + self._random() / 2)
        if repeat is Repeat.TWICE:
            self._refusals += 1
            ended = self._refusals > 2
        else:
            seconds = self._patience.brief_seconds if repeat is Repeat.BRIEFLY else self._patience.long_seconds
            # Counted twice: a clock may stand still while we wait, and the attempts take time that is no wait.
            since, waited = self._spent.get(repeat, (began, 0.0))
            self._spent[repeat] = (since, waited + wait)
            ended = max(self._clock() - since, waited) + wait > seconds
        if ended:
            return None
        level = logging.WARNING if wait >= LOUD_SECONDS else logging.INFO
        shown = f"{wait:.0f} second" if round(wait) == 1 else f"{wait:.0f} seconds"
        log.log(level, "%s Waiting %s, then trying again.", error.sentence, shown)
        return wait
