"""What is booked in which currency, on which dimension and whether at all is never said in vain."""

from __future__ import annotations

import pytest
from target.at_the_desk import Target

from tests.target.sent_records import ENTRY, LINE, PAYMENT, bill_of_desks

BILL = bill_of_desks("u", "U-1")
ORDER = {"externalId": "u", "orderNumber": "PO-U", "supplierNumber": "10000", "lineItems": [LINE]}
OWN_LINE = {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 4, "unitCost": 50}
OWN_BILL = {
    "externalId": "u",
    "vendorInvoiceNumber": "U-1",
    "vendorNumber": "10000",
    "isDraft": False,
    "purchaseInvoiceLines": [OWN_LINE],
}
SALE = {
    "externalId": "u",
    "externalDocumentNumber": "U-1",
    "customerNumber": "20000",
    "isDraft": False,
    "salesInvoiceLines": [{"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 4, "unitPrice": 50}],
}
OWN_ENTRY = {
    "externalId": "u",
    "documentNumber": "U-1",
    "postingDate": "2026-01-28",
    "isDraft": False,
    "journalLines": [{"accountNumber": "8210", "amount": 5}, {"accountNumber": "2910", "amount": -5}],
}
VENDOR = {"number": "V-U", "displayName": "Unread"}


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def first(record, lines, **more):
    """The record with more in its first line."""
    return {**record, lines: [{**record[lines][0], **more}, *record[lines][1:]]}


def refused(target, stream, record, **settings):
    """The faults of a record of which nothing is written."""
    (outcome,) = target.write(stream, record, **settings)
    writes = [each for each in target.requests if each.method != "GET" and "$batch" not in each.url]
    assert (outcome["outcome"], writes) == ("rejected", [])
    return {(error["field"], error["code"]) for error in outcome["errors"]}


# --- currencies ---


@pytest.mark.fault("W4")
@pytest.mark.parametrize(
    ("stream", "record", "field"),
    [
        ("Bills", {**BILL, "Currency": "EUR"}, "Currency"),
        ("Bills", {**BILL, "currency_code": "EUR"}, "currency_code"),
        ("Bills", {**BILL, "currency": "GBP", "CurrencyName": "Euro"}, "CurrencyName"),
        ("Bills", first(BILL, "lineItems", currency="EUR"), "lineItems[0].currency"),
        ("BuyOrders", first(ORDER, "lineItems", currencyCode="EUR"), "lineItems[0].currencyCode"),
        ("JournalEntries", {**ENTRY, "currencyISO": "EUR"}, "currencyISO"),
        ("BillPayments", {**PAYMENT, "Currency": "EUR"}, "Currency"),
        ("purchaseInvoices", {**OWN_BILL, "currency": "EUR"}, "currency"),
        ("purchaseInvoices", {**OWN_BILL, "currency": {"code": "EUR"}}, "currency"),
        ("purchaseInvoices", first(OWN_BILL, "purchaseInvoiceLines", currencyCode="EUR"),
         "purchaseInvoiceLines[0].currencyCode"),
        ("salesInvoices", {**SALE, "currencyName": "Euro"}, "currencyName"),
        ("journalLines", first(OWN_ENTRY, "journalLines", currency="EUR"), "journalLines[0].currency"),
        ("vendors", {**VENDOR, "currency": "EUR"}, "currency"),
        ("items", {"number": "I-U", "displayName": "Unread", "unitPrice": 5, "currencyCode": "EUR"}, "currencyCode"),
    ],
)  # fmt: skip
def test_a_currency_in_a_field_that_nothing_reads_rejects_the_record(target, stream, record, field):
    assert refused(target, stream, record) == {(field, "unsupported_currency")}


@pytest.mark.parametrize(
    ("stream", "record"),
    [
        ("Bills", first(BILL, "lineItems", currency="gbp")),
        ("Bills", first({**BILL, "currency": "EUR"}, "lineItems", currency="EUR", currencyName="Euro")),
        ("purchaseInvoices", {**OWN_BILL, "currencyCode": "EUR", "currencyName": "Euro"}),
        ("journalLines", first(OWN_ENTRY, "journalLines", currency="GBP")),
    ],
)
def test_one_that_is_the_records_own_rejects_nothing_and_is_not_said_to_be_left_out(target, stream, record, caplog):
    with caplog.at_level("INFO"):
        outcomes = target.write(stream, record)
    assert [each["outcome"] for each in outcomes] == ["posted"]
    assert "left out" not in caplog.text


def test_a_blank_one_says_nothing(target):
    (outcome,) = target.write("purchaseInvoices", {**OWN_BILL, "currency": None, "currencyName": " "})
    assert outcome["outcome"] == "posted"


def test_one_that_is_the_vendors_is_the_bills(target):
    euro = target.row("currencies", code="EUR")
    target.desk.edit("vendors", target.desk.id("vendors", number="10000"), currencyCode="EUR", currencyId=euro["id"])
    (outcome,) = target.write("Bills", {**first(BILL, "lineItems", currency="EUR"), "isDraft": True})
    assert outcome["outcome"] == "created"


@pytest.mark.fault("W4")
def test_the_services_name_for_a_currency_is_read_in_a_unified_record_too(target):
    (outcome,) = target.write("Bills", {**BILL, "currencyCode": " eur "})
    assert outcome["outcome"] == "posted"
    assert target.row("purchaseInvoices", vendorInvoiceNumber="U-1")["currencyCode"] == "EUR"
    target.write("Vendors", {"externalId": "v", "vendorName": "Unread", "currencyCode": "EUR"})
    assert target.row("vendors", displayName="Unread")["currencyCode"] == "EUR"


@pytest.mark.fault("W4")
@pytest.mark.parametrize(
    ("stream", "record", "field"),
    [
        ("Bills", {**BILL, "currency": "EUR", "currencyCode": "USD"}, ("currency", "contradiction")),
        ("JournalEntries", {**ENTRY, "currencyCode": "EUR"}, ("currencyCode", "unsupported_currency")),
        ("JournalEntries", first(ENTRY, "lineItems", currencyCode="EUR"),
         ("lineItems[0].currencyCode", "unsupported_currency")),
        ("BillPayments", {**PAYMENT, "currencyCode": "EUR"}, ("currencyCode", "unsupported_currency")),
    ],
)  # fmt: skip
def test_it_is_held_to_what_the_others_say_and_to_what_a_journal_books(target, stream, record, field):
    assert refused(target, stream, record) == {field}


@pytest.mark.fault("W4")
@pytest.mark.parametrize(
    ("stream", "record", "field"),
    [
        ("BuyOrders", {**ORDER, "exchangeRate": 1.2}, "exchangeRate"),
        ("Bills", {**BILL, "exchange_rate": "1.2"}, "exchange_rate"),
        ("Bills", first(BILL, "lineItems", exchangeRate=1.2), "lineItems[0].exchangeRate"),
        ("salesInvoices", {**SALE, "currencyFactor": 0.9}, "currencyFactor"),
        ("purchaseInvoices", first(OWN_BILL, "purchaseInvoiceLines", exchangeRate=1.2),
         "purchaseInvoiceLines[0].exchangeRate"),
    ],
)  # fmt: skip
def test_an_exchange_rate_is_rejected_wherever_it_stands(target, stream, record, field):
    assert refused(target, stream, record) == {(field, "unsupported_currency")}


# --- dimensions ---


@pytest.mark.fault("W5")
@pytest.mark.parametrize(
    ("stream", "record", "field"),
    [
        ("Bills", {**BILL, "class": "RETAIL"}, "class"),
        ("Bills", {**BILL, "ClassId": "RETAIL"}, "ClassId"),
        ("Bills", first(BILL, "lineItems", departmentNumbr="ADM"), "lineItems[0].departmentNumbr"),
        ("Bills", first(BILL, "lineItems", department_code="ADM"), "lineItems[0].department_code"),
        ("Bills", {**BILL, "shortcutDimension1Code": "ADM"}, "shortcutDimension1Code"),
        ("Bills", {**BILL, "dimensionSetLines": [{"code": "CLASS", "valueCode": "RETAIL"}]}, "dimensionSetLines"),
        ("JournalEntries", first(ENTRY, "lineItems", classCode="RETAIL"), "lineItems[0].classCode"),
        ("BillPayments", {**PAYMENT, "department": {"code": "ADM"}}, "department"),
        ("salesInvoices", {**SALE, "class": "RETAIL"}, "class"),
    ],
)
def test_a_dimension_in_a_field_that_nothing_reads_rejects_the_record(target, stream, record, field):
    assert refused(target, stream, record) == {(field, "unread_dimension")}


@pytest.mark.parametrize(
    "more",
    [
        {"class": "Retail", "classNumber": "RETAIL"},
        {"class": " ", "department": None},
        {"dimensionSetLines": []},
        {"lastName": "A", "departmentHead": "B"},
    ],
)
def test_one_beside_a_field_that_is_read_or_without_a_value_rejects_nothing(target, more):
    (outcome,) = target.write("Bills", {**BILL, **more})
    assert outcome["outcome"] == "posted"


@pytest.mark.fault("W10")
@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"class": "RETAIL"}, "class of purchaseInvoices is not read and is left out; did you mean classId?"),
        ({"IsDraft": "x"}, "IsDraft of purchaseInvoices"),
        ({"subsidiary": "Ours"}, "subsidiary of purchaseInvoices"),
    ],
)
def test_a_draft_is_made_all_the_same_and_says_what_it_lacks(target, more, said, caplog):
    record = {name: value for name, value in BILL.items() if name != "isDraft"}
    with caplog.at_level("INFO"):
        (outcome,) = target.write("Bills", {**record, **more})
    assert (outcome["outcome"], outcome.get("draft")) == ("created", True)
    assert said in caplog.text


