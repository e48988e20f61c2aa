"""What does Business Central publish about the entity sets that can be written, and about those they refer to?

The facts that come with this package are those of the public source of API v2.0. What a tenant publishes itself wins
over them, see `overlaying`. Nothing here is an opinion: what a kind of record adds to the facts stands in its row.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping


CENT = Decimal("0.01")
"""The precision of amounts in most currencies."""


CURRENCIES = "currencies"
"""The entity set of currencies; the company's own is no row of it."""

PAYMENT_TERMS = "paymentTerms"
"""The entity set of the terms by which payments are due, and discounts granted."""

COUNTRIES = "countriesRegions"
"""The entity set of countries, which people call by their names, too."""

VOID = MappingProxyType({"status": frozenset({"Canceled", "Corrective"})})
"""What a document that was cancelled shows: it has given its number free."""


@dataclass(frozen=True, slots=True)
class Property:
    """A property of an entity set.

    Attributes:
        name: As the service spells it.
        type: `String`, `Guid`, `Decimal`, `Int32`, `Boolean`, `Date`, `DateTimeOffset`; `Enum` for a member of one.
        length: The longest text, in characters; None without a limit and for other types.
        is_code: The service keeps it trimmed and in upper case.
        is_writable: A value that is sent for it is taken.
        members: Encoded names of the members, for an enum.
        is_amount: It is kept in the decimals of its currency; other decimal numbers are kept in five.
    """

    name: str
    type: str = "String"
    length: int | None = None
    is_code: bool = False
    is_writable: bool = True
    members: tuple[str, ...] = ()
    is_amount: bool = False

    @property
    def precision(self) -> Decimal:
        """The smallest number of it that the service keeps, in a currency that says nothing else."""
        return CENT if self.is_amount else Decimal("0.00001")

    @property
    def is_caseless(self) -> bool:
        """Whether two spellings that differ in case alone mean the same value."""
        return self.is_code or self.type == "Guid"

    @property
    def is_whole(self) -> bool:
        """Whether its values have no decimals."""
        return self.type in {"Byte", "Int16", "Int32", "Int64"}

    @property
    def is_text(self) -> bool:
        """Whether its values stand in quotes in a filter."""
        return self.type in {"String", "Enum"}

    @property
    def is_number(self) -> bool:
        """Whether its values are compared by amount."""
        return self.type in {"Decimal", "Double", "Single", "Byte", "Int16", "Int32", "Int64"}


@dataclass(frozen=True, slots=True)
class Relation:
    """Properties that refer to one row of an entity set.

    Attributes:
        entity_set: Where the row is.
        id: The property that holds its id; empty when only the number is kept.
        number: The property that holds its number or code; empty when there is none.
        name: The property that holds its name; empty when there is none.
        within: The id property of the same row whose reference narrows the search, such as the item of a variant.
    """

    entity_set: str
    id: str = ""
    number: str = ""
    name: str = ""
    within: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """All properties that belong to the reference."""
        return tuple(each for each in (self.id, self.number, self.name) if each)

    @property
    def written(self) -> str:
        """The property that is written: the id, but of a currency its code, because a company's own has no other."""
        return self.number if self.number and (not self.id or self.entity_set == CURRENCIES) else self.id


@dataclass(frozen=True, slots=True)
class EntitySet:
    """An entity set.

    Attributes:
        name: As the service spells it.
        singular: Name of its entity type.
        key: Its key properties.
        properties: Its properties by name, in the service's order.
        relations: What its properties refer to.
        children: Entity set by the navigation property that leads to rows of it which belong to one row of this set.
        required: Of each group, a create needs one property.
        actions: Names of the bound actions.
        parent_type: How dimensions that hang on its rows name it, such as `Purchase Invoice`; empty without any.
        insertable: Rows can be created.
        updatable: Rows can be changed.
        deletable: Rows can be deleted.
        is_published: This is what the tenant itself says: what it does not list is not there.
    """

    name: str
    singular: str = ""
    key: tuple[str, ...] = ("id",)
    properties: Mapping[str, Property] = field(default_factory=dict)
    relations: tuple[Relation, ...] = ()
    children: Mapping[str, str] = field(default_factory=dict)
    required: tuple[tuple[str, ...], ...] = ()
    actions: tuple[str, ...] = ()
    parent_type: str = ""
    insertable: bool = False
    updatable: bool = False
    deletable: bool = False
    is_published: bool = False

    @property
    def noun(self) -> str:
        """What one row is called: `payment term`."""
        return _words(self.singular)

    @property
    def nouns(self) -> str:
        """What its rows are called: `payment terms`."""
        return _words(self.name)

    @property
    def number_property(self) -> str:
        """The property that people call a row by; empty when there is none."""
        return next((name for name in ("number", "code", "no") if name in self.properties), "")

    @property
    def id_property(self) -> str:
        """The property that holds a row's id, `id` or what another API calls it; empty where its key is none."""
        if self.key == ("id",):
            return "id"
        of = self.properties.get(self.key[0]) if len(self.key) == 1 else None
        return of.name if of is not None and of.type == "Guid" else ""

    def relation(self, name: str) -> Relation | None:
        """The reference that a property belongs to; None for a plain property."""
        return next((each for each in self.relations if name in each.names), None)

    def length(self, name: str) -> int | None:
        """The longest text of a property; None without a limit."""
        found = self.properties.get(name)
        return found.length if found is not None else None


def _words(name: str) -> str:
    """`paymentTerms` as `payment terms`."""
    return re.sub("[A-Z]", lambda letter: f" {letter[0].lower()}", name)


Facts: TypeAlias = "Mapping[str, EntitySet]"
"""Entity sets by name."""


@lru_cache
def packaged_facts() -> Facts:
    """The facts that come with this package."""
    text = resources.files(__package__).joinpath("facts.json").read_text(encoding="utf-8")
    return facts_from_json(json.loads(text))


def facts_from_json(content: Mapping[str, Any]) -> Facts:
    """The facts of a document.

    Args:
        content: `{"enums": {name: [member, ...]}, "entity_sets": {name: {...}}}`, where what is usual is left out.
    """
    enums = {name: tuple(members) for name, members in content["enums"].items()}
    return MappingProxyType({name: _entity_set(name, given, enums) for name, given in content["entity_sets"].items()})


def _entity_set(name: str, given: Mapping[str, Any], enums: Mapping[str, tuple[str, ...]]) -> EntitySet:
    rights = given.get("rights", ())
    return EntitySet(
        name,
        singular=given["singular"],
        key=tuple(given["key"]),
        properties=MappingProxyType({each: _property(each, of, enums) for each, of in given["properties"].items()}),
        relations=tuple(Relation(**each) for each in given.get("relations", ())),
        children=MappingProxyType(dict(given.get("children", {}))),
        required=tuple(tuple(group) for group in given.get("required", ())),
        actions=tuple(given.get("actions", ())),
        parent_type=given.get("parent_type", ""),
        insertable="insert" in rights,
        updatable="update" in rights,
        deletable="delete" in rights,
    )


def _property(name: str, given: Mapping[str, Any], enums: Mapping[str, tuple[str, ...]]) -> Property:
    return Property(
        name,
        type="Enum" if "enum" in given else given["type"],
        length=given.get("length"),
        is_code=given.get("code", False),
        is_writable=not given.get("read_only", False),
        members=enums.get(given.get("enum", ""), ()),
        is_amount=given.get("amount", False),
    )
