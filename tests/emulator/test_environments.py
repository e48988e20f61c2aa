"""Environments, the service document, `$metadata` and captions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from defusedxml import ElementTree

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from emulator.plain_api import Api

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


@pytest.fixture
def schema(api: Api) -> Element:
    answer = api.get("$metadata")
    assert answer.headers["Content-Type"] == "application/xml"
    root = ElementTree.fromstring(answer.content)
    found = next(iter(root.iter(f"{EDM}Schema")))
    assert found.get("Namespace") == "Microsoft.NAV"
    return found


def named(schema: Element, kind: str, name: str) -> Element:
    return next(one for one in schema.iter(f"{EDM}{kind}") if one.get("Name") == name)


@pytest.mark.parametrize("version", ["v1.0", "v1.1", "v1.2"])
def test_the_light_list_names_the_environment_and_v12_its_ring(api: Api, version: str) -> None:
    answer = api.get(f"{api.emulator.url}/environments/{version}")
    assert answer.headers["api-supported-versions"] == "1.0, 1.1, 1.2"
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    (environment,) = answer.json()["value"]
    assert environment["name"] == "Production"
    assert environment["aadTenantId"] == api.emulator.tenant_id
    assert ("ringName" in environment) == (version == "v1.2")


@pytest.mark.parametrize("path", ["v2.0/applications/BusinessCentral/environments", "v2.29/applications/environments"])
def test_the_admin_list_has_more_and_flat_errors(api: Api, path: str) -> None:
    (environment,) = api.get(f"{api.emulator.url}/admin/{path}").json()["value"]
    assert environment["status"] == "Active"
    assert environment["versionDetails"]["version"]
    refusal = requests.get(f"{api.emulator.url}/admin/{path}", timeout=60)
    assert refusal.status_code == 401
    assert set(refusal.json()) == {"code", "message"}


@pytest.mark.parametrize("prefix", ["v2.0/Nowhere", "v2.0/11111111-2222-3333-4444-555555555555/Production"])
def test_an_unknown_environment_is_answered_in_xml(api: Api, prefix: str) -> None:
    answer = api.get(f"{api.emulator.url}/{prefix}/api/v2.0/companies", Accept="application/json")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("application/xml")
    error = ElementTree.fromstring(answer.content)
    assert [part.text for part in error] == ["NoEnvironment", "Environment does not exist."]


@pytest.mark.parametrize("prefix", ["Production", "production", "{tenant}/Production", "emulator.example/PRODUCTION"])
def test_both_url_prefixes_and_any_case_of_the_environment_lead_to_the_same_data(api: Api, prefix: str) -> None:
    root = f"{api.emulator.url}/v2.0/{prefix.format(tenant=api.emulator.tenant_id)}/api/v2.0"
    assert api.ok(f"{root}/companies")["value"] == api.companies
    assert api.ok(f"{root}/companies")["@odata.context"].startswith(root)


def test_the_service_document_lists_the_sets_that_tenants_publish(api: Api) -> None:
    sets = api.ok("")["value"]
    assert len(sets) == 83 + 4
    assert {"name": "salesInvoices", "kind": "EntitySet", "url": "salesInvoices"} in sets


def test_the_metadata_describes_every_set_of_the_service_document(api: Api, schema: Element) -> None:
    types = {one.get("Name") for one in schema.iter(f"{EDM}EntityType")}
    sets = {one.get("Name"): one.get("EntityType", "") for one in schema.iter(f"{EDM}EntitySet")}
    assert set(sets) == {one["name"] for one in api.ok("")["value"]}
    assert {kind.removeprefix("Microsoft.NAV.") for kind in sets.values()} == types


def test_properties_have_types_lengths_and_keys(schema: Element) -> None:
    customer = named(schema, "EntityType", "customer")
    assert [ref.get("Name") for ref in customer.iter(f"{EDM}PropertyRef")] == ["id"]
    properties = {one.get("Name"): one for one in customer.iter(f"{EDM}Property")}
    assert (properties["id"].get("Type"), properties["id"].get("Nullable")) == ("Edm.Guid", "false")
    assert properties["displayName"].get("MaxLength") == "100"
    assert properties["creditLimit"].get("Type") == "Edm.Decimal"
    assert properties["blocked"].get("Type") == "Microsoft.NAV.customerBlocked"


def test_enums_are_spelled_as_they_are_served(schema: Element) -> None:
    members = named(schema, "EnumType", "itemLedgerEntryType").iter(f"{EDM}Member")
    assert "Positive_x0020_Adjmt_x002E_" in {member.get("Name") for member in members}
    blocked = [(one.get("Name"), one.get("Value")) for one in named(schema, "EnumType", "customerBlocked")]
    assert blocked[0] == ("_x0020_", "0")


def test_navigation_says_where_it_leads(schema: Element) -> None:
    invoice = named(schema, "EntityType", "salesInvoice")
    navigation = {one.get("Name"): one.get("Type") for one in invoice.iter(f"{EDM}NavigationProperty")}
    assert navigation["salesInvoiceLines"] == "Collection(Microsoft.NAV.salesInvoiceLine)"
    assert navigation["customer"] == "Microsoft.NAV.customer"
    # What is contained needs no binding.
    assert {one.get("ContainsTarget") for one in schema.iter(f"{EDM}NavigationProperty")} == {"true"}
    assert not list(schema.iter(f"{EDM}NavigationPropertyBinding"))


def test_every_navigation_leads_to_a_type_that_is_there(schema: Element) -> None:
    types = {f"Microsoft.NAV.{one.get('Name')}" for one in schema.iter(f"{EDM}EntityType")}
    for navigation in schema.iter(f"{EDM}NavigationProperty"):
        assert navigation.get("Type", "").removeprefix("Collection(").rstrip(")") in types


def test_bound_actions_are_declared(schema: Element) -> None:
    actions = {
        (action.get("Name"), parameter.get("Type"))
        for action in schema.iter(f"{EDM}Action")
        for parameter in action.iter(f"{EDM}Parameter")
    }
    assert ("post", "Microsoft.NAV.purchaseInvoice") in actions
    assert ("makeCorrectiveCreditMemo", "Microsoft.NAV.salesInvoice") in actions


def test_captions_can_be_asked_for_by_entity_name_only(api: Api) -> None:
    (definition,) = api.ok("entityDefinitions", "$filter=entityName eq 'customer'")["value"]
    assert definition["entitySetName"] == "customers"
    captions = {one["name"]: one["captions"][0]["caption"] for one in definition["properties"]}
    assert captions["balanceDue"] == "Balance Due"
    assert api.refused("entityDefinitions", "$filter=entitySetName eq 'customers'")[0] == 501
