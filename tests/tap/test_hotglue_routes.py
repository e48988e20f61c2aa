"""The streams of a HotGlue job whose rows come from other routes than the standard one."""

from __future__ import annotations

import pytest
from emulator.in_process import json_of, open_desk
from tap.desk_runs import DeskTransport, TapAtTheDesk, desk_config, run_at
from tap.running import in_order

from dynamics_bc_client.transport import Response

HOTGLUE = {"stream_naming": "hotglue"}
COMPANY = "Company('CRONUS International Ltd.')"
SOURCES = {
    "balance_sheet_general_ledger_entries": ("api/microsoft/analytics/v1.0", "balanceSheetGeneralLedgerEntries"),
    "income_statement_general_ledger_entries": ("api/microsoft/analytics/v1.0", "incomeStatementGeneralLedgerEntries"),
    "closing_general_ledger_entries": ("api/microsoft/analytics/v1.0", "closingGeneralLedgerEntries"),
    "dimension_values": ("api/microsoft/reportsFinance/beta", "dimensionValues"),
    "vendor_ledger_entries": ("ODataV4", "VendorLedgerEntries"),
}


@pytest.fixture
def transport():
    return DeskTransport(open_desk())


def catalog_of(transport, *streams):
    """What discovery offers, with some of it selected."""
    tap = TapAtTheDesk(config=desk_config(**HOTGLUE), transport=transport, setup_mapper=False)
    catalog = tap.catalog_dict
    for entry in catalog["streams"]:
        (root,) = [each["metadata"] for each in entry["metadata"] if not each["breadcrumb"]]
        root["selected"] = entry["tap_stream_id"] in streams
    transport.asked.clear()
    return catalog


def served(desk, api, entity_set):
    company = COMPANY if api == "ODataV4" else f"companies({desk.company.id})"
    desk.api = api
    rows = json_of(desk.ask("GET", f"/{company}/{entity_set}"))["value"]
    desk.api = "api/v2.0"
    return [{name: value for name, value in row.items() if "@" not in name} for row in rows]


def test_each_arrives_from_its_route_with_all_its_rows(transport):
    run = run_at(transport, HOTGLUE, catalog=catalog_of(transport, *SOURCES))
    assert run.error is None
    for stream, (api, entity_set) in SOURCES.items():
        added = ("company_id", "company_name")
        records = [{name: each for name, each in row.items() if name not in added} for row in run.records[stream]]
        assert in_order(records) == in_order(served(transport.desk, api, entity_set)), stream
    assert run.records["vendor_ledger_entries"]


def test_entries_are_read_again_by_their_stamps(transport):
    catalog = catalog_of(transport, "balance_sheet_general_ledger_entries")
    first = run_at(transport, HOTGLUE, catalog=catalog)
    second = run_at(transport, HOTGLUE, catalog=catalog, state=first.state)
    (schema,) = [message for message in first.messages if message["type"] == "SCHEMA"]
    assert (schema["key_properties"], schema["bookmark_properties"]) == (
        ["entryNo", "company_id"],
        ["systemModifiedAt"],
    )
    assert 0 < len(second.records["balance_sheet_general_ledger_entries"]) < 10
    assert len(first.records["balance_sheet_general_ledger_entries"]) > 100


def test_they_are_not_read_unless_somebody_selects_them(transport):
    run = run_at(transport, HOTGLUE)
    assert not run.records.keys() & SOURCES.keys()
    assert run.error is None


def test_routes_of_streams_that_a_catalog_does_not_select_are_not_asked(transport):
    run_at(transport, HOTGLUE, catalog=catalog_of(transport, "vendor_ledger_entries"))
    asked = [request.url for request in transport.asked]
    assert any("/ODataV4/$metadata" in url for url in asked)
    assert not any("/microsoft/" in url for url in asked)


