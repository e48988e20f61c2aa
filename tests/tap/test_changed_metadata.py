"""A catalog stands while the service's metadata moves on: what is gone is said once, what is new breaks nothing."""

from __future__ import annotations

import json
import re

import pytest
from emulator.in_process import open_desk
from tap.desk_runs import DeskTransport, TapAtTheDesk, desk_config, run_at

from dynamics_bc_client.transport import Response


@pytest.fixture
def transport():
    return DeskTransport(open_desk())


def catalog_of(transport, *streams, config=None):
    tap = TapAtTheDesk(config=desk_config(**(config or {})), transport=transport, setup_mapper=False)
    catalog = json.loads(json.dumps(tap.catalog_dict))
    for entry in catalog["streams"]:
        (root,) = [each["metadata"] for each in entry["metadata"] if not each["breadcrumb"]]
        root["selected"] = entry["tap_stream_id"] in streams
    return catalog


def publish(transport, change, part="/api/v2.0/$metadata"):
    """Let a route's document be another one from now on."""
    answer = transport._answer

    def changed(request):
        response = answer(request)
        if not request.url.endswith(part):
            return response
        body = change(response.body.decode())
        assert body.encode() != response.body
        return Response(200, response.headers, body.encode())

    transport._answer = changed


def without_property(entity, name):
    def change(xml):
        return re.sub(
            rf'(<EntityType Name="{entity}">.*?)<Property Name="{name}"[^>]*/>', r"\1", xml, count=1, flags=re.DOTALL
        )

    return change


@pytest.mark.parametrize(
    ("stream", "entity", "part", "config"),
    [
        ("customers", "customer", "/api/v2.0/$metadata", {}),
        (
            "contoso_demo_loyalCustomers",
            "loyalCustomer",
            "/contoso/demo/v1.0/$metadata",
            {"apis": "contoso/demo/v1.0"},
        ),
        ("ODataV4_Customer_List", "Customer_List", "/ODataV4/$metadata", {"web_services": "Customer_List"}),
    ],
)
def test_a_selected_property_that_is_gone_is_said_once_and_breaks_nothing(  # noqa: PLR0917 - a row of the table
    transport, caplog, stream, entity, part, config
):
    catalog = catalog_of(transport, stream, config=config)
    gone = "Phone_No" if stream.startswith("ODataV4") else "phoneNumber"
    publish(transport, without_property(entity, gone), part)
    run = run_at(transport, config, catalog=catalog)
    assert run.error is None
    assert run.records[stream]
    assert all(gone not in record for record in run.records[stream])
    assert caplog.text.count(f"what the metadata does not have: {gone} of {stream}") == 1
    assert not [request for request in transport.asked if f"/{entity}" in request.url and gone in request.url]


@pytest.mark.parametrize("with_catalog", [True, False])
@pytest.mark.parametrize(
    ("route", "entity_set", "stream", "other", "config"),
    [
        (
            "contoso/demo/v1.0",
            "stockItems",
            "contoso_demo_stockItems",
            "contoso_demo_loyalCustomers",
            {"apis": "contoso"},
        ),
        (
            "ODataV4",
            "Item_Card",
            "ODataV4_Item_Card",
            "ODataV4_Customer_List",
            {"apis": "contoso", "web_services": "*"},
        ),
    ],
)
def test_a_set_that_is_gone_from_its_route_is_a_failure_and_keeps_its_bookmark(  # noqa: PLR0917 - a row of the table
    transport, route, entity_set, stream, other, config, with_catalog
):
    catalog = catalog_of(transport, stream, other, config=config) if with_catalog else None
    first = run_at(transport, config, catalog=catalog)

    def without(xml):
        xml = re.sub(rf'<EntitySet Name="{entity_set}".*?</EntitySet>', "", xml, flags=re.DOTALL)
        return re.sub(rf'<NavigationProperty Name="{entity_set}"[^>]*/>', "", xml)

    publish(transport, without, f"/{route}/$metadata")
    second = run_at(transport, config, catalog=catalog, state=first.state)
    assert second.error is not None
    assert second.error.exit_code == 1
    reason = "no API that could be read has it" if "_" in stream else "the metadata of the service does not have it"
    assert f"{stream} ({reason})" in str(second.error)
    assert second.records[other]
    assert second.state["bookmarks"][stream] == first.state["bookmarks"][stream]


def test_a_selected_stream_that_is_misspelt_is_answered_with_the_nearest(transport):
    run = run_at(transport, catalog={"streams": [{"tap_stream_id": "custmers", "selected": True}]})
    assert run.error is not None
    assert run.error.exit_code == 1
    assert "custmers (the metadata of the service does not have it; did you mean customers?)" in str(run.error)


def test_what_a_catalog_does_not_select_may_go_in_silence(transport, caplog):
    catalog = catalog_of(transport, "customers")
    for entry in catalog["streams"]:
        for each in entry["metadata"]:
            if each["breadcrumb"] == ["properties", "phoneNumber"]:
                each["metadata"]["selected"] = False
    publish(transport, without_property("customer", "phoneNumber"))
    assert run_at(transport, catalog=catalog).error is None
    assert "does not have" not in caplog.text


def test_a_property_that_is_new_is_not_asked_for_by_a_catalog_that_does_not_know_it(transport):
    publish(transport, without_property("customer", "phoneNumber"))
    catalog = catalog_of(transport, "customers")
    newer = DeskTransport(transport.desk)
    run = run_at(newer, catalog=catalog)
    assert run.error is None
    assert run.records["customers"]
    assert all("phoneNumber" not in record for record in run.records["customers"])


def test_properties_that_the_metadata_does_not_have_are_skipped_in_rows(transport):
    answer = transport._answer

    def richer(request):
        response = answer(request)
        body = response.body
        if "/customers" in request.url:
            body = body.replace(b'"number":', b'"extra":{"a":[1,null]},"number":')
        return Response(response.status, response.headers, body)

    transport._answer = richer
    run = run_at(transport, select=["customers"])
    assert run.error is None
    assert run.records["customers"]
    assert all("extra" not in record for record in run.records["customers"])


def test_members_of_enums_that_the_metadata_does_not_have_are_text_like_any_other(transport):
    answer = transport._answer

    def unknown(request):
        response = answer(request)
        body = response.body
        if "/customers" in request.url:
            body = body.replace(b'"blocked":"_x0020_"', b'"blocked":"On_x0020_Moon"')
        return Response(response.status, response.headers, body)

    transport._answer = unknown
    run = run_at(transport, select=["customers"])
    assert run.error is None
    assert "On Moon" in {record["blocked"] for record in run.records["customers"]}


def test_an_enum_that_becomes_text_or_a_number_that_becomes_a_fraction_changes_the_schema_and_breaks_nothing(transport):
    publish(
        transport, lambda xml: re.sub(r'(<Property Name="blocked" Type=)"[^"]*customerBlocked"', r'\1"Edm.String"', xml)
    )
    run = run_at(transport, select=["customers"])
    assert run.error is None
    assert "_x0020_" in {record["blocked"] for record in run.records["customers"]}
