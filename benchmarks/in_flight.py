"""What are five requests in flight worth against one, and do they write the same bytes?

Starts an emulator with ten companies that takes 300 ms for each page, stops its clock, and lets the tap read the same
streams with one request at a time and with five. The tap has read the metadata before time is taken.

    python benchmarks/in_flight.py [--companies 10] [--latency-ms 300] [--against PYTHON]
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import logging
import sys
import time

from emulated import emulated
from tap_dynamics_bc.tap import TapDynamicsBC
from turns import NOW, Figures, add_options, in_turn, print_seconds

STREAMS = ("customers", "generalLedgerEntries", "items", "salesInvoices", "salesInvoiceLines", "vendors")
IN_FLIGHT = (1, 5)


def figures(config: dict[str, object]) -> Figures:
    """Read the streams of all companies with one request in flight, and with five.

    Raises:
        AssertionError: The two do not write the same bytes.
    """
    runs = {in_flight: read({**config, "max_concurrent_requests": in_flight}) for in_flight in IN_FLIGHT}
    digests = {hashlib.sha256(output).hexdigest() for _, output in runs.values()}
    assert len(digests) == 1, "one and five requests in flight do not write the same bytes"
    return {f"{in_flight} in flight": seconds for in_flight, (seconds, _) in runs.items()}


def read(config: dict[str, object]) -> tuple[float, bytes]:
    """Read the streams of all companies; gives the seconds it took and what was written."""
    tap = TapDynamicsBC(config=config)
    for name, stream in tap.streams.items():
        stream.selected = name in STREAMS
    written = io.BytesIO()
    with contextlib.redirect_stdout(io.TextIOWrapper(written, write_through=True)):
        began = time.perf_counter()
        tap.sync_and_check()
        return time.perf_counter() - began, written.getvalue()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--companies", type=int, default=10)
    parser.add_argument("--latency-ms", type=int, default=300)
    add_options(parser, repeats=1)
    parser.add_argument("--once", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.once:
        logging.disable(logging.CRITICAL)
        print(json.dumps(figures(json.loads(arguments.once))))
        return 0
    options = ("--companies", str(arguments.companies), "--latency-ms", str(arguments.latency_ms))
    with emulated(sys.executable, *options) as service:
        once = ["--once", json.dumps(service.config())]
        best = in_turn(__file__, once, against=arguments.against, repeats=arguments.repeats)
    print_seconds(best)
    one, five = best[NOW].values()
    print(f"Five requests in flight are {one / five:.1f} times as fast as one, and write the same bytes.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
