"""How is what the fields of a unified record ask for put together?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_client.odata.values import BLANK_DATE

if TYPE_CHECKING:
    from target_dynamics_bc.wanted.reading import Reading
    from target_dynamics_bc.wanted.records import Reference

Parts = dict[str, Any]
"""Arguments of a `WantedRecord`, or properties to write."""


def given(**values: Any) -> Parts:
    """The values that are there; the blank date, as Business Central spells it, is none."""
    # A decimal takes long to find out that it is no text.
    return {
        name: value
        for name, value in values.items()
        if value is not None and (type(value) is not str or value != BLANK_DATE)
    }


def references(**named: Reference | None) -> dict[str, Reference]:
    """The references that are there."""
    return {name: reference for name, reference in named.items() if reference is not None}


def required(reading: Reading, name: str, value: Any, message: str) -> Any:
    """The value; a fault if there was nothing to read it from. What could not be read has its fault already."""
    if value == BLANK_DATE or (value is None and reading.value(name) in (None, "")):
        reading.fault(name, "required", message)
    return value
