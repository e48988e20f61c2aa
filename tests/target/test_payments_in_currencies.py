"""Payments in foreign currencies: booked once, in the currency they say, though the general ledger shows neither."""

from __future__ import annotations

import json

import pytest
from target.at_the_desk import Target

from dynamics_bc_client.transport import Response


@pytest.fixture
def target(tmp_path):
    target = Target(tmp_path)
    target.desk.create("vendors", {"number": "EURO", "displayName": "Euro", "currencyCode": "EUR"})
    return target


def payment(**more):
    return {
        "externalId": "p",
        "paymentNumber": "E-1",
        "paymentDate": "2026-02-10",
        "amount": 100,
        "vendorNumber": "EURO",
        "journalExternalId": "GENERAL",
        "isDraft": False,
        **more,
    }


def bill(number, amount, **more):
    return {
        "externalId": number,
        "billNumber": number,
        "vendorNumber": "EURO",
        "issueDate": "2026-01-20",
        "isDraft": False,
        "currency": "EUR",
        "expenses": [{"accountNumber": "8210", "amount": amount}],
        **more,
    }


def booked(target, number="E-1"):
    return [row["amount"] for row in target.rows("_vendorLedgerEntries", documentNumber=number)]


@pytest.mark.parametrize("external_id", ["p", None])
def test_without_a_store_a_posted_payment_in_a_currency_is_not_posted_again(target, external_id):
    """Which amount of it is posted nobody can see: the ledger shows what it is worth in the local currency."""
    record = payment() if external_id else {key: value for key, value in payment().items() if key != "externalId"}
    target.write("BillPayments", record)
    before = booked(target)
    assert len(before) == 1
    (again,) = target.write("BillPayments", record)
    assert [error["code"] for error in again["errors"]] == ["posted_unclear"]
    assert booked(target) == before


def test_with_a_store_it_is_known(target):
    target.write("BillPayments", payment(), remember=True)
    (again,) = target.write("BillPayments", payment(), remember=True)
    assert again["outcome"] == "existing"


def test_two_payments_of_one_number_are_told_apart_by_the_store(target):
    outcomes = target.write("BillPayments", payment(), payment(externalId="q", amount=50), remember=True)
    assert [outcome["outcome"] for outcome in outcomes] == ["posted", "posted"]


@pytest.mark.parametrize("parts", [("F1",), ("F1", "F2")])
def test_one_that_has_paid_its_bills_is_known_by_them(target, parts):
    target.write("Bills", bill("F1", 60), bill("F2", 40))
    listed = [{"billNumber": number, "amount": {"F1": 60, "F2": 40}[number]} for number in parts]
    record = payment(amount=sum(each["amount"] for each in listed), bills=listed)
    (first,) = target.write("BillPayments", record)
    assert first["outcome"] == "posted", first
    (again,) = target.write("BillPayments", record)
    assert again["outcome"] == "unchanged", again
    assert len(booked(target)) == 1


def test_a_part_payment_that_is_posted_is_not_posted_again(target):
    target.write("Bills", bill("F1", 60))
    record = payment(amount=20, billNumber="F1")
    target.write("BillPayments", record)
    (again,) = target.write("BillPayments", record)
    assert [error["code"] for error in again["errors"]] == ["posted_unclear"]
    assert len(booked(target)) == 1


@pytest.fixture
def rupiah(target):
    """A vendor and a customer who are booked in a currency without decimals."""
    target.desk.create("vendors", {"number": "RUPIAH", "displayName": "Rupiah", "currencyCode": "IDR"})
    target.desk.create("customers", {"number": "RUPIAH", "displayName": "Rupiah", "currencyCode": "IDR"})
    return target


@pytest.mark.fault("W8")
@pytest.mark.parametrize("more", [{}, {"currency": "IDR"}])
def test_an_amount_is_booked_in_the_precision_of_the_vendors_currency(rupiah, more):
    record = payment(vendorNumber="RUPIAH", amount=1_000_010.5, **more)
    (outcome,) = rupiah.write("BillPayments", record)
    assert (outcome["outcome"], outcome["errors"]) == ("posted", [])
    assert len(booked(rupiah)) == 1


@pytest.mark.fault("W8")
def test_a_draft_of_it_is_unchanged_the_second_time(rupiah):
    record = payment(vendorNumber="RUPIAH", amount=10.5, isDraft=True)
    outcomes = [rupiah.write("BillPayments", record)[0] for _ in range(2)]
    assert [outcome["outcome"] for outcome in outcomes] == ["created", "unchanged"]
    assert rupiah.row("vendorPayments", documentNumber="E-1")["amount"] == 11


@pytest.mark.fault("W8")
def test_so_are_the_parts_of_several_bills_and_a_customers_payment(rupiah):
    rupiah.write(
        "Bills",
        bill("F1", 60, vendorNumber="RUPIAH", currency="IDR"),
        bill("F2", 40, vendorNumber="RUPIAH", currency="IDR"),
    )
    parts = [{"billNumber": "F1", "amount": 59.5}, {"billNumber": "F2", "amount": 39.7}]
    record = payment(vendorNumber="RUPIAH", amount=99.9, bills=parts)
    (outcome,) = rupiah.write("BillPayments", record)
    assert (outcome["outcome"], outcome["errors"]) == ("posted", [])
    theirs = {
        "journalDisplayName": "GENERAL",
        "customerNumber": "RUPIAH",
        "postingDate": "2026-02-10",
        "documentNumber": "E-2",
        "amount": -10.5,
    }
    (outcome,) = rupiah.write("customerPayments", theirs)
    assert (outcome["outcome"], outcome["errors"]) == ("created", [])
    assert [row["amount"] for row in rupiah.rows("customerPayments", documentNumber="E-2")] == [-11]


@pytest.mark.fault("W8")
def test_a_payment_whose_currency_cannot_be_looked_up_is_not_written(rupiah):
    def around(request, ask):
        response = ask(request)
        if b"/currencies" not in (request.body or b""):
            return response
        refused = {"status": 400, "body": {"error": {"code": "Application_DialogException", "message": "Not now."}}}
        replies = [{**each, **refused} for each in json.loads(response.body)["responses"]]
        return Response(200, dict(response.headers), json.dumps({"responses": replies}).encode())

    (outcome,) = rupiah.write("BillPayments", payment(vendorNumber="RUPIAH"), around=around)
    assert [error["field"] for error in outcome["errors"]] == ["vendorNumber"]
    assert rupiah.rows("vendorPayments", documentNumber="E-1") == []
