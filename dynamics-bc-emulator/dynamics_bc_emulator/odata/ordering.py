"""How rows are sorted, and how the place where a page ended is written into the next link."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import cmp_to_key
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

from dynamics_bc_emulator.odata.filters import comparable
from dynamics_bc_emulator.refusals import query_syntax
from dynamics_bc_emulator.values import decode, encode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dynamics_bc_emulator.odata.catalogue import EntitySet
    from dynamics_bc_emulator.odata.options import Order


class Identified(Protocol):
    """A row with the text of its key."""

    @property
    def id(self) -> str:
        """The key."""


RowT = TypeVar("RowT", bound=Identified)


def sort_key(values: Mapping[str, Any], order: Sequence[Order], entity_set: EntitySet) -> tuple[Any, ...]:
    """What a row is sorted by, in comparable form."""
    return tuple(comparable(values.get(one.name), entity_set.properties[one.name]) for one in order)


def compare(left: tuple[Any, ...], right: tuple[Any, ...], order: Sequence[Order]) -> int:
    """Minus one, zero or one, as sort keys of rows are ordered."""
    for one, mine, other in zip(order, left, right, strict=True):
        if mine != other:
            return -1 if (mine < other) != one.descending else 1
    return 0


def sorted_rows(
    rows: Sequence[tuple[Mapping[str, Any], RowT]], order: Sequence[Order], entity_set: EntitySet
) -> list[tuple[Mapping[str, Any], RowT]]:
    """Rows in order; rows that are equal in it by id, so that every page agrees with the next."""

    def by_order(left: tuple[Any, ...], right: tuple[Any, ...]) -> int:
        return compare(left[0], right[0], order) or (left[1] > right[1]) - (left[1] < right[1])

    keyed = [(sort_key(values, order, entity_set), row.id, (values, row)) for values, row in rows]
    return [pair for _, _, pair in sorted(keyed, key=cmp_to_key(by_order))]


def is_after(key: tuple[Any, ...], row_id: str, place: tuple[tuple[Any, ...], str], order: Sequence[Order]) -> bool:
    """Whether a row comes after a place: the sort key and the id of the row that a page ended with."""
    compared = compare(key, place[0], order)
    return compared > 0 or (compared == 0 and row_id > place[1])


def to_token(values: Mapping[str, Any], row_id: str, order: Sequence[Order]) -> str:
    """The place after a row: its id, and the values it is sorted by if it is not sorted by its key.

    How the service writes the second kind is not known.
    """
    if not order:
        return row_id
    return urlsafe_b64encode(encode([*(values.get(one.name) for one in order), row_id])).decode().rstrip("=")


def from_token(token: str, order: Sequence[Order]) -> tuple[dict[str, Any], str]:
    """The values and the id that a token names.

    Raises:
        Refusal: It is not one of ours.
    """
    if not order:
        return {}, token
    try:
        *values, row_id = decode(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        return {one.name: value for one, value in zip(order, values, strict=True)}, str(row_id)
    except (ValueError, TypeError, msgspec.DecodeError):
        raise query_syntax() from None
