"""Is each of Microsoft's end-to-end tests held, or is there a reason why not?"""

from __future__ import annotations

import pytest
from conformance.claims import Claim, all_claims, claims_of, faults, reasons, theirs, unheld

CUSTOMERS = "APIV2 - Customers E2E"


def test_the_list_of_theirs_is_whole():
    assert len(theirs()) == 84
    assert sum(map(len, theirs().values())) == 776


def test_nothing_is_held_that_is_not_theirs_or_twice():
    assert list(faults(all_claims())) == []


def test_every_test_of_theirs_is_held_or_has_a_reason():
    assert list(unheld(all_claims())) == []


def test_every_reason_is_for_a_test_of_theirs():
    unknown = [
        (unit, name) for unit, names in reasons().items() for name in names if name not in theirs().get(unit, ())
    ]
    assert unknown == []
    assert [text for names in reasons().values() for text in names.values() if not text.endswith(".")] == []


def claim(name: str, test: str = "test_customers.test_get", *, excused: bool = False) -> Claim:
    return Claim(CUSTOMERS, name, test, None, 1, excused)


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ([claim("TestGetSimpleCustomr")], "no such test"),
        ([claim("TestGetSimpleCustomer"), claim("TestGetSimpleCustomer", "test_customers.test_other")], "held 2 times"),
        ([claim("TestGetSimpleCustomer", excused=True)], "holds nothing"),
    ],
)
def test_a_false_claim_is_named(claims, said):
    (fault,) = faults(claims)
    assert said in fault


class Module:
    """What a file of this folder looks like."""

    __name__ = "conformance.test_example"
    CODEUNIT = CUSTOMERS

    def __init__(self):
        @pytest.mark.theirs("TestGetSimpleCustomer")
        @pytest.mark.parametrize("row", [1, 2])
        def test_two_rows_for_one(): ...

        @pytest.mark.parametrize(
            "name",
            [
                pytest.param("a", marks=pytest.mark.theirs("TestModifyCustomer")),
                pytest.param("b", marks=[pytest.mark.theirs("TestDeleteCustomer"), pytest.mark.xfail]),
                "c",
            ],
        )
        def test_a_row_for_each(): ...

        self.CODEUNIT, self.test_one, self.test_two = CUSTOMERS, test_two_rows_for_one, test_a_row_for_each


def test_claims_are_read_from_tests_and_from_their_parameters():
    held = [(claim.name, claim.cases, claim.excused) for claim in claims_of(Module())]
    assert held == [
        ("TestGetSimpleCustomer", 2, False),
        ("TestModifyCustomer", 1, False),
        ("TestDeleteCustomer", 1, True),
    ]
