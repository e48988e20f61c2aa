"""Steps 4 to 6: what does the target write, and what does it refuse to write?"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from rich.table import Table

from commands import OUTPUT, ROOT, console, heading, run, tool

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tenant import Tenant

SAMPLE = ROOT / "target-dynamics-bc" / "sample"
OUTCOMES = OUTPUT / "store" / "outcomes.jsonl"
COMPANY = "CRONUS International Ltd."


def write_documents(tenant: Tenant) -> set[str]:
    """Write the sample twice, then with a bad record. Returns the ids and numbers that were written."""
    target = target_command()
    heading(4, "Write customers, vendors, bills, payments and journal entries, with class and department as dimensions")
    console.print(f"  tenant-config.json: {json.loads((SAMPLE / 'tenant-config.json').read_text())}", markup=False)
    load(target, SAMPLE / "data.singer", "first-pass")
    heading(5, "Send the same file again: nothing is written")
    before = tenant.writes()
    load(target, SAMPLE / "data.singer", "second-pass")
    console.print(f"  operations that wrote something: {tenant.writes() - before}")
    heading(6, "Send a file with one bad record: that one is rejected, with all its faults named, and nothing else")
    load(target, SAMPLE / "data-with-one-bad-record.singer", "bad-record", allowed=(1,))
    return {outcome[name] for outcome in outcomes() for name in ("id", "number") if outcome[name]}


def target_command() -> list[str]:
    """The target, with a folder for what must outlive a run, and a snapshot folder that holds the mapping."""
    snapshot = OUTPUT / "snapshot"
    snapshot.mkdir()
    shutil.copy(SAMPLE / "tenant-config.json", snapshot)
    path = OUTPUT / "target.json"
    config = json.loads(path.read_text())
    config |= {"snapshot_dir": str(snapshot), "store_path": str(OUTPUT / "store"), "company": COMPANY}
    path.write_text(json.dumps(config, indent=1))
    return [tool("target-dynamics-bc"), "--config", str(path)]


def load(target: Sequence[str], sample: Path, name: str, allowed: Sequence[int] = (0,)) -> None:
    """Send a Singer file and print one line per record."""
    seen = len(outcomes())
    code = run([*target, "--input", str(sample)], into=OUTPUT / f"{name}.state", allowed=allowed)
    print_outcomes(outcomes()[seen:])
    if code:
        console.print(f"  exit code {code}: some records failed, the rest is done")


def outcomes() -> list[dict[str, Any]]:
    """Every outcome so far."""
    return [json.loads(line) for line in OUTCOMES.read_text().splitlines()] if OUTCOMES.exists() else []


def print_outcomes(found: Sequence[dict[str, Any]]) -> None:
    """Print one line per record, then each fault of each rejected one."""
    table = Table("stream", "external id", "outcome", "number", "id")
    for outcome in found:
        cells = (outcome[name] or "" for name in ("stream", "external_id", "outcome", "number", "id"))
        table.add_row(*map(str, cells))
    console.print(table)
    for outcome in found:
        for fault in outcome["errors"]:
            where = fault["field"] or fault["stage"]
            console.print(f"  {outcome['external_id']}: {where}: {fault['message']}", markup=False)
