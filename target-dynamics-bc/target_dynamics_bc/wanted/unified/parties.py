"""What do unified customers and vendors have in common?"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from target_dynamics_bc.kinds.facts import COUNTRIES
from target_dynamics_bc.wanted.reading import country_by_code_or_name
from target_dynamics_bc.wanted.records import Reference
from target_dynamics_bc.wanted.unified.naming import currency, in_one_field
from target_dynamics_bc.wanted.unified.parts import Parts, given, references

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_dynamics_bc.kinds.kind import Kind
    from target_dynamics_bc.wanted.reading import Reading

BLANK_OPTION = "_x0020_"
"""How the service spells the blank member of an enumeration."""

_ADDRESS: Mapping[str, str] = MappingProxyType(
    {
        "line1": "addressLine1",
        "line2": "addressLine2",
        "city": "city",
        "state": "state",
        "country": "country",
        "postalCode": "postalCode",
    }
)


def party(reading: Reading, kind: Kind, *, name: str, number: str, **more: object) -> Parts:
    """What a customer or a vendor asks for.

    Args:
        reading: The record.
        kind: Its kind.
        name: The field that holds its name.
        number: The field that holds its number.
        more: Further properties to write.
    """
    phone = _preferred(reading.children("phoneNumbers"), "type", "unknown")
    active = reading.truth("isActive")
    texts = {"displayName": name, "email": "email", "website": "website"}
    fields = given(**{each: reading.text(field, longest=kind.length(each)) for each, field in texts.items()})
    if phone is not None:
        fields |= given(phoneNumber=phone.text("phoneNumber", longest=kind.length("phoneNumber")))
    address = _preferred(reading.children("addresses"), "addressType", "shipping")
    fields |= _address(address, kind)
    fields |= given(blocked=None if active is None else BLANK_OPTION if active else "All", **more)
    return {
        "id": reading.key("id"),
        "number": reading.code(number, longest=kind.length("number")) or None,
        "fields": fields,
        "references": references(
            country=_country(address, kind),
            currencyCode=currency(reading),
            paymentMethodId=in_one_field(reading, "paymentMethods", "paymentMethod"),
        ),
    }


def _country(address: Reading | None, kind: Kind) -> Reference | None:
    """The country, by its code or its name."""
    text = address.key("country") if address is not None else None
    if address is None or text is None:
        return None
    code, name = country_by_code_or_name(text, kind.length("country"))
    return Reference(COUNTRIES, address.field("country"), number=code, name=name)


def _address(address: Reading | None, kind: Kind) -> Parts:
    """The parts that the record carries; one that is absent is not written as blank."""
    if address is None:
        return {}
    parts: Parts = {}
    for name, target in _ADDRESS.items():
        if name == "country" and _country(address, kind) is not None:
            continue
        read = address.code if kind.facts.properties[target].is_code else address.text
        if (value := read(name, longest=kind.length(target))) is not None:
            parts[target] = value
    return parts


def _preferred(children: Sequence[Reading] | None, name: str, value: str) -> Reading | None:
    """The child whose field has the value, else the first one."""
    if not children:
        return None
    for child in children:
        if str(child.value(name)).lower() == value:
            return child
    return children[0]
