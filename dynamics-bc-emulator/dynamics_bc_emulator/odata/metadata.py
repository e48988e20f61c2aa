"""The service document, `$metadata` and `entityDefinitions`, written from the catalogue.

The document is spelled as a tenant spells it: every set with its write rights, every navigation as contained, and what
leads back to where it came from marked as such.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from dynamics_bc_emulator.odata.catalogue import DEFINITIONS, ENUM_PREFIX

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from dynamics_bc_emulator.odata.catalogue import Catalogue, EntitySet, Members, Navigation, Property

_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>'
    '<Schema Namespace="Microsoft.NAV" xmlns="http://docs.oasis-open.org/odata/ns/edm">'
)
_TAIL = "</Schema></edmx:DataServices></edmx:Edmx>"
_CAPABILITIES = "Org.OData.Capabilities.V1"
_KEYS = "OData.Community.Keys.V1"
_ENGLISH = 1033


def service_document(catalogue: Catalogue, root: str) -> dict[str, Any]:
    """The list of entity sets."""
    sets = [{"name": name, "kind": "EntitySet", "url": name} for name in catalogue.sets]
    return {"@odata.context": f"{root}/$metadata", "value": sets}


def metadata_document(catalogue: Catalogue) -> bytes:
    """The metadata document as XML."""
    text = "".join((_HEAD, *_schema(catalogue), _TAIL))
    if f"{catalogue.namespace}." != ENUM_PREFIX:
        # Web services have a shorter namespace than APIs.
        text = text.replace(ENUM_PREFIX.rstrip("."), catalogue.namespace)
    return text.encode()


def _schema(catalogue: Catalogue) -> Iterator[str]:
    # The captions' own types come first, before the enums of the others.
    sets = catalogue.sets.values()
    for entity_set in (each for each in sets if each.kind == DEFINITIONS):
        yield from _entity_type(catalogue, entity_set)
    for name, properties in catalogue.complex_types.items():
        yield f"<ComplexType Name={quoteattr(name)}>"
        for property_name, type_name, required in properties:
            yield f"<Property Name={quoteattr(property_name)} Type={quoteattr(type_name)}{_nullable(required)} />"
        yield "</ComplexType>"
    for name, members in catalogue.enums.items():
        yield from _enum(name, members)
    for entity_set in (each for each in sets if each.kind != DEFINITIONS):
        yield from _entity_type(catalogue, entity_set)
    for action, entity in _actions(catalogue):
        yield f'<Action Name={quoteattr(action)} IsBound="true">'
        yield f'<Parameter Name="bindingParameter" Type="{ENUM_PREFIX}{entity}" /></Action>'
    yield '<EntityContainer Name="NAV">'
    for entity_set in sets:
        yield from _container_set(entity_set)
    yield "</EntityContainer>"
    yield from _annotations(catalogue)


def _nullable(required: bool) -> str:
    return ' Nullable="false"' if required else ""


def _enum(name: str, members: Members) -> Iterator[str]:
    yield f"<EnumType Name={quoteattr(name)}>"
    for value, odata, _ in sorted(members):
        yield f'<Member Name={quoteattr(odata)} Value="{value}" />'
    yield "</EnumType>"


def _actions(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Each action with the type that it is bound to; those of one name stand together."""
    names = dict.fromkeys(action for entity_set in catalogue.sets.values() for action in sorted(entity_set.actions))
    for action in names:
        yield from ((action, each.entity) for each in catalogue.sets.values() if action in each.actions)


def _entity_type(catalogue: Catalogue, entity_set: EntitySet) -> Iterator[str]:
    yield f"<EntityType Name={quoteattr(entity_set.entity)}>"
    if entity_set.key:
        yield "<Key>" + "".join(f"<PropertyRef Name={quoteattr(name)} />" for name in entity_set.key) + "</Key>"
    for known in entity_set.properties.values():
        yield _property(known, required=known.required or known.name in entity_set.key)
    for navigation in entity_set.navigation.values():
        yield from _navigation(catalogue, entity_set, navigation)
    if entity_set.name == catalogue.companies:
        for other in catalogue.sets.values():
            if not other.tenant_wide:
                kind = f"Collection({ENUM_PREFIX}{other.entity})"
                yield f'<NavigationProperty Name={quoteattr(other.name)} Type="{kind}" ContainsTarget="true" />'
    if entity_set.alternate_keys:
        yield from _alternate_keys(entity_set.alternate_keys)
    yield "</EntityType>"


def _property(known: Property, *, required: bool) -> str:
    length = f' MaxLength="{known.max_length}"' if known.max_length and known.states_length else ""
    scale = ' Scale="Variable"' if known.type == "Edm.Decimal" else ""
    return f"<Property Name={quoteattr(known.name)} Type={quoteattr(known.type)}{_nullable(required)}{length}{scale} />"


