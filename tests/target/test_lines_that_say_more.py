"""What a line says beyond what its record can be booked with rejects the record: it is not booked as if unsaid."""

from __future__ import annotations

from typing import Any

import pytest
from target.at_the_desk import Target

BILL = {"externalId": "B-1", "billNumber": "B-1", "vendorNumber": "10000", "issueDate": "2026-01-20", "isDraft": False}
EXPENSE = {"accountNumber": "8210", "amount": 10}
ENTRY = {"externalId": "J-1", "isDraft": False}


@pytest.fixture
def target(tmp_path) -> Target:
    return Target(tmp_path)


def own_entry(**of_second_line: Any) -> dict[str, Any]:
    lines = [{"accountNumber": "8310", "amount": 10}, {"accountNumber": "2910", "amount": -10, **of_second_line}]
    return {**ENTRY, "documentNumber": "J-1", "postingDate": "2026-01-31", "journalLines": lines}


def unified_entry(*lines: dict[str, Any]) -> dict[str, Any]:
    return {**ENTRY, "transactionDate": "2026-01-31", "lineItems": list(lines)}


def faults(target: Target, stream: str, record: dict[str, Any]) -> list[tuple[str, str]]:
    (outcome,) = target.write(stream, record)
    assert outcome["outcome"] == "rejected"
    assert not [each for each in target.requests if each.method != "GET" and b'"POST"' in (each.body or b"")]
    return [(error["field"], error["code"]) for error in outcome["errors"]]


@pytest.mark.parametrize(("name", "value"), [("postingDate", "2026-02-01"), ("documentNumber", "J-2")])
def test_an_entry_whose_line_is_of_another_day_or_document_is_not_booked_on_its_own(target, name, value):
    assert faults(target, "journalLines", own_entry(**{name: value})) == [(f"journalLines[1].{name}", "contradiction")]


@pytest.mark.parametrize("value", ["2026-01-31", "2026-01-31T09:00:00Z", "", None, "0001-01-01"])
def test_a_line_of_the_same_day_or_of_none_is_booked_with_its_entry(target, value):
    (outcome,) = target.write("journalLines", own_entry(postingDate=value, documentNumber="j-1"))
    assert outcome["outcome"] == "posted"


def test_a_unified_entry_whose_line_is_of_another_day_is_not_booked_on_its_own(target):
    first = {"accountNumber": "8310", "debitAmount": 10, "transactionDate": "2026-02-01"}
    entry = unified_entry(first, {"accountNumber": "2910", "creditAmount": 10})
    assert faults(target, "JournalEntries", entry) == [("lineItems[0].transactionDate", "contradiction")]


@pytest.mark.parametrize(
    ("of_bill", "of_line", "field"),
    [
        ({"discount": 5}, {}, "discount"),
        ({"discountPercent": "2.5"}, {}, "discountPercent"),
        ({}, {"discountAmount": 1}, "expenses[0].discountAmount"),
        ({}, {"lineDiscount": 10.0}, "expenses[0].lineDiscount"),
    ],
)
def test_a_discount_in_a_field_that_nothing_reads_rejects_the_bill(target, of_bill, of_line, field):
    bill = {**BILL, **of_bill, "expenses": [{**EXPENSE, **of_line}]}
    assert faults(target, "Bills", bill) == [(field, "unsupported_discount")]


ITEM = {"itemNumber": "1896-S", "quantity": 1}


@pytest.mark.parametrize("name", ["price", "UnitPrice", "amount", "totalPrice", "lineTotal", "unit_cost"])
def test_a_price_in_a_field_that_nothing_reads_is_not_booked_at_the_cards(target, name):
    bill = {**BILL, "lineItems": [{**ITEM, name: 7.5}]}
    assert faults(target, "Bills", bill) == [("lineItems[0].unitPrice", "required")]


@pytest.mark.parametrize(
    "more",
    [{"unitPrice": 7, "amount": 7}, {"taxAmount": 2}, {"price": 0}, {"price": "-"}],
)
def test_a_line_that_has_its_price_or_leaves_it_open_is_booked(target, more):
    (outcome,) = target.write("Bills", {**BILL, "lineItems": [{**ITEM, **more}]})
    assert outcome["outcome"] == "posted"


OWN = {"externalId": "O-1", "isDraft": False}
OWN_ITEM = {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 1}


@pytest.mark.parametrize(
    ("stream", "record", "field", "code"),
    [
        (
            "salesInvoices",
            {"customerNumber": "10000", "salesInvoiceLines": [{**OWN_ITEM, "unitCost": 7}]},
            "salesInvoiceLines[0].unitPrice",
            "required",
        ),
        (
            "purchaseInvoices",
            {"vendorNumber": "10000", "purchaseInvoiceLines": [{**OWN_ITEM, "directUnitCost": 7}]},
            "purchaseInvoiceLines[0].unitCost",
            "required",
        ),
        (
            "purchaseInvoices",
            {"vendorNumber": "10000", "purchaseInvoiceLines": [{**OWN_ITEM, "unitCost": 7, "lineDiscountAmount": 1}]},
            "purchaseInvoiceLines[0].lineDiscountAmount",
            "unsupported_discount",
        ),
        (
            "purchaseInvoices",
            {
                "vendorNumber": "10000",
                "invoiceDiscountAmount": 1,
                "purchaseInvoiceLines": [{**OWN_ITEM, "unitCost": 7}],
            },
            "invoiceDiscountAmount",
            "unsupported_discount",
        ),
    ],
)
def test_the_same_holds_in_business_centrals_own_names(target, stream, record, field, code):
    assert (field, code) in faults(target, stream, {**OWN, **record})


def test_a_discount_of_nothing_and_what_is_no_number_are_merely_left_out(target):
    bill = {
        **BILL,
        "discountPercent": "0.00",
        "discountDate": "2026-02-01",
        "discountType": "none",
        "earlyDiscount": None,
    }
    (outcome,) = target.write("Bills", {**bill, "expenses": [{**EXPENSE, "discount": 1}]})
    assert outcome["outcome"] == "posted"
    assert target.row("purchaseInvoices", vendorInvoiceNumber="B-1")["totalAmountExcludingTax"] == 9


def test_a_line_with_nothing_to_book_is_called_by_its_amount(target):
    lines = [
        {"accountNumber": "8310", "debitAmount": 0, "creditAmount": 0},
        {"accountNumber": "8310", "debitAmount": 10},
        {"accountNumber": "2910", "creditAmount": 10},
    ]
    (outcome,) = target.write("JournalEntries", unified_entry(*lines))
    (error,) = outcome["errors"]
    assert error["message"] == (
        "lineItems[0] has the amount 0, which Business Central does not post; leave the line out."
    )


@pytest.mark.parametrize("name", [" ", "\t", "\u00a0"])
def test_a_name_of_blanks_is_no_name(target, name):
    (outcome,) = target.write("Customers", {"externalId": "C-1", "companyName": name})
    assert [error["code"] for error in outcome["errors"]] == ["required"]
