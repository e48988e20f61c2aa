"""What time it is for the emulator: the machine's time, moved or held still by whoever drives it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_DURATION = re.compile(
    r"(?P<sign>-?)P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)


def utc_now() -> datetime:
    """The machine's time."""
    return datetime.now(timezone.utc)


@dataclass(frozen=True, slots=True)
class ClockMark:
    """How a clock went at some moment.

    Attributes:
        held: Where it stood still; None if it ran.
        ahead: How far it was ahead of the machine's time.
    """

    held: datetime | None
    ahead: timedelta


class Clock:
    """The emulator's clock; calling it tells the time."""

    def __init__(self, start: datetime | None = None, machine: Callable[[], datetime] = utc_now) -> None:
        self._machine = machine
        self._start = start
        self._held: datetime | None = None
        self._ahead = timedelta(0)
        self.reset()

    def __call__(self) -> datetime:
        """Now, in UTC."""
        return self._held or self._machine() + self._ahead

    def reset(self) -> None:
        """Run again, from where the clock was when it was made."""
        self._held = None
        self._ahead = self._start - self._machine() if self._start else timedelta(0)

    def set(self, moment: datetime) -> None:
        """Make it that moment; a running clock goes on from there, a frozen one stays there."""
        if self._held:
            self._held = moment
        else:
            self._ahead = moment - self._machine()

    def advance(self, duration: timedelta) -> None:
        """Let that much time pass at once."""
        self.set(self() + duration)

    def freeze(self, frozen: bool) -> None:
        """Hold the clock still, or let it run on from where it is."""
        now = self()
        self._held = now if frozen else None
        if not frozen:
            self._ahead = now - self._machine()

    def mark(self) -> ClockMark:
        """How it goes now, to come back to."""
        return ClockMark(self._held, self._ahead)

    def back_to(self, mark: ClockMark) -> None:
        """Go as it went at a mark; a clock that ran has run on since."""
        self._held, self._ahead = mark.held, mark.ahead


def to_duration(text: str) -> timedelta:
    """A duration from ISO 8601, days and smaller: `PT1H`, `P90DT0.5S`.

    Raises:
        ValueError: The text is no such duration.
    """
    match = _DURATION.fullmatch(text)
    if not match or text.rstrip("T") in {"P", "-P", ""}:
        raise ValueError(f"{text!r} is not an ISO 8601 duration such as PT1H")
    parts = {unit: float(match[unit] or 0) for unit in ("days", "hours", "minutes", "seconds")}
    try:
        return timedelta(**parts) * (-1 if match["sign"] else 1)
    except OverflowError as error:
        raise ValueError(f"{text!r} is longer than time") from error
