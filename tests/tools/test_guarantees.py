"""Do the tests that docs/guarantees.md names exist?"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


@cache
def functions_of(path: str) -> frozenset[str]:
    """The names of a file's tests; none if there is no such file."""
    place = ROOT / path
    if not place.exists():
        return frozenset()
    body = ast.parse(place.read_text(encoding="utf-8")).body
    return frozenset(node.name for node in body if isinstance(node, ast.FunctionDef) and node.name[:5] == "test_")


def promises(page: str) -> dict[str, list[tuple[str, str]]]:
    """Files and tests by promise."""
    sections = re.findall(r"^## (\d\..*?)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    return {title: TEST.findall(text) for title, text in sections}


@pytest.mark.parametrize(("path", "name"), sorted(set(TEST.findall(PAGE))))
def test_every_test_that_is_named_is_there(path, name):
    assert name in functions_of(path)


def test_five_promises_are_made_and_each_is_attacked():
    assert len(promises(PAGE)) == 5
    assert all(len(named) > 4 for named in promises(PAGE).values())


def test_a_test_that_is_gone_is_noticed():
    assert "test_that_never_was" not in functions_of("tests/tools/test_guarantees.py")
    assert functions_of("tests/tools/test_never.py") == frozenset()
