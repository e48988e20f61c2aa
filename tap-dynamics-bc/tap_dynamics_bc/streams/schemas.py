"""Which JSON schema do the records of an entity have?

Everything is nullable but the keys, enums are open (extensions add members), decimals are numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_client.odata.metadata import Property
    from tap_dynamics_bc.streams.description import Nested, Stream

_TEXT = {"type": "string"}
"""GUIDs, durations and members of enums are text, too."""

_TYPES: Mapping[str, dict[str, str]] = {
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
    added = {column.name: _TYPES.get(column.type, _TEXT) for column in stream.columns}
    own = added | {each.name: _schema_of(each) for each in stream.properties.values()}
    return _object(own, frozenset(stream.keys), stream.nested)


def _object(own: Mapping[str, dict[str, Any]], required: frozenset[str], nested: tuple[Nested, ...]) -> dict[str, Any]:
    properties = {name: dict(each) if name in required else _nullable(each) for name, each in own.items()}
    return {"type": "object", "properties": properties | {each.navigation: _nested_schema(each) for each in nested}}


def _nested_schema(nested: Nested) -> dict[str, Any]:
    own = {each.name: _schema_of(each) for each in nested.stream.properties.values()}
    row = _object(own, frozenset(), nested.stream.nested)
    return _nullable({"type": "array", "items": row} if nested.many else row)


def _schema_of(each: Property) -> dict[str, Any]:
    """A property's schema, before anybody says that it may be null."""
    if not each.is_collection:
        return _item_schema(each, each.type)
    item = _item_schema(each, each.type.removeprefix("Collection(").removesuffix(")"))
    return {"type": "array", "items": item} if item != _ANYTHING else {"type": "array"}


_ANYTHING = {"type": "object"}


def _item_schema(each: Property, type_name: str) -> dict[str, Any]:
    """What is no simple type is an object, of a complex type as far as the metadata explains it."""
    if each.enum is not None or type_name.startswith("Edm."):
        return dict(_TYPES.get(type_name, _TEXT))
    if not each.members:
        return dict(_ANYTHING)
    return _object({member.name: _schema_of(member) for member in each.members}, frozenset(), ())


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]}
