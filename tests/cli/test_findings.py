"""The chain of checks: it ends at the first fault."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from dynamics_bc_cli.doctor.connection_checks import companies_to_read
from dynamics_bc_cli.doctor.findings import Case, Check, FaultError, Finding, examine
from dynamics_bc_client.companies import Company
from dynamics_bc_client.errors import SignInError

if TYPE_CHECKING:
    from collections.abc import Iterator

ANYTHING = cast("Case", None)


def good(name: str) -> Check:
    def look(_: Case) -> Iterator[Finding]:
        yield Finding(name, "ok", "there")

    return Check(name, look, "the keeper", "the usual")


def bad(name: str, error: Exception) -> Check:
    def look(_: Case) -> Iterator[Finding]:
        yield Finding(name, "note", "odd")
        raise error

    return Check(name, look, "the keeper", "the usual")


def test_without_a_fault_every_check_is_made() -> None:
    assert [each.check for each in examine(ANYTHING, [good("a"), good("b")])] == ["a", "b"]


def test_the_chain_ends_at_the_first_fault() -> None:
    found = list(examine(ANYTHING, [good("a"), bad("b", SignInError("no token")), good("c"), good("d")]))
    assert [(each.check, each.status) for each in found] == [
        ("a", "ok"),
        ("b", "note"),
        ("b", "fault"),
        ("c", "not checked"),
        ("d", "not checked"),
    ]
    assert found[2] == Finding("b", "fault", "no token", "the keeper", "the usual", 3)


def test_a_fault_with_a_remedy_of_its_own_keeps_it() -> None:
    error = FaultError("gone", who="the owner", remedy="bring it back", exit_code=1)
    *_, found = examine(ANYTHING, [bad("a", error)])
    assert found == Finding("a", "fault", "gone", "the owner", "bring it back", 1)


def test_what_is_no_error_of_this_project_is_not_caught() -> None:
    with pytest.raises(ZeroDivisionError):
        list(examine(ANYTHING, [bad("a", ZeroDivisionError())]))


KNOWN = [Company("1", "CRONUS", "Cronus"), Company("2", "CRONUS USA, Inc.", "Cronus USA")]


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        (None, ["1", "2"]),
        ("", ["1", "2"]),
        ([], ["1", "2"]),
        (["cronus"], ["1"]),
        ("2, CRONUS", ["1", "2"]),
        ("CRONUS USA, Inc.,CRONUS", ["1", "2"]),
        ("CRONUS USA, Inc.", ["2"]),
        (["Cronus USA", ""], ["2"]),
    ],
)
def test_the_companies_to_read_are_those_named_in_a_list_or_a_text(value: object, ids: list[str]) -> None:
    case = Case({"company_ids": value}, Path(), ("tap",), companies=KNOWN)
    assert [company.id for company in companies_to_read(case)] == ids
