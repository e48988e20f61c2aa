"""How fast does the target take its input, next to the SDK's own way?

Processor time, nothing over a network. Of customers, bills of five lines and journal entries, in Business Central's own
names and in HotGlue's: reading input to where each record lies with others of its kind, next to an SDK target whose
sink does nothing; and the same with each record mapped and checked, ready to be planned (where the SDK checks types,
this checks lengths, dates, amounts and enums, finds the company, and tells what the record refers to, what it is known
by and whether the memory knows it). Then reading messages alone, and a dry run of vendors that the company does not
have, from the first line to the last outcome.

    python benchmarks/target_reading.py [--records 4000] [--against PYTHON]
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
from target_inputs import INPUTS, Input

from canned import CONFIG, CannedService, metadata_document
from target_dynamics_bc.intake import Intake
from target_dynamics_bc.target import TargetDynamicsBC
from target_dynamics_bc.writing import sink
from turns import Figures, add_options, in_turn, print_rates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MESSAGES, MESSAGES_SDK = "messages read", "messages read by the SDK"
VENDORS = "vendors in a dry run"
READ, MAPPED, BY_SDK = "read", "read and mapped", "read by the SDK"
BESIDE = {
    MESSAGES: MESSAGES_SDK,
    **{f"{each.name} {what}": f"{each.name} {BY_SDK}" for each in INPUTS for what in (READ, MAPPED)},
}
TARGETS = {f"{each.name} {READ}": 5.0 for each in INPUTS}
"""Reading input costs at most a fifth of the SDK's own."""
_TO_WARM_UP = 10
VENDORS_SHARE = 10
"""A dry run does more, so that it gets a smaller part of the records."""


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
    found: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "outcomes.jsonl"
        _figures_of(INPUTS[0], _TO_WARM_UP, path)
        for each in INPUTS:
            found |= _figures_of(each, records // each.share, path)
        customers = INPUTS[0].text(records)
        vendors = Input("", "Vendors", vendor, {}).text(records // VENDORS_SHARE)
        ignored: dict[str, Callable[[dict[str, Any]], None]] = dict.fromkeys(("SCHEMA", "RECORD", "STATE"), _ignore)
        found |= {
            MESSAGES_SDK: _seconds(lambda: _read(SdkTarget, customers, ignored)) / records,
            MESSAGES: _seconds(lambda: _read(TargetDynamicsBC, customers, ignored)) / records,
            VENDORS: _seconds(lambda: _listen(vendors, path)) / (records // VENDORS_SHARE),
        }
    return found


def _figures_of(given: Input, records: int, outcomes_path: Path) -> Figures:
    text = given.text(records)
    found = {f"{given.name} {BY_SDK}": _seconds(lambda: SdkTarget(config={}).listen(io.StringIO(text))) / records}
    with ending_with(Intake, "units", lambda *_: iter(())):
        found[f"{given.name} {READ}"] = _seconds(lambda: _listen(text, outcomes_path)) / records
    with ending_with(sink.Sink, "carry", lambda *_, **__: []):
        found[f"{given.name} {MAPPED}"] = _seconds(lambda: _listen(text, outcomes_path)) / records
    return found


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
    parser.add_argument("--records", type=int, default=4_000)
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
