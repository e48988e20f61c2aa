"""How fast are records written, next to the SDK's own way, and how much memory does it take?

Both ways get the same pages in one process, after everything is imported and set up, and write to the null device: time
is processor time from the first page to the last line, of the tap's reading ahead too. The memory of a run is the peak
of a process of its own that is given its pages one by one, less the peak of one that is given none.

    python benchmarks/emission.py [--rows 40000] [--memory-rows 10000 20000 1000000] [--against PYTHON]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import re
import resource
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk import Stream, Tap

from canned import CONFIG, NOTHING, ROOT, CannedService, company_id, metadata_document
from tap_dynamics_bc.tap import TapDynamicsBC
from turns import Figures, add_options, in_turn, print_rates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

COMPANY = {"company_id": company_id(0), "company_name": "Company 0"}
PAGE_ROWS = 20_000
SDK = "SDK as it comes"
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
_SCHEMAS = {
    **{name: {"type": ["number", "null"]} for name, type_ in _TYPES.items() if type_ == "Edm.Decimal"},
    "taxLiable": {"type": ["boolean", "null"]},
    "lastModifiedDateTime": {"type": ["string", "null"], "format": "date-time"},
    "lastPaymentDate": {"type": ["string", "null"], "format": "date"},
}
_ENUMS = {"type": ("Company", "Person"), "blocked": ("_x0020_", "Ship", "Invoice", "All")}


def customers() -> bytes:
    """The metadata of customers with 32 properties, about as wide as a real company's."""
    types = {name: f"Microsoft.NAV.{name}" if name in _ENUMS else _TYPES.get(name, "Edm.String") for name in _NAMES}
    return metadata_document({"customers": types}, _ENUMS)


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


def page_of(count: int, start: int) -> bytes:
    """The page of customers that begins with a row, and a link to the next one if there are more altogether."""
    rows = b",".join(msgspec.json.encode(row(number)) for number in range(start, min(start + PAGE_ROWS, count)))
    link = b""
    if start + PAGE_ROWS < count:
        url = f"{ROOT}/companies({company_id(0)})/customers?$skiptoken={start + PAGE_ROWS}"
        link = b',"@odata.nextLink":' + msgspec.json.encode(url)
    return b'{"@odata.context":"$metadata#companies(1)/customers","value":[%s]%s}' % (rows, link)


def ours(page_from: Callable[[int], bytes], **settings: Any) -> Callable[[], None]:
    """Write pages as the tap does; set up first, run when called.

    Args:
        page_from: The page that begins with a row.
        settings: The tap's.
    """

    def page(entity_set: str, url: str) -> bytes:
        if "/$count" in url:
            return b"0"  # nothing that is worth cutting into windows
        token = re.search(r"skiptoken=(\d+)", url)
        return page_from(int(token[1]) if token else 0) if entity_set == "customers" else NOTHING

    tap = TapDynamicsBC(config={**CONFIG, **settings}, transport=CannedService(customers(), page=page))
    for name, stream in tap.streams.items():
        stream.selected = name == "customers"
    return tap.sync_and_check


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
        texts = {"type": ["string", "null"]}
        super().__init__(tap, schema={"properties": {name: _SCHEMAS.get(name, texts) for name in (*COMPANY, *_NAMES)}})
        self.primary_keys = ("company_id", "id")
        self.replication_key = "lastModifiedDateTime"
        self._pages = tap.pages

    def get_records(self, context: Any) -> Iterator[dict[str, Any]]:  # noqa: ARG002 - the SDK's signature
        """The rows of all pages."""
        for body in self._pages:
            for record in json.loads(body, parse_float=Decimal)["value"]:
                del record["@odata.etag"]
                yield {**COMPANY, **record}


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


def seconds(make: Callable[[], Callable[[], None]], repeats: int) -> float:
    """The shortest processor time of some runs: what disturbs a run only makes it longer."""
    taken = []
    for _ in range(repeats):
        run = make()
        with output_to_nowhere():
            began = time.process_time()
            run()
            taken.append(time.process_time() - began)
    return min(taken)


def figures(rows: int, repeats: int) -> Figures:
    """Seconds of each way for one record."""
    given = {start: page_of(rows, start) for start in range(0, rows, PAGE_ROWS)}
    return {
        SDK: seconds(lambda: as_it_comes(given.values()), repeats) / rows,
        "default decoding": seconds(lambda: ours(given.__getitem__), repeats) / rows,
        "raw_values": seconds(lambda: ours(given.__getitem__, raw_values=True), repeats) / rows,
    }


def own_peak_bytes() -> int:
    """Peak memory of this process.

    Linux carries the peak of `getrusage` over from the process that started this one; its own file does not.
    """
    with contextlib.suppress(OSError), Path("/proc/self/status").open(encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale


def print_memory(counts: list[int], *, against: Path | None) -> None:
    """Print peak memory by number of rows."""
    peaks = {
        count: in_turn(__file__, ["--only-write", str(count)], against=against, repeats=1) for count in (0, *counts)
    }
    print(f"\n{'rows':<24}{'peak memory':>12}{'above an empty run':>22}" + ("   the same before" if against else ""))
    for count in counts:
        line = f"{count:<24,}"
        for release in peaks[count]:
            peak, nothing = peaks[count][release]["peak"], peaks[0][release]["peak"]
            line += f"{peak / 2**20:>9.1f} MB{(peak - nothing) / 2**20:>19.1f} MB"
        print(line)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=40_000, help="rows to time")
    add_options(parser, repeats=3)
    parser.add_argument(
        "--memory-rows",
        type=int,
        nargs="*",
        default=[10_000, PAGE_ROWS, 1_000_000],
        help="rows to take the peak memory of",
    )
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--only-write", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    if arguments.only_write is not None:
        run = ours(lambda start: page_of(arguments.only_write, start))
        with output_to_nowhere():
            run()
        print(json.dumps({"peak": own_peak_bytes()}))
        return 0
    if arguments.once:
        print(json.dumps(figures(arguments.rows, arguments.repeats)))
        return 0
    once = ["--once", "--rows", str(arguments.rows), "--repeats", "1"]
    best = in_turn(__file__, once, against=arguments.against, repeats=arguments.repeats)
    met = print_rates(best, beside=dict.fromkeys(TARGETS, SDK), targets=TARGETS)
    if arguments.memory_rows:
        print_memory(arguments.memory_rows, against=arguments.against)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
