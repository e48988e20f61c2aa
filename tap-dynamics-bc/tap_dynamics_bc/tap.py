"""What does the tap do with config, catalog and state: which streams are there, what is read, how does it end?"""

from __future__ import annotations

import os
import time
from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, cast

from singer_sdk import Tap, metrics
from singer_sdk.exceptions import MappingError
from singer_sdk.helpers.capabilities import CapabilitiesEnum, TapCapabilities
from singer_sdk.singerlib import StateMessage

from dynamics_bc_client.client import Client, RequestSummary
from dynamics_bc_client.errors import ConfigurationError, DynamicsError
from dynamics_bc_plugin.command import end_with
from dynamics_bc_plugin.connection import read_connection
from dynamics_bc_plugin.progress import Account
from dynamics_bc_plugin.run_lines import ending_told, new_run_id
from dynamics_bc_plugin.sdk_settings import sdk_problems
from dynamics_bc_plugin.settings import read_together, refuse, refuse_half_characters
from dynamics_bc_plugin.singer_command import renew_access_token
from dynamics_bc_plugin.spelling import check_spelling, check_variables, from_variables
from tap_dynamics_bc.batch_encodings import check_batches
from tap_dynamics_bc.command import TapCommand
from tap_dynamics_bc.deletions.store import Store
from tap_dynamics_bc.deletions.watched import with_deleted_at
from tap_dynamics_bc.first_and_last_line import first_line, result
from tap_dynamics_bc.published import Published, read_published
from tap_dynamics_bc.reads.bookmarks import Bookmarks
from tap_dynamics_bc.reads.places import Selection, source_places
from tap_dynamics_bc.reads.remembered import GENERATION, SWEPT_AT
from tap_dynamics_bc.reads.states import ENVIRONMENT, Kinship, check_companies, check_copies, kinship, unwrapped
from tap_dynamics_bc.records.output import MessageWriter
from tap_dynamics_bc.run import Run
from tap_dynamics_bc.sdk_streams import DynamicsStream, FedStream, SourceStream, bad_stream_map
from tap_dynamics_bc.settings import SETTINGS, SWEEP, TapSettings, tap_settings_schema
from tap_dynamics_bc.streams.absences import Absence, absences
from tap_dynamics_bc.streams.additions import with_media, with_periods
from tap_dynamics_bc.streams.catalogs import (
    Facts,
    chosen_replication_keys,
    completed,
    lost_properties,
    respelled,
    selected_in_any_case,
    selected_streams,
)
from tap_dynamics_bc.streams.filters import checked_filters
from tap_dynamics_bc.streams.hotglue import HOTGLUE
from tap_dynamics_bc.streams.remarks import remarks
from tap_dynamics_bc.streams.replication import WHOLE
from tap_dynamics_bc.streams.reports import REPORTS
from tap_dynamics_bc.streams.schemas import record_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from dynamics_bc_client.settings import ConnectionSettings
    from dynamics_bc_client.transport import Transport
    from tap_dynamics_bc.reads.places import Place
    from tap_dynamics_bc.streams.description import Stream


