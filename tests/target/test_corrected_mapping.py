"""A mapping of dimensions that was corrected since is followed, whatever the store calls done."""

from __future__ import annotations

import pytest

from tests.target.at_the_desk import Target

BILL = {
    "externalId": "b",
    "billNumber": "M-1",
    "vendorNumber": "82000",
    "issueDate": "2026-01-20",
    "departmentNumber": "ADM",
    "expenses": [{"externalId": "1", "accountNumber": "8210", "amount": 10, "className": "Retail"}],
}
WHOLE = {"class": "CLASS", "department": "DEPARTMENT"}


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def values(target):
    (bill,) = target.rows("purchaseInvoices", vendorInvoiceNumber="M-1")
    return [line["_dimensions"] for line in target.rows("purchaseInvoiceLines", documentId=bill["id"])]


@pytest.mark.fault("P10")
def test_a_dimension_that_was_not_mapped_arrives_once_it_is(target):
    target.write("Bills", BILL, remember=True, dimension_mappings={"class": "CLASS"})
    assert values(target) == [{"CLASS": "RETAIL"}]
    (outcome,) = target.write("Bills", BILL, remember=True, dimension_mappings=WHOLE)
    assert (outcome["outcome"], values(target)) == ("updated", [{"CLASS": "RETAIL", "DEPARTMENT": "ADM"}])


@pytest.mark.fault("P10")
def test_a_dimension_that_was_mapped_to_another_one_goes_where_it_is_mapped_now(target):
    area = {**BILL, "departmentNumber": "40"}
    target.write("Bills", area, remember=True, dimension_mappings={"department": "AREA"})
    assert values(target) == [{"AREA": "40"}]
    (outcome,) = target.write("Bills", area, remember=True, dimension_mappings={"department": "DEPARTMENT"})
    assert [(error["field"], error["code"]) for error in outcome["errors"]] == [("departmentNumber", "not_found")]


def test_a_mapping_that_a_record_has_no_field_for_makes_nothing_be_looked_up(target):
    target.write("Bills", BILL, remember=True, dimension_mappings=WHOLE)
    (outcome,) = target.write("Bills", BILL, remember=True, dimension_mappings={**WHOLE, "shop": "AREA"})
    assert outcome["outcome"] == "existing"


@pytest.mark.fault("P10")
def test_a_field_that_no_mapping_knows_is_said(target, caplog):
    with caplog.at_level("INFO"):
        target.write("Bills", BILL, dimension_mappings={"class": "CLASS"})
    assert "departmentNumber of purchaseInvoices cannot be written" in caplog.text
