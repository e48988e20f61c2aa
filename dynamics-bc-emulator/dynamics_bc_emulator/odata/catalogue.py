"""What the standard API offers: entity sets, properties, enums, navigation and actions, from the package's own data."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import msgspec

from dynamics_bc_emulator.stamps import BLANK_DATE, BLANK_STAMP, ZERO_GUID

if TYPE_CHECKING:
    from collections.abc import Mapping

ENUM_PREFIX = "Microsoft.NAV."
_BLANKS: dict[str, Any] = {
    "Edm.String": "",
    "Edm.Guid": ZERO_GUID,
    "Edm.Date": BLANK_DATE,
    "Edm.DateTimeOffset": BLANK_STAMP,
    "Edm.Decimal": Decimal(0),
    "Edm.Int32": 0,
    "Edm.Int64": 0,
    "Edm.Boolean": False,
    "Edm.Duration": "PT0S",
}
_STAMP_NAMES = ("lastModifiedDateTime", "lastModfiedDateTime")


@dataclass(frozen=True, slots=True)
class Property:
    """A property of an entity.

    Attributes:
        type: `Edm.String`, ..., or `Microsoft.NAV.<enum>`.
        enum: Members as they are served (`_x0020_`), None if it is no enum.
        options: Members of a plain option, which is served as a string.
        editable: False where a PATCH that carries it is refused.
        relation: Table, or table and field, that the value must be found in.
        default: What a new row has where the request is silent, as text; None for the blank of the type.
        write_ignored: A value sent is accepted and goes nowhere.
        calculated: The table computes it; it moves without a stamp.
        filter_only: It narrows what is summed and is no column of the response's rows.
    """

    name: str
    type: str
    caption: str
    max_length: int | None = None
    upper_case: bool = False
    editable: bool = True
    settable_on_insert: bool = False
    not_blank: bool = False
    relation: str | None = None
    enum: tuple[str, ...] | None = None
    options: tuple[str, ...] | None = None
    default: str | None = None
    write_ignored: bool = False
    calculated: bool = False
    filter_only: bool = False

    @property
    def is_stream(self) -> bool:
        """Served as a link to its content."""
        return self.type == "Edm.Stream"

    @property
    def blank(self) -> Any:
        """What an unset value reads as."""
        return self.enum[0] if self.enum else _BLANKS.get(self.type, "")

    @property
    def initial(self) -> Any:
        """What a new row has where the request is silent."""
        if self.default is None:
            return self.blank
        if self.type == "Edm.Decimal":
            return Decimal(self.default)
        if self.type == "Edm.Boolean":
            return self.default.lower() == "true"
        if self.type in {"Edm.Int32", "Edm.Int64"}:
            return int(self.default)
        return self.default


@dataclass(frozen=True, slots=True)
class Link:
    """One condition of a navigation.

    Either the target's property `target` equals the source row's `field`, or the target's `target` (or the source's
    `own`) equals the constant.
    """

    field: str | None
    target: str | None
    const: str | None
    own: str | None


@dataclass(frozen=True, slots=True)
class Navigation:
    """A way from an entity to related ones."""

    name: str
    target: str
    many: bool
    implied: bool
    links: tuple[Link, ...]

    @property
    def const(self) -> str | None:
        """The parent type that the target must carry, if the target says so."""
        return next((link.const for link in self.links if link.target and link.const), None)


@dataclass(frozen=True)
class EntitySet:
    """An entity set with its type.

    Attributes:
        entity: Name of the entity type.
        table: Caption of the table behind it, as error messages name it.
        kind: `page`, `query` or `platform`.
        key: Key properties; empty for queries.
        tenant_wide: It hangs under the service root and not under a company.
        parent_filter: `any` or `all` of the filters named by `parent_filter_names` must be there, None if a flat read
            is allowed.
        mandatory: Groups of properties; a create must name one of each group.
        natural_key: Properties that may not repeat in the set.
        replica: Declared to read from the replica.
    """

    name: str
    entity: str
    table: str
    kind: str
    key: tuple[str, ...]
    insertable: bool
    modifiable: bool
    deletable: bool
    tenant_wide: bool
    parent_filter: str | None
    parent_filter_names: tuple[str, ...]
    mandatory: tuple[tuple[str, ...], ...]
    natural_key: tuple[str, ...]
    replica: bool
    properties: Mapping[str, Property]
    navigation: Mapping[str, Navigation]
    actions: tuple[str, ...]
    _spellings: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    def spelling(self, name: str) -> str | None:
        """The property's own spelling of a name in any case, or None."""
        if not self._spellings:
            self._spellings.update({known.lower(): known for known in self.properties})
        return self._spellings.get(name.lower())

    @cached_property
    def blanks(self) -> Mapping[str, Any]:
        """Every stored property in the order of the metadata, with its blank."""
        return {name: known.blank for name, known in self.properties.items() if not known.is_stream}

    @cached_property
    def initial(self) -> Mapping[str, Any]:
        """What a new row has where the request is silent; no id, because the store gives one."""
        return {name: known.initial for name, known in self.properties.items() if not known.is_stream and name != "id"}

    @cached_property
    def decimals(self) -> frozenset[str]:
        """Names of the decimal properties."""
        return frozenset(name for name, known in self.properties.items() if known.type == "Edm.Decimal")

    @cached_property
    def streams(self) -> tuple[str, ...]:
        """Names of the stream properties."""
        return tuple(name for name, known in self.properties.items() if known.is_stream)

    @cached_property
    def stamp(self) -> str | None:
        """The property that serves the stamp, if the set has one."""
        return next((name for name in _STAMP_NAMES if name in self.properties), None)


