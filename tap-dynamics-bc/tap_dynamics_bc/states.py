"""When is a STATE worth its bytes, and what has to be safe before it goes out?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_dynamics_bc.deletions.deletions import Deletions
    from tap_dynamics_bc.records.output import MessageWriter


class States:
    """Writes the STATE messages of a run.

    Args:
        output: Where messages go.
        write_state: Writes a STATE message, if there is anything new in it.
        deletions: Keeps the index of known keys, which a STATE counts on; None where there is none.

    Attributes:
        deletions: As given, until a run leaves them out.
    """

    def __init__(self, output: MessageWriter, write_state: Callable[[], None], deletions: Deletions | None) -> None:
        self._output = output
        self._write_state = write_state
        self.deletions = deletions
        self._position_behind_last = 0
        self._longest = 0

    def tell_if_worth_it(self) -> None:
        """Write a STATE once as many bytes of records have gone out as it has: many companies have large states."""
        before = self._position
        if before - self._position_behind_last >= self._longest:
            self.tell()
            self._longest = max(self._longest, self._position - before)
            self._position_behind_last = self._position

    def tell(self) -> None:
        """Write a STATE, if there is anything new in it."""
        before = self._output.written_states
        self.secure()
        self._write_state()
        if self.deletions is not None and self._output.written_states > before:
            self.deletions.acknowledge()

    def secure(self) -> None:
        """A STATE is about to go out: see to it that all it counts on outlasts whatever happens to this machine."""
        if self.deletions is not None:
            self.deletions.secure()

    @property
    def _position(self) -> int:
        """Bytes of all messages until now."""
        return self._output.written_bytes + len(self._output.buffer)
