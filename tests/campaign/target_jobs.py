"""Files that HotGlue jobs write: its folder, variables and snapshots, and the output that the next job goes on from.

A job is killed, starved of disk, misled and left by whoever reads it, as any run is. What it has printed is kept as
HotGlue keeps it: the last line as the state that the next job is given, or as what a job that crashed left behind; or
not at all. What it prints has to be what became of the records, and its id map what there is.
"""

from __future__ import annotations

import csv
import json
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

from campaign import target_processes
from campaign.befallen import note
from campaign.target_processes import ProcessLife
from judged import expect

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from campaign.processes import Ended
    from campaign.proxy import BreakingProxy

    from tests.target.conftest import Piped

FLOW = "flow-1"
OUTPUT_BYTES = 2_000
VARIABLES = {"JOB_ID": "job-1", "FLOW": FLOW, "TENANT": "tenant-1", "ENV_ID": "dev.example.com"}
STATE, CRASHED = "state.json", "incremental_target_state.json"
KEEPS = ("state", "crash", "nothing")
"""What HotGlue keeps of a job that did not end well."""
MAPPINGS = {"class": "CLASS", "department": "DEPARTMENT"}
FAILED = frozenset({"rejected", "uncertain"})


def file(seed: int) -> dict[str, Any]:
    """The jobs of a seed."""
    chance = random.Random(f"job {seed}")
    # A job always keeps something: in a store of its own, or in its snapshots.
    told = {**target_processes.file(seed, has_store=True), "is_store_apart": chance.random() < 0.5}
    for attack in told["attacks"]:
        if "loader" in attack:
            attack["loader"][0] = chance.randrange(1, OUTPUT_BYTES)
        attack["keeps"] = chance.choice(KEEPS)
    return told


class JobLife(ProcessLife):
    """A life whose every run is a job."""

    def __init__(self, told: dict[str, Any], folder: Path, proxy: Callable[[Any], BreakingProxy]) -> None:
        super().__init__(told, folder, proxy)
        self.snapshots = folder / "snapshots"
        self.snapshots.mkdir(mode=0o700)
        self._is_store_apart = told["is_store_apart"]
        self.store = self.store if self._is_store_apart else self.snapshots
        note(f"job: {'a store' if self._is_store_apart else 'no store'} beside the snapshots")
        tenant = {"dynamics-bc": {"dimension_mappings": MAPPINGS}}
        (self.snapshots / "tenant-config.json").write_text(json.dumps(tenant))
        self.variables = {**VARIABLES, "TARGET": "dynamics-bc", "SNAPSHOT_DIR": str(self.snapshots)}

    def settings_for(self, told: dict[str, Any], twin: int) -> dict[str, Any]:
        given = super().settings_for(told, twin)
        left = {"dimension_mappings", "company", *(() if self._is_store_apart else ("store_path",))}
        named = {name: given[name] for name in given.keys() - left}
        return {**named, "export_company_id": given["company"], "snapshot_dir": str(self.snapshots)}

    def arguments(self) -> list[str]:
        path = self.folder / STATE
        return ["--state", str(path)] if path.exists() else []

    def check_states(self, told: dict[str, Any], ended: Ended, path: Path) -> None:
        """What a job prints is no state, and looked at when it has ended."""

    def _piped_of(self, told: dict[str, Any], ended: list[Ended], states: bytes) -> Piped | None:
        whole = [json.loads(line) for line in ended[0].whole_lines.splitlines()]
        is_whole = ended[0].code == 0 and ended[0].output.endswith(b"\n")
        piped = super()._piped_of(told, ended, states)
        if is_whole and len(ended) == 1 and "loader" not in told and "stdout" not in told:
            expect(whole, "outcomes", "a job that ended well has printed nothing")
            outcomes = [json.loads(line) for line in (self.folder / "outcomes.jsonl").read_text().splitlines()]
            check_output(whole[-1], outcomes)
            check_id_map(outcomes, self.id_map)
        self._keep(whole, "state" if is_whole else told.get("keeps", "nothing"))
        return piped

    def _keep(self, lines: list[Any], how: str) -> None:
        """What the next job finds."""
        note(f"job: its {how} is kept" if how != "nothing" else "job: nothing is kept")
        if lines and how != "nothing":
            name = STATE if how == "state" else CRASHED
            (self.folder / name).write_text(json.dumps(lines[-1]))

    def id_map(self, stream: str) -> dict[str, str]:
        """The file of a stream."""
        path = self.snapshots / f"{stream}_{FLOW}.snapshot.csv"
        if not path.exists():
            return {}
        with path.open(newline="") as file:
            return {row["InputId"]: row["RemoteId"] for row in csv.DictReader(file)}


def check_output(told: Mapping[str, Any], outcomes: Sequence[Mapping[str, Any]]) -> None:
    """The last line that a job has printed is what became of the records.

    Raises:
        BrokenPromiseError: It is not.
    """
    entries = [{**entry, "stream": stream} for stream, of in told["bookmarks"].items() for entry in of]
    wanted = Counter((each["stream"], each["external_id"], each["hash"]) for each in outcomes)
    found = Counter((each["stream"], each["externalId"], each["hash"]) for each in entries)
    expect(found == wanted, "outcomes", f"{found - wanted} too many, {wanted - found} missing in what a job reads")
    became = Counter((each["stream"], each["external_id"], each["outcome"] not in FAILED) for each in outcomes)
    said = Counter((each["stream"], each["externalId"], bool(each["success"])) for each in entries)
    expect(said == became, "untrue", f"what a job reads of successes: {said - became}")
    counted = {stream: sum(counts.values()) for stream, counts in told["summary"].items()}
    expect(counted == {stream: len(of) for stream, of in told["bookmarks"].items()}, "untrue", told["summary"])


def check_id_map(outcomes: Sequence[Mapping[str, Any]], id_map: Callable[[str], Mapping[str, str]]) -> None:
    """Who was written is found by the sender's id.

    Raises:
        BrokenPromiseError: Somebody is not.
    """
    for each in outcomes:
        if each["outcome"] not in {*FAILED, "deleted"} and each["external_id"] and each["id"]:
            known = id_map(each["stream"]).get(each["external_id"])
            expect(known == each["id"], "lost", f"the id map has {known}: {each}")


def write(told: dict[str, Any], folder: Path) -> int:
    """One life of it; gives how often the target ran."""
    return target_processes.write(told, folder, JobLife)
