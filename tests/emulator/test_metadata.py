"""`$metadata` of release 28 is what a tenant publishes: its counts, kinds, lengths, keys and rights, as literals."""

from __future__ import annotations

from collections import Counter
from functools import cache
from xml.etree.ElementTree import Element, fromstring

import pytest
from emulator.in_process import json_of

from dynamics_bc_emulator.odata.catalogue import load_catalogue
from dynamics_bc_emulator.odata.metadata import metadata_document

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
NAV = "Microsoft.NAV."
CAPABILITIES = "Org.OData.Capabilities.V1."
TECHNICAL = {
    "apicategoryroutes",
    "entityDefinitions",
    "externalbusinesseventdefinitions",
    "externaleventsubscriptions",
}


@cache
def schema(release: int = 28) -> Element:
    found = fromstring(metadata_document(load_catalogue(release))).find(f".//{EDM}Schema")
    assert found is not None
    return found


def entity(name: str) -> Element:
    found = schema().find(f"{EDM}EntityType[@Name='{name}']")
    assert found is not None, name
    return found


def known(entity_name: str, name: str) -> dict[str, str]:
    found = entity(entity_name).find(f"{EDM}Property[@Name='{name}']")
    assert found is not None, (entity_name, name)
    return found.attrib


def keys(entity_name: str) -> list[str]:
    return [one.attrib["Name"] for one in entity(entity_name).iter(f"{EDM}PropertyRef")]


def test_it_has_as_much_of_everything_as_a_tenant():
    container = schema().find(f"{EDM}EntityContainer")
    assert container is not None
    tags = Counter(one.tag.removeprefix(EDM) for one in schema().iter())
    assert {name: tags[name] for name in ("EntitySet", "EntityType", "ComplexType", "EnumType", "Member")} == {
        "EntitySet": 87,
        "EntityType": 87,
        "ComplexType": 4,
        "EnumType": 34,
        "Member": 214,
    }
    assert {name: tags[name] for name in ("Property", "NavigationProperty", "ReferentialConstraint", "Action")} == {
        "Property": 1372,
        "NavigationProperty": 340,
        "ReferentialConstraint": 265,
        "Action": 21,
    }


def test_a_company_contains_the_81_sets_that_are_not_at_the_root():
    contained = {one.attrib["Name"] for one in entity("company").iter(f"{EDM}NavigationProperty")}
    sets = {one.attrib["Name"] for one in schema().iter(f"{EDM}EntitySet")}
    assert len(contained) == 81
    assert sets - contained == TECHNICAL | {"companies", "subscriptions"}


def test_the_newest_release_has_146_sets_and_the_technical_ones():
    sets = {one.attrib["Name"] for one in schema(29).iter(f"{EDM}EntitySet")}
    assert len(sets) == 146 + 4
    assert {one.attrib["Name"] for one in schema().iter(f"{EDM}EntitySet")} <= sets
    assert {"salesOrderArchives", "transferOrders", "workflows"} <= sets


def test_every_set_but_the_captions_has_five_annotations_and_the_rights_are_those_of_a_tenant():
    held: dict[str, dict[str, str]] = {}
    for one in schema().iter(f"{EDM}EntitySet"):
        terms = {
            each.attrib["Term"].removeprefix(CAPABILITIES): next(each.iter(f"{EDM}PropertyValue")).attrib["Bool"]
            for each in one.iter(f"{EDM}Annotation")
        }
        held[one.attrib["Name"]] = terms
    assert held.pop("entityDefinitions") == {}
    assert {len(terms) for terms in held.values()} == {5}
    assert {terms["ChangeTracking"] for terms in held.values()} == {"false"}
    written = Counter(
        "".join(terms[f"{right}Restrictions"][0] for right in ("Insert", "Update", "Delete")) for terms in held.values()
    )
    assert written["ttt"] == 51
    assert written["fff"] == 31
    assert sum(written.values()) == 86
    assert {name for name, terms in held.items() if terms["SortRestrictions"] == "false"} == {
        "apicategoryroutes",
        "customerSales",
        "externaleventsubscriptions",
        "subscriptions",
        "vendorPurchases",
    }


def test_navigation_that_leads_back_names_its_partner_and_is_marked():
    marked = {
        one.attrib["Target"].removeprefix(NAV)
        for one in schema().iter(f"{EDM}Annotations")
        if one[0].attrib["Term"] == f"{NAV}IsBidirectionalPartnerNavigation"
    }
    assert len(marked) == 82
    assert {"salesInvoiceLine/salesInvoice", "picture/customer", "account/trialBalance"} <= marked
    assert sum("Partner" in one.attrib for one in schema().iter(f"{EDM}NavigationProperty")) == 164
    lines = entity("salesInvoice").find(f"{EDM}NavigationProperty[@Name='salesInvoiceLines']")
    assert lines is not None
    assert lines.attrib["Partner"] == "salesInvoice"


