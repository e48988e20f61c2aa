"""What names one thing in two ways that lead to two of it is rejected, and what leads nowhere is said."""

from __future__ import annotations

import logging

import pytest

from target_dynamics_bc.wanted.reading import Reading
from target_dynamics_bc.wanted.records import Reference
from target_dynamics_bc.wanted.unified.naming import joined
from tests.target.at_the_desk import Target

VENDOR = {"vendorNumber": "10000"}
BILL = {
    "externalId": "B-1", "billNumber": "B-1", "issueDate": "2026-01-28",
    "expenses": [{"accountNumber": "8210", "amount": 10}],
}  # fmt: skip
EXPENSE = {"accountNumber": "8210", "amount": 10}
ITEM = {"itemNumber": "1896-S", "quantity": 1, "unitPrice": 10}
ENTRY_LINES = [{"accountNumber": "8210", "debitAmount": 5}, {"accountNumber": "2910", "creditAmount": 5}]
SALE = {"customerNumber": "20000", "externalDocumentNumber": "K-1"}
ID = "{%s}"


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def test_two_groups_of_fields_name_together_what_each_does_not_say():
    one, other = Reference("vendors", "vendor", number="10000"), Reference("vendors", "supplier", id="i", name="N")
    faults = []
    for first, second in ((one, other), (other, one)):
        assert joined(Reading({}, faults), first, second) == Reference("vendors", first.field, "i", "10000", "N")
    assert faults == []


def filled(target, value):
    """A record with `{entity_set number}` in place of ids."""
    if isinstance(value, dict):
        return {name: filled(target, each) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(target, each) for each in value]
    if isinstance(value, str) and value.startswith("{"):
        entity_set, number = value[1:-1].split(" ", 1)
        name = "number" if "number" in target.rows(entity_set)[0] else "code"
        return target.row(entity_set, **{name: number})["id"]
    return value


def bill(**more):
    return {**BILL, **VENDOR, **more}


def expense(**more):
    return bill(expenses=[{**EXPENSE, **more}])


def item(**more):
    return bill(expenses=None, lineItems=[{**ITEM, **more}])


