"""How do a tap, its sources and the streams they feed fit into the SDK?

Whatever name of the SDK is private stands in this file and in no other.

The SDK drives sources: entity sets that are listed. A stream that is fed by sources is attached to each of them as a
child, so that a source is read as soon as one of them is selected, and has nothing to do of its own. Catalog,
selection, stream maps and test suites are the SDK's; queries, records and bookmarks are ours.
"""

from __future__ import annotations

import ast
import contextlib
import signal
import threading
from abc import abstractmethod
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, cast

from singer_sdk import Stream as SingerStream
from singer_sdk import Tap
from singer_sdk.batch import Batcher
from singer_sdk.exceptions import MapExpressionError, MappingError
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.mapper import CustomStreamMap, RemoveRecordTransform, SameRecordTransform, StreamMap
from singer_sdk.singerlib import Catalog, RecordMessage
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.store_folder import for_owner_alone
from dynamics_bc_plugin.ending import INTERRUPTED, TERMINATED, Terminated, is_full
from dynamics_bc_plugin.singer_command import config_of_variables
from dynamics_bc_plugin.stuck_output import end_when_stuck
from tap_dynamics_bc.reads.places import Selection
from tap_dynamics_bc.records.writers import BatchWriter, LimitedWriter, LineWriter, MappedWriter, Room
from tap_dynamics_bc.streams.columns import DELETED_AT
from tap_dynamics_bc.streams.replication import WHOLE
from tap_dynamics_bc.streams.schemas import record_schema

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping
    from types import FrameType

    from singer_sdk.helpers import types
    from singer_sdk.helpers._batch import BatchConfig

    from tap_dynamics_bc.reads.places import Place
    from tap_dynamics_bc.records.output import MessageWriter
    from tap_dynamics_bc.records.writers import RecordWriter
    from tap_dynamics_bc.run import Run
    from tap_dynamics_bc.streams.description import Stream


class RunningTap(Tap):
    """A tap as its streams know it, and as it comes to its config, its catalog and its end."""

    message_writer: MessageWriter

    @property
    @abstractmethod
    def run(self) -> Run:
        """This run; its first use asks the service for the companies."""

    @abstractmethod
    def planned_run(self) -> Run:
        """This run with its plan made: everything that is selected."""

    @abstractmethod
    def sources_of(self, stream: DynamicsStream) -> list[Place]:
        """The places of the sources of one stream, for it alone."""

    @abstractmethod
    def read_config(self) -> None:
        """Read all of the config.

        Raises:
            ConfigurationError: With one sentence for each fault.
        """

    @abstractmethod
    def respelled_catalog(self) -> dict[str, Any] | None:
        """The catalog that was given, its names spelled as the service spells them; None without one."""

    @property
    def given_config(self) -> Mapping[str, Any]:
        """The config as it came, before it is checked."""
        return self._config

    @property
    def input_catalog(self) -> Catalog | None:
        """The catalog that was given, its names spelled as the service spells them."""
        if self._input_catalog is None and (catalog := self.respelled_catalog()) is not None:
            self._input_catalog = Catalog.from_dict(catalog)
        return self._input_catalog

    def make_stream_maps(self) -> None:
        """Make the stream maps: of streams that are selected with what is selected of them, of all others whole.

        Raises:
            MappingError: A map makes no sense.
        """
        if self.config.get("stream_maps") is None:
            self._config.pop("stream_maps", None)  # the SDK takes none for an object
        super(Tap, self).setup_mapper()
        selected = {name for name, stream in self.streams.items() if stream.selected}
        entries = [(each.tap_stream_id, each) for each in self.catalog.streams if each.tap_stream_id in selected]
        self.mapper.register_raw_streams_from_catalog(Catalog(entries))
        for stream in self.streams.values():
            if not stream.selected:
                self.mapper.register_raw_stream_schema(stream.name, stream.schema, stream.primary_keys)

    @classproperty
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805
        """What environment variables hold, read as a file is."""
        cls.append_builtin_config(cls.config_jsonschema)
        return config_of_variables(cls.config_jsonschema, cls._env_var_prefix)

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check the config, in our words: the SDK's messages quote secrets, and take no choice in another case.

        The SDK's own check is made all the same, because it fills in defaults.
        """
        problems: list[str] = []
        try:
            self.read_config()
        except ConfigurationError as error:
            problems = list(error.problems)
        if not problems:
            super()._validate_config(raise_errors=False)
        if problems and raise_errors:
            raise ConfigurationError(" ".join(problems), problems=tuple(problems))
        return problems

    def _setup_signal_handlers(self) -> None:
        """Leave them: the SDK asks for its own before there is anything that a signal could end in order."""

    def hear_signals(self) -> None:
        """Let signals end the run from here on; whoever is not in the main thread hears none."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._handle_termination)
            signal.signal(signal.SIGTERM, self._handle_termination)

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the signature of a handler
        """Leave the run as soon as no line would be cut; whoever called it writes the state."""
        # A second signal, which often follows at once, must not break that off.
        signal.signal(signum, signal.SIG_IGN)
        code = INTERRUPTED if signum == signal.SIGINT else TERMINATED
        end_when_stuck(code, lambda: self.message_writer.written_bytes)

        def leave() -> NoReturn:
            raise KeyboardInterrupt if signum == signal.SIGINT else Terminated

        self.message_writer.end_when_possible(leave)


