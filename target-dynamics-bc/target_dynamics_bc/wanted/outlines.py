"""What do records state that have the same names, and what of it is left out?

All records of a stream have the same names as a rule, and so have their lines. What follows from the names alone is
told once for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from dynamics_bc_client.odata.values import ZERO_GUID
from target_dynamics_bc.wanted.dimension_fields import names_of_prefix
from target_dynamics_bc.wanted.shapes import names_of_lines, shape_of, shape_of_line
from target_dynamics_bc.wanted.values import plain

if TYPE_CHECKING:
    from collections.abc import Collection

    from target_dynamics_bc.kinds.kind import Kind, LineType
    from target_dynamics_bc.wanted.shapes import Named, Shape
    from target_dynamics_bc.wanted.values import Plain

# What identifies a record, says where it goes or comes with every row; none of it is written, and none is worth a word.
_TAKEN_FOR_GRANTED = frozenset({
    "id", "number", "company_id", "company_name", "parent_modified_at", "lastModifiedDateTime", "externalId", "isDraft",
    "dimensions", "defaultDimensions", "dimensionSetLines", "documentId", "sequence", "lineNumber", "lineType",
    "lineObjectNumber", "subsidiaryId", "action", "subsidiaryName", "totalAmountIncludingTax",
})  # fmt: skip
CURRENCY = ("currencyCode", "currencyId")
"""What names the currency of an entry, its line or a payment."""

DISCOUNT = "discountAmount"
"""What a payment keeps back of its document, or what a line is cheaper by."""

TOTALS = ("totalAmountExcludingTax", "totalTaxAmount")
"""Numbers that a document states and the service calculates from others."""

_TAX = ("taxPercent", "totalTaxAmount")
_OF_DIMENSIONS = ("dimensions", "dimensionSetLines", "defaultDimensions")


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """What records, or lines of one type, state that have the same names; equal to itself alone.

    Attributes:
        plain: Properties that refer to nothing, and how each is read.
        references: What they refer to: the property that is written, how that is named, and what is written where it
            is blank; None where that is nothing.
        calculated: Properties that hold numbers which the service calculates from others.
        names_dimensions: Some of the names may name dimensions.
        naming: All properties that name what they refer to.
    """

    plain: tuple[Plain, ...]
    references: tuple[tuple[str, Named, str | None], ...]
    calculated: tuple[str, ...]
    names_dimensions: bool
    naming: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        naming = dict.fromkeys(name for _, named, _ in self.references for name in named.names)
        object.__setattr__(self, "naming", tuple(naming))


@lru_cache(maxsize=1024)
def outline_of(kind: Kind, names: tuple[str, ...], prefixes: tuple[str, ...]) -> Outline:
    """What records with these names state."""
    is_document = kind.lines is not None and kind.journal is None
    return _outline(shape_of(kind), names, prefixes, TOTALS if is_document else ())


@lru_cache(maxsize=1024)
def outline_of_line(kind: Kind, type_: LineType, names: tuple[str, ...], prefixes: tuple[str, ...]) -> Outline:
    """What lines with these names state that are for something of one type."""
    return _outline(
        shape_of_line(kind, type_), names, prefixes, () if kind.journal is not None else calculated_of(kind)
    )


def _outline(shape: Shape, names: tuple[str, ...], prefixes: tuple[str, ...], calculated: Collection[str]) -> Outline:
    there = frozenset(names)
    of_prefixes = (name for prefix in prefixes for name in names_of_prefix(prefix))
    return Outline(
        tuple(plain(each) for each in shape.plain if each.name in there),
        tuple(
            (name, named, None if name in shape.required else _blank(name, named))
            for name, named in shape.references.items()
            if not there.isdisjoint(named.names)
        ),
        tuple(name for name in calculated if name in there),
        not there.isdisjoint((*_OF_DIMENSIONS, *of_prefixes)),
    )


def _blank(name: str, named: Named) -> str:
    return ZERO_GUID if name == named.relation.id else ""


@lru_cache
def calculated_of(kind: Kind) -> tuple[str, ...]:
    """The properties of a line that hold numbers which the service calculates from others."""
    return (*sorted(kind.lines.calculated if kind.lines is not None else ()), *_TAX)


@lru_cache(maxsize=1024)
def unread(names: tuple[str, ...], kind: Kind, prefixes: tuple[str, ...], *, of: int) -> tuple[str, ...]:
    """Which names are not read: of a record (0), or of a line (1)."""
    read = names_read(kind, prefixes)[of]
    return tuple(name for name in names if name not in read and not name.startswith("_"))


@lru_cache
def names_read(kind: Kind, prefixes: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """The names in a record, and in a line of it, that are read or not worth a word."""
    known = {*_TAKEN_FOR_GRANTED, kind.lines_name}
    known |= {name for prefix in prefixes for name in names_of_prefix(prefix)}
    if kind.lines is not None or kind.journal is not None:
        known.add("exchangeRate")
    if kind.journal is not None:
        known |= {*CURRENCY, kind.journal.applications, *((DISCOUNT,) if kind.journal.party else ())}
    if kind.parents is not None:
        known |= {kind.parents.type, kind.parents.id, kind.parents.number}
    in_lines = known | names_of_lines(kind)
    if kind.lines is not None and kind.journal is None:
        # Not written, but what is posted is compared with them.
        known |= {*TOTALS}
        in_lines |= {*calculated_of(kind)}
    return frozenset(known | shape_of(kind).names | {kind.number_property}), frozenset(in_lines)
