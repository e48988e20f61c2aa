"""What a new bill gets although its record does not say it, and what a bill that is there keeps."""

from __future__ import annotations

import json

import pytest

from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.wanted.unified.mapping import map_unified


def bill(**more):
    return {
        "externalId": "b-1",
        "vendorNumber": "20000",
        "issueDate": "2026-01-20",
        "expenses": [{"externalId": "1", "accountNumber": "8210", "description": "Paper", "amount": 5}],
        **more,
    }


@pytest.mark.fault("W24")
def test_an_update_without_a_bill_number_leaves_the_vendors_number_alone(pipe, company):
    id_ = pipe({"Bills": [bill(billNumber="INV-77")]}).outcome("b-1")["id"]
    assert pipe({"Bills": [bill(dueDate="2026-03-01")]}).kinds == ["updated"]
    row = company.row("purchaseInvoices", id=id_)
    assert (row["vendorInvoiceNumber"], row["dueDate"]) == ("INV-77", "2026-03-01")


def test_a_new_bill_without_a_number_takes_the_senders_id_and_is_found_by_it(pipe, company):
    id_ = pipe({"Bills": [bill()]}).outcome("b-1")["id"]
    assert company.row("purchaseInvoices", id=id_)["vendorInvoiceNumber"] == "B-1"
    assert pipe({"Bills": [bill(dueDate="2026-03-01")]}, store=None).outcome("b-1")["id"] == id_


def test_a_bill_found_by_its_number_keeps_the_vendors_number(pipe, company):
    header = next(row for row in company.rows("purchaseInvoices") if row["status"] == "Draft")
    company.edit("purchaseInvoices", header["id"], vendorInvoiceNumber="THEIRS-1")
    record = {"externalId": "x", "transactionNumber": header["number"], "vendorId": header["vendorId"]}
    piped = pipe({"Bills": [{**record, "dueDate": "2026-03-01"}]})
    assert (piped.kinds, piped.outcome("x")["id"]) == (["updated"], header["id"])
    assert company.row("purchaseInvoices", id=header["id"])["vendorInvoiceNumber"] == "THEIRS-1"


def test_a_posted_bill_does_not_differ_by_a_number_that_the_record_does_not_state(pipe):
    pipe({"Bills": [bill(billNumber="INV-77", isDraft=False)]})
    assert pipe({"Bills": [bill(isDraft=False, totalAmount=None, memo="again")]}).kinds == ["unchanged"]


@pytest.mark.fault("W6")
@pytest.mark.parametrize(("stated", "written"), [({}, False), ({"pricesIncludeTax": True}, True)])
def test_prices_of_a_new_bill_are_net_unless_it_says_otherwise(pipe, stated, written):
    piped = pipe({"Bills": [bill(**stated)]})
    bodies = [json.loads(request.body) for request in piped.requests if b"vendorInvoiceNumber" in (request.body or b"")]
    created = [each["body"] for body in bodies for each in body.get("requests", ()) if each["method"] == "POST"]
    creates = [body for body in (*bodies, *created) if "purchaseInvoiceLines" in body]
    assert [body["pricesIncludeTax"] for body in creates] == [written]


def test_a_draft_whose_prices_include_tax_is_set_right_with_the_prices_that_are_sent(pipe, company):
    id_ = pipe({"Bills": [bill()]}).outcome("b-1")["id"]
    company.edit("purchaseInvoices", id_, pricesIncludeTax=True)
    assert pipe({"Bills": [bill(isDraft=False)]}).kinds == ["posted"]
    assert company.row("purchaseInvoices", vendorInvoiceNumber="B-1")["pricesIncludeTax"] is False


def test_a_record_without_prices_leaves_the_way_of_prices_alone():
    wanted = map_unified("Bills", standard_kinds().of_stream("Bills"), 1, {"id": "x", "dueDate": "2026-03-01"}, ())
    assert wanted.assumed == {"pricesIncludeTax"}
    for lines in ("expenses", "lineItems"):
        wanted = map_unified("Bills", standard_kinds().of_stream("Bills"), 1, {"id": "x", lines: []}, ())
        assert not wanted.assumed
