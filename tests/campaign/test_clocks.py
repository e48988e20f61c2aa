"""Do our programs go by the clock that a plan sets, as processes, and wait in no time?"""

from __future__ import annotations

import contextlib
import sqlite3
import time

import pytest
from campaign.clocks import set_ahead
from campaign.processes import start
from campaign.proxy import BreakingProxy
from campaign.served import config_for, served
from emulator.in_process import open_desk

from tests.target.conftest import singer_lines

VENDOR = ("Vendors", {"externalId": "v", "vendorName": "Vendor v"})


@pytest.mark.parametrize("hours", [-26, 0, 5])
def test_a_program_takes_the_time_from_the_clock_of_its_plan(tmp_path, hours):
    (tmp_path / "input.jsonl").write_text(singer_lines([VENDOR]))
    set_ahead(tmp_path / "clock", hours * 3600)
    with served(open_desk()) as url:
        how = {"outcomes_path": str(tmp_path / "outcomes.jsonl"), "store_path": str(tmp_path / "store")}
        settings = config_for(url, **how)
        run = start("target-dynamics-bc", tmp_path, settings, stdin=tmp_path / "input.jsonl", clock=tmp_path / "clock")
        assert run.ended().code == 0
    with contextlib.closing(sqlite3.connect(tmp_path / "store" / "ledger.sqlite")) as memory:
        ((changed,),) = memory.execute("SELECT strftime('%s', changed_at) FROM units").fetchall()
    assert abs(int(changed) - time.time() - hours * 3600) < 120


def test_a_program_that_is_to_wait_for_a_short_time_waits_no_longer_for_a_token(tmp_path):
    (tmp_path / "input.jsonl").write_text(singer_lines([VENDOR]))
    began = time.monotonic()
    with served(open_desk()) as url, contextlib.closing(BreakingProxy(url)) as proxy:
        proxy.begin({-1: "half open"}, lambda _number, _is_done: None)
        how = {"outcomes_path": str(tmp_path / "outcomes.jsonl"), "timeout_seconds": 0.5}
        run = start("target-dynamics-bc", tmp_path, config_for(proxy.url, **how), stdin=tmp_path / "input.jsonl")
        assert run.ended().code == 0
        assert proxy.sign_ins == 2
    assert time.monotonic() - began < 30


def test_a_program_waits_in_no_time(tmp_path):
    (tmp_path / "input.jsonl").write_text(singer_lines([VENDOR]))
    began = time.monotonic()
    settings = config_for("http://127.0.0.1:9", outcomes_path=str(tmp_path / "outcomes.jsonl"))
    run = start("target-dynamics-bc", tmp_path, settings, stdin=tmp_path / "input.jsonl")
    assert run.ended().code == 1
    assert time.monotonic() - began < 30
