"""Is a mutant caught by the tests that are named for it?"""

from __future__ import annotations

import queue
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mutants.copies import Copy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from typing_extensions import Self

    from mutants.copies import Ended, Report
    from mutants.mutant import Mutant

T = TypeVar("T")
R = TypeVar("R")

SECONDS = 300.0
"""How long the tests of one mutant may take: one that has lost its end is ended."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant.

    Attributes:
        caught: Every test that is named for it failed by an assertion.
        why: What the first of them says, or why it is not caught.
        seconds: How long they took.
    """

    caught: bool
    why: str
    seconds: float


class Copies:
    """Copies of a tree, each used by one thread at a time.

    Args:
        root: The tree.
        folder: Where they are made.
        count: How many.
    """

    def __init__(self, root: Path, folder: Path, count: int) -> None:
        self._free: queue.Queue[Copy] = queue.Queue()
        self._pool = ThreadPoolExecutor(count)
        self._copies = list(self._pool.map(lambda number: Copy(root, folder / f"copy-{number}"), range(count)))
        for copy in self._copies:
            self._free.put(copy)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()
        for copy in self._copies:
            copy.close()

    def each(self, items: Iterable[T], work: Callable[[Copy, T], R]) -> Iterator[R]:
        """What comes of each item, in their order."""
        return self._pool.map(lambda item: self._with_copy(item, work), items)

    def _with_copy(self, item: T, work: Callable[[Copy, T], R]) -> R:
        copy = self._free.get()
        try:
            return work(copy, item)
        finally:
            self._free.put(copy)


def verdicts(
    root: Path, mutants: Sequence[Mutant], *, at_once: int, told: Callable[[Mutant, Verdict], None]
) -> list[Verdict]:
    """What becomes of mutants.

    Args:
        root: The tree that they are of.
        mutants: Any number of them.
        at_once: How many are tried at the same time.
        told: Is called with each as soon as it is known.
    """
    lock = threading.Lock()
    with tempfile.TemporaryDirectory() as folder, Copies(root, Path(folder), at_once) as copies:
        named = list(dict.fromkeys(test for mutant in mutants for test in mutant.tests))
        share = -(-len(named) // at_once)
        shares = [named[start : start + share] for start in range(0, len(named), share)]
        sound = {test: fault for faults in copies.each(shares, _unsound) for test, fault in faults.items()}

        def tried(copy: Copy, mutant: Mutant) -> Verdict:
            broken = next((sound[test] for test in mutant.tests if sound[test]), "")
            verdict = Verdict(caught=False, why=broken, seconds=0.0) if broken else _tried(copy, mutant)
            with lock:
                told(mutant, verdict)
            return verdict

        return list(copies.each(mutants, tried))


def _unsound(copy: Copy, tests: Sequence[str]) -> dict[str, str]:
    """Why each test does not pass as everything is; empty for those that do."""
    report = copy.run(tests, seconds=len(tests) * SECONDS)
    return {test: report.problem or _unsoundness(test, _of(test, report.tests)) for test in tests}


def _unsoundness(test: str, ended: Sequence[Ended]) -> str:
    if not ended:
        return f"{test} cannot be run."
    other = next((each for each in ended if each.outcome != "passed"), None)
    return "" if other is None else f"{test} {other.outcome} without the mutant, too ({other.by})."


def _tried(copy: Copy, mutant: Mutant) -> Verdict:
    text = mutant.applied(copy.text(mutant.file))
    began = time.monotonic()
    with copy.with_text(mutant.file, text):
        verdict = None
        if len(mutant.tests) == 1:
            # One of its parameters is enough, if it is an assertion that fails.
            verdict = _judged(
                mutant, copy.run(mutant.tests, seconds=SECONDS, first_only=True), time.monotonic() - began
            )
        if verdict is None or not verdict.caught:
            verdict = _judged(mutant, copy.run(mutant.tests, seconds=SECONDS), time.monotonic() - began)
    return verdict


def _judged(mutant: Mutant, report: Report, seconds: float) -> Verdict:
    if report.problem:
        return Verdict(caught=False, why=report.problem, seconds=seconds)
    reasons: list[str] = []
    for test in mutant.tests:
        ended = _of(test, report.tests)
        noticed = next((each for each in ended if each.outcome == "failed" and each.asserted), None)
        if noticed is None:
            failed = next((each.by for each in ended if each.outcome == "failed"), "")
            how = f"failed by no assertion ({failed})" if failed else "passed"
            return Verdict(caught=False, why=f"{test} {how}.", seconds=seconds)
        reasons.append(noticed.by)
    return Verdict(caught=True, why=reasons[0], seconds=seconds)


def _of(test: str, tests: dict[str, Ended]) -> list[Ended]:
    """How a test ended, or, if it has parameters and none are named, how it ended with each."""
    return [how for name, how in tests.items() if name == test or name.startswith(f"{test}[")]
