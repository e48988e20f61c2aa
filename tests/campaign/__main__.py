"""The campaign: many runs of tap and target under attack, each from a seed, and what became of them.

Without options a small one. `--show` prints the plan of a seed and `--only` tries it again.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from campaign.coverage import counted, named, seldom
from campaign.kinds import KINDS, TAP, TARGET, kind_of, shown
from campaign.results import introduction, keep, summary, table_rows
from campaign.steering import Steering
from campaign.trying import tried
from campaign.workers import all_tried
from judged import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from campaign.kinds import Kind
    from campaign.trying import Tried


def tasks(
    runs: int, seed: int, *, cheap: bool = False, sides: Sequence[str] = (TAP, TARGET), kind: str = ""
) -> Iterator[tuple[str, int]]:
    """Kinds and seeds, the sides in turn: whenever it is ended, both have been tried."""
    steering = Steering()
    for number in range(runs):
        own = seed * 100_000 + number
        for each in [KINDS[kind]] if kind else [kind_of(side, own, cheap=cheap) for side in sides]:
            yield each.name, steering.seed(each, own)


def say(result: Tried) -> None:
    for finding in result.findings:
        print(f"{result.kind}, seed {result.seed}: {finding.column}: {finding.text}", flush=True)


def say_coverage(results: Sequence[Tried], *, whole: bool) -> None:
    """Say in how many runs each thing happened, or at least what happened too seldom."""
    counts = counted(results)
    for name, count in sorted(counts.items()) if whole else ():
        print(f"{count:6,}  {name}")
    missing = seldom(counts, len(results))
    print(f"{len(named())} things befall runs; too seldom for {len(results):,} runs were {len(missing)} of them:")
    print(", ".join(f"{name} ({count})" for name, count in missing.items()) or "none")


def campaign(arguments: argparse.Namespace) -> int:
    began, results = time.monotonic(), []
    sides = [arguments.side] if arguments.side else (TAP, TARGET)
    given = tasks(arguments.runs, arguments.seed, cheap=arguments.cheap, sides=sides, kind=arguments.kind)
    for result in all_tried(given, arguments.processes, ends_at=began + arguments.minutes * 60):
        results.append(result)
        say(result)
        if len(results) % 50 == 0:
            print(f"{len(results)} runs, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    date = datetime.now(tz=timezone.utc).date().isoformat()
    told = summary(results, seed=arguments.seed, seconds=time.monotonic() - began, date=date)
    print(introduction(told))
    for row in table_rows(told):
        print("  ".join(row))
    seconds = Counter[str]()
    for each in results:
        seconds[each.kind] += round(each.seconds)
    print("seconds:", ", ".join(f"{kind}: {spent:,}" for kind, spent in seconds.most_common()))
    slowest = sorted(results, key=lambda each: -each.seconds)[:5]
    print("slowest:", ", ".join(f"{each.kind} {each.seed}: {each.seconds:.0f} s" for each in slowest))
    say_coverage(results, whole=arguments.coverage)
    if arguments.write:
        keep(told)
    found = Counter(finding.column for each in results for finding in each.findings)
    return 1 if any(found[column] for column in COLUMNS) else 0


def once(kind: Kind, seed: int) -> int:
    result = tried(kind, seed)
    say(result)
    print(f"{kind.name}, seed {seed}: {result.runs} starts, {result.seconds} s, {len(result.findings)} findings")
    return 1 if result.findings else 0


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="campaign", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=20, help="how many of each side")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=600, help="begin nothing more after them")
    parser.add_argument("--side", choices=(TAP, TARGET), help="one side alone")
    parser.add_argument("--cheap", action="store_true", help="only what needs no further process")
    parser.add_argument("--coverage", action="store_true", help="say in how many runs each thing happened")
    parser.add_argument("--write", action="store_true", help="keep the figures for the documents")
    parser.add_argument("--kind", choices=sorted(KINDS), default="", help="runs of this kind alone")
    parser.add_argument("--only", type=int, metavar="SEED", help="try this seed alone, in this process")
    parser.add_argument("--show", type=int, metavar="SEED", help="print the plan of this seed")
    arguments = parser.parse_args()
    seed = arguments.show if arguments.only is None else arguments.only
    if seed is None:
        return campaign(arguments)
    kind = KINDS[arguments.kind] if arguments.kind else kind_of(arguments.side or TAP, seed)
    if arguments.only is not None:
        return once(kind, seed)
    print(shown(kind, seed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
