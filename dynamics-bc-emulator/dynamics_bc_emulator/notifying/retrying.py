"""When a notification that did not arrive is sent again, and when it is given up.

From Microsoft's own sender (codeunit 6154): no answer, 408, 429 and 5xx are tried again, after a minute twice, then
after ten, a hundred and a thousand minutes; any other refusal, and a sixth failure, ends the subscription.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dynamics_bc_emulator.notifying.calling import Answer

# The wait after attempt 1, 2, ...
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 1, 10, 100, 1000))


def has_arrived(answer: Answer | None) -> bool:
    """Whether the receiver took it."""
    return answer is not None and 200 <= answer.status < 300


def wait_after(attempts: int, answer: Answer | None) -> timedelta | None:
    """How long to wait after so many attempts, the last of them answered so; None to give up."""
    is_worth_it = answer is None or answer.status in {408, 429} or 500 <= answer.status < 600
    return WAITS[attempts - 1] if is_worth_it and attempts <= len(WAITS) else None
