"""Discounts, taxes, totals and shares: every rule under literals."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics_bc_emulator.rules.amounts import (
    allocate_invoice_discount,
    calculate_line,
    document_totals,
    gross_amount,
    set_discount_amount,
    set_discount_percent,
    shares,
    spread_invoice_discount,
    to_cents,
)

D = Decimal


def line(quantity="1", price="0", tax="0", discount="0"):
    return {"quantity": D(quantity), "unitPrice": D(price), "taxPercent": D(tax), "discountAmount": D(discount)}


def calculated(*, includes_tax=False, **values):
    row = line(**values)
    calculate_line(row, "unitPrice", includes_tax=includes_tax)
    return row


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        ("0.004", "0.00"),
        ("0.005", "0.01"),
        ("-0.005", "-0.01"),
        ("1.245", "1.25"),
        ("1.2449999", "1.24"),
        ("12", "12.00"),
        ("1" + "0" * 40 + ".005", "1" + "0" * 40 + ".01"),
    ],
)
def test_amounts_are_rounded_half_away_from_zero_however_large(amount, cents):
    assert to_cents(D(amount)) == D(cents)
    assert to_cents(D(amount)).as_tuple().exponent == -2


@pytest.mark.parametrize(
    ("quantity", "price", "gross"),
    [("3", "0.335", "1.01"), ("-2", "10", "-20"), ("0", "99", "0"), ("0.5", "0.01", "0.01")],
)
def test_gross_is_quantity_times_the_price_that_is_named(quantity, price, gross):
    row = {**line(quantity, price), "unitCost": D(1_000)}
    assert gross_amount(row, "unitPrice") == D(gross)
    assert gross_amount(row, "unitCost") == D(quantity) * 1_000


@pytest.mark.parametrize(
    ("quantity", "price", "percent", "amount"),
    [("2", "100", "10", "20"), ("1", "0.99", "33.333", "0.33"), ("1", "10", "0", "0"), ("1", "10", "100", "10")],
)
def test_a_discount_by_percentage_has_its_amount(quantity, price, percent, amount):
    row = line(quantity, price)
    set_discount_percent(row, "unitPrice", D(percent))
    assert (row["discountPercent"], row["discountAmount"]) == (D(percent), D(amount))


@pytest.mark.parametrize(
    ("quantity", "price", "amount", "kept", "percent"),
    [
        ("2", "100", "30", "30", "15"),
        ("1", "3", "1", "1", "33.33333"),
        ("1", "3", "2", "2", "66.66667"),
        ("1", "10", "0.005", "0.01", "0.05"),
        ("1", "10", "-1", "-1", "-10"),
        ("0", "10", "5", "5", "0"),
    ],
)
def test_a_discount_by_amount_has_its_percentage_to_five_decimals(quantity, price, amount, kept, percent):
    row = line(quantity, price)
    set_discount_amount(row, "unitPrice", D(amount))
    assert (row["discountAmount"], row["discountPercent"]) == (D(kept), D(percent))


@pytest.mark.parametrize(
    ("values", "includes_tax", "excluding", "tax", "including"),
    [
        ({"quantity": "2", "price": "100", "tax": "25"}, False, "200", "50", "250"),
        ({"quantity": "2", "price": "100", "tax": "25"}, True, "160", "40", "200"),
        ({"quantity": "2", "price": "100", "tax": "25", "discount": "20"}, False, "180", "45", "225"),
        ({"quantity": "2", "price": "100", "tax": "25", "discount": "20"}, True, "144", "36", "180"),
        ({"price": "0.02", "tax": "25"}, False, "0.02", "0.01", "0.03"),
        ({"price": "0.01", "tax": "25"}, True, "0.01", "0", "0.01"),
        ({"quantity": "-1", "price": "100", "tax": "10"}, False, "-100", "-10", "-110"),
        ({"price": "100"}, True, "100", "0", "100"),
        ({"quantity": "0", "price": "100", "tax": "25"}, False, "0", "0", "0"),
    ],
)
def test_tax_is_on_top_of_a_price_or_within_it(values, includes_tax, excluding, tax, including):
    row = calculated(includes_tax=includes_tax, **values)
    names = ("amountExcludingTax", "totalTaxAmount", "amountIncludingTax")
    assert tuple(row[name] for name in names) == (D(excluding), D(tax), D(including))
    nets = ("netAmount", "netTaxAmount", "netAmountIncludingTax", "invoiceDiscountAllocation")
    assert tuple(row[name] for name in nets) == (D(excluding), D(tax), D(including), 0)


def test_a_share_of_the_invoice_discount_lowers_net_amount_and_its_tax():
    row = calculated(quantity="2", price="100", tax="25")
    allocate_invoice_discount(row, D("20.02"))
    names = ("invoiceDiscountAllocation", "netAmount", "netTaxAmount", "netAmountIncludingTax")
    assert tuple(row[name] for name in names) == (D("20.02"), D("179.98"), D("45.00"), D("224.98"))
    assert (row["amountExcludingTax"], row["totalTaxAmount"], row["amountIncludingTax"]) == (200, 50, 250)


def test_a_share_that_is_taken_back_leaves_the_tax_of_the_line():
    row = calculated(price="0.06", tax="25", includes_tax=True)
    allocate_invoice_discount(row, D("0.01"))
    allocate_invoice_discount(row, D(0))
    assert (row["netAmount"], row["netTaxAmount"]) == (row["amountExcludingTax"], row["totalTaxAmount"])


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        ("10", ["1"], ["10"]),
        ("10", ["1", "1", "1"], ["3.33", "3.34", "3.33"]),
        ("0.01", ["1", "1"], ["0.01", "0"]),
        ("25", ["200", "50.25"], ["19.98", "5.02"]),
        ("10", ["0", "5", "0"], ["0", "10", "0"]),
        ("10", ["0", "0"], ["0", "0"]),
        ("10", [], []),
        ("-10", ["1", "3"], ["-2.50", "-7.50"]),
    ],
)
def test_an_amount_is_shared_by_weight_to_the_cent(amount, weights, parts):
    assert shares(D(amount), [D(weight) for weight in weights]) == [D(part) for part in parts]


CENTS = st.integers(1, 10**7).map(lambda cents: D(cents) / 100)


@given(CENTS, st.lists(CENTS, min_size=1, max_size=12))
def test_no_share_is_a_cent_away_from_its_own_part(amount, weights):
    whole = sum(weights)
    for share, weight in zip(shares(amount, weights), weights, strict=True):
        assert abs(share - amount * weight / whole) <= D("0.01")


@pytest.mark.parametrize(
    ("prices", "discount", "spread", "allocations"),
    [
        (["100", "300"], "40", "40", ["10", "30"]),
        (["100", "-50"], "40", "40", ["40", "0"]),
        (["100", "0"], "40", "40", ["40", "0"]),
        (["100", "300"], "500", "400", ["100", "300"]),
        (["0.50", "0.50"], "0.10", "0.10", ["0.05", "0.05"]),
        (["-50"], "40", "0", ["0"]),
        (["100"], "0", "0", ["0"]),
        ([], "40", "0", []),
    ],
)
def test_an_invoice_discount_is_spread_over_what_costs_something_and_is_never_more(
    prices, discount, spread, allocations
):
    lines = [calculated(price=price) for price in prices]
    assert spread_invoice_discount(lines, D(discount)) == D(spread)
    assert [row["invoiceDiscountAllocation"] for row in lines] == [D(each) for each in allocations]


def test_the_totals_of_a_document_are_its_net_amounts():
    rows = [
        {"netAmount": D("179.98"), "netTaxAmount": D("45.00"), "amountExcludingTax": D(200)},
        {"netAmount": D("-20"), "netTaxAmount": D("-5")},
    ]
    assert document_totals(rows) == {
        "totalAmountExcludingTax": D("159.98"),
        "totalTaxAmount": D("40.00"),
        "totalAmountIncludingTax": D("199.98"),
    }
    assert set(document_totals([]).values()) == {D(0)}
