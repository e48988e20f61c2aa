"""Do the taps of two releases write the same bytes?

Both read the same emulator, whose clock stands still, so that nothing varies from run to run and nothing has to be
masked. Both are given the catalog and the state of the old release: a job that is upgraded keeps its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from differences import Comparison, Difference, differences, differences_of_outputs
from releases import Ran, Release, succeeded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from emulated import Emulated

DEMO_COMPANY = "CRONUS International Ltd."
NAMINGS = ("entity_set", "hotglue")
PAGE_SIZES = (1, 7, 0)
"""0 stands for the tap's own."""
IN_FLIGHT = (1, 5)
TOUCHED = (
    "customers",
    "vendors",
    "items",
    "salesInvoices",
    "salesInvoiceLines",
    "purchaseInvoices",
    "generalLedgerEntries",
    "journalLines",
    "defaultDimensions",
)
"""Sets of which a record is changed between a first and an incremental run."""


@dataclass(frozen=True, slots=True)
class Case:
    """One way to configure the tap."""

    naming: str
    page_size: int
    in_flight: int

    def __str__(self) -> str:
        pages = f"pages of {self.page_size}" if self.page_size else "default pages"
        return f"{self.naming}, {pages}, {self.in_flight} in flight"

    def settings(self) -> dict[str, Any]:
        """The tap's settings."""
        page_size = {"page_size": self.page_size} if self.page_size else {}
        return {"stream_naming": self.naming, "max_concurrent_requests": self.in_flight, **page_size}


def cases(
    namings: Iterable[str] = NAMINGS, page_sizes: Iterable[int] = PAGE_SIZES, in_flight: Iterable[int] = IN_FLIGHT
) -> list[Case]:
    """Every combination."""
    return [Case(*each) for each in product(namings, page_sizes, in_flight)]


@dataclass(frozen=True, slots=True)
class TapRuns:
    """Runs the taps of two releases and compares what they write.

    Attributes:
        old: The release that is taken for right.
        new: The release to be compared.
        emulated: What both read.
        folder: Where config, catalog and state go.
        streams: The streams to read; all of them, selected by default or not, when empty.
    """

    old: Release
    new: Release
    emulated: Emulated
    folder: Path
    streams: Sequence[str] = ()

    def compare(self, given: Iterable[Case]) -> Iterator[Comparison]:
        """Compare the catalogs of each naming, then a first and an incremental run of each case."""
        catalogs: set[str] = set()
        for case in given:
            if case.naming not in catalogs:
                catalogs.add(case.naming)
                yield self._catalogs(case)
            yield from self._runs(case)

    def _catalogs(self, case: Case) -> Comparison:
        self._configure(case)
        old, new = (self._discovered(release) for release in (self.old, self.new))
        catalog = json.loads(old.output)
        for stream in catalog["streams"]:
            root = next(entry["metadata"] for entry in stream["metadata"] if not entry["breadcrumb"])
            root["selected"] = not self.streams or stream["tap_stream_id"] in self.streams
        self._catalog(case).write_text(json.dumps(catalog))
        return Comparison(f"{case.naming}, catalog", _size(old), _differences_of_catalogs(old.output, new.output))

    def _runs(self, case: Case) -> Iterator[Comparison]:
        self.emulated.back_to_the_seed()
        self._configure(case)
        arguments: list[str | Path] = ["--config", self._config, "--catalog", self._catalog(case)]
        first = self._both(arguments)
        yield self._compared(f"{case}, first run", *first)
        state = self.folder / "state.json"
        state.write_text(json.dumps(_last_state(first[0].output)))
        self._change_something()
        yield self._compared(f"{case}, incremental run", *self._both([*arguments, "--state", state]))

    def _both(self, arguments: Sequence[str | Path]) -> tuple[Ran, Ran]:
        return succeeded(self.old, self.old.tap(*arguments)), self.new.tap(*arguments)

    def _compared(self, title: str, old: Ran, new: Ran) -> Comparison:
        found = differences_of_outputs(old.output, new.output)
        return Comparison(title, _size(old), [*_difference_of_codes(old, new), *found])

    def _discovered(self, release: Release) -> Ran:
        return succeeded(release, release.tap("--config", self._config, "--discover"))

    def _configure(self, case: Case) -> None:
        config = self.emulated.config(company_ids=[DEMO_COMPANY], **case.settings())
        self._config.write_text(json.dumps(config))

    def _change_something(self) -> None:
        self.emulated.advance("PT2H")
        for entity_set in TOUCHED:
            rows = self.emulated.rows(DEMO_COMPANY, entity_set)
            self.emulated.edit(DEMO_COMPANY, entity_set, rows[len(rows) // 2]["id"], {})

    @property
    def _config(self) -> Path:
        return self.folder / "tap.json"

    def _catalog(self, case: Case) -> Path:
        return self.folder / f"catalog-{case.naming}.json"


def _last_state(output: bytes) -> Any:
    line = next(line for line in reversed(output.splitlines()) if line.startswith(b'{"type":"STATE"'))
    return json.loads(line)["value"]


def _differences_of_catalogs(old: bytes, new: bytes) -> list[Difference]:
    """By stream, each on a line of its own; and by bytes where that shows nothing."""
    if old == new:
        return []
    by_stream = [
        {stream["tap_stream_id"]: [json.dumps(stream)] for stream in json.loads(output)["streams"]}
        for output in (old, new)
    ]
    return differences(*by_stream) or differences_of_outputs(old, new)


def _difference_of_codes(old: Ran, new: Ran) -> list[Difference]:
    if old.code == new.code:
        return []
    log = new.log.decode(errors="replace").strip().splitlines()
    return [Difference("exit code", 1, str(old.code), " ".join([str(new.code), *log[-1:]]), (1, 1))]


def _size(ran: Ran) -> str:
    lines = ran.output.count(b"\n")
    return f"{lines:,} lines, {len(ran.output) / 1e6:.1f} MB"
