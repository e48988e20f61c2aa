"""Which streams and properties does a catalog mean, whatever the case it writes them in?"""

from __future__ import annotations

import pytest
from tap.running import run_tap

from dynamics_bc_client.errors import ConfigurationError
from tap_dynamics_bc.streams.catalogs import Facts, completed, respelled, selected_streams
from tap_dynamics_bc.tap import TapDynamicsBC

COLUMNS = {"salesInvoices": ("company_id", "id", "customerId", "lastModifiedDateTime"), "customers": ("id",)}


def entry(stream: str, *properties: str, **more) -> dict:
    breadcrumbs = [[], *(["properties", name] for name in properties)]
    return {
        "tap_stream_id": stream,
        "stream": stream,
        "schema": {"type": "object", "properties": {name: {"type": "string"} for name in properties}},
        "metadata": [{"breadcrumb": each, "metadata": {"selected": True}} for each in breadcrumbs],
        **more,
    }


def test_names_are_spelled_as_the_service_does():
    given = entry(
        "SALESINVOICES",
        "ID",
        "customerid",
        key_properties=["COMPANY_ID", "Id"],
        replication_key="lastmodifieddatetime",
    )
    given["metadata"][0]["metadata"]["table-key-properties"] = ["ID"]
    (found,) = respelled({"streams": [given]}, COLUMNS)["streams"]
    expected = entry(
        "salesInvoices",
        "id",
        "customerId",
        key_properties=["company_id", "id"],
        replication_key="lastModifiedDateTime",
    )
    expected["metadata"][0]["metadata"]["table-key-properties"] = ["id"]
    assert found == expected


def test_what_matches_nothing_stays_as_it_is_and_what_is_selected_of_it_is_named():
    catalog = {"streams": [entry("Customers", "shoeSize"), entry("wombats", "id"), entry("yaks")]}
    catalog["streams"][2]["metadata"][0]["metadata"]["selected"] = False
    found = respelled(catalog, COLUMNS)
    assert [each["tap_stream_id"] for each in found["streams"]] == ["customers", "wombats", "yaks"]
    assert list(found["streams"][0]["schema"]["properties"]) == ["shoeSize"]
    assert selected_streams(found) == ["customers", "wombats"]


def test_of_two_entries_for_one_stream_the_one_that_is_spelled_right_counts():
    catalog = {"streams": [entry("customers", "id"), entry("CUSTOMERS")]}
    assert respelled(catalog, COLUMNS)["streams"] == [entry("customers", "id")]


@pytest.mark.parametrize(
    "catalog",
    [{}, {"streams": {}}, {"streams": [{"stream": "a"}]}, {"streams": [{"tap_stream_id": "a", "metadata": ["x"]}]}],
)
def test_what_is_no_catalog_is_refused(catalog):
    with pytest.raises(ConfigurationError, match='"streams"'):
        respelled(catalog, COLUMNS)


def test_a_catalog_in_another_case_selects_the_same(frozen):
    discovering = TapDynamicsBC(config=frozen.config(), setup_mapper=False)
    try:
        catalog = discovering.catalog_dict
    finally:
        discovering.close()
    narrowed = {"customers": {"company_id", "id", "displayName", "lastModifiedDateTime"}}
    for each in catalog["streams"]:
        name = each["tap_stream_id"]
        for metadata in each["metadata"]:
            column = metadata["breadcrumb"][-1] if metadata["breadcrumb"] else None
            metadata["metadata"]["selected"] = name in narrowed and (column is None or column in narrowed[name])
            metadata["breadcrumb"] = [part.upper() if part != "properties" else part for part in metadata["breadcrumb"]]
        each["tap_stream_id"] = each["stream"] = name.upper()
        each["schema"]["properties"] = {key.upper(): kind for key, kind in each["schema"]["properties"].items()}
        each["key_properties"] = [key.upper() for key in each["key_properties"]]
    catalog["streams"].append(entry("WOMBATS"))
    outcome = run_tap(frozen.config(), select=None, catalog=catalog)
    assert outcome.error is not None
    assert "WOMBATS" in str(outcome.error)
    (schema,) = [message for message in outcome.messages if message["type"] == "SCHEMA"]
    assert (schema["stream"], schema["key_properties"]) == ("customers", ["company_id", "id"])
    assert {frozenset(record) for record in outcome.records["customers"]} == {frozenset(narrowed["customers"])}


