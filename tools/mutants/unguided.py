"""What survives of changes that nobody has thought of?

Changes are drawn by a seed from files that keep promises. Each is tried with every test that reaches its line, the
quickest first, until one fails. What survives is for people to judge: many a change means the same, or something that
nobody was promised.
"""

from __future__ import annotations

import json
import random
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mutants.changes import changes
from mutants.copies import PACKAGE_FOLDERS
from mutants.trials import Copies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mutants.changes import Change
    from mutants.copies import Copy

SECONDS = 60.0
"""How much longer than without it the tests of a change may take: one that has lost its end is ended."""

AT_ONCE = (30, 300)
"""How many tests are tried at first, and then: most changes are noticed by one of them."""

MAPPING_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Tried:
    """A change of a file, and what became of it.

    Attributes:
        file: Below the root.
        tests: How many tests reach its line.
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
    """Which tests reach which line, and how long they take.

    Args:
        reached: By test and file the lines, as the bits of a number.
        seconds: By test.
    """

    def __init__(self, reached: Mapping[str, Mapping[str, int]], seconds: Mapping[str, float]) -> None:
        self._reached = reached
        self._seconds = seconds

    @classmethod
    def measured(cls, copies: Copies, tests: Sequence[str], folders: Sequence[str], kept: Path | None) -> Reach:
        """Run tests once to see what they reach, or read what was seen before from a file."""
        if kept is not None and kept.exists():
            return cls(*json.loads(kept.read_text(encoding="utf-8")))
        reached: dict[str, dict[str, int]] = {}
        passed: dict[str, float] = {}
        for report in copies.each(
            [[each, "-m", "not slow"] for each in tests],
            lambda copy, named: copy.run(named, seconds=MAPPING_SECONDS, traced=folders),
        ):
            if report.problem:
                raise RuntimeError(report.problem)
            passed |= {test: how.seconds for test, how in report.tests.items() if how.outcome == "passed"}
            reached |= {test: places for test, places in report.reached.items() if test in passed}
        if kept is not None:
            kept.write_text(json.dumps([reached, passed]), encoding="utf-8")
        return cls(reached, passed)

    def tests(self, file: str, lines: range, *, used_by: Sequence[str] = ()) -> list[str]:
        """The tests that reach one of some lines: of each function the quickest first, then what is left.

        Args:
            file: The file, below the root.
            lines: Of the file; none for what stands outside of functions.
            used_by: Files that import what stands there.
        """
        bits = sum(1 << line for line in lines)
        found = [
            test
            for test, places in self._reached.items()
            if (places.get(file, 0) & bits if bits else any(each in places for each in (file, *used_by)))
        ]
        known: set[str] = set()
        first: list[str] = []
        rest: list[str] = []
        for test in sorted(found, key=self._seconds.__getitem__):
            function = test.partition("[")[0]
            (rest if function in known else first).append(test)
            known.add(function)
        return first + rest

    def seconds(self, tests: Iterable[str]) -> float:
        """How long tests may take: as long as they took while their lines were noted, and some more."""
        return SECONDS + 2 * sum(self._seconds[test] for test in tests)


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
        folders = sorted({Path(file).parts[0] for file, _ in drawn_changes})
        reach = Reach.measured(copies, test_files(root, tests), folders, kept)

        def tried(copy: Copy, each: tuple[str, Change]) -> Tried:
            file, change = each
            used_by = () if change.reached else importers(root, file)
            chosen = reach.tests(file, change.reached, used_by=used_by)
            with copy.with_text(file, change.text):
                tries = (_noticed(copy, some, reach.seconds(some)) for some in _in_turn(chosen))
                noticed = next(filter(None, tries), "")
            found = Tried(file, change, len(chosen), noticed)
            told(found)
            return found

        return list(copies.each(drawn_changes, tried))


def test_files(root: Path, tests: Sequence[str]) -> list[str]:
    """The files of tests in folders; what is no folder stays what it is."""
    return [name for each in tests for name in _below(root, each)]


def _below(root: Path, name: str) -> list[str]:
    folder = root / name
    if not folder.is_dir():
        return [name]
    return [str(path.relative_to(root)) for path in sorted(folder.rglob("test_*.py"))]


def importers(root: Path, file: str) -> list[str]:
    """The files of packages and tests that import a module, below the root."""
    module = ".".join(Path(file).with_suffix("").parts[1:]).removesuffix(".__init__")
    package, _, name = module.rpartition(".")
    imports = re.compile(
        rf"^\s*(?:from {re.escape(module)} import|from {re.escape(package)} import .*\b{name}\b)", re.MULTILINE
    )
    others = (path for folder in (*PACKAGE_FOLDERS, "tests") for path in sorted((root / folder).rglob("*.py")))
    return [str(path.relative_to(root)) for path in others if imports.search(path.read_text(encoding="utf-8"))]


def _in_turn(tests: Sequence[str]) -> Iterator[Sequence[str]]:
    """Tests, a few at first."""
    begins = 0
    for count in (*AT_ONCE, len(tests)):
        if some := tests[begins : begins + count]:
            yield some
        begins += count


def _noticed(copy: Copy, tests: Sequence[str], seconds: float) -> str:
    report = copy.run(tests, seconds=seconds, first_only=True)
    failed = next((f"{test} {how.by}" for test, how in report.tests.items() if how.outcome == "failed"), "")
    return failed or report.problem
