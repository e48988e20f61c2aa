"""How fast does the target take its input, next to the SDK's own way?

Processor time of three spans, nothing over a network: reading messages alone; reading records that are not written but
referred to, next to an SDK target whose sink does nothing; and a dry run of vendors that the company does not have,
from the first line to the last outcome.

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

from canned import CONFIG, CannedService, metadata_document
from target_dynamics_bc.target import TargetDynamicsBC
from turns import Figures, add_options, in_turn, print_rates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MESSAGES, MESSAGES_SDK = "messages read", "messages read by the SDK"
RECORDS, RECORDS_SDK = "records taken", "records taken by the SDK"
VENDORS = "vendors in a dry run"
BESIDE = {MESSAGES: MESSAGES_SDK, RECORDS: RECORDS_SDK}
VENDORS_SHARE = 10
"""A dry run does more, so that it gets a smaller part of the records."""


def account(number: int) -> dict[str, Any]:
    """An account, which the target does not write."""
    return {
        "id": f"{number:08d}-f6f9-ef11-9344-6045bdc8c234",
        "number": f"A{number:06d}",
        "displayName": f"Account {number}",
        "category": "Expense",
        "subCategory": "",
        "blocked": False,
        "accountType": "Posting",
        "directPosting": True,
        "netChange": number * 1.25,
        "lastModifiedDateTime": "2026-01-28T10:00:00.123Z",
    }


def vendor(number: int) -> dict[str, Any]:
    """A vendor in HotGlue's names."""
    return {
        "externalId": f"v-{number}",
        "vendorName": f"Vendor {number}",
        "emailAddress": f"v{number}@example.com",
        "phoneNumbers": [{"type": "unknown", "phoneNumber": str(number)}],
        "addresses": [{"addressType": "billing", "line1": f"{number} Quay", "city": "Leith", "country": "GB"}],
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
    accounts = singer("accounts", map(account, range(records)), {name: {} for name in account(0)})
    vendors = singer("Vendors", map(vendor, range(records // VENDORS_SHARE)), {})
    ignored: dict[str, Callable[[dict[str, Any]], None]] = dict.fromkeys(("SCHEMA", "RECORD", "STATE"), _ignore)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "outcomes.jsonl"
        return {
            MESSAGES_SDK: _seconds(lambda: _read(SdkTarget, accounts, ignored)) / records,
            MESSAGES: _seconds(lambda: _read(TargetDynamicsBC, accounts, ignored)) / records,
            RECORDS_SDK: _seconds(lambda: SdkTarget(config={}).listen(io.StringIO(accounts))) / records,
            RECORDS: _seconds(lambda: _listen(accounts, path)) / records,
            VENDORS: _seconds(lambda: _listen(vendors, path)) / (records // VENDORS_SHARE),
        }


def _read(target: type[Target], text: str, callbacks: dict[str, Callable[[dict[str, Any]], None]]) -> None:
    target.message_reader_class().process_lines(io.StringIO(text), callbacks)


def _listen(text: str, outcomes_path: Path) -> None:
    service = CannedService(metadata_document({"vendors": {"id": "Edm.Guid", "displayName": "Edm.String"}}))
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
    print_rates(best, beside=BESIDE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
