"""Does the campaign find nothing in a few of its runs, and can each be told again?"""

from __future__ import annotations

import json
import shutil
from collections import Counter

import pytest
from campaign.__main__ import tasks
from campaign.coverage import ENOUGH, counted, named, seldom
from campaign.disks import may_mount, small_disk
from campaign.kinds import KINDS, TAP, TARGET, kind_of, shown
from campaign.processes import forking
from campaign.steering import Steering, foreseen
from campaign.trying import Tried, tried

CHEAP = sorted(name for name, kind in KINDS.items() if kind.is_cheap)
# A day takes as long as many lives.
SLICE = [(name, seed) for name in CHEAP for seed in range(1 if "hours" in name else 3)]


@pytest.mark.parametrize(("name", "seed"), SLICE)
def test_a_slice_of_the_campaign_finds_nothing(name, seed):
    result = tried(KINDS[name], seed)
    assert result.findings == ()
    assert result.runs > 0


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_plan_is_its_seeds_alone_and_can_be_printed(name):
    kind = KINDS[name]
    assert all(kind.plan(seed) == kind.plan(seed) for seed in range(20))
    assert all(foreseen(kind.plan(seed)).keys() for seed in range(20))
    assert len({json.dumps(kind.plan(seed), sort_keys=True) for seed in range(20)}) > 10
    assert shown(kind, 3).startswith(f"{name}, seed 3\n")


def test_every_kind_has_its_turn():
    assert {kind_of(side, seed).name for seed in range(1000) for side in (TAP, TARGET)} == set(KINDS)
    assert all(kind_of(TAP, seed, cheap=True).is_cheap for seed in range(100))


def test_what_happened_too_seldom_is_said():
    results = [Tried("a kind", TAP, seed, 1, 0.1, (), ("wire: reset",)) for seed in range(ENOUGH)]
    missing = seldom(counted(results), 2000)
    assert "wire: reset" not in missing
    assert missing["wire: cut"] == 0
    assert seldom(counted(results[1:]), 2000)["wire: reset"] == ENOUGH - 1


def test_what_befalls_a_run_is_noted():
    befallen = {name for seed in range(4) for name in tried(KINDS["files under any answer"], seed).befallen}
    assert befallen & {name for name in named() if name.startswith("answer: ")}
    assert {name for name in befallen if not name.startswith("record: ")} <= named()


def test_a_disk_is_small_for_programs_too_although_others_were_started_before(tmp_path):
    large, store = tmp_path / "large", tmp_path / "store"
    large.write_bytes(bytes(100_000))

    def copied():
        program = forking().Process(target=shutil.copyfile, args=(large, store / "copy"))
        program.start()
        program.join(60)
        return program.exitcode == 0

    store.mkdir()
    assert copied()
    if may_mount():
        (store / "copy").unlink()
        with small_disk(store, 8):
            assert not copied()
    assert copied()


def test_what_was_seldom_is_tried_more_often_than_it_is_drawn():
    kind, steering = KINDS["lives with processes"], Steering()
    drawn = counted_plans(kind, range(60))
    steered = counted_plans(kind, [steering.seed(kind, own) for own in range(60)])
    wires = {name for name in named() if name.startswith("wire: ")}
    rarest = [sum(sorted(counts[name] for name in wires)[:15]) for counts in (drawn, steered)]
    assert rarest[1] > 1.5 * rarest[0]


def test_a_campaign_tries_the_same_seeds_each_time_and_none_twice():
    first = list(tasks(60, 7))
    assert list(tasks(60, 7)) == first
    assert len({seed for _, seed in first}) >= 60
    assert not {seed for _, seed in first} & {seed for _, seed in tasks(60, 8)}


def counted_plans(kind, seeds):
    return Counter(name for seed in seeds for name in foreseen(kind.plan(seed)))


@pytest.mark.parametrize(("name", "seed"), [("files under any answer", 1), ("files with processes", 4)])
def test_what_befalls_a_run_is_what_its_plan_has(name, seed):
    kind, extra = KINDS[name], ("input: ", "somebody else works")
    befallen = {each for each in tried(kind, seed).befallen if not each.startswith(extra)}
    assert befallen <= foreseen(kind.plan(seed)).keys()