def _navigation(catalogue: Catalogue, source: EntitySet, navigation: Navigation) -> Iterator[str]:
    target = catalogue.sets[navigation.target]
    entity = f"{ENUM_PREFIX}{target.entity}"
    kind = f"Collection({entity})" if navigation.many else entity
    partner = _partner(catalogue, source, navigation)
    shown = f" Partner={quoteattr(partner)}" if partner else ""
    yield f'<NavigationProperty Name={quoteattr(navigation.name)} Type="{kind}"{shown} ContainsTarget="true">'
    for own, other in navigation.joins(target):
        yield f"<ReferentialConstraint Property={quoteattr(own)} ReferencedProperty={quoteattr(other)} />"
    yield "</NavigationProperty>"


def _partner(catalogue: Catalogue, source: EntitySet, navigation: Navigation) -> str | None:
    """The navigation that leads back.

    A part of a page can be left the way it was entered: the part's type has a navigation that is called after the type
    that it came from.
    """
    back = catalogue.sets[navigation.target].navigation.values()
    if navigation.implied:
        if navigation.name != catalogue.sets[navigation.target].entity:
            return None
        return next((each.name for each in back if each.target == source.name and not each.implied), None)
    return next(
        (each.name for each in back if each.target == source.name and each.implied and each.name == source.entity), None
    )


def _alternate_keys(keys: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f'<Annotation Term="{_KEYS}.AlternateKeys"><Collection>'
    for names in keys:
        yield f'<Record Type="{_KEYS}.AlternateKey"><PropertyValue Property="Key"><Collection>'
        for name in names:
            yield f'<Record Type="{_KEYS}.PropertyRef"><PropertyValue Property="Alias" String={quoteattr(name)} />'
            yield f'<PropertyValue Property="Name" PropertyPath={quoteattr(name)} /></Record>'
        yield "</Collection></PropertyValue></Record>"
    yield "</Collection></Annotation>"


def _container_set(entity_set: EntitySet) -> Iterator[str]:
    yield f'<EntitySet Name={quoteattr(entity_set.name)} EntityType="{ENUM_PREFIX}{entity_set.entity}">'
    if entity_set.kind != DEFINITIONS:
        yield _capability("ChangeTracking", "Supported", holds=False)
        yield _capability("DeleteRestrictions", "Deletable", holds=entity_set.deletable)
        yield _capability("InsertRestrictions", "Insertable", holds=entity_set.insertable)
        yield _capability("UpdateRestrictions", "Updatable", holds=entity_set.modifiable)
        yield _capability("SortRestrictions", "Sortable", holds=entity_set.sortable)
    yield "</EntitySet>"


def _capability(term: str, name: str, *, holds: bool) -> str:
    value = f'<Record><PropertyValue Property="{name}" Bool="{str(holds).lower()}" /></Record>'
    return f'<Annotation Term="{_CAPABILITIES}.{term}">{value}</Annotation>'


def _annotations(catalogue: Catalogue) -> Iterator[str]:
    for entity_set in catalogue.sets.values():
        for known in entity_set.properties.values():
            if known.language_dependent:
                yield _annotated(entity_set.entity, known.name, "Org.OData.Core.V1.IsLanguageDependent")
    for entity_set in catalogue.sets.values():
        for navigation in entity_set.navigation.values():
            back = None if navigation.implied else _partner(catalogue, entity_set, navigation)
            if back:
                term = f"{ENUM_PREFIX}IsBidirectionalPartnerNavigation"
                yield _annotated(catalogue.sets[navigation.target].entity, back, term)


def _annotated(entity: str, name: str, term: str) -> str:
    target = quoteattr(f"{ENUM_PREFIX}{entity}/{name}")
    return f'<Annotations Target={target}><Annotation Term="{term}" Bool="true" /></Annotations>'


def entity_definitions(catalogue: Catalogue, entities: Container[str] | None = None) -> list[dict[str, Any]]:
    """Captions of entities, their sets, properties, actions and enum members.

    Args:
        catalogue: What is offered.
        entities: Names of the entity types; None for all.
    """
    sets = catalogue.sets.values()
    return [_definition(catalogue, each) for each in sets if entities is None or each.entity in entities]


def _definition(catalogue: Catalogue, entity_set: EntitySet) -> dict[str, Any]:
    enums = {known.type.rpartition(".")[2] for known in entity_set.properties.values() if known.enum}
    members = [member for name in sorted(enums) for member in catalogue.enums[name]]
    return {
        "entityName": entity_set.entity,
        "entitySetName": entity_set.name,
        "entityCaptions": _captions(entity_set.table),
        "entitySetCaptions": _captions(entity_set.name),
        "properties": [
            {"name": known.name, "captions": _captions(known.caption)} for known in entity_set.properties.values()
        ],
        "actions": [{"name": name, "captions": _captions(name)} for name in entity_set.actions],
        "enumMembers": [
            {"name": odata, "value": value, "captions": _captions(caption)} for value, odata, caption in members
        ],
    }


def _captions(text: str) -> list[dict[str, Any]]:
    return [{"languageCode": _ENGLISH, "caption": text}]
