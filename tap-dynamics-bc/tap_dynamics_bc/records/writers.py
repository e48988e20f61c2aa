"""Which way do a stream's records go: straight into the buffer, or through the SDK?

Stream maps, flattening and batches are the SDK's business; a stream with one of them hands it the same values as
dictionaries. How the SDK is called is known to `sdk_streams`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from tap_dynamics_bc.records.output import BUFFER_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tap_dynamics_bc.records.output import MessageWriter

_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_ENCODER = msgspec.json.Encoder()
_COMMA, _CLOSING = ord(","), ord("}")


class RecordWriter(Protocol):
    """Takes the records of one stream."""

    @property
    def count(self) -> int:
        """Records written."""

    def turn_page(self, served_at: datetime) -> None:
        """Begin another page: say when its rows were extracted."""

    def write(self, beginning: bytes, row: msgspec.Struct) -> None:
        """Write a record.

        Args:
            beginning: What the tap adds, as a JSON object without its closing brace; empty for nothing.
            row: The rest.
        """

    def end(self) -> None:
        """Write what is held back: nothing more comes."""


class LineWriter:
    """Writes RECORD lines straight into the output's buffer.

    Args:
        output: Where lines go.
        stream: The stream's name.
        version: The version of a stream that is read whole, if it has one.
    """

    def __init__(self, output: MessageWriter, stream: str, *, version: int | None = None) -> None:
        self.count = 0
        self._output = output
        self._head = b'{"type":"RECORD","stream":%s,"record":' % _ENCODER.encode(stream)
        self._version = b"" if version is None else b',"version":%d' % version
        self._tail = b""

    def turn_page(self, served_at: datetime) -> None:
        """Begin another page: say when its rows were extracted."""
        self._tail = b'%s,"time_extracted":%s}\n' % (self._version, _ENCODER.encode(served_at.isoformat()))

    def write(self, beginning: bytes, row: msgspec.Struct) -> None:
        """Write a record."""
        buffer = self._output.buffer
        buffer += self._head
        append_object(buffer, beginning, row)
        buffer += self._tail
        self.count += 1
        if len(buffer) >= BUFFER_BYTES:
            self._output.flush()

    def end(self) -> None:
        """The output writes its buffer itself."""


def append_object(buffer: bytearray, beginning: bytes, row: msgspec.Struct) -> None:
    """Append one JSON object: `beginning`, which is one without its closing brace, or nothing, and then a row."""
    buffer += beginning
    position = len(buffer)
    _ENCODER.encode_into(row, buffer, position)
    if beginning and buffer[position + 1] != _CLOSING:
        buffer[position] = _COMMA  # in place of the row's own opening brace
    elif beginning:
        del buffer[position]  # of a row that holds nothing only its closing brace is wanted


class MappedWriter:
    """Hands each record to the SDK, which maps, flattens and writes it.

    Args:
        write_record: The SDK's way to write one.
    """

    def __init__(self, write_record: Callable[[dict[str, Any]], None]) -> None:
        self.count = 0
        self._write_record = write_record

    def turn_page(self, served_at: datetime) -> None:
        """The SDK takes its own time."""

    def write(self, beginning: bytes, row: msgspec.Struct) -> None:
        """Write a record."""
        self._write_record(to_record(beginning, row))
        self.count += 1

    def end(self) -> None:
        """Nothing is held back."""


class BatchWriter:
    """Collects records and hands them to the SDK's batchers.

    Args:
        write_batch: The SDK's way to write a batch.
        size: Records of a batch.
    """

    def __init__(self, write_batch: Callable[[list[dict[str, Any]]], None], size: int) -> None:
        self.count = 0
        self._write_batch = write_batch
        self._size = size
        self._records: list[dict[str, Any]] = []

    def turn_page(self, served_at: datetime) -> None:
        """Batches have no time."""

    def write(self, beginning: bytes, row: msgspec.Struct) -> None:
        """Collect a record."""
        self._records.append(to_record(beginning, row))
        self.count += 1
        if len(self._records) >= self._size:
            self.end()

    def end(self) -> None:
        """Write what was collected as one batch."""
        records, self._records = self._records, []
        self._write_batch(records)


class CollectingWriter:
    """Keeps records as dictionaries for whoever takes them."""

    def __init__(self) -> None:
        self._records: list[dict[str, Any]] = []
        self.count = 0

    def turn_page(self, served_at: datetime) -> None:
        """Nobody asks."""

    def write(self, beginning: bytes, row: msgspec.Struct) -> None:
        """Keep a record."""
        self._records.append(to_record(beginning, row))
        self.count += 1

    def take(self) -> list[dict[str, Any]]:
        """The records since the last time."""
        records, self._records = self._records, []
        return records

    def end(self) -> None:
        """Nothing is held back."""


class LimitedWriter:
    """Lets only the first records of a stream through: for a test of the connection.

    Args:
        writer: Where they go.
        room: How many more the stream may write; shared by all reads of the stream.
    """

    def __init__(self, writer: RecordWriter, room: Room) -> None:
        self._writer = writer
        self._room = room

    @property
    def count(self) -> int:
        """Records written."""
        return self._writer.count

    def turn_page(self, served_at: datetime) -> None:
        """Begin another page: say when its rows were extracted."""
        self._writer.turn_page(served_at)

    def write(self, beginning: bytes, row: msgspec.Struct) -> None:
        """Write a record, if there is room."""
        if self._room.left > 0:
            self._room.left -= 1
            self._writer.write(beginning, row)

    def end(self) -> None:
        """Write what is held back."""
        self._writer.end()


class Room:
    """How many records a stream may still write."""

    def __init__(self, left: int) -> None:
        self.left = left


def to_record(beginning: bytes, row: msgspec.Struct) -> dict[str, Any]:
    """A record as a dictionary, decimals exact."""
    buffer = bytearray()
    append_object(buffer, beginning, row)
    return _DECODER.decode(buffer)
