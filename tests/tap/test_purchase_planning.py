"""The recipe for purchase planning: do its five syncs bring what a planning tool asks for?"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from emulator.in_process import open_desk
from tap.desk_runs import DeskTransport, run_at

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "running" / "purchase-planning.md").read_text(encoding="utf-8")
CATALOG = json.loads(re.search(r'```json title="planning.json"\n(.*?)```', PAGE, re.DOTALL)[1])

SYNCS = {
    "Products": {
        "items": {"number", "displayName", "inventory", "unitCost", "unitPrice", "gtin", "baseUnitOfMeasureCode"},
        "unitsOfMeasure": {"code"},
    },
    "Suppliers": {"vendors": {"number", "displayName", "currencyCode", "blocked"}},
    "Sell orders": {
        "salesOrders": {"orderDate", "number"},
        "salesOrderLines": {"documentId", "itemId", "quantity", "shippedQuantity", "unitPrice", "shipmentDate"},
    },
    "Buy orders": {
        "purchaseOrders": {"vendorId", "orderDate"},
        "purchaseOrderLines": {
            "documentId",
            "itemId",
            "quantity",
            "receivedQuantity",
            "directUnitCost",
            "expectedReceiptDate",
        },
    },
    "Receipt lines": {
        "purchaseReceipts": {"vendorNumber", "postingDate", "orderNumber"},
        "purchaseReceiptLines": {"documentId", "lineObjectNumber", "quantity", "unitOfMeasureCode"},
    },
}


@pytest.fixture
def transport():
    return DeskTransport(open_desk())


@pytest.fixture
def config(tmp_path):
    return {"deletes": "sweep", "store_path": str(tmp_path)}


@pytest.mark.parametrize("sync", SYNCS)
def test_each_sync_brings_its_streams_with_the_fields_that_the_page_names(transport, config, sync):
    run = run_at(transport, config, catalog=CATALOG)
    assert run.error is None
    for stream, fields in SYNCS[sync].items():
        assert run.records[stream], stream
        assert fields <= run.records[stream][0].keys(), stream
        for name in fields - {"number", "documentId", "code"}:
            assert f"`{name}`" in PAGE, name


def test_stock_arrives_in_every_run_though_no_stamp_moves_with_it(transport, config):
    first = run_at(transport, config, catalog=CATALOG)
    item = next(each for each in first.records["items"] if each["inventory"] > 0)
    entry = next(
        each for each in transport.desk.company.find("itemLedgerEntries") if each["itemNumber"] == item["number"]
    )
    transport.desk.edit("itemLedgerEntries", entry["id"], quantity=entry["quantity"] + 7)
    second = run_at(transport, config, catalog=CATALOG, state=first.state)
    assert len(second.records["items"]) == len(first.records["items"])
    (again,) = [each for each in second.records["items"] if each["id"] == item["id"]]
    assert again["inventory"] != item["inventory"]


def test_an_order_that_is_gone_comes_as_a_deletion_with_its_lines(transport, config):
    first = run_at(transport, config, catalog=CATALOG)
    order = first.records["purchaseOrders"][0]["id"]
    lines = {each["id"] for each in first.records["purchaseOrderLines"] if each["documentId"] == order}
    transport.desk.remove(f"purchaseOrders({order})")
    second = run_at(transport, config, catalog=CATALOG, state=first.state)
    gone = {
        record["id"]
        for stream in ("purchaseOrders", "purchaseOrderLines")
        for record in second.records[stream]
        if record["_sdc_deleted_at"]
    }
    assert gone == {order, *lines}


def test_the_meltano_project_selects_what_the_page_does():
    extractors = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))["plugins"]["extractors"]
    (preset,) = [each for each in extractors if each["name"] == "tap-dynamics-bc--purchasing"]
    selected = {rule.removesuffix(".*") for rule in preset["select"]}
    assert {entry["tap_stream_id"] for entry in CATALOG["streams"]} <= selected
    assert preset["metadata"] == {"items": {"replication-method": "FULL_TABLE"}}
