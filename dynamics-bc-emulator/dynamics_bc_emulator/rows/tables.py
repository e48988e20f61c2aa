"""Which tables an entity set reads, and their numbers: what Business Central's permissions are about."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from dynamics_bc_emulator.odata.catalogue import EntitySet


class _Tables(msgspec.Struct):
    """The package's facts, from the object names of the base application.

    Attributes:
        numbers: Table numbers by name.
        behind: By entity set the tables that its rows come from, besides the table that its page is made of.
    """

    numbers: dict[str, int]
    behind: dict[str, list[str]]


@cache
def _tables() -> _Tables:
    raw = files("dynamics_bc_emulator").joinpath("data/tables.json").read_bytes()
    return msgspec.json.decode(raw, type=_Tables)


def known_tables() -> frozenset[str]:
    """Names of the tables that permissions may speak of."""
    return frozenset(_tables().numbers)


def tables_of(entity_set: EntitySet) -> tuple[str, ...]:
    """The tables that are read for a set's rows; the page's own comes first."""
    return (entity_set.table, *_tables().behind.get(entity_set.name, ()))


def table_data(table: str) -> str:
    """A table as refusals name it: `TableData 18 Customer`; without a number where none is known."""
    number = _tables().numbers.get(table)
    return f"TableData {number} {table}" if number else f"TableData {table}"
