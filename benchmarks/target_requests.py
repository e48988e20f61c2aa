"""How many requests does the target send for a file, and what are five in flight worth?

Each file is sent to an emulator at its seed, then once more with the same store and once more without one. Requests are
those below the API, the company's and the metadata's included; a batch is one. The last figures are seconds for records
that do not depend on each other, with one request in flight and with five, where each request takes 100 ms.

    python benchmarks/target_requests.py [--records 1000] [--latency-ms 100] [--against PYTHON]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import logging
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.transport import Request, RequestsTransport, Response
from emulated import Emulated, emulated
from tap_runs import DEMO_COMPANY
from target_dynamics_bc.target import TargetDynamicsBC
from turns import BEFORE, NOW, Figures, figures_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

PLAIN, INHERITING = "V-PLAIN", "V-INHERITS"
LINES = 5
GOALS = {"customers": 30, "bills, none inherited": 60, "bills, all inherited": 150, "posted entries": 200}
AGAIN = 30
"""Goal for any of the files when it is sent again."""
IN_FLIGHT = "in flight"
CHANGED = 60
"""Bills that are changed, each in a transaction of its own."""


@dataclass(frozen=True, slots=True)
class File:
    """What is sent.

    Attributes:
        name: What a report calls it.
        stream: The stream of its records.
        record: The record of a number.
    """

    name: str
    stream: str
    record: Callable[[int], Mapping[str, Any]]

    def text(self, records: int) -> str:
        """It as a Singer file."""
        schema = {"type": "SCHEMA", "stream": self.stream, "schema": {"properties": {}}, "key_properties": []}
        rows = ({"type": "RECORD", "stream": self.stream, "record": self.record(number)} for number in range(records))
        lines: Iterable[Mapping[str, Any]] = [schema, *rows, {"type": "STATE", "value": {}}]
        return "".join(json.dumps(line) + "\n" for line in lines)


def customer(number: int) -> dict[str, Any]:
    """A new customer."""
    return {
        "externalId": f"c-{number}",
        "companyName": f"Customer {number}",
        "email": f"c{number}@example.com",
        "addresses": [{"addressType": "billing", "line1": f"{number} Quay", "city": "Leith", "country": "GB"}],
    }


def bill(vendor: str, number: int) -> dict[str, Any]:
    """A new bill of five lines, with a dimension of its own and one for each line."""
    area = {"number": "AREA", "valueNumber": "30"}
    line = {"accountNumber": "8210", "amount": 10 + number % 7, "dimensions": [area]}
    return {
        "externalId": f"b-{number}",
        "billNumber": f"B{number}",
        "vendorNumber": f"{vendor}-{number % 20}",
        "issueDate": "2026-01-12",
        "className": "Retail",
        "expenses": [{**line, "description": f"Line {place}"} for place in range(LINES)],
    }


def entry(number: int) -> dict[str, Any]:
    """A journal entry of two lines that is to be posted."""
    amount = 10 + number % 7
    return {
        "externalId": f"j-{number}",
        "journalEntryNumber": f"J{number}",
        "transactionDate": "2026-01-27",
        "isDraft": False,
        "lineItems": [
            {"accountNumber": "8210", "debitAmount": amount},
            {"accountNumber": "2910", "creditAmount": amount},
        ],
    }


FILES = (
    File("customers", "Customers", customer),
    File("bills, none inherited", "Bills", lambda number: bill(PLAIN, number)),
    File("bills, all inherited", "Bills", lambda number: bill(INHERITING, number)),
    File("posted entries", "JournalEntries", entry),
)


class Counting:
    """The network, with requests below the API counted."""

    def __init__(self, connections: int) -> None:
        self.requests = self.operations = 0
        self.writes: list[tuple[float, float]] = []
        self._network = RequestsTransport(connections=connections)

    def __call__(self, request: Request) -> Response:
        """Send one."""
        if "/api/v2.0" in request.url:
            self.requests += 1
            is_batch = request.url.endswith("$batch")
            self.operations += len(json.loads(request.body or b"{}")["requests"]) if is_batch else 1
        began = time.perf_counter()
        response = self._network(request)
        if request.headers.get("Isolation"):
            self.writes.append((began, time.perf_counter()))
        return response


def plant(service: Emulated) -> None:
    """Vendors that hand down nothing, and some that hand down all dimensions of the bills."""
    rows = service.rows(DEMO_COMPANY, "vendors")
    sample = next(row for row in rows if row["number"] == "10000")
    defaults = service.rows(DEMO_COMPANY, "defaultDimensions")
    default = next(row for row in defaults if row["parentType"] == "Vendor")
    dimensions = {row["code"]: row["id"] for row in service.rows(DEMO_COMPANY, "dimensions")}
    values = service.rows(DEMO_COMPANY, "dimensionValues")
    for place in range(20):
        for side, name in enumerate((PLAIN, INHERITING)):
            id_ = f"00000000-0000-4000-8000-{side:06d}{place:06d}"
            named = {"number": f"{name}-{place}", "displayName": f"{name} {place}"}
            service.edit(DEMO_COMPANY, "vendors", id_, {**sample, **named, "id": id_})
            for number, (code, value) in enumerate((("CLASS", "WHOLESALE"), ("AREA", "50")) if side else ()):
                of = next(row for row in values if row["code"] == value and row["dimensionId"] == dimensions[code])
                own = f"00000000-0000-4000-9000-{number:06d}{place:06d}"
                changes = {"id": own, "parentId": id_, "dimensionId": dimensions[code], "dimensionCode": code}
                changes |= {"dimensionValueId": of["id"], "dimensionValueCode": value, "postingValidation": "_x0020_"}
                service.edit(DEMO_COMPANY, "defaultDimensions", own, {**default, **changes})


def send(config: Mapping[str, Any], text: str) -> tuple[Counting, float, list[str]]:
    """Send a file; gives what was counted, the seconds that it took and the outcomes."""
    counting = Counting(int(config.get("max_concurrent_requests", 5)))
    target = TargetDynamicsBC(config=dict(config), transport=counting, output=io.StringIO())
    began = time.perf_counter()
    target.listen(io.StringIO(text))
    target.close()
    return counting, time.perf_counter() - began, [outcome.kind for outcome in target.outcomes]


def counts(given: Mapping[str, Any]) -> Figures:
    """Requests, operations and seconds of one file."""
    file = FILES[given["file"]]
    text, figures = file.text(given["records"]), dict[str, float]()
    with tempfile.TemporaryDirectory() as folder:
        config = {**given["config"], "company": DEMO_COMPANY, "store_path": str(Path(folder) / "store")}
        for name, kinds, settings in (
            (file.name, {"created", "posted"}, config),
            (f"{file.name}, again", {"existing"}, config),
            (f"{file.name}, no store", {"unchanged", "posted"}, {**config, "store_path": str(Path(folder) / "none")}),
        ):
            counted, seconds, outcomes = send(settings, text)
            assert set(outcomes) <= kinds, (name, outcomes)
            figures |= {
                f"{name}: requests": counted.requests,
                f"{name}: operations": counted.operations,
                f"{name}: seconds": seconds,
            }
    return figures


def in_flight(given: Mapping[str, Any]) -> Figures:
    """Seconds for bills that are changed, each in a transaction of its own, with so many requests in flight."""
    config = {**given["config"], "company": DEMO_COMPANY, "max_concurrent_requests": given["at_once"]}
    send(config, File("", "Bills", lambda number: bill(PLAIN, number)).text(given["records"]))
    counted, _, outcomes = send(config, File("", "Bills", changed_bill).text(given["records"]))
    assert set(outcomes) == {"updated"}, outcomes
    # From the first change to the last: what comes before takes as long either way.
    seconds = max(ended for _, ended in counted.writes) - min(began for began, _ in counted.writes)
    return {f"{given['at_once']} in flight": seconds}


def changed_bill(number: int) -> dict[str, Any]:
    """The bill of a number, with other amounts."""
    before = bill(PLAIN, number)
    return {**before, "expenses": [{**line, "amount": 99} for line in before["expenses"]]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1000)
    parser.add_argument("--latency-ms", type=int, default=100)
    parser.add_argument("--against", type=Path, help="interpreter of another release, to be measured beside this one")
    parser.add_argument("--once", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.once:
        logging.disable(logging.CRITICAL)
        given = json.loads(arguments.once)
        with contextlib.redirect_stdout(io.StringIO()):
            figures = counts(given) if "file" in given else in_flight(given)
        print(json.dumps(figures))
        return 0
    found = measured(arguments)
    print(f"{'':<44}{NOW:>12}{BEFORE if arguments.against else '':>12}{'goal':>10}")
    for figures in found.values():
        show(figures)
    one, five = found[IN_FLIGHT][NOW].values()
    print(f"Five requests in flight are {one / five:.1f} times as fast as one.")
    return 0


def measured(arguments: argparse.Namespace) -> dict[str, dict[str, Figures]]:
    """All figures, by what is measured. What was written stays, so each is measured once on an emulator of its own."""
    pythons = {NOW: Path(sys.executable), **({BEFORE: arguments.against} if arguments.against else {})}
    asked: list[tuple[str, tuple[str, ...], dict[str, Any]]] = [
        (file.name, (), {"file": place, "records": arguments.records}) for place, file in enumerate(FILES)
    ]
    slow = ("--latency-ms", str(arguments.latency_ms))
    asked += [(IN_FLIGHT, slow, {"at_once": at_once, "records": CHANGED}) for at_once in (1, 5)]
    found: dict[str, dict[str, Figures]] = {}
    for what, options, given in asked:
        for name, python in pythons.items():
            with emulated(sys.executable, *options) as service:
                plant(service)
                once = json.dumps({**given, "config": service.config()})
                of_release = found.setdefault(what, {}).setdefault(name, {})
                of_release |= figures_of(python, __file__, ["--once", once])
    return found


def show(figures: Mapping[str, Figures]) -> None:
    """A line for each figure."""
    for figure, value in figures[NOW].items():
        before = f"{figures[BEFORE][figure]:>12,.1f}" if BEFORE in figures else ""
        what, _, counted = figure.partition(": ")
        goal = GOALS.get(what, AGAIN) if counted == "requests" else None
        missed = "  MISSED" if goal is not None and value > goal else ""
        print(f"{figure:<44}{value:>12,.1f}{before}{goal or '':>10}{missed}")


if __name__ == "__main__":
    sys.exit(main())
