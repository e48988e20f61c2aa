"""Where do records wait for others, and which STATE may be written meanwhile?"""

from __future__ import annotations

import tempfile
from collections import deque
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from target_dynamics_bc.texts import from_json, to_json_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record as it came: its stream, its place in the input, itself, and whether it is in the service's own names."""

    stream: str
    position: int
    record: Mapping[str, Any]
    own: bool = False


class Spool:
    """Records that wait on the disk, in the order in which they came. The file has no name and goes with the process.

    Args:
        folder: Where the disk space is; None for the system's place for temporary files.
    """

    def __init__(self, folder: Path | None) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._file: IO[str] | None = None

    def add(self, arrival: Arrival) -> None:
        """Let a record wait."""
        if self._file is None:
            self._file = tempfile.TemporaryFile("w+", encoding="utf-8", dir=self._folder)  # noqa: SIM115 - lives as long as the spool
        self._file.write(to_json_line([arrival.stream, arrival.position, arrival.record, arrival.own]))

    def take(self) -> Iterator[Arrival]:
        """All records that wait; afterwards none does."""
        file, self._file = self._file, None
        if file is None:
            return
        with file:
            file.seek(0)
            for line in file:
                stream, position, record, own = from_json(line)
                yield Arrival(stream, position, record, own)


@dataclass(slots=True)
class Progress:
    """Which records have no outcome yet, and which STATE that holds back.

    A STATE may be written when every record before it has its outcome on the disk; one that stands behind an undecided
    record never is in this run, so that the tap sends the record again.
    """

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
