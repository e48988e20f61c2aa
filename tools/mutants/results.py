"""What did the last campaign find, and how do the documents show it?"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mutants.mechanisms import MECHANISMS
from mutants.table import MUTANTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mutants.mutant import Mutant
    from mutants.trials import Verdict

TITLES = ("Mechanism", "What happens in its place", "Promise", "Caught by", "Seconds")
PATH = Path(__file__).with_name("results.json")


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a mutant when it was tried last.

    Attributes:
        name: Which one.
        caught: Whether every test that is named for it failed by an assertion.
        seconds: How long they took.
    """

    name: str
    caught: bool
    seconds: float


def results() -> dict[str, Result]:
    """What is known, by the mutants' names."""
    found = json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else []
    return {each["name"]: Result(**each) for each in found}


def keep(tried: Iterable[tuple[Mutant, Verdict]]) -> None:
    """Keep what became of mutants, and what is known of others that there still are."""
    known = results() | {
        mutant.name: Result(mutant.name, verdict.caught, round(verdict.seconds, 1)) for mutant, verdict in tried
    }
    kept = [asdict(known[mutant.name]) for mutant in MUTANTS if mutant.name in known]
    PATH.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def rows() -> Iterable[tuple[str, ...]]:
    """The table of the documents: mechanism, what is done in its place, promise, tests, seconds."""
    known: Mapping[str, Result] = results()
    for mutant in MUTANTS:
        result = known.get(mutant.name)
        tests = "<br>".join(f"`{test.rpartition('/')[2]}`" for test in mutant.tests)
        caught = "not tried" if result is None else f"{result.seconds:.1f}" if result.caught else "**survives**"
        yield mutant.mechanism, mutant.how, str(MECHANISMS[mutant.mechanism]), tests, caught


def summary() -> str:
    """In a sentence, how many of how many are caught."""
    known = results()
    caught = sum(known[mutant.name].caught for mutant in MUTANTS if mutant.name in known)
    mechanisms = len({mutant.mechanism for mutant in MUTANTS})
    of = f"{caught} of {len(MUTANTS)} mutants of {mechanisms} mechanisms"
    return f"{of} are caught by the tests that are named for them."
