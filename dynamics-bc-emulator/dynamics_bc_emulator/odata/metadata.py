"""The service document, `$metadata` and `entityDefinitions`, written from the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from dynamics_bc_emulator.refusals import bad_request, not_implemented

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dynamics_bc_emulator.odata.catalogue import Catalogue, EntitySet, Navigation, Property
    from dynamics_bc_emulator.odata.requests import DataRequest

_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>'
    '<Schema Namespace="Microsoft.NAV" xmlns="http://docs.oasis-open.org/odata/ns/edm">'
)
_TAIL = "</Schema></edmx:DataServices></edmx:Edmx>"
_ENGLISH = 1033


def service_document(catalogue: Catalogue, root: str) -> dict[str, Any]:
    """The list of entity sets."""
    sets = [{"name": name, "kind": "EntitySet", "url": name} for name in catalogue.sets]
    return {"@odata.context": f"{root}/$metadata", "value": sets}


def metadata_document(catalogue: Catalogue) -> bytes:
    """The metadata document as XML."""
    parts = [_HEAD]
    for entity_set in catalogue.sets.values():
        parts += _entity_type(catalogue, entity_set)
    for name, members in catalogue.enums.items():
        parts.append(f"<EnumType Name={quoteattr(name)}>")
        parts += [f'<Member Name={quoteattr(odata)} Value="{value}" />' for value, odata, _ in members]
        parts.append("</EnumType>")
    for entity_set in catalogue.sets.values():
        for action in entity_set.actions:
            parts.append(f'<Action Name={quoteattr(action)} IsBound="true">')
            parts.append(f'<Parameter Name="bindingParameter" Type="Microsoft.NAV.{entity_set.entity}" /></Action>')
    parts.append('<EntityContainer Name="NAV">')
    for entity_set in catalogue.sets.values():
        parts += _container_set(entity_set)
    parts += ["</EntityContainer>", _TAIL]
    return "".join(parts).encode()


def _entity_type(catalogue: Catalogue, entity_set: EntitySet) -> Iterator[str]:
    yield f"<EntityType Name={quoteattr(entity_set.entity)}>"
    if entity_set.key:
        yield "<Key>" + "".join(f"<PropertyRef Name={quoteattr(name)} />" for name in entity_set.key) + "</Key>"
    for known in entity_set.properties.values():
        yield _property(known, is_key=known.name in entity_set.key)
    for navigation in entity_set.navigation.values():
        yield from _navigation(catalogue, navigation)
    if entity_set.name == "companies":
        for other in catalogue.sets.values():
            if not other.tenant_wide:
                kind = f"Collection(Microsoft.NAV.{other.entity})"
                yield f'<NavigationProperty Name={quoteattr(other.name)} Type="{kind}" ContainsTarget="true" />'
    yield "</EntityType>"


def _property(known: Property, *, is_key: bool) -> str:
    nullable = ' Nullable="false"' if is_key else ""
    length = f' MaxLength="{known.max_length}"' if known.max_length else ""
    scale = ' Scale="Variable"' if known.type == "Edm.Decimal" else ""
    return f"<Property Name={quoteattr(known.name)} Type={quoteattr(known.type)}{nullable}{length}{scale} />"


def _navigation(catalogue: Catalogue, navigation: Navigation) -> Iterator[str]:
    entity = f"Microsoft.NAV.{catalogue.sets[navigation.target].entity}"
    kind = f"Collection({entity})" if navigation.many else entity
    yield f'<NavigationProperty Name={quoteattr(navigation.name)} Type="{kind}"'
    constraints = [
        link for link in navigation.links if link.field and link.target in catalogue.sets[navigation.target].properties
    ]
    if navigation.many or not constraints:
        yield ' ContainsTarget="true" />' if navigation.many else " />"
        return
    yield ">"
    for link in constraints:
        own, other = quoteattr(link.field or ""), quoteattr(link.target or "")
        yield f"<ReferentialConstraint Property={own} ReferencedProperty={other} />"
    yield "</NavigationProperty>"


def _container_set(entity_set: EntitySet) -> Iterator[str]:
    yield f'<EntitySet Name={quoteattr(entity_set.name)} EntityType="Microsoft.NAV.{entity_set.entity}">'
    for navigation in entity_set.navigation.values():
        yield f"<NavigationPropertyBinding Path={quoteattr(navigation.name)} Target={quoteattr(navigation.target)} />"
    yield "</EntitySet>"


def entity_definitions(catalogue: Catalogue, request: DataRequest) -> dict[str, Any]:
    """Captions of entities, properties and enum members.

    Raises:
        Refusal: The filter is another one than `entityName eq '...'`.
    """
    wanted = _wanted_entity(request.query.get("$filter"))
    definitions = [_definition(catalogue, one) for one in catalogue.sets.values() if wanted in {None, one.entity}]
    return {"@odata.context": f"{request.base_url}/$metadata#entityDefinitions", "value": definitions}


def _wanted_entity(text: str | None) -> str | None:
    if text is None:
        return None
    name, _, literal = text.partition(" eq ")
    if name.strip() == "entitySetName":
        raise not_implemented("The OData filter expression is not supported.")
    literal = literal.strip()
    if name.strip() != "entityName" or len(literal) < 2 or {literal[0], literal[-1]} != {"'"}:
        raise bad_request("The filter on entityDefinitions is not valid.")
    return literal[1:-1]


def _definition(catalogue: Catalogue, entity_set: EntitySet) -> dict[str, Any]:
    enums = {known.type.rpartition(".")[2] for known in entity_set.properties.values() if known.enum}
    members = [member for name in sorted(enums) for member in catalogue.enums[name]]
    return {
        "entityName": entity_set.entity,
        "entitySetName": entity_set.name,
        "entityCaptions": [{"languageCode": _ENGLISH, "caption": entity_set.table, "pluralCaption": entity_set.name}],
        "properties": [
            {"name": known.name, "captions": [{"languageCode": _ENGLISH, "caption": known.caption}]}
            for known in entity_set.properties.values()
        ],
        "enumMembers": [
            {"name": odata, "captions": [{"languageCode": _ENGLISH, "caption": caption}]}
            for _, odata, caption in members
        ],
    }
