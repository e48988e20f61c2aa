"""A payment that is off its invoice by no more than the tolerance closes it; what is left is written off."""

from __future__ import annotations

from decimal import Decimal

import pytest
from emulator_writing.trading import account_line, pay, posted, read

SETS = {"purchaseInvoices": ("vendor", "10000"), "salesInvoices": ("customer", "10000")}
ACCOUNT = "9140"


def tolerates(desk, percent=0, maximum=0):
    for party in ("Vendor", "Customer"):
        row = {"party": party, "percent": percent, "maximumAmount": maximum, "account": ACCOUNT}
        desk.company.insert("_paymentTolerance", row)


def paid(desk, entity_set, amount):
    """Pay an invoice over 100, and read what is open of both and what was booked."""
    side, number = SETS[entity_set]
    row = posted(desk, entity_set, account_line(desk, entity_set, 100, taxCode="NO VAT"), **{f"{side}Number": number})
    total = row["totalAmountIncludingTax"]
    sign = 1 if side == "vendor" else -1
    pay(desk, entity_set, row, sign * (total + amount))
    entries = desk.company.find(f"_{side}LedgerEntries")[-2:]
    written_off = dict(desk.ledger(f"PAY-{row['number']}")).get(ACCOUNT, 0)
    return read(desk, entity_set, row)["status"], sorted(entry["remainingAmount"] for entry in entries), written_off


@pytest.mark.parametrize("entity_set", SETS)
@pytest.mark.parametrize("off", [Decimal("-0.5"), Decimal("0.5")])
def test_what_is_within_the_tolerance_is_written_off(desk, entity_set, off):
    tolerates(desk, maximum=Decimal("0.5"))
    status, left, written_off = paid(desk, entity_set, off)
    assert (status, left) == ("Paid", [0, 0])
    assert written_off == (off if entity_set == "purchaseInvoices" else -off)
    ledger = desk.company.find("generalLedgerEntries")
    assert sum(row["debitAmount"] - row["creditAmount"] for row in ledger) == 0


@pytest.mark.parametrize("entity_set", SETS)
@pytest.mark.parametrize(
    ("percent", "maximum"), [(0, 0), (Decimal("0.4"), 0), (10, Decimal("0.49")), (0, Decimal("0.49"))]
)
def test_what_is_beyond_it_stays_open(desk, entity_set, percent, maximum):
    tolerates(desk, percent, maximum)
    status, left, written_off = paid(desk, entity_set, Decimal("-0.5"))
    assert status == "Open"
    assert {abs(amount) for amount in left} == {0, Decimal("0.5")}
    assert written_off == 0


def test_a_percentage_is_of_the_whole_invoice(desk):
    tolerates(desk, percent=1)
    assert paid(desk, "purchaseInvoices", Decimal(-1))[0] == "Paid"
