"""What documents come to is rounded as they are posted, where the set-up asks for it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from emulator_writing.trading import account_line, draft, led_to, lines_of, path_of, posted, read

ROUNDING = {"precision": Decimal("0.05"), "way": "Nearest", "account": "9140", "currencyCode": ""}


def rounds(desk, **changes):
    for party in ("Customer", "Vendor"):
        desk.company.insert("_invoiceRounding", {**ROUNDING, "party": party, **changes})


def total(row):
    return row["totalAmountIncludingTax"]


@pytest.mark.parametrize("entity_set", ["salesInvoices", "salesCreditMemos", "purchaseInvoices", "purchaseCreditMemos"])
@pytest.mark.parametrize(
    ("price", "way", "account"),
    [("10.03", "Nearest", "0.02"), ("10.02", "Nearest", "-0.02"), ("10.01", "Up", "0.04"), ("10.04", "Down", "-0.04")],
)
def test_one_more_line_rounds_what_is_posted(desk, entity_set, price, way, account):
    rounds(desk, way=way)
    row = posted(desk, entity_set, account_line(desk, entity_set, Decimal(price), taxCode=""))
    lines = lines_of(desk, entity_set, row)
    assert [line["amountIncludingTax"] for line in lines] == [Decimal(price), Decimal(account)]
    assert total(row) == Decimal(price) + Decimal(account)
    assert [lines[1][name] for name in ("lineType", "lineObjectNumber", "quantity")] == ["Account", "9140", 1]
    entries = dict(desk.ledger(row["number"]))
    assert (abs(entries["9140"]), sum(entries.values())) == (abs(Decimal(account)), 0)


def test_a_draft_is_not_rounded_and_what_is_round_gets_no_line(desk):
    rounds(desk)
    row = draft(desk, "salesInvoices", account_line(desk, "salesInvoices", Decimal("10.03"), taxCode=""))
    assert total(row) == Decimal("10.03")
    even = posted(desk, "salesInvoices", account_line(desk, "salesInvoices", Decimal("10.05"), taxCode=""))
    assert len(lines_of(desk, "salesInvoices", even)) == 1


def test_an_order_is_rounded_as_it_is_invoiced(desk):
    rounds(desk)
    row = draft(desk, "salesOrders", account_line(desk, "salesOrders", Decimal("10.03"), taxCode=""))
    _, invoice = led_to(desk, "salesOrders", row, "shipAndInvoice")
    assert total(invoice) == Decimal("10.05")


def test_each_currency_has_its_own_precision(desk):
    rounds(desk, currencyCode="SEK", precision=Decimal(1))
    line = account_line(desk, "salesInvoices", Decimal("10.30"), taxCode="")
    assert total(posted(desk, "salesInvoices", line, currencyCode="SEK")) == 10
    assert total(posted(desk, "salesInvoices", line)) == Decimal("10.30")


def test_a_cancelled_invoice_is_taken_back_with_its_rounding(desk):
    rounds(desk)
    desk.edit("accounts", desk.id("accounts", number="9140"), directPosting=True)
    row = posted(desk, "salesInvoices", account_line(desk, "salesInvoices", Decimal("10.03"), taxCode=""))
    desk.act(path_of("salesInvoices", row), "cancel")
    (memo,) = desk.rows("salesCreditMemos", filter=f"invoiceId eq {row['id']}")
    assert (total(memo), read(desk, "salesInvoices", row)["status"]) == (Decimal("10.05"), "Canceled")
