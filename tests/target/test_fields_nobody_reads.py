"""What a record says and nothing reads is named; what changes the meaning of a number is taken, or refused."""

from __future__ import annotations

import json
import logging

import pytest

from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.wanted.outlines import unread
from target_dynamics_bc.wanted.streams import map_record

BILL = {"vendorNumber": "20000", "billNumber": "F-1"}
ITEM = {"itemNumber": "1896-S", "quantity": 2, "unitPrice": 10}


def wanted(stream, record, *, own=False):
    return map_record(stream, standard_kinds().of_stream(stream), 1, record, ("class",), own=own)


def faults(mapped):
    return {(fault.field, fault.code) for fault in mapped.faults}


def test_a_currency_is_read_of_a_line_in_a_journal_alone():
    kinds = standard_kinds()
    assert unread(("currencyCode",), kinds["purchaseInvoices"], (), of=1) == ("currencyCode",)
    assert unread(("currencyCode",), kinds["generalJournalLines"], (), of=1) == ()


@pytest.mark.parametrize(
    ("stream", "record", "left_out"),
    [
        ("Bills", {**BILL, "memo": "x", "lineItems": [{**ITEM, "colour": "red"}, ITEM]}, ("memo", "lineItems.colour")),
        ("Bills", {**BILL, "memo": None, "_sdc_batched_at": "2026-01-28", "company_id": "x"}, ()),
        ("Bills", {**BILL, "classId": "x", "subsidiaryName": "A", "isDraft": True, "externalId": "e"}, ()),
        ("Customers", {"companyName": "A", "vendorName": "A", "phoneNumbers": [{"phoneNumber": "1", "extension": 2}]},
         ("vendorName", "phoneNumbers.extension")),
        ("BillPayments", {"paymentNumber": "P", "attachments": []}, ("attachments",)),
        ("JournalEntries", {"lineItems": [{"accountNumber": "1", "debitAmount": 1, "taxCode": "A"}]},
         ("lineItems.taxCode",)),
    ],
)  # fmt: skip
def test_the_fields_of_a_unified_record_that_nothing_reads_are_known(stream, record, left_out):
    assert wanted(stream, record).left_out == left_out


def test_numbers_that_are_compared_before_posting_are_not_said_to_be_left_out():
    line = {
        "lineType": "Item",
        "lineObjectNumber": "1896-S",
        "shippedQuantity": 1,
        "invoicedQuantity": 1,
        "netAmount": 2,
    }
    order = {"customerNumber": "10000", "totalTaxAmount": 2, "status": "Open", "salesOrderLines": [line]}
    assert wanted("salesOrders", order, own=True).left_out == ("status",)


@pytest.mark.fault("W10")
def test_what_nothing_reads_is_named_once_and_counted(pipe, caplog):
    caplog.set_level(logging.INFO)
    bills = [{**BILL, "externalId": each, "billNumber": each, "memo": "x", "expenses": []} for each in "ab"]
    pipe({"Bills": bills}, dry_run=True)
    assert caplog.text.count("memo of purchaseInvoices cannot be written") == 1
    assert "memo of purchaseInvoices was left out of 2 records" in caplog.text


@pytest.mark.parametrize("records", [1, 300])
def test_a_sender_that_makes_names_up_has_two_hundred_of_them_named(pipe, caplog, records):
    """All of them would take hours, and each a line of the log."""
    caplog.set_level(logging.INFO)
    names = [f"made_up_{each}" for each in range(300)]
    bills = [
        {**BILL, "externalId": str(each), "billNumber": str(each), **dict.fromkeys(names[each::records], 1)}
        for each in range(records)
    ]
    pipe({"Bills": bills}, dry_run=True)
    assert caplog.text.count("of purchaseInvoices cannot be written and is left out.") == 200
    assert caplog.text.count("was left out of 1 record.") == 200
    assert caplog.text.count("More than 200 properties of purchaseInvoices cannot be written") == 1


def test_names_that_ever_other_records_have_are_counted_one_by_one(pipe, caplog):
    caplog.set_level(logging.INFO)
    bills = [
        {**BILL, "externalId": str(each), "billNumber": str(each), f"a{each % 20}": 1, f"b{each % 19}": 1, "memo": 1}
        for each in range(380)
    ]
    pipe({"Bills": bills}, dry_run=True)
    assert "memo of purchaseInvoices was left out of 380 records." in caplog.text
    assert "a3 of purchaseInvoices was left out of 19 records." in caplog.text


