"""How fast are records written, next to the SDK's own way, and how much memory does it take?

Both ways get the same pages in one process, after everything is imported and set up, and write to the null device: time
is processor time from the first page to the last line. The memory of a run is the peak of a process of its own that is
given its pages one by one, less the peak of one that is given none.

    python benchmarks/emission.py [--rows 40000] [--memory-rows 10000 20000 1000000]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import time
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk import Stream, Tap

from dynamics_bc_client.odata.metadata import EntitySet, EntityType, Property
from tap_dynamics_bc.discovery import StreamDescription
from tap_dynamics_bc.encoding import Emitter, LineWriter, Shape
from tap_dynamics_bc.entities import Entity
from tap_dynamics_bc.output import MessageWriter
from tap_dynamics_bc.plans import Node, Selection
from tap_dynamics_bc.schemas import record_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

COMPANY = ("11111111-1111-1111-1111-111111111111", "CRONUS USA, Inc.")
SERVED_AT = datetime(2026, 1, 28, 10, 0, tzinfo=timezone.utc)
PAGE_ROWS = 20_000
TARGETS = {"default decoding": 6.0, "raw_values": 10.0}

_TYPES = {
    "id": "Edm.Guid",
    "taxLiable": "Edm.Boolean",
    "taxAreaId": "Edm.Guid",
    "currencyId": "Edm.Guid",
    "paymentTermsId": "Edm.Guid",
    "shipmentMethodId": "Edm.Guid",
    "paymentMethodId": "Edm.Guid",
    "balanceDue": "Edm.Decimal",
    "creditLimit": "Edm.Decimal",
    "totalSalesExcludingTax": "Edm.Decimal",
    "overdueAmount": "Edm.Decimal",
    "lastPaymentDate": "Edm.Date",
    "lastModifiedDateTime": "Edm.DateTimeOffset",
}
_NAMES = (
    "id",
    "number",
    "displayName",
    "additionalName",
    "type",
    "addressLine1",
    "addressLine2",
    "city",
    "state",
    "country",
    "postalCode",
    "phoneNumber",
    "email",
    "website",
    "salespersonCode",
    "balanceDue",
    "creditLimit",
    "taxLiable",
    "taxAreaId",
    "taxAreaDisplayName",
    "taxRegistrationNumber",
    "currencyId",
    "currencyCode",
    "paymentTermsId",
    "shipmentMethodId",
    "paymentMethodId",
    "blocked",
    "lastModifiedDateTime",
    "formattedAddress",
    "totalSalesExcludingTax",
    "overdueAmount",
    "lastPaymentDate",
)
_ENUMS = {"type": ("Company", "Person"), "blocked": ("_x0020_", "Ship", "Invoice", "All")}


def customers() -> StreamDescription:
    """Customers with 32 properties, about as wide as a real company's."""
    properties = {name: Property(name, _TYPES.get(name, "Edm.String"), enum=_ENUMS.get(name)) for name in _NAMES}
    return StreamDescription(EntitySet("customers", EntityType("customer", ("id",), properties, {})), Entity())


def row(number: int) -> dict[str, Any]:
    """A customer as the service sends it, with its annotation."""
    values: dict[str, Any] = {"@odata.etag": f'W/"JzE5OzgzNTQ2NDU2NzI0NTY3ODkwMTt{number:09d}OzAwOyc="'}
    for name in _NAMES:
        values[name] = f"{name} of customer {number}"
    values |= {
        "id": f"{number:08d}-f6f9-ef11-9344-6045bdc8c234",
        "number": f"C{number:05d}",
        "type": "Person" if number % 3 else "Company",
        "blocked": "_x0020_",
        "taxLiable": bool(number % 2),
        "taxAreaId": "00000000-0000-0000-0000-000000000000",
        "currencyId": "00000000-0000-0000-0000-000000000000",
        "paymentTermsId": "5de545bc-f6f9-ef11-9344-6045bdc8c234",
        "shipmentMethodId": "00000000-0000-0000-0000-000000000000",
        "paymentMethodId": "6de545bc-f6f9-ef11-9344-6045bdc8c234",
        "balanceDue": number * 1.25,
        "creditLimit": 50000,
        "totalSalesExcludingTax": 97163.24,
        "overdueAmount": 0,
        "lastPaymentDate": "0001-01-01",
        "lastModifiedDateTime": f"2025-03-05T19:{number % 60:02d}:22.273Z",
        "addressLine2": "",
        "state": "",
        "website": "",
    }
    return values


def pages(count: int) -> Iterator[bytes]:
    """Pages of customers, as many rows altogether as asked for."""
    for start in range(0, count, PAGE_ROWS):
        body = bytearray(b'{"@odata.context":"$metadata#companies(1)/customers","value":[')
        for number in range(start, min(start + PAGE_ROWS, count)):
            body += msgspec.json.encode(row(number)) + b","
        body[-1:] = b"]}"
        yield bytes(body)


