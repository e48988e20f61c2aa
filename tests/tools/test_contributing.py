"""Does CONTRIBUTING.md point to files and names that are there?"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = re.compile(r"`([^`]+)`")
PATH = re.compile(r"[\w.-]+/[\w./-]+")


def rows(text: str) -> list[str]:
    """The right-hand cells of the table under "Where is ...?"."""
    section = text.split("## Where is ...?")[1].split("\n## ", maxsplit=1)[0]
    return [line.split("|")[2] for line in section.splitlines() if line.startswith("| ")][1:]


def places(cell: str) -> list[tuple[str, list[str]]]:
    """The files that a cell names, each with the names that are said to be in it."""
    found: list[tuple[str, list[str]]] = []
    for code in CODE.findall(cell):
        if PATH.fullmatch(code):
            found.append((code, []))
        else:
            found[-1][1].append(code)
    return found


def names_of(source: str) -> set[str]:
    """What a module defines."""
    names: set[str] = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
        elif isinstance(node, ast.Assign):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return names


def missing(path: str, names: list[str]) -> list[str]:
    """What is not where it is said to be."""
    place = ROOT / path
    if not place.exists():
        return [path]
    there = names_of(place.read_text()) if names else set()
    return [f"{path}: {name}" for name in names if name not in there]


PLACES = [place for cell in rows((ROOT / "CONTRIBUTING.md").read_text()) for place in places(cell)]


def test_the_page_answers_where_the_five_things_are_that_people_look_for() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text()
    for sought in ("a 429", "a stream's oddity", "a rejection", "an exit code", "a message"):
        assert f"**{sought}**" in page
    assert len(PLACES) > 20


@pytest.mark.parametrize(("path", "names"), PLACES, ids=[path for path, _ in PLACES])
def test_every_file_and_name_is_there(path: str, names: list[str]) -> None:
    assert missing(path, names) == []


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("`tools/tables.py` `TABLES`", []),
        ("`tools/tables.py` `CHAIRS`", ["tools/tables.py: CHAIRS"]),
        ("`tools/chairs.py` `TABLES`", ["tools/chairs.py"]),
        ("`tools/tables.py`, `tools/chairs.py`", ["tools/chairs.py"]),
    ],
)
def test_what_is_gone_is_named(cell: str, said: list[str]) -> None:
    assert [each for place in places(cell) for each in missing(*place)] == said
