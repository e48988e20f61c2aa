"""Which STATE may be written, and which is held back by a record that has no outcome yet?

A STATE may be written when every record before it has its outcome; one that stands behind an undecided record never is
in this run, so that the tap sends the record again. Pure.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class HeldStates:
    """The records that have no outcome yet, and the STATE that these hold back."""

    open: set[int] = field(default_factory=set)
    begun: deque[int] = field(default_factory=deque)
    joined: dict[int, tuple[int, ...]] = field(default_factory=dict)
    states: deque[tuple[int, Any]] = field(default_factory=deque)

    def begin(self, position: int) -> None:
        """A record came; each has a higher position than the one before."""
        self.open.add(position)
        self.begun.append(position)

    def end(self, position: int) -> None:
        """A record has its outcome, and it is decided."""
        self.open.discard(position)
        self.open.difference_update(self.joined.pop(position, ()))

    def join(self, position: int, pieces: tuple[int, ...]) -> None:
        """The outcome of the record at this position is that of its pieces, too."""
        if pieces:
            self.joined[position] = pieces

    def hold(self, position: int, state: Any) -> None:
        """A STATE came behind the record at this position; of several behind one record the last counts."""
        if self.states and self.states[-1][0] == position:
            self.states.pop()
        self.states.append((position, state))

    def released(self) -> Any | None:
        """The last STATE that may be written now; None when there is no new one."""
        while self.begun and self.begun[0] not in self.open:
            self.begun.popleft()
        first_open = self.begun[0] if self.begun else None
        latest = None
        while self.states and (first_open is None or self.states[0][0] < first_open):
            _, latest = self.states.popleft()
        return latest