@pytest.mark.parametrize(
    "metadata", [{"breadcrumb": [1, 2]}, {"breadcrumb": "xx"}, {"breadcrumb": [], "metadata": "selected"}]
)
def test_metadata_of_another_form_is_refused(metadata):
    with pytest.raises(ConfigurationError, match="not a Singer catalog"):
        respelled({"streams": [{"tap_stream_id": "customers", "metadata": [metadata]}]}, COLUMNS)


@pytest.mark.parametrize("schema", [5, {"properties": ["id"]}, {"properties": {"id": 5}}, {"properties": {"id": None}}])
def test_a_schema_of_another_form_is_refused(schema):
    with pytest.raises(ConfigurationError, match="not a Singer catalog"):
        respelled({"streams": [{"tap_stream_id": "customers", "schema": schema, "metadata": []}]}, COLUMNS)


PROPERTIES = {"company_id": {"type": "string"}, "id": {"type": "string"}, "name": {"type": ["string", "null"]}}
FACTS = Facts(("company_id", "id"), "lastModifiedDateTime", frozenset({"company_id", "id"}), PROPERTIES)


def complete(given, facts=FACTS):
    (found,) = completed({"streams": [given]}, lambda _: facts)["streams"]
    return found


def test_an_entry_without_a_schema_means_all_properties():
    found = complete({"tap_stream_id": "customers", "metadata": entry("customers")["metadata"]})
    assert found["schema"] == {"type": "object", "properties": PROPERTIES}
    assert found["key_properties"] == ["company_id", "id"]
    assert found["replication_key"] == "lastModifiedDateTime"


def test_keys_are_the_taps_own_whatever_a_catalog_says():
    assert complete(entry("customers", "id", key_properties=["name"]))["key_properties"] == ["company_id", "id"]
    older = entry("customers", "id")
    older["metadata"][0]["metadata"]["table-key-properties"] = ["id"]
    assert complete(older)["key_properties"] == ["company_id", "id"]


def test_a_schema_has_what_records_carry_selected_or_not():
    assert list(complete(entry("customers", "name"))["schema"]["properties"]) == ["name", "company_id", "id"]


@pytest.mark.parametrize(
    "given",
    [
        {"tap_stream_id": "customers", "selected": True},
        {"tap_stream_id": "customers", "schema": {"selected": True}},
        {"tap_stream_id": "customers", "selected": True, "metadata": [{"breadcrumb": [], "metadata": {"x": 1}}]},
    ],
)
def test_what_catalogs_said_before_there_was_metadata_counts(given):
    found = complete(given)
    assert selected_streams({"streams": [given]}) == ["customers"]
    (root,) = [each["metadata"] for each in found["metadata"] if not each["breadcrumb"]]
    assert root["selected"] is True
    assert "selected" not in found["schema"]


def test_a_stream_that_is_not_there_keeps_what_the_catalog_says():
    assert complete({"tap_stream_id": "wombats"}, facts=None)["schema"] == {"properties": {}}


def test_a_small_catalog_reads_whole_records_with_keys(emulator):
    catalog = {"streams": [{"tap_stream_id": "Customers", "selected": True}]}
    outcome = run_tap(emulator.config(), catalog=catalog)
    (schema,) = [message for message in outcome.messages if message["type"] == "SCHEMA"]
    assert outcome.error is None
    assert schema["key_properties"] == ["company_id", "id"]
    assert all(record.keys() <= schema["schema"]["properties"].keys() for record in outcome.records["customers"])
    assert {"displayName", "balanceDue"} <= outcome.records["customers"][0].keys()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda each: each["schema"]["properties"]["id"].update(type=0),
        lambda each: each["metadata"][0]["metadata"].update(selected=["x"]),
    ],
)
def test_types_and_selections_that_are_none_are_refused(spoil):
    spoiled = entry("customers", "id")
    spoil(spoiled)
    with pytest.raises(ConfigurationError, match='"selected" is true or false'):
        respelled({"streams": [spoiled]}, COLUMNS)


@pytest.mark.parametrize("junk", [None, [None, 1], {"x": 1}, 1.5])
def test_what_should_be_names_of_keys_and_is_none_is_left_out(junk):
    given = entry("customers", "id", key_properties=junk, replication_key=[junk])
    (found,) = respelled({"streams": [given]}, COLUMNS)["streams"]
    assert found.get("key_properties", []) == []
    assert "replication_key" not in found