def test_what_is_not_booked_may_have_fields_of_such_names(target):
    (outcome,) = target.write("Vendors", {"externalId": "v", "vendorName": "Unread", "department": "Sales"})
    assert outcome["outcome"] == "created"


@pytest.mark.fault("W5")
@pytest.mark.parametrize("member", [{"code": "CLASS", "value": "RETAIL"}, {"displayName": "Class"}, {"code": "CLASS"}])
def test_a_dimension_of_a_document_without_its_value_rejects_the_record(target, member):
    field = ("dimensionSetLines[0].valueCode", "required")
    assert refused(target, "purchaseInvoices", {**OWN_BILL, "dimensionSetLines": [member]}) == {field}
    lines = first(OWN_ENTRY, "journalLines", dimensionSetLines=[member])
    assert refused(target, "journalLines", lines) == {(f"journalLines[0].{field[0]}", "required")}


# --- units of measure ---


@pytest.mark.fault("W10")
@pytest.mark.parametrize(
    ("stream", "record", "field"),
    [
        ("Bills", first(BILL, "lineItems", uom="BOX"), "lineItems[0].uom"),
        ("BuyOrders", first(ORDER, "lineItems", unit_of_measure="BOX"), "lineItems[0].unit_of_measure"),
        ("purchaseInvoices", first(OWN_BILL, "purchaseInvoiceLines", unitOfMeasure="BOX"),
         "purchaseInvoiceLines[0].unitOfMeasure"),
    ],
)  # fmt: skip
def test_a_unit_in_a_field_that_nothing_reads_rejects_the_record(target, stream, record, field):
    assert refused(target, stream, record) == {(field, "unread_unit")}


