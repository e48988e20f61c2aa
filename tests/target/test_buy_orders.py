"""Buy orders of planning tools become purchase orders."""

from __future__ import annotations

import pytest

from tests.target.at_the_desk import Target

ORDER = {
    "externalId": "B-1",
    "supplierName": "First Up Consultants",
    "orderDate": "2026-02-01",
    "expectedReceiptDate": "2026-02-10",
    "lineItems": [
        {"externalId": "1", "itemNumber": "1896-S", "quantity": 2, "unitCost": 100, "locationNumber": "EAST"},
        {"externalId": "2", "itemName": "PARIS Guest Chair, black", "quantity": 1, "unitOfMeasure": "PCS"},
    ],
}


@pytest.fixture
def target(tmp_path):
    found = Target(tmp_path)
    (vendor, *_) = found.rows("vendors")
    item = next(row for row in found.rows("items") if row["number"] != "1896-S" and row["type"] == "Inventory")
    ORDER["supplierName"], ORDER["lineItems"][1]["itemName"] = vendor["displayName"], item["displayName"]
    return found


@pytest.mark.parametrize("stream", ["BuyOrders", "PurchaseOrders"])
def test_a_buy_order_is_created_found_again_and_changed(target, stream):
    (created,) = target.write(stream, ORDER, remember=True)
    assert (created["outcome"], created["errors"]) == ("created", [])
    order = target.row("purchaseOrders", id=created["id"])
    assert (order["orderDate"], order["requestedReceiptDate"]) == ("2026-02-01", "2026-02-10")
    lines = sorted(target.rows("purchaseOrderLines", documentId=order["id"]), key=lambda line: line["sequence"])
    assert [(line["quantity"], line["lineType"]) for line in lines] == [(2, "Item"), (1, "Item")]
    assert lines[0]["directUnitCost"] == 100
    assert target.write(stream, ORDER, remember=True)[0]["outcome"] == "existing"
    more = [{**ORDER["lineItems"][0], "quantity": 7}, ORDER["lineItems"][1]]
    (changed,) = target.write(stream, {**ORDER, "lineItems": more}, remember=True)
    assert (changed["outcome"], changed["id"]) == ("updated", created["id"])
    assert sorted(line["quantity"] for line in target.rows("purchaseOrderLines", documentId=order["id"])) == [1, 7]


def test_a_buy_order_without_a_supplier_and_with_a_line_without_an_item_names_both(target):
    (outcome,) = target.write("BuyOrders", {"externalId": "B-1", "lineItems": [{"quantity": 1}]}, remember=True)
    assert {(error["field"], error["code"]) for error in outcome["errors"]} == {
        ("supplierId", "required"),
        ("lineItems[0].itemId", "required"),
    }
