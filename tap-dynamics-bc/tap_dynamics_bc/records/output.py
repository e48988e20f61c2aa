"""How do messages reach standard output: in order, whole, and in few writes?

Records are collected in one buffer; every other message is written behind what was collected before it. A signal to end
the process is held back while the buffer is being filled or written, so that no line is ever cut in two.
"""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

import msgspec
from singer_sdk.contrib.msgspec import enc_hook
from singer_sdk.singerlib import StateMessage
from singer_sdk.singerlib.encoding.base import GenericSingerWriter
from singer_sdk.singerlib.encoding.simple import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BUFFER_BYTES = 64 * 1024


class MessageWriter(GenericSingerWriter[bytes, Message]):
    """Writes Singer messages; records may be put into its buffer as finished lines.

    Attributes:
        buffer: Finished lines that are not written yet; whoever fills it flushes at `BUFFER_BYTES`.
        written_bytes: What was written so far.
        written_states: STATE messages among it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.buffer = bytearray()
        self.written_bytes = 0
        self.written_states = 0
        self._encoder = msgspec.json.Encoder(enc_hook=enc_hook, decimal_format="number")
        self._state_ends_at = 0
        self._depth = 0
        self._held = False
        self._ending: Callable[[], None] | None = None

    def serialize_message(self, message: Message) -> bytes:
        """A message as one line."""
        return self._encoder.encode(message.to_dict()) + b"\n"

    def write_message(self, message: Message) -> None:
        """Write a message behind all records that are in the buffer."""
        with self.undivided():
            self.buffer += self.serialize_message(message)
            self.flush()
            if isinstance(message, StateMessage):
                self._state_ends_at = self.written_bytes
                self.written_states += 1

    @property
    def ends_with_state(self) -> bool:
        """Whether nothing has come behind the last STATE message."""
        return self.written_bytes + len(self.buffer) == self._state_ends_at > 0

    def flush(self) -> None:
        """Write what the buffer holds, unless it is held back."""
        if self._held:
            return
        with self.undivided():
            sys.stdout.flush()
            sys.stdout.buffer.write(self.buffer)
            sys.stdout.buffer.flush()
            self.written_bytes += len(self.buffer)
            self.buffer.clear()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let nothing out while the block runs, however much it is."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if len(self.buffer) >= BUFFER_BYTES:
            self.flush()

    @contextlib.contextmanager
    def undivided(self) -> Iterator[None]:
        """Hold back the end of the process until the block is through."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
        if self._depth == 0 and self._ending is not None:
            ending, self._ending = self._ending, None
            ending()

    def end_when_possible(self, end: Callable[[], None]) -> None:
        """End now, or as soon as no line would be cut.

        Args:
            end: Ends the process; raises.
        """
        if self._depth:
            self._ending = end
        else:
            end()