CONTRADICTIONS: list[tuple[str, dict[str, object], str, tuple[str, ...]]] = [
    ("Bills", bill(vendorName="First Up Consultants"), "vendorNumber", ("10000", "20000")),
    ("Bills", bill(vendorId="{vendors 20000}"), "vendorId", ("10000", "20000")),
    ("Bills", bill(vendorId="{vendors 10000}", vendorNumber="20000"), "vendorId", ("10000", "20000")),
    ("Bills", bill(vendorExternalId="20000"), "vendorNumber", ("10000", "20000")),
    (
        "Bills",
        bill(payToVendorNumber="20000", payToVendorName="Nod Publishers"),
        "payToVendorNumber",
        ("20000", "50000"),
    ),
    ("Bills", bill(currency="EUR", currencyName="US dollar"), "currency", ("EUR", "USD")),
    ("Bills", bill(currency="EUR", currencyId="{currencies USD}"), "currencyId", ("EUR", "USD")),
    ("Bills", bill(currency="GBP", currencyId="{currencies USD}"), "currencyId", ("GBP", "USD")),
    ("Bills", bill(currency="USD", currencyName="GBP"), "currency", ("GBP", "USD")),
    ("Bills", expense(accountName="CO2 Tax"), "expenses[0].accountNumber", ("8210", "5750")),
    ("Bills", expense(locationNumber="EAST", locationName="Main Warehouse"), "expenses[0].locationNumber", ("EAST",)),
    ("Bills", item(itemName="AutoDripLite"), "lineItems[0].itemNumber", ("1896-S", "SP-SCM1006")),
    (
        "Bills",
        item(unitOfMeasureNumber="PCS", unitOfMeasureName="Box"),
        "lineItems[0].unitOfMeasureNumber",
        ("PCS", "BOX"),
    ),
    ("Bills", item(unitOfMeasureNumber="PCS", unitOfMeasure="BOX"), "lineItems[0].unitOfMeasureNumber", ("PCS", "BOX")),
    ("Bills", item(unitOfMeasureName="Piece", unitOfMeasure="BOX"), "lineItems[0].unitOfMeasureName", ("PCS", "BOX")),
    ("Bills", item(unitOfMeasure="PCS", unitOfMeasureCode="BOX"), "lineItems[0].unitOfMeasure", ("PCS", "BOX")),
    ("Bills", bill(classNumber="RETAIL", className="Online"), "classNumber", ("RETAIL", "ONLINE")),
    (
        "Bills",
        expense(departmentNumber="SALES", departmentName="Production"),
        "expenses[0].departmentNumber",
        ("SALES",),
    ),
    (
        "Bills",
        bill(dimensions=[{"number": "CLASS", "valueNumber": "RETAIL", "value": "Online"}]),
        "dimensions[0]",
        ("ONLINE",),
    ),
    (
        "Bills",
        bill(dimensions=[{"number": "CLASS", "name": "Department", "value": "Sales"}]),
        "dimensions[0]",
        ("CLASS",),
    ),
    (
        "Vendors",
        {"externalId": "V", "vendorName": "X", "currency": "EUR", "currencyName": "US dollar"},
        "currency",
        ("EUR",),
    ),
    (
        "JournalEntries",
        {
            "externalId": "E",
            "journalEntryNumber": "E-1",
            "transactionDate": "2026-01-28",
            "lineItems": [{**ENTRY_LINES[0], "accountName": "CO2 Tax"}, ENTRY_LINES[1]],
        },
        "lineItems[0].accountNumber",
        ("8210", "5750"),
    ),
    (
        "BillPayments",
        {
            "externalId": "P",
            "paymentNumber": "P-1",
            "paymentDate": "2026-01-28",
            "amount": 5,
            **VENDOR,
            "vendorName": "First Up Consultants",
            "journalExternalId": "GENERAL",
        },
        "vendorNumber",
        ("10000", "20000"),
    ),
    (
        "BuyOrders",
        {
            "externalId": "O",
            "orderNumber": "O-1",
            "supplierNumber": "10000",
            "vendorName": "First Up Consultants",
            "lineItems": [{"itemNumber": "1896-S", "quantity": 1, "unitCost": 1}],
        },
        "vendorName",
        ("10000", "20000"),
    ),
    (
        "purchaseInvoices",
        {"vendorInvoiceNumber": "B-1", **VENDOR, "vendorId": "{vendors 20000}"},
        "vendorId",
        ("20000",),
    ),
    ("salesOrders", {**SALE, "customerId": "{customers 10000}"}, "customerId", ("10000", "20000")),
    ("salesInvoices", {**SALE, "currencyId": "{currencies USD}", "currencyCode": "EUR"}, "currencyId", ("EUR", "USD")),
    (
        "salesInvoices",
        {**SALE, "billToCustomerNumber": "10000", "billToCustomerId": "{customers 50000}"},
        "billToCustomerId",
        ("10000", "50000"),
    ),
    (
        "salesInvoices",
        {
            **SALE,
            "salesInvoiceLines": [
                {"lineType": "Item", "itemId": "{items 1896-S}", "lineObjectNumber": "1906-S", "quantity": 1}
            ],
        },
        "salesInvoiceLines[0].itemId",
        ("1896-S", "1906-S"),
    ),
    (
        "customers",
        {"number": "K-1", "displayName": "X", "paymentTermsId": "{paymentTerms COD}", "paymentTermsCode": "CM"},
        "paymentTermsId",
        ("COD", "CM"),
    ),
]


@pytest.mark.parametrize(("stream", "record", "field", "numbers"), CONTRADICTIONS)
def test_two_names_of_one_thing_that_lead_to_two_reject_the_record_and_name_both(
    target, stream, record, field, numbers
):
    (outcome,) = target.write(
        stream, filled(target, record), remember=True, journal="DEFAULT", payment_journal="GENERAL"
    )
    assert outcome["outcome"] == "rejected", outcome
    (error,) = outcome["errors"]
    assert (error["field"], error["code"]) == (field, "contradiction")
    assert all(number in error["message"] for number in numbers), error
    assert not [each for each in target.requests if b'"method":"POST"' in (each.body or b"")]


