"""Numbers are written with the decimals that Business Central keeps, so that what comes back is what was sent."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from target_dynamics_bc.finding.precision import in_precision, precision_of
from target_dynamics_bc.kinds.standard import standard_kinds
from tests.target.at_the_desk import Target
from tests.target.sent_records import LINE, bill_of_desks

LINES = standard_kinds()["purchaseInvoices"].lines.facts


@pytest.mark.parametrize(
    ("name", "sent", "smallest", "written"),
    [
        ("discountAmount", "33.335", "0.01", "33.34"),
        ("discountAmount", "-33.335", "0.01", "-33.34"),
        ("discountAmount", "1234.5", "1", "1235"),
        ("discountAmount", "0.1255", "0.001", "0.126"),
        ("unitCost", "3.333333333", "0.01", "3.33333"),
        ("quantity", "0.000005", "0.01", "0.00001"),
        ("quantity", "2.50", "1", "2.50"),
        ("discountAmount", "9e300", "0.01", "9e300"),
    ],
)
def test_a_number_is_rounded_as_the_service_rounds_it(name, sent, smallest, written):
    rounded = in_precision(LINES, {name: Decimal(sent)}, Decimal(smallest))
    assert rounded == {name: Decimal(written)}


def test_what_is_no_decimal_number_stays_as_it_is():
    fields = {"description": "1.23456789", "itemId": "1", "unheard": Decimal("1.23456789")}
    assert in_precision(LINES, fields) == fields


@pytest.mark.parametrize(
    ("currency", "smallest"),
    [
        (None, "0.01"),
        ({"code": "EUR"}, "0.01"),
        ({"amountRoundingPrecision": 1}, "1"),
        ({"amountRoundingPrecision": 0}, "0.01"),
        ({"amountRoundingPrecision": "?"}, "0.01"),
    ],
)
def test_the_currency_says_how_small_an_amount_may_be(currency, smallest):
    assert precision_of(currency) == Decimal(smallest)


def entry(*amounts):
    lines = [{"accountNumber": "8210", "debitAmount": each} for each in amounts]
    lines.append({"accountNumber": "2910", "creditAmount": Decimal("66.67")})
    return {"journalEntryNumber": "J-1", "transactionDate": "2026-01-28", "isDraft": False, "lineItems": lines}


@pytest.mark.fault("W8")
def test_an_entry_that_balances_only_before_rounding_is_refused_before_anything_is_sent(pipe, company):
    piped = pipe({"JournalEntries": [entry("33.335", "33.335")]})
    (error,) = piped.outcomes[0]["errors"]
    assert error["code"] == "unbalanced"
    assert "0.01" in error["message"]
    assert not company.rows("generalLedgerEntries", documentNumber="J-1")


def test_an_entry_that_balances_after_rounding_is_posted_once_without_a_store_too(pipe, company):
    assert pipe({"JournalEntries": [entry("33.334", "33.3349", "0.0051", "-0.012")]}, store=None).kinds == ["rejected"]
    assert pipe({"JournalEntries": [entry("33.334", "33.341")]}, store=None).kinds == ["posted"]
    assert pipe({"JournalEntries": [entry("33.334", "33.341")]}, store=None).kinds == ["unchanged"]
    assert len(company.rows("generalLedgerEntries", documentNumber="J-1")) == 3


@pytest.mark.fault("W8")
def test_a_posted_bill_with_more_decimals_than_are_kept_is_the_same_bill_when_it_comes_again(pipe, company):
    line = {"itemNumber": "1896-S", "quantity": "3.0000049", "unitPrice": "33.33333333", "discount": "0.335"}
    bill = {
        "externalId": "b",
        "billNumber": "F-1",
        "vendorNumber": "20000",
        "issueDate": "2026-01-20",
        "isDraft": False,
        "lineItems": [line],
    }
    assert pipe({"Bills": [bill]}, store=None).kinds == ["posted"]
    assert pipe({"Bills": [bill]}, store=None).kinds == ["unchanged"]
    (posted,) = company.rows("purchaseInvoices", vendorInvoiceNumber="F-1")
    (kept,) = company.lines(posted["id"])
    assert (kept["quantity"], kept["unitCost"], kept["discountAmount"]) == (3, 33.33333, 0.34)


@pytest.mark.parametrize(
    ("more", "party", "sent"),
    [({}, "UGX", "1"), ({}, "", "0.5"), ({"currency": "GBP"}, "UGX", "0.5"), ({"currency": "UGX"}, "", "1")],
)
def test_a_document_that_states_no_currency_is_rounded_as_that_of_its_vendor_is(tmp_path, more, party, sent):
    target = Target(tmp_path)
    (vendor,) = target.rows("vendors", number="20000")
    target.desk.change(f"vendors({vendor['id']})", {"currencyCode": party})
    line = {"accountNumber": "8210", "amount": 100, "discount": "0.5"}
    bill = {"externalId": "b", "billNumber": "F-2", "vendorNumber": "20000", "issueDate": "2026-01-20"}
    target.write("Bills", {**bill, "expenses": [line], **more})
    bodies = [json.loads(each.body) for each in target.requests if each.method == "POST" and each.body]
    lines = [each for body in bodies for each in lines_in(body)]
    assert {str(each["discountAmount"]) for each in lines} == {sent}


def lines_in(body):
    bodies = [each.get("body") or {} for each in body.get("requests", ())] or [body]
    return [each for one in bodies for each in one.get("purchaseInvoiceLines", ())]


# --- what does not survive the rounding ---


@pytest.mark.fault("W8")
@pytest.mark.parametrize(
    ("quantity", "price", "texts"),
    [(1_000_000, "0.0000166667", ("16.6667", "20")), ("0.333333", 300_000, ("99999.9", "99999"))],
)
@pytest.mark.parametrize("settings", [{}, {"dry_run": True}, {"preview": True, "remember": True}])
def test_a_line_that_is_another_amount_with_the_decimals_that_are_kept_is_not_posted(
    tmp_path, quantity, price, texts, settings
):
    target = Target(tmp_path)
    line = {"itemNumber": "1896-S", "quantity": quantity, "unitPrice": price}
    record = {**bill_of_desks("r", "R-1"), "lineItems": [LINE, line]}
    (outcome,) = target.write("Bills", record, **settings)
    (error,) = outcome["errors"]
    assert (error["field"], error["code"]) == ("lineItems[1]", "amount_differs")
    assert all(f" {text} " in error["message"] for text in texts)
    assert not target.rows("purchaseInvoices", vendorInvoiceNumber="R-1")


def test_in_the_services_own_names_neither(tmp_path):
    line = {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 2_000_000, "unitPrice": "0.0000166667"}
    sale = {"externalDocumentNumber": "R-1", "customerNumber": "20000", "salesInvoiceLines": [line], "isDraft": False}
    (outcome,) = Target(tmp_path).write("salesInvoices", sale)
    assert [(error["field"], error["code"]) for error in outcome["errors"]] == [
        ("salesInvoiceLines[0]", "amount_differs")
    ]


@pytest.mark.parametrize(
    "more",
    [{"unitPrice": "33.3333333", "quantity": 3}, {"unitPrice": "0.3333333", "quantity": 1000, "discount": "0.004"}],
)
def test_a_cent_that_is_lost_in_rounding_keeps_nothing_from_being_posted(tmp_path, more):
    (outcome,) = Target(tmp_path).write("Bills", {**bill_of_desks("r", "R-1"), "lineItems": [{**LINE, **more}]})
    assert outcome["outcome"] == "posted"


def test_a_draft_may_have_fewer_decimals_and_total_tolerance_says_how_far_a_line_may_be_off(tmp_path):
    target = Target(tmp_path)
    record = {**bill_of_desks("r", "R-1"), "lineItems": [{**LINE, "quantity": 1_000_000, "unitPrice": "0.0000166667"}]}
    (draft,) = target.write("Bills", {**record, "isDraft": True})
    assert draft["outcome"] == "created"
    (outcome,) = target.write("Bills", record, total_tolerance=5)
    assert outcome["outcome"] == "posted"
