"""How an API is served of which only the metadata document is there.

A set that the emulator knows, with the properties that it knows, has the rows of the demo; further properties are
invented. A set that it does not know has a few invented rows, which can be written as far as the document allows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dynamics_bc_emulator.odata.catalogue import PAGE, EntitySet, Property
from dynamics_bc_emulator.odata.described import described
from dynamics_bc_emulator.odata.routes import Route
from dynamics_bc_emulator.rows.made import Made
from dynamics_bc_emulator.rows.projected import Projected
from dynamics_bc_emulator.rows.stored import Stored
from dynamics_bc_emulator.shown_routes import Kept, home

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_emulator.rows.rows import Rows

_STAMPS = ("lastModifiedDateTime", "lastModfiedDateTime", "systemModifiedAt", "SystemModifiedAt")
_VERSIONS = ("systemRowVersion", "SystemRowVersion", "rowVersion")
_INVENTED_ROWS = 5
# What a company is called where web services list it.
_COMPANY_NAMES = {"Name": "name", "Display_Name": "displayName", "Id": "id", "Business_Profile_Id": "businessProfileId"}
_ID = Property("id", "Edm.Guid", "Id", editable=False, settable_on_insert=True)
_STAMP = Property("lastModifiedDateTime", "Edm.DateTimeOffset", "Last Modified Date Time", editable=False)


@dataclass(frozen=True, slots=True)
class Described:
    """An API of a document.

    Attributes:
        kept: The sets that the emulator does not know, with the rows that are invented for them.
    """

    route: Route[Rows]
    kept: tuple[Kept, ...]


def described_route(data: bytes, prefix: str) -> Described:
    """The API of a document, below a path of its own or in the place of the standard one.

    Raises:
        BadDocument: The document cannot be served; the text says why.
    """
    catalogue = described(data)
    known = home()
    strange = {
        name: _kept(prefix, each)
        for name, each in catalogue.sets.items()
        if name not in known.catalogue.sets and name != catalogue.companies
    }
    inner = {each.entity_set.name: each.entity_set for each in strange.values()}
    base: Route[Rows] = Route(
        "",
        replace(known.catalogue, sets={**known.catalogue.sets, **inner}),
        {**known.rows, **{name: Stored(each) for name, each in inner.items()}},
    )
    rows: dict[str, Rows] = {}
    for name, each in catalogue.sets.items():
        if name in strange:
            rows[name] = _invented(each, base, strange[name].entity_set)
        elif name in known.catalogue.sets:
            rows[name] = _known(each, base)
        else:
            rows[name] = _companies(each, base)
    shown = {name: _entity_set(each) for name, each in rows.items()}
    route = Route(prefix, replace(catalogue, sets=shown), rows, catalogue.companies, document=data)
    return Described(route, tuple(strange.values()))


def _entity_set(rows: Rows) -> EntitySet:
    entity_set: EntitySet = rows.entity_set
    return entity_set


def _kept(prefix: str, each: EntitySet) -> Kept:
    inner = replace(
        each,
        name=f"{each.name} of {prefix}",
        kind=PAGE,
        key=("id",),
        properties={"id": _ID, "lastModifiedDateTime": _STAMP},
        navigation={},
        actions=(),
        _spellings={},
    )
    return Kept(inner, tuple({} for _ in range(_INVENTED_ROWS)))


def _invented(each: EntitySet, base: Route[Rows], inner: EntitySet) -> Projected:
    names = {"id": "id"} if _is_id(each) else {}
    stamp = next((name for name in _STAMPS if name in each.properties), None)
    if stamp:
        names[stamp] = "lastModifiedDateTime"
    return Projected(replace(each, is_shown=True, _spellings={}), base, inner, names, versions=_versions(each))


def _companies(each: EntitySet, base: Route[Rows]) -> Projected:
    """The companies of web services."""
    names = {name: ours for name, ours in _COMPANY_NAMES.items() if name in each.properties}
    source = base.catalogue.sets["companies"]
    return Projected(replace(each, is_shown=True, _spellings={}), base, source, names)


def _is_id(each: EntitySet) -> bool:
    return "id" in each.properties and each.properties["id"].type == "Edm.Guid"


def _versions(each: EntitySet) -> frozenset[str]:
    return frozenset(
        name for name in _VERSIONS if name in each.properties and each.properties[name].type == "Edm.Int64"
    )


def _known(each: EntitySet, base: Route[Rows]) -> Rows:
    ours = base.catalogue.sets[each.name]
    same = {
        name: _as_described(ours.properties[name], known)
        for name, known in each.properties.items()
        if name in ours.properties and _fits(ours.properties[name], known)
    }
    navigation = {
        name: ours.navigation[name] if name in ours.navigation and ours.navigation[name].target == way.target else way
        for name, way in each.navigation.items()
    }
    shown = replace(
        ours,
        entity=each.entity,
        key=each.key,
        insertable=each.insertable,
        modifiable=each.modifiable,
        deletable=each.deletable,
        tenant_wide=each.tenant_wide,
        properties={**each.properties, **same},
        navigation=navigation,
        actions=each.actions,
        _spellings={},
    )
    if same.keys() == ours.properties.keys() == each.properties.keys() and each.key == ours.key:
        rows = base.rows[each.name]
        if isinstance(rows, (Stored, Made)):
            found: Rows = replace(rows, entity_set=shown)
            return found
    names = {name: name for name in same}
    stamp = next((name for name in _STAMPS if name in each.properties and name not in names), None)
    if stamp and ours.stamp:
        names[stamp] = ours.stamp
    return Projected(replace(shown, is_shown=True), base, ours, names, versions=_versions(each))


def _fits(ours: Property, theirs: Property) -> bool:
    """Whether our values are theirs: the same type, and of an enum the same members or more."""
    if ours.enum is None or theirs.enum is None:
        return ours.type == theirs.type
    return set(ours.enum) <= set(theirs.enum) or _local(ours.type) == _local(theirs.type)


def _local(name: str) -> str:
    return name.rpartition(".")[2]


def _as_described(ours: Property, theirs: Property) -> Property:
    """Our property with what the document says of it."""
    return replace(
        ours,
        type=theirs.type,
        enum=theirs.enum,
        captions=theirs.captions,
        max_length=theirs.max_length or ours.max_length,
        required=theirs.required,
    )


def kept_sets(described_apis: tuple[Described, ...]) -> Mapping[str, EntitySet]:
    """All sets that rows lie in."""
    own = {each.entity_set.name: each.entity_set for api in described_apis for each in api.kept}
    return {**home().catalogue.sets, **own}
