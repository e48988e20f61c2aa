"""Which JSON schema do the records of an entity have?

Everything is nullable but the keys, enums are open (extensions add members), decimals are numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_client.odata.metadata import Property
    from tap_dynamics_bc.streams.description import Nested, Stream

_COMPLEX = "Complex"

_TYPES: Mapping[str, dict[str, str]] = {
    "Collection": {"type": "array"},
    _COMPLEX: {"type": "object"},
    "Edm.Boolean": {"type": "boolean"},
    "Edm.Byte": {"type": "integer"},
    "Edm.Date": {"type": "string", "format": "date"},
    "Edm.DateTimeOffset": {"type": "string", "format": "date-time"},
    "Edm.Decimal": {"type": "number"},
    "Edm.Double": {"type": "number"},
    "Edm.Int16": {"type": "integer"},
    "Edm.Int32": {"type": "integer"},
    "Edm.Int64": {"type": "integer"},
    "Edm.Single": {"type": "number"},
}


def record_schema(stream: Stream) -> dict[str, Any]:
    """The schema of a stream's records: what the tap adds, the set's properties, what is nested."""
    types = {column.name: column.type for column in stream.columns}
    types |= {each.name: _type_name(each) for each in stream.properties.values()}
    return _record_schema(types, frozenset(stream.keys), stream.nested)


def _record_schema(types: Mapping[str, str], required: frozenset[str], nested: tuple[Nested, ...]) -> dict[str, Any]:
    own = {name: _property_schema(type_name, nullable=name not in required) for name, type_name in types.items()}
    return {"type": "object", "properties": own | {each.navigation: _nested_schema(each) for each in nested}}


def _nested_schema(nested: Nested) -> dict[str, Any]:
    types = {each.name: _type_name(each) for each in nested.stream.properties.values()}
    row = _record_schema(types, frozenset(), nested.stream.nested)
    return {"type": ["array", "null"], "items": row} if nested.many else {**row, "type": ["object", "null"]}


def _type_name(each: Property) -> str:
    """A property's type; members of enums are text, and what else is no simple type is an object."""
    simple = each.enum is not None or each.type.startswith(("Edm.", "Collection("))
    return each.type if simple else _COMPLEX


def _property_schema(type_name: str, *, nullable: bool) -> dict[str, Any]:
    # Text, GUIDs, durations and members of enums are all text.
    known = _TYPES.get("Collection" if type_name.startswith("Collection(") else type_name, {"type": "string"})
    return {**known, "type": [known["type"], "null"]} if nullable else dict(known)
