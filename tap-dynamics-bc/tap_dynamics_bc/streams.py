"""How do sources and the streams they feed fit into the SDK?

The SDK drives sources: entity sets that are listed. A stream that is fed by sources is attached to each of them as a
child, so that a source is read as soon as one of them is selected, and has nothing to do of its own. Catalog,
selection, stream maps and test suites are the SDK's; queries, records and bookmarks are ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import Stream
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE

from tap_dynamics_bc.plans import Selection
from tap_dynamics_bc.schemas import record_schema
from tap_dynamics_bc.writers import LimitedWriter, Room, record_writer

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from singer_sdk.helpers import types
    from singer_sdk.helpers._batch import BatchConfig

    from tap_dynamics_bc.discovery import StreamDescription
    from tap_dynamics_bc.encoding import RecordWriter, Shape
    from tap_dynamics_bc.tap import TapDynamicsBC


class DynamicsStream(Stream):
    """A stream of Business Central's records.

    Args:
        tap: The tap.
        description: What it is and where it is read from.
    """

    _tap: TapDynamicsBC

    def __init__(self, tap: TapDynamicsBC, description: StreamDescription) -> None:
        self.description = description
        self.selected_by_default = description.row.selected
        self._announced = False
        self._room: Room | None = None
        schema = record_schema(description.added, description.properties.values(), description.keys, description.nested)
        super().__init__(tap, schema=schema, name=description.name)
        self.primary_keys = description.keys
        self.replication_key = description.replication_key

    def selection(self) -> Selection | None:
        """What of the stream is wanted, by the catalog; None when it is not selected."""
        if not self.selected:
            return None
        described = self.description
        fixed = {*described.keys, described.stamp, described.replication_key}
        offered = self.effective_schema["properties"]

        def wanted(name: str) -> bool:
            return name in fixed or (name in offered and self.mask["properties", name])

        return Selection(
            added=tuple(name for name in described.added if wanted(name)),
            properties=tuple(name for name in described.properties if wanted(name)),
            replication_key=None if self.replication_method == REPLICATION_FULL_TABLE else described.replication_key,
            nested=tuple(each.navigation for each in described.nested if wanted(each.navigation)),
        )

    def announce(self) -> None:
        """Write the SCHEMA message, once."""
        if not self._announced:
            self._announced = True
            self._write_schema_message()

    def writer(self) -> RecordWriter:
        """Where the stream's records go."""
        writer = record_writer(self, self._tap.message_writer)
        if self.ABORT_AT_RECORD_COUNT is None:
            return writer
        if self._room is None:
            self._room = Room(self.ABORT_AT_RECORD_COUNT)
        return LimitedWriter(writer, self._room)

    def get_records(self, context: types.Context | None) -> Iterable[dict[str, Any]]:
        """The stream's records as dictionaries, without writing anything.

        A sync does not come here: it writes records as they arrive, see `SourceStream`.

        Args:
            context: `{"company_id": ...}` for one company, None for all.
        """
        return self._tap.run.records(self._tap.trees_of(self), dict(context or {}).get("company_id"))

    def get_replication_key_signpost(self, context: types.Context | None = None) -> None:
        """Bookmarks are capped by the service's clock, see `bookmarks`; the SDK's own cap by ours is not wanted."""

    def finalize_state_progress_markers(self, state: dict[str, Any] | None = None) -> None:
        """There are no markers: a bookmark is written when its partition is."""


class SourceStream(DynamicsStream):
    """An entity set that is listed, and feeds itself and the streams attached to it."""

    def _sync_records(
        self,
        context: types.Context | None = None,  # noqa: ARG002 - the SDK's signature
        *,
        write_messages: bool = True,  # noqa: ARG002 - the SDK's signature
    ) -> Generator[dict[str, Any], Any, Any]:
        """Write the records of this stream and of those it feeds, a page at a time.

        Yields:
            Nothing: the records are written already.
        """
        self._write_all()
        yield from ()

    def _sync_batches(self, batch_config: BatchConfig, context: types.Context | None = None) -> None:  # noqa: ARG002 - the SDK's signature
        """Write the batches of this stream and of those it feeds."""
        self._write_all()

    def _write_all(self) -> None:
        fed = [child for child in self.child_streams if isinstance(child, DynamicsStream) and child.selected]
        for stream in fed:
            stream.announce()
        streams = {stream.name: stream for stream in (self, *fed) if stream.selected}
        counters = {name: stream.get_record_counter() for name, stream in streams.items()}

        def writer_of(shape: Shape) -> RecordWriter:
            return streams[shape.node.stream.name].writer()

        with self.get_sync_timer():
            for emitter in self._tap.planned_run().write_source(self.name, writer_of):
                for each in emitter.walk():
                    if each.writer is not None:
                        counters[each.shape.node.stream.name].increment(each.writer.count)
        for counter in counters.values():
            counter.exit()


class FedStream(DynamicsStream):
    """A stream whose rows arrive with their parents', see `SourceStream`."""

    def __init__(self, tap: TapDynamicsBC, description: StreamDescription) -> None:
        super().__init__(tap, description)
        # Of the instance, not the class: the SDK leaves it to the parents to sync it, and we say which those are.
        self.parent_stream_type = SourceStream
