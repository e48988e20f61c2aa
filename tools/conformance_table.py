"""How much of what Microsoft's end-to-end tests show do ours show, by codeunit?"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from conformance.claims import Claim, all_claims, reasons, theirs

TITLES = ("Codeunit", "Theirs", "Ours", "Held", "Not", "Why")


def conformance_rows() -> list[tuple[str, ...]]:
    """A row for each codeunit and one for all."""
    rows = sorted((_row(codeunit) for codeunit in theirs()), key=lambda row: row[0].lower())
    sums = [str(sum(int(row[place]) for row in rows)) for place in range(1, 5)]
    return [*rows, ("all", *sums, "")]


def _row(codeunit: str) -> tuple[str, ...]:
    claims = [claim for claim in all_claims() if claim.codeunit == codeunit]
    held = {claim.name for claim in claims}
    left = [name for name in theirs()[codeunit] if name not in held]
    counts = (len(theirs()[codeunit]), _cases(claims), len(held), len(left))
    return (codeunit.removeprefix("APIV2").lstrip(" -"), *map(str, counts), _why(codeunit, left))


def _cases(claims: list[Claim]) -> int:
    """How many cases show them; one that shows several counts once."""
    return sum({(claim.test, claim.case): claim.cases for claim in claims}.values())


def _why(codeunit: str, names: list[str]) -> str:
    """The reasons, each with the tests that it is for."""
    by_reason: dict[str, list[str]] = {}
    for name in names:
        by_reason.setdefault(reasons()[codeunit][name], []).append(name)
    return " ".join(
        reason if len(found) == len(theirs()[codeunit]) else f"{', '.join(f'`{name}`' for name in found)}: {reason}"
        for reason, found in by_reason.items()
    )
