"""A number that would mean something else is not written, and nothing is posted whose total is another one."""

from __future__ import annotations

import pytest

from tests.target.at_the_desk import Target

LINE = {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 1, "unitPrice": 100}


@pytest.fixture
def target(tmp_path):
    found = Target(tmp_path)
    found.desk.edit("customers", found.desk.id("customers", number="20000"), _pricesIncludeTax=True)
    return found


def invoice(stream="salesInvoices", **more):
    lines = {f"{stream.removesuffix('s')}Lines": [LINE]}
    return {"customerNumber": "20000", "externalDocumentNumber": "K-1", **lines, **more}


@pytest.mark.fault("W6")
@pytest.mark.parametrize("stream", ["salesInvoices", "salesCreditMemos"])
def test_a_net_price_is_not_written_as_a_gross_one(target, stream):
    (outcome,) = target.write(stream, invoice(stream, pricesIncludeTax=False))
    assert [(error["field"], error["code"]) for error in outcome["errors"]] == [("pricesIncludeTax", "not_applied")]
    assert target.rows(stream, externalDocumentNumber="K-1") == []
    (outcome,) = target.write(stream, invoice(stream, pricesIncludeTax=True))
    assert (outcome["outcome"], outcome["errors"]) == ("created", [])


def test_where_it_can_be_written_it_is(target):
    (outcome,) = target.write("salesOrders", invoice("salesOrders", pricesIncludeTax=False))
    assert outcome["outcome"] == "created"
    assert target.row("salesOrders", externalDocumentNumber="K-1")["pricesIncludeTax"] is False


def test_a_total_that_a_record_states_in_the_services_own_name_is_compared_before_it_is_posted(target):
    (outcome,) = target.write("salesInvoices", invoice(totalAmountIncludingTax=100.5, isDraft=False))
    assert [error["code"] for error in outcome["errors"]] == ["total_differs"]
    (row,) = target.rows("salesInvoices", externalDocumentNumber="K-1")
    assert row["status"] == "Draft"
    right = invoice(totalAmountIncludingTax=float(row["totalAmountIncludingTax"]), isDraft=False)
    (outcome,) = target.write("salesInvoices", right)
    assert (outcome["outcome"], outcome["errors"]) == ("posted", [])
