"""The tap over every route of an environment: what arrives, what is remembered, and what a route that fails costs."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from urllib.parse import unquote

import pytest
from emulator.in_process import json_of, open_desk
from tap.desk_runs import DeskTransport, TapAtTheDesk, desk_config, run_at
from tap.running import in_order, run_tap

from dynamics_bc_client.transport import Response

CONTOSO, ANALYTICS = "api/contoso/demo/v1.0", "api/microsoft/analytics/v1.0"
COMPANY = ("company_id", "company_name")


@pytest.fixture
def transport():
    return DeskTransport(open_desk())


def served(desk, api, entity_set):
    """The rows of a set of an API, without annotations."""
    desk.api = api
    try:
        place = f"companies({desk.company.id})/{entity_set}"
        rows = json_of(desk.ask("GET", f"/{place}"))["value"]
    finally:
        desk.api = "api/v2.0"
    return [{name: value for name, value in row.items() if "@" not in name} for row in rows]


def bare(records):
    return [{name: value for name, value in record.items() if name not in COMPANY} for record in records]


def answering(status, body=b"{}"):
    """Befalls the metadata of one route."""
    return Response(status, {"Content-Type": "application/json"}, body)


def befall(transport, part, response):
    """Let requests whose URL holds a part be answered so."""
    answer = transport._answer
    transport._answer = lambda request: response if part in unquote(request.url) else answer(request)


def schemas(run):
    return {message["stream"]: message for message in run.messages if message["type"] == "SCHEMA"}


def test_every_set_of_a_custom_route_arrives_whole(transport):
    run = run_at(transport, {"apis": "contoso/demo/v1.0", "raw_values": True})
    assert run.error is None
    sets = ["loyalCustomers", "loyalInvoices", "customerTurnovers", "ledgerMovements", "stockItems", "priceLines"]
    assert set(run.records) == {f"contoso_demo_{name}" for name in sets}
    for name in sets:
        records = run.records[f"contoso_demo_{name}"]
        assert in_order(bare(records)) == in_order(served(transport.desk, CONTOSO, name)), name
        assert {tuple(record[each] for each in COMPANY) for record in records} == {
            (transport.desk.company.id, "CRONUS International Ltd.")
        }


def test_all_reads_the_standard_api_and_every_route_that_is_listed(transport):
    run = run_at(transport, {"apis": "all"})
    assert run.error is None
    assert {"customers", "contoso_demo_loyalCustomers", "microsoft_automation_users"} <= run.records.keys()
    entries = run.records["microsoft_analytics_balanceSheetGeneralLedgerEntries"]
    assert len(entries) == len(served(transport.desk, ANALYTICS, "balanceSheetGeneralLedgerEntries"))
    assert not [name for name in run.records if name.endswith("_companies")]


def test_without_the_setting_no_other_route_is_asked(transport):
    run_at(transport, select=["customers"])
    assert not [
        request.url for request in transport.asked if "/contoso/" in request.url or "/microsoft/" in request.url
    ]


def test_keys_and_replication_keys_are_those_of_the_metadata_and_of_the_table(transport):
    run = run_at(transport, {"apis": ["contoso/*", "microsoft/analytics/*"]})
    told = {name: (each["key_properties"], each.get("bookmark_properties")) for name, each in schemas(run).items()}
    assert told["contoso_demo_loyalCustomers"] == (["company_id", "id"], ["lastModifiedDateTime"])
    assert told["contoso_demo_loyalInvoices"] == (["company_id", "id"], ["systemModifiedAt"])
    assert told["contoso_demo_ledgerMovements"] == (["company_id", "id"], ["systemRowVersion"])
    assert told["contoso_demo_priceLines"] == (["company_id", "itemNumber"], None)
    assert told["contoso_demo_customerTurnovers"] == ([], None)
    assert told["microsoft_analytics_customers"] == (["company_id", "customerNo"], None)
    assert told["microsoft_analytics_balanceSheetGeneralLedgerEntries"] == (
        ["company_id", "entryNo"],
        ["systemModifiedAt"],
    )


def test_a_query_without_a_key_is_read_whole_and_said_once(transport, caplog):
    run = run_at(transport, {"apis": "contoso/demo/v1.0"}, select=["contoso_demo_customerTurnovers"])
    again = run_at(transport, {"apis": "contoso/demo/v1.0"}, select=["contoso_demo_customerTurnovers"], state=run.state)
    assert len(run.records["contoso_demo_customerTurnovers"]) == len(again.records["contoso_demo_customerTurnovers"])
    assert caplog.text.count("tells the rows of contoso_demo_customerTurnovers apart") == 2


def test_only_changed_rows_of_another_route_are_read_again(transport):
    config = {"apis": "contoso/demo/v1.0"}
    first = run_at(transport, config)
    customer = first.records["contoso_demo_loyalCustomers"][0]["id"]
    transport.desk.clock.advance(timedelta(hours=2))
    transport.desk.change(f"customers({customer})", {"email": "ada@example.com"})
    second = run_at(transport, config, state=first.state)
    assert customer in {record["id"] for record in second.records["contoso_demo_loyalCustomers"]}
    assert len(second.records["contoso_demo_loyalCustomers"]) < len(first.records["contoso_demo_loyalCustomers"])


def test_row_versions_settle_with_a_run_that_begins_the_lookback_later(transport):
    config, stream = {"apis": "contoso/demo/v1.0"}, "contoso_demo_ledgerMovements"
    first = run_at(transport, config, select=[stream])
    assert "replication_key_value" not in first.state["bookmarks"][stream]["partitions"][0]
    transport.desk.clock.advance(timedelta(hours=2))
    second = run_at(transport, config, select=[stream], state=first.state)
    assert len(second.records[stream]) == len(first.records[stream])
    third = run_at(transport, config, select=[stream], state=second.state)
    assert len(third.records[stream]) == 1, "the one that has the bookmark"
    entry = transport.desk.company.find("generalLedgerEntries")[0]["id"]
    transport.desk.edit("generalLedgerEntries", entry, description="changed")
    fourth = run_at(transport, config, select=[stream], state=third.state)
    assert {record["id"] for record in fourth.records[stream]} == {entry, third.records[stream][0]["id"]}


def test_a_property_that_somebody_names_is_the_replication_key(transport):
    stream = "contoso_demo_ledgerMovements"
    config = {"apis": "contoso/demo/v1.0", "replication_keys": {stream.upper(): "EntryNumber"}}
    first = run_at(transport, config, select=[stream])
    assert schemas(first)[stream]["bookmark_properties"] == ["entryNumber"]
    transport.desk.clock.advance(timedelta(hours=2))
    second = run_at(transport, config, select=[stream], state=first.state)
    highest = max(record["entryNumber"] for record in first.records[stream])
    assert second.state["bookmarks"][stream]["partitions"][0]["replication_key_value"] == highest
    third = run_at(transport, config, select=[stream], state=second.state)
    assert [record["entryNumber"] for record in third.records[stream]] == [highest]


def test_a_date_may_be_named(transport):
    config = {"replication_keys": '{"generalLedgerEntries": "postingDate"}', "start_date": "2025-12-01"}
    run = run_at(transport, config, select=["generalLedgerEntries"])
    dates = [record["postingDate"] for record in run.records["generalLedgerEntries"]]
    assert dates
    assert min(dates) >= "2025-12-01"
    partition = run.state["bookmarks"]["generalLedgerEntries"]["partitions"][0]
    assert partition["replication_key"] == "postingDate"
    assert partition["replication_key_value"] == min(max(dates), "2026-02-27")


@pytest.mark.parametrize(
    ("stream", "key", "said"),
    [
        ("contoso_demo_loyalCustomers", "displayName", "must name a moment, a date or a whole number"),
        ("contoso_demo_loyalCustomers", "changedAt", "must name a property of it, and changedAt is not one"),
        ("contoso_demo_customerTurnovers", "turnover", "nothing in the metadata tells its rows apart"),
    ],
)
def test_what_cannot_be_a_replication_key_is_refused(transport, stream, key, said):
    run = run_at(transport, {"apis": "contoso/demo/v1.0", "replication_keys": {stream: key}})
    assert run.error is not None
    assert run.error.exit_code == 2
    assert said in str(run.error)


@pytest.mark.parametrize(
    "config",
    [
        {"replication_keys": {"custmers": "id"}},
        {"full_reread_every": {"custmers": "P1D"}},
        {"confirm_deletions": "custmers"},
    ],
)
def test_a_misspelt_stream_of_a_setting_is_said_with_the_nearest_one(transport, caplog, config):
    assert run_at(transport, config, select=["customers"]).error is None
    assert f"{next(iter(config))} names streams that are not there: custmers (did you mean customers?)." in caplog.text


def test_a_stream_of_the_standard_api_says_that_it_is_not_among_those_that_are_read(transport):
    wanted = {"streams": [{"tap_stream_id": "customers", "selected": True}]}
    run = run_at(transport, {"apis": "contoso/demo/v1.0"}, catalog=wanted)
    assert 'customers (it is of the standard API; name "standard" in apis, too)' in str(run.error)


def test_a_stream_that_replication_keys_names_and_that_is_not_there_is_said(transport, caplog):
    run = run_at(transport, {"replication_keys": {"wombats": "id"}}, select=["customers"])
    assert run.error is None
    assert "replication_keys names streams that are not there: wombats." in caplog.text


def test_discovery_offers_what_could_be_asked_and_says_what_could_not(transport, capsys, caplog):
    config = desk_config(apis=["contoso/*", "acme/hr/v1.0"])
    TapAtTheDesk(config=config, transport=transport, setup_mapper=False).run_discovery()
    offered = {entry["tap_stream_id"] for entry in json.loads(capsys.readouterr().out)["streams"]}
    assert "contoso_demo_stockItems" in offered
    assert "Not in the catalog: the route acme/hr/v1.0" in caplog.text


# -- routes that cannot be had ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "response",
    [
        answering(404, b'{"error":{"code":"BadRequest_NotFound","message":"No route."}}'),
        answering(403, b'{"error":{"code":"Forbidden","message":"No."}}'),
        answering(200, b"<html>proxy</html>"),
        answering(200, b"<Edmx><DataServices><Schema><EntityContainer/></Schema></DataServices></Edmx>"),
        answering(
            200,
            b'<Edmx><Schema><EntityType Name="a"/><EntityContainer>'
            b'<EntitySet Name="as" EntityType="a"/></EntityContainer></Schema></Edmx>',
        ),
    ],
    ids=["not found", "forbidden", "no xml", "no sets", "no companies"],
)
def test_a_route_whose_metadata_cannot_be_had_is_a_failure_of_that_route_alone(transport, response):
    config = {"apis": ["contoso/*", "microsoft/analytics/v1.0"]}
    befall(transport, "contoso/demo/v1.0/$metadata", response)
    run = run_at(transport, config)
    assert run.error is not None
    assert run.error.exit_code == 1
    assert "the route contoso/demo/v1.0" in str(run.error)
    assert run.records["microsoft_analytics_customers"]
    assert not [name for name in schemas(run) if name.startswith("contoso_")]


def test_a_route_that_refuses_the_token_is_a_failure_of_that_route_and_not_of_the_sign_in(emulator):
    emulator.faults([{"path": "contoso/demo", "status": 401, "times": 0}])
    run = run_tap(emulator.config(apis="contoso/demo/v1.0"))
    assert run.error is not None
    assert run.error.exit_code == 1
    assert "the route contoso/demo/v1.0" in str(run.error)


@pytest.mark.parametrize(
    ("refused", "stream", "config"),
    [
        ("/subscriptions", "subscriptions", {}),
        ("demo.*/loyalInvoices", "contoso_demo_loyalInvoices", {"apis": ["standard", "contoso"]}),
        ("ODataV4/Company.*Vendor_List", "ODataV4_Vendor_List", {"web_services": "Vendor_List"}),
    ],
)
def test_a_set_that_refuses_the_token_is_a_failure_of_its_own_wherever_it_is(emulator, refused, stream, config):
    emulator.faults([{"path": refused, "status": 401, "times": 0}])
    run = run_tap(emulator.config(**config), select=[stream, "customers"])
    assert run.error is not None
    assert run.error.exit_code == 1
    assert stream in str(run.error)
    assert run.records["customers"]


def test_what_a_vanished_route_had_is_a_failure_and_keeps_its_bookmarks(transport):
    config = {"apis": "*/*/*"}
    first = run_at(transport, config)
    rows = b'{"value":[{"route":"microsoft/analytics/v1.0"},{"route":"v2.0"}]}'
    befall(transport, "/apicategoryroutes", Response(200, {"Content-Type": "application/json"}, rows))
    second = run_at(transport, config, state=first.state)
    assert second.error is not None
    assert "contoso_demo_loyalCustomers" in str(second.error)
    stream = "contoso_demo_loyalCustomers"
    assert second.state["bookmarks"][stream] == first.state["bookmarks"][stream]
    assert second.records["microsoft_analytics_customers"]


def test_a_list_of_routes_that_cannot_be_had_is_a_failure_and_what_is_named_is_read(transport):
    befall(transport, "/apicategoryroutes", answering(403, b'{"error":{"code":"Forbidden","message":"No."}}'))
    run = run_at(transport, {"apis": ["*/*/*", "contoso/demo/v1.0"]})
    assert run.error is not None
    assert "the list of routes" in str(run.error)
    assert run.records["contoso_demo_v1_0_loyalCustomers"]


def test_a_pattern_that_means_no_route_is_a_failure_that_names_those_there_are(transport):
    run = run_at(transport, {"apis": ["contoso/*", "fabrikam/*"]})
    assert run.error is not None
    assert "fabrikam/*/*" in str(run.error)
    assert "contoso/demo/v1.0" in str(run.error)
    assert run.records["contoso_demo_loyalCustomers"]


def test_each_set_of_several_versions_is_the_newest_ones(transport):
    rows = b'{"value":[{"route":"contoso/demo/v1.0"},{"route":"contoso/demo/v2.0"}]}'
    befall(transport, "/apicategoryroutes", Response(200, {"Content-Type": "application/json"}, rows))
    newer = (
        b'<Edmx><Schema><EntityType Name="company"><Key><PropertyRef Name="id"/></Key>'
        b'<Property Name="id" Type="Edm.Guid"/><NavigationProperty Name="stockItems" Type="Collection(NAV.stockItem)"/>'
        b'</EntityType><EntityType Name="stockItem"><Key><PropertyRef Name="number"/></Key>'
        b'<Property Name="number" Type="Edm.String"/></EntityType><EntityContainer>'
        b'<EntitySet Name="companies" EntityType="NAV.company"/>'
        b'<EntitySet Name="stockItems" EntityType="NAV.stockItem"/>'
        b"</EntityContainer></Schema></Edmx>"
    )
    befall(transport, "contoso/demo/v2.0/$metadata", Response(200, {"Content-Type": "application/xml"}, newer))
    run = run_at(transport, {"apis": "contoso/*"}, select=["contoso_demo_loyalCustomers", "contoso_demo_stockItems"])
    assert schemas(run)["contoso_demo_stockItems"]["key_properties"] == ["company_id", "number"]
    assert [
        request.url for request in transport.asked if "v2.0/companies(" in request.url and "stockItems" in request.url
    ]
    assert run.records["contoso_demo_loyalCustomers"]


def test_of_two_versions_with_the_same_sets_the_newer_one_is_read_once(transport):
    run = run_at(transport, {"apis": "microsoft/analytics"}, select=["microsoft_analytics_customers"])
    asked = [request.url for request in transport.asked if request.url.partition("?")[0].endswith("/customers")]
    assert len(run.records["microsoft_analytics_customers"]) == len(transport.desk.rows("customers"))
    assert len(asked) == 1
    assert "/microsoft/analytics/v1.0/" in asked[0]


def test_two_versions_that_are_named_are_both_read_under_names_of_their_own(transport):
    run = run_at(transport, {"apis": ["microsoft/analytics/v0.5", "microsoft/analytics/v1.0"]})
    assert run.error is None
    older, newer = (run.records[f"microsoft_analytics_{version}_customers"] for version in ("v0_5", "v1_0"))
    assert older == newer
    assert older


def test_an_older_version_does_not_stand_in_for_one_that_does_not_answer(transport):
    rows = b'{"value":[{"route":"contoso/demo/v1.0"},{"route":"contoso/demo/v2.0"}]}'
    befall(transport, "/apicategoryroutes", Response(200, {"Content-Type": "application/json"}, rows))
    befall(transport, "contoso/demo/v2.0/$metadata", answering(403))
    run = run_at(transport, {"apis": ["contoso/*"]})
    assert run.error is not None
    assert "the route contoso/demo/v2.0" in str(run.error)
    assert not [name for name in schemas(run) if name.startswith("contoso_")]


def test_a_set_that_one_route_refuses_is_a_failure_of_that_stream_alone(transport):
    befall(transport, "/loyalInvoices", answering(403, b'{"error":{"code":"Forbidden","message":"No."}}'))
    run = run_at(transport, {"apis": "contoso/demo/v1.0"})
    assert run.error is not None
    assert "contoso_demo_loyalInvoices" in str(run.error)
    assert run.records["contoso_demo_loyalCustomers"]


def test_decimals_of_other_routes_keep_the_services_digits(transport):
    run = run_at(transport, {"apis": "contoso/demo/v1.0"}, select=["contoso_demo_ledgerMovements"])
    assert any(isinstance(each["debitAmount"], Decimal) for each in run.records["contoso_demo_ledgerMovements"])
