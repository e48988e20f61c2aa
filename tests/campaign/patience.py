"""How long may something take on a machine that has other things to do, too?"""

from __future__ import annotations

import os

MOST = 10.0


def stretched(seconds: float) -> float:
    """Seconds that a quiet machine would be given, times the processes that wait for each of its cores."""
    waiting = os.getloadavg()[0] / (os.cpu_count() or 1)
    return seconds * min(MOST, max(1.0, waiting))
