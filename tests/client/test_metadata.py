"""What a metadata document says."""

from __future__ import annotations

import time

import pytest
from client.scripted_service import ROOT, answer

from dynamics_bc_client.errors import UnexpectedAnswer
from dynamics_bc_client.limits import TYPES_WITHIN_TYPES
from dynamics_bc_client.odata.metadata import parse_metadata

DOCUMENT = """<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
 <edmx:DataServices>
  <Schema Namespace="Microsoft.NAV" xmlns="http://docs.oasis-open.org/odata/ns/edm">
   <EnumType Name="itemType">
    <Member Name="Inventory" Value="0"/><Member Name="Non_x002D_Inventory" Value="2"/>
   </EnumType>
   <EntityType Name="entity" Abstract="true">
    <Key><PropertyRef Name="id"/></Key>
    <Property Name="id" Type="Edm.Guid" Nullable="false"/>
   </EntityType>
   <EntityType Name="stamped" BaseType="Microsoft.NAV.entity" Abstract="true">
    <Property Name="lastModifiedDateTime" Type="Edm.DateTimeOffset"/>
   </EntityType>
   <EntityType Name="item" BaseType="Microsoft.NAV.stamped">
    <Property Name="number" Type="Edm.String" MaxLength="20"/>
    <Property Name="type" Type="Microsoft.NAV.itemType"/>
    <Property Name="unitPrice" Type="Edm.Decimal" Scale="Variable"/>
    <Property Name="notes" Type="Edm.String" MaxLength="max"/>
    <NavigationProperty Name="picture" Type="Microsoft.NAV.picture"/>
    <NavigationProperty Name="defaultDimensions" Type="Collection(Microsoft.NAV.defaultDimension)"/>
    <NavigationProperty Name="alsoItem" Type="Microsoft.NAV.item"/>
    <NavigationProperty Name="contact" Type="Microsoft.NAV.contact"/>
   </EntityType>
   <EntityType Name="picture">
    <Key><PropertyRef Name="id"/></Key>
    <Property Name="id" Type="Edm.Guid"/><Property Name="pictureContent" Type="Edm.Stream"/>
   </EntityType>
   <EntityType Name="defaultDimension">
    <Key><PropertyRef Name="parentId"/><PropertyRef Name="id"/></Key>
    <Property Name="parentId" Type="Edm.Guid"/><Property Name="id" Type="Edm.Guid"/>
   </EntityType>
   <EntityType Name="contact"><Key><PropertyRef Name="id"/></Key><Property Name="id" Type="Edm.Guid"/></EntityType>
   <Action Name="post" IsBound="true"><Parameter Name="bindingParameter" Type="Microsoft.NAV.item"/></Action>
   <Action Name="archive" IsBound="true"><Parameter Name="bindingParameter" Type="Microsoft.NAV.entity"/></Action>
   <Action Name="unbound"><Parameter Name="x" Type="Microsoft.NAV.item"/></Action>
   <EntityContainer Name="NAV">
    <EntitySet Name="items" EntityType="Microsoft.NAV.item">
     <NavigationPropertyBinding Path="picture" Target="pictures"/>
    </EntitySet>
    <EntitySet Name="pictures" EntityType="Microsoft.NAV.picture"/>
    <EntitySet Name="defaultDimensions" EntityType="Microsoft.NAV.defaultDimension"/>
    <EntitySet Name="contacts" EntityType="Microsoft.NAV.contact"/>
    <EntitySet Name="people" EntityType="Microsoft.NAV.contact"/>
   </EntityContainer>
  </Schema>
 </edmx:DataServices>
</edmx:Edmx>"""


@pytest.fixture
def metadata():
    return parse_metadata(DOCUMENT.encode())


def test_entity_sets_come_in_the_documents_order(metadata):
    assert list(metadata.entity_sets) == ["items", "pictures", "defaultDimensions", "contacts", "people"]


