"""What the tap does for large sets, filters and postings under way holds for other routes, too."""

from __future__ import annotations

from collections import Counter

import pytest
from emulator.in_process import json_of, open_desk
from tap.desk_runs import DeskTransport, run_at

from tap_dynamics_bc.reads import windows

ENTRIES = "microsoft_analytics_balanceSheetGeneralLedgerEntries"
CONFIG = {"apis": "microsoft/analytics/v1.0", "page_size": 60}


@pytest.fixture
def transport():
    return DeskTransport(open_desk())


def served(desk):
    desk.api = "api/microsoft/analytics/v1.0"
    rows = json_of(desk.ask("GET", "balanceSheetGeneralLedgerEntries"))["value"]
    desk.api = "api/v2.0"
    return rows


def test_a_large_set_of_another_route_is_read_in_windows_each_row_once(transport, monkeypatch):
    monkeypatch.setattr(windows, "LARGE_ROWS", 1000)
    run = run_at(transport, CONFIG, select=[ENTRIES])
    assert run.error is None
    assert Counter(record["entryNo"] for record in run.records[ENTRIES]) == Counter(
        row["entryNo"] for row in served(transport.desk)
    )
    counted = [request.url for request in transport.asked if "$count" in request.url or "$batch" in request.url]
    assert counted
    assert all("/microsoft/analytics/v1.0/" in url for url in counted)
    windows_read = [
        request.url for request in transport.asked if "balanceSheet" in request.url and "%20lt%20" in request.url
    ]
    assert len(windows_read) > 2


def test_entries_of_another_route_are_read_up_to_the_delay_before_the_run(transport):
    run_at(transport, {**CONFIG, "commit_delay": "PT1M"}, select=[ENTRIES])
    first = next(request.url for request in transport.asked if "balanceSheet" in request.url)
    assert "systemModifiedAt%20lt%202026-03-01T07:59:00.000Z" in first


def test_a_filter_holds_for_a_stream_of_another_route(transport):
    config = {"apis": "contoso/demo/v1.0", "filters": {"contoso_demo_ledgerMovements": "accountNumber eq '2910'"}}
    run = run_at(transport, config, select=["contoso_demo_ledgerMovements"])
    records = run.records["contoso_demo_ledgerMovements"]
    expected = transport.desk.rows("generalLedgerEntries", filter="accountNumber eq '2910'")
    assert {record["id"] for record in records} == {row["id"] for row in expected}
    assert records


def test_reads_of_other_routes_ask_for_committed_rows(transport):
    run_at(transport, {"apis": "contoso/demo/v1.0", "web_services": "*"})
    asked = [
        request for request in transport.asked if "/contoso/demo/v1.0/co" in request.url or "/Company(" in request.url
    ]
    assert asked
    assert {request.headers.get("Data-Access-Intent") for request in asked} == {"ReadOnly"}
