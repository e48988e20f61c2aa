"""Which failures are worth a repeat, when is a repeat safe, and how long to wait before it?

- A read may be repeated after anything that may pass.
- 429, a deadlock (409) and a locked table (400) left nothing behind: whatever it was may be repeated.
- A write after 408, 5xx or a lost connection may have happened. One that sets values (PATCH) or removes (DELETE)
  gives the same in the end and is repeated; one that creates or acts is not: whoever sent it has to look first.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import Enum
from itertools import count
from typing import TYPE_CHECKING, TypeVar

import backoff

from dynamics_bc_client.errors import (
    ConnectionLost,
    DynamicsError,
    RequestTimedOut,
    ServiceError,
    TooManyRequests,
    Transient,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")
log = logging.getLogger(__name__)

AMBIGUOUS_STATUSES = frozenset({408, 500, 502, 503, 504})
NEVER_REACHED_CODES = frozenset({"Internal_TenantUnavailable"})


class Intent(Enum):
    """What happens if the same request is done twice."""

    READ = "nothing"
    SET = "the same as once"
    CREATE = "something more than once"

    @classmethod
    def of(cls, method: str) -> Intent:
        """What an HTTP method is for in this service."""
        if method.upper() in {"GET", "HEAD", "OPTIONS"}:
            return cls.READ
        return cls.SET if method.upper() in {"PATCH", "PUT", "DELETE"} else cls.CREATE


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on.

    Attributes:
        attempts: How often a request is sent at most; being throttled does not count, because a window of five
            minutes passes.
        first_wait_seconds: Before the second attempt; each further wait is twice the one before.
        longest_wait_seconds: Where the doubling ends.
        deadline_seconds: No repeat begins later than this after the first attempt began.
    """

    attempts: int = 7
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 60.0
    deadline_seconds: float = 900.0


def may_have_happened(error: DynamicsError) -> bool:
    """Whether a write that failed like this may have been carried out all the same."""
    if isinstance(error, ConnectionLost | RequestTimedOut):
        return error.sent
    if isinstance(error, Transient):
        return error.status in AMBIGUOUS_STATUSES and error.code not in NEVER_REACHED_CODES
    return error.outcome_unknown


def may_repeat(error: DynamicsError, intent: Intent) -> bool:
    """Whether the same request may be sent again after this error."""
    if not error.repeatable:
        return False
    return intent is not Intent.CREATE or not may_have_happened(error)


def waits(patience: Patience, random: Callable[[], float]) -> Iterator[float]:
    """Seconds before each repeat: doubling, each spread over its upper half so that threads do not return together."""
    doubling = backoff.expo(base=2, factor=patience.first_wait_seconds, max_value=patience.longest_wait_seconds)
    next(doubling)  # backoff's generators begin with a value that is no wait
    for wait in doubling:
        yield wait * (0.5 + random() / 2)


def repeat(
    attempt: Callable[[int], T],
    *,
    worth_repeating: Callable[[DynamicsError], bool],
    rest: Callable[[DynamicsError, float], None],
    clock: Callable[[], float],
    random: Callable[[], float],
    patience: Patience = Patience(),
) -> T:
    """Attempt something until it works, fails for good, or patience ends.

    Args:
        attempt: Called with 1, 2, ...
        worth_repeating: Whether an error may pass by itself and a repeat is safe.
        rest: Waits that many seconds because of that error.
        clock: Seconds that only grow.
        random: A number from 0 to below 1.
        patience: How long to go on.

    Raises:
        DynamicsError: The last error.
    """
    began = clock()
    pauses = waits(patience, random)
    counted = 0
    for number in count(1):
        try:
            return attempt(number)
        except DynamicsError as error:  # noqa: PERF203 - a loop around the network
            counted += not isinstance(error, TooManyRequests)
            if not worth_repeating(error) or counted >= patience.attempts:
                raise
            wait = _wait(error, next(pauses), random)
            if clock() - began + wait > patience.deadline_seconds:
                raise
            log.info("Attempt %d failed: %s Waiting %.1f seconds.", number, error.message, wait)
            rest(error, wait)
    raise AssertionError("count never ends")  # pragma: no cover


def _wait(error: DynamicsError, pause: float, random: Callable[[], float]) -> float:
    """What the service asked for, a little spread; else our own pause."""
    asked = error.retry_after_seconds if isinstance(error, ServiceError) else None
    return pause if asked is None else asked + random()
