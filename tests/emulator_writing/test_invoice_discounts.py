"""The invoice discounts of a customer or a vendor: which row counts, what it comes to, when an amount goes first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dynamics_bc_emulator.rules.document_kinds import KINDS

if TYPE_CHECKING:
    from emulator.in_process import Desk

    from dynamics_bc_emulator.rules.document_kinds import DocumentKind

every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.headers)


def allow(desk: Desk, kind: DocumentKind, minimum: float, percent: float, **more: Any) -> None:
    """10000 is a customer and a vendor of the demo company."""
    row = {"party": kind.party.caption, "code": "10000", "currencyCode": "", **more}
    desk.company.insert("_invoiceDiscounts", {**row, "minimumAmount": minimum, "discountPercent": percent})


def document(desk: Desk, kind: DocumentKind, *amounts: float, **more: Any) -> dict[str, Any]:
    item = desk.id("items", number="1896-S")
    lines = [{"itemId": item, "quantity": 1, kind.price: amount} for amount in amounts]
    return desk.create(kind.headers, {kind.party.number_name: "10000", kind.lines: lines, **more})


def discount(desk: Desk, kind: DocumentKind, header: dict[str, Any]) -> float:
    return float(desk.read(f"{kind.headers}({header['id']})")["discountAmount"])


@every_kind
def test_the_highest_minimum_that_is_reached_counts(desk: Desk, kind: DocumentKind) -> None:
    for minimum, percent in ((100, 10), (1000, 20), (0, 5)):
        allow(desk, kind, minimum, percent)
    drawn = [(50, 2.5), (100, 10), (999.99, 100), (1000, 200)]
    assert [discount(desk, kind, document(desk, kind, amount)) for amount, _ in drawn] == [off for _, off in drawn]


@every_kind
def test_it_follows_lines_that_come_change_and_go(desk: Desk, kind: DocumentKind) -> None:
    allow(desk, kind, 100, 10)
    header = document(desk, kind, 60)
    assert discount(desk, kind, header) == 0
    line = desk.create(
        f"{kind.headers}({header['id']})/{kind.lines}",
        {"itemId": desk.id("items", number="1896-S"), "quantity": 1, kind.price: 60},
    )
    assert discount(desk, kind, header) == 12
    desk.change(f"{kind.lines}({line['id']})", {kind.price: 140})
    assert discount(desk, kind, header) == 20
    desk.remove(f"{kind.lines}({line['id']})")
    assert discount(desk, kind, header) == 0


@every_kind
def test_an_amount_that_was_sent_goes_first_and_nothing_is_an_amount(desk: Desk, kind: DocumentKind) -> None:
    allow(desk, kind, 100, 10)
    header = document(desk, kind, 200)
    for amount in (7, 0):
        desk.change(f"{kind.headers}({header['id']})", {"discountAmount": amount})
        assert discount(desk, kind, header) == amount


@every_kind
def test_others_get_no_discount(desk: Desk, kind: DocumentKind) -> None:
    allow(desk, kind, 0, 10, code="20000")
    allow(desk, kind, 0, 10, party="Vendor" if kind.party.caption == "Customer" else "Customer")
    assert discount(desk, kind, document(desk, kind, 200)) == 0


def test_a_code_of_the_vendor_s_own_names_another_ones_discounts(desk: Desk) -> None:
    kind = KINDS[0]
    allow(desk, kind, 0, 10, code="LARGE")
    desk.edit("vendors", desk.id("vendors", number="10000"), _invoiceDiscountCode="LARGE")
    assert discount(desk, kind, document(desk, kind, 200)) == 20


def test_a_foreign_currency_has_rows_of_its_own_or_those_of_the_local_one(desk: Desk) -> None:
    kind = KINDS[0]
    allow(desk, kind, 100, 10)
    # 1 EUR is 0.6458 GBP in the demo company.
    assert discount(desk, kind, document(desk, kind, 150, currencyCode="EUR")) == 0
    assert discount(desk, kind, document(desk, kind, 160, currencyCode="EUR")) == 16
    allow(desk, kind, 0, 1, currencyCode="EUR")
    assert discount(desk, kind, document(desk, kind, 160, currencyCode="EUR")) == 1.6


def test_each_tax_code_is_rounded_by_itself(desk: Desk) -> None:
    kind = KINDS[0]
    allow(desk, kind, 0, 10)
    header = document(desk, kind, 1.05)
    desk.create(
        f"{kind.headers}({header['id']})/{kind.lines}",
        {"accountId": desk.id("accounts", number="8210"), "quantity": 1, kind.price: 1.05, "taxCode": "NO VAT"},
    )
    assert discount(desk, kind, header) == 0.22
