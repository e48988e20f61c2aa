"""Is each mechanism that keeps a promise missed by a test when it is taken out?

Without options every mutant of the table is tried, and what became of it is kept for the documents. With `--check`
nothing is run: each row's old text is still where it was, its tests are there, and every mechanism has a mutant.
With `--random` mutants are made of operators, conditions and constants instead, see `mutants.unguided`.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mutants.results import keep, results, summary
from mutants.table import MUTANTS, faults
from mutants.trials import verdicts
from mutants.unguided import drawn, roam

if TYPE_CHECKING:
    from mutants.mutant import Mutant
    from mutants.trials import Verdict

ROOT = Path(__file__).resolve().parent.parent
CLIENT, PLUGIN, TAP, TARGET = (
    "dynamics-bc-client/dynamics_bc_client",
    "dynamics-bc-plugin/dynamics_bc_plugin",
    "tap-dynamics-bc/tap_dynamics_bc",
    "target-dynamics-bc/target_dynamics_bc",
)
PROMISING = [
    *(f"{CLIENT}/{name}.py" for name in ("retry", "exchange", "transport", "paging", "odata/pages")),
    *(f"{CLIENT}/{name}.py" for name in ("batches", "batched_reads", "odata/batch")),
    *(f"{CLIENT}/{name}.py" for name in ("auth", "token_requests", "token_storage")),
    *(f"{CLIENT}/{name}.py" for name in ("store_database", "store_folder", "store_failures")),
    *(f"{PLUGIN}/{name}.py" for name in ("ending", "outgoing", "starting", "state_file")),
    *(f"{TAP}/{name}" for name in ("reads", "pages", "deletions", "records")),
    *(f"{TARGET}/{name}" for name in ("writing", "kept", "finding", "wanted")),
]
"""Where most promises are kept."""

QUICK_TESTS = ["tests/client", "tests/plugin", "tests/tap", "tests/target"]


def check() -> int:
    found = list(faults(ROOT))
    for fault in found:
        print(fault, file=sys.stderr)
    if not found:
        print(f"The table of {len(MUTANTS)} mutants is complete.")
    return 1 if found else 0


def try_all(words: list[str], at_once: int, within: float | None, *, kept: bool) -> int:
    """Try the mutants whose names have one of the words in them; all without any."""
    chosen = [each for each in MUTANTS if not words or any(word in each.name for word in words)]
    if within is not None:
        chosen = quick(chosen, within)
    found = verdicts(ROOT, chosen, at_once=at_once, told=tell)
    if kept:
        keep(zip(chosen, found, strict=True))
    survivors = [mutant.name for mutant, verdict in zip(chosen, found, strict=True) if not verdict.caught]
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} mutants were caught. {summary() if kept else ''}".strip())
    return 1 if survivors else 0


def quick(mutants: list[Mutant], seconds: float) -> list[Mutant]:
    """The quickest mutants that are known to take no longer than some seconds together."""
    known = results()
    chosen: list[Mutant] = []
    for mutant in sorted(mutants, key=lambda each: known[each.name].seconds if each.name in known else float("inf")):
        seconds -= known[mutant.name].seconds if mutant.name in known else float("inf")
        if seconds < 0:
            break
        chosen.append(mutant)
    return chosen


def tell(mutant: Mutant, verdict: Verdict) -> None:
    said = "caught" if verdict.caught else "SURVIVES"
    print(f"{said} {verdict.seconds:5.1f} s  {mutant.name}  ({verdict.why})", flush=True)


def try_random(arguments: argparse.Namespace) -> int:
    files = [name for each in arguments.files for name in below(each)]
    chosen = drawn(ROOT, files, count=arguments.random, seed=arguments.seed)
    found = roam(
        ROOT,
        chosen,
        arguments.tests,
        at_once=arguments.jobs,
        told=lambda each: print(each, flush=True),
        kept=arguments.reach,
    )
    survivors = [each for each in found if not each.noticed]
    print(f"{len(found) - len(survivors)} of {len(found)} changes were noticed; seed {arguments.seed}. Survivors:")
    for each in survivors:
        print(each)
    return 0


def below(name: str) -> list[str]:
    """The Python files of a folder, or the file itself, below the root."""
    path = ROOT / name
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return [str(each.relative_to(ROOT)) for each in files]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("words", nargs="*", help="try the mutants whose names have one of these in them")
    parser.add_argument("--check", action="store_true", help="run nothing; fail when the table is not complete")
    parser.add_argument("--within", type=float, help="try only the quickest, which take so many seconds together")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many are tried at once")
    parser.add_argument("--random", type=int, help="try so many changes that nobody has thought of")
    parser.add_argument("--seed", type=int, default=1, help="which ones")
    parser.add_argument("--files", nargs="+", default=PROMISING, help="files and folders to change")
    parser.add_argument("--tests", nargs="+", default=QUICK_TESTS, help="tests to choose from")
    parser.add_argument("--reach", type=Path, help="a file to keep which test reaches what")
    arguments = parser.parse_args()
    if arguments.check:
        return check()
    if arguments.random:
        return try_random(arguments)
    return try_all(arguments.words, arguments.jobs, arguments.within, kept=arguments.within is None)


if __name__ == "__main__":
    sys.exit(main())