def test_options_and_nothing_else_depend_on_the_language():
    marked = [
        one.attrib["Target"].removeprefix(NAV)
        for one in schema().iter(f"{EDM}Annotations")
        if one[0].attrib["Term"] == "Org.OData.Core.V1.IsLanguageDependent"
    ]
    assert len(marked) == 7
    assert {"account/consolidationTranslationMethod", "jobQueueEntry/status"} <= set(marked)


@pytest.mark.parametrize(
    ("entity_name", "names"),
    [
        ("customerSale", ["customerId", "customerNumber", "name"]),
        ("vendorPurchase", ["vendorId", "vendorNumber", "name"]),
        ("externalbusinesseventdefinitions", ["appId", "name", "eventVersion"]),
        ("apicategoryroutes", ["route"]),
        ("entityMetadata", ["entityName"]),
        ("trialBalance", ["accountId"]),
        ("subscriptions", ["subscriptionId"]),
    ],
)
def test_keys_are_those_of_a_tenant_and_stand_first(entity_name, names):
    assert keys(entity_name) == names
    properties = [one.attrib["Name"] for one in entity(entity_name).iter(f"{EDM}Property")]
    assert properties[: len(names)] == names


def test_other_keys_are_annotated():
    found = {
        one.attrib["Name"]: [each.attrib["PropertyPath"] for each in one.iter() if "PropertyPath" in each.attrib]
        for one in schema().iter(f"{EDM}EntityType")
        if one.find(f"{EDM}Annotation") is not None
    }
    assert found == {
        "company": ["businessProfileId", "name"],
        "externalbusinesseventdefinitions": ["appId", "name"],
    }


def test_required_properties_are_marked_whether_they_are_enforced_or_shown_with_a_star():
    required = {
        (one.attrib["Name"], each.attrib["Name"])
        for one in schema().iter(f"{EDM}EntityType")
        for each in one.iter(f"{EDM}Property")
        if each.attrib.get("Nullable") == "false" and each.attrib["Name"] not in keys(one.attrib["Name"])
    }
    assert len(required) == 61
    assert {("customer", "displayName"), ("contact", "jobTitle"), ("documentAttachment", "parentId")} <= required
    assert {("salesInvoice", "customerNumber"), ("timeRegistrationEntry", "quantity")} <= required
    assert ("vendor", "displayName") not in required


@pytest.mark.parametrize(
    ("entity_name", "name", "length"),
    [
        ("company", "name", "30"),
        ("company", "displayName", "250"),
        ("subscriptions", "clientState", "2048"),
        ("customer", "website", "80"),
        ("location", "website", "90"),
        ("customer", "taxRegistrationNumber", None),
        ("bankAccount", "currencyCode", None),
        ("dimensionSetLine", "valueCode", None),
        ("customer", "displayName", "100"),
    ],
)
def test_lengths_are_stated_where_a_tenant_states_them(entity_name, name, length):
    assert known(entity_name, name).get("MaxLength") == length


def test_a_duration_of_the_job_queue_is_a_text():
    assert known("jobQueueEntry", "jobTimeOut")["Type"] == "Edm.String"


def test_enums_are_in_the_order_of_their_values_and_have_the_members_of_the_release():
    members = {
        one.attrib["Name"]: {int(each.attrib["Value"]): each.attrib["Name"] for each in one}
        for one in schema().iter(f"{EDM}EnumType")
    }
    assert all(list(each) == sorted(each) for each in members.values())
    assert members["salesLineType"][8000] == "Service_x0020_Object"
    assert len(members["attachmentEntityBufferDocumentType"]) == 15
    assert members["pictureEntityParentType"].get(6) is None


@pytest.mark.release(29)
def test_what_a_later_release_has_is_not_shown_by_an_earlier_one(desk):
    assert desk.rows("transferOrders")
    assert "Item_x0020_Variant" in {
        one.attrib["Name"] for one in schema(29).iter(f"{EDM}Member") if one.attrib["Value"] == "6"
    }