def ours(given: Iterable[bytes], *, raw_values: bool) -> None:
    """Write the pages as the tap does."""
    described = customers()
    selection = Selection(described.added, tuple(described.properties), described.replication_key)
    shape = Shape(Node(described, selection), raw_values=raw_values)
    output = MessageWriter()
    emitter = Emitter(shape, company=COMPANY, starts={}, writer_of=lambda _: LineWriter(output, "customers"))
    for body in given:
        emitter.write_page(body, SERVED_AT)
    output.flush()


class SdkTap(Tap):
    """The SDK as it comes."""

    name = "tap-as-it-comes"
    pages: Iterable[bytes] = ()

    def discover_streams(self) -> list[Stream]:
        """Customers."""
        return [SdkStream(self)]


class SdkStream(Stream):
    """Customers, parsed as the SDK's REST streams parse an answer."""

    name = "customers"

    def __init__(self, tap: SdkTap) -> None:
        described = customers()
        super().__init__(tap, schema=record_schema(described.added, described.properties.values(), described.keys))
        self.primary_keys = described.keys
        self.replication_key = described.replication_key
        self._pages = tap.pages

    def get_records(self, context: Any) -> Iterator[dict[str, Any]]:  # noqa: ARG002 - the SDK's signature
        """The rows of all pages."""
        for body in self._pages:
            for record in json.loads(body, parse_float=Decimal)["value"]:
                del record["@odata.etag"]
                yield {"company_id": COMPANY[0], "company_name": COMPANY[1], **record}


def as_it_comes(given: Iterable[bytes]) -> Callable[[], None]:
    """The same through the SDK; set up first, run when called."""
    tap = SdkTap(config={}, setup_mapper=False)
    tap.pages = given
    tap.setup_mapper()
    return tap.streams["customers"].sync


@contextlib.contextmanager
def output_to_nowhere() -> Iterator[None]:
    """Let standard output go to the null device."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        yield


def seconds(function: Callable[[], None], repeats: int) -> float:
    """The shortest processor time of some calls: what disturbs a call only makes it longer."""
    taken = []
    for _ in range(repeats):
        with output_to_nowhere():
            began = time.process_time()
            function()
            taken.append(time.process_time() - began)
    return min(taken)


def peak_bytes(rows: int, *, raw_values: bool) -> int:
    """Peak memory of a process that writes so many rows and does nothing else."""
    command = [sys.executable, __file__, "--only-write", str(rows), *(["--raw-values"] if raw_values else [])]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(answer.stderr.split()[-1])


def own_peak_bytes() -> int:
    """Peak memory of this process.

    Linux carries the peak of `getrusage` over from the process that started this one; its own file does not.
    """
    with contextlib.suppress(OSError), Path("/proc/self/status").open(encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale


def compare(rows: int, repeats: int) -> bool:
    """Print rates and ratios; whether the targets are met."""
    given = list(pages(rows))
    base = seconds(as_it_comes(given), repeats)
    print(f"{'way':<24}{'records/s':>12}{'ratio':>8}{'target':>8}")
    print(f"{'SDK as it comes':<24}{rows / base:>12,.0f}{1:>8.1f}")
    met = True
    for name, target in TARGETS.items():
        taken = seconds(lambda name=name: ours(given, raw_values=name == "raw_values"), repeats)
        met = met and base / taken >= target
        print(f"{name:<24}{rows / taken:>12,.0f}{base / taken:>8.1f}{target:>8.1f}")
    return met


def measure_memory(counts: list[int]) -> None:
    """Print peak memory by number of rows."""
    nothing = peak_bytes(0, raw_values=False)
    print(f"\n{'rows':<24}{'peak memory':>12}{'above an empty run':>22}")
    for count in counts:
        peak = peak_bytes(count, raw_values=False)
        print(f"{count:<24,}{peak / 2**20:>9.1f} MB{(peak - nothing) / 2**20:>19.1f} MB")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=40_000, help="rows to time")
    parser.add_argument("--repeats", type=int, default=3, help="how often each way is timed; the best counts")
    parser.add_argument(
        "--memory-rows",
        type=int,
        nargs="*",
        default=[10_000, PAGE_ROWS, 1_000_000],
        help="rows to take the peak memory of",
    )
    parser.add_argument("--only-write", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--raw-values", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only_write is not None:
        with output_to_nowhere():
            ours(pages(arguments.only_write), raw_values=arguments.raw_values)
        print(own_peak_bytes(), file=sys.stderr)
        return 0
    met = compare(arguments.rows, arguments.repeats)
    measure_memory(arguments.memory_rows)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
