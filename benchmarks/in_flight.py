"""What are five requests in flight worth against one, and do they write the same bytes?

Starts an emulator with ten companies that takes 300 ms for each page, stops its clock, and lets the tap read the same
streams with one request at a time and with five. The tap has read the metadata before time is taken.

    python benchmarks/in_flight.py [--companies 10] [--latency-ms 300]
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import logging
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from tap_dynamics_bc.tap import TapDynamicsBC

if TYPE_CHECKING:
    from collections.abc import Iterator

STREAMS = ("customers", "generalLedgerEntries", "items", "salesInvoices", "salesInvoiceLines", "vendors")
MOMENT = "2026-11-20T12:00:00.000Z"


@dataclass(frozen=True)
class Measured:
    """One run of the tap."""

    seconds: float
    output: bytes

    @property
    def records(self) -> int:
        """How many records it wrote."""
        return self.output.count(b'{"type":"RECORD"')


@contextlib.contextmanager
def emulator(companies: int, latency_ms: int) -> Iterator[dict[str, str]]:
    """An emulator whose clock stands still; gives what it says when it is ready."""
    command = [sys.executable, "-m", "dynamics_bc_emulator", "--port", "0", "--companies", str(companies)]
    command += ["--latency-ms", str(latency_ms), "--requests-per-window", "1000000"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        answer = requests.post(f"{ready['url']}/_emulator/clock", json={"set": MOMENT, "frozen": True}, timeout=60)
        answer.raise_for_status()
        yield ready
    finally:
        process.terminate()
        process.wait(timeout=20)


def read(ready: dict[str, str], in_flight: int) -> Measured:
    """Read the streams of all companies."""
    config: dict[str, Any] = {
        name: ready[name] for name in ("tenant_id", "environment_name", "client_id", "client_secret")
    }
    config |= {"api_url": ready["url"], "auth_url": ready["url"], "max_concurrent_requests": in_flight}
    tap = TapDynamicsBC(config=config)
    for name, stream in tap.streams.items():
        stream.selected = name in STREAMS
    written = io.BytesIO()
    began = time.perf_counter()
    with contextlib.redirect_stdout(io.TextIOWrapper(written, write_through=True)):
        tap.sync_and_check()
        output = written.getvalue()
    return Measured(time.perf_counter() - began, output)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--companies", type=int, default=10)
    parser.add_argument("--latency-ms", type=int, default=300)
    arguments = parser.parse_args()
    logging.disable(logging.INFO)
    with emulator(arguments.companies, arguments.latency_ms) as ready:
        runs = {in_flight: read(ready, in_flight) for in_flight in (1, 5)}
    print(f"{'in flight':<12}{'seconds':>9}{'ratio':>7}{'records':>9}  sha-256 of the output")
    for in_flight, run in runs.items():
        digest = hashlib.sha256(run.output).hexdigest()[:16]
        print(f"{in_flight:<12}{run.seconds:>9.2f}{runs[1].seconds / run.seconds:>7.1f}{run.records:>9,}  {digest}")
    same = runs[1].output == runs[5].output
    print(f"The bytes are {'the same' if same else 'NOT the same'}.")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
