"""Amounts, date formulas and values: claims that need no emulator."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics_bc_emulator.date_formulas import date_after, is_formula
from dynamics_bc_emulator.odata.catalogue import load_catalogue
from dynamics_bc_emulator.refusals import Refusal
from dynamics_bc_emulator.rules.amounts import (
    calculate_line,
    document_totals,
    set_discount_amount,
    set_discount_percent,
    shares,
    spread_invoice_discount,
)
from dynamics_bc_emulator.writes.values import to_stored

CENTS = st.integers(0, 10**7).map(lambda cents: Decimal(cents) / 100)


def line(quantity, cost, percent=Decimal(0), tax=Decimal(0)):
    row = {
        "quantity": quantity,
        "unitCost": cost,
        "taxPercent": tax,
        "discountAmount": Decimal(0),
        "discountPercent": Decimal(0),
    }
    set_discount_percent(row, "unitCost", percent)
    calculate_line(row, "unitCost", includes_tax=False)
    return row


@pytest.mark.parametrize(
    ("formula", "end"),
    [
        ("", date(2026, 1, 30)),
        ("0D", date(2026, 1, 30)),
        ("14D", date(2026, 2, 13)),
        ("2W", date(2026, 2, 13)),
        ("1M", date(2026, 2, 28)),
        ("CM", date(2026, 1, 31)),
        ("CM+15D", date(2026, 2, 15)),
        ("1M-1D", date(2026, 2, 27)),
        ("-CM", date(2026, 1, 1)),
        ("CQ", date(2026, 3, 31)),
        ("CW", date(2026, 2, 1)),
        ("-1Y", date(2025, 1, 30)),
        ("11m", date(2026, 12, 30)),
        ("CY", date(2026, 12, 31)),
    ],
)
def test_a_date_formula_leads_to_its_date(formula, end):
    assert date_after(formula, date(2026, 1, 30)) == end


@pytest.mark.parametrize("text", ["soon", "14", "D14", "1X", "1M(8D)"])
def test_what_is_no_date_formula_is_known(text):
    assert not is_formula(text)
    with pytest.raises(ValueError, match="no date formula"):
        date_after(text, date(2026, 1, 1))


@given(CENTS, st.lists(CENTS, min_size=1))
def test_shares_add_up_to_the_whole(amount, weights):
    parts = shares(amount, weights)
    assert sum(parts) == (amount if any(weights) else 0)
    assert all(part >= 0 for part in parts)


@given(st.lists(st.tuples(CENTS, CENTS), min_size=1, max_size=8), CENTS)
def test_net_amounts_are_what_the_discount_leaves(amounts, discount):
    lines = [line(Decimal(1), cost, tax=Decimal(25)) for cost, _ in amounts]
    whole = sum(row["amountExcludingTax"] for row in lines)
    spread = spread_invoice_discount(lines, discount)
    assert spread == min(discount, whole)
    totals = document_totals(lines)
    assert totals["totalAmountExcludingTax"] == whole - spread
    assert totals["totalAmountIncludingTax"] == sum(row["netAmountIncludingTax"] for row in lines)
    assert all(row["netAmount"] >= 0 for row in lines)


@given(CENTS, CENTS, st.integers(0, 100))
def test_a_line_is_gross_less_discount_plus_tax(quantity, cost, percent):
    row = line(quantity, cost, Decimal(percent), Decimal(25))
    assert row["amountIncludingTax"] == row["amountExcludingTax"] + row["totalTaxAmount"]
    assert row["netAmountIncludingTax"] == row["amountIncludingTax"]


def test_tax_is_rounded_half_up_per_line():
    assert line(Decimal(3), Decimal("96.10"), tax=Decimal(25))["totalTaxAmount"] == Decimal("72.08")


def test_a_discount_of_a_line_without_an_amount_has_no_percentage():
    row = line(Decimal(0), Decimal(10))
    set_discount_amount(row, "unitCost", Decimal(5))
    assert row["discountPercent"] == 0


@pytest.mark.parametrize(
    ("entity_set", "name", "value", "stored"),
    [
        ("vendors", "number", " ab ", "AB"),
        ("vendors", "displayName", " ab ", " ab "),
        ("vendors", "displayName", None, ""),
        ("vendors", "paymentTermsId", "ABCDEF00-0000-0000-0000-000000000001", "abcdef00-0000-0000-0000-000000000001"),
        ("items", "type", "Non_x002D_Inventory", "Non_x002D_Inventory"),
        ("items", "unitCost", 3, Decimal(3)),
        ("items", "unitCost", Decimal("0.10"), Decimal("0.10")),
        ("items", "unitCost", Decimal("1e-300"), Decimal(0)),
        ("purchaseInvoices", "dueDate", "2026-02-28", "2026-02-28"),
        ("purchaseInvoices", "dueDate", None, "0001-01-01"),
    ],
)
def test_values_are_stored_as_the_service_keeps_them(entity_set, name, value, stored):
    assert to_stored(load_catalogue().sets[entity_set].properties[name], value) == stored


@pytest.mark.parametrize(
    ("entity_set", "name", "value", "code"),
    [
        ("vendors", "number", "x" * 21, "Application_StringExceededLength"),
        ("vendors", "paymentTermsId", "30 DAYS", "Application_InvalidGUID"),
        ("items", "type", "non-inventory", "Unknown"),
        ("items", "type", 1, "Unknown"),
        ("items", "unitCost", "3", "BadRequest"),
        ("items", "unitCost", Decimal("1e15"), "BadRequest"),
        ("items", "unitCost", True, "BadRequest"),
        ("journalLines", "lineNumber", 2**31, "BadRequest"),
        ("journalLines", "lineNumber", Decimal("1.5"), "BadRequest"),
        ("purchaseInvoices", "dueDate", "2026-02-30", "BadRequest"),
        ("purchaseInvoices", "dueDate", 20260228, "BadRequest"),
        ("purchaseInvoices", "pricesIncludeTax", 1, "BadRequest"),
    ],
)
def test_values_that_do_not_fit_are_refused(entity_set, name, value, code):
    with pytest.raises(Refusal) as caught:
        to_stored(load_catalogue().sets[entity_set].properties[name], value)
    assert (caught.value.status, caught.value.code) == (400, code)
