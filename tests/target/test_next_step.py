"""What was done and is not there is not done again."""

from __future__ import annotations

from decimal import Decimal

import pytest

from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.writing.steps import Finish, Refuse, Send, next_step
from target_dynamics_bc.writing.writes import Address, Write

LINES = standard_kinds()["purchaseInvoices"].lines
P = Address("vendors", "p")
OF_P = P.below("dimensionSetLines")


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
