"""What is asked and written next for master data, from literals: by number or by code, with dimensions or without."""

from __future__ import annotations

import dataclasses

import pytest

from dynamics_bc_client.errors import BadRequest
from target_dynamics_bc.kinds.kind import Removal
from target_dynamics_bc.wanted.records import Dimension
from target_dynamics_bc.writing import masters
from target_dynamics_bc.writing.steps import Finish, Refuse, Send, TakeBack
from target_dynamics_bc.writing.unit import Rules
from tests.target.planning import CUSTOMERS, TERMS, refuse_step, sent, unit_of, written

RETAIL = Dimension("d1", "CLASS", "v1", "RETAIL")
TERM = {"id": "t1", "code": "14D", "displayName": "Two weeks"}
CUSTOMER = {"id": "c1", "number": "C-1", "displayName": "A", "blocked": "_x0020_", "defaultDimensions": []}


def test_a_kind_is_looked_for_and_created_by_its_code():
    unit = unit_of(TERMS, fields={"displayName": "Two weeks"}, number="14D")
    query = masters.looks(unit)["number"]
    assert query.filter == "code eq '14D'"
    assert not query.expand
    step = masters.plan(unit, {})
    assert written(step) == [("POST", "paymentTerms", {"code": "14D", "displayName": "Two weeks"})]
    assert isinstance(step, Send)
    assert step.writes[0].once
    sent(unit, step, TERM)
    assert masters.looks(unit) == {}
    assert masters.plan(unit, {}) == Finish("t1", "14D")


def test_what_it_needs_is_named_in_its_own_words():
    step = masters.plan(unit_of(TERMS, fields={"displayName": "Two weeks"}), {})
    assert isinstance(step, Refuse)
    assert step.faults[0].field == "code"
    assert step.faults[0].message == "A new payment term needs its code."


def test_what_differs_is_changed_and_what_does_not_is_left():
    unit = unit_of(TERMS, fields={"displayName": "Fortnight"}, number="14D")
    assert written(masters.plan(unit, {"number": [TERM]})) == [
        ("PATCH", "paymentTerms(t1)", {"displayName": "Fortnight"})
    ]
    assert masters.plan(unit, {"number": [{**TERM, "displayName": "Fortnight"}]}) == Finish("t1", "14D")


def test_dimensions_are_nested_in_a_create_and_added_to_what_is_there():
    unit = unit_of(CUSTOMERS, fields={"displayName": "A"}, number="C-1", dimensions=(RETAIL,))
    ((_, _, body),) = written(masters.plan(unit, {}))
    assert body["defaultDimensions"] == [{"dimensionId": "d1", "dimensionValueId": "v1"}]
    ((method, address, _),) = written(masters.plan(unit, {"number": [CUSTOMER]}))
    assert (method, address) == ("POST", "customers(c1)/defaultDimensions")


@pytest.mark.parametrize(
    ("body", "answer", "is_shown"),
    [
        ({"defaultDimensions": [{}]}, {"id": "c1"}, True),
        ({"defaultDimensions": [{}]}, {}, False),
        ({}, {"id": "c1"}, False),
    ],
)
def test_the_answer_of_a_create_shows_the_dimensions_that_went_with_it_alone(body, answer, is_shown):
    unit = unit_of(CUSTOMERS, fields={"displayName": "A"}, number="C-1", dimensions=(RETAIL,))
    assert (masters.shown_by_create(unit, body, answer) is not None) == is_shown


def test_two_that_have_the_number_are_ambiguous_in_its_own_words():
    step = masters.plan(unit_of(TERMS, number="14D"), {"number": [TERM, TERM]})
    assert isinstance(step, Refuse)
    assert step.faults[0].message.startswith("2 payment terms have the same number")


def test_what_is_refused_is_taken_back():
    unit = unit_of(TERMS, number="14D")
    assert isinstance(refuse_step(unit, masters.plan(unit, {}), BadRequest("No.", status=400)), TakeBack)


@pytest.mark.parametrize(
    ("kind", "row", "on_delete", "what"),
    [
        (CUSTOMERS, CUSTOMER, "block", ("PATCH", "customers(c1)", {"blocked": "All"})),
        (CUSTOMERS, {**CUSTOMER, "blocked": "All"}, "block", "unchanged"),
        (CUSTOMERS, CUSTOMER, "delete", ("DELETE", "customers(c1)", None)),
        (CUSTOMERS, CUSTOMER, "ignore", "unchanged"),
        (TERMS, TERM, "block", "not_blockable"),
        (TERMS, TERM, "delete", ("DELETE", "paymentTerms(t1)", None)),
        (dataclasses.replace(TERMS, removal=Removal(only_while={"status": "New"})), TERM, "delete", "not_deletable"),
    ],
)
def test_a_deletion_does_what_the_row_of_its_kind_allows(kind, row, on_delete, what):
    unit = unit_of(kind, deleted=True, number="1", rules=Rules(on_delete=on_delete))
    step = masters.plan(unit, {"number": [row]})
    if isinstance(step, Send):
        assert written(step) == [what]
    elif isinstance(step, Refuse):
        assert [fault.code for fault in step.faults] == [what]
    else:
        assert isinstance(step, Finish)
        assert step.kind == what