@pytest.mark.parametrize("more", [{"uom": "Box", "unitOfMeasure": "BOX"}, {"uom": " ", "UOM": None}])
def test_one_beside_a_unit_that_is_read_rejects_nothing(target, more):
    (outcome,) = target.write("Bills", {**first(BILL, "lineItems", **more), "isDraft": True})
    assert outcome["outcome"] == "created"


# --- drafts ---


@pytest.mark.parametrize("name", ["IsDraft", "is_draft", "draft", "isDarft"])
@pytest.mark.parametrize(
    ("stream", "record"),
    [("Bills", BILL), ("salesInvoices", SALE), ("JournalEntries", ENTRY), ("BillPayments", PAYMENT)],
)
def test_a_draft_that_says_so_by_another_name_is_not_posted(target, stream, record, name):
    draft = {each: value for each, value in record.items() if each != "isDraft"} | {name: True}
    assert refused(target, stream, draft, posting="unless_draft") == {(name, "unread_draft")}


@pytest.mark.parametrize("posting", ["if_requested", "unless_draft"])
def test_one_that_is_called_none_by_another_name_is_what_the_settings_make_of_it(target, posting):
    record = {name: value for name, value in BILL.items() if name != "isDraft"} | {"isdraft": False}
    (outcome,) = target.write("Bills", record, posting=posting)
    assert outcome["outcome"] == ("posted" if posting == "unless_draft" else "created")


