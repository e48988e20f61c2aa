"""A payment discount is taken only where the record says so: otherwise nothing is booked, or the outcome names it."""

from __future__ import annotations

from datetime import date

import pytest
from target.at_the_desk import Target

from target_dynamics_bc.writing.journals.date_formulas import last_day
from tests.target.sent_records import bill_over as bill

VENDOR = "20000"


@pytest.fixture
def target(tmp_path):
    """Two percent within eight days, for the vendor's bill F1 of 20 January over 100."""
    target = Target(tmp_path)
    terms = target.desk.id("paymentTerms", code="1M(8D)")
    target.desk.edit("vendors", target.desk.id("vendors", number=VENDOR), paymentTermsId=terms)
    target.write("Bills", bill("F1", 100))
    return target


def payment(amount, day, **more):
    return {
        "externalId": "p",
        "paymentNumber": "CHECK-1",
        "paymentDate": f"2026-01-{day}",
        "amount": amount,
        "vendorNumber": VENDOR,
        "journalExternalId": "GENERAL",
        "billNumber": "F1",
        "isDraft": False,
        **more,
    }


def codes(outcome):
    return [(error["field"], error["code"]) for error in outcome["errors"]]


def left(target):
    row = target.row("purchaseInvoices", vendorInvoiceNumber="F1")
    return row["status"], target.row("_vendorLedgerEntries", documentNumber=row["number"])["remainingAmount"]


def booked(target, number="CHECK-1"):
    return target.rows("generalLedgerEntries", documentNumber=number)


@pytest.mark.parametrize("amount", [98, 99, 100, 120])
def test_a_payment_in_time_that_does_not_speak_of_the_discount_is_not_posted(target, amount):
    (outcome,) = target.write("BillPayments", payment(amount, 28))
    assert codes(outcome) == [("discount", "discount_differs")]
    assert "2" in outcome["errors"][0]["message"]
    assert not booked(target)
    assert left(target) == ("Open", -100)
    assert not [row for row in target.rows("journals") if row["displayName"].startswith("To be posted")]


@pytest.mark.parametrize(("amount", "day", "rest"), [(97, 28, -3), (50, 22, -50), (100, 29, 0), (98, 29, -2)])
def test_one_that_gets_no_discount_is_posted_as_it_is(target, amount, day, rest):
    (outcome,) = target.write("BillPayments", payment(amount, day))
    assert (outcome["outcome"], outcome["errors"]) == ("posted", [])
    assert left(target) == ("Open" if rest else "Paid", rest)


def test_a_payment_that_states_the_discount_is_posted_with_it(target):
    (outcome,) = target.write("BillPayments", payment(98, 28, discount=2))
    assert (outcome["outcome"], outcome["errors"]) == ("posted", [])
    assert left(target) == ("Paid", 0)
    (again,) = target.write("BillPayments", payment(98, 28, discount=2))
    assert again["outcome"] == "unchanged"


@pytest.mark.parametrize(("amount", "day", "discount"), [(98, 28, 3), (98, 29, 2), (50, 22, 2), (98, 28, 0)])
def test_a_discount_that_the_service_would_not_take_refuses_the_payment(target, amount, day, discount):
    (outcome,) = target.write("BillPayments", payment(amount, day, discount=discount))
    assert codes(outcome) == [("discount", "discount_differs")]
    assert not booked(target)


def test_a_draft_waits_for_whoever_posts_it(target):
    (outcome,) = target.write("BillPayments", payment(100, 28, isDraft=True))
    assert outcome["outcome"] == "created"


def test_bills_that_are_paid_together_in_time_are_not_posted(target):
    target.write("Bills", bill("F2", 50))
    listed = [{"billNumber": "F1", "amount": 100}, {"billNumber": "F2", "amount": 50}]
    record = {key: value for key, value in payment(150, 28, bills=listed).items() if key != "billNumber"}
    (outcome,) = target.write("BillPayments", record)
    assert set(codes(outcome)) == {("discount", "discount_differs")}
    assert not booked(target)
    (outcome,) = target.write("BillPayments", {**record, "paymentDate": "2026-01-29"})
    assert outcome["outcome"] == "posted", outcome


def test_a_discount_by_terms_that_the_vendor_has_no_more_is_named_when_it_is_posted(target):
    """The terms of a posted bill do not show; what was booked beside the payment does."""
    terms = target.desk.id("paymentTerms", code="60 DAYS")
    target.desk.edit("vendors", target.desk.id("vendors", number=VENDOR), paymentTermsId=terms)
    (outcome,) = target.write("BillPayments", payment(98, 28))
    assert (outcome["outcome"], codes(outcome)) == ("posted", [("discount", "discount_differs")])


