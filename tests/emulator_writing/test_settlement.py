"""How entries of a party settle each other in a currency, and how that is taken back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from emulator_writing.trading import posted, read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dynamics_bc_emulator.rules.ledger import PartyEntry, Voucher, post_party_entry
from dynamics_bc_emulator.rules.parties import CUSTOMER, VENDOR
from dynamics_bc_emulator.rules.settlement import apply_entries, unapply_entries

ZERO = Decimal(0)


def entry(desk, party, local, in_currency, **more):
    """An entry of one customer or vendor of the domestic area."""
    owner = next(row for row in desk.company.find(party.party_set) if row["_taxAreaCode"] == "DOMESTIC")
    code, kind, number = more.get("code", "EUR"), more.get("kind", "Payment"), more.get("number", "S-1")
    voucher = Voucher(kind, number, "2026-01-10", "words")
    row = PartyEntry(
        owner["id"], Decimal(local), "2026-01-31", currency_code=code, currency_amount=Decimal(in_currency)
    )
    return post_party_entry(desk.company, party, voucher, row)


@pytest.mark.parametrize(
    ("party", "owed", "paid", "ledger"),
    [
        # The vendor's 100 were worth 80 and are paid with 85: five more than was owed.
        (VENDOR, "-80", "85", [("5410", -5), ("9340", 5)]),
        (VENDOR, "-80", "77.5", [("5410", Decimal("2.5")), ("9330", Decimal("-2.5"))]),
        # A customer's 100 were worth 80 and bring 85.
        (CUSTOMER, "80", "-85", [("2310", 5), ("9330", -5)]),
        (CUSTOMER, "80", "-75", [("2310", -5), ("9340", 5)]),
        (VENDOR, "-80", "80", []),
    ],
)
def test_what_a_moved_rate_gains_or_loses_goes_to_its_account(desk, party, owed, paid, ledger):
    sign = -1 if party is VENDOR else 1
    invoice = entry(desk, party, owed, sign * 100, kind="Invoice", number="I-1")
    payment = entry(desk, party, paid, -sign * 100)
    apply_entries(desk.company, party, payment, invoice)
    assert desk.ledger("S-1") == ledger
    for one in (invoice, payment):
        kept = desk.company.get(party.entries, one["id"])
        assert (kept["remainingAmount"], kept["currencyRemaining"], kept["open"]) == (0, 0, False)


def test_a_part_takes_its_share_of_the_local_amount(desk):
    invoice = entry(desk, VENDOR, "-80", "-100", kind="Invoice")
    payment = entry(desk, VENDOR, "20.5", "25")
    apply_entries(desk.company, VENDOR, payment, invoice)
    assert (invoice["remainingAmount"], invoice["currencyRemaining"], invoice["open"]) == (-60, -75, True)
    assert desk.ledger("S-1") == [("5410", Decimal("-0.5")), ("9340", Decimal("0.5"))]


def test_entries_in_different_currencies_settle_by_their_local_amounts(desk):
    invoice = entry(desk, VENDOR, "-80", "-100", kind="Invoice")
    payment = entry(desk, VENDOR, "40", "40", code="GBP")
    apply_entries(desk.company, VENDOR, payment, invoice)
    assert (invoice["remainingAmount"], invoice["currencyRemaining"]) == (-40, -50)
    assert not payment["open"]
    assert desk.ledger("S-1") == []


def test_the_local_currency_is_one_whether_it_is_named_or_not(desk):
    invoice = entry(desk, VENDOR, "-80", "-80", code="GBP", kind="Invoice")
    payment = entry(desk, VENDOR, "80", "80", code="")
    apply_entries(desk.company, VENDOR, payment, invoice)
    assert (invoice["open"], payment["open"]) == (False, False)


def test_taking_a_settlement_back_opens_both_and_reverses_the_gain(desk):
    invoice = entry(desk, VENDOR, "-80", "-100", kind="Invoice")
    payment = entry(desk, VENDOR, "85", "100")
    apply_entries(desk.company, VENDOR, payment, invoice)
    unapply_entries(desk.company, VENDOR, payment)
    for one, local, in_currency in ((invoice, -80, -100), (payment, 85, 100)):
        kept = desk.company.get(VENDOR.entries, one["id"])
        assert (kept["remainingAmount"], kept["currencyRemaining"], kept["open"]) == (local, in_currency, True)
    assert desk.ledger("S-1") == [("5410", -5), ("9340", 5), ("5410", 5), ("9340", -5)]


CENTS = st.integers(1, 10**5).map(lambda cents: Decimal(cents) / 100)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    rate=st.decimals("0.01", "9", places=5),
    other=st.decimals("0.01", "9", places=5),
    parts=st.lists(CENTS, min_size=1, max_size=5),
)
def test_parts_of_an_invoice_leave_nothing_over_in_either_currency(desk, rate, other, parts):
    company, whole = desk.company, sum(parts)
    number = f"S-{company.store.count(company.id, VENDOR.entries)}"
    invoice = entry(desk, VENDOR, (-whole * rate).quantize(Decimal("0.01")), -whole, kind="Invoice")
    payments = [entry(desk, VENDOR, (part * other).quantize(Decimal("0.01")), part, number=number) for part in parts]
    for payment in payments:
        apply_entries(company, VENDOR, payment, invoice)
    assert not any(one["open"] or one["remainingAmount"] or one["currencyRemaining"] for one in (invoice, *payments))
    # The entries stand in the subledger alone; the control account gives up what they added to it.
    moved = sum(amount for account, amount in desk.ledger(number) if account == "5410")
    assert moved == -(invoice["amount"] + sum(payment["amount"] for payment in payments))


@pytest.mark.parametrize("entity_set", ["salesInvoices", "purchaseInvoices"])
def test_an_invoice_in_a_currency_is_owed_in_it_and_posted_in_the_local_one(desk, entity_set):
    row = posted(desk, entity_set, currencyCode="EUR")
    party = CUSTOMER if entity_set == "salesInvoices" else VENDOR
    (kept,) = desk.company.find(party.entries, documentId=row["id"])
    assert abs(kept["currencyAmount"]) == row["totalAmountIncludingTax"] == 375
    assert abs(kept["amount"]) == sum(amount for _, amount in desk.ledger(row["number"]) if amount > 0)
    assert abs(kept["amount"]) != 375


def test_a_credit_memo_of_another_day_closes_an_invoice_in_the_same_currency(desk):
    company = desk.company
    for row in company.find("currencyExchangeRates", currencyCode="EUR"):
        company.delete("currencyExchangeRates", row["id"])
    for day, rate in (("2026-01-01", "0.8"), ("2026-02-01", "0.9")):
        row = {"startingDate": day, "exchangeRateAmount": 1, "relationalExchangeRateAmount": Decimal(rate)}
        company.insert("currencyExchangeRates", {"currencyCode": "EUR", **row})
    invoice = posted(desk, "salesInvoices", currencyCode="EUR")
    memo = posted(desk, "salesCreditMemos", currencyCode="EUR", postingDate="2026-02-10", invoiceId=invoice["id"])
    assert read(desk, "salesInvoices", invoice)["remainingAmount"] == 0
    assert desk.ledger(memo["number"])[-2:] == [("2310", Decimal("37.5")), ("9330", Decimal("-37.5"))]
