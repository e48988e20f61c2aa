"""Default dimensions as records of their own, for what is there already."""

from __future__ import annotations

import pytest

from tests.target.at_the_desk import Target

STREAM = "defaultDimensions"
RETAIL = {"parentType": "Vendor", "parentNumber": "10000", "dimensionCode": "CLASS", "dimensionValueCode": "RETAIL"}


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def shown(target, parent, **equal):
    rows = target.rows(STREAM, parentId=parent["id"], **equal)
    return {row["dimensionCode"]: (row["dimensionValueCode"], row["postingValidation"]) for row in rows}


@pytest.mark.parametrize(
    ("type_", "entity_set"),
    [("Customer", "customers"), ("Vendor", "vendors"), ("Item", "items"), ("Employee", "employees")],
)
def test_one_is_made_for_a_parent_by_its_id_or_number_and_found_again(target, type_, entity_set):
    parent = target.rows(entity_set)[0]
    by_number = {**RETAIL, "parentType": type_, "parentNumber": parent["number"]}
    by_id = {**RETAIL, "parentType": type_, "parentId": parent["id"]}
    del by_id["parentNumber"]
    assert target.write(STREAM, by_number)[0]["outcome"] == "created"
    assert shown(target, parent)["CLASS"] == ("RETAIL", "_x0020_")
    assert target.write(STREAM, by_id)[0]["outcome"] == "unchanged"
    changed = {**by_id, "postingValidation": "Same Code", "dimensionValueCode": "WHOLESALE"}
    values = [row["code"] for row in target.rows("dimensionValues") if row["dimensionId"] == _id(target, "CLASS")]
    changed["dimensionValueCode"] = next(each for each in values if each != "RETAIL")
    assert target.write(STREAM, changed)[0]["outcome"] == "updated"
    assert shown(target, parent)["CLASS"] == (changed["dimensionValueCode"], "Same_x0020_Code")


def _id(target, code):
    return target.row("dimensions", code=code)["id"]


def test_a_value_is_looked_for_in_its_own_dimension(target):
    """Two dimensions may have a value of the same code."""
    first, second = target.row("dimensions", code="CLASS"), target.row("dimensions", code="AREA")
    target.desk.company.insert(
        "dimensionValues", {"code": "SAME", "dimensionId": second["id"], "displayName": "", "consolidationCode": ""}
    )
    target.desk.company.insert(
        "dimensionValues", {"code": "SAME", "dimensionId": first["id"], "displayName": "", "consolidationCode": ""}
    )
    (outcome,) = target.write(STREAM, {**RETAIL, "dimensionValueCode": "SAME"})
    assert (outcome["outcome"], outcome["errors"]) == ("created", [])


def test_one_is_deleted(target):
    target.write(STREAM, RETAIL)
    record = {**RETAIL, "_sdc_deleted_at": "2026-01-28T00:00:00Z"}
    assert target.write(STREAM, record, on_delete="delete")[0]["outcome"] == "deleted"
    assert "CLASS" not in shown(target, target.row("vendors", number="10000"))


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"parentType": "Bank"}, "parentType", "unknown_value"),
        ({"parentType": None}, "parentType", "required"),
        ({"parentNumber": None}, "parentId", "required"),
        ({"parentNumber": "NONE"}, "parentNumber", "not_found"),
        ({"dimensionCode": "NONE"}, "dimensionCode", "not_found"),
        ({"dimensionValueCode": "NONE"}, "dimensionValueCode", "not_found"),
    ],
)
def test_what_cannot_be_one_says_why(target, change, field, code):
    (outcome,) = target.write(STREAM, {**RETAIL, **change})
    assert [(each["field"], each["code"]) for each in outcome["errors"]] == [(field, code)]


def test_with_the_stream_of_its_parent_it_is_part_of_that_record_or_else_written_by_itself(target):
    vendor = target.row("vendors", number="20000")
    piece = {**RETAIL, "parentId": vendor["id"], "parentNumber": None}
    other = {**RETAIL, "parentId": target.row("vendors", number="30000")["id"], "parentNumber": None}
    records = [("vendors", {"id": vendor["id"], "number": "20000", "displayName": "New"}), (STREAM, piece)]
    outcomes = target.pipe([*records, (STREAM, other)])
    assert [(each["stream"], each["outcome"]) for each in outcomes] == [("vendors", "updated"), (STREAM, "created")]
    for number in ("20000", "30000"):
        assert shown(target, target.row("vendors", number=number))["CLASS"][0] == "RETAIL"
