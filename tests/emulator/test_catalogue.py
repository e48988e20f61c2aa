"""The catalogue: what it says of properties and sets, and that it agrees with itself."""

from __future__ import annotations

from decimal import Decimal
from xml.etree.ElementTree import fromstring

import pytest

from dynamics_bc_emulator.odata.catalogue import (
    Catalogue,
    EntitySet,
    Link,
    Navigation,
    Property,
    load_catalogue,
)
from dynamics_bc_emulator.odata.metadata import entity_definitions, metadata_document, service_document
from dynamics_bc_emulator.routes import standard_route
from dynamics_bc_emulator.shown_routes import home
from dynamics_bc_emulator.stamps import ZERO_GUID
from dynamics_bc_emulator.writes.values import to_stored

CATALOGUE = load_catalogue()
SETS = CATALOGUE.sets
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


@pytest.mark.parametrize(
    ("type_name", "more", "blank", "initial"),
    [
        ("Edm.String", {}, "", ""),
        ("Edm.String", {"default": "2:2"}, "", "2:2"),
        ("Edm.Guid", {}, ZERO_GUID, ZERO_GUID),
        ("Edm.Date", {}, "0001-01-01", "0001-01-01"),
        ("Edm.DateTimeOffset", {}, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("Edm.Decimal", {"default": "0.01"}, Decimal(0), Decimal("0.01")),
        ("Edm.Int32", {"default": "7"}, 0, 7),
        ("Edm.Int64", {"default": "8"}, 0, 8),
        ("Edm.Boolean", {"default": "True"}, False, True),
        ("Edm.Boolean", {"default": "false"}, False, False),
        ("Edm.Duration", {}, "PT0S", "PT0S"),
        ("Microsoft.NAV.kind", {"enum": ("_x0020_", "A")}, "_x0020_", "_x0020_"),
        ("Microsoft.NAV.kind", {"enum": ("_x0020_", "A"), "default": "A"}, "_x0020_", "A"),
    ],
)
def test_an_unset_value_is_the_blank_of_its_type_and_a_new_one_its_default(type_name, more, blank, initial):
    known = Property("x", type_name, "X", **more)
    assert (known.blank, type(known.blank)) == (blank, type(blank))
    assert (known.initial, type(known.initial)) == (initial, type(initial))


def test_a_release_is_read_once_however_it_is_asked_for():
    assert load_catalogue() is load_catalogue(29)
    assert standard_route() is standard_route(28)
    assert home().catalogue.sets["items"] is load_catalogue().sets["items"]


@pytest.mark.parametrize("release", [28, 29])
def test_each_member_of_an_enum_has_its_own_caption(release):
    catalogue = load_catalogue(release)
    for entity_set in catalogue.sets.values():
        for known in entity_set.properties.values():
            if known.enum:
                captions = {
                    odata: caption or "" for _, odata, caption in catalogue.enums[known.type.rpartition(".")[2]]
                }
                assert dict(zip(known.enum, known.captions, strict=True)) == captions, (entity_set.name, known.name)


def test_what_a_new_row_begins_with_is_what_the_store_would_take():
    for entity_set in SETS.values():
        for name, value in entity_set.initial.items() if entity_set.insertable else ():
            assert to_stored(entity_set.properties[name], value) == value, (entity_set.name, name)
        assert "id" not in entity_set.initial
        assert set(entity_set.blanks) == set(entity_set.properties) - set(entity_set.streams)


EVENTS = "externalbusinesseventdefinitions"


def test_a_set_speaks_of_properties_that_it_has():
    for entity_set in SETS.values():
        names = {name for group in entity_set.mandatory for name in group} | set(entity_set.natural_key)
        assert names | set(entity_set.key) <= set(entity_set.properties), entity_set.name
        if entity_set.parent_filter and entity_set.name != "applyVendorEntries":
            filters = {name for choice in entity_set.parent_filter_names for name in choice.split("|")}
            assert filters <= set(entity_set.properties)
        assert entity_set.parent_filter in {None, "any", "all"}
        assert entity_set.kind in {"page", "query", "platform", "definitions"}
        assert (len(entity_set.key) > 1) == (entity_set.kind == "query" or entity_set.name == EVENTS)


def test_a_navigation_joins_properties_of_both_of_its_ends():
    for entity_set in SETS.values():
        for navigation in entity_set.navigation.values():
            target = SETS[navigation.target]
            for link in navigation.links:
                assert link.field is None or link.field in entity_set.properties, navigation.name
                assert link.own is None or link.own in entity_set.properties, navigation.name
                # The other page may call the table's own number by another name.
                known = link.target is None or link.target in target.properties or "number" in target.properties
                assert known or target.name == "applyVendorEntries", navigation.name


def test_a_constant_of_a_navigation_is_a_member_of_the_enum_it_is_compared_with():
    for entity_set in SETS.values():
        for navigation in entity_set.navigation.values():
            for link in navigation.links:
                known = SETS[navigation.target].properties.get(link.target or "")
                own = entity_set.properties.get(link.own or "")
                for one in (known, own):
                    if link.const is not None and one is not None and one.enum:
                        assert link.const in one.enum, navigation.name


def test_what_only_reads_takes_no_actions():
    for entity_set in SETS.values():
        if entity_set.kind == "query":
            offered = (entity_set.insertable, entity_set.modifiable, entity_set.deletable, bool(entity_set.actions))
            assert not any(offered), entity_set.name


def test_a_name_is_found_in_any_case_and_another_is_not():
    for entity_set in SETS.values():
        for name in entity_set.properties:
            assert entity_set.spelling(name.upper()) == name
        assert entity_set.spelling("nickname") is None


@pytest.mark.parametrize(
    ("name", "stamp"),
    [
        ("customers", "lastModifiedDateTime"),
        ("timeRegistrationEntries", "lastModfiedDateTime"),
        ("salesInvoiceLines", None),
        ("companies", None),
    ],
)
def test_a_set_knows_the_property_that_serves_its_stamp(name, stamp):
    assert SETS[name].stamp == stamp


@pytest.mark.parametrize(
    "name",
    [
        "purchaseCreditMemoLines",
        "purchaseInvoiceLines",
        "purchaseOrderLines",
        "salesCreditMemoLines",
        "salesInvoiceLines",
        "salesOrderLines",
        "salesQuoteLines",
        "dimensionSetLines",
        "pictures",
        "pdfDocument",
        "trialBalances",
        "customerSales",
        "contactsInformation",
    ],
)
def test_lines_reports_and_parts_of_others_have_no_stamp(name):
    assert SETS[name].stamp is None


@pytest.mark.parametrize(
    ("place", "parents"),
    [
        (("pictures", "Customer"), {"customers"}),
        (("pictures", "Item"), {"items"}),
        (("dimensionSetLines", "Sales_x0020_Invoice"), {"salesInvoices"}),
        (("dimensionSetLines", "Purchase_x0020_Order_x0020_Line"), {"purchaseOrderLines"}),
        (("pdfDocument", "Purchase_x0020_Invoice"), {"purchaseInvoices"}),
    ],
)
def test_a_parent_type_leads_to_the_sets_whose_rows_are_such_parents(place, parents):
    assert set(CATALOGUE.parent_types[place]) == parents


KIND = Property("kind", "Microsoft.NAV.shape", "Kind", enum=("_x0020_", "A_x0026_B"))
PARTS = {
    "boxes": {
        "properties": (
            Property("id", "Edm.Guid", "Id"),
            Property("number", "Edm.String", "No.", max_length=20),
            Property("weight", "Edm.Decimal", "Weight"),
            Property("lidId", "Edm.Guid", "Lid Id"),
            KIND,
        ),
        "navigation": (
            Navigation("lid", "lids", many=False, implied=False, links=(Link("lidId", "id", None, None),)),
            Navigation("notes", "notes", many=True, implied=False, links=(Link("id", "boxId", None, None),)),
            Navigation("loose", "lids", many=False, implied=False, links=(Link("lidId", "unknown", None, None),)),
        ),
        "actions": ("post",),
    },
    "lids": {"properties": (Property("id", "Edm.Guid", "Id"),)},
    "notes": {"properties": (Property("boxId", "Edm.Guid", "Box"),), "key": ()},
    "companies": {"properties": (Property("id", "Edm.Guid", "Id"),), "tenant_wide": True},
}


def small_set(name, properties, *, key=("id",), navigation=(), actions=(), tenant_wide=False):
    return EntitySet(
        name=name,
        entity=name[:-1],
        table=f"{name[:-1].title()} & Co",
        kind="page",
        key=key,
        insertable=True,
        modifiable=True,
        deletable=True,
        tenant_wide=tenant_wide,
        parent_filter=None,
        parent_filter_names=(),
        mandatory=(),
        natural_key=(),
        replica=False,
        properties={one.name: one for one in properties},
        navigation={one.name: one for one in navigation},
        actions=actions,
    )


SMALL = Catalogue(
    {name: small_set(name, **parts) for name, parts in PARTS.items()},
    {"shape": ((0, "_x0020_", " "), (7, "A_x0026_B", "A&B"))},
)


@pytest.fixture(scope="module")
def schema():
    return fromstring(metadata_document(SMALL)).find(f".//{EDM}Schema")


def entity(schema, name):
    return schema.find(f"{EDM}EntityType[@Name='{name}']")


def test_metadata_spells_types_lengths_and_keys(schema):
    box = entity(schema, "boxe")
    assert [dict(one.attrib) for one in box.iter(f"{EDM}PropertyRef")] == [{"Name": "id"}]
    assert [dict(one.attrib) for one in box.iter(f"{EDM}Property")] == [
        {"Name": "id", "Type": "Edm.Guid", "Nullable": "false"},
        {"Name": "number", "Type": "Edm.String", "MaxLength": "20"},
        {"Name": "weight", "Type": "Edm.Decimal", "Scale": "Variable"},
        {"Name": "lidId", "Type": "Edm.Guid"},
        {"Name": "kind", "Type": "Microsoft.NAV.shape"},
    ]
    assert entity(schema, "note").find(f"{EDM}Key") is None


def test_metadata_spells_where_navigations_lead_and_by_which_property(schema):
    lid, notes, loose = entity(schema, "boxe").iter(f"{EDM}NavigationProperty")
    assert lid.attrib == {"Name": "lid", "Type": "Microsoft.NAV.lid", "ContainsTarget": "true"}
    assert [dict(one.attrib) for one in lid] == [{"Property": "lidId", "ReferencedProperty": "id"}]
    assert notes.attrib["Type"] == "Collection(Microsoft.NAV.note)"
    assert [dict(one.attrib) for one in notes] == [{"Property": "id", "ReferencedProperty": "boxId"}]
    assert (loose.attrib["Name"], list(loose)) == ("loose", [])


def test_metadata_lets_a_company_contain_every_set_that_is_not_the_tenants(schema):
    contained = [one.attrib for one in entity(schema, "companie").iter(f"{EDM}NavigationProperty")]
    assert [one["Name"] for one in contained] == ["boxes", "lids", "notes"]
    assert {one["ContainsTarget"] for one in contained} == {"true"}
    assert contained[0]["Type"] == "Collection(Microsoft.NAV.boxe)"


def test_metadata_spells_enums_actions_and_the_container(schema):
    (enum,) = schema.iter(f"{EDM}EnumType")
    assert [dict(one.attrib) for one in enum] == [
        {"Name": "_x0020_", "Value": "0"},
        {"Name": "A_x0026_B", "Value": "7"},
    ]
    (action,) = schema.iter(f"{EDM}Action")
    assert action.attrib == {"Name": "post", "IsBound": "true"}
    assert action[0].attrib == {"Name": "bindingParameter", "Type": "Microsoft.NAV.boxe"}
    boxes, *others = schema.find(f"{EDM}EntityContainer")
    assert boxes.attrib == {"Name": "boxes", "EntityType": "Microsoft.NAV.boxe"}
    assert [one.attrib["Term"].rpartition(".")[2] for one in boxes] == [
        "ChangeTracking",
        "DeleteRestrictions",
        "InsertRestrictions",
        "UpdateRestrictions",
        "SortRestrictions",
    ]
    assert [one.attrib["Name"] for one in others] == ["lids", "notes", "companies"]


def test_the_service_document_lists_every_set_by_its_name():
    document = service_document(SMALL, "http://bc")
    assert document["@odata.context"] == "http://bc/$metadata"
    assert document["value"][0] == {"name": "boxes", "kind": "EntitySet", "url": "boxes"}
    assert [one["name"] for one in document["value"]] == list(SMALL.sets)


def test_captions_are_those_of_entities_sets_properties_actions_and_members():
    (box,) = entity_definitions(SMALL, ("boxe",))
    assert (box["entityName"], box["entitySetName"]) == ("boxe", "boxes")
    assert box["entityCaptions"] == [{"languageCode": 1033, "caption": "Boxe & Co"}]
    assert box["entitySetCaptions"] == [{"languageCode": 1033, "caption": "boxes"}]
    assert box["properties"][1] == {"name": "number", "captions": [{"languageCode": 1033, "caption": "No."}]}
    assert box["actions"] == [{"name": "post", "captions": [{"languageCode": 1033, "caption": "post"}]}]
    assert box["enumMembers"][1] == {
        "name": "A_x0026_B",
        "value": 7,
        "captions": [{"languageCode": 1033, "caption": "A&B"}],
    }
    assert [each["entityName"] for each in entity_definitions(SMALL)] == ["boxe", "lid", "note", "companie"]
    assert entity_definitions(SMALL, ("Lid",)) == []


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        (None, 87),
        ("entityName eq 'item'", 1),
        ("entityName eq ''", 0),
        ("entityName eq 'Item'", 0),
        ("entityName eq 'item' or entityName eq 'vendor'", 2),
        ("startswith(entityName,'salesOrder')", 2),
    ],
)
def test_captions_are_filtered_by_the_exact_name_of_an_entity(desk, text, entities):
    assert len(desk.rows("/entityDefinitions", **({"filter": text} if text else {}))) == entities


@pytest.mark.parametrize(
    ("text", "status"),
    [("entitySetName eq 'boxes'", 501), ("entityName eq lid", 400), ("entityName eq 'lid", 400), ("name eq 'x'", 400)],
)
def test_captions_take_no_other_filter(desk, text, status):
    assert desk.refused("GET", "/entityDefinitions", filter=text)[0] == status
