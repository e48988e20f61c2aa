"""A line that was to be added may be there if its document has a row for it now."""

from __future__ import annotations

import pytest

from target_dynamics_bc.writing.documents.adding import adds_line, are_missing
from target_dynamics_bc.writing.documents.marking import marking
from target_dynamics_bc.writing.writes import Address, Write
from tests.target.planning import ORDER_LINES, ORDERS, unit_of

DOCUMENT = Address("orders", "1")
DESK = {"itemId": "a", "quantity": 1}


def adding(place, body=DESK):
    return Write("POST", DOCUMENT.below("salesOrderLines"), body, "line", field=f"lines[{place}]")


def order(*lines):
    rows = [{"id": str(place), "lineType": "Item", **line} for place, line in enumerate(lines)]
    return [{"id": "1", "salesOrderLines": rows}]


@pytest.mark.parametrize(
    ("refused", "there", "missing"),
    [
        ([0], [], True),
        ([0], [DESK], True),
        ([0], [DESK, DESK], False),
        ([0, 1], [], True),
        ([0, 1], [DESK], False),
        ([0, 1], [{"itemId": "b", "quantity": 1}], True),
    ],
)
def test_as_many_equal_lines_have_to_be_missing_as_were_refused(refused, there, missing):
    unit = unit_of(ORDERS, lines=[DESK, DESK])
    assert are_missing(unit, [adding(place) for place in refused], order(*there)) is missing


def test_a_document_that_is_gone_has_none_of_them():
    assert are_missing(unit_of(ORDERS, lines=[DESK]), [adding(0)], [])


def test_what_has_an_id_of_ours_and_what_marks_a_draft_is_not_looked_for():
    assert adds_line(adding(0))
    assert not adds_line(adding(0, {"id": "7", **DESK}))
    assert not adds_line(marking(DOCUMENT, ORDER_LINES))
