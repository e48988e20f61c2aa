"""The tap over published web services: whose rows arrive, under which names, and what is said of them."""

from __future__ import annotations

import pytest
from emulator.in_process import json_of, open_desk
from tap.desk_runs import DeskTransport, run_at
from tap.running import in_order

from dynamics_bc_client.transport import Response
from tap_dynamics_bc.pages.headings import without_headings
from tap_dynamics_bc.streams.twins import twin_of

COMPANY = "Company('CRONUS International Ltd.')"
SERVICES = (
    "Chart_of_Accounts",
    "Customer_List",
    "General_Ledger_Entries",
    "Item_Card",
    "Power_BI_Item_Sales_List",
    "SalesOrder",
    "VendorLedgerEntries",
    "Vendor_List",
)


@pytest.fixture
def transport():
    return DeskTransport(open_desk())


def served(desk, service):
    desk.api = "ODataV4"
    rows = json_of(desk.ask("GET", f"/{COMPANY}/{service}"))["value"]
    desk.api = "api/v2.0"
    return [{name: value for name, value in row.items() if "@" not in name} for row in rows]


def services(transport, *patterns, **config):
    """A run over web services alone."""
    return run_at(transport, {"apis": "contoso/none/v1.0", "web_services": list(patterns), **config})


def test_every_published_service_arrives_with_all_its_rows_but_for_headings(transport):
    run = services(transport, "*", raw_values=True)
    assert set(run.records) == {f"ODataV4_{name}" for name in SERVICES}
    for name in SERVICES:
        expected = [row for row in served(transport.desk, name) if set(row.values()) != {""}]
        records = [
            {each: value for each, value in record.items() if each not in {"company_id", "company_name"}}
            for record in run.records[f"ODataV4_{name}"]
        ]
        assert in_order(records) == in_order(expected), name
    assert "the web services" not in str(run.error)


def test_names_mean_services_in_any_case_and_with_stars(transport):
    run = services(transport, "customer*", "VENDOR_list")
    assert set(run.records) == {"ODataV4_Customer_List", "ODataV4_Vendor_List"}


def test_keys_are_the_tables_own_behind_the_company(transport):
    run = services(transport, "*")
    keys = {each["stream"]: each["key_properties"] for each in run.messages if each["type"] == "SCHEMA"}
    assert keys["ODataV4_SalesOrder"] == ["company_id", "Document_Type", "No"]
    assert keys["ODataV4_Customer_List"] == ["company_id", "No"]
    assert keys["ODataV4_Power_BI_Item_Sales_List"] == []


def test_a_service_with_the_platforms_stamp_is_read_by_it(transport):
    first = services(transport, "Customer_List", "Vendor_List")
    second = run_at(
        transport,
        {"apis": "contoso/none/v1.0", "web_services": ["Customer_List", "Vendor_List"]},
        state=first.state,
    )
    assert len(second.records["ODataV4_Customer_List"]) < len(first.records["ODataV4_Customer_List"])
    assert len(second.records["ODataV4_Vendor_List"]) == len(first.records["ODataV4_Vendor_List"])


def test_names_of_properties_stay_as_the_service_spells_them(transport):
    run = services(transport, "Customer_List")
    record = run.records["ODataV4_Customer_List"][0]
    assert "Customer_x0027_s_Remark" in record
    assert record["company_name"] == "CRONUS International Ltd."
    assert not [name for name in record if "@" in name]


def test_a_company_goes_by_its_name_with_quotes_doubled(transport):
    company = transport.desk.company
    transport.desk.service.store.update("", "companies", company.id, {"name": "O'Neil & Söhne"})
    run = services(transport, "Vendor_List")
    assert run.records["ODataV4_Vendor_List"][0]["company_name"] == "O'Neil & Söhne"
    assert any("/Company('O''Neil%20%26%20S%C3%B6hne')/Vendor_List" in request.url for request in transport.asked)


def test_a_service_that_is_named_and_not_published_is_a_failure_and_the_rest_is_read(transport):
    run = services(transport, "Vendor_List", "Wombats")
    assert run.error is not None
    assert "the web service Wombats" in str(run.error)
    assert run.records["ODataV4_Vendor_List"]


def test_a_pattern_that_fits_no_service_is_said(transport, caplog):
    run = services(transport, "Customer_List", "Custmer*")
    assert set(run.records) == {"ODataV4_Customer_List"}
    assert "web_services names Custmer*, and no published web service has that name." in caplog.text


def test_web_services_that_cannot_be_asked_are_a_failure_of_their_own(transport):
    answer = transport._answer
    transport._answer = lambda request: (
        Response(403, {"Content-Type": "application/json"}, b'{"error":{"code":"Forbidden","message":"No."}}')
        if "/ODataV4/" in request.url
        else answer(request)
    )
    run = run_at(transport, {"apis": "contoso/demo/v1.0", "web_services": "*"})
    assert run.error is not None
    assert "the published web services" in str(run.error)
    assert run.records["contoso_demo_stockItems"]


def test_pages_of_microsofts_own_are_warned_of_with_the_api_that_has_their_rows(transport, caplog):
    services(transport, "Vendor_List", "Power_BI*")
    assert caplog.text.count("from release 30 on") == 1
    assert "vendors for ODataV4_Vendor_List" in caplog.text
    assert "ODataV4_Power_BI_Item_Sales_List." not in caplog.text.split("from release 30 on")[1].split("\n")[0]


@pytest.mark.parametrize(
    ("service", "twin"),
    [
        ("Customer_List", "customers"),
        ("CustomerCard", "customers"),
        ("Chart_of_Accounts_Excel", "accounts"),
        ("G_L_Account_Card", "accounts"),
        ("PostedSalesInvoices", "salesInvoices"),
        ("VendorLedgerEntries", "microsoft/reportsFinance/beta vendorLedgerEntries"),
        ("Wombats", None),
        ("List", None),
    ],
)
def test_a_service_is_known_by_the_page_it_is_called_after(service, twin):
    assert twin_of(service) == twin


def test_headings_are_no_records_wherever_they_stand():
    body = (
        b'{"@odata.context":"x","value":[{"No":"","Net":""},{"No":"1","Net":0},{"@odata.etag":"W","No":"","Net":null}]}'
    )
    assert without_headings(body) == b'{"value":[{"No":"1","Net":0}]}'


def test_a_page_without_headings_stays_as_it_came():
    body = b'{"value":[{"No":"","Net":0},{"No":"1","Net":0}],"@odata.nextLink":"y"}'
    assert without_headings(body) is body