def test_what_rejects_the_record_is_not_said_to_be_left_out(pipe, caplog):
    caplog.set_level(logging.INFO)
    wrong = {"lineItems_0_quantity": 2, "attachments": [{"paht": "x.pdf"}], "memo": "x"}
    pipe({"Bills": [{**BILL, "externalId": "a", **wrong}]}, dry_run=True)
    said = {record.getMessage() for record in caplog.records if "left out" in record.getMessage()}
    assert said == {
        "memo of purchaseInvoices cannot be written and is left out.",
        "memo of purchaseInvoices was left out of 1 record.",
    }


@pytest.mark.fault("W10")
@pytest.mark.parametrize(
    "given", [{"unitOfMeasureNumber": "BOX"}, {"unitOfMeasure": "BOX"}, {"unitOfMeasureCode": "BOX"}]
)
def test_a_quantity_is_in_the_unit_that_the_line_states(given):
    (line,) = wanted("Bills", {**BILL, "lineItems": [{**ITEM, **given}]}).lines
    assert line.references["unitOfMeasureId"].number == "BOX"


def test_a_unit_of_measure_that_is_not_there_rejects_the_bill(pipe):
    record = {**BILL, "externalId": "b", "lineItems": [{**ITEM, "unitOfMeasure": "DOZENS"}]}
    assert pipe({"Bills": [record]}).errors("b") == {("lineItems[0].unitOfMeasure", "not_found")}


@pytest.mark.parametrize(("stream", "own"), [("Bills", False), ("purchaseInvoices", True)])
def test_a_bill_with_an_exchange_rate_of_its_own_is_refused(stream, own):
    assert ("exchangeRate", "unsupported_currency") in faults(wanted(stream, {**BILL, "exchangeRate": 1.2}, own=own))
    assert not faults(wanted(stream, {**BILL, "exchangeRate": 1}, own=own))


@pytest.mark.fault("W9")
def test_a_list_may_be_spelled_as_text_in_json():
    (line,) = wanted("Bills", {**BILL, "lineItems": json.dumps([ITEM])}).lines
    assert (line.references["itemId"].number, line.fields["quantity"]) == ("1896-S", 2)


def test_an_empty_cell_in_a_list_that_is_text_is_no_value():
    (line,) = wanted("Bills", {**BILL, "lineItems": '[{"itemNumber": "A", "quantity": NaN}]'}).lines
    assert "quantity" not in line.fields


@pytest.mark.parametrize("text", ["[{", "none", "{}"])
def test_other_text_in_place_of_a_list_is_called_text(text):
    (fault,) = wanted("Bills", {**BILL, "lineItems": text}).faults
    assert fault.message == "lineItems must be a list, not text."


@pytest.mark.fault("W9")
def test_a_stand_in_that_is_too_long_says_whose_place_it_takes():
    (fault,) = wanted("Bills", {"vendorNumber": "1", "externalId": "x" * 36}).faults
    assert (fault.field, fault.code) == ("externalId", "too_long")
    assert "stands in for billNumber" in fault.message


NEARLY = [
    ("Bills", {**BILL, "VendorNumber": "10000"}, "VendorNumber", ""),
    ("Bills", {**BILL, "due_date": "2026-01-28"}, "due_date", "dueDate"),
    ("Bills", {**BILL, "expenses": [{"accountNumber": "8210", "amuont": 1}]}, "expenses.amuont", "expenses.amount"),
    ("Bills", {**BILL, "memo": "x"}, "memo", ""),
    ("items", {"displayname": "Desk"}, "displayname", "displayName"),
    ("items", {"displayName": "Desk", "inventory": 1}, "inventory", ""),
]


@pytest.mark.parametrize("row", NEARLY)
def test_a_field_that_is_called_nearly_like_one_that_is_read_is_named_with_that(pipe, caplog, row):
    stream, record, name, meant = row
    pipe({stream: [{"externalId": "a", **record}]}, dry_run=True)
    said = [each.getMessage() for each in caplog.records if f"{name} of" in each.getMessage()]
    nearly = [each for each in said if each.endswith(f"is not read and is left out; did you mean {meant}?")]
    assert len(nearly) == (1 if meant else 0)


def test_a_record_that_has_waited_for_another_one_is_counted_once(pipe, caplog):
    caplog.set_level(logging.INFO)
    pipe({"Bills": [{**BILL, "externalId": "a", "vendorNumber": "NOBODY", "memo": "x", "expenses": []}]})
    assert "memo of purchaseInvoices was left out of 1 record." in caplog.text
