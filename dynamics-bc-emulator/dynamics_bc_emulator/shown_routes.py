"""Which APIs there are beside the standard one: a custom API, automation, analytics, published web services.

Each is a file of `data/routes`. Its sets show other sets' rows (`of`): `columns` says under which names, `own` what
they have besides. A set that shows none keeps rows of its own, those of the file (`rows`) to begin with, in every
company or, for what the environment has once, at the root (`environment`). Of a set that is made (`made`) the file says
which maker makes its rows. An API that is there in older versions too (`older`) shows the same in all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import msgspec

from dynamics_bc_emulator.odata.catalogue import (
    NEWEST_RELEASE,
    PAGE,
    Catalogue,
    EntitySet,
    Property,
    load_catalogue,
    to_members,
    to_navigation,
    to_property,
)
from dynamics_bc_emulator.odata.routes import Route
from dynamics_bc_emulator.routes import standard_route
from dynamics_bc_emulator.rows.made import Made
from dynamics_bc_emulator.rows.makers.ledgers import MAKERS
from dynamics_bc_emulator.rows.projected import Projected
from dynamics_bc_emulator.rows.stored import Stored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_emulator.odata.catalogue import Members
    from dynamics_bc_emulator.rows.rows import Rows
    from dynamics_bc_emulator.rows.store import Row

_FILES = ("contoso", "automation", "analytics", "reports_finance", "web_services")
_ID = Property("id", "Edm.Guid", "Id", editable=False, settable_on_insert=True)
# What the automation API may write of a company, and what a new one is given.
_COMPANY = ("name", "displayName", "businessProfileId")


@dataclass(frozen=True, slots=True)
class Kept:
    """A set that shows no other one's rows.

    Attributes:
        entity_set: Where its rows lie, with an id of their own.
        rows: Those that there are to begin with.
    """

    entity_set: EntitySet
    rows: tuple[Row, ...]


@cache
def kept() -> tuple[Kept, ...]:
    """The sets of the further APIs that keep rows of their own."""
    return tuple(
        _kept(raw, each) for raw in _raw_routes() for each in raw["entitySets"] if not each.keys() & {"of", "made"}
    )


@cache
def home() -> Route[Rows]:
    """All sets that rows lie in: those of the newest release, and those that further APIs keep."""
    standard = standard_route(NEWEST_RELEASE)
    sets = {**standard.catalogue.sets, **{each.entity_set.name: each.entity_set for each in kept()}}
    sets["companies"] = _writable_companies(sets["companies"])
    own: dict[str, Rows] = {
        name: Stored(sets[name]) for name in ("companies", *(each.entity_set.name for each in kept()))
    }
    return Route("", replace(standard.catalogue, sets=sets), {**standard.rows, **own})


@cache
def further_routes() -> tuple[Route[Rows], ...]:
    """The APIs beside the standard one, each in all its versions."""
    return tuple(
        _route({**raw, "prefix": prefix}) for raw in _raw_routes() for prefix in (*raw.get("older", ()), raw["prefix"])
    )


@cache
def _raw_routes() -> tuple[dict[str, Any], ...]:
    folder = files("dynamics_bc_emulator").joinpath("data/routes")
    return tuple(msgspec.json.decode(folder.joinpath(f"{name}.json").read_bytes()) for name in _FILES)


def _kept(route: Mapping[str, Any], raw: Mapping[str, Any]) -> Kept:
    enums = {name: to_members(members) for name, members in route["enums"].items()}
    own = {each["name"]: to_property(each, enums) for each in raw["own"]}
    entity_set = EntitySet(
        name=_kept_name(route, raw["name"]),
        entity=raw["entity"],
        table=raw.get("table", raw["entity"]),
        kind=PAGE,
        key=("id",),
        insertable=True,
        modifiable=True,
        deletable=True,
        tenant_wide=raw.get("environment", False),
        parent_filter=None,
        parent_filter_names=(),
        mandatory=tuple(tuple(group) for group in raw.get("mandatory", ())),
        natural_key=tuple(raw.get("naturalKey", ())),
        replica=False,
        # A property that is called id without being a GUID is kept under another name.
        properties={"id": _ID, **{_inner_name(known): known for known in own.values()}},
        navigation={},
        actions=tuple(raw.get("actions", ())),
    )
    return Kept(entity_set, tuple(raw["rows"]))


def _kept_name(route: Mapping[str, Any], name: str) -> str:
    return f"{name} of {route['prefix']}"


def _inner_name(known: Property) -> str:
    return f"{known.name} " if known.name == "id" and known.type != "Edm.Guid" else known.name


def _writable_companies(companies: EntitySet) -> EntitySet:
    changed = {name: replace(companies.properties[name], editable=True) for name in _COMPANY}
    version = replace(companies.properties["systemVersion"], default="28.0.0.0")
    properties = {**companies.properties, **changed, "systemVersion": version}
    return replace(
        companies,
        insertable=True,
        modifiable=True,
        table="Company",
        natural_key=("name",),
        mandatory=(("name",),),
        properties=properties,
    )


def _route(raw: dict[str, Any]) -> Route[Rows]:
    enums = {name: to_members(members) for name, members in raw["enums"].items()}
    rows: dict[str, Rows] = {each["name"]: _rows(raw, each, enums) for each in raw["entitySets"]}
    sets: dict[str, EntitySet] = {name: each.entity_set for name, each in rows.items()}
    companies = raw.get("companies", "companies")
    if companies not in sets:
        standard = standard_route(NEWEST_RELEASE)
        sets = {companies: standard.catalogue.sets[companies], **sets}
        rows[companies] = standard.rows[companies]
    used = {known.type.rpartition(".")[2]: None for each in sets.values() for known in each.properties.values()}
    theirs = load_catalogue().enums
    members = {name: enums.get(name) or theirs[name] for name in used if name in enums or name in theirs}
    catalogue = Catalogue(sets, members, {}, raw.get("namespace", "Microsoft.NAV"), companies)
    return Route(raw["prefix"], catalogue, rows, companies)


def _rows(route: Mapping[str, Any], raw: Mapping[str, Any], enums: Mapping[str, Members]) -> Rows:
    return _made(raw, enums) if "made" in raw else _shown(route, raw, enums)


def _made(raw: Mapping[str, Any], enums: Mapping[str, Members]) -> Made:
    theirs = load_catalogue().enums
    properties = {each["name"]: to_property({"editable": False, **each}, {**theirs, **enums}) for each in raw["own"]}
    entity_set = EntitySet(
        name=raw["name"],
        entity=raw["entity"],
        table=raw["entity"],
        kind=raw.get("kind", PAGE),
        key=tuple(raw["key"]),
        insertable=False,
        modifiable=False,
        deletable=False,
        tenant_wide=False,
        parent_filter=None,
        parent_filter_names=(),
        mandatory=(),
        natural_key=(),
        replica=False,
        properties=_ordered(properties, tuple(raw["key"])),
        navigation={},
        actions=(),
    )
    return Made(entity_set, MAKERS[raw["made"]])


def _shown(route: Mapping[str, Any], raw: Mapping[str, Any], enums: Mapping[str, Members]) -> Projected:
    own = {each["name"]: to_property(each, enums) for each in raw.get("own", ())}
    if "of" in raw:
        source = _source(route, raw["of"])
        names: dict[str, str] = dict(raw["columns"])
    else:
        source = home().catalogue.sets[_kept_name(route, raw["name"])]
        names = {name: _inner_name(known) for name, known in own.items()}
    versions = tuple(raw.get("versions", ()))
    columns = {shown: replace(source.properties[name], name=shown) for shown, name in names.items()}
    properties = {**columns, **{name: Property(name, "Edm.Int64", name, editable=False) for name in versions}}
    constants = {each["name"]: each["constant"] for each in raw.get("own", ()) if "constant" in each}
    parents = raw.get("parentFilter", {})
    entity_set = EntitySet(
        name=raw["name"],
        entity=raw["entity"],
        table=raw.get("table", source.table),
        kind=raw.get("kind", PAGE),
        key=tuple(raw["key"]),
        insertable="I" in raw["verbs"],
        modifiable="M" in raw["verbs"],
        deletable="D" in raw["verbs"],
        tenant_wide=raw.get("tenant", False),
        parent_filter=parents.get("mode"),
        parent_filter_names=tuple(parents.get("names", ())),
        mandatory=(),
        natural_key=(),
        replica=False,
        properties=_ordered({**properties, **own}, tuple(raw["key"])),
        navigation={each["name"]: to_navigation(each) for each in raw.get("navigation", ())},
        actions=tuple(raw.get("actions", ())),
        alternate_keys=tuple(tuple(names) for names in raw.get("alternateKeys", ())),
        is_shown=True,
        pages_by_offset=raw.get("pagesByOffset", False),
    )
    return Projected(
        entity_set,
        home(),
        source,
        names,
        constants=constants,
        versions=frozenset(versions),
        heads=raw.get("heads", 0),
    )


def _source(route: Mapping[str, Any], name: str) -> EntitySet:
    sets = home().catalogue.sets
    return sets.get(_kept_name(route, name)) or sets[name]


def _ordered(properties: dict[str, Property], key: tuple[str, ...]) -> dict[str, Property]:
    """Key properties stand first."""
    return {**{name: properties[name] for name in key}, **properties}
