"""When does a token end, by what `expires_in` says?"""

from __future__ import annotations

import math
from typing import Any

# Durations are hours or days, moments are beyond this: the year 2001 in seconds since 1970, 31 years as a duration.
FIRST_EPOCH = 1_000_000_000.0


def token_end(expires_in: Any, *, counted_from: float) -> float | None:
    """The end of a token in seconds since 1970; None when nobody said, or said something that is no time.

    Args:
        expires_in: A moment in seconds since 1970 or a duration in seconds, as a number or as text: token endpoints
            write the one, job runners the other.
        counted_from: When a duration began.
    """
    if isinstance(expires_in, bool):
        return None
    try:
        seconds = float(expires_in)
    except (TypeError, ValueError, OverflowError):
        return None
    if not math.isfinite(seconds) or seconds <= 0:
        return None
    return seconds if seconds >= FIRST_EPOCH else counted_from + seconds
