"""What the row of an edit may hold: properties of their types, and a few internal values."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.http.checking import is_a
from dynamics_bc_emulator.stamps import from_stamp

if TYPE_CHECKING:
    from dynamics_bc_emulator.odata.catalogue import EntitySet

# What else a row holds: dimension codes with value codes, base64 text and its type, whether a document is posted.
_INTERNAL: dict[str, type] = {
    "_dimensions": dict,
    "_content": str,
    "_contentType": str,
    "_posted": bool,
    # What a purchase order's page does not have.
    "_vendorInvoiceNumber": str,
}
_VALUES: dict[str, type] = {"Edm.Decimal": float, "Edm.Int32": int, "Edm.Int64": int, "Edm.Boolean": bool}


def row_values(entity_set: EntitySet | None, told: dict[str, Any]) -> dict[str, Any]:
    """The values of an edit as a row can have them; a null is a number's blank.

    Raises:
        ValueError: A property is unknown, or a value is not of its type.
    """
    return {
        name: _internal(name, value) if name.startswith("_") or entity_set is None else _value(entity_set, name, value)
        for name, value in told.items()
    }


def _internal(name: str, value: Any) -> Any:
    wanted = _INTERNAL.get(name, object)
    if not is_a(value, wanted) or (wanted is dict and not all(is_a(each, str) for each in value.values())):
        raise ValueError(f"{name} of a row cannot be {value!r}")
    if name == "_content":
        b64decode(value, validate=True)
    return value


def _value(entity_set: EntitySet, name: str, value: Any) -> Any:
    known = entity_set.properties.get(name)
    if known is None:
        raise ValueError(f"{entity_set.name} has no property {name}")
    if value is None:
        return known.blank if known.type in _VALUES else None
    if not is_a(value, _VALUES.get(known.type, str)):
        raise ValueError(f"{name} of {entity_set.name} is of type {known.type}; {value!r} is not")
    if known.type == "Edm.DateTimeOffset":
        from_stamp(value)
    return value