class DynamicsStream(SingerStream):
    """A stream of Business Central's records.

    Args:
        tap: The tap.
        description: What it is and where it is read from.
    """

    _tap: RunningTap

    def __init__(self, tap: RunningTap, description: Stream) -> None:
        self.description = description
        self.selected_by_default = description.selected
        self._announced = False
        self._room: Room | None = None
        super().__init__(tap, schema=record_schema(description), name=description.name)
        self.primary_keys = description.keys
        self.replication_key = description.replication.key

    def selection(self) -> Selection | None:
        """What of the stream is wanted, by the catalog; None when it is not selected."""
        if not self.selected:
            return None
        described = self.description
        self._check_maps()
        fixed = described.carried
        offered = self.effective_schema["properties"]

        def wanted(name: str) -> bool:
            return name in fixed or (name in offered and self.mask["properties", name])

        return Selection(
            columns=tuple(column for column in described.columns if wanted(column.name)),
            properties=tuple(name for name in described.properties if wanted(name)),
            replication=WHOLE if self.replication_method == REPLICATION_FULL_TABLE else described.replication,
            nested=tuple(each.navigation for each in described.nested if wanted(each.navigation)),
        )

    def _check_maps(self) -> None:
        """Refuse maps that would let a deletion look like a row.

        Raises:
            ConfigurationError: One leaves out when a row was deleted.
        """
        if DELETED_AT not in self.description.columns:
            return
        for stream_map in self.stream_maps:
            dropped = DELETED_AT.name not in stream_map.transformed_schema["properties"]
            if dropped and not isinstance(stream_map, RemoveRecordTransform):
                raise ConfigurationError(
                    f'The setting stream_maps of "{stream_map.stream_alias}" leaves out {DELETED_AT.name}, without '
                    f'which a deletion would look like a row: add "{DELETED_AT.name}": "{DELETED_AT.name}" to it.'
                )

    def announce(self) -> None:
        """Write the SCHEMA message, once."""
        if not self._announced:
            self._announced = True
            self._write_schema_message()

    def activate(self, version: int) -> None:
        """Have the destination forget all rows of the stream that carry another version."""
        if not self.get_batch_config(self.config):  # files of a batch carry none
            self._write_activate_version_message(version)

    def writer(self) -> RecordWriter:
        """Where the stream's records go, by its maps and configuration."""
        self._stream_version = self._tap.run.version_of(self.name) or self._stream_version
        writer = self._unlimited_writer()
        if self.ABORT_AT_RECORD_COUNT is None:
            return writer
        if self._room is None:
            self._room = Room(self.ABORT_AT_RECORD_COUNT)
        return LimitedWriter(writer, self._room)

    def _unlimited_writer(self) -> RecordWriter:
        if batch_config := self.get_batch_config(self.config):
            return BatchWriter(partial(self._write_batch, batch_config), batch_config.batch_size)
        maps = self.stream_maps
        if len(maps) == 1 and type(maps[0]) is SameRecordTransform and not maps[0].flattening_enabled:
            return LineWriter(self._tap.message_writer, self.name, version=self._stream_version)
        return MappedWriter(self._write_mapped)

    def _write_mapped(self, record: dict[str, Any]) -> None:
        """Map a record and write it.

        Raises:
            ConfigurationError: An expression of the stream's map cannot be worked out for it.
        """
        write = self._write_deletion if record.get(DELETED_AT.name) is not None else self._write_record_message
        try:
            write(record)
        except _IN_EXPRESSIONS as error:
            raise bad_stream_map(error, self.name) from error

    def _write_deletion(self, record: dict[str, Any]) -> None:
        """Write a deletion, which has a key and nothing else for the stream's maps to go by."""
        for stream_map in self.stream_maps:
            mapped = deletion_mapped(stream_map, record, self._map_of(stream_map))
            if mapped is not None:
                self._tap.write_message(
                    RecordMessage(
                        stream_map.stream_alias,
                        mapped,
                        version=self._stream_version,
                        time_extracted=datetime.now(timezone.utc),
                    )
                )

    def _map_of(self, stream_map: StreamMap) -> Mapping[str, Any]:
        """What the setting `stream_maps` says about a map: one of the stream, or a copy of it under another name."""
        maps: Mapping[str, Any] = self.config.get("stream_maps") or {}
        for name in (stream_map.stream_alias, self.name):
            if isinstance(maps.get(name), dict):
                return cast("Mapping[str, Any]", maps[name])
        return {}

    def _write_batch(self, batch_config: BatchConfig, records: list[dict[str, Any]]) -> None:
        batcher = Batcher(self.tap_name, self.name, batch_config)
        try:
            with for_owner_alone():
                manifests = list(batcher.get_batches(iter(records)))
        except OSError as error:
            if is_full(error):
                raise
            raise ConfigurationError(
                f"Batches of {self.name} could not be written below {batch_config.storage.root} "
                f"({error.strerror or error}). Check the setting batch_config."
            ) from error
        for manifest in manifests:
            self._write_batch_message(batch_config.encoding, manifest)

    def get_records(self, context: types.Context | None) -> Iterable[dict[str, Any]]:
        """The stream's records as dictionaries, without writing anything.

        A sync does not come here: it writes records as they arrive, see `SourceStream`.

        Args:
            context: `{"company_id": ...}` for one company, None for all.
        """
        return self._tap.run.records(self._tap.sources_of(self), dict(context or {}).get("company_id"))

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

        with self.get_sync_timer():
            for written in self._tap.planned_run().write_source(self.name, lambda name: streams[name].writer()):
                for name, count in written.items():
                    counters[name].increment(count)
        for counter in counters.values():
            counter.exit()