AGREEING = [
    bill(vendorName="Fabrikam, Inc."),
    bill(vendorId="{vendors 10000}", vendorName="Fabrikam, Inc."),
    bill(vendorExternalId="10000"),
    bill(vendorName="fabrikam,  inc."),
    bill(vendorName="10000"),
    bill(currency="GBP", currencyName="Pound Sterling"),
    bill(classNumber="RETAIL", className="Retail"),
    bill(classNumber="RETAIL", className="A retailer"),
    expense(accountName="CO2 tax nobody has"),
    item(unitOfMeasureName="Piece", unitOfMeasure="PCS"),
    item(unitOfMeasureNumber="PCS", unitOfMeasure="Piece"),
]


@pytest.mark.parametrize("record", AGREEING)
def test_names_that_agree_or_that_nothing_has_do_not_reject(target, record):
    (outcome,) = target.write("Bills", filled(target, record))
    assert (outcome["outcome"], outcome["errors"]) == ("created", [])


def test_a_name_that_nothing_has_is_said_once_for_its_field(target, caplog):
    caplog.set_level(logging.INFO)
    records = [{**bill(vendorName=f"Old name {place}"), "externalId": f"B-{place}", "billNumber": f"B-{place}"}
               for place in range(3)]  # fmt: skip
    outcomes = target.write("Bills", *records)
    assert {each["outcome"] for each in outcomes} == {"created"}
    said = [each.getMessage() for each in caplog.records if "Old name" in each.getMessage()]
    assert len(said) == 1
    assert "there is no vendor with the name" in said[0]
    assert 'so the number "10000" counts' in said[0]


def test_one_field_that_may_hold_an_id_a_code_or_a_name_contradicts_nothing(target):
    terms = target.row("paymentMethods", code="CASH")
    target.desk.company.update(
        "paymentMethods", target.row("paymentMethods", code="BANK")["id"], {"displayName": "CASH"}
    )
    record = {"externalId": "V", "vendorName": "X", "paymentMethod": "CASH"}
    (outcome,) = target.write("Vendors", record)
    assert outcome["errors"] == []
    assert target.row("vendors", displayName="X")["paymentMethodId"] == terms["id"]


@pytest.mark.parametrize(
    ("stream", "record"),
    [
        ("Vendors", {"id": "{vendors 10000}", "vendorNumber": "20000", "email": "a@b.example"}),
        ("vendors", {"id": "{vendors 10000}", "number": "20000", "email": "a@b.example"}),
        ("paymentTerms", {"id": "{paymentTerms COD}", "code": "CM", "displayName": "X"}),
    ],
)
def test_a_record_whose_id_and_number_are_those_of_two_rows_changes_neither(target, stream, record):
    before = target.rows(stream if stream != "Vendors" else "vendors")
    (outcome,) = target.write(stream, filled(target, record))
    assert [(error["field"], error["code"]) for error in outcome["errors"]] == [("id", "contradiction")]
    assert target.rows(stream if stream != "Vendors" else "vendors") == before


def test_a_record_whose_external_id_and_number_are_those_of_two_rows_changes_neither(target):
    (first,) = target.write("Vendors", {"externalId": "V-1", "vendorName": "Mine"}, remember=True)
    record = {"externalId": "V-1", "vendorName": "Mine", "vendorNumber": "20000", "email": "a@b.example"}
    (outcome,) = target.write("Vendors", record, remember=True)
    assert [(error["field"], error["code"]) for error in outcome["errors"]] == [("vendorNumber", "contradiction")]
    assert all(number in outcome["errors"][0]["message"] for number in (first["number"], "20000"))
    assert target.row("vendors", number="20000")["displayName"] == "First Up Consultants"
