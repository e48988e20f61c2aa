"""Lives of a source and its destination whose tap is a process: killed, starved of disk, left by its loader, misled.

The tap goes through a breaking proxy to the emulator's own HTTP. What happens is told by a plan; only the moments at
which a signal arrives between two requests are the machine's.
"""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from campaign.attacks import WHAT, applicable, attack, clock_due, clock_for, send_signals, signal_due
from campaign.befallen import note
from campaign.disks import small_disk
from campaign.processes import CODES, Ended, note_twins, start
from campaign.proxy import BreakingProxy, orders_of, patience_for
from campaign.served import config_for, served
from campaign.signing import Signing
from campaign.tap_lives import MOVES, Move, few, moves, place
from campaign.target_jobs import VARIABLES
from judged import expect
from tap.desk_runs import DeskRun
from tap.test_destinations import Destinations, HotglueDestinations, SweptDestinations

from dynamics_bc_client.errors import DynamicsError

if TYPE_CHECKING:
    from campaign.processes import Run

REFRESHING = 0.35
"""How many lives sign in with a refresh token."""
QUIET = {
    "start_over",
    "lose_the_store",
    "run",
    "run_while_things_change",
    "answered",
    "lag_behind",
    "page_size",
    "go_elsewhere",
    "set_clock",
}


def attacked_by(chance: random.Random, what: tuple[str, ...]) -> dict[str, Any]:
    """What befalls one run, among all that may, and what people do meanwhile."""
    told = {"people": {}, **attack(chance, requests=30, output_bytes=200_000, what=what)}
    if chance.random() < 0.3:
        doing = ("insert", "change", "delete", "draft", "line", "post", "commit")
        told["people"] = {
            str(chance.randrange(4, 28)): [chance.choice(doing), place(chance), few(chance)] for _ in range(2)
        }
    return told


def life(seed: int) -> dict[str, Any]:
    """The life of a seed."""
    chance = random.Random(seed)
    machine = chance.choice(sorted((*KINDS, *STORING)))
    refreshes = chance.random() < REFRESHING
    # Two that share no store share no token either.
    what = applicable(WHAT, has_store=machine in STORING, refreshes=refreshes)
    told: list[Move] = [("refresh", {})] if refreshes else []
    for _ in range(chance.choice((1, 2, 2))):
        told += [_people(chance) for _ in range(chance.randrange(4))]
        told.append(("attacked", attacked_by(chance, what)))
        told.append(("run", {"lives_for": None, "workers": chance.choice((1, 3))}))
    return {"machine": machine, "page_size": chance.choice([1, 7, None]), "moves": told}


def _people(chance: random.Random) -> Move:
    while (move := moves(chance, swept=False)[0])[0] in QUIET:
        pass
    return move


