"""How long does a first read of millions of entries take, in windows and in one go, and what does a killed run leave?

Starts a made ledger that takes 300 ms for each page, and reads it whole: in one go, in windows with five requests at
once, and in windows until half of it has come, when the tap is killed; its last STATE then reads the rest. What arrives
is counted by entry numbers, so that none is missing. The most memory that the tap and the service took is told as well.

    python benchmarks/backfill.py [--rows 2000000] [--latency-ms 300]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
TAP = [sys.executable, "-m", "tap_dynamics_bc.tap"]
_NUMBER = re.compile(rb'"entryNumber":(\d+)')
CATALOG = {"streams": [{"tap_stream_id": "generalLedgerEntries", "metadata": []}]}


@dataclass
class Arrived:
    """What has come of a ledger.

    Attributes:
        seen: For each entry whether it has come.
        records: How many records have.
        state: The last STATE.
    """

    seen: bytearray
    records: int = 0
    state: dict[str, Any] = field(default_factory=dict)

    def take(self, line: bytes) -> None:
        """Take a message."""
        if line.startswith(b'{"type":"STATE"'):
            self.state = json.loads(line)["value"]
        elif (found := _NUMBER.search(line)) and line.startswith(b'{"type":"RECORD"'):
            self.seen[int(found[1]) - 1] = 1
            self.records += 1

    @property
    def missing(self) -> int:
        """Entries that have not come."""
        return self.seen.count(0)


@dataclass(frozen=True)
class Measured:
    """One run of the tap.

    Attributes:
        seconds: How long it took.
        megabytes: The most memory it took.
        records: How many records it wrote.
    """

    seconds: float
    megabytes: float
    records: int

    def __str__(self) -> str:
        return f"{self.seconds:7.1f} s  {self.megabytes:6.0f} MB  {self.records:>10,} records"


class Backfill:
    """Reads one made ledger.

    Args:
        url: Where it is.
        folder: For config, catalog and state.
        rows: Its entries.
    """

    def __init__(self, url: str, folder: Path, rows: int) -> None:
        self._url = url
        self._folder = folder
        self._rows = rows
        (folder / "catalog.json").write_text(json.dumps(CATALOG))

    def whole(self, **settings: Any) -> Measured:
        """Read all of it.

        Raises:
            AssertionError: Something is missing.
        """
        arrived = Arrived(bytearray(self._rows))
        measured = self._run(arrived, settings)
        assert not arrived.missing, f"{arrived.missing:,} entries did not come"
        return measured

    def in_two(self, **settings: Any) -> tuple[Measured, Measured]:
        """Kill the tap when half has come, and read the rest.

        Raises:
            AssertionError: Something is missing.
        """
        arrived = Arrived(bytearray(self._rows))
        first = self._run(arrived, settings, until=self._rows // 2)
        second = self._run(arrived, settings, state=arrived.state)
        assert not arrived.missing, f"{arrived.missing:,} entries did not come"
        return first, second

    def _run(
        self,
        arrived: Arrived,
        settings: dict[str, Any],
        *,
        until: int | None = None,
        state: dict[str, Any] | None = None,
    ) -> Measured:
        command = [*TAP, "--config", self._put("config", self._config(settings)), "--catalog", self._path("catalog")]
        command += ["--state", self._put("state", state)] if state else []
        before, began = arrived.records, time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as tap:
            assert tap.stdout is not None
            for line in tap.stdout:
                arrived.take(line)
                if until is not None and arrived.records >= until:
                    tap.send_signal(signal.SIGKILL)
                    break
            _, status, used = os.wait4(tap.pid, 0)
            tap.returncode = os.waitstatus_to_exitcode(status)
        assert tap.returncode == (0 if until is None else -signal.SIGKILL), f"the tap ended with {tap.returncode}"
        return Measured(time.perf_counter() - began, used.ru_maxrss / 1024, arrived.records - before)

    def _config(self, settings: dict[str, Any]) -> dict[str, Any]:
        sign_in = {"tenant_id": "acme.example", "client_id": "app", "client_secret": "not-a-secret"}
        return {"api_url": self._url, "auth_url": self._url, **sign_in, **settings}

    def _put(self, name: str, content: Any) -> str:
        Path(self._path(name)).write_text(json.dumps(content))
        return self._path(name)

    def _path(self, name: str) -> str:
        return str(self._folder / f"{name}.json")


@contextlib.contextmanager
def made_ledger(rows: int, latency_ms: float) -> Iterator[tuple[str, int]]:
    """The address and the process of a made ledger."""
    command = [sys.executable, str(HERE / "made_ledger.py"), "--rows", str(rows), "--latency-ms", str(latency_ms)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip(), server.pid
        finally:
            server.stdin.close()


def most_megabytes(process_id: int) -> float:
    """The most memory that a process took so far."""
    status = Path(f"/proc/{process_id}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) / 1024 if found else float("nan")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--latency-ms", type=float, default=300)
    given = parser.parse_args()
    with made_ledger(given.rows, given.latency_ms) as (url, server), tempfile.TemporaryDirectory() as folder:
        backfill = Backfill(url, Path(folder), given.rows)
        print(f"{given.rows:,} entries at {given.latency_ms:g} ms a request")
        print(f"one after the other   {backfill.whole(backfill_windows=False, max_concurrent_requests=1)}")
        print(f"windows, five at once {backfill.whole()}")
        first, second = backfill.in_two()
        print(f"killed at half        {first}")
        print(f"the rest of it        {second}")
        print(f"the service took {most_megabytes(server):.0f} MB")


if __name__ == "__main__":
    main()
