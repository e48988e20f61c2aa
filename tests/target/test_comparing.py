"""Values are compared by what they are."""

from __future__ import annotations

from decimal import Decimal

import pytest

from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.writing.comparing import differences, same_value

BILLS = standard_kinds()["purchaseInvoices"]
LINES = BILLS.lines
VENDORS = standard_kinds()["vendors"].facts
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
