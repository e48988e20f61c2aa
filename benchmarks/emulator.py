"""How quick is the emulator: its start, a page, a batch, a reset, and what a whole ledger costs it in memory?

Each release's own emulator is started and asked in plain HTTP, so that nothing of the tap or the target is measured.

    python benchmarks/emulator.py [--scale 10] [--repeats 3] [--against PYTHON]

A scale of 424 is a million general ledger entries.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from emulated import emulated
from turns import BEFORE, NOW, Figures, add_options, in_turn, print_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulated import Emulated

GOALS = {"start": 1.0, "20,000 rows of a page": 0.3, "100 reads in a batch": 0.2, "100 creates in a batch": 0.2}
"""Seconds that each may take; a reset is compared alone."""

MEMORY = "memory after all entries"
ROUNDS = 5


class Asked:
    """One company of an emulator, asked in plain HTTP."""

    def __init__(self, service: Emulated) -> None:
        config = service.config()
        self._service = service
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {service.access_token()}"
        self.root = f"{config['api_url']}/v2.0/{config['environment_name']}/api/v2.0"
        self.company = self._get(f"{self.root}/companies")["value"][0]["id"]

    def page(self, rows: int) -> None:
        """Read the first rows of the general ledger."""
        address = f"{self.root}/companies({self.company})/generalLedgerEntries?$top={rows}"
        self._session.get(address, timeout=600).raise_for_status()

    def all_pages(self) -> None:
        """Read the general ledger to its end."""
        address = f"{self.root}/companies({self.company})/generalLedgerEntries"
        while address:
            address = self._get(address).get("@odata.nextLink", "")

    def batch(self, operations: list[dict[str, Any]]) -> None:
        """Send operations below the company.

        Raises:
            AssertionError: One of them fails.
        """
        requests_of = [
            {"id": str(number), **one, "url": f"companies({self.company})/{one['url']}"}
            for number, one in enumerate(operations)
        ]
        answer = self._session.post(f"{self.root}/$batch", json={"requests": requests_of}, timeout=600)
        statuses = {each["status"] for each in answer.json()["responses"]}
        assert statuses <= {200, 201}, statuses

    def _get(self, address: str) -> Any:
        answer = self._session.get(address, timeout=600)
        answer.raise_for_status()
        return answer.json()


def figures(scale: int) -> Figures:
    """Seconds of each, and the emulator's memory in MB."""
    began = time.perf_counter()
    with emulated(sys.executable) as service:
        found = {"start": time.perf_counter() - began}
        asked = Asked(service)
        header = {"headers": {"Content-Type": "application/json"}}
        creates = [
            {"method": "POST", "url": "vendors", **header, "body": {"displayName": f"V {n}"}} for n in range(100)
        ]
        found["100 creates in a batch"] = best(lambda: asked.batch(creates))
        found["100 reads in a batch"] = best(lambda: asked.batch([{"method": "GET", "url": "items?$top=1"}] * 100))
        found["reset"] = best(service.back_to_the_seed)
    with emulated(sys.executable, "--scale", str(scale), "--companies", "1") as service:
        asked = Asked(service)
        found["20,000 rows of a page"] = best(lambda: asked.page(20_000))
        asked.all_pages()
        found[MEMORY] = service.memory_mb()
    return found


def best(action: Callable[[], None]) -> float:
    """The shortest time that an action takes, in seconds."""
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        action()
        taken.append(time.perf_counter() - began)
    return min(taken)


def print_memory(memory: Mapping[str, float]) -> None:
    """The memory of each release's emulator."""
    before = f", before {memory[BEFORE]:,.0f} MB" if BEFORE in memory else ""
    print(f"{MEMORY}: {memory[NOW]:,.0f} MB{before}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=int, default=10, help="years of general ledger entries; 424 is a million")
    add_options(parser, repeats=2)
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.once:
        print(json.dumps(figures(arguments.scale)))
        return 0
    once = ["--once", "--scale", str(arguments.scale)]
    measured = in_turn(str(Path(__file__)), once, against=arguments.against, repeats=arguments.repeats)
    memory = {release: each.pop(MEMORY) for release, each in measured.items()}
    print_seconds(measured)
    print_memory(memory)
    missed = [f"{name} takes more than {goal} s" for name, goal in GOALS.items() if measured[NOW][name] > goal]
    print("\n".join(missed) or "Each goal is met.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
