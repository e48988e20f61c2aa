"""Runs the tap inside the test's own process, and knows what it should have written."""

from __future__ import annotations

import contextlib
import io
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_client.odata.values import BLANK_DATE, BLANK_STAMP, ZERO_GUID, decode_enum
from tap_dynamics_bc.tap import TapDynamicsBC

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from emulator_control import RunningEmulator

    from tap_dynamics_bc.streams.description import Stream

ADDED = ("company_id", "company_name", "parent_modified_at")
STATES = Draft202012Validator(
    json.loads((Path(__file__).parents[2] / "docs" / "reference" / "state.schema.json").read_text(encoding="utf-8"))
)
LATER = datetime(2999, 1, 1, tzinfo=timezone.utc)
FROZEN = "2036-11-20T12:00:00.000Z"


@dataclass
class Outcome:
    """What a run wrote, and how it ended."""

    output: bytes
    error: DynamicsError | None

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(line, parse_float=Decimal) for line in self.output.decode().split("\n") if line]

    @cached_property
    def records(self) -> dict[str, list[dict[str, Any]]]:
        found = defaultdict(list)
        for message in self.messages:
            if message["type"] == "RECORD":
                found[message["stream"]].append(message["record"])
        return found

    @cached_property
    def state(self) -> dict[str, Any]:
        return [message["value"] for message in self.messages if message["type"] == "STATE"][-1]

    def check_states(self) -> None:
        """Every state that a run writes is one of those that the documents describe."""
        for line in self.output.split(b"\n"):
            if b'"STATE"' in line[:20]:
                STATES.validate(json.loads(line)["value"])

    def bookmark(self, stream: str, company_id: str, parent_set: str | None = None) -> str | None:
        context = {"company_id": company_id, **({"parent_set": parent_set} if parent_set else {})}
        partitions = self.state.get("bookmarks", {}).get(stream, {}).get("partitions", [])
        return next((each["replication_key_value"] for each in partitions if each["context"] == context), None)


def run_tap(
    config: dict[str, Any],
    *,
    select: Collection[str] | None = None,
    state: dict[str, Any] | None = None,
    catalog: dict[str, Any] | None = None,
    prepare: Callable[[TapDynamicsBC], None] | None = None,
    now: Callable[[], datetime] = lambda: LATER,
) -> Outcome:
    """Run the tap on some streams; on those of the catalog, or selected by default, when `select` is None.

    Its machine's clock is ahead of every emulator's, so that bookmarks follow that one.
    """
    written = io.BytesIO()
    error = None
    with contextlib.redirect_stdout(io.TextIOWrapper(written, write_through=True)):
        tap = TapDynamicsBC(config=dict(config), state=state, catalog=catalog, now=now)
        if select is not None:
            assert set(select) <= set(tap.streams), f"no streams {set(select) - set(tap.streams)}"
            for name, stream in tap.streams.items():
                stream.selected = name in select
        if prepare is not None:
            prepare(tap)
        try:
            tap.sync_and_check()
        except DynamicsError as caught:
            error = caught
        outcome = Outcome(written.getvalue(), error)
        outcome.check_states()
        return outcome


def truth(emulator: RunningEmulator, company: str, entity_set: str) -> list[dict[str, Any]]:
    """All rows of a set, decimals exact."""
    answer = emulator.session.get(
        f"{emulator.url}/_emulator/rows", params={"company": company, "entity_set": entity_set}, timeout=60
    )
    assert answer.ok, answer.text
    return json.loads(answer.text, parse_float=Decimal)


def expected_record(description: Stream, row: dict[str, Any]) -> dict[str, Any]:
    """A row as the tap should write it, without what the tap adds."""
    record = {}
    for name, each in description.properties.items():
        if name not in row:
            continue
        value, kept = row[name], name in description.own_keys or name == description.stamp
        if each.enum is not None and value is not None:
            value = decode_enum(value)
            value = None if value == " " and not kept else value
        elif not kept and value == {
            "Edm.Date": BLANK_DATE,
            "Edm.Guid": ZERO_GUID,
            "Edm.DateTimeOffset": BLANK_STAMP,
        }.get(each.type):
            value = None
        record[name] = value
    return record


def without_added(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in ADDED}


def in_order(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(records, key=lambda record: json.dumps(record, sort_keys=True, default=str))


def freeze(emulator: RunningEmulator) -> None:
    """Stop the service's clock, so that two runs can be compared byte for byte."""
    answer = emulator.session.post(f"{emulator.url}/_emulator/clock", json={"set": FROZEN, "frozen": True}, timeout=60)
    assert answer.ok, answer.text


def publish(emulator: RunningEmulator, change: Callable[[str], str]) -> None:
    """Let the service publish other metadata than its own, until its faults are cleared."""
    tap = TapDynamicsBC(config=emulator.config(), setup_mapper=False)
    try:
        body = tap.client.request("GET", "$metadata", headers={"Accept": "application/xml"}).body.decode()
    finally:
        tap.close()
    changed = change(body)
    assert changed != body
    emulator.faults([{"method": "GET", "path": r"/\$metadata$", "times": 0, "status": 200, "body": changed}])