def test_base_types_give_their_properties_first_and_their_key(metadata):
    item = metadata.entity_sets["items"].type
    assert item.name == "item"
    assert item.key == ("id",)
    assert list(item.properties) == ["id", "lastModifiedDateTime", "number", "type", "unitPrice", "notes"]
    assert metadata.entity_sets["defaultDimensions"].type.key == ("parentId", "id")


def test_properties_know_type_length_and_nullability(metadata):
    properties = metadata.entity_sets["items"].type.properties
    assert (properties["number"].type, properties["number"].max_length) == ("Edm.String", 20)
    assert (properties["id"].nullable, properties["number"].nullable) == (False, True)
    assert properties["notes"].max_length is None
    assert properties["unitPrice"].enum is None


def test_enums_keep_their_members_as_the_service_spells_them(metadata):
    assert metadata.entity_sets["items"].type.properties["type"].enum == ("Inventory", "Non_x002D_Inventory")
    assert metadata.enums == {"itemType": ("Inventory", "Non_x002D_Inventory")}


def test_streams_are_known(metadata):
    assert metadata.entity_sets["pictures"].type.properties["pictureContent"].is_stream
    assert not metadata.entity_sets["pictures"].type.properties["id"].is_stream


@pytest.mark.parametrize(
    ("name", "target_type", "many", "target_set"),
    [
        ("picture", "picture", False, "pictures"),
        ("defaultDimensions", "defaultDimension", True, "defaultDimensions"),
        ("alsoItem", "item", False, "items"),
        ("contact", "contact", False, None),
    ],
)
def test_navigation_leads_to_its_binding_or_the_only_set_of_its_type(metadata, name, target_type, many, target_set):
    found = metadata.entity_sets["items"].type.navigation[name]
    assert (found.name, found.target_type, found.many, found.target_set) == (name, target_type, many, target_set)


def test_actions_are_those_bound_to_the_type_or_its_base(metadata):
    assert metadata.entity_sets["items"].actions == ("post", "archive")
    assert metadata.entity_sets["pictures"].actions == ()


def test_a_set_is_found_in_any_case(metadata):
    assert metadata.find("DEFAULTdimensions").name == "defaultDimensions"
    assert metadata.find("nothing") is None


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"", "could not be read"),
        (b"{}", "could not be read"),
        (b"<html/>", "publishes no entity sets"),
        (b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>', "could not be read"),
        (
            DOCUMENT.replace('"people" EntityType="Microsoft.NAV.contact"', '"people" EntityType="X.nobody"').encode(),
            "nobody",
        ),
        (
            DOCUMENT.replace('BaseType="Microsoft.NAV.entity"', 'BaseType="Microsoft.NAV.item"').encode(),
            "does not explain",
        ),
    ],
)
def test_what_is_no_metadata_is_an_error(document, said):
    with pytest.raises(UnexpectedAnswer, match=said):
        parse_metadata(document)


COMPLEX = b"""<Edmx><Schema>
<ComplexType Name="label"><Property Name="language" Type="Edm.Int32"/>
<Property Name="text" Type="Edm.String"/></ComplexType>
<ComplexType Name="labels"><Property Name="all" Type="Collection(Microsoft.NAV.label)"/>
<Property Name="inner" Type="Microsoft.NAV.labels"/></ComplexType>
<EntityType Name="a"><Property Name="label" Type="Microsoft.NAV.label"/>
<Property Name="labels" Type="Collection(Microsoft.NAV.labels)"/><Property Name="codes" Type="Collection(Edm.String)"/>
<Property Name="odd" Type="Microsoft.NAV.nobody"/></EntityType>
<EntityContainer><EntitySet Name="as" EntityType="Microsoft.NAV.a"/></EntityContainer></Schema></Edmx>"""


