"""In which unit a line for an item is counted, and what it costs in it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from dynamics_bc_emulator.rules.document_kinds import KINDS

if TYPE_CHECKING:
    from emulator.in_process import Desk

    from dynamics_bc_emulator.rules.document_kinds import DocumentKind

every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.headers)


def boxes(desk: Desk, **of_item: str) -> dict[str, Any]:
    """An item of which twelve are in a box."""
    desk.company.insert("unitsOfMeasure", {"code": "BOX12", "displayName": "Box of twelve"})
    unit = {"itemNumber": "1896-S", "unitOfMeasureCode": "BOX12", "quantityPerUnitOfMeasure": 12}
    desk.company.insert("_itemUnitsOfMeasure", unit)
    id_ = desk.id("items", number="1896-S")
    desk.edit("items", id_, **of_item)
    return dict(desk.company.get("items", id_))


def line(desk: Desk, kind: DocumentKind, **body: Any) -> dict[str, Any]:
    """A new line of a new document for the item."""
    header = desk.create(kind.headers, {kind.party.number_name: "10000"})
    body = {"lineType": "Item", "lineObjectNumber": "1896-S", **body}
    return desk.create(f"{kind.headers}({header['id']})/{kind.lines}", body)


@every_kind
def test_a_line_starts_with_the_unit_that_the_card_has_for_its_side_and_its_price(
    desk: Desk, kind: DocumentKind
) -> None:
    own = "_purchaseUnitOfMeasureCode" if kind.is_purchase else "_salesUnitOfMeasureCode"
    other = "_salesUnitOfMeasureCode" if kind.is_purchase else "_purchaseUnitOfMeasureCode"
    item = boxes(desk, **{other: "BOX12"})
    assert line(desk, kind)["unitOfMeasureCode"] == item["baseUnitOfMeasureCode"]
    desk.edit("items", item["id"], **{own: "BOX12"})
    created = line(desk, kind, quantity=2)
    assert created["unitOfMeasureCode"] == "BOX12"
    assert created[kind.price] == 12 * Decimal(item[kind.item_price])


@every_kind
def test_another_unit_takes_the_price_of_the_card_again(desk: Desk, kind: DocumentKind) -> None:
    item = boxes(desk)
    created = line(desk, kind, quantity=1, **{kind.price: 5})
    assert created[kind.price] == 5
    same = desk.change(f"{kind.lines}({created['id']})", {"unitOfMeasureCode": item["baseUnitOfMeasureCode"]})
    assert same[kind.price] == 5
    changed = desk.change(f"{kind.lines}({created['id']})", {"unitOfMeasureCode": "BOX12"})
    assert changed[kind.price] == 12 * Decimal(item[kind.item_price])
