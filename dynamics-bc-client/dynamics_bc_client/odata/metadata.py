"""Which entity sets, properties, navigation properties, actions and enums does an API publish?

Reads a `$metadata` document (CSDL in XML). Types are named without their namespace, which is `Microsoft.NAV`
throughout, except in `Property.type`, which keeps the document's own spelling. What a document unfolds into has a
limit: sets that share a type of many properties, and types that hold each other twice, make much of a few lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from dynamics_bc_client.errors import UnexpectedAnswer
from dynamics_bc_client.limits import METADATA_PARTS, TYPES_WITHIN_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from xml.etree.ElementTree import Element


_COLLECTION = "Collection("
_NO_NAME = re.compile(r"[^\w\u0300-\u036f-]")
"""What no name has: names are identifiers (OData's CSDL 4.01, 17.2), and they go into paths and queries as they are."""
LONGEST_NAME = 250
MOST_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Property:
    """A property of an entity.

    Attributes:
        name: As the service spells it.
        type: `Edm.String`, `Edm.Decimal`, ...; for an enum its qualified name.
        nullable: What the document says; the service treats every property as if it were.
        max_length: In characters; None without a limit and for other types than text.
        enum: Encoded names of the members, in their order; None when the type is no enum.
        is_stream: Whether the property is a file, of which a row carries only links.
        members: What an object of a complex type holds; of a collection what each of its objects does. None for others.
    """

    name: str
    type: str
    nullable: bool = True
    max_length: int | None = None
    enum: tuple[str, ...] | None = None
    is_stream: bool = False
    members: tuple[Property, ...] | None = None

    @property
    def is_collection(self) -> bool:
        """Whether it holds a list."""
        return self.type.startswith(_COLLECTION)


@dataclass(frozen=True, slots=True)
class Navigation:
    """A navigation property.

    Attributes:
        name: As the service spells it.
        target_type: Name of the entity type it leads to.
        many: Whether it leads to a list.
        target_set: The entity set it leads to; None when the document leaves it open.
    """

    name: str
    target_type: str
    many: bool
    target_set: str | None = None


@dataclass(frozen=True, slots=True)
class EntityType:
    """A type of entity, with everything that its base types give it, theirs first."""

    name: str
    key: tuple[str, ...]
    properties: Mapping[str, Property]
    navigation: Mapping[str, Navigation]


@dataclass(frozen=True, slots=True)
class EntitySet:
    """An entity set.

    Attributes:
        name: As the service spells it.
        type: The type of its entities.
        actions: Names of the actions bound to one of them.
        insertable: Whether entities can be created; None where the document does not say.
        updatable: Whether they can be changed; as before.
        deletable: Whether they can be deleted; as before.
    """

    name: str
    type: EntityType
    actions: tuple[str, ...] = ()
    insertable: bool | None = None
    updatable: bool | None = None
    deletable: bool | None = None


@dataclass(frozen=True, slots=True)
class Metadata:
    """What an API publishes; everything in the document's own order."""

    entity_sets: Mapping[str, EntitySet]
    enums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def find(self, name: str) -> EntitySet | None:
        """The entity set of a name in any case."""
        folded = name.casefold()
        return next((found for known, found in self.entity_sets.items() if known.casefold() == folded), None)


def parse_metadata(xml: bytes) -> Metadata:
    """Read a `$metadata` document.

    Raises:
        UnexpectedAnswer: The bytes are no metadata document, use what XML allows for attacks, or refer to a type that
            is not there; or it has more parts than any tenant's.
    """
    parts = _Parts()
    # The parser never fetches what a document refers to; entities and their like are refused.
    parser = DefusedXMLParser(target=_CountingBuilder(parts))
    try:
        parser.feed(xml)
        root: Element = parser.close()
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:  # an encoding that nobody knows
        raise UnexpectedAnswer(
            f"The metadata document could not be read ({error}).", repeatable=True, scope="run"
        ) from error
    document = _Document(root, parts)
    if not document.sets:
        raise UnexpectedAnswer("The metadata document publishes no entity sets.", repeatable=True, scope="run")
    return Metadata(
        entity_sets={name: document.entity_set(element) for name, element in document.sets.items()},
        enums=document.enums,
    )


class _Parts:
    """How many parts a document may still have."""

    def __init__(self) -> None:
        self._left = METADATA_PARTS

    def take(self, number: int) -> None:
        """Count some.

        Raises:
            UnexpectedAnswer: There are too many.
        """
        self._left -= number
        if self._left < 0:
            raise UnexpectedAnswer(
                f"The metadata document has more than {METADATA_PARTS:,} elements and properties; no tenant's is so "
                "large.",
                scope="run",
            )


class _CountingBuilder(TreeBuilder):
    """Builds the tree of a document, as far as it goes on."""

    def __init__(self, parts: _Parts) -> None:
        super().__init__()
        self._parts = parts

    def start(self, tag: Any, attrs: dict[Any, Any], /) -> Element:
        self._parts.take(1 + len(attrs))
        return super().start(tag, attrs)


class _Document:
    """The elements of a document by name, and what they resolve to."""

    def __init__(self, root: Element, parts: _Parts) -> None:
        self._parts = parts
        self.sets = {_name(element): element for element in _all(root, "EntitySet")}
        self.enums = {element.get("Name", ""): _members(element) for element in _all(root, "EnumType")}
        self._types = {element.get("Name", ""): element for element in _all(root, "EntityType")}
        self._complex_types = {element.get("Name", ""): element for element in _all(root, "ComplexType")}
        self._actions: dict[str, list[tuple[int, str]]] = {}
        for place, (name, bound_to) in enumerate(_bound_actions(root)):
            self._actions.setdefault(bound_to, []).append((place, name))
        self._sets_of_type: dict[str, list[str]] = {}
        for name, element in self.sets.items():
            self._sets_of_type.setdefault(_bare(element.get("EntityType", "")), []).append(name)

    def entity_set(self, element: Element) -> EntitySet:
        lineage = list(self._lineage(_bare(element.get("EntityType", "")), self._types))
        names = {each.get("Name", "") for each in lineage}
        self._parts.take(sum(len(self._actions.get(name, ())) for name in names))
        actions = sorted(action for name in names for action in self._actions.get(name, ()))
        bindings = {
            _last(each.get("Path", "")): each.get("Target", "")
            for each in _children(element, "NavigationPropertyBinding")
        }
        return EntitySet(
            name=_name(element),
            type=self._entity_type(lineage, bindings),
            actions=tuple(dict.fromkeys(name for _, name in actions)),
            insertable=_right(element, "Insert"),
            updatable=_right(element, "Update"),
            deletable=_right(element, "Delete"),
        )

    def _lineage(self, name: str, types: Mapping[str, Element]) -> Iterator[Element]:
        """A type's base types, the outermost first, and the type itself."""
        chain: list[Element] = []
        while name or not chain:
            element = types.get(name)
            if element is None or element in chain or len(chain) >= TYPES_WITHIN_TYPES:
                raise UnexpectedAnswer(
                    f'The metadata document refers to the type "{name}", which it does not explain.', scope="run"
                )
            chain.insert(0, element)
            name = _bare(element.get("BaseType", ""))
        return iter(chain)

    def _entity_type(self, lineage: list[Element], bindings: Mapping[str, str]) -> EntityType:
        properties: dict[str, Property] = {}
        navigation: dict[str, Navigation] = {}
        key: tuple[str, ...] = ()
        for element in lineage:
            key = tuple(_name(ref) for ref in element.iterfind("{*}Key/{*}PropertyRef")) or key
            properties.update((_name(each), self._property(each)) for each in _children(element, "Property"))
            navigation.update(
                (_name(each), self._navigation(each, bindings)) for each in _children(element, "NavigationProperty")
            )
        return EntityType(lineage[-1].get("Name", ""), key, properties, navigation)

    def _property(self, element: Element, within: tuple[str, ...] = ()) -> Property:
        """A property; `within` are the complex types that it is a member of, outermost first."""
        self._parts.take(1)
        type_name = element.get("Type", "Edm.String")
        length = element.get("MaxLength", "")
        return Property(
            name=_name(element),
            type=type_name,
            nullable=element.get("Nullable", "true").lower() != "false",
            max_length=int(length) if length.isdecimal() and len(length) < MOST_DIGITS else None,
            enum=self.enums.get(_bare(type_name)),
            is_stream=type_name == "Edm.Stream",
            members=self._members(_bare(_item(type_name)), within),
        )

    def _members(self, type_name: str, within: tuple[str, ...]) -> tuple[Property, ...] | None:
        """What objects of a complex type hold; nothing of one inside itself, which may have no end."""
        if type_name not in self._complex_types:
            return None
        if type_name in within or len(within) >= TYPES_WITHIN_TYPES:
            return ()
        return tuple(
            self._property(each, (*within, type_name))
            for element in self._lineage(type_name, self._complex_types)
            for each in _children(element, "Property")
        )

    def _navigation(self, element: Element, bindings: Mapping[str, str]) -> Navigation:
        self._parts.take(1)
        type_name = element.get("Type", "")
        many = type_name.startswith(_COLLECTION)
        target = _bare(_item(type_name))
        name = _name(element)
        return Navigation(name, target, many, self._target_set(bindings.get(name), target))

    def _target_set(self, bound: str | None, target_type: str) -> str | None:
        if bound is not None and _last(bound) in self.sets:
            return _last(bound)
        candidates = self._sets_of_type.get(target_type, [])
        return candidates[0] if len(candidates) == 1 else None


def _right(element: Element, verb: str) -> bool | None:
    """What the annotation `InsertRestrictions` and its like say of an entity set."""
    for annotation in _children(element, "Annotation"):
        if annotation.get("Term") == f"Org.OData.Capabilities.V1.{verb}Restrictions":
            for value in annotation.iterfind("{*}Record/{*}PropertyValue"):
                if value.get("Property") == f"{verb.removesuffix('e')}able":
                    return value.get("Bool") == "true"
    return None


def _bound_actions(root: Element) -> Iterator[tuple[str, str]]:
    """Name and entity type of every action that is bound to an entity."""
    for action in _all(root, "Action"):
        parameters = list(_children(action, "Parameter"))
        if action.get("IsBound") == "true" and parameters:
            yield _name(action), _bare(parameters[0].get("Type", ""))


def _name(element: Element) -> str:
    """The name of an element.

    Raises:
        UnexpectedAnswer: It has none that could be one.
    """
    name = element.get("Name", "")
    if not name or len(name) > LONGEST_NAME or _NO_NAME.search(name):
        shown = name[:LONGEST_NAME]
        raise UnexpectedAnswer(f'The metadata document uses "{shown}" as a name, which it cannot be.', scope="run")
    return name


def _members(element: Element) -> tuple[str, ...]:
    return tuple(member.get("Name", "") for member in _children(element, "Member"))


def _all(root: Element, name: str) -> Iterable[Element]:
    # Any namespace: documents of different OData versions differ in nothing else that matters here.
    return root.iterfind(f".//{{*}}{name}")


def _children(element: Element, name: str) -> Iterable[Element]:
    return element.iterfind(f"{{*}}{name}")


def _item(type_name: str) -> str:
    """The type of what a collection holds; any other type as it is."""
    return type_name.removeprefix(_COLLECTION).removesuffix(")") if type_name.startswith(_COLLECTION) else type_name


def _bare(qualified: str) -> str:
    return qualified.rpartition(".")[2]


def _last(path: str) -> str:
    return path.rpartition("/")[2]
