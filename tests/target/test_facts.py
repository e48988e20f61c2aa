"""What is known of entity sets: the packaged facts, and those of one tenant over them."""

from __future__ import annotations

import pytest

from dynamics_bc_client.odata.metadata import parse_metadata
from target_dynamics_bc.kinds.facts import EntitySet, Property, Relation, facts_from_json, packaged_facts
from target_dynamics_bc.kinds.overlaying import overlaid

SMALL = {
    "enums": {"itemType": ["Inventory", "Non_x002D_Inventory"]},
    "entity_sets": {
        "items": {
            "singular": "item",
            "key": ["id"],
            "rights": ["insert", "update"],
            "required": [["baseUnitOfMeasureId", "baseUnitOfMeasureCode"]],
            "relations": [
                {"id": "baseUnitOfMeasureId", "number": "baseUnitOfMeasureCode", "entity_set": "unitsOfMeasure"},
                {"id": "taxGroupId", "entity_set": "taxGroups"},
            ],
            "children": {"defaultDimensions": "defaultDimensions"},
            "properties": {
                "id": {"type": "Guid", "read_only": True},
                "number": {"type": "String", "length": 20, "code": True},
                "displayName": {"type": "String", "length": 100},
                "type": {"enum": "itemType"},
                "unitCost": {"type": "Decimal"},
                "baseUnitOfMeasureId": {"type": "Guid"},
                "baseUnitOfMeasureCode": {"type": "String", "length": 10, "code": True},
                "taxGroupId": {"type": "Guid"},
            },
        }
    },
}

TENANT = b"""<?xml version="1.0"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
<Schema Namespace="Microsoft.NAV" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<EnumType Name="itemType"><Member Name="Inventory" Value="0"/><Member Name="Kit" Value="50000"/></EnumType>
<EntityType Name="item"><Key><PropertyRef Name="id"/></Key>
<Property Name="id" Type="Edm.Guid" Nullable="false"/>
<Property Name="number" Type="Edm.String" MaxLength="35"/>
<Property Name="type" Type="Microsoft.NAV.itemType"/>
<Property Name="colour" Type="Edm.String"/>
<Property Name="baseUnitOfMeasureId" Type="Edm.Guid"/>
<Property Name="baseUnitOfMeasureCode" Type="Edm.String" MaxLength="10"/>
<NavigationProperty Name="pictures" Type="Collection(Microsoft.NAV.picture)"/>
</EntityType>
<EntityType Name="picture"><Key><PropertyRef Name="id"/></Key><Property Name="id" Type="Edm.Guid"/></EntityType>
<EntityContainer Name="NAV">
<EntitySet Name="items" EntityType="Microsoft.NAV.item">
<NavigationPropertyBinding Path="pictures" Target="pictures"/></EntitySet>
<EntitySet Name="pictures" EntityType="Microsoft.NAV.picture"/>
</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"""


def test_what_is_usual_is_left_out_of_the_document_and_understood() -> None:
    items = facts_from_json(SMALL)["items"]
    assert items.properties["number"] == Property("number", "String", 20, is_code=True)
    assert items.properties["id"] == Property("id", "Guid", is_writable=False)
    assert items.properties["type"] == Property("type", "Enum", members=("Inventory", "Non_x002D_Inventory"))
    assert (items.insertable, items.updatable, items.deletable) == (True, True, False)
    assert items.required == (("baseUnitOfMeasureId", "baseUnitOfMeasureCode"),)


def test_a_reference_is_found_by_any_of_its_properties() -> None:
    items = facts_from_json(SMALL)["items"]
    unit = Relation("unitsOfMeasure", "baseUnitOfMeasureId", "baseUnitOfMeasureCode")
    assert items.relation("baseUnitOfMeasureId") == items.relation("baseUnitOfMeasureCode") == unit
    assert items.relation("displayName") is None


@pytest.mark.parametrize(
    ("property_", "caseless", "number"),
    [
        (Property("number", is_code=True), True, False),
        (Property("id", "Guid"), True, False),
        (Property("displayName"), False, False),
        (Property("unitCost", "Decimal"), False, True),
        (Property("lineNumber", "Int32"), False, True),
    ],
)
def test_how_values_compare_follows_from_the_property(property_: Property, caseless: bool, number: bool) -> None:
    assert (property_.is_caseless, property_.is_number) == (caseless, number)


def test_what_the_tenant_publishes_counts() -> None:
    items = overlaid(facts_from_json(SMALL), parse_metadata(TENANT))["items"]
    assert items.properties["number"].length == 35
    assert items.properties["type"].members == ("Inventory", "Kit")
    assert items.properties["colour"] == Property("colour")
    assert "displayName" not in items.properties
    assert dict(items.children) == {"pictures": "pictures"}


def test_what_metadata_never_says_is_kept_from_the_facts() -> None:
    items = overlaid(facts_from_json(SMALL), parse_metadata(TENANT))["items"]
    assert items.properties["number"].is_code
    assert not items.properties["id"].is_writable
    assert items.relation("baseUnitOfMeasureCode") is not None
    assert items.required == (("baseUnitOfMeasureId", "baseUnitOfMeasureCode"),)


def test_a_reference_whose_property_the_tenant_does_not_have_is_none() -> None:
    assert overlaid(facts_from_json(SMALL), parse_metadata(TENANT))["items"].relation("taxGroupId") is None


def test_a_set_that_only_the_tenant_has_is_known_by_its_metadata() -> None:
    pictures = overlaid(facts_from_json(SMALL), parse_metadata(TENANT))["pictures"]
    id_ = Property("id", "Guid", is_writable=False)
    # What the tenant does not restrict is allowed.
    rights = dict.fromkeys(("insertable", "updatable", "deletable"), True)
    assert pictures == EntitySet("pictures", singular="picture", properties={"id": id_}, is_published=True, **rights)


def test_every_reference_of_the_packaged_facts_leads_to_properties_and_sets_that_are_there() -> None:
    facts = packaged_facts()
    missing = [
        (entity_set.name, relation)
        for entity_set in facts.values()
        for relation in entity_set.relations
        if relation.entity_set not in facts
        or not entity_set.properties.keys() >= {*relation.names, *relation.within.split()}
    ]
    assert missing == []


def test_every_child_of_the_packaged_facts_is_a_set_that_can_be_written() -> None:
    facts = packaged_facts()
    children = {child for entity_set in facts.values() for child in entity_set.children.values()}
    assert {child for child in children if not (facts[child].insertable or facts[child].updatable)} == set()


@pytest.mark.parametrize(
    ("entity_set", "name", "length"),
    [
        ("customers", "displayName", 100),
        ("vendors", "phoneNumber", 30),
        ("purchaseInvoices", "vendorInvoiceNumber", 35),
        ("vendorPayments", "documentNumber", 20),
        ("journalLines", "comment", 250),
        ("paymentTerms", "code", 10),
    ],
)
def test_lengths_are_those_of_the_public_source(entity_set: str, name: str, length: int) -> None:
    assert packaged_facts()[entity_set].length(name) == length
