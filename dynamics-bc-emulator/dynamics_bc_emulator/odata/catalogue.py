"""What an API offers: entity sets, properties, enums, navigation, actions. The standard API's are the package's data.

`data/catalogue.json` is the newest release. `data/release_28.json` says what an older one shows of it: which sets, and
what of them is not there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import msgspec

from dynamics_bc_emulator.stamps import BLANK_DATE, BLANK_STAMP, ZERO_GUID

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

ENUM_PREFIX = "Microsoft.NAV."
# What the kinds of sets mean: API pages, API queries, what the platform adds, and the captions of all of them.
PAGE, QUERY, PLATFORM, DEFINITIONS = "page", "query", "platform", "definitions"
NEWEST_RELEASE = 29
# What a tenant publishes today.
DEFAULT_RELEASE = 28
RELEASES = (DEFAULT_RELEASE, NEWEST_RELEASE)
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
Members = tuple[tuple[int, str, str], ...]
_STAMP_NAMES = ("lastModifiedDateTime", "lastModfiedDateTime")


@dataclass(frozen=True, slots=True)
class Property:
    """A property of an entity.

    Attributes:
        type: `Edm.String`, ..., or `Microsoft.NAV.<enum>`.
        enum: Members as they are served (`_x0020_`), None if it is no enum.
        captions: What people read for each member of an enum.
        options: Members of a plain option, which is served as a string.
        editable: False where a PATCH that carries it is refused.
        relation: Table, or table and field, that the value must be found in.
        default: What a new row has where the request is silent, as text; None for the blank of the type.
        write_ignored: A value sent is accepted and goes nowhere.
        calculated: The table computes it; it moves without a stamp.
        filter_only: It narrows what is summed and is no column of the response's rows.
        required: The metadata says that it is not null: its table's field may not be blank (`not_blank`), or its page
            shows it as mandatory, which is a star on a screen and not enforced.
        states_length: The metadata states its length; it does not where a page computes the value.
        language_dependent: Its text is an option's caption.
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
    captions: tuple[str, ...] = ()
    options: tuple[str, ...] | None = None
    default: str | None = None
    write_ignored: bool = False
    calculated: bool = False
    filter_only: bool = False
    required: bool = False
    states_length: bool = True
    language_dependent: bool = False

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

    def joins(self, target: EntitySet) -> tuple[tuple[str, str], ...]:
        """Which property here is which property there, as far as the target has it."""
        return tuple(
            (link.field, link.target)
            for link in self.links
            if link.field and link.target and link.target in target.properties
        )


