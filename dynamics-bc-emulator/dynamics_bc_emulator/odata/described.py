"""What a metadata document says an API offers, as a catalogue.

Rights come from the annotations of `Org.OData.Capabilities.V1`; what is not annotated may be done, but for sets without
a key. A set belongs to a company if the type of the companies contains it; in a document without companies every set
does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynamics_bc_emulator.odata.catalogue import PAGE, QUERY, Catalogue, EntitySet, Link, Navigation, Property
from dynamics_bc_emulator.odata.documents import BadDocument, parse_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.etree.ElementTree import Element

    from dynamics_bc_emulator.odata.catalogue import Members

_COLLECTION = re.compile(r"Collection\((?P<of>[^()]+)\)")
_ENCODED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_COMPANIES = ("companies", "Company")
_RIGHTS = {"InsertRestrictions": "Insertable", "UpdateRestrictions": "Updatable", "DeleteRestrictions": "Deletable"}


def described(data: bytes) -> Catalogue:
    """The catalogue of a document.

    Raises:
        BadDocument: It is no metadata document, or contradicts itself; the text says how.
    """
    root = parse_document(data)
    schemas = [each for each in root.iter("Schema") if each.get("Namespace")]
    if root.tag != "Edmx" or not schemas:
        raise BadDocument(f"The document is no OData metadata: it begins with <{root.tag}> and has no schema.")
    read = _Reading(schemas)
    if not read.sets:
        raise BadDocument("The document names no entity set.")
    return read.catalogue()


@dataclass
class _Reading:
    """A document's schemas, and what of them is needed more than once."""

    schemas: list[Element]

    def __post_init__(self) -> None:
        """Look up types, enums and sets by name."""
        self.types = {_name(each): each for each in self._all("EntityType")}
        self.enums = {_name(each): _members(each) for each in self._all("EnumType")}
        self.sets = {_name(each): each for schema in self.schemas for each in schema.iter("EntitySet")}
        self.type_of = {name: self._type_of(name, each) for name, each in self.sets.items()}
        self.set_of = {type_name: name for name, type_name in reversed(self.type_of.items())}
        self.companies = next((name for name in _COMPANIES if name in self.sets), "")

    def catalogue(self) -> Catalogue:
        """All sets."""
        contained = self._contained()
        sets = {name: self._set(name, contained) for name in self.sets}
        namespace = self.schemas[0].get("Namespace", "")
        return Catalogue(sets, self.enums, {}, namespace, self.companies or _COMPANIES[0])

    def _all(self, tag: str) -> Iterator[Element]:
        for schema in self.schemas:
            yield from (each for each in schema if each.tag == tag and each.get("Name"))

    def _type_of(self, name: str, element: Element) -> str:
        type_name = _local(element.get("EntityType", ""))
        if type_name not in self.types:
            raise BadDocument(f"The entity set {name!r} has the type {type_name!r}, which the document does not have.")
        return type_name

    def _contained(self) -> frozenset[str] | None:
        if not self.companies:
            return None
        company = self.types[self.type_of[self.companies]]
        return frozenset(_name(each) for each in company if each.tag == "NavigationProperty")

    def _set(self, name: str, contained: frozenset[str] | None) -> EntitySet:
        type_name = self.type_of[name]
        element = self.types[type_name]
        key = tuple(each.get("Name", "") for each in element.iter("PropertyRef"))
        properties = {known.name: known for known in map(self._property, self._lineage(element, "Property"))}
        missing = next((each for each in key if each not in properties), None)
        if missing is not None:
            raise BadDocument(f"The key of {type_name!r} names {missing!r}, which is not a property of it.")
        rights = _rights(self.sets[name], has_key=bool(key))
        is_companies = name == self.companies
        return EntitySet(
            name=name,
            entity=type_name,
            table=type_name,
            kind=PAGE if key else QUERY,
            key=key,
            insertable=rights["Insertable"],
            modifiable=rights["Updatable"],
            deletable=rights["Deletable"],
            tenant_wide=is_companies or (contained is not None and name not in contained),
            parent_filter=None,
            parent_filter_names=(),
            mandatory=(),
            natural_key=(),
            replica=False,
            properties={**{each: properties[each] for each in key}, **properties},
            navigation={} if is_companies else self._navigation(element),
            actions=tuple(self._actions(type_name)),
        )

    def _lineage(self, element: Element, tag: str) -> Iterator[Element]:
        """An element's children of a kind, those of the types that it is derived from first."""
        above = self.types.get(_local(element.get("BaseType", "")))
        if above is not None and above is not element:
            yield from self._lineage(above, tag)
        yield from (each for each in element if each.tag == tag)

    def _property(self, element: Element) -> Property:
        name, type_name = _name(element), element.get("Type", "Edm.String")
        members = self.enums.get(_local(type_name))
        length = element.get("MaxLength", "")
        return Property(
            name,
            type_name,
            name,
            max_length=int(length) if length.isdecimal() else None,
            settable_on_insert=name == "id",
            enum=tuple(odata for _, odata, _ in members) if members else None,
            required=element.get("Nullable") == "false",
            captions=tuple(caption for _, _, caption in members or ()),
        )

    def _navigation(self, element: Element) -> dict[str, Navigation]:
        found: dict[str, Navigation] = {}
        for each in self._lineage(element, "NavigationProperty"):
            collection = _COLLECTION.fullmatch(each.get("Type", ""))
            target = self.set_of.get(_local(collection["of"] if collection else each.get("Type", "")))
            if target is None:
                continue
            links = tuple(
                Link(one.get("Property"), one.get("ReferencedProperty"), None, None)
                for one in each
                if one.tag == "ReferentialConstraint"
            )
            found[_name(each)] = Navigation(
                _name(each), target, many=collection is not None, implied=False, links=links
            )
        return found

    def _actions(self, type_name: str) -> Iterator[str]:
        for each in self._all("Action"):
            bound = next((one.get("Type", "") for one in each if one.tag == "Parameter"), "")
            if _local(bound) == type_name:
                yield _name(each)


def _name(element: Element) -> str:
    return element.get("Name", "")


def _local(name: str) -> str:
    return name.rpartition(".")[2]


def _members(element: Element) -> Members:
    found = []
    for place, each in enumerate(one for one in element if one.tag == "Member"):
        text = each.get("Value", "")
        number = int(text) if text.lstrip("-").isdecimal() else place
        found.append((number, _name(each), _ENCODED.sub(lambda code: chr(int(code[1], 16)), _name(each))))
    return tuple(found)


def _rights(entity_set: Element, *, has_key: bool) -> Mapping[str, bool]:
    told: dict[str, bool] = {}
    for each in entity_set.iter("Annotation"):
        right = _RIGHTS.get(_local(each.get("Term", "")))
        if right:
            values = (one.get("Bool") for one in each.iter("PropertyValue") if one.get("Property") == right)
            told[right] = "false" not in values
    return {right: told.get(right, has_key) for right in _RIGHTS.values()}
