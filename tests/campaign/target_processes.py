"""Files of records whose target is a process: killed, starved of disk, misled, or two of them on one store.

It goes through a breaking proxy to the emulator's own HTTP; what is in the company is looked at here, and judged by
`books`. The runs in the end are processes, too: the same command again, on the same store.
"""

from __future__ import annotations

import contextlib
import json
import random
import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from books.life import outcome_is_open
from campaign.attacks import WHAT, applicable, attack, clock_due, clock_for, let_late, send_signals, signal_due
from campaign.befallen import note
from campaign.disks import small_disk
from campaign.processes import CODES, Ended, Run, note_twins, start
from campaign.proxy import BreakingProxy, orders_of, patience_for
from campaign.served import SECRET, config_for, served
from campaign.signing import FIRST, Signing
from campaign.target_files import JudgedLife, file_of, note_records
from judged import expect

from tests.target.conftest import Piped, singer_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tap.desk_runs import DeskTransport

REQUESTS = 30
STATE_BYTES = (20, 3_000, 100_000)
"""How long the states of a run are that somebody does not take whole: more than a pipe holds, too."""
FILES = ("outcomes", "dead letters")
REFRESHING = 0.35
"""How many files are written by runs that sign in with a refresh token."""
CALM: dict[str, Any] = {"orders": {}}
OF_A_LINE = len('{"type": "STATE", "value": {"seen": 99, "filler": ""}}') - len('{"seen":1,"filler":""}')
"""How much longer a state is as a line of the input than as one of the output, at most."""
INPUTS = ("whole", "whole", "whole", "cut", "held")
"""How records come: all of them, with the last line cut off, or from somebody who never says that it was the last."""


def file(seed: int, *, has_store: bool | None = None) -> dict[str, Any]:
    """The life of a file of a seed; the seed decides whether something is kept when that is None."""
    chance = random.Random(seed)
    is_kept, refreshes, attacks = chance.random() < 0.75, chance.random() < REFRESHING, []
    has_store = is_kept if has_store is None else has_store
    what = applicable((*WHAT, "full"), has_store=has_store, refreshes=refreshes)
    for _ in range(chance.choice((1, 1, 2))):
        state_bytes = chance.choice(STATE_BYTES)
        told = attack(chance, requests=REQUESTS, output_bytes=state_bytes, what=what)
        told["input"] = chance.choice(INPUTS)
        if "loader" in told:
            told["state_bytes"] = state_bytes
        if chance.random() < 0.3:
            told["clerk"] = sorted(chance.sample(range(2, REQUESTS), 2))
        if chance.random() < 0.15:
            told["full"] = chance.choice(FILES)
        attacks.append(told)
    told = {"seed": seed, "size": chance.randrange(3, 8), "has_store": has_store, "attacks": attacks}
    return {**told, **({"refreshes": True} if refreshes else {})}


def with_states(lines: str, size: int) -> str:
    """Singer lines with a state behind each record, and so many bytes more in each state."""
    told, seen = list[Any](), 0
    for line in map(json.loads, lines.splitlines()):
        seen += line["type"] == "RECORD"
        told += [line] if line["type"] != "STATE" else []
        told += [{"type": "STATE", "value": {"seen": seen, "filler": "." * size}}] if line["type"] == "RECORD" else []
    return "".join(f"{json.dumps(line)}\n" for line in told)


