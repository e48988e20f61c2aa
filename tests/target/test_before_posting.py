"""A draft is posted only if posting it books what the record says."""

from __future__ import annotations

import json

import pytest
from target.at_the_desk import Target

LINE = {"itemNumber": "1896-S", "quantity": 4, "unitPrice": 50, "description": "Desks"}
BILL = {
    "externalId": "m-1",
    "billNumber": "M-1",
    "vendorNumber": "10000",
    "issueDate": "2026-01-20",
    "isDraft": False,
    "lineItems": [LINE],
}


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def put(target, table, **row):
    blank = {"currencyCode": ""} if table == "invoiceDiscounts" else {"minimumQuantity": 0}
    target.desk.company.insert(f"_{table}", {**blank, **row})


def codes(outcome):
    return [(error["field"], error["code"]) for error in outcome["errors"]]


def test_a_bill_whose_vendor_grants_an_invoice_discount_of_its_own_is_not_posted(target):
    put(target, "invoiceDiscounts", party="Vendor", code="10000", minimumAmount=100, discountPercent=10)
    (outcome,) = target.write("Bills", BILL)
    assert (outcome["outcome"], codes(outcome)) == ("rejected", [("lineItems[0]", "discount_differs")])
    (row,) = target.rows("purchaseInvoices", vendorInvoiceNumber="M-1")
    assert row["status"] == "Draft"


def test_a_bill_with_a_line_discount_that_the_service_found_is_not_posted(target):
    put(target, "lineDiscounts", party="Vendor", number="10000", itemNumber="1896-S", discountPercent=5)
    (outcome,) = target.write("Bills", BILL)
    assert (outcome["outcome"], codes(outcome)) == ("rejected", [("lineItems[0]", "amount_differs")])
    assert "200" in outcome["errors"][0]["message"]


def test_without_discounts_it_is_posted(target):
    (outcome,) = target.write("Bills", BILL)
    assert outcome["outcome"] == "posted"


def test_a_draft_may_have_the_discounts_of_its_vendor(target):
    put(target, "invoiceDiscounts", party="Vendor", code="10000", minimumAmount=100, discountPercent=10)
    (outcome,) = target.write("Bills", {**BILL, "isDraft": True})
    assert outcome["outcome"] == "created"


def test_a_line_whose_price_the_record_leaves_open_takes_the_services(target):
    line = {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 1}
    record = {"vendorInvoiceNumber": "M-2", "vendorNumber": "10000", "purchaseInvoiceLines": [line], "isDraft": False}
    (outcome,) = target.write("purchaseInvoices", record)
    assert outcome["outcome"] == "posted"


def test_a_dry_run_prints_the_requests_as_they_would_be_sent_and_what_they_come_to(target, caplog):
    with caplog.at_level("INFO"):
        (outcome,) = target.write("Bills", {**BILL, "expenses": [{"accountNumber": "8210", "amount": 7}]}, dry_run=True)
    assert outcome["outcome"] == "created"
    said = [record.getMessage() for record in caplog.records if record.getMessage().startswith("dry run:")]
    request, total = said
    assert request.startswith(f'dry run: POST companies({target.desk.company.id})/purchaseInvoices {{"')
    body = json.loads(request.partition("purchaseInvoices ")[2])
    assert body["vendorInvoiceNumber"] == "M-1"
    assert total == "dry run: m-1 comes to 207, and is posted then."
    target.write("Bills", {**BILL, "expenses": [{"accountNumber": "8210", "amount": 7}]})
    (sent,) = [each.body for each in target.requests if each.url.endswith("/purchaseInvoices")]
    assert sent.decode() == request.partition("purchaseInvoices ")[2]


def test_a_dry_run_says_what_an_entry_debits(target, caplog):
    lines = [{"accountNumber": "8210", "debitAmount": 5}, {"accountNumber": "2910", "creditAmount": 5}]
    entry = {"externalId": "e", "journalEntryNumber": "E-1", "transactionDate": "2026-01-27", "lineItems": lines}
    with caplog.at_level("INFO"):
        target.write("JournalEntries", {**entry, "isDraft": False}, dry_run=True)
    assert "dry run: e comes to 5, and is posted then." in caplog.messages


def test_the_outcome_of_an_update_names_what_was_set(target):
    draft = {**BILL, "isDraft": True, "dueDate": "2026-02-20"}
    (created,) = target.write("Bills", draft)
    assert "changed" not in created
    (updated,) = target.write("Bills", {**draft, "dueDate": "2026-03-20", "lineItems": [{**LINE, "unitPrice": 60}]})
    assert (updated["outcome"], updated["changed"]) == ("updated", ["dueDate", "lineItems[0].unitCost"])