@pytest.mark.parametrize("stream", SOURCES)
def test_a_tenant_that_does_not_publish_the_route_is_told_so_and_the_rest_is_read(transport, stream):
    catalog, route = catalog_of(transport, stream, "customers"), SOURCES[stream][0].removeprefix("api/")
    refusal = b'{"error":{"code":"BadRequest_NotFound","message":"No HTTP resource was found."}}'
    answer = transport._answer
    transport._answer = lambda request: (
        Response(404, {"Content-Type": "application/json"}, refusal) if f"/{route}/" in request.url else answer(request)
    )
    run = run_at(transport, HOTGLUE, catalog=catalog)
    assert run.error is not None
    assert run.error.exit_code == 1
    assert f"{stream} ({route} could not be asked: " in str(run.error)
    assert run.records["customers"]


def test_a_web_service_that_nobody_published_is_told_so(transport):
    catalog = catalog_of(transport, "vendor_ledger_entries")
    route = next(each for each in transport.desk.service.routes if each.prefix == "ODataV4")
    document = route.metadata.replace(b'EntitySet Name="VendorLedgerEntries"', b'EntitySet Name="Vendors_"')
    answer = transport._answer
    transport._answer = lambda request: (
        Response(200, {"Content-Type": "application/xml"}, document)
        if request.url.endswith("/ODataV4/$metadata")
        else answer(request)
    )
    run = run_at(transport, HOTGLUE, catalog=catalog)
    assert "vendor_ledger_entries (ODataV4 does not have it in this environment)" in str(run.error)


def names_of(transport, **config):
    tap = TapAtTheDesk(config=desk_config(**HOTGLUE, **config), transport=transport, setup_mapper=False)
    return set(tap.streams) & {"Customer_List", "Vendor_List", "SalesOrder", "Item_Card", "Chart_of_Accounts"}


@pytest.mark.parametrize(
    ("config", "names"),
    [
        ({}, set()),
        ({"enable_odata_discovery": False, "odata_discovery_include_prefixes": ["Customer"]}, set()),
        (
            {"enable_odata_discovery": True},
            {"Customer_List", "Vendor_List", "SalesOrder", "Item_Card", "Chart_of_Accounts"},
        ),
        (
            {"enable_odata_discovery": "true", "odata_discovery_include_prefixes": ["Customer", "vendor", "Wombat"]},
            {"Customer_List", "Vendor_List"},
        ),
        (
            {"enable_odata_discovery": True, "odata_discovery_exclude_prefixes": "Customer, Sales,Chart"},
            {"Vendor_List", "Item_Card"},
        ),
        ({"enable_odata_discovery": True, "web_services": "SalesOrder"}, {"SalesOrder"}),
    ],
)
def test_discovery_of_web_services_means_what_it_does_in_a_job(transport, config, names):
    assert names_of(transport, **config) == names


def test_a_discovered_service_is_called_as_published_with_the_company_behind_its_keys(transport):
    config = {**HOTGLUE, "enable_odata_discovery": True}
    run = run_at(transport, config, select=["SalesOrder", "Customer_List"])
    told = {message["stream"]: message for message in run.messages if message["type"] == "SCHEMA"}
    assert told["SalesOrder"]["key_properties"] == ["Document_Type", "No", "company_id"]
    assert told["Customer_List"]["key_properties"] == ["No", "company_id"]
    assert told["Customer_List"]["bookmark_properties"] == ["SystemModifiedAt"]
    assert run.records["SalesOrder"]
    assert run.error is None


def test_a_service_that_is_called_as_a_stream_of_jobs_has_the_route_in_front(transport):
    tap = TapAtTheDesk(
        config=desk_config(**HOTGLUE, enable_odata_discovery=True), transport=transport, setup_mapper=False
    )
    assert {"general_ledger_entries", "ODataV4_General_Ledger_Entries"} <= set(tap.streams)
    assert "General_Ledger_Entries" not in tap.streams


def test_discovered_services_are_not_read_unless_somebody_selects_them(transport):
    run = run_at(transport, {**HOTGLUE, "enable_odata_discovery": True})
    assert not [name for name in run.records if name[0].isupper()]


def test_a_setting_of_a_job_that_is_no_truth_is_refused_by_its_name(transport):
    run = run_at(transport, {**HOTGLUE, "enable_odata_discovery": "perhaps"})
    assert "enable_odata_discovery must be true or false" in str(run.error)
