"""How fast does the target take its input, next to the SDK's own way?

Processor time of five spans, nothing over a network, of customers as the tap writes them, with the tap's own schema:
reading messages alone; reading input to where each record lies with others of its kind, next to an SDK target whose
sink does nothing; the same with each record mapped and checked, ready to be looked up (where the SDK checks types, this
checks lengths, dates, amounts and enums, finds the company and tells what the record is known by); and a dry run of
vendors that the company does not have, from the first line to the last outcome.

    python benchmarks/target_reading.py [--records 20000] [--against PYTHON]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import logging
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from singer_sdk import Sink, Target

from canned import CONFIG, CannedService, company_id, metadata_document
from target_dynamics_bc.intake import Intake
from target_dynamics_bc.target import TargetDynamicsBC
from target_dynamics_bc.writing import sink
from turns import Figures, add_options, in_turn, print_rates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MESSAGES, MESSAGES_SDK = "messages read", "messages read by the SDK"
INPUT, INPUT_SDK = "input read", "input read by the SDK"
MAPPED = "input read and mapped"
VENDORS = "vendors in a dry run"
BESIDE = {MESSAGES: MESSAGES_SDK, INPUT: INPUT_SDK, MAPPED: INPUT_SDK}
TARGETS = {INPUT: 5.0}
"""Reading input costs at most a fifth of the SDK's own."""
VENDORS_SHARE = 10
"""A dry run does more, so that it gets a smaller part of the records."""


_TEXT: Any = {"type": ["string", "null"]}
_NUMBER: Any = {"type": ["number", "null"]}
_STAMP: Any = {"type": ["string", "null"], "format": "date-time"}
SCHEMA: Mapping[str, Any] = {
    **dict.fromkeys(("id", "number", "displayName", "type", "addressLine1", "addressLine2", "city", "state"), _TEXT),
    **dict.fromkeys(("country", "postalCode", "phoneNumber", "email", "website", "salespersonCode"), _TEXT),
    **dict.fromkeys(("balanceDue", "creditLimit"), _NUMBER),
    "taxLiable": {"type": ["boolean", "null"]},
    **dict.fromkeys(("taxAreaId", "taxAreaDisplayName", "taxRegistrationNumber", "currencyId", "currencyCode"), _TEXT),
    **dict.fromkeys(("paymentTermsId", "shipmentMethodId", "paymentMethodId", "blocked"), _TEXT),
    "lastModifiedDateTime": _STAMP,
    **dict.fromkeys(("company_id", "company_name"), _TEXT),
}
"""What the tap says of customers."""


def customer(number: int) -> dict[str, Any]:
    """A customer as the tap writes it."""
    given = {
        "id": f"{number:08d}-f6f9-ef11-9344-6045bdc8c234",
        "number": f"C{number:06d}",
        "displayName": f"Customer {number}",
        "type": "Company",
        "addressLine1": f"{number} Quay",
        "city": "Leith",
        "country": "GB",
        "postalCode": "EH6 6",
        "email": f"c{number}@example.com",
        "balanceDue": number * 1.25,
        "creditLimit": 0,
        "taxLiable": True,
        "currencyCode": "GBP",
        "lastModifiedDateTime": "2026-01-28T10:00:00.123Z",
        "company_id": company_id(0),
        "company_name": "Company 0",
    }
    return {name: given.get(name, None if name.endswith("Id") or name == "blocked" else "") for name in SCHEMA}


def vendor(number: int) -> dict[str, Any]:
    """A vendor in HotGlue's names."""
    return {
        "externalId": f"v-{number}",
        "vendorName": f"Vendor {number}",
        "emailAddress": f"v{number}@example.com",
        "phoneNumbers": [{"type": "unknown", "phoneNumber": str(number)}],
        "addresses": [{"addressType": "billing", "line1": f"{number} Quay", "city": "Leith"}],
        "currency": "",
        "isActive": True,
    }


def singer(stream: str, records: Iterator[dict[str, Any]], properties: Mapping[str, Any]) -> str:
    """Records as a Singer file."""
    schema = {"type": "SCHEMA", "stream": stream, "schema": {"properties": properties}, "key_properties": []}
    lines = [{"type": "RECORD", "stream": stream, "record": record} for record in records]
    return "".join(json.dumps(line) + "\n" for line in [schema, *lines, {"type": "STATE", "value": {}}])


class Nowhere(Sink):
    """Takes records and does nothing with them."""

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        """Nothing."""

    def process_batch(self, context: dict[str, Any]) -> None:
        """Nothing."""


class SdkTarget(Target):
    """The SDK as it comes."""

    name = "target-as-it-comes"
    default_sink_class = Nowhere


def figures(records: int) -> Figures:
    """Seconds of each span for one record."""
    customers = singer("customers", map(customer, range(records)), SCHEMA)
    vendors = singer("Vendors", map(vendor, range(records // VENDORS_SHARE)), {})
    ignored: dict[str, Callable[[dict[str, Any]], None]] = dict.fromkeys(("SCHEMA", "RECORD", "STATE"), _ignore)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "outcomes.jsonl"
        with ending_with(Intake, "units", lambda *_: iter(())):
            read = _seconds(lambda: _listen(customers, path)) / records
        with ending_with(sink.Sink, "carry", lambda *_, **__: []):
            mapped = _seconds(lambda: _listen(customers, path)) / records
        return {
            MESSAGES_SDK: _seconds(lambda: _read(SdkTarget, customers, ignored)) / records,
            MESSAGES: _seconds(lambda: _read(TargetDynamicsBC, customers, ignored)) / records,
            INPUT_SDK: _seconds(lambda: SdkTarget(config={}).listen(io.StringIO(customers))) / records,
            INPUT: read,
            MAPPED: mapped,
            VENDORS: _seconds(lambda: _listen(vendors, path)) / (records // VENDORS_SHARE),
        }


@contextlib.contextmanager
def ending_with(owner: type, method: str, instead: Callable[..., Any]) -> Iterator[None]:
    """Let a run do no more than up to a method."""
    original = getattr(owner, method)
    setattr(owner, method, instead)
    try:
        yield
    finally:
        setattr(owner, method, original)


def _read(target: type[Target], text: str, callbacks: dict[str, Callable[[dict[str, Any]], None]]) -> None:
    target.message_reader_class().process_lines(io.StringIO(text), callbacks)


def _listen(text: str, outcomes_path: Path) -> None:
    properties = {"id": "Edm.Guid", "displayName": "Edm.String"}
    service = CannedService(metadata_document({"customers": properties, "vendors": properties}))
    settings = {"company": "Company 0", "dry_run": True, "outcomes_path": str(outcomes_path)}
    target = TargetDynamicsBC(config={**CONFIG, **settings}, transport=service)
    target.listen(io.StringIO(text))
    assert target.exit_code == 0, "a record was rejected"


def _ignore(_: dict[str, Any]) -> None:
    """A message nobody wants."""


def _seconds(function: Callable[[], None]) -> float:
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        began = time.process_time()
        function()
        return time.process_time() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=20_000)
    add_options(parser, repeats=3)
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.once:
        logging.disable(logging.CRITICAL)
        print(json.dumps(figures(arguments.records)))
        return 0
    once = ["--once", "--records", str(arguments.records)]
    best = in_turn(__file__, once, against=arguments.against, repeats=arguments.repeats)
    return 0 if print_rates(best, beside=BESIDE, targets=TARGETS) else 1


if __name__ == "__main__":
    sys.exit(main())