class ProcessLife(JudgedLife):
    """A life whose every run is a process.

    Attributes:
        variables: Of the environment of its runs.
        store: What they keep is in it, if they keep anything.
    """

    variables: Mapping[str, str] = MappingProxyType({})

    def __init__(self, told: dict[str, Any], folder: Path, proxy: Callable[[Any], BreakingProxy]) -> None:
        super().__init__(told["seed"], folder, **file_of(told))
        note_records(self.world, self.file)
        self.store = folder / "store"
        self._attacks = list(told["attacks"])
        self._told = CALM
        self._proxy = proxy(self.desk)
        self._proxy.unheard = self.note_unheard
        self.signing = Signing(refreshes=told.get("refreshes", False))
        self.starts = 0

    def live(self) -> Any:
        while self._attacks:
            self._told = self._attacks.pop(0)
            self._unlucky_run()
        self._told = CALM
        self._calm_run()
        self._nothing_more()
        self.check_no_orphans()
        return self.counts

    def _unlucky_run(self) -> None:
        piped = self._run(None)
        self.was_killed |= piped is None
        if piped is not None:
            self._check_outcomes(piped)
            self._check_ledger(piped)
        let_late(self.store, self.desk)

    def _run(self, _transport: DeskTransport | None) -> Piped | None:
        """Run the target; None unless it carried all records through."""
        self.before = self._ledger()
        self.remember_rows()
        told, store = self._told, self.store
        states = b""
        for twin in range(2):
            self._outcomes_path(twin).unlink(missing_ok=True)
        with contextlib.ExitStack() as around:
            if "kilobytes" in told and self.world.has_store:
                mounted = around.enter_context(small_disk(store, told["kilobytes"]))
                told = told if mounted else {**told, "file_bytes": 1_000 * (told["kilobytes"] + 1)}
            is_twin = told.get("twin") and self.world.has_store
            runs = [self._started(told, twin) for twin in range(2 if is_twin else 1)]
            note_twins(runs)
            self._proxy.begin(orders_of({int(n): name for n, name in told["orders"].items()}), self._around(told, runs))
            send_signals(told, runs)
            ended = [run.ended(self._proxy.secrets) for run in runs]
        self.signing.take(runs[0])
        self._proxy.settle()
        expect(not self._proxy.trapped, "untrue", f"another host was called: {self._proxy.trapped}")
        for each in ended:
            expect(each.code in CODES, "tracebacks", f"exit code {each.code}: {each.errors[-800:]}")
            states += each.whole_lines
        self._check_secrets()
        for twin, each in enumerate(ended):
            self.check_states(told, each, self._outcomes_path(twin))
        self.counts["runs"] += len(runs)
        return self._piped_of(told, ended, states)

    def _ledger(self) -> Any:
        from books.truth import ledger

        return ledger(self.desk, self.since)

    def _piped_of(self, told: dict[str, Any], ended: list[Ended], states: bytes) -> Piped | None:
        path = self.folder / "outcomes.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        code = min((each.code for each in ended if each.code in {0, 1}), default=ended[0].code)
        said = "".join(each.errors for each in ended)
        if told is CALM:
            expect(code in {0, 1} and not ended[0].was_signalled, "orphans", f"it cannot go on: {said[-800:]}")
        carried = sum(json.loads(line)["position"] is not None for line in lines if line.endswith("}"))
        # What comes in pieces has one outcome.
        if told is not CALM and (len(ended) > 1 or code not in {0, 1} or carried < len(self.file)):
            return None
        return Piped(code, [json.loads(line) for line in states.splitlines()], [json.loads(line) for line in lines])

    def _started(self, told: dict[str, Any], twin: int) -> Run:
        self.starts += 1
        text = self._input(told)
        how = told.get("input", "whole")
        if how != "held":
            (self.folder / "input.jsonl").write_text(text[:-20] if how == "cut" else text)
        note(f"input: {how}")
        settings = self.settings_for(told, twin)
        if full := told.get("full"):
            note(f"full disk below the {full}")
            settings["outcomes_path" if full == "outcomes" else "dead_letter_path"] = "/dev/full"
        loader = told.get("loader")
        return start(
            "target-dynamics-bc",
            self.folder,
            config_for(self._proxy.url, **settings),
            *self.arguments(),
            name=f"{self.starts}-{twin}",
            variables=self.variables,
            stdin=self.folder / "input.jsonl",
            held=text if how == "held" else "",
            loader=(loader[0], loader[1]) if loader else None,
            stdout=told.get("stdout", ""),
            file_bytes=told.get("file_bytes", 0),
            clock=clock_for(told, self.folder),
        )

    def _input(self, told: dict[str, Any]) -> str:
        return with_states(singer_lines(self._records()), told.get("state_bytes", 0))

    def _outcomes_path(self, twin: int) -> Path:
        return self.folder / ("twin.jsonl" if twin else "outcomes.jsonl")

    def check_states(self, told: dict[str, Any], ended: Ended, path: Path) -> None:
        """What a run has printed passes no record of which it has not said what became of it."""
        if told.get("full") == "outcomes" or not path.exists():
            return
        outcomes = [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]
        decided = {each["position"] for each in outcomes if self._may_be_passed(each)}
        for line in ended.whole_lines.splitlines():
            passed = range(1, 1 + min(len(self.file), json.loads(line)["seen"]))
            left = sorted(set(passed) - decided)
            expect(not left, "lost", f"a state passes the records at {left}: {outcomes}")
        if ended.code == 0 and told.get("input", "whole") == "whole":
            last = self._input(told).splitlines()[-1]
            written = len(ended.output) + ended.left
            expect(written >= len(last) - OF_A_LINE, "lost", f"it ended with 0 and has printed {written} bytes")

    def _may_be_passed(self, outcome: dict[str, Any]) -> bool:
        if outcome["outcome"] == "uncertain":
            return self.world.has_store
        return not outcome_is_open(outcome)

    def settings_for(self, told: dict[str, Any], twin: int) -> dict[str, Any]:
        """The settings of a run."""
        return {
            **self.settings,
            **self.signing.settings(),
            "company": self.desk.company.id,
            "outcomes_path": str(self._outcomes_path(twin)),
            **({"store_path": str(self.store)} if self.world.has_store else {}),
            **patience_for(told["orders"]),
        }

    def arguments(self) -> list[str]:
        """What a run is told beside its config."""
        return []

    def _around(self, told: dict[str, Any], runs: list[Run]) -> Callable[[int, bool], None]:
        def around(number: int, is_done: bool) -> None:
            clock_due(told, self.folder, number, is_done=is_done)
            if not is_done and number in told.get("clerk", ()):
                self.clerk.meddle()
            if signal_due(told, runs[0], number, is_done=is_done):
                time.sleep(min(told["signal"]["seconds"], 0.02))

        return around

    def _check_secrets(self) -> None:
        """What the target signs in with is in its config alone."""
        for path in self.folder.rglob("*"):
            if path.is_file() and path.suffix != ".json":
                told = [each for each in (SECRET, FIRST, *self._proxy.secrets) if each.encode() in path.read_bytes()]
                expect(not told, "untrue", f"a secret is in {path.name}")


def write(told: dict[str, Any], folder: Path, life: type[ProcessLife] = ProcessLife) -> int:
    """One life of it; gives how often the target ran."""
    with contextlib.ExitStack() as around:
        proxies: list[BreakingProxy] = []

        def proxy(desk: Any) -> BreakingProxy:
            proxies.append(BreakingProxy(around.enter_context(served(desk))))
            around.callback(proxies[0].close)
            return proxies[0]

        return int(life(told, folder, proxy).live()["runs"])