@dataclass(frozen=True)
class Catalogue:
    """The whole standard route.

    Attributes:
        enums: Per enum its members: value, name as served, caption.
    """

    sets: Mapping[str, EntitySet]
    enums: Mapping[str, tuple[tuple[int, str, str], ...]]

    @cached_property
    def by_entity(self) -> Mapping[str, EntitySet]:
        """Entity sets by the name of their entity type."""
        return {entity_set.entity: entity_set for entity_set in self.sets.values()}

    @cached_property
    def parent_types(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """Entity sets whose rows are parents of a target under a parent type, as in `("pictures", "Customer")`."""
        parents: dict[tuple[str, str], tuple[str, ...]] = {}
        for entity_set in self.sets.values():
            for navigation in entity_set.navigation.values():
                if navigation.const and not navigation.implied:
                    place = (navigation.target, navigation.const)
                    parents[place] = (*parents.get(place, ()), entity_set.name)
        return parents


@cache
def load_catalogue() -> Catalogue:
    """Read the catalogue that the package carries."""
    raw = msgspec.json.decode(files("dynamics_bc_emulator").joinpath("data/catalogue.json").read_bytes())
    enums = {
        name: tuple((value, odata, caption) for value, odata, caption in members)
        for name, members in raw["enums"].items()
    }
    sets = (_entity_set(each, enums) for each in raw["entitySets"])
    return Catalogue({entity_set.name: entity_set for entity_set in sets}, enums)


def _entity_set(raw: dict[str, Any], enums: Mapping[str, tuple[tuple[int, str, str], ...]]) -> EntitySet:
    parents = raw.get("parentFilter", {})
    return EntitySet(
        name=raw["name"],
        entity=raw["entity"],
        table=raw["table"] or raw["entity"],
        kind=raw.get("kind", "page"),
        key=tuple(raw["key"]),
        insertable="I" in raw["verbs"],
        modifiable="M" in raw["verbs"],
        deletable="D" in raw["verbs"],
        tenant_wide=raw.get("tenant", False),
        parent_filter=parents.get("mode"),
        parent_filter_names=tuple(parents.get("names", ())),
        mandatory=tuple(tuple(group) for group in raw.get("mandatory", ())),
        natural_key=tuple(raw.get("naturalKey", ())),
        replica=raw.get("replica", False),
        properties={each["name"]: _property(each, enums) for each in raw["properties"]},
        navigation={each["name"]: _navigation(each) for each in raw["navigation"]},
        actions=tuple(raw.get("actions", ())),
    )


def _property(raw: dict[str, Any], enums: Mapping[str, tuple[tuple[int, str, str], ...]]) -> Property:
    is_enum = raw["type"].startswith(ENUM_PREFIX)
    members = enums[raw["type"][len(ENUM_PREFIX) :]] if is_enum else ()
    return Property(
        name=raw["name"],
        type=raw["type"],
        caption=raw.get("caption", raw["name"]),
        max_length=raw.get("maxLength"),
        upper_case=raw.get("upperCase", False),
        editable=raw.get("editable", True),
        settable_on_insert=raw.get("settableOnInsert", False),
        not_blank=raw.get("notBlank", False),
        relation=raw.get("relation"),
        enum=tuple(odata for _, odata, _ in members) if is_enum else None,
        options=tuple(raw["options"]) if "options" in raw else None,
        default=raw.get("default"),
        write_ignored=raw.get("writeIgnored", False),
        calculated=raw.get("calculated", False),
        filter_only=raw.get("filterOnly", False),
    )


def _navigation(raw: dict[str, Any]) -> Navigation:
    links = tuple(
        Link(each.get("field"), each.get("target"), each.get("const"), each.get("own")) for each in raw["links"]
    )
    return Navigation(raw["name"], raw["target"], raw.get("many", False), raw.get("implied", False), links)
