"""Line discounts of a customer or a vendor for an item: which row counts, and when the request's word goes first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dynamics_bc_emulator.rules.document_kinds import KINDS

if TYPE_CHECKING:
    from emulator.in_process import Desk

    from dynamics_bc_emulator.rules.document_kinds import DocumentKind

every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.headers)


def allow(desk: Desk, kind: DocumentKind, minimum: float, percent: float, **more: Any) -> None:
    row = {"party": kind.party.caption, "number": "10000", "itemNumber": "1896-S", **more}
    desk.company.insert("_lineDiscounts", {**row, "minimumQuantity": minimum, "discountPercent": percent})


def line(desk: Desk, kind: DocumentKind, quantity: float, item: str = "1896-S", **more: Any) -> dict[str, Any]:
    header = desk.create(kind.headers, {kind.party.number_name: "10000"})
    body = {"itemId": desk.id("items", number=item), "quantity": quantity, kind.price: 100, **more}
    return desk.create(f"{kind.headers}({header['id']})/{kind.lines}", body)


@every_kind
def test_the_best_discount_that_the_quantity_reaches_counts(desk: Desk, kind: DocumentKind) -> None:
    for minimum, percent in ((0, 5), (10, 20), (5, 10)):
        allow(desk, kind, minimum, percent, number="" if minimum == 5 else "10000")
    found = [line(desk, kind, quantity) for quantity in (4, 5, 10)]
    assert [row["discountPercent"] for row in found] == [5, 10, 20]
    assert [row["amountExcludingTax"] for row in found] == [380, 450, 800]


@every_kind
def test_another_quantity_looks_again_and_a_stated_discount_stays(desk: Desk, kind: DocumentKind) -> None:
    allow(desk, kind, 10, 20)
    created = line(desk, kind, 1)
    path = f"{kind.lines}({created['id']})"
    assert desk.change(path, {"quantity": 10})["discountPercent"] == 20
    assert desk.change(path, {"quantity": 9})["discountPercent"] == 0
    assert desk.change(path, {"quantity": 11, "discountPercent": 3})["discountPercent"] == 3
    assert desk.change(path, {"description": "Mine"})["discountPercent"] == 3
    assert line(desk, kind, 10, discountPercent=1)["discountPercent"] == 1


@every_kind
def test_others_have_none(desk: Desk, kind: DocumentKind) -> None:
    allow(desk, kind, 0, 20, number="20000")
    allow(desk, kind, 0, 20, party="Vendor" if kind.party.caption == "Customer" else "Customer")
    assert line(desk, kind, 1)["discountPercent"] == 0
    allow(desk, kind, 0, 20)
    assert line(desk, kind, 1, item="1900-S")["discountPercent"] == 0