class Processes:
    """What of a life is other when the tap is a process."""

    source: Any
    config: dict[str, Any]
    catalog: dict[str, Any]
    state: dict[str, Any] | None
    may_fail: bool
    move: Any
    variables: ClassVar[dict[str, str]] = {}
    catalog_option: ClassVar[str] = "--catalog"

    def begin_more(self) -> None:
        super().begin_more()  # type: ignore[misc]
        self.home = Path(tempfile.mkdtemp(prefix="campaign-"))
        self.around = contextlib.ExitStack()
        service = self.source.desk.service
        service.routes = (self.transport.route, *service.routes[1:])  # type: ignore[attr-defined]
        self.proxy = BreakingProxy(self.around.enter_context(served(self.source.desk)))
        self.told: dict[str, Any] = {"orders": {}, "people": {}}
        self.signing = Signing(refreshes=False)
        self.starts = 0
        (self.home / "catalog.json").write_text(json.dumps(self.catalog))

    def refresh(self) -> None:
        """Sign in with a refresh token from now on."""
        self.signing = Signing(refreshes=True)

    def attacked(self, **told: Any) -> None:
        """What befalls the next run."""
        self.told, self.may_fail = {"orders": {}, "people": {}, **told}, True

    def quiet(self) -> None:
        """Nothing is wrong any more."""
        self.told, self.may_fail = {"orders": {}, "people": {}}, False

    def start(self, _lives_for: int | None) -> DeskRun:
        """Run the tap as a process, and its loader."""
        told, store = self.told, self.config.get("store_path")
        with contextlib.ExitStack() as around:
            if "kilobytes" in told and store:
                mounted = around.enter_context(small_disk(Path(store), told["kilobytes"]))
                told = told if mounted else {**told, "file_bytes": 1_000 * (told["kilobytes"] + 1)}
            runs = [self._started(told, twin) for twin in range(2 if told.get("twin") and store else 1)]
            note_twins(runs)
            send_signals(told, runs)
            self.proxy.begin(orders_of({int(n): name for n, name in told["orders"].items()}), self._around(told, runs))
            ended = [run.ended(self.proxy.secrets) for run in runs]
        self.signing.take(runs[0])
        expect(not self.proxy.trapped, "untrue", f"another host was called: {self.proxy.trapped}")
        for each in ended:
            expect(each.code in CODES, "tracebacks", f"exit code {each.code}: {each.errors[-800:]}")
        if not self.may_fail:
            expect(ended[0].code != 2 or self.source.closed, "orphans", f"it cannot begin: {ended[0].errors[-500:]}")
        return as_at_a_desk(ended)

    def _started(self, told: dict[str, Any], twin: int) -> Run:
        self.starts += 1
        arguments = [self.catalog_option, str(self.home / "catalog.json")]
        if self.state is not None:
            (self.home / "state.json").write_text(json.dumps(self.state))
            arguments += ["--state", str(self.home / "state.json")]
        settings = {**self.config, **self.signing.settings(), **patience_for(told["orders"])}
        loader = told.get("loader")
        return start(
            "tap-dynamics-bc",
            self.home,
            config_for(self.proxy.url, **settings),
            *arguments,
            name=f"{self.starts}-{twin}",
            variables=self.variables,
            loader=(loader[0], loader[1]) if loader else None,
            stdout=told.get("stdout", ""),
            file_bytes=told.get("file_bytes", 0),
            clock=clock_for(told, self.home),
        )

    def _around(self, told: dict[str, Any], runs: list[Run]) -> Any:
        due = dict(told["people"])

        def around(number: int, is_done: bool) -> None:
            clock_due(told, self.home, number, is_done=is_done)
            if not is_done and str(number) in due:
                self.move(tuple(due.pop(str(number))))
            signal_due(told, runs[0], number, is_done=is_done)

        return around

    def teardown(self) -> None:
        """Whatever happened, in the end all is well."""
        try:
            self.quiet()
            super().teardown()  # type: ignore[misc]
        finally:
            self.proxy.close()
            self.around.close()
            shutil.rmtree(self.home, ignore_errors=True)


class ProcessDestinations(Processes, Destinations):
    """Without a store."""


class SweptProcessDestinations(Processes, SweptDestinations):
    """With one, and every deletion looked for."""

    def begin_more(self) -> None:
        super().begin_more()
        self.config["sweep_every"] = "PT0S"


class JobProcessDestinations(Processes, HotglueDestinations):
    """As a job of HotGlue: its variables, its names of streams, and its old name for the catalog."""

    variables: ClassVar[dict[str, str]] = {**VARIABLES, "TAP": "dynamics-bc"}
    catalog_option: ClassVar[str] = "--properties"

    def begin_more(self) -> None:
        super().begin_more()
        note("job: of the tap")
        self.variables = {**self.variables, "SNAPSHOT_DIR": str(self.home / "snapshots")}  # type: ignore[misc]


MACHINES = (ProcessDestinations, SweptProcessDestinations, JobProcessDestinations)
KINDS = {machine.__name__: machine for machine in MACHINES}
STORING = frozenset({SweptProcessDestinations.__name__})
assert MOVES.keys() >= QUIET


def as_at_a_desk(ended: list[Ended]) -> DeskRun:
    """One or two runs as if they had been one at the desk."""
    output = b"".join(each.whole_lines for each in ended)
    codes = {each.code for each in ended}
    error = None if 0 in codes else DynamicsError(f"exit code {ended[0].code}: {ended[0].errors[-500:]}")
    # A pipe takes more than its reader does. Whoever has written its last into it ends with 0, and cannot know that the
    # loader goes away without it: as a pipeline that run is cut off. Where nothing was left, 0 means whole.
    is_cut_off = any(each.code == 0 and each.left for each in ended)
    return DeskRun(
        output, error, was_killed=is_cut_off or (0 not in codes and any(each.was_signalled for each in ended))
    )


def live(told: dict[str, Any], _folder: Path) -> int:
    """Tell a life; gives how often the tap ran."""
    machine: Any = KINDS[told["machine"]]()
    try:
        machine.begin(page_size=told["page_size"])
        for name, how in told["moves"]:
            if name != "come_back" or not machine.source.is_whole:
                note(f"move: {name}")
                getattr(machine, name)(**how)
    except BaseException:
        with contextlib.suppress(BaseException):
            machine.proxy.close()
            machine.around.close()
        raise
    machine.teardown()
    return int(machine.starts)