class FedStream(DynamicsStream):
    """A stream whose rows arrive with their parents', see `SourceStream`."""

    def __init__(self, tap: RunningTap, description: Stream) -> None:
        super().__init__(tap, description)
        # Of the instance, not the class: the SDK leaves it to the parents to sync it, and we say which those are.
        self.parent_stream_type = SourceStream


_IN_EXPRESSIONS = (MappingError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What the expressions of stream maps may end in: the SDK passes Python's own errors through."""


def deletion_mapped(
    stream_map: StreamMap, record: dict[str, Any], definition: Mapping[str, Any]
) -> dict[str, Any] | None:
    """A deletion as a map of its stream makes it: the key, and when it was deleted; None where it is not written.

    What is made of other properties cannot be worked out and is not needed; nor is a filter over them obeyed, since a
    deletion of what is not there does no harm.

    Args:
        stream_map: The map.
        record: The deletion.
        definition: What the setting says about the map.

    Raises:
        MappingError: A part of the key is made of what a deletion does not have.
    """
    if not isinstance(stream_map, CustomStreamMap):
        return cast("dict[str, Any] | None", stream_map.transform(record))
    with contextlib.suppress(*_IN_EXPRESSIONS):
        if not stream_map.get_filter_result(record):
            return None
    mapped: dict[str, Any] = {}
    for name in (*(stream_map.transformed_key_properties or ()), DELETED_AT.name):
        expression = definition.get(name)
        if isinstance(expression, str):
            parsed = cast("ast.Expr", ast.parse(expression).body[0])
            mapped[name] = stream_map._eval(expression, parsed, record, name)  # noqa: SLF001 - see above
        else:
            mapped[name] = record[name]
    return cast("dict[str, Any] | None", StreamMap.transform(stream_map, mapped))


def bad_stream_map(error: Exception, stream: str | None = None) -> ConfigurationError:
    """What is wrong with the setting `stream_maps`.

    Args:
        error: As the SDK raised it.
        stream: The stream whose record was mapped; None when the maps were made.
    """
    cause = error.__cause__ if isinstance(error, MapExpressionError) else None
    said = f"{str(error).rstrip('.')} ({cause})" if cause else str(error).rstrip(".")
    place = f' of "{stream}"' if stream else ""
    return ConfigurationError(f"The setting stream_maps{place} cannot be applied: {said}.")