def test_beside_a_word_that_is_read_another_name_says_nothing(target):
    (outcome,) = target.write("Bills", {**BILL, "isDraft": True, "IsDraft": True}, posting="unless_draft")
    assert outcome["outcome"] == "created"


# --- prices and discounts ---


@pytest.mark.fault("W6")
@pytest.mark.parametrize(("value", "code"), [("True", "not_applied"), (1, "wrong_type"), ("yes", "wrong_type")])
def test_gross_prices_are_not_booked_as_net_ones_however_that_is_spelled(target, value, code):
    (outcome,) = target.write("salesInvoices", {**SALE, "pricesIncludeTax": value})
    assert [(error["field"], error["code"]) for error in outcome["errors"]] == [("pricesIncludeTax", code)]
    assert not [row for row in target.rows("salesInvoices", externalDocumentNumber="U-1") if row["status"] != "Draft"]


def test_net_prices_may_be_said_to_be_net_in_a_text(target):
    (outcome,) = target.write("salesInvoices", {**SALE, "pricesIncludeTax": "False"})
    assert outcome["outcome"] == "posted"


@pytest.mark.parametrize(
    ("stream", "name"),
    [("BillPayments", "discountAmount"), ("BillPayments", "paymentDiscount"), ("vendorPayments", "discount")],
)
def test_a_discount_of_a_payment_in_a_field_that_nothing_reads_rejects_it(target, stream, name):
    own = {
        "documentNumber": "U-1",
        "postingDate": "2026-01-28",
        "journalDisplayName": "GENERAL",
        "vendorNumber": "10000",
    }
    record = {"externalId": "u", "amount": 5, "isDraft": False, **(own if stream == "vendorPayments" else PAYMENT)}
    assert refused(target, stream, {**record, name: 1}) == {(name, "unsupported_discount")}
    (outcome,) = target.write(stream, {**record, "discountAccountNumber": "8210", "discountDate": 20260128})
    assert outcome["outcome"] == "posted"


# --- companies ---


@pytest.mark.parametrize("name", ["subsidiary", "SubsidiaryName", "subsidiary_id"])
@pytest.mark.parametrize(("stream", "record"), [("Bills", BILL), ("purchaseInvoices", OWN_BILL)])
def test_a_record_whose_company_stands_in_another_field_is_not_booked(target, stream, record, name):
    assert refused(target, stream, {**record, name: "My Company"}) == {(name, "unread_company")}
    (outcome,) = target.write(stream, {**record, name: "Ours", "subsidiaryName": "CRONUS International Ltd."})
    assert outcome["outcome"] == "posted"
