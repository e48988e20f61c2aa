"""Runs the target inside the test's own process, against the emulator."""

from __future__ import annotations

import contextlib
import io
import json
import signal
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dynamics_bc_client.transport import Request, RequestsTransport, Response
from target_dynamics_bc.target import TargetDynamicsBC

SAMPLE = Path(__file__).parents[2] / "target-dynamics-bc" / "sample"
COMPANY = "CRONUS International Ltd."


class QuickTarget(TargetDynamicsBC):
    """The target, but it does not wait between attempts."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments, sleep=lambda _: None)


@dataclass
class Piped:
    """What came of one run."""

    exit_code: int
    states: list[Any]
    outcomes: list[dict[str, Any]]
    requests: list[Request] = field(default_factory=list)

    @property
    def kinds(self) -> list[str]:
        return [outcome["outcome"] for outcome in sorted(self.outcomes, key=lambda each: each["position"])]

    def outcome(self, external_id: str) -> dict[str, Any]:
        (found,) = [each for each in self.outcomes if each["external_id"] == external_id]
        return found

    def errors(self, external_id: str) -> set[tuple[str, str]]:
        return {(error["field"], error["code"]) for error in self.outcome(external_id)["errors"]}


class WatchedTransport:
    """The network, with every request noted; `around` may do something else instead of sending."""

    def __init__(
        self,
        around: Callable[[Request, Callable[[Request], Response]], Response] | None = None,
        network: Any = None,
    ) -> None:
        self.requests: list[Request] = []
        self._around = around
        self._network = network or RequestsTransport()

    def __call__(self, request: Request) -> Response:
        if "/oauth2/" in request.url:
            return self._network(request)
        self.requests.append(request)
        return self._network(request) if self._around is None else self._around(request, self._network)

    def close(self) -> None:
        self._network.close()


def singer_lines(records: Mapping[str, Iterable[Mapping[str, Any]]] | Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    """Records as a Singer file: by stream, or as pairs in the order in which they are to come."""
    pairs = [(s, r) for s, rows in records.items() for r in rows] if isinstance(records, Mapping) else list(records)
    streams = dict.fromkeys(stream for stream, _ in pairs)
    lines: list[Any] = [
        {"type": "SCHEMA", "stream": stream, "schema": {"properties": {}}, "key_properties": []} for stream in streams
    ]
    lines += [{"type": "RECORD", "stream": stream, "record": record} for stream, record in pairs]
    lines.append({"type": "STATE", "value": {"seen": len(pairs)}})
    return "".join(json.dumps(line, default=str) + "\n" for line in lines)


@pytest.fixture(autouse=True)
def own_signal_handlers():
    """The SDK installs signal handlers; a test leaves none behind."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture
def pipe(emulator, tmp_path):
    """Pipes records, or Singer lines, into the target."""

    def run(records, *, store: str | None = "store", around=None, transport=None, kinds=None, **config) -> Piped:
        text = records if isinstance(records, str) else singer_lines(records)
        outcomes_path = tmp_path / "outcomes.jsonl"
        outcomes_path.unlink(missing_ok=True)
        settings = {"company": COMPANY, "outcomes_path": str(outcomes_path), **config}
        if store is not None:
            settings.setdefault("store_path", str(tmp_path / store))
        watched = transport or WatchedTransport(around, getattr(emulator, "network", None))
        target = QuickTarget(config=emulator.config(**settings), transport=watched, kinds=kinds)
        output = io.StringIO()
        try:
            with contextlib.redirect_stdout(output):
                target.listen(io.StringIO(text))
        finally:
            target.close()
            watched.close()
        written = outcomes_path.read_text().splitlines() if outcomes_path.exists() else []
        return Piped(
            target.exit_code,
            [json.loads(line) for line in output.getvalue().splitlines()],
            [json.loads(line) for line in written],
            watched.requests,
        )

    return run


@pytest.fixture
def company(emulator):
    """Rows of the company that is written to, by entity set."""
    company_id = next(each["id"] for each in emulator.companies() if each["name"] == COMPANY)
    return Books(emulator, company_id)


@dataclass
class Books:
    """The truth about one company."""

    emulator: Any
    id: str

    def rows(self, entity_set: str, **equal: Any) -> list[dict[str, Any]]:
        rows = self.emulator.rows(self.id, entity_set)
        return [row for row in rows if all(row.get(name) == value for name, value in equal.items())]

    def row(self, entity_set: str, **equal: Any) -> dict[str, Any]:
        (found,) = self.rows(entity_set, **equal)
        return found

    def dimensions(self, parent_id: str) -> dict[str, str]:
        return {row["code"]: row["valueCode"] for row in self.rows("dimensionSetLines", parentId=parent_id)}

    def lines(self, bill_id: str) -> list[dict[str, Any]]:
        return sorted(self.rows("purchaseInvoiceLines", documentId=bill_id), key=lambda row: row["sequence"])

    def edit(self, entity_set: str, id_: str, **changes: Any) -> None:
        self.emulator.edit(company=self.id, entity_set=entity_set, id=id_, set=changes)


def decimal(value: Any) -> Decimal:
    return Decimal(str(value))
