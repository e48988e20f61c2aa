"""Does a release do the same as the one before it?

Runs the commands of two releases, each installed in an environment of its own, against one emulator: the taps on the
demo company, at several page sizes and numbers of requests in flight, in a first and in an incremental run; the targets
on inputs of both dialects. Prints where they differ, stream by stream, with the first line that does. A difference is
not a fault by itself: it is one if nobody meant it.

    python benchmarks/compare_releases.py --old ../before/bin/python --new .venv/bin/python
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from emulated import emulated
from releases import Release
from tap_runs import IN_FLIGHT, NAMINGS, PAGE_SIZES, TapRuns, cases
from target_runs import INPUTS, PASSES, TargetRuns, inputs_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from differences import Comparison

WHAT = ("tap", "target")


def main() -> int:
    arguments = _parser().parse_args()
    different = 0
    for comparison in _comparisons(arguments):
        print(comparison, flush=True)
        different += bool(comparison.differences)
    print(f"{different} of the comparisons above show differences." if different else "Both releases do the same.")
    return 1 if different else 0


def _comparisons(arguments: argparse.Namespace) -> Iterator[Comparison]:
    old, new = Release("old", arguments.old), Release("new", arguments.new)
    with tempfile.TemporaryDirectory() as folder, emulated(arguments.emulator or arguments.old) as service:
        taps = TapRuns(old, new, service, Path(folder), arguments.streams)
        targets = TargetRuns(old, new, service, Path(folder), arguments.passes, arguments.entity_sets)
        if "tap" in arguments.only:
            yield from taps.compare(cases(arguments.stream_naming, arguments.page_sizes, arguments.in_flight))
        if "target" in arguments.only:
            found = [inputs_in(path) for path in arguments.inputs]
            yield from targets.compare(itertools.chain.from_iterable(found))
            if not arguments.without_copy:
                yield targets.compare_copies()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--old", type=Path, required=True, help="interpreter that the old release is installed for")
    parser.add_argument("--new", type=Path, required=True, help="interpreter that the new release is installed for")
    parser.add_argument(
        "--emulator", type=Path, help="interpreter whose emulator serves both; the old one's by default"
    )
    parser.add_argument("--only", nargs="+", choices=WHAT, default=WHAT, help="what to compare")
    tap = parser.add_argument_group("the tap")
    tap.add_argument("--stream-naming", nargs="+", choices=NAMINGS, default=NAMINGS)
    tap.add_argument("--page-sizes", nargs="+", type=int, default=PAGE_SIZES, help="0 for the tap's own")
    tap.add_argument("--in-flight", nargs="+", type=int, default=IN_FLIGHT)
    tap.add_argument("--streams", nargs="+", default=(), help="streams to read; all of them unless given")
    target = parser.add_argument_group("the target")
    target.add_argument("--inputs", nargs="+", type=Path, default=INPUTS, help="folders with Singer files")
    target.add_argument("--passes", type=int, default=PASSES, help="how often each input is sent")
    target.add_argument("--entity-sets", nargs="+", default=(), help="sets whose rows are compared; all unless given")
    target.add_argument("--without-copy", action="store_true", help="do not copy the demo company into another one")
    return parser


if __name__ == "__main__":
    sys.exit(main())