def test_properties_of_complex_types_know_their_members():
    properties = parse_metadata(COMPLEX).entity_sets["as"].type.properties
    assert [each.name for each in properties["label"].members] == ["language", "text"]
    assert not properties["label"].is_collection
    (all_, inner) = properties["labels"].members
    assert properties["labels"].is_collection
    assert [each.type for each in all_.members] == ["Edm.Int32", "Edm.String"]
    assert properties["codes"].members is None
    assert properties["odd"].members is None
    assert inner.members == (), "a type inside itself has no end"


def test_a_document_that_defines_entities_is_none():
    declared = '<!DOCTYPE a [<!ENTITY customers "customers">]>'
    bomb = DOCUMENT.replace("<edmx:Edmx", f"{declared}<edmx:Edmx", 1).replace('"items"', '"&customers;"', 1)
    with pytest.raises(UnexpectedAnswer):
        parse_metadata(bomb.encode())


def test_another_routes_document_that_cannot_be_read_concerns_that_route_alone(world):
    world.will_answer(*[answer(200, b"<html/>")] * 20)
    with pytest.raises(UnexpectedAnswer) as caught:
        world.client().metadata("contoso/demo/v1.0")
    assert caught.value.scope == "stream"


def test_web_services_have_a_document_of_their_own(world):
    world.will_answer(answer(200, DOCUMENT.encode()))
    world.client().metadata("ODataV4")
    assert world.requests[0].url == f"{ROOT.removesuffix('/api/v2.0')}/ODataV4/$metadata"


def test_metadata_is_read_once_for_each_route(world):
    world.will_answer(answer(200, DOCUMENT.encode()), answer(200, DOCUMENT.encode()))
    client = world.client()
    assert client.metadata() is client.metadata()
    assert client.metadata("microsoft/analytics/v1.0") is client.metadata("microsoft/analytics/v1.0")
    environment = ROOT.removesuffix("/api/v2.0")
    assert [request.url for request in world.requests] == [
        f"{ROOT}/$metadata",
        f"{environment}/api/microsoft/analytics/v1.0/$metadata",
    ]
    assert world.requests[0].headers["Accept"] == "application/xml"


RIGHTS = """<EntitySet Name="items" EntityType="Microsoft.NAV.item">
<Annotation Term="Org.OData.Capabilities.V1.DeleteRestrictions"><Record>
<PropertyValue Property="Deletable" Bool="false" /></Record></Annotation>
<Annotation Term="Org.OData.Capabilities.V1.UpdateRestrictions"><Record>
<PropertyValue Property="Updatable" Bool="true" /></Record></Annotation>"""


def test_what_may_be_written_is_what_the_annotations_say_and_nothing_where_they_are_silent():
    document = DOCUMENT.replace('<EntitySet Name="items" EntityType="Microsoft.NAV.item">', RIGHTS)
    assert document != DOCUMENT
    items = parse_metadata(document.encode()).entity_sets["items"]
    assert (items.insertable, items.updatable, items.deletable) == (None, True, False)


def unfolding(sets=1, types="", of_type="customer", more=""):
    listed = "".join(f'<EntitySet Name="s{number}" EntityType="X.{of_type}"/>' for number in range(sets))
    return f"<Edmx><Schema>{types}<EntityContainer>{listed}</EntityContainer>{more}</Schema></Edmx>".encode()


def many(text, number):
    return "".join(text.replace("#", str(each)) for each in range(number))


DOUBLED = '<ComplexType Name="t{}"><Property Name="a" Type="X.t{}"/><Property Name="b" Type="X.t{}"/></ComplexType>'
DOUBLING = "".join(DOUBLED.format(n, n + 1, n + 1) for n in range(60))
PROPERTIES = many('<Property Name="p#"/>', 6_000)
UNFOLDING = {
    "types that hold each other twice": unfolding(
        types=DOUBLING + '<EntityType Name="customer"><Property Name="p" Type="X.t0"/></EntityType>'
    ),
    "sets that share a type of many properties": unfolding(
        6_000, f'<EntityType Name="customer">{PROPERTIES}</EntityType>'
    ),
    "elements without number": b"<Edmx>" + b"<a/>" * 6_000 + b"</Edmx>",
    "attributes without number": b"<Edmx><a " + b" ".join(b'a%d=""' % n for n in range(6_000)) + b"/></Edmx>",
    "elements in elements": b"<a>" * 6_000,
}


