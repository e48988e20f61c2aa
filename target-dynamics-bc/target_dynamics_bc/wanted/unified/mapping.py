"""What does a unified record ask for, whatever its kind?"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from target_dynamics_bc.identity import fingerprint_of
from target_dynamics_bc.wanted.dimension_fields import wanted_dimensions
from target_dynamics_bc.wanted.keys import identity_of_unified
from target_dynamics_bc.wanted.reading import Reading
from target_dynamics_bc.wanted.records import WantedRecord
from target_dynamics_bc.wanted.unread_meaning import (
    currencies_unread,
    judged_apart,
    misspelt_company,
    misspelt_draft,
    refuse_unread_rates,
    refuse_unread_units,
    telling,
    unread_dimensions,
)
from target_dynamics_bc.wanted.unread_money import (
    AMOUNT_OF_ITS_OWN,
    AMOUNT_OF_LINES,
    refuse_unread_discounts,
    refuse_unread_price,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_dynamics_bc.kept.faults import Fault
    from target_dynamics_bc.kinds.kind import Kind, UnifiedMapping
    from target_dynamics_bc.wanted.unified.parts import Parts

_ITEMS, _PRICE, _LINE_DISCOUNT = "lineItems", "unitPrice", "discount"
_LISTS = frozenset({_ITEMS, "expenses"})

# Read here as well, and a name of the service's own: it tells nobody which dialect a record is in.
_OF_EITHER_DIALECT = frozenset({"currencyCode"})
# What a record of any kind may say.
_COMMON = frozenset({"externalId", "subsidiaryId", "subsidiaryName", "isDraft", "action", "dimensions"})


def map_unified(
    stream: str,
    kind: Kind,
    position: int,
    record: Mapping[str, Any],
    prefixes: Iterable[str],
    *,
    cuts: set[str] | None = None,
) -> WantedRecord:
    """What a unified record asks for, with everything that is wrong with it.

    Args:
        stream: The stream's name, as it came.
        kind: A kind that unified records speak of.
        position: The record's place in the input.
        record: The record.
        prefixes: Prefixes of root fields that the dimension mapping knows, such as `class`.
        cuts: Takes the fields whose text is cut because it is too long; None to refuse it instead.
    """
    assert kind.unified is not None
    faults: list[Any] = []
    reading = Reading(record, faults, cuts=cuts)
    prefixes = tuple(prefixes)
    common: Parts = {
        "external_id": reading.key("externalId"),
        "company": reading.first(("subsidiaryId", "subsidiaryName")),
        "dimensions": wanted_dimensions(reading, prefixes),
        "draft": reading.truth("isDraft"),
        "action": reading.key("action") or "",
        "deleted": reading.has("_sdc_deleted_at"),
    }
    wanted = {**common, **kind.unified.read(reading, kind, prefixes)}
    currencies, if_posted = _judge_unread(reading, kind, prefixes)
    if wanted["deleted"]:
        faults = [fault for fault in faults if fault.code != "required"]  # a deletion has no more than its key
    hash_, is_sound = fingerprint_of(record)
    return WantedRecord(
        stream=stream,
        kind=kind,
        position=position,
        record=record,
        hash=hash_,
        identity=identity_of_unified(kind.unified, record, wanted["external_id"]),
        faults=tuple(dict.fromkeys(faults)),  # a field that is read twice has one fault
        currencies=currencies,
        if_posted=if_posted,
        left_out=judged_apart(tuple(reading.unread()), currencies),
        is_sound=is_sound,
        **wanted,
    )


def _judge_unread(
    reading: Reading, kind: Kind, prefixes: tuple[str, ...]
) -> tuple[tuple[tuple[str, str], ...], tuple[Fault, ...]]:
    """Refuse what nothing reads and what says something of a number.

    Returns:
        The currencies that are among it, and the faults of a record that is to be posted.
    """
    is_document, is_booked = kind.lines is not None and kind.journal is None, kind.is_booked
    lines = [(name, line) for name, line in reading.nested() if name in _LISTS and is_booked]
    currencies = tuple[tuple[str, str], ...]()
    if_posted: list[Fault] = []
    for name, place in (("", reading), *lines):
        fields = telling(tuple(place.unread_here()), prefixes)
        if not fields:
            continue
        currencies += currencies_unread(place, fields)
        if is_booked:
            if_posted += unread_dimensions(place, fields, prefixes)
            refuse_unread_rates(place, fields, str(kind.noun))
            if not name:
                if_posted += (*misspelt_company(place, fields), *misspelt_draft(place, fields, kind))
            elif name == _ITEMS and is_document:
                refuse_unread_units(place, fields)
        if is_document:
            refuse_unread_discounts(place, fields, kind.noun, f"{AMOUNT_OF_LINES}: {_LINE_DISCOUNT}")
        elif kind.journal is not None and kind.journal.party:
            refuse_unread_discounts(place, fields, kind.noun, f"{AMOUNT_OF_ITS_OWN}: {_LINE_DISCOUNT}")
    for name, line in lines:
        if name == _ITEMS and is_document:
            refuse_unread_price(line, line.unread_here(), _PRICE)
    return currencies, tuple(if_posted)


def names_of_unified(kind: Kind) -> frozenset[str]:
    """The fields by which a unified record of a kind is known; none for a kind that they do not speak of."""
    return frozenset() if kind.unified is None else _COMMON | _names_read(kind.unified, kind)


@lru_cache
def _names_read(unified: UnifiedMapping, kind: Kind) -> frozenset[str]:
    """The fields that are looked for in a record that has none."""
    empty = Reading({}, [])
    unified.read(empty, kind, ())
    return frozenset(empty.asked - _OF_EITHER_DIALECT)
