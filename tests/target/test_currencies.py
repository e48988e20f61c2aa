"""An entry or a payment is booked in the currency that its record states, or not at all."""

from __future__ import annotations

import pytest


def currency(company, code):
    return company.row("currencies", code=code)


def entry(line=None, **more):
    lines = [
        {"accountNumber": "8210", "debitAmount": 10, **(line or {})},
        {"accountNumber": "2910", "creditAmount": 10},
    ]
    return {
        "externalId": "j",
        "journalEntryNumber": "J-1",
        "transactionDate": "2026-01-28",
        "isDraft": False,
        "lineItems": lines,
        **more,
    }


def own_entry(line=None, **more):
    lines = [{"accountNumber": "8210", "amount": 10, **(line or {})}, {"accountNumber": "2910", "amount": -10}]
    return {
        "externalId": "j",
        "documentNumber": "J-1",
        "postingDate": "2026-01-28",
        "isDraft": False,
        "journalLines": lines,
        **more,
    }


def payment(**more):
    return {
        "externalId": "p",
        "paymentNumber": "P-1",
        "paymentDate": "2026-02-10",
        "journalExternalId": "GENERAL",
        "vendorNumber": "10000",
        "amount": 100,
        **more,
    }


def own_payment(**more):
    return {
        "externalId": "p",
        "documentNumber": "P-1",
        "postingDate": "2026-02-10",
        "journalDisplayName": "GENERAL",
        "vendorNumber": "10000",
        "amount": 100,
        **more,
    }


@pytest.mark.fault("W4")
@pytest.mark.parametrize("name", ["currency", "currencyId", "currencyName"])
def test_an_entry_in_another_currency_is_rejected(pipe, company, name):
    euro = currency(company, "EUR")
    value = {"currency": "eur", "currencyId": euro["id"], "currencyName": euro["displayName"]}[name]
    assert pipe({"JournalEntries": [entry(**{name: value})]}).errors("j") == {(name, "unsupported_currency")}
    assert not company.rows("generalLedgerEntries", documentNumber="J-1")


@pytest.mark.parametrize(
    "more", [{"currency": "gbp"}, {"currencyName": "GBP"}, {"exchangeRate": "1.0"}, {"currency": ""}]
)
def test_an_entry_in_the_local_currency_is_booked(pipe, more):
    assert pipe({"JournalEntries": [entry(**more)]}).kinds == ["posted"]


def test_a_line_of_an_entry_in_another_currency_is_rejected(pipe):
    piped = pipe({"JournalEntries": [entry({"currency": "EUR"})]})
    assert piped.errors("j") == {("lineItems[0].currency", "unsupported_currency")}


@pytest.mark.parametrize(
    ("stream", "record"),
    [
        ("JournalEntries", entry(exchangeRate=1.2)),
        ("BillPayments", payment(exchangeRate="0.87")),
        ("journalLines", own_entry(exchangeRate=1.2)),
        ("vendorPayments", own_payment(exchangeRate=1.2)),
    ],
)
def test_an_exchange_rate_is_rejected(pipe, stream, record):
    assert pipe({stream: [record]}).errors(record["externalId"]) == {("exchangeRate", "unsupported_currency")}


def test_an_entry_in_the_services_own_names_is_not_booked_in_another_currency_either(pipe, company):
    euro = currency(company, "EUR")["id"]
    records = [
        own_entry(currencyCode="EUR"),
        own_entry({"currencyId": euro}, externalId="k"),
        own_entry({"currencyCode": "GBP"}, externalId="l", documentNumber="L-1", currencyId="", currencyCode=None),
    ]
    piped = pipe({"journalLines": records})
    assert piped.errors("j") == {("currencyCode", "unsupported_currency")}
    assert piped.errors("k") == {("journalLines[0].currencyId", "unsupported_currency")}
    assert piped.outcome("l")["outcome"] == "posted"


@pytest.mark.fault("W4")
@pytest.mark.parametrize("own", [False, True])
def test_a_payment_is_rejected_in_a_currency_that_is_not_its_vendors(pipe, own):
    stream, record, name = (
        ("vendorPayments", own_payment, "currencyCode") if own else ("BillPayments", payment, "currency")
    )
    piped = pipe({stream: [record(**{name: "EUR"})]})
    assert piped.errors("p") == {(name, "unsupported_currency")}
    assert pipe({stream: [record(**{name: "GBP"})]}).kinds == ["created"]


def test_a_payment_in_the_currency_of_its_vendor_is_taken(pipe, company):
    vendor = company.row("vendors", number="10000")
    euro = currency(company, "EUR")
    company.edit("vendors", vendor["id"], currencyCode="EUR", currencyId=euro["id"])
    piped = pipe({"BillPayments": [payment(currencyId=euro["id"]), payment(externalId="q", currency="GBP")]})
    assert piped.outcome("p")["outcome"] == "created"
    assert piped.errors("q") == {("currency", "unsupported_currency")}


@pytest.mark.fault("W4")
@pytest.mark.parametrize("draft", [True, False])
def test_a_bill_in_another_currency_than_the_vendors_is_not_paid(pipe, company, draft):
    """The service books the payment in the vendor's, whatever it is applied to."""
    bill = {
        "externalId": "b",
        "billNumber": "F-1",
        "vendorNumber": "10000",
        "issueDate": "2026-01-20",
        "currency": "EUR",
        "isDraft": False,
        "expenses": [{"accountNumber": "8210", "amount": 100}],
    }
    assert pipe({"Bills": [bill]}).kinds == ["posted"]
    payments = [
        payment(billExternalId="b", isDraft=draft),
        payment(externalId="q", billExternalId="b", currency="EUR", isDraft=draft),
        payment(externalId="r", billExternalId="b", currency="GBP", isDraft=draft),
    ]
    piped = pipe({"BillPayments": payments})
    other = ("billExternalId", "unsupported_currency")
    assert piped.errors("p") == piped.errors("r") == {other}
    assert piped.errors("q") == {other, ("currency", "unsupported_currency")}


def test_a_blank_currency_is_the_companys_own_and_is_no_reason_against_posting(pipe, company):
    record = {
        "id": "0c6f0f57-7c0e-4e0d-9d10-000000000001",
        "vendorNumber": "20000",
        "vendorInvoiceNumber": "F-77",
        "invoiceDate": "2026-01-20",
        "postingDate": "2026-01-20",
        "currencyCode": "",
        "isDraft": False,
        "purchaseInvoiceLines": [
            {"lineType": "Account", "lineObjectNumber": "8210", "quantity": 1, "unitCost": 5, "description": "Paper"}
        ],
    }
    piped = pipe({"purchaseInvoices": [record]})
    assert piped.kinds == ["posted"], piped.outcomes
    assert company.row("purchaseInvoices", vendorInvoiceNumber="F-77")["currencyCode"] == "GBP"
