"""How is a value read as the service takes it, by the type of its property?

Nearly all values are of the type that is expected and nothing is wrong with them. Those have a quick way, by the type
that they come in; any other is read as a field of the record, which says what is wrong with it. Both come to the same.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from functools import lru_cache, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from dynamics_bc_client.odata.urls import GUID
from dynamics_bc_client.odata.values import BLANK_DATE, decode_enum, encode_enum
from target_dynamics_bc.same_names import upper_case
from target_dynamics_bc.wanted.reading import sound_day, sound_number, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from target_dynamics_bc.kinds.facts import Property
    from target_dynamics_bc.wanted.reading import Reading

Ways: TypeAlias = "Mapping[type, Callable[[Any], Any]]"
"""By the type of a value, what reads it; that gives None where it is to be read as a field of the record."""

_BLANKS = MappingProxyType({"String": "", "Date": BLANK_DATE, "Enum": "_x0020_"})
_LARGEST = {"Byte": 2**8, "Int16": 2**15, "Int32": 2**31, "Int64": 2**63}
_NO_WAYS: Ways = MappingProxyType({})
_OF_NUMBERS: Ways = MappingProxyType({int: whole_number, Decimal: sound_number})
_OF_TYPES: Mapping[str, Ways] = MappingProxyType(
    {"Date": MappingProxyType({str: sound_day}), "Boolean": MappingProxyType({bool: bool})}
)


class Plain(NamedTuple):
    """A property that refers to nothing, and how it is read.

    Attributes:
        name: Its name.
        of: What it is.
        longest: The length up to which text is taken as it stands; -1 where text has to be read.
        ways: The quick ways of reading it; none where it is text that is taken as it stands.
    """

    name: str
    of: Property
    longest: int
    ways: Ways


def plain(of: Property) -> Plain:
    """How a property is read."""
    ways, longest = _ways(of), sys.maxsize if of.length is None else of.length
    return Plain(of.name, of, -1 if ways else longest, ways)


def fields_of(reading: Reading, properties: Iterable[Plain], *, published: bool = False) -> dict[str, Any]:
    """The values of properties that a record has, as the service takes them."""
    data, fields = reading.data, dict[str, Any]()
    for name, of, longest, ways in properties:
        value = data[name]
        type_ = type(value)
        if type_ is not str or len(value) > longest:
            quick = ways[type_](value) if type_ in ways else None
            value = _read(reading, of) if quick is None else quick
        if published:
            value = _checked(reading, of, value)
        if value is not None:
            fields[name] = value
    return fields


def amounts_of(reading: Reading, names: Iterable[str]) -> dict[str, Decimal]:
    """The numbers in fields that a record has."""
    data, amounts = reading.data, dict[str, Decimal]()
    for name in names:
        value = data[name]
        type_ = type(value)
        number = _OF_NUMBERS[type_](value) if type_ in _OF_NUMBERS else None
        if number is None:
            number = reading.amount(name)
        if number is not None:
            amounts[name] = number
    return amounts


def _ways(of: Property) -> Ways:
    if of.is_number:
        return _OF_NUMBERS
    if of.type == "Enum":
        return {str: partial(_sound_member, of.members)}
    if of.is_code and of.type not in _OF_TYPES:
        return {str: partial(_sound_code, sys.maxsize if of.length is None else of.length)}
    return _OF_TYPES.get(of.type, _NO_WAYS)


def _sound_code(longest: int, text: str) -> str | None:
    if len(text) > longest:
        return None
    code = text.strip()
    return code.upper() if code.isascii() else upper_case(code)


@lru_cache(maxsize=1024)
def _sound_member(members: tuple[str, ...], text: str) -> str | None:
    key = text.strip()
    return _member(members, key) if key else None


def _read(reading: Reading, of: Property) -> Any:
    """A value as the service takes it; null is the blank of its type, where it has one."""
    name = of.name
    if reading.data[name] is None:
        return 0 if of.is_number else _BLANKS.get(of.type)
    if of.type == "Enum":
        text = reading.key(name)
        return None if text is None else _member(of.members, text)
    if of.is_number:
        return reading.amount(name)
    if of.type in {"Date", "Boolean"}:
        return reading.day(name) if of.type == "Date" else reading.truth(name)
    return reading.code(name, longest=of.length) if of.is_code else reading.text(name, longest=of.length)


def _member(members: tuple[str, ...], text: str) -> str:
    """The member of an enum that a text means, whose case does not matter; the text's own encoding for none of them."""
    encoded = text if "_x00" in text else encode_enum(text)
    return next((each for each in members if each.lower() == encoded.lower()), encoded)


def _checked(reading: Reading, of: Property, value: Any) -> Any:
    """A value that the tenant's own metadata allows; a fault where it does not."""
    if value is None:
        return None
    problem = ""
    if of.type == "Enum":
        known = {each.lower(): each for each in of.members}
        if value.lower() in known:
            return known[value.lower()]
        members = ", ".join(f'"{decode_enum(each)}"' for each in of.members)
        problem = f"must be one of {members}"
    elif of.type == "Guid" and not GUID.fullmatch(str(value)):
        problem = "must be an id such as 6d4d7b3f-1f2e-4c8a-9b0d-2f4a6c8e0b1d"
    elif of.is_whole and value != int(value):
        problem = "must be a whole number"
    elif of.is_whole and not -(limit := _LARGEST[of.type]) <= value < limit:
        problem = f"must be a whole number below {limit:,}"
    if not problem:
        return value
    reading.fault(of.name, "not_allowed", f'{reading.field(of.name)} {problem}, not "{reading.data[of.name]}".')
    return None
