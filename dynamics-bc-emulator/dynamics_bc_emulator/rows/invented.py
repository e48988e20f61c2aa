"""Values for properties that no fact gives: invented by type, the same for the same row in every run."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from dynamics_bc_emulator.odata.catalogue import Property

_FIRST_DAY = date(2025, 1, 1)
_WORDS = ("Amber", "Birch", "Cedar", "Dune", "Ember", "Fjord", "Grove", "Harbour", "Island", "Juniper", "Kestrel")


def invented_value(known: Property, *place: str) -> Any:
    """A value that fits a property's type, length and members.

    Args:
        known: The property.
        place: What tells the row from others, such as its id.
    """
    number = int.from_bytes(blake2b("|".join((known.name, *place)).encode(), digest_size=16).digest(), "big")
    if known.enum:
        return known.enum[number % len(known.enum)]
    if known.type.startswith("Collection("):
        return []
    invent = _BY_TYPE.get(known.type)
    return invent(known, number) if invent else known.blank


def _text(known: Property, number: int) -> str:
    word = f"{_WORDS[number % len(_WORDS)]} {number // len(_WORDS) % 900 + 100}"
    return word.upper()[: known.max_length] if known.upper_case else word[: known.max_length]


def _stamp(_: Property, number: int) -> str:
    day = _FIRST_DAY + timedelta(days=number % 420)
    return f"{day}T{number // 420 % 24:02d}:{number // 10_080 % 60:02d}:{number // 604_800 % 60:02d}Z"


_BY_TYPE: dict[str, Callable[[Property, int], Any]] = {
    "Edm.String": _text,
    "Edm.Guid": lambda _, number: str(uuid.UUID(int=number, version=4)),
    "Edm.Date": lambda _, number: (_FIRST_DAY + timedelta(days=number % 420)).isoformat(),
    "Edm.DateTimeOffset": _stamp,
    "Edm.TimeOfDay": lambda _, number: f"{number % 24:02d}:{number // 24 % 60:02d}:00",
    "Edm.Decimal": lambda _, number: Decimal(number % 1_000_000) / 100,
    "Edm.Double": lambda _, number: Decimal(number % 1_000_000) / 100,
    "Edm.Int16": lambda _, number: number % 1000,
    "Edm.Int32": lambda _, number: number % 10_000,
    "Edm.Int64": lambda _, number: number % 10_000_000,
    "Edm.Byte": lambda _, number: number % 100,
    "Edm.Boolean": lambda _, number: bool(number % 2),
}
