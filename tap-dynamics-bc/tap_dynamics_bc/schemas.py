"""Which JSON schema do the records of an entity have?

Everything is nullable but the keys, enums are open (extensions add members), decimals are numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dynamics_bc_client.odata.metadata import Property
    from tap_dynamics_bc.discovery import Nested

COMPANY_ID = "company_id"
COMPANY_NAME = "company_name"
PARENT_MODIFIED_AT = "parent_modified_at"

_TYPES: Mapping[str, dict[str, str]] = {
    "Collection": {"type": "array"},
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

_ADDED: Mapping[str, str] = {
    COMPANY_ID: "Edm.Guid",
    COMPANY_NAME: "Edm.String",
    PARENT_MODIFIED_AT: "Edm.DateTimeOffset",
}
_ID = "Edm.Guid"
"""Of whatever else is added: the parent's id, whose name the table chooses."""


def record_schema(
    added: Iterable[str], properties: Iterable[Property], keys: Iterable[str], nested: Iterable[Nested] = ()
) -> dict[str, Any]:
    """The schema of a stream's records.

    Args:
        added: Names of the properties that the tap adds, first in the record.
        properties: The entity's properties, without files.
        keys: Names of the key properties: never null.
        nested: What records hold of other entities.
    """
    types = {name: _ADDED.get(name, _ID) for name in added} | {each.name: each.type for each in properties}
    required = set(keys)
    own = {name: _property_schema(type_name, nullable=name not in required) for name, type_name in types.items()}
    return {"type": "object", "properties": own | {each.navigation: _nested_schema(each) for each in nested}}


def _nested_schema(nested: Nested) -> dict[str, Any]:
    row = record_schema((), nested.stream.properties.values(), (), nested.stream.nested)
    return {"type": ["array", "null"], "items": row} if nested.many else {**row, "type": ["object", "null"]}


def _property_schema(type_name: str, *, nullable: bool) -> dict[str, Any]:
    # Text, GUIDs, durations and members of enums are all text.
    known = _TYPES.get("Collection" if type_name.startswith("Collection(") else type_name, {"type": "string"})
    return {**known, "type": [known["type"], "null"]} if nullable else dict(known)
