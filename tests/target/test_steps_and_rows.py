"""Writes turn what is there into what is wanted."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.wanted.records import Dimension, ResolvedLine
from target_dynamics_bc.writing.comparing import differences, same_value
from target_dynamics_bc.writing.rows import align, default_dimension_writes, set_line_writes
from target_dynamics_bc.writing.steps import Address, Finish, Refuse, Send, Write, next_step

RETAIL = Dimension("d1", "CLASS", "v1", "RETAIL")
BILLS = standard_kinds()["purchaseInvoices"]
LINES = BILLS.lines
VENDORS = standard_kinds()["vendors"].facts
P = Address("vendors", "p")
OF_P = P.below("dimensionSetLines")
ZERO = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("unitCost", Decimal("5.00"), 5),
        ("unitCost", 0, None),
        ("unitCost", None, 0),
        ("unitCost", "5.00", 5),
        ("unitCost", 5.0, Decimal("5.00")),
        ("currencyCode", "gbp", "GBP"),
        ("vendorId", "AB", "ab"),
        ("paymentMethodId", ZERO, ""),
        ("dueDate", "0001-01-01", None),
        ("description", "a ", "a"),
    ],
)
def test_values_that_mean_the_same_are_the_same(name, one, other):
    assert any(same_value(facts, name, one, other) for facts in holders(name))


def holders(name):
    """The sets that have a property."""
    return [facts for facts in (BILLS.facts, LINES.facts, VENDORS) if name in facts.properties]


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("description", "A", "a"),
        ("unitCost", Decimal("5.001"), 5),
        ("taxLiable", True, False),
        ("taxLiable", True, 1),
        ("unitCost", 5, "many"),
    ],
)
def test_values_that_differ_differ(name, one, other):
    assert not any(same_value(facts, name, one, other) for facts in holders(name))


def test_only_what_differs_is_written_and_in_the_wanted_order():
    assert list(differences(LINES.facts, {"b": 1, "a": 2, "c": "x"}, {"a": 3, "c": "x"})) == ["b", "a"]


def test_an_inherited_dimension_is_changed_and_not_created():
    inherited = [{"id": "D1", "code": "CLASS", "valueCode": "ONLINE"}]
    assert set_line_writes(P, [RETAIL], inherited) == [
        Write("PATCH", OF_P.at("D1"), {"valueCode": "RETAIL"}, "dimension", before={"valueCode": "ONLINE"})
    ]
    assert set_line_writes(P, [RETAIL], []) == [
        Write("POST", OF_P, {"code": "CLASS", "valueCode": "RETAIL"}, "dimension", once=True)
    ]
    assert set_line_writes(P, [RETAIL], [{"id": "d1", "valueCode": "retail"}]) == []


def test_default_dimensions_are_found_by_their_dimension():
    row = {"id": "x", "dimensionCode": "CLASS", "dimensionValueCode": "ONLINE"}
    (write,) = default_dimension_writes(P, [RETAIL], [row])
    assert (write.method, write.body) == ("PATCH", {"dimensionValueId": "v1"})


def test_what_the_service_rounds_is_not_set_again():
    patch = Write("PATCH", P, {"unitCost": Decimal("1.000001")}, facts=LINES.facts, before={"unitCost": 1})
    assert next_step([patch], frozenset({patch.fingerprint}), Finish("i", "n")) == Finish("i", "n", kept=("unitCost",))


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_dimension_that_was_accepted_and_is_not_there_is_a_fault(method):
    write = Write(method, OF_P, {"code": "CLASS"}, "dimension")
    step = next_step([write], frozenset({write.fingerprint}), Finish("i", "n"))
    assert isinstance(step, Refuse)
    assert step.faults[0].code == "not_applied"


def test_what_is_left_is_sent():
    done, left = Write("PATCH", P, {"a": 1}), Write("PATCH", Address("vendors", "q"), {"a": 1})
    assert next_step([done, left], frozenset({done.fingerprint}), Finish("i", "n")) == Send((left,), "update")


# --- lines ---


def line(item, quantity=1, external_id=None):
    return ResolvedLine("", "Item", external_id, {"itemId": item, "quantity": quantity})


def row(id_, item, quantity=1):
    return {"id": id_, "itemId": item, "quantity": quantity}


def test_a_line_is_known_by_the_senders_id_whatever_became_of_it():
    found = align([line("a", 7, "x"), line("a", 1)], [row("1", "a", 1), row("2", "a", 2)], {"x": "1"}, LINES)
    assert [each["id"] for each in found.rows] == ["1", "2"]


def test_equal_lines_are_matched_before_similar_ones():
    found = align([line("a", 5), line("a", 1)], [row("1", "a", 1), row("2", "a", 2)], {}, LINES)
    assert [each["id"] for each in found.rows] == ["2", "1"]


def test_lines_that_nobody_wants_are_surplus():
    found = align([line("b")], [row("1", "a"), row("2", "b")], {}, LINES)
    assert [each["id"] for each in found.surplus] == ["1"]


items = st.sampled_from("abc")
wanted_lines = st.lists(st.builds(line, items, st.integers(1, 3)), max_size=6)
rows = st.lists(st.tuples(items, st.integers(1, 3)), max_size=6).map(
    lambda pairs: [row(str(place), item, quantity) for place, (item, quantity) in enumerate(pairs)]
)


@given(wanted_lines, rows)
def test_every_row_is_taken_once_or_surplus(wanted, current):
    found = align(wanted, current, {}, LINES)
    ids = [each["id"] for each in (*[taken for taken in found.rows if taken], *found.surplus)]
    assert sorted(ids) == sorted(each["id"] for each in current)


@given(wanted_lines, rows)
def test_after_the_writes_of_an_alignment_nothing_is_left_to_write(wanted, current):
    found = align(wanted, current, {}, LINES)
    after = [
        {**(taken or {"id": f"new{place}"}), **each.fields}
        for place, (each, taken) in enumerate(zip(wanted, found.rows, strict=True))
    ]
    again = align(wanted, after, {}, LINES)
    assert not again.surplus
    assert all(
        taken and not differences(LINES.facts, each.fields, taken)
        for each, taken in zip(wanted, again.rows, strict=True)
    )
