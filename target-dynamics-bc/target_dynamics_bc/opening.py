"""What is opened for a run, in which order, and let go of at its end?"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from dynamics_bc_client.client import Client
from dynamics_bc_client.store_folder import StoreFolder, is_there
from dynamics_bc_plugin.run_lines import counted
from target_dynamics_bc.finding.company import Companies
from target_dynamics_bc.finding.references import Referents
from target_dynamics_bc.finding.resolving import Resolver
from target_dynamics_bc.finding.source_codes import SourceCodes
from target_dynamics_bc.first_and_last_line import first_line
from target_dynamics_bc.intake import Intake
from target_dynamics_bc.kept.environment import RememberedEnvironment, names_of
from target_dynamics_bc.kept.memory import Memory
from target_dynamics_bc.kept.recorder import Recorder
from target_dynamics_bc.kinds.published import Published
from target_dynamics_bc.kinds.reference_streams import ReferenceStreams
from target_dynamics_bc.order import Order
from target_dynamics_bc.retrying import Allowance, Retrying
from target_dynamics_bc.settings import with_published_kinds
from target_dynamics_bc.settling import Settling
from target_dynamics_bc.writing.ending import Ending
from target_dynamics_bc.writing.in_flight import InFlight
from target_dynamics_bc.writing.making import Making
from target_dynamics_bc.writing.questions import Questions
from target_dynamics_bc.writing.sending import Sending
from target_dynamics_bc.writing.service import Service
from target_dynamics_bc.writing.sink import Sink
from target_dynamics_bc.writing.tidying import Tidying

if TYPE_CHECKING:
    from collections.abc import Callable

    from dynamics_bc_client.settings import ConnectionSettings
    from dynamics_bc_client.transport import Transport
    from dynamics_bc_plugin.progress import Account
    from target_dynamics_bc.job import Job
    from target_dynamics_bc.kept.outcomes import Outcome
    from target_dynamics_bc.kinds.table import Kinds
    from target_dynamics_bc.settings import TargetSettings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Around:
    """What a run gets from the process that it runs in.

    Attributes:
        account: Is told of requests and outcomes.
        job: Whoever started the run.
        hear: Takes every outcome.
        sleep: Waits for seconds.
        checkpoint: Called before every request; raises when the run is to stop.
        transport: Sends requests; the network when None.
        replays: The input is the dead letter file itself, whose letters are all to be tried.
    """

    account: Account
    job: Job
    hear: Callable[[Outcome], None]
    sleep: Callable[[float], None]
    checkpoint: Callable[[], None]
    transport: Transport | None = None
    replays: bool = False


class OpenRun:
    """A run and all that it holds open; company, mapping and store are checked before any record.

    Args:
        run_id: The run.
        connection: How to reach the environment.
        settings: The target's settings.
        kinds: The table of kinds.
        around: What the process gives.

    Raises:
        ConfigurationError: A setting does not fit the environment, or the store is not its own.
        DynamicsError: The environment could not be asked.
    """

    def __init__(
        self, run_id: str, connection: ConnectionSettings, settings: TargetSettings, kinds: Kinds, around: Around
    ) -> None:
        with contextlib.ExitStack() as opened:
            ground = _ground(opened, connection, settings, kinds.with_room(), around)
            _tell_of_unfinished(ground.memory)
            log.info("%s", first_line(run_id, connection, ground.settings, ground.companies.default))
            self.recorder = _recorder(ground, run_id)
            # What is done is taken out of the dead letters, unless nothing of the run is to stay.
            opened.callback(self.recorder.close, tidy=not settings.keeps_nothing)
            self.records = _order(opened, ground, self.recorder)
            opened.callback(self.records.close)
            self._opened = opened.pop_all()

    def finish(self) -> None:
        """Carry everything through: the input has ended.

        Raises:
            DynamicsError: The whole run cannot go on. What is done by then is recorded.
        """
        self.records.finish()

    def close(self) -> None:
        """Let go of everything.

        Raises:
            DynamicsError: Outcomes cannot be written.
        """
        self._opened.close()


@dataclass(frozen=True, slots=True)
class _Ground:
    """What all else of a run stands on: the environment, and the store."""

    connection: ConnectionSettings
    settings: TargetSettings
    kinds: Kinds
    around: Around
    client: Client
    published: Published
    companies: Companies
    memory: Memory

    @property
    def sleep(self) -> Callable[[float], None]:
        """Waits for seconds, and is seen to."""
        return self.around.account.sleeping(self.around.sleep)


def _ground(
    opened: contextlib.ExitStack, connection: ConnectionSettings, settings: TargetSettings, kinds: Kinds, around: Around
) -> _Ground:
    """Open the store and the environment, and see that the settings fit it."""
    _tell_of_new_folders(settings)
    if settings.store_path is not None:
        opened.enter_context(StoreFolder(settings.store_path).lock("ledger"))
    account = around.account
    sleep = account.sleeping(around.sleep)
    client = opened.enter_context(
        Client(connection, transport=around.transport, sleep=sleep, on_request=account.add_request)
    )
    published = Published(client, connection.route_root, kinds)
    settings = with_published_kinds(settings, kinds, published.kind)
    companies = Companies(client, settings)
    companies.check_default()
    memory = Memory(settings.store_path, served_at=lambda: client.served_at)
    opened.callback(memory.close)
    return _Ground(connection, settings, kinds, around, client, published, companies, memory)


def _recorder(ground: _Ground, run_id: str) -> Recorder:
    settings = ground.settings
    return Recorder(
        settings.outcomes_path,
        settings.dead_letter_path,
        results_path=None if settings.keeps_nothing else settings.results_stream,
        listener=ground.around.hear,
        run_id=run_id,
        company_name=ground.companies.name_of,
        came=ground.memory.came,
    )


def _order(opened: contextlib.ExitStack, ground: _Ground, recorder: Recorder) -> Order:
    """What takes the records: with what reads them before it, and what writes them behind it."""
    settings, kinds, memory, around = ground.settings, ground.kinds, ground.memory, ground.around
    in_flight = InFlight(ground.connection.max_concurrent_requests, around.account.handing_over)
    opened.callback(in_flight.close)
    questions = Questions(ground.client, around.checkpoint, in_flight)
    service = Service(ground.client, memory, around.checkpoint, questions)
    keeps = settings.store_path is not None
    settling = Settling(recorder, around.account, around.job.write_state, kinds, keeps=keeps)
    referents = Referents(kinds)
    codes = SourceCodes(referents)
    opened.callback(codes.close)
    resolver = Resolver(questions, memory, settings, codes=codes, referents=referents)
    tidying = Tidying(service, memory, dry_run=settings.keeps_nothing, previews=settings.preview)
    return Order(
        _intake(ground, settling, questions),
        settling,
        _sink(ground, Sending(service, in_flight), service, resolver, settling, tidying),
        tidying,
        kinds=kinds,
        codes=codes,
        account=around.account,
        published=ground.published.kind,
        references=ReferenceStreams(settings.reference_streams, ground.kinds, ground.published.publishes),
        folder=settings.store_path,
        at_once=in_flight.at_once,
        retrying=_retrying(recorder, memory, settings, replays=around.replays),
        uncertain={} if settings.keeps_nothing else memory.uncertain(),
    )


def _intake(ground: _Ground, settling: Settling, questions: Questions) -> Intake:
    return Intake(
        ground.settings,
        kinds=ground.kinds,
        companies=ground.companies,
        memory=ground.memory,
        settling=settling,
        done_before=ground.around.job.done_before,
        id_map=ground.around.job.id_map,
        is_believed=_is_believed(ground, questions),
    )


def _sink(  # noqa: PLR0917 - what it is made of
    ground: _Ground, sending: Sending, service: Service, resolver: Resolver, settling: Settling, tidying: Tidying
) -> Sink:
    settings, memory = ground.settings, ground.memory
    made = [kind for kind in ground.kinds if kind.name in settings.create_missing]
    return Sink(
        service,
        sending,
        memory,
        resolver,
        Ending(service, memory, resolver, settling.settle_unit, dry_run=settings.dry_run),
        tidying,
        making=Making(service, resolver, made, dry_run=settings.keeps_nothing) if made else None,
        dry_run=settings.dry_run,
        sleep=ground.sleep,
    )


def _retrying(recorder: Recorder, memory: Memory, settings: TargetSettings, *, replays: bool) -> Retrying | None:
    """The dead letters that this run tries again; all of them when it is there for nothing else."""
    if recorder.dead_letters is None or not (replays or settings.retry_dead_letters):
        return None
    allowance = Allowance() if replays else Allowance(settings.retry_attempts, timedelta(days=settings.retry_days))
    return Retrying(recorder.dead_letters, memory, allowance)


def _is_believed(ground: _Ground, questions: Questions) -> bool:
    """Whether what the store calls done can be believed without a look; one of another environment is refused."""
    remembered = RememberedEnvironment(
        ground.memory,
        names_of(ground.connection),
        company_ids=ground.companies.ids(),
        look=questions.look,
        environment_names=lambda: [environment.name for environment in ground.client.environments()],
        kinds=ground.kinds,
    )
    return remembered.bind()


def _tell_of_new_folders(settings: TargetSettings) -> None:
    """Name a folder that is not there yet: a first run finds none, and so does one whose setting is misspelt."""
    snapshots, store = settings.snapshot_dir, settings.store_path
    if snapshots is not None and not is_there(snapshots):
        log.warning(
            'snapshot_dir names the folder "%s", which does not exist: the run begins without tenant-config.json and '
            "without anything of earlier runs. If this is not the first run, correct snapshot_dir.",
            snapshots,
        )
    if store is not None and store != snapshots and not is_there(store):
        log.info('The store "%s" is new: nothing is known of earlier runs.', store)


def _tell_of_unfinished(memory: Memory) -> None:
    if unfinished := memory.unfinished():
        log.info(
            "When an earlier run ended, %s %s under way: what comes again is looked up before it is written.",
            counted(unfinished, "record"),
            "was" if unfinished == 1 else "were",
        )
