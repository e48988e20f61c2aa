"""Each line of a record has its row, and no row has two."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.wanted.records import ResolvedLine
from target_dynamics_bc.writing.aligning import align
from target_dynamics_bc.writing.comparing import differences

LINES = standard_kinds()["purchaseInvoices"].lines


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
