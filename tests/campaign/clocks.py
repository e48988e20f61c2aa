"""What time is it for a program of ours, and how long does it wait?

Imported before the programs are: what they take for the machine's clock is one that a plan may set wrong, and that is
set right, or wrong, in the middle of a run. Waits pass at once, and take the clock along. What waits for another
process, or for a wire, goes by real time.
"""

from __future__ import annotations

import datetime as dt
import mmap
import struct
import sys
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

MOMENT = 0.002
"""How long a wait takes, in real seconds."""
REAL = SimpleNamespace(sleep=time.sleep, time=time.time, monotonic=time.monotonic)
IN_REAL_TIME = (
    "dynamics_bc_client.transport",
    "tap_dynamics_bc.sdk_streams",
    "tap_dynamics_bc.pages.read_ahead",
)
"""Modules that wait for a wire, a loader or a thread."""
_PLAIN = dt.datetime


class _Clock:
    """The clock of this process.

    Attributes:
        passed: Seconds of waits that have passed without anybody's waiting for them.
        ahead: How far it is ahead of the machine's; None where nobody sets it.
    """

    passed = 0.0
    ahead: mmap.mmap | None = None

    def monotonic(self) -> float:
        return REAL.monotonic() + self.passed

    def time(self) -> float:
        ahead = struct.unpack("d", self.ahead[:8])[0] if self.ahead is not None else 0.0
        return float(REAL.time() + self.passed + ahead)

    def sleep(self, seconds: float) -> None:
        ends = self.monotonic() + seconds
        REAL.sleep(min(seconds, MOMENT))
        # Those who wait at the same time wait for the same time.
        self.passed = max(self.passed, ends - REAL.monotonic())


CLOCK = _Clock()


class _Kind(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, _PLAIN)


class Moving(_PLAIN, metaclass=_Kind):
    """Moments, of which now is the process's."""

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Any:
        """The moment that it is for this process."""
        return _PLAIN.fromtimestamp(CLOCK.time(), tz)


def install() -> None:
    """Have whatever is imported from now on go by this clock."""
    time.sleep, time.time, time.monotonic = CLOCK.sleep, CLOCK.time, CLOCK.monotonic


def begin(path: str) -> None:
    """Go by the clock of a run, when everything is imported.

    Args:
        path: A file that says how far it is ahead; empty where it is right.
    """
    for name in IN_REAL_TIME:
        sys.modules[name].time = REAL  # type: ignore[attr-defined]
    folder = sys.modules["dynamics_bc_client.store_folder"].StoreFolder
    folder.__init__.__kwdefaults__["sleep"] = REAL.sleep
    if not path:
        return
    with open(path, "rb") as file:  # noqa: PTH123 - as of a descriptor
        CLOCK.ahead = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)
    for name, module in list(sys.modules.items()):
        if "dynamics_bc" in name and getattr(module, "datetime", None) is _PLAIN:
            module.datetime = Moving  # type: ignore[attr-defined]


def set_ahead(path: Path, seconds: float) -> None:
    """Set the clock of whoever goes by a file."""
    if not path.exists():
        path.write_bytes(bytes(8))
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 8) as ahead:
        ahead[:8] = struct.pack("d", seconds)
