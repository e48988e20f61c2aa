"""Which streams does an environment have, and from where is each of them read?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from tap.sample_metadata import METADATA, metadata

from dynamics_bc_client.errors import UnexpectedAnswer
from dynamics_bc_client.odata.metadata import EntitySet, EntityType, Metadata, Property
from tap_dynamics_bc.streams.discovery import describe_streams
from tap_dynamics_bc.streams.entities import TECHNICAL
from tap_dynamics_bc.streams.replication import WHOLE
from tap_dynamics_bc.streams.routes import Route
from tap_dynamics_bc.streams.schemas import record_schema

STREAMS = describe_streams(METADATA)


def parent_sets(name: str) -> list[str]:
    return sorted(path.parent_set for path in STREAMS[name].ways)


def test_every_entity_set_is_a_stream_and_so_is_the_list_of_environments():
    assert set(STREAMS) == {*METADATA.entity_sets, "environments"}


def test_dimension_set_lines_are_fed_by_every_set_that_leads_to_them_at_any_depth():
    assert parent_sets("dimensionSetLines") == [
        "journals/journalLines",
        "salesInvoices",
        "salesInvoices/salesInvoiceLines",
    ]


def test_a_navigation_from_a_child_to_its_parent_feeds_nothing():
    assert parent_sets("salesInvoiceLines") == ["salesInvoices"]


def test_a_navigation_to_one_row_feeds_what_has_one_row_for_each_parent():
    assert parent_sets("pictures") == ["customers"]


def test_the_company_itself_feeds_nothing():
    assert all(not parents.startswith("companies") for name in STREAMS for parents in parent_sets(name))


def test_a_set_that_nobody_has_heard_of_is_listed_by_its_own_metadata():
    unheard = EntitySet(
        "wombats",
        EntityType(
            "wombat",
            ("systemId",),
            {"systemId": Property("systemId", "Edm.Guid"), "name": Property("name", "Edm.String")},
            {},
        ),
    )
    stream = describe_streams(metadata(unheard))["wombats"]
    assert (stream.keys, stream.replication, stream.ways, stream.selected) == (
        ("company_id", "systemId"),
        WHOLE,
        (),
        True,
    )


def test_a_set_that_cannot_be_listed_and_has_no_parent_is_no_stream():
    assert "salesInvoiceLines" not in describe_streams(metadata(METADATA.entity_sets["salesInvoiceLines"]))


def test_a_set_is_a_companys_if_and_only_if_a_company_leads_to_it():
    wombats, routes = (_keyed(name, ("id",), "id") for name in ("wombats", "apicategoryroutes"))
    streams = describe_streams(metadata(wombats, of_the_environment=(routes,)))
    assert {name: stream.in_company for name, stream in streams.items()} == {
        "companies": False,
        "environments": False,
        "wombats": True,
        "apicategoryroutes": False,
    }
    assert streams["wombats"].keys == ("company_id", "id")
    assert streams["apicategoryroutes"].keys == ("id",)
    assert streams["apicategoryroutes"].columns == ()


@pytest.mark.fault("R8")
@pytest.mark.parametrize(
    "name",
    ["apicategoryroutes", "entityDefinitions", "externalbusinesseventdefinitions", "externaleventsubscriptions"],
)
def test_technical_sets_of_the_environment_are_not_selected_by_default(name):
    streams = describe_streams(metadata(of_the_environment=(_keyed(name, ("id",), "id"),)))
    assert not streams[name].selected


def test_metadata_without_companies_is_refused_since_it_does_not_tell_what_belongs_to_one():
    with pytest.raises(UnexpectedAnswer, match="companies"):
        describe_streams(Metadata({"customers": METADATA.entity_sets["customers"]}))


def _keyed(name: str, key: tuple[str, ...], *properties: str) -> EntitySet:
    stamped = (*properties, "lastModifiedDateTime")
    return EntitySet(name, EntityType(name, key, {each: Property(each, "Edm.String") for each in stamped}, {}))


@pytest.mark.parametrize(
    ("name", "key", "properties"),
    [
        pytest.param("wombats", (), ("name",), id="no key"),
        pytest.param("wombats", ("number", "line"), ("number",), id="a part of the key is missing"),
        pytest.param("customerSales", ("customerId",), ("customerId",), id="a part of the table's key is missing"),
    ],
)
def test_without_a_whole_key_a_stream_has_none_and_is_read_whole(name, key, properties):
    stream = describe_streams(metadata(_keyed(name, key, *properties)))[name]
    assert stream.keys == ()
    assert stream.replication is WHOLE


def test_nothing_hangs_on_a_parent_whose_rows_nothing_tells_apart():
    lines, invoices = (METADATA.entity_sets[name] for name in ("salesInvoiceLines", "salesInvoices"))
    keyless = EntitySet(invoices.name, replace(invoices.type, key=()))
    assert "salesInvoiceLines" not in describe_streams(metadata(keyless, lines))


def test_keys_hold_the_company_and_what_tells_rows_apart():
    keys = {name: stream.keys for name, stream in STREAMS.items()}
    assert keys["customers"] == ("company_id", "id")
    assert keys["companies"] == ("id",)
    assert keys["environments"] == ("aadTenantId", "name")
    assert keys["dimensionSetLines"] == ("company_id", "parentType", "parentId", "id")
    assert keys["pictures"] == ("company_id", "parentType", "id")
    assert keys["customerSales"] == ("company_id", "customerId", "dateFilter_FilterOnly")


def test_a_row_is_found_again_by_its_own_stamp_or_else_by_its_parents():
    replication_keys = {name: stream.replication.key for name, stream in STREAMS.items()}
    assert replication_keys["customers"] == "lastModifiedDateTime"
    assert replication_keys["timeRegistrationEntries"] == "lastModfiedDateTime"
    assert replication_keys["salesInvoiceLines"] == "parent_modified_at"
    assert replication_keys["journalLines"] == "lastModifiedDateTime"
    assert replication_keys["customerSales"] is None
    assert replication_keys["companies"] is None


def test_documents_come_in_smaller_pages_than_master_data():
    assert STREAMS["customers"].page_rows == 20_000
    assert STREAMS["salesInvoices"].page_rows == 2_000
    assert STREAMS["salesInvoices"].expanded_page_rows == 500


def test_a_schema_is_nullable_but_for_keys_and_leaves_files_out():
    customers = STREAMS["customers"]
    assert record_schema(customers)["properties"] == {
        "company_id": {"type": "string"},
        "company_name": {"type": ["string", "null"]},
        "id": {"type": "string"},
        "number": {"type": ["string", "null"]},
        "blocked": {"type": ["string", "null"]},
        "currencyId": {"type": ["string", "null"]},
        "balanceDue": {"type": ["number", "null"]},
        "lastPaymentDate": {"type": ["string", "null"], "format": "date"},
        "lastModifiedDateTime": {"type": ["string", "null"], "format": "date-time"},
    }


@pytest.mark.fault("S12")
def test_a_property_of_a_complex_type_is_an_object_and_a_collection_a_list():
    """As `entityDefinitions` has them."""
    types = {
        "entityName": "Edm.String",
        "caption": "Microsoft.NAV.caption",
        "captions": "Collection(Microsoft.NAV.caption)",
        "codes": "Collection(Edm.Int32)",
        "unexplained": "Collection(Microsoft.NAV.nobody)",
    }
    members = (Property("language", "Edm.Int32"), Property("names", "Collection(Edm.String)"))
    explained = {"caption", "captions"}
    properties = {
        name: Property(name, kind, members=members if name in explained else None) for name, kind in types.items()
    }
    caption = {
        "type": "object",
        "properties": {
            "language": {"type": ["integer", "null"]},
            "names": {"type": ["array", "null"], "items": {"type": "string"}},
        },
    }
    definitions = EntitySet("entityDefinitions", EntityType("entityMetadata", ("entityName",), properties, {}))
    stream = describe_streams(metadata(of_the_environment=(definitions,)))["entityDefinitions"]
    assert record_schema(stream)["properties"] == {
        "entityName": {"type": "string"},
        "caption": {**caption, "type": ["object", "null"]},
        "captions": {"type": ["array", "null"], "items": caption},
        "codes": {"type": ["array", "null"], "items": {"type": "integer"}},
        "unexplained": {"type": ["array", "null"]},
    }


CUSTOM = Route("contoso/demo/v1.0", "contoso_demo_", "https://bc.example/api/contoso/demo/v1.0")


def test_sets_of_another_route_belong_to_a_company_by_its_metadata_alone():
    wombats, tenants = _keyed("wombats", ("id",), "id"), _keyed("tenants", ("id",), "id")
    streams = describe_streams(metadata(wombats, of_the_environment=(tenants,)), CUSTOM)
    assert {name: stream.in_company for name, stream in streams.items()} == {
        "contoso_demo_wombats": True,
        "contoso_demo_tenants": False,
    }
    assert streams["contoso_demo_tenants"].keys == ("id",)
    assert streams["contoso_demo_tenants"].selected


@pytest.mark.parametrize("name", TECHNICAL)
def test_what_the_platform_adds_to_every_route_is_at_its_root_and_not_selected(name):
    stream = describe_streams(metadata(of_the_environment=(_keyed(name, ("id",), "id"),)), CUSTOM)[
        f"contoso_demo_{name}"
    ]
    assert not stream.in_company
    assert not stream.selected
    assert stream.reason
    assert stream.route.path(name, None) == f"https://bc.example/api/contoso/demo/v1.0/{name}"


def test_a_set_of_a_custom_route_that_is_called_as_one_of_the_standard_api_is_read_flat_by_its_own_metadata():
    lines = _keyed("salesInvoiceLines", ("lineId",), "lineId", "systemModifiedAt")
    stream = describe_streams(metadata(lines), CUSTOM)["contoso_demo_salesInvoiceLines"]
    assert stream.ways == ()
    assert stream.keys == ("company_id", "lineId")


def test_a_query_of_microsofts_is_keyed_by_the_metadata_or_else_by_the_table():
    analytics = Route("microsoft/analytics/v1.0", "microsoft_analytics_", "https://bc.example/x")
    name = "itemLedgerEntries"
    without = describe_streams(metadata(_keyed(name, (), "entryNo", "itemNo")), analytics)
    with_key = describe_streams(metadata(_keyed(name, ("entryNo", "itemNo"), "entryNo", "itemNo")), analytics)
    elsewhere = describe_streams(metadata(_keyed(name, (), "itemNo")), analytics)
    assert without[f"microsoft_analytics_{name}"].keys == ("company_id", "entryNo")
    assert with_key[f"microsoft_analytics_{name}"].keys == ("company_id", "entryNo", "itemNo")
    assert elsewhere[f"microsoft_analytics_{name}"].keys == (), "a part of the key is not there"


def test_services_belong_to_companies_whatever_their_metadata_leads_to():
    companies = _keyed("Company", ("Name",), "Name")
    published = Metadata({"Company": companies, "Wombats": _keyed("Wombats", ("No",), "No")})
    streams = describe_streams(published, Route("ODataV4", "ODataV4_", "https://bc.example/ODataV4"))
    assert list(streams) == ["ODataV4_Wombats"]
    assert streams["ODataV4_Wombats"].in_company


def test_another_route_without_companies_is_refused_for_itself_alone():
    with pytest.raises(UnexpectedAnswer, match=r"contoso/demo/v1\.0") as caught:
        describe_streams(Metadata({"wombats": _keyed("wombats", ("id",), "id")}), CUSTOM)
    assert caught.value.scope == "stream"


@pytest.mark.parametrize(
    ("route", "name", "selected"),
    [
        ("microsoft/intercompany/v1.0", "bufferIntercompanyInboxSalesLines", False),
        ("microsoft/intercompany/v1.0", "intercompanyPartners", True),
        ("microsoft/edocument/v1.0", "newEDocuments", False),
        ("microsoft/reportInbox/v1.0", "reportInboxFiles", False),
        ("microsoft/expense/beta", "expenseReports", False),
        ("contoso/expense/beta", "expenseReports", True),
    ],
)
def test_what_microsofts_own_routes_refuse_to_list_is_not_selected_and_says_why(route, name, selected):
    stream = describe_streams(metadata(_keyed(name, ("id",), "id")), Route(route, "x_", "https://bc.example/x"))[
        f"x_{name}"
    ]
    assert stream.selected is selected
    assert bool(stream.reason) is not selected
