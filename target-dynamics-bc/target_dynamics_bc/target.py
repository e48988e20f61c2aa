"""What does the target do with each Singer message?

It is the SDK's face: the SDK reads the command line, the settings and stream maps, and hands over message by message.
The order of records (`order`) and the moment of STATE (`settling`) are ours.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
from typing import IO, TYPE_CHECKING, Any, ClassVar, NoReturn

from singer_sdk.exceptions import RecordsWithoutSchemaException
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities
from singer_sdk.mapper import SameRecordTransform

from dynamics_bc_client.client import Client
from dynamics_bc_plugin.command import end_with
from dynamics_bc_plugin.connection import read_connection
from dynamics_bc_plugin.ending import INTERRUPTED, TERMINATED
from dynamics_bc_plugin.progress import Account
from dynamics_bc_plugin.run_lines import ending_told, new_run_id
from dynamics_bc_plugin.sdk_settings import sdk_problems
from dynamics_bc_plugin.settings import read_together, refuse
from dynamics_bc_plugin.singer_command import renew_access_token
from dynamics_bc_plugin.spelling import check_spelling, check_variables, from_variables
from dynamics_bc_plugin.stuck_output import end_when_stuck
from target_dynamics_bc.command import StreamMapError, TargetCommand
from target_dynamics_bc.first_and_last_line import ended, result
from target_dynamics_bc.interrupting import Interruption
from target_dynamics_bc.job import Job
from target_dynamics_bc.kept.dead_letters import has_letters, is_input
from target_dynamics_bc.kept.outcomes import Tally
from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.messages import InputError, MessageReader, required
from target_dynamics_bc.opening import Around, OpenRun
from target_dynamics_bc.settings import SETTINGS, TargetSettings, target_settings_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path, PurePath
    from types import FrameType

    from dynamics_bc_client.transport import Transport
    from target_dynamics_bc.kept.outcomes import Outcome
    from target_dynamics_bc.kinds.table import Kinds
    from target_dynamics_bc.order import Order

log = logging.getLogger(__name__)

NAME = "target-dynamics-bc"
MOST_STREAMS = 10_000
"""Streams of one input: something is remembered of each until the end."""


class TargetDynamicsBC(TargetCommand):
    """Writes master data, documents, payments and journal entries to Microsoft Dynamics 365 Business Central."""

    name = NAME
    package_name = "dynamics-bc-singer"
    message_reader_class = MessageReader
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]
    config_jsonschema: ClassVar[dict[str, Any]] = target_settings_schema()

    def __init__(
        self,
        *,
        config: dict[str, Any] | PurePath | str | list[PurePath | str] | None = None,
        parse_env_config: bool = False,
        validate_config: bool = False,  # noqa: ARG002 - the SDK's signature
        setup_mapper: bool = True,
        message_reader: MessageReader | None = None,
        config_path: Path | None = None,
        state_path: Path | None = None,
        transport: Transport | None = None,
        output: IO[str] | None = None,
        sleep: Callable[[float], None] | None = None,
        kinds: Kinds | None = None,
    ) -> None:
        """Initialize the target; nothing is asked before the first stream is announced.

        Args:
            config: The settings.
            parse_env_config: Whether environment variables hold settings too.
            validate_config: Ignored: the settings check themselves, and name all faults at once.
            setup_mapper: Whether to set up stream maps.
            message_reader: Reads messages.
            config_path: The file that rotated tokens are written back to.
            state_path: A HotGlue job's state, whose successes are not written again.
            transport: Sends requests; the network when None.
            output: Where states go; standard output when None.
            sleep: Waits for seconds; None to wait no longer than until a signal comes.
            kinds: What can be written; the table of this package when None.
        """
        self._interruption = Interruption()  # the SDK hands signals over from here on
        super().__init__(
            config=config,
            parse_env_config=parse_env_config,
            validate_config=False,
            setup_mapper=False,
            message_reader=message_reader,
            config_path=config_path,
            state_path=state_path,
        )
        environ = tuple(os.environ) if parse_env_config else ()
        self.kinds = kinds or standard_kinds()
        self.connection, self.settings = read_together(
            lambda: read_connection(self.config, config_path=config_path, kind="target"),
            lambda: TargetSettings.from_config(self.config, self.kinds),
            lambda: check_spelling([*self.config, *from_variables(environ, NAME)], SETTINGS),
            lambda: check_variables(environ, NAME, SETTINGS),
            lambda: refuse(sdk_problems(self.config, self._schema_of_all(), {each.name for each in SETTINGS})),
        )
        if setup_mapper:
            self.setup_mapper()
        self.account = Account()
        self.run_id = new_run_id()
        self.outcomes: list[Outcome] = []
        self.tally = Tally()
        self._sleep = sleep or self._interruption.sleep
        self._transport = transport
        self._keeps_outcomes = output is not None
        self._job = Job(self.settings, variables=os.environ, output=lambda: output or sys.stdout, state_path=state_path)
        self._replays = False
        self._run: OpenRun | None = None
        self._unmapped: dict[str, Order] = {}

    @classmethod
    def _schema_of_all(cls) -> dict[str, Any]:
        cls.append_builtin_config(cls.config_jsonschema)
        return cls.config_jsonschema

    # --- what the SDK calls ----------------------------------------------------------------------------------

    def setup_mapper(self) -> None:
        """Read the stream maps.

        Raises:
            ConfigurationError: They are wrong.
        """
        with _stream_maps_explained():
            super().setup_mapper()

    def process_endofpipe(self) -> None:
        """Carry everything through and say what became of it."""
        try:
            if self._run is None and self._has_letters():
                self._started()
            if self._run is not None:
                with self._interruption:
                    self._run.finish()
        finally:
            self.close()

    def read_from(self, source: IO[str]) -> None:
        """Know what the input is: if it is the dead letter file, its letters are tried as those of any run are."""
        self._replays = is_input(self.settings.dead_letter_path, source)
        if isinstance(self.message_reader, MessageReader):
            self.message_reader.leaves_out_what_is_broken = self._replays

    def begin(self) -> None:
        """Begin a run that has no input: it carries through what earlier runs could not decide."""
        if not self._started().records.has_uncertain:
            log.info("No record of an earlier run is uncertain, so there is nothing to look for.")

    def carry_what_came(self) -> None:
        """Carry through what came before the input broke. What waits for more has no outcome, and holds its STATE."""
        if self._run is not None:
            with self._interruption:
                self._run.records.flush()

    @property
    def exit_code(self) -> int:
        """0, or 1 when records were rejected whose rejection is to be noticed."""
        return ended(self.tally, self.settings, replays=self._replays)[0]

    def end_told(self) -> AbstractContextManager[None]:
        """Log how the block ended, and what became of the records."""
        return ending_told(
            self.run_id,
            lambda: result(self.tally, self.settings),
            ended=lambda: ended(self.tally, self.settings, replays=self._replays),
        )

    def close(self) -> None:
        """Write what STATE may be written, say what is left to be posted, and let go of files and connections.

        Does nothing the second time. A signal does not break it off.
        """
        run, self._run = self._run, None
        self._unmapped.clear()
        if run is None:
            return
        with self._interruption:
            try:
                run.records.release()
                self._job.close()
                if drafts_left := self.tally.drafts_left():
                    log.info("%s", drafts_left)
            finally:
                run.close()

    def renew_access_token(self) -> None:
        """Get a new access token and write it into the config file, and into the store if there is one.

        Raises:
            ConfigurationError: There is neither.
            DynamicsError: There is no way to get one.
        """
        with contextlib.closing(Client(self.connection, transport=self._transport)) as client:
            renew_access_token(client, self.config_path)

    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        stream = required(message_dict, "stream", str, "text")
        schema = required(message_dict, "schema", dict, "an object")
        # A schema that says nothing is one, too; stream maps look for the properties.
        schema = schema if isinstance(schema.get("properties"), dict) else {**schema, "properties": {}}
        keys = required(message_dict, "key_properties", list, "a list") if message_dict.get("key_properties") else []
        run = self._started()
        if len(self.mapper.stream_maps) >= MOST_STREAMS and stream not in self.mapper.stream_maps:
            raise InputError(
                f"The input announces more than {MOST_STREAMS:,} streams; no source has so many. "
                "Send records of one kind as one stream."
            )
        with _stream_maps_explained(stream):
            self.mapper.register_raw_stream_schema(stream, schema, keys)
        maps = self.mapper.stream_maps[stream]
        self._unmapped.pop(stream, None)
        if len(maps) == 1 and type(maps[0]) is SameRecordTransform and not maps[0].flattening_enabled:
            self._unmapped[stream] = run.records
        for stream_map in maps:
            run.records.announce(stream_map.stream_alias, stream_map.transformed_schema.get("properties") or ())
            run.recorder.describe(
                stream_map.stream_alias,
                {
                    "type": "SCHEMA",
                    "stream": stream_map.stream_alias,
                    "schema": stream_map.transformed_schema,
                    "key_properties": list(stream_map.transformed_key_properties or ()),
                },
            )

    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        if self._replays:
            return
        stream: str = required(message_dict, "stream", str, "text")
        records, given = self._unmapped.get(stream), message_dict.get("record")
        if records is not None and type(given) is dict:
            with self._interruption:
                records.add_record(stream, given)
        else:
            self._map_record(stream, given)

    def _map_record(self, stream: str, given: Any) -> None:
        """Take a record through the stream maps, or refuse it."""
        if self._run is None or stream not in self.mapper.stream_maps:
            raise RecordBeforeSchemaError(f'A record of the stream "{stream}" came before its SCHEMA message.')
        if not isinstance(given, dict):
            with self._interruption:
                self._run.records.reject_shapeless(stream, given)
            return
        for stream_map in self.mapper.stream_maps[stream]:
            try:
                record = stream_map.transform(dict(given))
                # An empty record is none to the SDK, as one that is filtered out is.
                if record is None and stream_map.get_filter_result(dict(given)):
                    record = {}
            except Exception as error:
                raise _stream_map_error(error, stream) from error
            if record is not None:
                with self._interruption:
                    self._run.records.add_record(stream_map.stream_alias, record)

    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        if "value" not in message_dict:
            raise InputError('A STATE message needs its "value".')
        run = self._started()
        with self._interruption:
            run.records.add_state(message_dict["value"])

    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        """A version of a stream says which rows of a table are old; what is in Business Central is nobody's table."""
        log.debug("ACTIVATE_VERSION of %s is ignored.", message_dict.get("stream"))

    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:
        raise InputError(
            f"The stream {message_dict.get('stream')} comes as BATCH files, which this target does not read; "
            "turn batch messages off in the tap."
        )

    # --- start and stop --------------------------------------------------------------------------------------

    def _started(self) -> OpenRun:
        """The run, begun when the first stream is announced."""
        if self._run is None:
            around = Around(
                account=self.account,
                job=self._job,
                hear=self._hear,
                sleep=self._sleep,
                checkpoint=self._interruption.checkpoint,
                transport=self._transport,
                replays=self._replays,
            )
            with self._interruption:
                self._run = OpenRun(self.run_id, self.connection, self.settings, self.kinds, around)
            self.tally = self._run.recorder.tally
        return self._run

    def _has_letters(self) -> bool:
        """Whether there are dead letters to be tried although no stream was announced."""
        path = self.settings.dead_letter_path
        return (self._replays or self.settings.retry_dead_letters) and path is not None and has_letters(path)

    def _hear(self, outcome: Outcome) -> None:
        self._job.hear(outcome)
        if self._keeps_outcomes:
            self.outcomes.append(outcome)

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the SDK's signature
        if not self._interruption.came:
            end_when_stuck(INTERRUPTED if signum == signal.SIGINT else TERMINATED)
        self._interruption.take(signum)


class RecordBeforeSchemaError(InputError, RecordsWithoutSchemaException):
    """A record came before the SCHEMA message of its stream; the SDK knows it by its own name."""


@contextlib.contextmanager
def _stream_maps_explained(stream: str = "") -> Iterator[None]:
    """Say that the stream maps are wrong: their expressions are the user's own, and may fail with anything."""
    try:
        yield
    except Exception as error:
        raise _stream_map_error(error, stream) from error


def _stream_map_error(error: Exception, stream: str) -> StreamMapError:
    of = f" of the stream {stream}" if stream else ""
    cause = f" ({error.__cause__})" if error.__cause__ is not None else ""
    text = f"{error}{cause}".rstrip(".") or type(error).__name__
    return StreamMapError(f"The setting stream_maps{of} cannot be followed: {text}.")


def main() -> NoReturn:
    """The command `target-dynamics-bc`; exits with a code of `ending.run`."""
    end_with(TargetDynamicsBC.cli, NAME)


if __name__ == "__main__":
    main()
