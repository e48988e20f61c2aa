"""A disk that is full, at whatever moment, ends the run with a sentence, and the next one loses and doubles nothing."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import sqlite3

import pytest
from emulator.in_process import open_desk

from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_client.store_database import StoreDatabase
from target_dynamics_bc.target import TargetDynamicsBC
from tests.target.at_the_desk import CONFIG, DeskTransport

RECORDS = 5


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """A few records are carried through at a time, so that there is a middle."""
    monkeypatch.setattr("target_dynamics_bc.order.CHUNK", 2)


class Disk:
    """The disk below a store; from one write on it is full."""

    def __init__(self, monkeypatch):
        self.writes, self.full_from = 0, None
        transaction, fsync, disk = StoreDatabase.transaction, os.fsync, self

        @contextlib.contextmanager
        def limited(database):
            with database.explained():
                disk.write(sqlite3.OperationalError("database or disk is full"))
            with transaction(database) as cursor:
                yield cursor

        def limited_fsync(descriptor):
            disk.write(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
            fsync(descriptor)

        monkeypatch.setattr(StoreDatabase, "transaction", limited)
        monkeypatch.setattr(os, "fsync", limited_fsync)

    def write(self, error):
        self.writes += 1
        if self.full_from is not None and self.writes >= self.full_from:
            raise error


def run(desk, store):
    """A run; gives what it raised, its last STATE and the positions of its outcomes."""
    output, raised = io.StringIO(), None
    config = {**CONFIG, "store_path": str(store), "max_concurrent_requests": 1}
    target = TargetDynamicsBC(config=config, transport=DeskTransport(desk), output=output, sleep=lambda _: None)
    try:
        try:
            target.listen(io.StringIO(lines()))
        finally:
            target.close()
    except DynamicsError as error:
        raised = error
    states = [json.loads(line)["n"] for line in output.getvalue().splitlines()]
    return raised, states[-1] if states else 0


def lines():
    messages = [{"type": "SCHEMA", "stream": "Vendors", "schema": {"properties": {}}, "key_properties": []}]
    for n in range(1, RECORDS + 1):
        record = {"externalId": f"v-{n}", "vendorName": f"Vendor {n}", **({"currency": "XXQ"} if n == 2 else {})}
        messages += [{"type": "RECORD", "stream": "Vendors", "record": record}, {"type": "STATE", "value": {"n": n}}]
    return "".join(json.dumps(message) + "\n" for message in messages)


def test_a_disk_that_fills_up_at_any_write_loses_and_doubles_nothing(tmp_path, monkeypatch):
    disk, desk = Disk(monkeypatch), open_desk()
    before = len(desk.company.find("vendors"))
    assert run(desk, tmp_path / "undisturbed") == (None, RECORDS)
    count = disk.writes
    assert count > 4 * RECORDS
    for number in range(1, count + 1, 2):
        desk, store = open_desk(), tmp_path / str(number)
        disk.writes, disk.full_from = 0, number
        raised, state = run(desk, store)
        assert raised is not None, number
        assert ("full" in raised.message, raised.exit_code) == (True, 1), raised.message
        path = store / "outcomes.jsonl"
        done = len(path.read_text().splitlines()) if path.exists() else 0
        assert state <= done, number
        disk.full_from = None
        assert run(desk, store) == (None, RECORDS), number
        assert len(desk.company.find("vendors")) == before + RECORDS - 1, number
        letters = [line for line in (store / "dead-letter.singer").read_text().splitlines() if '"RECORD"' in line]
        assert len(letters) == 1, number
