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

from books.life import LATE_FOR
from campaign.attacks import WHAT, attack, clock_due, clock_for, let_late, signal_due
from campaign.befallen import note
from campaign.disks import small_disk
from campaign.processes import CODES, SIGNALS, Ended, Run, note_twins, start
from campaign.proxy import BreakingProxy, orders_of, patience_for
from campaign.served import SECRET, config_for, served
from campaign.signing import FIRST, Signing, without_disks
from campaign.target_files import JudgedLife, file_of, note_records
from judged import expect

from tests.target.conftest import Piped, singer_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tap.desk_runs import DeskTransport

REQUESTS = 30
OUTPUT_BYTES = 60
FILES = ("outcomes", "dead letters")
REFRESHING = 0.35
"""How many files are written by runs that sign in with a refresh token."""
CALM: dict[str, Any] = {"orders": {}}
INPUTS = ("whole", "whole", "whole", "cut", "held")
"""How records come: all of them, with the last line cut off, or from somebody who never says that it was the last."""


def file(seed: int) -> dict[str, Any]:
    """The life of a file of a seed."""
    chance = random.Random(seed)
    attacks = []
    for _ in range(chance.choice((1, 1, 2))):
        told = attack(chance, requests=REQUESTS, output_bytes=OUTPUT_BYTES, what=(*WHAT, "full"))
        told["input"] = chance.choice(INPUTS)
        if chance.random() < 0.3:
            told["clerk"] = sorted(chance.sample(range(2, REQUESTS), 2))
        if chance.random() < 0.15:
            told["full"] = chance.choice(FILES)
        attacks.append(told)
    told = {"seed": seed, "size": chance.randrange(3, 8), "has_store": chance.random() < 0.75, "attacks": attacks}
    if chance.random() < REFRESHING:
        return {**told, "attacks": [without_disks(each) for each in attacks], "refreshes": True}
    return told


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
        let_late(self.store, self.desk, LATE_FOR)

    def _run(self, _transport: DeskTransport | None) -> Piped | None:
        """Run the target; None unless it carried all records through."""
        self.before = self._ledger()
        self.remember_rows()
        told, store = self._told, self.store
        outcomes, states = self.folder / "outcomes.jsonl", b""
        outcomes.unlink(missing_ok=True)
        with contextlib.ExitStack() as around:
            if "kilobytes" in told and self.world.has_store:
                mounted = around.enter_context(small_disk(store, told["kilobytes"]))
                told = told if mounted else {**told, "file_bytes": 1_000 * (told["kilobytes"] + 1)}
            is_twin = told.get("twin") and self.world.has_store
            runs = [self._started(told, twin) for twin in range(2 if is_twin else 1)]
            note_twins(runs)
            self._proxy.begin(orders_of({int(n): name for n, name in told["orders"].items()}), self._around(told, runs))
            self._after_start(told, runs)
            ended = [run.ended(self._proxy.secrets) for run in runs]
        self.signing.take(runs[0])
        self._proxy.settle()
        expect(not self._proxy.trapped, "untrue", f"another host was called: {self._proxy.trapped}")
        for each in ended:
            expect(each.code in CODES, "tracebacks", f"exit code {each.code}: {each.errors[-800:]}")
            states += each.whole_lines
        self._check_secrets()
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
        if told is not CALM and (len(ended) > 1 or code not in {0, 1} or carried < len(self._records())):
            return None
        return Piped(code, [json.loads(line) for line in states.splitlines()], [json.loads(line) for line in lines])

    def _started(self, told: dict[str, Any], twin: int) -> Run:
        self.starts += 1
        text = singer_lines(self._records())
        how = told.get("input", "whole")
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
            loader=(loader[0], loader[1]) if loader else None,
            stdout=told.get("stdout", ""),
            file_bytes=told.get("file_bytes", 0),
            clock=clock_for(told, self.folder),
        )

    def settings_for(self, told: dict[str, Any], twin: int) -> dict[str, Any]:
        """The settings of a run."""
        return {
            **self.settings,
            **self.signing.settings(),
            "company": self.desk.company.id,
            "outcomes_path": str(self.folder / ("outcomes.jsonl" if not twin else "twin.jsonl")),
            **({"store_path": str(self.store)} if self.world.has_store else {}),
            **patience_for(told["orders"]),
        }

    def arguments(self) -> list[str]:
        """What a run is told beside its config."""
        return []

    def _after_start(self, told: dict[str, Any], runs: list[Run]) -> None:
        if (told.get("loader") or [0, ""])[1] == "stops":
            runs[0].signal_in(3, SIGNALS["terminated"])
        if told.get("input") == "held":
            runs[0].signal_in(2, SIGNALS["terminated"])

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
