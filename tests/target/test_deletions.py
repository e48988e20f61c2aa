"""A deletion has its key and no more, whatever its dialect."""

from __future__ import annotations

import pytest

from tests.target.at_the_desk import Target

GONE = {"_sdc_deleted_at": "2026-01-29T00:00:00Z"}
BILL = {
    "externalId": "d-1",
    "billNumber": "D-1",
    "vendorNumber": "20000",
    "issueDate": "2026-01-20",
    "expenses": [{"accountNumber": "8210", "amount": 10}],
}


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def codes(outcome):
    return [(error["field"], error["code"]) for error in outcome["errors"]]


def test_a_bill_is_deleted_by_the_senders_id_of_it_alone(target):
    target.write("Bills", BILL, remember=True)
    (outcome,) = target.write("Bills", {"externalId": "d-1", **GONE}, remember=True, on_delete="delete")
    assert (outcome["outcome"], outcome["errors"]) == ("deleted", [])
    assert target.rows("purchaseInvoices", vendorInvoiceNumber="D-1") == []


def test_without_a_memory_a_bill_is_deleted_by_its_number_and_vendor_and_else_nothing_is_claimed(target):
    target.write("Bills", BILL)
    (outcome,) = target.write("Bills", {"externalId": "d-1", **GONE}, on_delete="delete")
    assert codes(outcome) == [("_sdc_deleted_at", "no_key")]
    key = {"billNumber": "D-1", "vendorNumber": "20000"}
    (outcome,) = target.write("Bills", {**key, **GONE}, on_delete="delete")
    assert outcome["outcome"] == "deleted"


def test_a_posted_bill_stays_whatever_its_deletion_says_of_it(target):
    target.write("Bills", {**BILL, "isDraft": False}, remember=True)
    (outcome,) = target.write("Bills", {"externalId": "d-1", **GONE}, remember=True, on_delete="delete")
    assert codes(outcome) == [("_sdc_deleted_at", "posted")]


@pytest.mark.parametrize("said", ["all", "ALL", "All"])
def test_a_member_of_an_option_may_be_spelled_in_any_case(target, said):
    (outcome,) = target.write("customers", {"number": "D-2", "displayName": "Blocked", "blocked": said})
    assert (outcome["outcome"], outcome["errors"]) == ("created", [])
    assert target.row("customers", number="D-2")["blocked"] == "All"
    assert target.write("customers", {"number": "D-2", "blocked": said})[0]["outcome"] == "unchanged"
