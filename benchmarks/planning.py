"""How long does the tap think before it asks for the first row, where there are very many streams?

The environment publishes the emulator's entity sets and enough further ones; all are selected, all are empty, and
nothing goes over a network. Processor time is taken of three spans: from the metadata to streams, from there to the
first request for rows, and of the whole run.

    python benchmarks/planning.py [--streams 650] [--companies 5] [--against PYTHON]
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
from pathlib import Path

from canned import CONFIG, NOTHING, CannedService, entity_set, entity_type, navigation_of_company
from tap_dynamics_bc.tap import TapDynamicsBC
from turns import Figures, add_options, in_turn, print_seconds

PROPERTIES = {
    "id": "Edm.Guid",
    **{f"text{number}": "Edm.String" for number in range(20)},
    **{f"amount{number}": "Edm.Decimal" for number in range(5)},
    **{f"date{number}": "Edm.Date" for number in range(5)},
    "lastModifiedDateTime": "Edm.DateTimeOffset",
}


def figures(metadata: bytes, companies: int) -> Figures:
    """Seconds of each span."""
    asked: list[float] = []

    def page(_entity_set: str, _url: str) -> bytes:
        asked.append(time.process_time())
        return NOTHING

    service = CannedService(metadata, companies=companies, page=page)
    began = time.process_time()
    tap = TapDynamicsBC(config=dict(CONFIG), transport=service)
    for stream in tap.streams.values():
        stream.selected = True
    ready = time.process_time()
    with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO(), write_through=True)):
        tap.sync_and_check()
    ended = time.process_time()
    assert len(asked) >= companies * 100, "the tap did not read what is there"
    return {"streams made": ready - began, "until rows are asked for": asked[0] - ready, "the whole run": ended - ready}


def document(streams: int) -> bytes:
    """The emulator's metadata with further sets."""
    from emulated import emulated  # noqa: PLC0415 - the other release need not have what the emulator needs

    with emulated() as service:
        text = service.metadata()
    further = [f"further{number}" for number in range(streams - text.count("<EntitySet "))]
    company = text.index("</EntityType>", text.index('<EntityType Name="company">'))
    types = "".join(entity_type(name, PROPERTIES) for name in further)
    text = f"{text[:company]}{navigation_of_company(further)}{text[company:]}"
    text = text.replace("<EntityContainer", f"{types}<EntityContainer", 1)
    return text.replace("</EntityContainer>", "".join(map(entity_set, further)) + "</EntityContainer>", 1).encode()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=650)
    parser.add_argument("--companies", type=int, default=5)
    add_options(parser, repeats=2)
    parser.add_argument("--once", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.once:
        logging.disable(logging.CRITICAL)
        print(json.dumps(figures(arguments.once.read_bytes(), arguments.companies)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "metadata.xml"
        path.write_bytes(document(arguments.streams))
        once = ["--once", str(path), "--companies", str(arguments.companies)]
        best = in_turn(__file__, once, against=arguments.against, repeats=arguments.repeats)
    print(f"{arguments.streams} streams, {arguments.companies} companies")
    print_seconds(best)
    return 0


if __name__ == "__main__":
    sys.exit(main())
