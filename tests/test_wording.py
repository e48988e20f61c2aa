"""What the programs say is native English: no spelling of Python's for values, no `is no` for `is not a`."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("dynamics-bc-client", "dynamics-bc-plugin", "tap-dynamics-bc", "target-dynamics-bc", "dynamics-bc-cli")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
FOREIGN = re.compile(r"(?<!here )\b(?:is|are|was|were) no (?!longer\b|more\b)|\bwhole response\b|\bis called so\b")
"""How somebody says it who thinks in another language. `There is no company "x"` is as it should be."""


def texts(tree):
    """Texts of a file that may be said: all but docstrings, with braces for what is put into them."""
    statements = [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    parts = [part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values]
    passed_over = {id(node) for node in (*statements, *parts)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            pieces = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
            yield "".join(str(piece) for piece in pieces)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed_over:
            yield node.value


def faults(source):
    tree = ast.parse(source)
    found = [text for text in texts(tree) if FOREIGN.search(text)]
    values = [node for node in ast.walk(tree) if isinstance(node, ast.FormattedValue) and node.conversion == ord("r")]
    return [*found, *(ast.unparse(node) for node in values)]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_message_is_foreign_or_spells_a_value_as_python_does(package):
    files = [path for path in FILES if package in path.parts]
    assert files
    assert {str(path.relative_to(ROOT)): found for path in files if (found := faults(path.read_text()))} == {}


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ('raise E(f"Line {n} is no outcome.")', 1),
        ('raise E(f"{value!r} is wrong.")', 1),
        ('raise E("The " "rows are no rows.")', 1),
        ('raise E(f"There is no company {name}, and it is no longer open.")', 0),
        ('"""It is no outcome."""', 0),
    ],
)
def test_the_check_finds_what_is_foreign(source, count):
    assert len(faults(source)) == count
