"""Which of Microsoft's end-to-end tests are held by tests of this folder, and which cannot be?

`theirs.json` has the names of their tests by codeunit. A file of this folder says in `CODEUNIT` whose tests it holds,
and each test or parameter of it says in the mark `theirs` which ones. `not_shown.json` has the reason for each name
that no test holds.
"""

from __future__ import annotations

import importlib
import json
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from _pytest.mark import ParameterSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import ModuleType

    from _pytest.mark import Mark

FOLDER = Path(__file__).resolve().parent
# Marks under which a test that fails does no harm.
_EXCUSES = {"skip", "skipif", "xfail"}


@dataclass(frozen=True, slots=True)
class Claim:
    """A test that shows what one of theirs shows.

    Attributes:
        codeunit: The object's name.
        name: Their test.
        test: Ours: the file's and the function's name.
        case: Which row of its parameters, if it is one row of several that shows it.
        cases: How many cases of ours show it.
        excused: Whether ours may fail.
    """

    codeunit: str
    name: str
    test: str
    case: int | None
    cases: int
    excused: bool


@cache
def theirs() -> Mapping[str, list[str]]:
    """Their tests by codeunit."""
    return _read("theirs.json")


@cache
def reasons() -> Mapping[str, Mapping[str, str]]:
    """Why a test of theirs is not held, by codeunit and name."""
    return _read("not_shown.json")


def _read(name: str) -> dict:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


@cache
def all_claims() -> tuple[Claim, ...]:
    """The claims of all files of this folder."""
    names = sorted(path.stem for path in FOLDER.glob("test_*.py"))
    return tuple(claim for name in names for claim in claims_of(importlib.import_module(f"conformance.{name}")))


def claims_of(module: ModuleType) -> Iterator[Claim]:
    """The claims of one file; one without `CODEUNIT` has none."""
    codeunit = getattr(module, "CODEUNIT", None)
    if codeunit is None:
        return
    for function_name, function in vars(module).items():
        if function_name.startswith("test_") and callable(function):
            marks = getattr(function, "pytestmark", [])
            test = f"{module.__name__.rpartition('.')[2]}.{function_name}"
            yield from _claims(codeunit, test, marks)


def _claims(codeunit: str, test: str, marks: list[Mark]) -> Iterator[Claim]:
    excused = any(mark.name in _EXCUSES for mark in marks)
    cases = 1
    for mark in marks:
        cases *= len(mark.args[1]) if mark.name == "parametrize" else 1
    for name in _names(marks):
        yield Claim(codeunit, name, test, None, cases, excused)
    for mark in (mark for mark in marks if mark.name == "parametrize"):
        for place, case in enumerate(mark.args[1]):
            marked = case.marks if isinstance(case, ParameterSet) else ()
            excused_too = excused or any(other.name in _EXCUSES for other in _marks(marked))
            for name in _names(marked):
                yield Claim(codeunit, name, test, place, cases // len(mark.args[1]), excused_too)


def _names(marks: Iterable) -> Iterator[str]:
    for mark in _marks(marks):
        if mark.name == "theirs":
            yield from mark.args


def _marks(marks: Iterable) -> Iterator[Mark]:
    return (getattr(each, "mark", each) for each in marks)


def faults(claims: Iterable[Claim]) -> Iterator[str]:
    """What is wrong with some claims by themselves: names unknown, held twice, said not to be shown, or excused."""
    claims = list(claims)
    for claim in claims:
        where = f"{claim.codeunit}, {claim.name}, held by {claim.test}:"
        if claim.name not in theirs().get(claim.codeunit, ()):
            yield f"{where} Microsoft has no such test."
        if claim.name in reasons().get(claim.codeunit, {}):
            yield f"{where} not_shown.json says that it is not shown."
        if claim.excused:
            yield f"{where} a test that may fail or is left out holds nothing."
    for (codeunit, name), times in Counter((claim.codeunit, claim.name) for claim in claims).items():
        if times > 1:
            tests = ", ".join(claim.test for claim in claims if (claim.codeunit, claim.name) == (codeunit, name))
            yield f"{codeunit}, {name}: held {times} times, by {tests}."


def unheld(claims: Iterable[Claim]) -> Iterator[tuple[str, str]]:
    """Codeunit and name of theirs that are neither held nor have a reason."""
    held = {(claim.codeunit, claim.name) for claim in claims}
    for codeunit, names in theirs().items():
        for name in names:
            if (codeunit, name) not in held and name not in reasons().get(codeunit, {}):
                yield codeunit, name
