"""Whoever mends a rejected record mends it once: all that is wrong with it is in one outcome, each thing once."""

from __future__ import annotations

import pytest

from tests.target.at_the_desk import Target

DAY = "2026-01-28"
LONG = "x" * 101
# Stream, record, and field and code of each fault.
RECORDS = [
    ("customers", {"number": "K-1", "email": "x" * 81}, {("email", "too_long"), ("displayName", "required")}),
    ("customers", {"email": "x" * 81, "addressLine1": "1"},
     {("email", "too_long"), ("displayName", "required"), ("externalId", "no_key")}),
    ("Customers", {"externalId": "K-1", "email": "x" * 81}, {("email", "too_long"), ("companyName", "required")}),
    ("customers", {"number": "K-1", "displayName": LONG}, {("displayName", "too_long")}),
    ("itemVariants", {"code": "V", "itemNumber": "NONE"}, {("itemNumber", "not_found")}),
    ("itemVariants", {"description": LONG},
     {("description", "too_long"), ("itemId", "required"), ("code", "required")}),
    ("purchaseInvoices",
     {"vendorInvoiceNumber": "B-1", "dueDate": "soon",
      "purchaseInvoiceLines": [{"lineType": "Item", "lineObjectNumber": "NONE", "quantity": 1},
                               {"lineType": "Account", "lineObjectNumber": "8210", "quantity": "many"}]},
     {("dueDate", "no_date"), ("vendorNumber", "required"), ("purchaseInvoiceLines[0].lineObjectNumber", "not_found"),
      ("purchaseInvoiceLines[1].quantity", "no_number"), ("purchaseInvoiceLines[1].unitCost", "required")}),
    ("Bills",
     {"externalId": "B-1", "dueDate": "soon", "lineItems": [{"itemNumber": "NONE"}],
      "expenses": [{"accountNumber": "8210"}]},
     {("dueDate", "no_date"), ("vendorId", "required"), ("lineItems[0].itemNumber", "not_found"),
      ("lineItems[0].quantity", "required"), ("expenses[0].amount", "required")}),
    ("salesOrders", {"externalDocumentNumber": "O-1", "orderDate": "soon"},
     {("orderDate", "no_date"), ("customerNumber", "required")}),
    ("vendorPayments", {"documentNumber": "P-1", "vendorNumber": "NONE", "postingDate": "soon"},
     {("vendorNumber", "not_found"), ("postingDate", "no_date"), ("amount", "required")}),
    ("BillPayments",
     {"vendorNumber": "10000", "paymentDate": DAY, "amount": 5, "journalExternalId": "GENERAL"},
     {("externalId", "no_key")}),
    ("vendorPayments", {"vendorNumber": "10000", "postingDate": DAY, "amount": 5}, {("externalId", "no_key")}),
    ("JournalEntries",
     {"transactionDate": DAY, "lineItems": [{"accountNumber": "8210", "debitAmount": 5},
                                            {"accountNumber": "NONE", "creditAmount": 5}]},
     {("externalId", "no_key"), ("lineItems[1].accountNumber", "not_found")}),
    ("timeRegistrationEntries", {"employeeNumber": "NONE", "externalId": "T-1"},
     {("employeeNumber", "not_found"), ("date", "required"), ("quantity", "required")}),
]  # fmt: skip


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


@pytest.mark.parametrize(("stream", "record", "wrong"), RECORDS)
def test_what_is_wrong_and_what_is_missing_come_in_one_outcome_each_once(target, stream, record, wrong):
    (outcome,) = target.write(stream, record, payment_journal="GENERAL")
    found = [(each["field"], each["code"]) for each in outcome["errors"]]
    assert set(found) == wrong
    assert len(found) == len(set(found))


def test_what_is_there_lacks_nothing(target):
    (outcome,) = target.write("customers", {"number": "10000", "email": "x" * 81})
    assert [(each["field"], each["code"]) for each in outcome["errors"]] == [("email", "too_long")]


def test_each_property_that_is_missing_has_a_fault_of_its_own(target):
    (outcome,) = target.write("timeRegistrationEntries", {"employeeNumber": "JO", "externalId": "T-1"})
    assert [each["field"] for each in outcome["errors"]] == ["date", "quantity"]
