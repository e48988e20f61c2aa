"""Which dimensions does a record, or a line of one, name?

Two ways that may be mixed: mapped root fields (`classId`, `classNumber`, `className` with the mapping class -> CLASS)
and an array `dimensions[]`. Pure; finding what is named is the business of `dimensions`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from target_dynamics_bc.wanted.reading import Reading
from target_dynamics_bc.wanted.records import WantedDimension


class DimensionNames(NamedTuple):
    """What an object calls a dimension and its value; empty for what it has no name for."""

    id: str
    code: str
    name: str
    value_id: str
    value_code: str
    value_name: str


_MEMBER = DimensionNames("id", "number", "name", "valueId", "valueNumber", "value")


def named_dimension(reading: Reading, names: DimensionNames) -> WantedDimension:
    """The dimension and the value that an object names."""
    reading.asked.update(names)
    if (values := reading.texts(names)) is not None:
        return _named_by_texts(names, reading.path, values)
    return _named(reading, names)


@lru_cache(maxsize=8192)
def _named_by_texts(names: DimensionNames, path: str, values: tuple[str | None, ...]) -> WantedDimension:
    """The same for texts, of which nothing is wrong: what many records name is told once."""
    return _named(Reading(dict(zip(names, values, strict=True)), [], path), names)


def _named(reading: Reading, names: DimensionNames) -> WantedDimension:
    return WantedDimension(reading.path, None, *(reading.key(name) if name else None for name in names))


def wanted_dimensions(reading: Reading, prefixes: tuple[str, ...]) -> tuple[WantedDimension, ...]:
    """The dimensions that an object of a record names: root fields first, because they win over the array."""
    by_root: list[WantedDimension] = []
    if not reading.has_none(_names_of(prefixes)):
        by_root = [wanted for prefix in prefixes if (wanted := _root_fields(reading, prefix)) is not None]
    by_array = [_array_member(child) for child in reading.children("dimensions") or ()]
    return (*by_root, *(wanted for wanted in by_array if wanted is not None))


@lru_cache
def _names_of(prefixes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for prefix in prefixes for name in names_of_prefix(prefix))


@lru_cache
def names_of_prefix(prefix: str) -> tuple[str, str, str]:
    """The root fields that name a value of the dimension which a prefix is mapped to: by id, code and name."""
    return f"{prefix}Id", f"{prefix}Number", f"{prefix}Name"


def _root_fields(reading: Reading, prefix: str) -> WantedDimension | None:
    names = names_of_prefix(prefix)
    if reading.has_none(names) or reading.first(names) is None:
        return None
    value_id, value_code, value_name = (reading.key(name) for name in names)
    return WantedDimension(
        reading.first_field(names), prefix=prefix, value_id=value_id, value_code=value_code, value_name=value_name
    )


def _array_member(member: Reading) -> WantedDimension | None:
    wanted = named_dimension(member, _MEMBER)
    if wanted.value_id is None and wanted.value_code is None and wanted.value_name is None:
        member.fault("value", "required", f"{member.path} needs a value: valueId, valueNumber or value.")
        return None
    if wanted.id is None and wanted.code is None and wanted.name is None and wanted.value_id is None:
        member.fault("id", "required", f"{member.path} needs its dimension: id, number or name.")
        return None
    return wanted
