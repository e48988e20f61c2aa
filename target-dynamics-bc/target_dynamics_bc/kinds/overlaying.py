"""What becomes of the facts where a tenant publishes something else? Its own metadata wins. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from target_dynamics_bc.kinds.facts import EntitySet, Property

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_client.odata import metadata as published
    from target_dynamics_bc.kinds.facts import Facts

_LONGEST_CODE = 50
_CODE = re.compile("(^c|C)ode$|(^n|N)umber$|(^n|N)o$")
_KEPT = re.compile("system|lastModified|lastModfied")
_AMOUNT = re.compile("(^a|A)mount")
_WRITABLE = frozenset({
    "Edm.String", "Edm.Guid", "Edm.Decimal", "Edm.Double", "Edm.Single", "Edm.Byte", "Edm.Int16", "Edm.Int32",
    "Edm.Int64", "Edm.Boolean", "Edm.Date", "Edm.DateTimeOffset", "Edm.Duration", "Edm.TimeOfDay",
})  # fmt: skip


def overlaid(facts: Facts, metadata: published.Metadata) -> Facts:
    """The facts as one tenant publishes them.

    What its metadata says counts: which sets and properties there are, their types, lengths, members and actions. What
    metadata never says (which properties are codes, which refer to what) is kept from the facts, as far as it is about
    properties that the tenant has.

    Args:
        facts: What is known of all tenants.
        metadata: What the tenant publishes.
    """
    sets = metadata.entity_sets
    return MappingProxyType(
        {name: _overlaid(facts.get(name, EntitySet(name)), theirs) for name, theirs in sets.items()}
    )


def _overlaid(ours: EntitySet, theirs: published.EntitySet) -> EntitySet:
    kind = theirs.type
    children = {each.name: each.target_set for each in kind.navigation.values() if each.many and each.target_set}
    properties = {
        name: _published(each, ours.properties.get(name) or _unheard_of(name, each, is_id=_is_id(kind, name)))
        for name, each in kind.properties.items()
    }
    return replace(
        ours,
        singular=kind.name,
        key=kind.key,
        properties=MappingProxyType(properties),
        relations=tuple(each for each in ours.relations if kind.properties.keys() >= set(each.names)),
        children=MappingProxyType(children),
        required=_required(ours, theirs, properties),
        actions=theirs.actions,
        insertable=_right(theirs.insertable, ours, has=ours.insertable),
        updatable=_right(theirs.updatable, ours, has=ours.updatable),
        deletable=_right(theirs.deletable, ours, has=ours.deletable),
        is_published=True,
    )


def _right(theirs: bool | None, ours: EntitySet, *, has: bool) -> bool:
    """Whether rows may be written: what the tenant says, else what is known; what nobody restricts is allowed."""
    return theirs if theirs is not None else has or not ours.properties


def _is_id(kind: published.EntityType, name: str) -> bool:
    """Whether a property alone is the key and an id, which nobody writes."""
    return kind.key == (name,) and kind.properties[name].type == "Edm.Guid"


def _required(
    ours: EntitySet, theirs: published.EntitySet, properties: Mapping[str, Property]
) -> tuple[tuple[str, ...], ...]:
    """What a create needs: of a known set what is known of it, of another what the tenant says must not be blank.

    What must not be blank may still be filled in by the service (`billToCustomerNumber`), which only facts tell.
    """
    if ours.properties:
        return tuple(group for group in ours.required if properties.keys() >= set(group))
    return tuple(
        _twins(name, properties)
        for name, each in theirs.type.properties.items()
        if not each.nullable and name not in theirs.type.key and properties[name].is_writable
    )


def _twins(name: str, properties: Mapping[str, Property]) -> tuple[str, ...]:
    """A number or code, and the id that says the same."""
    stem = next((name.removesuffix(ending) for ending in ("Number", "Code", "No") if name.endswith(ending)), "")
    return (name, f"{stem}Id") if stem and f"{stem}Id" in properties else (name,)


def _published(theirs: published.Property, ours: Property) -> Property:
    type_ = "Enum" if theirs.enum is not None else theirs.type.rpartition(".")[2]
    return replace(ours, type=type_, length=theirs.max_length, members=theirs.enum or ())


def _unheard_of(name: str, theirs: published.Property, *, is_id: bool) -> Property:
    """A property of a set of which only the tenant's metadata is known.

    That does not tell which properties are codes, nor which of them a page lets nobody write. By custom, a short text
    that is called a code or a number is a code; what the service itself keeps of a row is known by its name.
    """
    type_ = theirs.type
    is_short = theirs.max_length is not None and theirs.max_length <= _LONGEST_CODE
    return Property(
        name,
        is_code=is_short and bool(_CODE.search(name)),
        is_writable=not is_id and not _KEPT.match(name) and (theirs.enum is not None or type_ in _WRITABLE),
        is_amount=type_ == "Edm.Decimal" and bool(_AMOUNT.search(name)),
    )
