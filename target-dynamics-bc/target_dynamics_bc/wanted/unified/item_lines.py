"""What is one of `lineItems` for: an item, or what its `lineType` says?

Unified records have no fields for resources, fixed assets and charges; a line names them as Business Central does, by
`lineType` and `lineObjectNumber`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_client.odata.values import decode_enum
from target_dynamics_bc.wanted.reading import number_of
from target_dynamics_bc.wanted.records import Reference
from target_dynamics_bc.wanted.unified.naming import joined, needed, trio
from target_dynamics_bc.wanted.unified.parts import Parts, references

if TYPE_CHECKING:
    from decimal import Decimal

    from target_dynamics_bc.kinds.kind import Kind, LineType
    from target_dynamics_bc.wanted.reading import Reading

LINE_TYPES = ("Item", "Resource", "Fixed Asset", "Charge")
"""What `lineItems` may be for, in the words of `lineType`."""

OTHER_TYPES = frozenset({"Resource", "Fixed_x0020_Asset", "Charge"})
"""Types of lines that are a record's only where it, or an earlier version of it, has brought them."""

TAX_AMOUNT = "taxAmount"
"""What a document, or a line of it, calls its tax."""

TAX_RATES = ("taxRate", "taxPercent")
"""What a line calls the rate of its tax: in percent, or as a part of one."""

_AMOUNTS = ("amount", "totalPrice", TAX_AMOUNT)
_TYPE, _NUMBER = "lineType", "lineObjectNumber"
NAMES = ("itemId", "itemNumber", "itemExternalId", "itemName", _NUMBER)
"""The fields that say which one; one of them is enough."""


def stated_amounts(line: Reading, price: Decimal | None) -> dict[str, Decimal]:
    """What a line comes to by its own words, which is compared before posting; a line without a price has none."""
    amounts = {name: line.amount(name) for name in _AMOUNTS} if price is not None else {}
    return {name: amount for name, amount in amounts.items() if amount is not None} | stated_rates(line)


def stated_rates(line: Reading) -> dict[str, Decimal]:
    """The rate at which a line is taxed by its own words; what is called so and is no number may be any name."""
    rates = {name: number_of(line.data.get(name)) for name in TAX_RATES}
    stated = {name: rate for name, rate in rates.items() if rate is not None and rate.is_finite()}
    line.asked.update(stated)
    return stated


def line_object(line: Reading, kind: Kind) -> tuple[str, Parts, dict[str, Reference]]:
    """The type of a line, with the properties and the references that say what it is for."""
    stated = decode_enum(line.key(_TYPE) or "").strip()
    longest = kind.lines.facts.length(_NUMBER) if kind.lines is not None else None
    number = line.code(_NUMBER, longest=longest) or None
    type_ = _type(kind, stated)
    if stated and type_ is None:
        message = f"{line.path} is a line for {stated}; lineItems can be for {', '.join(LINE_TYPES)}."
        line.fault(_TYPE, "unsupported_line", message)
    if type_ is None or not type_.is_by_number:
        return "Item", {}, references(itemId=_item(line, number, is_stated=bool(stated)))
    if number is None:
        line.fault(_NUMBER, "required", f"{line.path} needs its {type_.words.lower()}: {_NUMBER}.")
    return type_.name, {_TYPE: type_.name, _NUMBER: number}, {}


def _type(kind: Kind, stated: str) -> LineType | None:
    types = kind.lines.types if kind.lines is not None else ()
    known = {each.words.lower(): each for each in types if each.words in LINE_TYPES}
    return known.get(stated.lower())


def _item(line: Reading, number: str | None, *, is_stated: bool) -> Reference | None:
    if number is None:
        return needed(line, "items", "item", line.path)
    named = trio(line, "items", "item")
    if named is None and not is_stated:
        types = ", ".join(LINE_TYPES)
        message = f"{line.path} does not say what {_NUMBER} is the number of: its {_TYPE} is one of {types}."
        line.fault(_TYPE, "required", message)
        return None
    return joined(line, named, Reference("items", line.field(_NUMBER), number=number))
