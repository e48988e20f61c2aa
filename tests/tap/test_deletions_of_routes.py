"""Rows that are gone from other routes come as deletions; a route, a service or a set that is gone never does."""

from __future__ import annotations

import re

import pytest
from emulator.in_process import open_desk
from tap.desk_runs import DeskTransport, run_at

from dynamics_bc_client.transport import Response

STREAMS = ("contoso_demo_loyalCustomers", "contoso_demo_priceLines", "ODataV4_Customer_List", "ODataV4_SalesOrder")


@pytest.fixture
def transport():
    return DeskTransport(open_desk())


@pytest.fixture
def config(tmp_path):
    return {
        "apis": "contoso/demo/v1.0",
        "web_services": ["Customer_List", "SalesOrder", "Chart_of_Accounts"],
        "deletes": "sweep",
        "sweep_every": "PT0S",
        "store_path": str(tmp_path),
    }


def deletions(run):
    return {
        stream: [
            tuple(value for name, value in record.items() if name not in {"company_id", "_sdc_deleted_at"})
            for record in records
            if record.get("_sdc_deleted_at")
        ]
        for stream, records in run.records.items()
        if any(record.get("_sdc_deleted_at") for record in records)
    }


def befall(transport, part, response):
    answer = transport._answer
    transport._answer = lambda request: response if re.search(part, request.url) else answer(request)


def test_rows_that_are_gone_come_as_deletions_by_the_keys_of_their_routes(transport, config):
    first = run_at(transport, config)
    desk = transport.desk
    customer = desk.create("customers", {"displayName": "Ada"})
    order = desk.create("salesOrders", {"customerNumber": "10000"})
    item = desk.create("items", {"displayName": "A wombat"})
    second = run_at(transport, config, state=first.state)
    assert second.error is None
    for entity_set, row in (("customers", customer), ("salesOrders", order), ("items", item)):
        desk.remove(f"{entity_set}({row['id']})")
    third = run_at(transport, config, state=second.state)
    fourth = run_at(transport, config, state=third.state)
    gone = {name: rows for run in (third, fourth) for name, rows in deletions(run).items()}
    assert gone == {
        "contoso_demo_loyalCustomers": [(customer["id"],)],
        "contoso_demo_priceLines": [(item["number"],)],
        "contoso_demo_stockItems": [(item["id"],)],
        "ODataV4_Customer_List": [(customer["number"],)],
        "ODataV4_SalesOrder": [("Order", order["number"])],
    }


def test_headings_of_a_published_list_are_neither_rows_nor_deletions(transport, config):
    first = run_at(transport, config)
    second = run_at(transport, config, state=first.state)
    assert all(record["No"] for record in first.records["ODataV4_Chart_of_Accounts"])
    assert deletions(second) == {}
    assert second.error is None


@pytest.mark.parametrize(
    "part",
    [r"contoso/demo/v1\.0", r"/ODataV4/", r"contoso/demo/v1\.0/\$metadata", r"/ODataV4/\$metadata", "/loyalCustomers"],
)
@pytest.mark.parametrize("status", [403, 404])
def test_what_cannot_be_asked_any_more_is_never_a_deletion(transport, config, part, status):
    first = run_at(transport, config)
    befall(
        transport,
        part,
        Response(status, {"Content-Type": "application/json"}, b'{"error":{"code":"BadRequest","message":"No."}}'),
    )
    second = run_at(transport, config, state=first.state)
    third = run_at(transport, config, state=second.state)
    for run in (second, third):
        assert run.error is not None
        assert run.error.exit_code == 1
        assert deletions(run) == {}
    transport._answer = type(transport)._answer.__get__(transport)
    healed = run_at(transport, config, state=third.state)
    assert healed.error is None
    assert deletions(healed) == {}
