"""Is the table of mutants complete, and does its runner know a caught mutant from one that broke?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from mutants.changes import changes  # noqa: E402 - a script's folder is no package
from mutants.mutant import Mutant  # noqa: E402
from mutants.results import results  # noqa: E402
from mutants.table import MUTANTS, faults  # noqa: E402
from mutants.trials import verdicts  # noqa: E402
from mutants.unguided import drawn, roam  # noqa: E402

GATE, TEST = "tap-dynamics-bc/gate.py", "tests/test_gate.py"
CODE = """def may_pass(age: int) -> bool:
    return age >= 18


def greeting() -> str:
    return "Hello" + "!"
"""
TESTS = """from gate import greeting, may_pass


def test_grown_ups_pass():
    assert may_pass(30)


def test_children_do_not():
    assert not may_pass(3)


def test_everybody_is_greeted():
    assert greeting()[0] == "H"
"""


def test_the_table_is_complete_and_every_old_text_is_where_it_was():
    assert list(faults(ROOT)) == []


def test_every_mutant_was_tried_and_is_caught():
    known = results()
    assert [each.name for each in MUTANTS if each.name not in known] == [], "run make mutants ONLY=..."
    assert [each.name for each in MUTANTS if not known[each.name].caught] == []


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small project."""
    root = tmp_path / "tree"
    for name, text in ((GATE, CODE), (TEST, TESTS), ("pyproject.toml", "[tool.pytest.ini_options]\n")):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return root


def mutant(how: str, new: str, *tests: str, old: str = "    return age >= 18\n") -> Mutant:
    return Mutant("gate", how, GATE, old, new, tuple(f"{TEST}::{test}" for test in tests))


def test_a_mutant_is_caught_by_an_assertion_of_each_test_that_is_named_and_by_nothing_else(tree):
    mutants = {
        "caught": mutant("open", "    return True\n", "test_children_do_not"),
        "test_grown_ups_pass passed": mutant(
            "open", "    return True\n", "test_children_do_not", "test_grown_ups_pass"
        ),
        "failed by no assertion": mutant("broken", "    return agee\n", "test_children_do_not"),
        "without a report": mutant("away", "    import os\n    os._exit(3)\n", "test_children_do_not"),
    }
    tried = []
    found = verdicts(tree, list(mutants.values()), at_once=1, told=lambda each, _: tried.append(each))
    assert [each.caught for each in found] == [True, False, False, False]
    for why, verdict in list(zip(mutants, found, strict=True))[1:]:
        assert why in verdict.why
    assert tried == list(mutants.values())
    assert (tree / GATE).read_text() == CODE, "the tree itself is never touched"


def test_changes_that_nobody_has_thought_of_are_tried_with_the_tests_that_reach_them(tree):
    every = drawn(tree, [GATE], count=100, seed=1)
    found = roam(tree, every, ["tests"], at_once=1, told=lambda _: None)
    survivors = {(each.change.what, each.tests) for each in found if not each.noticed}
    assert survivors == {("age >= 18 -> (age > 18)", 2)}
    assert len(found) > len(survivors)


def test_a_change_is_tried_with_every_test_that_reaches_its_line_and_with_no_other(tree):
    (tree / GATE).write_text("def fare(age):\n    if age < 6:\n        return 0\n    return 2\n")
    ages = [f"def test_at_{age}():\n    assert fare({age}) is not None\n" for age in (1, 2, 60)]
    (tree / TEST).write_text("from gate import fare\n\n\n" + "\n\n".join(ages))
    found = roam(tree, drawn(tree, [GATE], count=100, seed=1), ["tests"], at_once=2, told=lambda _: None)
    assert {each.change.what: each.tests for each in found if not each.noticed} == {
        "age < 6 -> (age <= 6)": 3,
        "6 -> 13": 3,
        "0 -> 1": 2,
        "2 -> 3": 1,
    }


def test_a_row_whose_old_text_has_moved_is_told(tree):
    moved = mutant("open", "    return True\n", "test_children_do_not", "test_nobody", old="    return age > 18\n")
    text, test = moved.faults(tree)
    assert "the old text is 0 times in tap-dynamics-bc/gate.py" in text
    assert "there is no test tests/test_gate.py::test_nobody" in test


def test_changes_leave_words_for_people_and_types_alone():
    text = (
        'import logging\n\nlog = logging.getLogger()\n\n\ndef f(a: int = 1):\n    """Say 2."""\n    log.info("x", 3)\n'
    )
    assert [each.what for each in changes(text)] == ["1 -> 2"]


def test_the_same_seed_draws_the_same_changes(tree):
    assert drawn(tree, [GATE], count=2, seed=5) == drawn(tree, [GATE], count=2, seed=5)