class TapDynamicsBC(TapCommand):
    """Reads Microsoft Dynamics 365 Business Central: whatever the tenant publishes, in all its companies."""

    name = "tap-dynamics-bc"
    package_name = "dynamics-bc-singer"
    config_jsonschema = tap_settings_schema()
    dynamic_catalog = True
    message_writer_class = MessageWriter
    # No message of a run says which rows a destination is to forget.
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        each for each in Tap.capabilities if each is not TapCapabilities.ACTIVATE_VERSION
    ]

    def __init__(
        self,
        *,
        config: dict[str, Any] | None = None,
        catalog: dict[str, Any] | None = None,
        state: dict[str, Any] | None = None,
        config_path: Path | None = None,
        transport: Transport | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        **arguments: Any,
    ) -> None:
        """Initialize the tap.

        Args:
            config: The settings.
            catalog: What to read, its names in any case; everything that is selected by default when None.
            state: The state of an earlier run.
            config_path: The one file that the config came from; rotated tokens are written back into it.
            transport: Sends requests; the network when None.
            now: This machine's clock.
            arguments: As of the SDK's `Tap`.

        Raises:
            ConfigurationError: A setting, the catalog or the state is wrong.
            DynamicsError: The environment could not be read.
        """
        self._given_catalog = catalog
        self._catalog_selects: list[str] | None = None
        self._lost_properties: dict[str, list[str]] = {}
        self._transport = transport
        self._now = now
        self._reads_variables = bool(arguments.get("parse_env_config"))
        self.account = Account()
        self.run_id = new_run_id()
        self._bookmarks = Bookmarks({})
        self._state_environment: Any = None
        self._kinship = Kinship.SAME
        self._moved_at_state = 0
        super().__init__(config=config, state=state, config_path=config_path, **arguments)
        self.hear_signals()

    # --- what there is ------------------------------------------------------------------------------------------------

    @cached_property
    def settings(self) -> TapSettings:
        """The tap's own settings."""
        return TapSettings.from_config(self.config)

    @cached_property
    def connection(self) -> ConnectionSettings:
        """How to reach the environment."""
        return read_connection(self.config, config_path=self.config_path, kind="tap")

    @cached_property
    def client(self) -> Client:
        """Talks to the environment."""
        return Client(
            self.connection,
            transport=self._transport,
            sleep=self.account.sleeping(time.sleep),
            on_request=self._measure,
            from_replica=True,
        )

    @cached_property
    def descriptions(self) -> dict[str, Stream]:
        """All streams of the environment by name."""
        streams = with_periods(self.published.streams, self._periodic_reports)
        streams = with_media(streams, self.settings.download_media)
        return with_deleted_at(streams) if self.settings.deletes == SWEEP else streams

    @property
    def _periodic_reports(self) -> list[str]:
        """The reports that are read by periods."""
        return [name for name in REPORTS if self.settings.report_periods.schedule(name) is not None]

    @cached_property
    def published(self) -> Published:
        """What the routes that are read publish."""
        catalog = self._given_catalog
        if catalog is None:
            return read_published(self.client, self.settings)
        # Catalogs of HotGlue jobs come from another tap, whose replication keys are not ours on purpose.
        keys = {} if self.settings.stream_naming == HOTGLUE else chosen_replication_keys(catalog)
        needed = selected_in_any_case(catalog)
        return read_published(self.client, self.settings, needed=needed, replication_keys=keys)

    def respelled_catalog(self) -> dict[str, Any] | None:
        """The catalog that was given, its names spelled as the service spells them."""
        if self._given_catalog is None:
            return None
        columns = {name: description.column_names for name, description in self.descriptions.items()}
        catalog = completed(respelled(self._given_catalog, columns), self._facts_of)
        self._catalog_selects = selected_streams(catalog)
        self._lost_properties = lost_properties(catalog, columns)
        return catalog

    def _facts_of(self, name: str) -> Facts | None:
        stream = self.descriptions.get(name)
        if stream is None:
            return None
        properties = record_schema(stream)["properties"]
        retyped = frozenset(() if stream.report is None else stream.report.amounts)
        return Facts(stream.keys, stream.replication.key, stream.carried, properties, retyped)

    def run_discovery(self) -> str:
        """Write the catalog of what could be asked; what could not is said, and fails the run that reads."""
        for failure in self.published.failures:
            self.logger.warning("Not in the catalog: %s (%s).", failure.what, failure.reason)
        return super().run_discovery()

    def discover_streams(self) -> Sequence[DynamicsStream]:
        """The streams of the environment; those that are fed hang on the sources that feed them."""
        streams: dict[str, DynamicsStream] = {
            name: (FedStream if description.ways else SourceStream)(self, description)
            for name, description in self.descriptions.items()
        }
        for name, description in self.descriptions.items():
            for source in dict.fromkeys(f"{description.route.prefix}{way.source}" for way in description.ways):
                streams[source].child_streams.append(streams[name])
        return list(streams.values())

    def setup_mapper(self) -> None:
        """Make the stream maps, also of streams that are not selected: they may be selected afterwards.

        Raises:
            ConfigurationError: A map makes no sense.
        """
        try:
            self.make_stream_maps()
        except (MappingError, NotImplementedError) as error:
            raise bad_stream_map(error) from error

    # --- one run ------------------------------------------------------------------------------------------------------

    @cached_property
    def filters(self) -> dict[str, str]:
        """The filters by stream.

        Raises:
            ConfigurationError: One makes no sense.
        """
        return checked_filters(self.settings.filters, self.descriptions, {name for name, _ in self._bookmarks.ways})

    @cached_property
    def run(self) -> Run:
        """This run; its first use asks the service for the companies."""
        _ = self.filters  # what is wrong with them is said before anything is read
        store = self._store
        if store is None:
            self._bookmarks.forget(GENERATION, SWEPT_AT)  # what is written now is not watched
        run = Run(
            self.client,
            self.settings,
            self._bookmarks,
            self.message_writer,
            self.write_state,
            account=self.account,
            now=self._now,
            index=None if store is None else store.index,
            run_id=self.run_id,
        )
        known = [company.id for company in run.known_companies]
        self._settle_environment(known)
        if store is not None:
            store.bind(self._environment, known)
        for absence in (*self.published.failures, *self._absences(self._bookmarks)):
            run.failures.note(absence.what, absence.reason)
        return run

    def _settle_environment(self, company_ids: Sequence[str]) -> None:
        """See that the state is of this environment, now that its companies are known.

        Raises:
            ConfigurationError: It is not.
        """
        theirs, ours = self._state_environment, self._environment
        check_companies(self._kinship, self._bookmarks.company_ids, company_ids, theirs, ours)
        if self._kinship is Kinship.RENAMED:
            check_copies(self._listed_environments(), theirs, ours)
            self.logger.warning(
                "The state is of %s, with the companies of %s: it is taken as that of the same environment, renamed.",
                theirs.get("environment_name") or theirs.get("full_url"),
                ours.get("environment_name") or ours.get("full_url"),
            )
        self._kinship, self._state_environment = Kinship.SAME, ours

    def _listed_environments(self) -> list[str]:
        try:
            return [environment.name for environment in self.client.environments()]
        except DynamicsError as error:
            self.logger.info("It is not known whether the environment of the state is still there: %s", error.message)
            return []

    @cached_property
    def _store(self) -> Store | None:
        """The known keys, if rows that are gone are looked for."""
        folder = self.connection.store_path
        return Store(folder) if self.settings.deletes == SWEEP and folder is not None else None

    def _absences(self, bookmarks: Bookmarks) -> Iterator[Absence]:
        """What should be read and is not there: by the catalog, or without one by what was read before."""
        wanted = None if self.input_catalog is None else self._catalog_selects
        if wanted is None:
            wanted = [name for name, _ in bookmarks.ways if self.published.is_default(name)]
        return absences(
            self.descriptions,
            selected={name for name, stream in self.streams.items() if stream.selected},
            wanted=wanted,
            read_before=bookmarks.ways,
            reason_of=self.published.why_missing,
        )

    def planned_run(self) -> Run:
        """This run with its plan made: everything that is selected."""
        if not self.run.is_planned:
            sources = [stream for stream in self.streams.values() if isinstance(stream, SourceStream)]
            wanted = [stream for stream in sources if stream.selected or stream.has_selected_descendents]
            self._remark(wanted)
            limits = [stream.ABORT_AT_RECORD_COUNT for stream in wanted]
            places = source_places(self.descriptions, self._selections(), self.filters)
            self.run.plan([places[stream.name] for stream in wanted], row_limit=limits[0] if limits else None)
        return self.run

    def _remark(self, sources: Sequence[DynamicsStream]) -> None:
        streams = [each for source in sources for each in (source, *source.child_streams) if each.selected]
        read = {stream.name: self.descriptions[stream.name] for stream in streams}
        unknown = (*self.published.unknown, *self.published.unknown_maps(self.config.get("stream_maps") or {}))
        for remark in remarks(list(read.values()), self._lost_properties, unknown):
            self.logger.warning("%s", remark)

    def _selections(self) -> dict[str, Selection]:
        selections = {name: cast("DynamicsStream", stream).selection() for name, stream in self.streams.items()}
        return {name: selection for name, selection in selections.items() if selection is not None}

    def sources_of(self, stream: DynamicsStream) -> list[Place]:
        """The places of the sources of one stream, for it alone, all of it unless something else is selected."""
        described = stream.description
        whole = Selection(described.columns, tuple(described.properties), WHOLE)
        selections = {stream.name: stream.selection() or whole}
        return list(source_places(self.descriptions, selections, self.filters).values())

    def write_state(self) -> None:
        """Write a STATE message if a bookmark has moved since the last one."""
        if self._bookmarks.moved > self._moved_at_state:
            self._moved_at_state = self._bookmarks.moved
            self.message_writer.write_message(StateMessage(self._state_value))

    @property
    def state(self) -> Any:
        """The state, made anew of the bookmarks and of what it names its environment by."""
        named = {} if self._state_environment is None else {ENVIRONMENT: self._state_environment}
        bookmarks = self._bookmarks.to_state()
        return {**named, "bookmarks": bookmarks} if bookmarks else named

    def load_state(self, state: dict[str, Any]) -> None:
        """Take over the state of an earlier run.

        Raises:
            ConfigurationError: It is no state, or one of another environment.
        """
        state = unwrapped(state)
        refuse_half_characters(state, "The state")
        theirs = state.get(ENVIRONMENT)
        # What is not settled yet is settled with the first look at the companies, and keeps its own name until then.
        self._kinship = kinship(theirs, self._environment)
        self._state_environment = self._environment if self._kinship is Kinship.SAME else theirs
        # Made now, so that a bookmark that cannot be read is known before anything is.
        self._bookmarks = Bookmarks(state.get("bookmarks", {}), start_date=self.settings.start_date)

    @property
    def _state_value(self) -> dict[str, Any]:
        """The state; the SDK's type of it knows bookmarks alone."""
        return cast("dict[str, Any]", self.state)

    def close(self) -> None:
        """End threads and connections."""
        if "run" in self.__dict__:
            self.run.close()
        if "client" in self.__dict__:
            self.client.close()
        if (store := self.__dict__.pop("_store", None)) is not None:
            store.close()

    @cached_property
    def _environment(self) -> dict[str, str]:
        """Which environment the state belongs to."""
        connection = self.connection
        if connection.full_url:
            return {"full_url": connection.full_url}
        tenant = {"tenant_id": connection.tenant_id} if connection.tenant_id else {}
        return {**tenant, "environment_name": connection.environment_name}

    def _measure(self, summary: RequestSummary) -> None:
        self.account.add_request(summary)
        tags: dict[str, Any] = {
            metrics.Tag.ENDPOINT: summary.url.partition("?")[0],
            metrics.Tag.HTTP_STATUS_CODE: summary.status,
        }
        metrics.log(
            self.metrics_logger, metrics.Point("timer", metrics.Metric.HTTP_REQUEST_DURATION, summary.seconds, tags)
        )

    def read_config(self) -> None:
        """Read all of the config, so that its faults are named together.

        Raises:
            ConfigurationError: With one sentence for each fault.
        """
        config = self.given_config
        # Only now: those of a file `.env` are among them once the config is read.
        environ = tuple(os.environ) if self._reads_variables else ()
        read_together(
            lambda: read_connection(config, config_path=self.config_path, kind="tap"),
            lambda: TapSettings.from_config(config),
            lambda: refuse(sdk_problems(config, self._schema_of_all(), {each.name for each in SETTINGS})),
            lambda: check_batches(config),
            lambda: self._check_flattening(config),
            lambda: check_spelling([*config, *from_variables(environ, self.name)], SETTINGS),
            lambda: check_variables(environ, self.name, SETTINGS),
            lambda: self._check_store(config),
        )

    @classmethod
    def _schema_of_all(cls) -> Mapping[str, Any]:
        cls.append_builtin_config(cls.config_jsonschema)
        return cls.config_jsonschema

    def _check_store(self, config: Mapping[str, Any]) -> None:
        if str(config.get("deletes")).strip().lower() == SWEEP and not config.get("store_path"):
            raise ConfigurationError(
                "The setting deletes needs store_path: a folder that outlives the run, where the keys of the rows that "
                "were written are kept."
            )

    def _check_flattening(self, config: Mapping[str, Any]) -> None:
        depth = config.get("flattening_max_depth")
        if config.get("flattening_enabled") is True and (depth is None or (isinstance(depth, int) and depth < 0)):
            raise ConfigurationError(
                "The setting flattening_enabled needs flattening_max_depth: how many levels of objects become columns."
            )

    # --- how it ends --------------------------------------------------------------------------------------------------

    def sync_and_check(self) -> None:
        """Read everything that is selected.

        Raises:
            PartsFailed: Some of it could not be read.
            DynamicsError: The run could not go on; its state is written.
        """
        try:
            with ending_told(self.run_id, self._result):
                # Made first: what is wrong with the environment, its companies or the state is said before a stream
                # begins.
                run = self.run
                self._log_first_line(run)
                try:
                    self.sync_all()
                    self._activate_versions(run)
                    run.certify()
                finally:
                    # Whatever ended the run, what was finished before counts, and the last line says so.
                    if not self.message_writer.ends_with_state:
                        run.states.secure()
                        self.message_writer.write_message(StateMessage(self._state_value))
                run.check()
        finally:
            self.close()

    def _activate_versions(self, run: Run) -> None:
        """Have the destination forget what streams do not hold that were read whole."""
        for name, version in run.whole_tables():
            cast("DynamicsStream", self.streams[name]).activate(version)

    def _result(self) -> str:
        certified = self.run.certified if "run" in self.__dict__ else ""
        with_state = self.message_writer.ends_with_state
        return result(self.account.picture().records, with_state=with_state, certified=certified)

    def _log_first_line(self, run: Run) -> None:
        streams = sum(stream.selected for stream in self.streams.values())
        self.account.expect(streams)
        line = first_line(
            self.run_id,
            self.connection,
            self.settings,
            run.companies,
            streams=streams,
            continued=bool(self._bookmarks.ways),
        )
        self.logger.info("%s", line)
        if not streams and not self._catalog_selects:
            self.logger.warning("The catalog selects no stream, so there is nothing to read.")

    def test_connection(self) -> None:
        """Read one record of each stream that is selected.

        Raises:
            PartsFailed: Some of them could not be read.
            DynamicsError: Nothing can be read.
        """
        run = self.run
        wanted = [stream for stream in self.streams.values() if stream.selected or stream.has_selected_descendents]
        self.run_sync_dry_run(dry_run_record_limit=1, streams=wanted)
        run.check()

    def renew_access_token(self) -> None:
        """Get a new access token and write it into the config file, and into the store if there is one.

        Raises:
            ConfigurationError: There is neither.
            DynamicsError: There is no way to get one.
        """
        renew_access_token(self.client, self.config_path)


def main() -> NoReturn:
    """The command `tap-dynamics-bc`; exits with a code of `ending.run`."""
    end_with(TapDynamicsBC.cli, TapDynamicsBC.name)


if __name__ == "__main__":
    main()
