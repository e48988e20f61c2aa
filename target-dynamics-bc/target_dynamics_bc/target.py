"""What does the command `target-dynamics-bc` do?

It reads Singer messages, writes their records to Business Central, and passes STATE on when the records before it are
safe. The SDK gives the command line, the settings and stream maps; the order of records and the moment of STATE are
ours.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import time
import uuid
from pathlib import Path, PurePath
from typing import IO, TYPE_CHECKING, Any, ClassVar, NoReturn

import click
from singer_sdk.exceptions import RecordsWithoutSchemaException
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities
from singer_sdk.plugin_base import _ConfigInput
from singer_sdk.target_base import Target

from dynamics_bc_client.client import Client
from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.store_folder import StoreFolder
from dynamics_bc_plugin import config_file, ending
from dynamics_bc_plugin.command import end_with
from dynamics_bc_plugin.connection import read_connection
from dynamics_bc_plugin.progress import Account, progress
from dynamics_bc_plugin.settings import read_together
from dynamics_bc_plugin.spelling import check_spelling, from_variables
from target_dynamics_bc.company import Companies
from target_dynamics_bc.kept.dead_letters import is_input, mend
from target_dynamics_bc.kept.environment import RememberedEnvironment, names_of
from target_dynamics_bc.kept.id_map import IdMap
from target_dynamics_bc.kept.job_state import AFTER_A_CRASH, DoneBefore, JobState, read_done
from target_dynamics_bc.kept.memory import Memory
from target_dynamics_bc.kept.outcomes import Recorder
from target_dynamics_bc.messages import InputError, MessageReader, required
from target_dynamics_bc.run import Run
from target_dynamics_bc.service import Service
from target_dynamics_bc.settings import SETTINGS, TargetSettings, target_settings_schema
from target_dynamics_bc.texts import to_json_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from dynamics_bc_client.transport import Transport
    from target_dynamics_bc.kept.outcomes import Outcome

log = logging.getLogger(__name__)

NAME = "target-dynamics-bc"
_SLICE_SECONDS = 0.2


class _ConfigFiles(_ConfigInput):
    """The config, and the one file it came from."""

    path: Path | None = None


class TargetDynamicsBC(Target):
    """Writes customers, vendors, bills, payments and journal entries to Microsoft Dynamics 365 Business Central."""

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
        """
        super().__init__(
            config=config,
            parse_env_config=parse_env_config,
            validate_config=False,
            setup_mapper=setup_mapper,
            message_reader=message_reader,
        )
        variables = from_variables(os.environ, NAME) if parse_env_config else ()
        self.connection, self.settings = read_together(
            lambda: read_connection(self.config, config_path=config_path, kind="target"),
            lambda: TargetSettings.from_config(self.config),
            lambda: check_spelling([*self.config, *variables], SETTINGS),
        )
        self.account = Account()
        self.run_id = str(uuid.uuid4())
        self._transport = transport
        self._config_path = config_path
        self._output = output
        self._id_map = self._opened_id_map()
        self.outcomes: list[Outcome] = []
        self._done_before = self._read_done(state_path)
        self.source: os.stat_result | None = None
        self._resources = contextlib.ExitStack()
        self._run: Run | None = None
        self._recorder: Recorder | None = None
        self._job_state = JobState() if self.settings.state_format == "hotglue" else None
        self._is_carried_through = False
        self._busy = False
        self._stop_signal: int | None = None

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
            if self._run is not None:
                with self._working():
                    self._run.finish()
                self._is_carried_through = True
        finally:
            self.close()

    def read_from(self, source: IO[str]) -> None:
        """Know what the input is: if it is the dead letter file, that is a replay."""
        self.source, path = _stat_of(source), self.settings.dead_letter_path
        if path is not None and is_input(path, self.source):
            with contextlib.suppress(OSError):  # whoever may only read it does so
                mend(path)

    def carry_what_came(self) -> None:
        """Carry through what came before the input broke. What waits for more has no outcome, and holds its STATE."""
        if self._run is not None:
            with self._working():
                self._run.flush()

    @property
    def exit_code(self) -> int:
        """0, or 1 when records were rejected whose rejection is to be noticed."""
        tally = self._recorder.tally if self._recorder is not None else None
        if tally is None or self.settings.fail_on == "never":
            return ending.DONE
        failures = tally.undecided if self.settings.fail_on == "undecided" else tally.rejected
        return ending.FAILED if failures else ending.DONE

    def close(self) -> None:
        """Say what is left to be posted, and let go of files and connections. Does nothing the second time."""
        if self._run is not None and self._recorder is not None:
            self._write_job_state()
            if self._id_map is not None:
                self._id_map.save()
            if drafts_left := self._recorder.tally.drafts_left():
                log.info("%s", drafts_left)
        self._run = None
        self._resources.close()

    def renew_access_token(self) -> None:
        """Get a new access token and write it into the config file, and into the store if there is one.

        Raises:
            ConfigurationError: There is neither.
            DynamicsError: There is no way to get one.
        """
        if self._config_path is None and self.connection.store_path is None:
            raise ConfigurationError(
                "There is nowhere to keep the access token: give one --config file, or set store_path."
            )
        with contextlib.closing(Client(self.connection, transport=self._transport)) as client:
            client.sign_in.renew()

    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        stream = required(message_dict, "stream", str, "text")
        schema = required(message_dict, "schema", dict, "an object")
        # A schema that says nothing is one, too; stream maps look for the properties.
        schema = schema if isinstance(schema.get("properties"), dict) else {**schema, "properties": {}}
        keys = required(message_dict, "key_properties", list, "a list") if message_dict.get("key_properties") else []
        run, recorder = self._started()
        with _stream_maps_explained(stream):
            self.mapper.register_raw_stream_schema(stream, schema, keys)
        for stream_map in self.mapper.stream_maps[stream]:
            run.announce(stream_map.stream_alias, stream_map.transformed_schema.get("properties") or ())
            recorder.describe(
                stream_map.stream_alias,
                {
                    "type": "SCHEMA",
                    "stream": stream_map.stream_alias,
                    "schema": stream_map.transformed_schema,
                    "key_properties": list(stream_map.transformed_key_properties or ()),
                },
            )

    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        stream, given = required(message_dict, "stream", str, "text"), message_dict.get("record")
        if self._run is None or stream not in self.mapper.stream_maps:
            raise RecordBeforeSchemaError(f'A record of the stream "{stream}" came before its SCHEMA message.')
        if not isinstance(given, dict):
            with self._working():
                self._run.reject_shapeless(stream, given)
            return
        for stream_map in self.mapper.stream_maps[stream]:
            with _stream_maps_explained(stream):
                record = stream_map.transform(dict(given))
            if record is not None:
                with self._working():
                    self._run.add_record(stream_map.stream_alias, record)

    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        if "value" not in message_dict:
            raise InputError('A STATE message needs its "value".')
        run, _ = self._started()
        with self._working():
            run.add_state(message_dict["value"])

    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        """A version of a stream says which rows of a table are old; what is in Business Central is nobody's table."""
        log.debug("ACTIVATE_VERSION of %s is ignored.", message_dict.get("stream"))

    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:
        raise InputError(
            f"The stream {message_dict.get('stream')} comes as BATCH files, which this target does not read; "
            "turn batch messages off in the tap."
        )

    # --- start and stop --------------------------------------------------------------------------------------

    def _started(self) -> tuple[Run, Recorder]:
        """The run, begun when the first stream is announced: company and mapping are checked before any record."""
        if self._run is None or self._recorder is None:
            with self._working():
                self._run, self._recorder = self._begin()
        return self._run, self._recorder

    def _begin(self) -> tuple[Run, Recorder]:
        settings, keep = self.settings, self._resources
        if settings.store_path is not None:
            keep.enter_context(StoreFolder(settings.store_path).lock("ledger"))
        client = keep.enter_context(
            Client(
                self.connection,
                transport=self._transport,
                sleep=self.account.sleeping(self._sleep),
                on_request=self.account.add_request,
            )
        )
        companies = Companies(client, settings)
        companies.check_default()
        memory = Memory(settings.store_path)
        keep.callback(memory.close)
        if unfinished := memory.unfinished():
            log.info(
                "%d records of an earlier run were under way when it ended; each is looked up before it is written.",
                unfinished,
            )
        log.info("This is the run %s; its outcomes say so.", self.run_id)
        recorder = Recorder(
            settings.outcomes_path,
            settings.dead_letter_path,
            listener=self._hear,
            source=self.source,
            run_id=self.run_id,
        )
        keep.callback(lambda: recorder.close(replayed=self._is_carried_through and not settings.dry_run))
        service = Service(client, memory, self._checkpoint)
        remembered = RememberedEnvironment(
            memory,
            names_of(self.connection),
            company_ids=companies.ids(),
            look=service.look,
            environment_names=lambda: [environment.name for environment in client.environments()],
        )
        is_believed = remembered.bind()
        run = Run(
            settings,
            companies=companies,
            service=service,
            memory=memory,
            recorder=recorder,
            write_state=self._write_singer_state,
            done_before=self._done_before,
            account=self.account,
            id_map=self._id_map,
            is_believed=is_believed,
            sleep=self.account.sleeping(self._sleep),
        )
        keep.callback(run.close)
        return run, recorder

    def _hear(self, outcome: Outcome) -> None:
        if self._job_state is not None:
            self._job_state.add(outcome)
        if self._id_map is not None and not self.settings.dry_run:
            self._id_map.add(outcome)
        if self._output is not None:
            self.outcomes.append(outcome)

    def _opened_id_map(self) -> IdMap | None:
        """The id map of the job's flow; outside a job there is none."""
        flow, folder = os.environ.get("FLOW"), self.settings.snapshot_dir
        return IdMap(folder, flow) if flow and folder is not None else None

    def _read_done(self, state_path: Path | None) -> DoneBefore:
        """What the given state calls done, and what a job that crashed in this folder left."""
        paths = [state_path] if state_path is not None else []
        crashed = Path(AFTER_A_CRASH)
        if self.settings.state_format == "hotglue" and crashed.is_file():
            paths.append(crashed)
        return {record: id_ for path in paths for record, id_ in read_done(path).items()}

    def _write_singer_state(self, value: Any) -> None:
        if self._job_state is None:
            self._print(value)
        elif self._job_state.is_due():
            self._write_job_state()

    def _write_job_state(self) -> None:
        if self._job_state is not None:
            self._print(self._job_state.to_json())

    def _print(self, content: Any) -> None:
        if self.settings.dry_run:
            return  # whoever keeps a STATE of records that were not written would never send them again
        output = self._output or sys.stdout
        output.write(to_json_line(content))
        output.flush()

    @contextlib.contextmanager
    def _working(self) -> Any:
        """While the block runs, a signal waits for the end of the request that is under way."""
        self._busy = True
        try:
            yield
        finally:
            self._busy = False
        self._checkpoint()

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the SDK's signature
        self._stop_signal = signum
        if not self._busy:
            self._checkpoint()

    def _checkpoint(self) -> None:
        """Leave the run if a signal came; what has its outcome by now keeps it."""
        if self._stop_signal is None:
            return
        if self._stop_signal == signal.SIGINT:
            raise KeyboardInterrupt
        raise ending.Terminated

    def _sleep(self, seconds: float) -> None:
        """Wait between attempts, but not longer than until a signal comes."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._checkpoint()
            time.sleep(min(left, _SLICE_SECONDS))

    # --- the command -----------------------------------------------------------------------------------------

    @classmethod
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> _ConfigInput:  # noqa: ARG003
        """Read the config files."""
        paths = [Path(each).expanduser() for each in value if each != "ENV"]
        files = _ConfigFiles(config=config_file.read_objects(paths, "config"), parse_env="ENV" in value)
        files.path = paths[0] if len(paths) == 1 else None
        return files

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """The command line: the SDK's, and a job's state."""
        command = super().get_singer_command()
        state = click.Option(
            ["--state", "state_path"],
            type=click.Path(path_type=Path),
            help="State of an earlier run of the same job; what it calls a success is not written again.",
        )
        renewal = click.Option(
            ["--access-token"],
            is_flag=True,
            help="Get a new access token, write it into the config file, and end.",
        )
        command.params += [state, renewal]
        return command

    @classmethod
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        file_input: IO[str] | None = None,
        state_path: Path | None = None,
        access_token: bool = False,
    ) -> int:
        """Run the command and give its exit code."""
        if about:
            cls.print_about(about_format)
            return ending.DONE
        config = config or _ConfigFiles()
        target = cls(
            config=config.config,
            parse_env_config=config.parse_env,
            config_path=getattr(config, "path", None),
            state_path=state_path,
        )
        if access_token:
            target.renew_access_token()
            return ending.DONE
        target.read_from(file_input or sys.stdin)
        with progress(target.account):
            try:
                target.listen(file_input)
            except (InputError, StreamMapError):
                target.carry_what_came()
                raise
            finally:
                target.close()
        return target.exit_code


class StreamMapError(ConfigurationError):
    """A stream map is wrong."""


class RecordBeforeSchemaError(InputError, RecordsWithoutSchemaException):
    """A record came before the SCHEMA message of its stream; the SDK knows it by its own name."""


@contextlib.contextmanager
def _stream_maps_explained(stream: str = "") -> Iterator[None]:
    """Say that the stream maps are wrong: their expressions are the user's own, and may fail with anything."""
    try:
        yield
    except Exception as error:
        of = f" of the stream {stream}" if stream else ""
        cause = f" ({error.__cause__})" if error.__cause__ is not None else ""
        text = f"{error}{cause}".rstrip(".") or type(error).__name__
        raise StreamMapError(f"The setting stream_maps{of} cannot be followed: {text}.") from error


def _stat_of(source: IO[str]) -> os.stat_result | None:
    """What the system knows of the input, if it is a file of it."""
    try:
        return os.fstat(source.fileno())
    except (OSError, ValueError):
        return None


def main() -> NoReturn:
    """The command `target-dynamics-bc`; exits with a code of `ending.run`."""
    end_with(TargetDynamicsBC.cli, NAME)


if __name__ == "__main__":
    main()
