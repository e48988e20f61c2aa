"""What do the runs of a campaign come to, and how are they kept for the documents?"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from judged import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from campaign.trying import Tried

KEPT = Path(__file__).with_name("last_campaign.json")
TITLES = ("Of", "Kind", "Runs", "Starts", *(name.capitalize() for name in COLUMNS))
MOST_FINDINGS = 50


def summary(results: Iterable[Tried], *, seed: int, seconds: float, date: str) -> dict[str, Any]:
    """What is kept: figures by kind, and what was found with the seeds that show it."""
    results = list(results)
    kinds = sorted({(each.side, each.kind) for each in results}, reverse=True)
    rows = [_row(side, name, [each for each in results if each.kind == name]) for side, name in kinds]
    found = [(each, finding) for each in results for finding in each.findings]
    return {
        "seed": seed,
        "date": date,
        "minutes": round(seconds / 60, 1),
        "kinds": rows,
        "befallen": dict(sorted(Counter(name for each in results for name in each.befallen).items())),
        # The seed tells the rest again; what was said then may hold paths of the machine that ran it.
        "findings": [
            {"kind": each.kind, "seed": each.seed, "column": finding.column} for each, finding in found[:MOST_FINDINGS]
        ],
    }


def _row(side: str, name: str, results: Sequence[Tried]) -> dict[str, Any]:
    columns = Counter(finding.column for each in results for finding in each.findings)
    return {
        "kind": name,
        "side": side,
        "runs": len(results),
        "starts": sum(each.runs for each in results),
        **{column: columns[column] for column in COLUMNS},
    }


def keep(told: dict[str, Any]) -> None:
    """Write it where the documents find it."""
    KEPT.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def kept() -> dict[str, Any]:
    """The last campaign's."""
    told: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8"))
    return told


def table_rows(told: dict[str, Any]) -> list[tuple[str, ...]]:
    """A row for each kind, and one for each side."""
    names = ("runs", "starts", *COLUMNS)
    rows = [(row["side"], row["kind"], *(f"{row[name]:,}" for name in names)) for row in told["kinds"]]
    for side in dict.fromkeys(row["side"] for row in told["kinds"]):
        mine = [row for row in told["kinds"] if row["side"] == side]
        rows.append((f"**{side}**", "**all**", *(f"**{sum(row[name] for row in mine):,}**" for name in names)))
    return rows


def introduction(told: dict[str, Any]) -> str:
    """When, how long, and how it is done again."""
    sides = Counter({row["side"]: 0 for row in told["kinds"]})
    for row in told["kinds"]:
        sides[row["side"]] += row["runs"]
    counted = " and ".join(f"{count:,} of the {side}" for side, count in sides.items())
    command = f"`make campaign RUNS={max(sides.values(), default=0)} SEED={told['seed']}`"
    return f"{counted}, on {told['date']}, in {told['minutes']:g} minutes: {command}."


def findings(told: dict[str, Any]) -> list[str]:
    """What was found, each with the seed that shows it again."""
    return [f"- {each['kind']}, seed {each['seed']}: {each['column']}" for each in told["findings"]]