@pytest.mark.parametrize("document", UNFOLDING.values(), ids=UNFOLDING)
def test_a_document_of_a_few_lines_does_not_unfold_into_memory_without_bound(document, monkeypatch):
    monkeypatch.setattr("dynamics_bc_client.odata.metadata.METADATA_PARTS", 5_000)
    began = time.process_time()
    with pytest.raises(UnexpectedAnswer, match="more than 5,000 elements and properties") as caught:
        parse_metadata(document)
    assert caught.value.scope == "run"
    assert time.process_time() - began < 10


def test_types_in_types_have_an_end():
    chain = "".join(
        f'<ComplexType Name="t{n}"><Property Name="a" Type="X.t{n + 1}"/></ComplexType>' for n in range(5_000)
    )
    found = parse_metadata(
        unfolding(types=chain + '<EntityType Name="customer"><Property Name="p" Type="X.t0"/></EntityType>')
    )
    (members, depth) = (found.entity_sets["s0"].type.properties["p"].members, 0)
    while members:
        members, depth = members[0].members, depth + 1
    assert depth == TYPES_WITHIN_TYPES


def test_a_long_line_of_base_types_is_refused():
    chain = "".join(f'<EntityType Name="t{n}" BaseType="X.t{n + 1}"/>' for n in range(5_000))
    with pytest.raises(UnexpectedAnswer, match="which it does not explain"):
        parse_metadata(unfolding(types=chain, of_type="t0"))


def test_many_sets_and_many_actions_are_no_product(monkeypatch):
    monkeypatch.setattr("dynamics_bc_client.odata.metadata.METADATA_PARTS", 50_000)
    actions = many('<Action Name="a#" IsBound="true"><Parameter Name="b" Type="X.customer"/></Action>', 6_000)
    began = time.process_time()
    with pytest.raises(UnexpectedAnswer, match="more than 50,000"):
        parse_metadata(unfolding(2_000, '<EntityType Name="customer"/>', more=actions))
    assert time.process_time() - began < 10


@pytest.mark.parametrize("length", ["\u00b2", "9" * 5_000, "-1", "max", ""])
def test_a_length_that_is_none_is_no_limit(length):
    types = f'<EntityType Name="customer"><Property Name="p" MaxLength="{length}"/></EntityType>'
    assert parse_metadata(unfolding(types=types)).entity_sets["s0"].type.properties["p"].max_length is None


def test_a_set_without_a_type_is_refused():
    with pytest.raises(UnexpectedAnswer, match=r'refers to the type ""'):
        parse_metadata(b'<Edmx><EntitySet Name="customers"/></Edmx>')


@pytest.mark.parametrize(
    "name", ["", "a b", "a/b", "..", "https://evil.example", "a\\b", "a,b", "a?b", "x) or (1 eq 1", "a'b", "x" * 251]
)
def test_what_can_be_no_name_is_refused(name):
    types = '<EntityType Name="customer"><Property Name="{}"/></EntityType>'
    named = unfolding(types=types.format("p")).replace(b"s0", name.encode())
    for document in (unfolding(types=types.format(name)), named):
        with pytest.raises(UnexpectedAnswer, match="as a name, which it cannot be"):
            parse_metadata(document)


@pytest.mark.parametrize("name", ["number", "Größe", "FORMAT_x0028_Amount_x0029_", "a-b"])
def test_a_name_in_any_language_is_one(name):
    types = f'<EntityType Name="customer"><Property Name="{name}"/></EntityType>'
    assert list(parse_metadata(unfolding(types=types)).entity_sets["s0"].type.properties) == [name]
