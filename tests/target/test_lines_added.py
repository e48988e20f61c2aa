"""A draft gets further lines with their dimensions in one transaction, or says that it is not complete."""

from __future__ import annotations

import json

import pytest

from tests.target.at_the_desk import Target

RETAIL, ONLINE = ({"number": "CLASS", "valueNumber": value} for value in ("RETAIL", "ONLINE"))
SUMMER = {"number": "SALESCAMPAIGN", "valueNumber": "SUMMER"}


ACCOUNTS = {"a": "8210", "b": "8310", "c": "8110", "d": "7150", "old": "8120"}


def expense(name, *dimensions, amount=5):
    return {
        "externalId": name,
        "accountNumber": ACCOUNTS[name],
        "description": name,
        "amount": amount,
        "dimensions": list(dimensions),
    }


def bill(*lines, **more):
    return {
        "externalId": "b-1",
        "billNumber": "F-1",
        "vendorNumber": "20000",
        "issueDate": "2026-01-20",
        "expenses": list(lines),
        **more,
    }


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def transactions(target):
    """The writes of each request that changes something."""
    found = []
    for request in target.requests:
        body = json.loads(request.body) if request.body else {}
        alone = [{"method": request.method, "body": body}] if request.method != "GET" and "requests" not in body else []
        writes = [each for each in body.get("requests", alone) if each["method"] != "GET"]
        found += [writes] if writes else []
    return found


def of_lines(target, id_):
    """The dimensions of each line, by its description."""
    lines = target.rows("purchaseInvoiceLines", documentId=id_)
    return {line["description"]: line.get("_dimensions") for line in lines}


def test_a_new_line_comes_with_its_dimensions_and_what_goes_in_one_transaction(target):
    (created,) = target.write("Bills", bill(expense("a"), expense("b")), remember=True)
    changed = bill(expense("a", amount=6), expense("c", RETAIL), expense("d", SUMMER))
    (outcome,) = target.write("Bills", changed, remember=True)
    assert outcome["outcome"] == "updated"
    (writes,) = transactions(target)
    assert [write["method"] for write in writes] == ["PATCH", "POST", "POST", "DELETE"]
    dimensions = of_lines(target, created["id"])
    assert dimensions.keys() == {"a", "c", "d"}
    assert (dimensions["c"]["CLASS"], dimensions["d"]["SALESCAMPAIGN"]) == ("RETAIL", "SUMMER")


def test_a_dimension_that_a_new_line_inherits_from_its_bill_is_not_sent_with_it(target):
    target.write("Bills", bill(expense("a"), dimensions=[RETAIL]), remember=True)
    (outcome,) = target.write("Bills", bill(expense("a"), expense("b", SUMMER), dimensions=[RETAIL]), remember=True)
    ((write,),) = transactions(target)
    assert [each["code"] for each in write["body"]["dimensionSetLines"]] == ["SALESCAMPAIGN"]
    assert of_lines(target, outcome["id"])["b"] == {**of_lines(target, outcome["id"])["a"], "SALESCAMPAIGN": "SUMMER"}


def test_a_line_whose_dimension_is_to_differ_from_its_bill_takes_two_and_the_draft_says_so_between(target):
    target.write("Bills", bill(expense("a"), expense("old"), dimensions=[RETAIL]), remember=True)
    seen = []

    def watching(request, send):
        answer = send(request)
        if any(verb in (request.body or b"") for verb in (b'"PATCH"', b'"DELETE"', b'"POST"')):
            rows = target.rows("purchaseInvoices", vendorInvoiceNumber="F-1")
            seen.append(set(of_lines(target, rows[0]["id"])))
        return answer

    changed = bill(expense("a"), expense("b", ONLINE), dimensions=[RETAIL])
    (outcome,) = target.write("Bills", changed, remember=True, around=watching)
    assert outcome["outcome"] == "updated"
    assert len(transactions(target)) == 2
    between = next(each for each in seen if "b" in each)
    assert any(text.startswith("NOT COMPLETE") for text in between)
    assert set(of_lines(target, outcome["id"])) == {"a", "b"}
    assert of_lines(target, outcome["id"])["b"]["CLASS"] == "ONLINE"


def handed_down(target, account, value):
    row = target.row("dimensionValues", code=value)
    dimension = target.row("dimensions", id=row["dimensionId"])
    return {
        "parentId": account,
        "dimensionId": dimension["id"],
        "dimensionCode": dimension["code"],
        "dimensionValueId": row["id"],
        "dimensionValueCode": value,
    }


def test_a_dimension_that_the_account_has_handed_down_already_is_set_behind_the_line(target):
    account = target.desk.id("accounts", number=ACCOUNTS["b"])
    target.write("Bills", bill(expense("a")), remember=True)
    target.desk.company.insert("defaultDimensions", handed_down(target, account, "ONLINE"))
    (outcome,) = target.write("Bills", bill(expense("a"), expense("b", RETAIL)), remember=True)
    assert (outcome["outcome"], outcome["errors"]) == ("updated", [])
    assert of_lines(target, outcome["id"])["b"]["CLASS"] == "RETAIL"
