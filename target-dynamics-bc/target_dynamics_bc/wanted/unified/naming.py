"""How does a unified record name what Business Central must have?"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.wanted.reading import Reading, check_exchange_rate
from target_dynamics_bc.wanted.records import BOOKED_CURRENCY, Reference

if TYPE_CHECKING:
    from target_dynamics_bc.kinds.kind import Kind

VENDOR = "vendorId|vendorNumber|vendorExternalId|vendorName"
"""The fields that name a vendor, as a part of a key."""

_CURRENCY = ("currencyId", "currency", "currencyName")
_CODE = "currencyCode"


def trio(reading: Reading, entity_set: str, prefix: str) -> Reference | None:
    """`{x}Id`, `{x}Number`, `{x}Name`, and the sender's own `{x}ExternalId`."""
    return _named(reading, entity_set, _names(prefix))


@lru_cache
def _names(prefix: str) -> _Names:
    return _Names(f"{prefix}Id", f"{prefix}Number", f"{prefix}ExternalId", f"{prefix}Name")


class _Names(NamedTuple):
    """The fields that name one thing, in the order in which they count."""

    id: str
    number: str
    external: str
    name: str


def _named(reading: Reading, entity_set: str, names: _Names) -> Reference | None:
    if reading.has_none(names):
        return None
    if (values := reading.texts(names)) is not None:
        return _named_by_texts(entity_set, names, reading.path, values)
    return _named_by(reading, entity_set, names)


@lru_cache(maxsize=8192)
def _named_by_texts(entity_set: str, names: _Names, path: str, values: tuple[str | None, ...]) -> Reference | None:
    """The same for texts, of which nothing is wrong: what many records refer to is told once."""
    return _named_by(Reading(dict(zip(names, values, strict=True)), [], path), entity_set, names)


def _named_by(reading: Reading, entity_set: str, names: _Names) -> Reference | None:
    if reading.first(names) is None:
        return None
    id_, number, external, name = (reading.key(each) for each in names)
    return Reference(entity_set, reading.first_field(names), id=id_, number=number, name=name, external=external)


def needed(reading: Reading, entity_set: str, prefix: str, owner: str) -> Reference | None:
    """As `trio`, with a fault where nothing is named; `owner` is what needs it, such as `A bill`."""
    reference = trio(reading, entity_set, prefix)
    if reference is None:
        message = f"{owner} needs its {prefix}: {prefix}Id, {prefix}Number or {prefix}Name."
        reading.fault(f"{prefix}Id", "required", message)
    return reference


def currency(reading: Reading) -> Reference | None:
    """The currency, by id, code or name; its code in Business Central's own name for it, too."""
    named = None
    if not reading.has_none(_CURRENCY):
        values = reading.texts(_CURRENCY)
        named = _currency(reading) if values is None else _currency_by_texts(reading.path, values)
    if reading.has_none((_CODE,)):
        return named
    code = reading.key(_CODE)
    return joined(reading, named, None if code is None else Reference("currencies", reading.field(_CODE), number=code))


@lru_cache(maxsize=1024)
def _currency_by_texts(path: str, values: tuple[str | None, ...]) -> Reference | None:
    """The same for texts, as `_named_by_texts`."""
    return _currency(Reading(dict(zip(_CURRENCY, values, strict=True)), [], path))


def _currency(reading: Reading) -> Reference | None:
    if reading.first(_CURRENCY) is None:
        return None
    id_, number, name = (reading.key(each) for each in _CURRENCY)
    return Reference("currencies", reading.first_field(_CURRENCY), id_, number, name)


def booked_currency(reading: Reading) -> dict[str, Reference | None]:
    """The currency that an entry or a payment is to be booked in."""
    check_exchange_rate(reading, "a journal")
    return {BOOKED_CURRENCY: currency(reading)}


def location(reading: Reading) -> Reference | None:
    """The location of a line."""
    return trio(reading, "locations", "location")


def unit_of_measure(line: Reading) -> Reference | None:
    """A quantity means nothing without the unit that it is stated in: that of the record, not of the item's card."""
    named = trio(line, "unitsOfMeasure", "unitOfMeasure")
    for name in ("unitOfMeasure", "unitOfMeasureCode"):
        named = _with_text(named, in_one_field(line, "unitsOfMeasure", name))
    return named


def _with_text(named: Reference | None, text: Reference | None) -> Reference | None:
    """What fields name, and one besides that may hold an id, a code or a name: whichever of them is not said yet."""
    if named is None or text is None:
        return named or text
    said = {(each or "").upper() for each in (named.id, named.number, named.name)}
    given = text.number or ""
    if given.upper() in said:
        return named
    external = named.external or (given if named.number else None)
    return replace(named, number=named.number or given, name=named.name or given, external=external)


def joined(reading: Reading, one: Reference | None, other: Reference | None) -> Reference | None:
    """What two groups of fields name together, each by what the other does not say; a fault where they differ in one.

    Whether all that is said of it leads to the same is seen when it is looked up.
    """
    if one is None or other is None:
        return one or other
    for part in ("id", "number", "name", "external"):
        first, second = getattr(one, part), getattr(other, part)
        if first and second and first.upper() != second.upper():
            message = f"{one.field} and {other.field} name two of {one.kind}, {first} and {second}; send one of them."
            reading.faults.append(Fault("map", one.field, "contradiction", message))
    return replace(
        one,
        id=one.id or other.id,
        number=one.number or other.number,
        name=one.name or other.name,
        external=one.external or other.external,
    )


def in_one_field(reading: Reading, entity_set: str, name: str) -> Reference | None:
    """What one field names, which may hold an id, a code or a name."""
    text = reading.key(name)
    return None if text is None else Reference(entity_set, reading.field(name), id=text, number=text, name=text)


def document_number(reading: Reading, kind: Kind, name: str) -> str | None:
    """The number that a document goes by; where the record has none, the sender's id."""
    return reading.code_or_stand_in(name, "externalId", longest=kind.length("documentNumber")) or None
