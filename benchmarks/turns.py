"""How are two releases measured beside each other, on a machine that has other things to do as well?

Each measurement is a process of its own, run by the interpreter that a release is installed for. The releases take
turns, in both orders, and the smallest figure of each counts: what disturbs a run only makes it larger.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping

NOW, BEFORE = "now", "before"

Figures = dict[str, float]


def add_options(parser: argparse.ArgumentParser, *, repeats: int) -> None:
    """The options of every benchmark."""
    parser.add_argument("--against", type=Path, help="interpreter of another release, to be measured beside this one")
    parser.add_argument("--repeats", type=int, default=repeats, help="how often each is measured; the best counts")


def in_turn(script: str, arguments: Iterable[str], *, against: Path | None, repeats: int) -> dict[str, Figures]:
    """The best figures of each release.

    Args:
        script: Prints its figures, the smaller the better, as the last line of its output.
        arguments: Make the script do so.
        against: Interpreter of the release before; None for this release alone.
        repeats: How often each release has its turn.
    """
    pythons = {NOW: Path(sys.executable), **({BEFORE: against} if against else {})}
    best: dict[str, Figures] = {name: {} for name in pythons}
    for number in range(repeats):
        for name in sorted(pythons, reverse=bool(number % 2)):
            for figure, value in figures_of(pythons[name], script, arguments).items():
                best[name][figure] = min(value, best[name].get(figure, value))
    return best


def print_seconds(best: Mapping[str, Figures]) -> None:
    """A line for each figure: this release, the one before, and how many times as much this one takes."""
    print(f"{'':<28}{NOW:>12}" + (f"{BEFORE:>12}{'now : before':>14}" if BEFORE in best else ""))
    for figure, value in best[NOW].items():
        line = f"{figure:<28}{value:>10,.2f} s"
        if BEFORE in best:
            before = best[BEFORE][figure]
            line += f"{before:>10,.2f} s{value / before:>14.2f}"
        print(line)


def print_rates(
    best: Mapping[str, Figures], *, beside: Mapping[str, str], targets: Mapping[str, float] | None = None
) -> bool:
    """A line for each figure, which is seconds for a record: records per second, and how many times as many as before.

    Args:
        best: The figures of each release.
        beside: The SDK's figure for one of ours.
        targets: How many times as fast as the SDK a figure has to be.

    Returns:
        Whether it is.
    """
    met = True
    more = f"{BEFORE:>12}{'now : before':>14}" if BEFORE in best else ""
    print(f"{'':<34}{'records/s':>12}{'to the SDK':>12}{'target':>8}{more}")
    for figure, taken in best[NOW].items():
        ratio = best[NOW][beside[figure]] / taken if figure in beside else None
        target = (targets or {}).get(figure)
        met = met and (target is None or (ratio is not None and ratio >= target))
        line = f"{figure:<34}{1 / taken:>12,.0f}{'' if ratio is None else f'{ratio:.2f}':>12}{target or '':>8}"
        if BEFORE in best:
            line += f"{1 / best[BEFORE][figure]:>12,.0f}{best[BEFORE][figure] / taken:>14.2f}"
        print(line)
    return met


def figures_of(python: Path, script: str, arguments: Iterable[str]) -> Figures:
    """What a script prints as the last line of its output, run by an interpreter."""
    done = subprocess.run([str(python), script, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{python} {script} ended with {done.returncode}:\n{done.stderr[-4000:]}")
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures
