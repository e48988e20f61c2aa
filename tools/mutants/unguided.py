"""What survives of changes that nobody has thought of?

Changes are drawn by a seed from files that keep promises. Each is tried with the tests that reach the function that it
is in, the quickest first, until one fails. What survives is for people to judge: many a change means the same, or
something that nobody was promised.
"""

from __future__ import annotations

import json
import random
import re
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mutants.changes import changes
from mutants.copies import PACKAGE_FOLDERS
from mutants.trials import Copies

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mutants.changes import Change
    from mutants.copies import Copy

SECONDS = 240.0
"""How long the tests of one change may take."""

AT_FIRST = 30
"""How many tests are tried at first: most changes are noticed by one of them."""

MAPPING_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Tried:
    """A change of a file, and what became of it.

    Attributes:
        file: Below the root.
        tests: How many tests reach its function.
        noticed: What failed; empty for a survivor.
    """

    file: str
    change: Change
    tests: int
    noticed: str

    def __str__(self) -> str:
        end = f"noticed: {self.noticed}" if self.noticed else f"SURVIVES {self.tests} tests"
        return f"{self.file}:{self.change.line}: {self.change.what}: {end}"


class Reach:
    """Which tests reach which function, and how long they take.

    Args:
        reached: By test, the functions by file and name.
        seconds: By test.
    """

    def __init__(self, reached: Mapping[str, Sequence[tuple[str, str]]], seconds: Mapping[str, float]) -> None:
        self._of: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._of_file: defaultdict[str, set[str]] = defaultdict(set)
        self._seconds = seconds
        for test, places in reached.items():
            for file, name in places:
                self._of[file, name].add(test)
                self._of_file[file].add(test)

    @classmethod
    def measured(cls, copies: Copies, tests: Sequence[str], kept: Path | None) -> Reach:
        """Run tests once to see what they reach, or read what was seen before from a file."""
        if kept is not None and kept.exists():
            return cls(*json.loads(kept.read_text(encoding="utf-8")))
        (report,) = copies.each(
            [[*tests, "-m", "not slow"]], lambda copy, named: copy.run(named, seconds=MAPPING_SECONDS, traced=True)
        )
        if report.problem:
            raise RuntimeError(report.problem)
        passed = {test: how.seconds for test, how in report.tests.items() if how.outcome == "passed"}
        reached = {test: places for test, places in report.reached.items() if test in passed}
        if kept is not None:
            kept.write_text(json.dumps([reached, passed]), encoding="utf-8")
        return cls(reached, passed)

    def tests(self, file: str, function: str, *, used_by: Sequence[str] = ()) -> list[str]:
        """The tests that reach a function, the quickest first, as far as there is time for them.

        Args:
            file: The file, below the root.
            function: Its name; empty for what stands outside of functions.
            used_by: Files that import what stands there.
        """
        found = (
            self._of[file, function] if function else set().union(*(self._of_file[each] for each in (file, *used_by)))
        )
        chosen: list[str] = []
        left = SECONDS / 2
        for test in sorted(found, key=lambda each: self._seconds[each]):
            left -= self._seconds[test]
            if left > 0:
                chosen.append(test)
        return chosen


def drawn(root: Path, files: Sequence[str], *, count: int, seed: int) -> list[tuple[str, Change]]:
    """Changes of files, drawn by a seed."""
    every = [(file, change) for file in files for change in changes((root / file).read_text(encoding="utf-8"))]
    chosen = random.Random(seed)
    return sorted(chosen.sample(every, min(count, len(every))), key=lambda each: (each[0], each[1].line))


def roam(
    root: Path,
    drawn_changes: Sequence[tuple[str, Change]],
    tests: Sequence[str],
    *,
    at_once: int,
    told: Callable[[Tried], None],
    kept: Path | None = None,
) -> list[Tried]:
    """Try changes.

    Args:
        root: The tree.
        drawn_changes: By file.
        tests: Node ids, files or folders of the tests to choose from.
        at_once: How many are tried at the same time.
        told: Is called with each as soon as it is known.
        kept: A file that keeps which test reaches what.
    """
    with tempfile.TemporaryDirectory() as folder, Copies(root, Path(folder), at_once) as copies:
        reach = Reach.measured(copies, tests, kept)

        def tried(copy: Copy, each: tuple[str, Change]) -> Tried:
            file, change = each
            used_by = () if change.function else importers(root, file)
            chosen = reach.tests(file, change.function, used_by=used_by)
            some = (chosen[:AT_FIRST], chosen[AT_FIRST:])
            noticed = next((said for tests in some if tests and (said := _noticed(copy, file, change, tests))), "")
            found = Tried(file, change, len(chosen), noticed)
            told(found)
            return found

        return list(copies.each(drawn_changes, tried))


def importers(root: Path, file: str) -> list[str]:
    """The files of packages and tests that import a module, below the root."""
    module = ".".join(Path(file).with_suffix("").parts[1:]).removesuffix(".__init__")
    package, _, name = module.rpartition(".")
    imports = re.compile(
        rf"^\s*(?:from {re.escape(module)} import|from {re.escape(package)} import .*\b{name}\b)", re.MULTILINE
    )
    others = (path for folder in (*PACKAGE_FOLDERS, "tests") for path in sorted((root / folder).rglob("*.py")))
    return [str(path.relative_to(root)) for path in others if imports.search(path.read_text(encoding="utf-8"))]


def _noticed(copy: Copy, file: str, change: Change, tests: Sequence[str]) -> str:
    with copy.with_text(file, change.text):
        report = copy.run(tests, seconds=SECONDS, first_only=True)
    failed = next((f"{test} {how.by}" for test, how in report.tests.items() if how.outcome == "failed"), "")
    return failed or report.problem