def test_a_formula_that_is_not_understood_is_no_day_that_is_over(target):
    terms = target.desk.id("paymentTerms", code="1M(8D)")
    target.desk.edit("paymentTerms", terms, discountDateCalculation="D15")
    (outcome,) = target.write("BillPayments", payment(98, 28))
    assert codes(outcome) == [("discount", "discount_differs")]
    assert 'the day of "D15"' in outcome["errors"][0]["message"]
    assert not booked(target)


def test_in_business_centrals_names_a_payment_may_state_the_discount(target):
    posted = target.row("purchaseInvoices", vendorInvoiceNumber="F1")
    record = {
        "externalId": "p",
        "documentNumber": "CHECK-1",
        "postingDate": "2026-01-28",
        "amount": 98,
        "vendorNumber": VENDOR,
        "journalDisplayName": "GENERAL",
        "appliesToInvoiceNumber": posted["number"],
        "isDraft": False,
    }
    (outcome,) = target.write("vendorPayments", record)
    assert codes(outcome) == [("discountAmount", "discount_differs")]
    (outcome,) = target.write("vendorPayments", {**record, "discountAmount": 2})
    assert outcome["outcome"] == "posted", outcome


def test_a_customers_payment_is_held_to_the_terms_of_its_invoice(target):
    terms = target.desk.id("paymentTerms", code="1M(8D)")
    customer = target.desk.id("customers", number="10000")
    target.desk.edit("customers", customer, paymentTermsId=terms)
    line = {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 1, "unitPrice": 100}
    invoice = {
        "externalDocumentNumber": "S1",
        "customerNumber": "10000",
        "invoiceDate": "2026-01-20",
        "salesInvoiceLines": [line],
        "isDraft": False,
    }
    (outcome,) = target.write("salesInvoices", invoice)
    assert outcome["outcome"] == "posted", outcome
    posted = target.row("salesInvoices", externalDocumentNumber="S1")
    record = {
        "externalId": "r",
        "documentNumber": "R-1",
        "postingDate": "2026-01-28",
        "amount": -posted["totalAmountIncludingTax"],
        "customerNumber": "10000",
        "journalDisplayName": "GENERAL",
        "appliesToInvoiceNumber": posted["number"],
        "isDraft": False,
    }
    (outcome,) = target.write("customerPayments", record)
    assert codes(outcome) == [("discountAmount", "discount_differs")]
    assert not booked(target, "R-1")
    (outcome,) = target.write("customerPayments", {**record, "postingDate": "2026-01-29"})
    assert outcome["outcome"] == "posted", outcome


@pytest.mark.parametrize(
    ("formula", "leads_to"),
    [
        ("8D", "2026-01-28"),
        ("2W", "2026-02-03"),
        ("1M", "2026-02-20"),
        ("1M+5D", "2026-02-25"),
        ("CM", "2026-01-31"),
        ("CM+10D", "2026-02-10"),
        ("1Q", "2026-04-20"),
        ("1Y-1D", "2027-01-19"),
        ("CW", "2026-01-25"),
        ("", "2026-01-20"),
        ("D15", None),
        ("nonsense", None),
        ("99999Y", None),
    ],
)
def test_the_last_day_of_a_discount_follows_from_its_formula(formula, leads_to):
    found = last_day(formula, date(2026, 1, 20))
    assert (found.isoformat() if found else None) == leads_to


@pytest.mark.parametrize("amount", ["99.60", "100.40"])
def test_what_a_tolerance_writes_off_beside_a_payment_is_told_and_nothing_is_paid_twice(target, amount):
    tolerance = {"party": "Vendor", "percent": 0, "maximumAmount": 0.5, "account": "9140"}
    target.desk.company.insert("_paymentTolerance", tolerance)
    late = {"paymentDate": "2026-02-20"}
    (outcome,) = target.write("BillPayments", payment(amount, 28, **late))
    assert (outcome["outcome"], codes(outcome)) == ("posted", [("discount", "discount_differs")])
    assert "tolerance" in outcome["errors"][0]["message"]
    assert left(target) == ("Paid", 0)
    before = len(booked(target))
    for _ in range(2):
        (again,) = target.write("BillPayments", payment(amount, 28, **late), store_path=None)
        assert again["outcome"] in {"unchanged", "posted"}
        assert len(booked(target)) == before