@dataclass(frozen=True)
class EntitySet:
    """An entity set with its type.

    Attributes:
        entity: Name of the entity type.
        table: Caption of the table behind it, as error messages name it.
        kind: `page`, `query`, `platform` or `definitions`.
        key: Key properties; a custom API's query has none.
        tenant_wide: It hangs under the service root and not under a company.
        parent_filter: `any` or `all` of the filters named by `parent_filter_names` must be there, None if a flat read
            is allowed.
        mandatory: Groups of properties; a create must name one of each group.
        natural_key: Properties that may not repeat in the set.
        replica: Declared to read from the replica.
        alternate_keys: Properties that name a row just as well.
        sortable: The metadata says that the set can be sorted; all sets do sort.
        is_shown: Its rows are another set's, shown by other names: they come with all that is calculated of them.
        pages_by_offset: A next link counts the rows before it instead of naming the last one.
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
    alternate_keys: tuple[tuple[str, ...], ...] = ()
    sortable: bool = True
    is_shown: bool = False
    pages_by_offset: bool = False
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
    """All that an API offers.

    Attributes:
        enums: Per enum its members: value, name as served, caption.
        complex_types: Per complex type its properties: name, type, whether it is required.
        namespace: Of all types.
        companies: The name of the set of companies.
    """

    sets: Mapping[str, EntitySet]
    enums: Mapping[str, Members]
    complex_types: Mapping[str, tuple[tuple[str, str, bool], ...]] = field(default_factory=dict)
    namespace: str = "Microsoft.NAV"
    companies: str = "companies"

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


def load_catalogue(release: int = NEWEST_RELEASE) -> Catalogue:
    """What a release of the standard API offers; the same object for every caller.

    Raises:
        KeyError: There is no such release.
    """
    return _loaded(release)


@cache
def _loaded(release: int) -> Catalogue:
    if release == NEWEST_RELEASE:
        return _newest(_read("catalogue"))
    if release not in RELEASES:
        raise KeyError(release)
    return _older(load_catalogue(), _read(f"release_{release}"))


def _read(name: str) -> dict[str, Any]:
    raw: dict[str, Any] = msgspec.json.decode(files("dynamics_bc_emulator").joinpath(f"data/{name}.json").read_bytes())
    return raw


def _newest(raw: dict[str, Any]) -> Catalogue:
    enums = {name: to_members(members) for name, members in raw["enums"].items()}
    sets = (_entity_set(each, enums) for each in raw["entitySets"])
    complex_types = {name: tuple(map(tuple, properties)) for name, properties in raw["complexTypes"].items()}
    return Catalogue({entity_set.name: entity_set for entity_set in sets}, enums, complex_types)


def to_members(raw: Sequence[Sequence[Any]]) -> Members:
    """The members of an enum as data files have them: value, name as served, caption."""
    return tuple((value, odata, caption) for value, odata, caption in raw)


def _older(newest: Catalogue, raw: dict[str, Any]) -> Catalogue:
    """A release that shows less: its sets in its own order, and of each what is there."""
    changed = {name: _changed_members(newest.enums[name], change) for name, change in raw["enums"].items()}
    hidden = {name: frozenset(names) for name, names in raw["withoutNavigation"].items()}
    names = dict.fromkeys(raw["entitySets"])
    sets = {name: _as_shown(newest.sets[name], names, hidden.get(name, frozenset()), changed) for name in names}
    used = {known.type[len(ENUM_PREFIX) :]: None for each in sets.values() for known in each.properties.values()}
    enums = {name: changed.get(name) or newest.enums[name] for name in used if name in newest.enums}
    return Catalogue(sets, enums, newest.complex_types)


def _changed_members(members: Members, change: Mapping[str, Any]) -> Members:
    left_out = frozenset(change.get("without", ()))
    return (*(each for each in members if each[0] not in left_out), *to_members(change.get("with", ())))


def _with_members(known: Property, members: Members) -> Property:
    captions = tuple(caption or "" for _, _, caption in members)
    return replace(known, enum=tuple(odata for _, odata, _ in members), captions=captions)


def _as_shown(
    newest: EntitySet, names: Container[str], hidden: Container[str], changed: Mapping[str, Members]
) -> EntitySet:
    navigation = {name: each for name, each in newest.navigation.items() if each.target in names and name not in hidden}
    properties = {
        name: _with_members(known, changed[known.type[len(ENUM_PREFIX) :]])
        for name, known in newest.properties.items()
        if known.enum and known.type[len(ENUM_PREFIX) :] in changed
    }
    if len(navigation) == len(newest.navigation) and not properties:
        return newest
    return replace(newest, navigation=navigation, properties={**newest.properties, **properties})


def _entity_set(raw: dict[str, Any], enums: Mapping[str, Members]) -> EntitySet:
    parents = raw.get("parentFilter", {})
    return EntitySet(
        name=raw["name"],
        entity=raw["entity"],
        table=raw["table"] or raw["entity"],
        kind=raw.get("kind", PAGE),
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
        properties={each["name"]: to_property(each, enums) for each in raw["properties"]},
        navigation={each["name"]: to_navigation(each) for each in raw["navigation"]},
        actions=tuple(raw.get("actions", ())),
        alternate_keys=tuple(tuple(names) for names in raw.get("alternateKeys", ())),
        sortable=raw.get("sortable", raw.get("kind") != QUERY),
    )


def to_property(raw: Mapping[str, Any], enums: Mapping[str, Members]) -> Property:
    """A property as data files have it."""
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
        captions=tuple(caption or "" for _, _, caption in members),
        options=tuple(raw["options"]) if "options" in raw else None,
        default=raw.get("default"),
        write_ignored=raw.get("writeIgnored", False),
        calculated=raw.get("calculated", False),
        filter_only=raw.get("filterOnly", False),
        required=raw.get("required", raw.get("notBlank", False)),
        states_length=not raw.get("lengthUnstated", False),
        language_dependent=raw.get("languageDependent", "options" in raw),
    )


def to_navigation(raw: Mapping[str, Any]) -> Navigation:
    """A navigation as data files have it."""
    links = tuple(
        Link(each.get("field"), each.get("target"), each.get("const"), each.get("own")) for each in raw["links"]
    )
    return Navigation(raw["name"], raw["target"], raw.get("many", False), raw.get("implied", False), links)
