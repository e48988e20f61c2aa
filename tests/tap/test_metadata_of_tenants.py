"""What does the tap make of metadata that is another than the demo company's?"""

from __future__ import annotations

import re

import pytest
from tap.running import publish, run_tap, truth

from tap_dynamics_bc.tap import TapDynamicsBC

ROUTES = """<EntityType Name="apicategoryroute"><Key><PropertyRef Name="route" /></Key>
<Property Name="route" Type="Edm.String" Nullable="false" /></EntityType>"""
ROUTES_SET = '<EntitySet Name="apicategoryroutes" EntityType="Microsoft.NAV.apicategoryroute" />'


@pytest.mark.fault("R6")
def test_a_set_without_a_key_is_read_whole_with_all_its_rows_and_no_key_properties(frozen, caplog):
    publish(frozen, lambda xml: re.sub(r'(<EntityType Name="customer">)<Key>.*?</Key>', r"\1", xml))
    first = run_tap(frozen.config(), select=["customers"])
    second = run_tap(frozen.config(), select=["customers"], state=first.state)
    expected = sum(len(truth(frozen, company["name"], "customers")) for company in frozen.companies())
    (schema,) = [message for message in second.messages if message["type"] == "SCHEMA"]
    assert schema["key_properties"] == []
    assert len(first.records["customers"]) == len(second.records["customers"]) == expected
    assert "customers" not in second.state.get("bookmarks", {})
    assert caplog.text.count("without key properties") == 2


@pytest.mark.fault("R8")
def test_a_set_of_the_environment_is_asked_at_the_root_and_has_no_company(frozen):
    publish(
        frozen,
        lambda xml: xml.replace("<EntityType ", f"{ROUTES}<EntityType ", 1).replace(
            "<EntitySet ", f"{ROUTES_SET}<EntitySet ", 1
        ),
    )
    before = len(frozen.requests())
    outcome = run_tap(frozen.config(), select=["apicategoryroutes"])
    paths = [each["path"] for each in frozen.requests()[before:] if "apicategoryroutes" in each["path"]]
    assert paths
    assert not [path for path in paths if "companies(" in path]
    (schema,) = [message for message in outcome.messages if message["type"] == "SCHEMA"]
    assert schema["key_properties"] == ["route"]


def without(*names):
    """Metadata from which sets are gone."""

    def change(xml):
        for name in names:
            xml = re.sub(rf'<EntitySet Name="{name}".*?</EntitySet>', "", xml)
            xml = re.sub(rf'<NavigationProperty Name="{name}"[^>]*/>', "", xml)
        return xml

    return change


def catalog_of(emulator, *streams):
    tap = TapDynamicsBC(config=emulator.config(), setup_mapper=False)
    try:
        catalog = tap.catalog_dict
    finally:
        tap.close()
    for entry in catalog["streams"]:
        for each in entry["metadata"]:
            if not each["breadcrumb"]:
                each["metadata"]["selected"] = entry["tap_stream_id"] in streams
    return catalog


@pytest.mark.fault("R7")
def test_a_stream_that_a_catalog_selects_and_the_metadata_lacks_is_a_failure_and_the_rest_is_read(frozen):
    catalog = catalog_of(frozen, "customers", "vendors")
    first = run_tap(frozen.config(), catalog=catalog)
    publish(frozen, without("vendors"))
    second = run_tap(frozen.config(), catalog=catalog, state=first.state)
    assert second.error is not None
    assert second.error.exit_code == 1
    assert "vendors" in str(second.error)
    assert second.records["customers"]
    assert second.state["bookmarks"]["vendors"] == first.state["bookmarks"]["vendors"]
    frozen.clear_faults()
    assert run_tap(frozen.config(), catalog=catalog, state=second.state).error is None


@pytest.mark.parametrize(
    "metadata",
    [
        [],
        [{"breadcrumb": ["properties", "id"], "metadata": {"inclusion": "automatic"}}],
        [{"breadcrumb": [], "metadata": {"selected-by-default": True}}],
        [{"breadcrumb": [], "metadata": {"selected": None, "selected-by-default": True}}],
        [{"breadcrumb": [], "metadata": {"inclusion": "automatic"}}],
    ],
)
@pytest.mark.fault("R7")
def test_a_stream_is_missed_however_a_catalog_selects_it(frozen, metadata):
    """Each of these is read when it is there."""
    catalog = {"streams": [{"tap_stream_id": name, "metadata": metadata} for name in ("customers", "wombats")]}
    outcome = run_tap(frozen.config(), catalog=catalog)
    assert outcome.records["customers"]
    assert "Everything else was read, but not wombats" in str(outcome.error)


@pytest.mark.parametrize(
    "root",
    [
        {"inclusion": "available"},
        {"selected": False, "selected-by-default": True},
        {"selected": True, "inclusion": "unsupported"},
    ],
)
@pytest.mark.fault("R7")
def test_what_a_catalog_leaves_out_may_be_missing(frozen, root):
    metadata = [{"breadcrumb": [], "metadata": root}]
    catalog = {"streams": [{"tap_stream_id": name, "metadata": metadata} for name in ("customers", "wombats")]}
    outcome = run_tap(frozen.config(), catalog=catalog)
    assert outcome.error is None
    assert not outcome.records


def test_a_stream_that_was_read_before_without_a_catalog_and_that_the_metadata_lacks_is_a_failure(frozen):
    second_company = frozen.companies()[1]["id"]
    first = run_tap(frozen.config(company_ids=second_company))
    publish(frozen, without("vendors", "trialBalances"))
    second = run_tap(frozen.config(company_ids=second_company), state=first.state)
    assert second.error is not None
    assert "vendors" in str(second.error)
    assert "trialBalances" not in str(second.error)


@pytest.mark.fault("R7")
def test_a_way_to_a_stream_that_the_metadata_lacks_is_a_failure_of_that_way(frozen):
    company = frozen.companies()[0]["id"]
    streams = ["dimensionSetLines"]
    first = run_tap(frozen.config(company_ids=company), select=streams)
    publish(frozen, without("salesInvoices"))
    second = run_tap(frozen.config(company_ids=company), select=streams, state=first.state)
    assert second.error is not None
    assert "dimensionSetLines of salesInvoices " in str(second.error)
    assert "dimensionSetLines of salesInvoices/salesInvoiceLines" in str(second.error)
    assert second.bookmark("dimensionSetLines", company, "salesInvoices") == first.bookmark(
        "dimensionSetLines", company, "salesInvoices"
    )


def test_lines_without_the_documents_that_lead_to_them_are_a_failure(frozen):
    catalog = catalog_of(frozen, "salesInvoiceLines")
    publish(frozen, without("salesInvoices"))
    outcome = run_tap(frozen.config(), catalog=catalog)
    assert outcome.error is not None
    assert "salesInvoiceLines" in str(outcome.error)


def test_what_a_hotglue_record_should_hold_and_the_metadata_lacks_is_a_failure(frozen):
    publish(frozen, without("salesInvoiceLines"))
    outcome = run_tap(frozen.config(stream_naming="hotglue"), select=["sales_invoices"])
    assert outcome.error is not None
    assert "salesInvoiceLines of sales_invoices" in str(outcome.error)
    assert outcome.records["sales_invoices"]
