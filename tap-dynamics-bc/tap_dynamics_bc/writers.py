"""Which way do a stream's records go: straight into the buffer, or through the SDK?

Stream maps, flattening and batches are the SDK's business; a stream with one of them hands it the same values as
dictionaries.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.batch import Batcher
from singer_sdk.exceptions import MapExpressionError, MappingError
from singer_sdk.mapper import SameRecordTransform

from dynamics_bc_client.errors import ConfigurationError
from tap_dynamics_bc.encoding import LineWriter, RecordWriter, append_object

if TYPE_CHECKING:
    from datetime import datetime

    from singer_sdk import Stream
    from singer_sdk.helpers._batch import BatchConfig

    from tap_dynamics_bc.output import MessageWriter

_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


class MappedWriter:
    """Hands each record to the SDK, which maps, flattens and writes it.

    Args:
        stream: The stream.
    """

    def __init__(self, stream: Stream) -> None:
        self.count = 0
        self._stream = stream

    def served_at(self, moment: datetime) -> None:
        """The SDK takes its own time."""

    def write(self, beginning: bytes, row: msgspec.Struct) -> None:
        """Write a record.

        Raises:
            ConfigurationError: An expression of the stream's map cannot be worked out for it.
        """
        try:
            self._stream._write_record_message(_record(beginning, row))  # noqa: SLF001 - the SDK's way to emit
        except _IN_EXPRESSIONS as error:
            raise bad_stream_map(error, self._stream.name) from error
        self.count += 1

    def end(self) -> None:
        """Nothing is held back."""


_IN_EXPRESSIONS = (MappingError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What the expressions of stream maps may end in: the SDK passes Python's own errors through."""


def bad_stream_map(error: Exception, stream: str | None = None) -> ConfigurationError:
    """What is wrong with the setting `stream_maps`.

    Args:
        error: As the SDK gives it.
        stream: The stream whose record was mapped; None when the maps were made.
    """
    cause = error.__cause__ if isinstance(error, MapExpressionError) else None
    said = f"{str(error).rstrip('.')} ({cause})" if cause else str(error).rstrip(".")
    place = f' of "{stream}"' if stream else ""
    return ConfigurationError(f"The setting stream_maps{place} cannot be applied: {said}.")


class BatchWriter:
    """Collects records and hands them to the SDK's batchers.

    Args:
        stream: The stream.
        batch_config: Its batch configuration.
    """

    def __init__(self, stream: Stream, batch_config: BatchConfig) -> None:
        self.count = 0
        self._stream = stream
        self._batch_config = batch_config
        self._records: list[dict[str, Any]] = []

    def served_at(self, moment: datetime) -> None:
        """Batches have no time."""

    def write(self, beginning: bytes, row: msgspec.Struct) -> None:
        """Collect a record."""
        self._records.append(_record(beginning, row))
        self.count += 1
        if len(self._records) >= self._batch_config.batch_size:
            self.end()

    def end(self) -> None:
        """Write what was collected as one batch."""
        records, self._records = self._records, []
        batcher = Batcher(self._stream.tap_name, self._stream.name, self._batch_config)
        for manifest in batcher.get_batches(iter(records)):
            self._stream._write_batch_message(self._batch_config.encoding, manifest)  # noqa: SLF001 - the SDK's way to emit


class CollectingWriter:
    """Keeps records as dictionaries for whoever takes them."""

    def __init__(self) -> None:
        self._records: list[dict[str, Any]] = []
        self.count = 0

    def served_at(self, moment: datetime) -> None:
        """Nobody asks."""

    def write(self, beginning: bytes, row: msgspec.Struct) -> None:
        """Keep a record."""
        self._records.append(_record(beginning, row))
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

    def served_at(self, moment: datetime) -> None:
        """Say when the rows that follow were extracted."""
        self._writer.served_at(moment)

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


def record_writer(stream: Stream, output: MessageWriter) -> RecordWriter:
    """Where the records of a stream go, by its maps and configuration."""
    if batch_config := stream.get_batch_config(stream.config):
        return BatchWriter(stream, batch_config)
    maps = stream.stream_maps
    if len(maps) == 1 and type(maps[0]) is SameRecordTransform and not maps[0].flattening_enabled:
        return LineWriter(output, stream.name, version=stream._stream_version)  # noqa: SLF001 - no public name
    return MappedWriter(stream)


def _record(beginning: bytes, row: msgspec.Struct) -> dict[str, Any]:
    """A record as a dictionary, decimals exact."""
    buffer = bytearray()
    append_object(buffer, beginning, row)
    return _DECODER.decode(buffer)
