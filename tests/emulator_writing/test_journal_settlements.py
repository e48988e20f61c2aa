"""What payments settle: part of a bill, several bills, with a discount in time, in a currency whose rate has moved."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from emulator_writing.books import Books

if TYPE_CHECKING:
    from emulator.in_process import Desk


@pytest.fixture
def journal(desk: Desk) -> str:
    return payment_journal(desk)


def payment_journal(desk: Desk) -> str:
    body = {"code": "PAY", "balancingAccountId": desk.id("accounts", number="2910")}
    return str(desk.create("vendorPaymentJournals", body)["id"])


def bill(desk: Desk, vendor: str, amount: float, number: str = "B-1", **more: Any) -> dict[str, Any]:
    lines = [{"accountId": desk.id("accounts", number="8710"), "quantity": 1, "unitCost": amount}]
    body = {
        "vendorNumber": vendor,
        "vendorInvoiceNumber": number,
        "invoiceDate": "2026-01-10",
        "purchaseInvoiceLines": lines,
        **more,
    }
    created = desk.create("purchaseInvoices", body)
    desk.act(f"purchaseInvoices({created['id']})")
    return desk.read(f"purchaseInvoices({created['id']})")


def pay(desk: Desk, journal: str, amount: float, **more: Any) -> dict[str, Any]:
    body = {"amount": amount, "documentNumber": "P-1", "postingDate": "2026-01-15", **more}
    return desk.create(f"vendorPaymentJournals({journal})/vendorPayments", body)


def settled(desk: Desk, invoice: dict[str, Any]) -> tuple[str, Any]:
    (entry,) = desk.company.find("_vendorLedgerEntries", documentId=invoice["id"])
    return desk.read(f"purchaseInvoices({invoice['id']})")["status"], entry["remainingAmount"]


@pytest.fixture
def with_discount(desk: Desk) -> None:
    """Two percent within eight days for vendor 20000."""
    terms = desk.id("paymentTerms", code="1M(8D)")
    desk.edit("vendors", desk.id("vendors", number="20000"), paymentTermsId=terms)


@pytest.mark.usefixtures("with_discount")
@pytest.mark.parametrize(
    ("date", "amount", "left", "ledger"),
    [
        ("2026-01-18", 98, 0, [("5410", 98), ("2910", -98), ("5410", 2), ("9135", -2)]),
        ("2026-01-18", 97, -3, [("5410", 97), ("2910", -97)]),
        ("2026-01-19", 98, -2, [("5410", 98), ("2910", -98)]),
        ("2026-01-19", 100, 0, [("5410", 100), ("2910", -100)]),
    ],
)
def test_a_discount_is_kept_by_a_payment_that_is_in_time_and_reaches(
    desk: Desk, date: str, amount: float, left: int, ledger: list[tuple[str, int]]
) -> None:
    journal = payment_journal(desk)
    invoice = bill(desk, "20000", 100)
    pay(desk, journal, amount, postingDate=date, appliesToInvoiceId=invoice["id"])
    desk.act(f"journals({journal})")
    assert settled(desk, invoice) == ("Open" if left else "Paid", left)
    assert desk.ledger("P-1") == ledger


@pytest.mark.usefixtures("with_discount")
def test_an_overpayment_keeps_the_discount_and_the_rest_stays_open(desk: Desk, journal: str) -> None:
    invoice = bill(desk, "20000", 100)
    pay(desk, journal, 100, appliesToInvoiceId=invoice["id"])
    desk.act(f"journals({journal})")
    (payment,) = desk.company.find("_vendorLedgerEntries", documentNumber="P-1")
    assert (settled(desk, invoice), payment["remainingAmount"], payment["open"]) == (("Paid", 0), 2, True)


@pytest.mark.usefixtures("with_discount")
def test_an_entry_chosen_in_time_offers_what_is_left_less_the_discount(desk: Desk, journal: str) -> None:
    invoice = bill(desk, "20000", 100)
    payment = pay(desk, journal, 0, vendorNumber="20000")
    path = f"vendorPayments({payment['id']})/applyVendorEntries"
    (entry,) = (row for row in desk.rows(path) if row["documentNumber"] == invoice["number"])
    desk.change(f"{path}({entry['id']})", {"applied": True})
    assert desk.read(f"vendorPayments({payment['id']})")["amount"] == 98
    desk.act(f"journals({journal})")
    assert settled(desk, invoice) == ("Paid", 0)


def test_one_payment_settles_several_bills_and_the_last_one_in_part(desk: Desk, journal: str) -> None:
    invoices = [bill(desk, "20000", amount, f"B-{amount}") for amount in (30, 50, 20)]
    payment = pay(desk, journal, 90, vendorNumber="20000")
    path = f"vendorPayments({payment['id']})/applyVendorEntries"
    numbers = {invoice["number"] for invoice in invoices}
    for entry in desk.rows(path):
        if entry["documentNumber"] in numbers:
            desk.change(f"{path}({entry['id']})", {"applied": True})
    desk.act(f"journals({journal})")
    assert [settled(desk, invoice) for invoice in invoices] == [("Paid", 0), ("Paid", 0), ("Open", -10)]


def choose(desk: Desk, payment: dict[str, Any], *invoices: dict[str, Any]) -> None:
    path = f"vendorPayments({payment['id']})/applyVendorEntries"
    for invoice in invoices:
        (entry,) = (row for row in desk.rows(path) if row["documentNumber"] == invoice["number"])
        desk.change(f"{path}({entry['id']})", {"applied": True})


def test_bills_are_settled_by_their_due_dates_whatever_order_they_were_chosen_in(desk: Desk, journal: str) -> None:
    late, early = (bill(desk, "20000", 30, day, dueDate=day) for day in ("2026-03-02", "2026-02-02"))
    choose(desk, pay(desk, journal, 40, vendorNumber="20000"), late, early)
    desk.act(f"journals({journal})")
    assert [settled(desk, invoice) for invoice in (late, early)] == [("Open", -20), ("Paid", 0)]
    assert not [row for row in desk.company.find("_vendorLedgerEntries") if row.get("_appliesToId")]


def test_bills_in_several_currencies_are_not_chosen_together(desk: Desk, journal: str, euro: str) -> None:
    in_euros, in_dollars = bill(desk, euro, 30), bill(desk, euro, 20, "B-2", currencyCode="USD")
    payment = pay(desk, journal, 0, vendorNumber=euro)
    choose(desk, payment, in_euros)
    path = f"vendorPayments({payment['id']})/applyVendorEntries"
    (entry,) = (row for row in desk.rows(path) if row["documentNumber"] == in_dollars["number"])
    assert "must be in the same currency" in desk.refused("PATCH", f"{path}({entry['id']})", {})[2]
    alone = pay(desk, journal, 20, vendorNumber=euro, documentNumber="P-2")
    elsewhere = f"vendorPayments({alone['id']})/applyVendorEntries({entry['id']})"
    assert "must be in the same currency" in desk.refused("PATCH", elsewhere, {})[2]


@pytest.fixture
def euro(desk: Desk) -> str:
    """A vendor who is paid in euros; one is worth 0.6458 pounds, and 0.70 from 14 January on."""
    rate = {"currencyCode": "EUR", "startingDate": "2026-01-14", "exchangeRateAmount": 1}
    desk.company.insert("currencyExchangeRates", {**rate, "relationalExchangeRateAmount": Decimal("0.7")})
    return str(desk.create("vendors", {"number": "EURO", "displayName": "Euro", "currencyCode": "EUR"})["number"])


@pytest.mark.parametrize(
    ("date", "ledger"),
    [
        ("2026-01-12", [("5410", Decimal("64.58")), ("2910", Decimal("-64.58"))]),
        (
            "2026-01-15",
            [("5410", 70), ("2910", -70), ("5410", Decimal("-5.42")), ("9340", Decimal("5.42"))],
        ),
    ],
)
def test_what_a_currency_lost_since_the_bill_is_posted_when_it_is_paid(
    desk: Desk, journal: str, euro: str, date: str, ledger: list[tuple[str, Any]]
) -> None:
    invoice = bill(desk, euro, 100)
    pay(desk, journal, 100, postingDate=date, appliesToInvoiceId=invoice["id"])
    desk.act(f"journals({journal})")
    assert settled(desk, invoice) == ("Paid", 0)
    assert desk.ledger("P-1") == ledger


@pytest.mark.fault("W14")
def test_a_part_payment_in_a_currency_takes_its_part_of_both_amounts(desk: Desk, journal: str, euro: str) -> None:
    invoice = bill(desk, euro, 100)
    pay(desk, journal, 25, appliesToInvoiceId=invoice["id"])
    desk.act(f"journals({journal})")
    (entry,) = desk.company.find("_vendorLedgerEntries", documentId=invoice["id"])
    assert (entry["currencyRemaining"], entry["remainingAmount"]) == (-75, Decimal("-48.43"))
    assert desk.ledger("P-1")[2:] == [("5410", Decimal("-1.35")), ("9340", Decimal("1.35"))]


def test_a_bill_in_another_currency_than_the_payment_s_is_not_settled(desk: Desk, journal: str, euro: str) -> None:
    invoice = bill(desk, euro, 100, currencyCode="USD")
    pay(desk, journal, 100, appliesToInvoiceId=invoice["id"])
    refusal = desk.refused("POST", f"journals({journal})/Microsoft.NAV.post")
    assert "must be in the same currency" in refusal[2]
    assert settled(desk, invoice)[0] == "Open"


def test_an_amount_is_rounded_as_its_currency_is(desk: Desk, journal: str) -> None:
    desk.create("vendors", {"number": "YEN", "displayName": "Yen", "currencyCode": "IDR"})
    assert pay(desk, journal, 10.5, vendorNumber="YEN")["amount"] == 11
    assert pay(desk, journal, 10.505, vendorNumber="20000")["amount"] == Decimal("10.51")


def test_a_bank_account_of_another_currency_does_not_balance_a_payment(desk: Desk, euro: str) -> None:
    desk.edit("bankAccounts", desk.id("bankAccounts", number="SAVINGS"), currencyCode="USD")
    own = desk.create("journals", {"code": "OWN"})["id"]
    body = {"accountType": "Bank_x0020_Account", "accountNumber": "CHECKING", "amount": 5, "documentNumber": "T-1"}
    other = {"balanceAccountType": "Bank_x0020_Account", "balancingAccountNumber": "SAVINGS"}
    desk.edit("bankAccounts", desk.id("bankAccounts", number="CHECKING"), currencyCode="EUR")
    desk.create(f"journals({own})/journalLines", {**body, **other})
    refusal = desk.refused("POST", f"journals({own})/Microsoft.NAV.post")
    assert "Currency Code must be equal to 'EUR' in Bank Account: No.=SAVINGS" in refusal[2]


@pytest.mark.usefixtures("with_discount")
def test_the_books_know_what_of_a_bill_was_a_discount(desk: Desk, journal: str) -> None:
    books = Books(desk.company, desk.clock())
    invoice = bill(desk, "20000", 100)
    pay(desk, journal, 98, appliesToInvoiceId=invoice["id"])
    desk.act(f"journals({journal})")
    books.check()