def test_a_set_that_the_release_does_not_show_is_no_segment(desk):
    for path in ("transferOrders", "salesOrderArchives"):
        assert desk.refused("GET", path)[:2] == (404, "BadRequest_ResourceNotFound")
        assert desk.refused("POST", path, {})[0] == 404
    receipt = desk.id("purchaseReceipts", number=desk.company.find("purchaseReceipts")[0]["number"])
    assert desk.refused("GET", f"purchaseReceipts({receipt})/attachments")[0] == 404
    sent = desk.ask("GET", "purchaseReceipts", expand="attachments")
    assert (sent.status, json_of(sent)["error"]["code"]) == (400, "BadRequest")


@pytest.mark.parametrize("entity_set", ["jobQueueEntries", "jobQueueLogEntries", "accounts", "customerSales"])
def test_rights_that_are_not_annotated_are_refused(desk, entity_set):
    row_id = (desk.company.find(entity_set) or [{"id": "11111111-2222-3333-4444-555555555555"}])[0]["id"]
    allowed = load_catalogue(28).sets[entity_set]
    if not allowed.insertable:
        assert desk.refused("POST", entity_set, {})[0] == 405
    if not allowed.deletable:
        assert desk.refused("DELETE", f"{entity_set}({row_id})")[0] in {400, 405}


def test_a_star_on_a_page_is_not_enforced(desk):
    assert desk.create("contacts", {"displayName": "Ada"})["jobTitle"] == ""


def test_the_routes_are_listed_at_the_root(desk):
    (standard,) = (row for row in desk.rows("/apicategoryroutes") if not row["publisher"])
    assert standard == {"route": "v2.0", "publisher": "", "group": "", "version": "v2.0"}
    assert desk.refused("GET", "apicategoryroutes")[0] == 404


@pytest.mark.parametrize(
    ("keys_text", "status"),
    [
        ("customerId={id},customerNumber='{number}',name='{name}'", 200),
        ("name='{name}',customerNumber='{number}',customerId={id}", 200),
        ("customerId={id},customerNumber='{number}',name='nobody'", 404),
        ("customerId={id},customerNumber='{number}'", 400),
        ("{id}", 400),
    ],
)
def test_a_row_with_a_long_key_is_addressed_by_all_of_it(desk, keys_text, status):
    row = desk.rows("customerSales")[0]
    text = keys_text.format(id=row["customerId"], number=row["customerNumber"], name=row["name"])
    assert desk.ask("GET", f"customerSales({text})").status == status


@pytest.mark.parametrize(
    ("key", "status"),
    [
        ("name='CRONUS International Ltd.'", 200),
        ("businessProfileId='cronus'", 200),
        ("id={id}", 200),
        ("businessProfileId='nobody'", 404),
        ("businessProfileId=''", 404),
        ("displayName='CRONUS International Ltd.'", 400),
    ],
)
def test_a_company_goes_by_its_alternate_keys_too(desk, key, status):
    desk.service.store.update("", "companies", desk.company.id, {"businessProfileId": "cronus"})
    company = f"companies({key.format(id=desk.company.id)})"
    assert desk.ask("GET", f"/{company}").status == status
    assert desk.ask("GET", f"/{company}/customers").status == status
    assert desk.ask("POST", f"/{company}/paymentTerms", {"code": "ALT"}).status == (201 if status == 200 else status)


def test_a_key_is_named_by_its_own_property_or_not_at_all(desk):
    customer = desk.rows("customers")[0]
    assert desk.ask("GET", f"customers(id={customer['id']})").status == 200
    assert desk.ask("GET", f"customers(number='{customer['number']}')").status == 400


def test_an_event_goes_by_application_and_name(desk):
    event = desk.rows("/externalbusinesseventdefinitions")[0]
    key = f"appId={event['appId']},name='{event['name']}'"
    assert json_of(desk.ask("GET", f"/externalbusinesseventdefinitions({key})"))["name"] == event["name"]
    assert (
        desk.ask("GET", f"/externalbusinesseventdefinitions({key},eventVersion='{event['eventVersion']}')").status
        == 200
    )


@pytest.mark.parametrize(
    "entity_set",
    [
        "customerReturnReasons",
        "disputeStatus",
        "fixedAssetLocations",
        "itemVariants",
        "locations",
        "salespeoplePurchasers",
        "taxAreas",
        "taxGroups",
    ],
)
def test_a_code_that_may_not_be_blank_is_missed(desk, entity_set):
    before = len(desk.company.find(entity_set))
    for body in ({}, {"code": ""}, {"code": " "}):
        assert desk.refused("POST", entity_set, body)[0] == 400
    assert len(desk.company.find(entity_set)) == before
