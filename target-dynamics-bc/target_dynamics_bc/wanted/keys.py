"""What tells a record from all others of its kind, in either dialect?

The memory knows records by it, so what a release wrote is what later releases have to write.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from target_dynamics_bc.kinds.kind import EXTERNAL_ID, ID, ONLY, POSTED
from target_dynamics_bc.wanted.reading import digits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_dynamics_bc.kinds.kind import Kind, MatchKey, UnifiedMapping
    from target_dynamics_bc.wanted.records import WantedRecord


NO_KEY = "no_key"
"""The code of a fault: nothing tells a record from others."""

_SPECIAL = frozenset({ID.name, "number", EXTERNAL_ID.name, POSTED.name, ONLY.name})
"""Keys that are no property of a record by that name."""


def identity_of_unified(unified: UnifiedMapping, record: Mapping[str, Any], external_id: str | None) -> str | None:
    """The sender's id, else the first key of which everything is there; None when there is none."""
    return _of_sender(external_id) or _natural(unified.keys, record)


def identity_of_own(kind: Kind, record: Mapping[str, Any], external_id: str | None) -> str | None:
    """The sender's id, else what Business Central itself knows the record by; None when there is nothing."""
    if external_id is not None:
        return _of_sender(external_id)
    if kind.is_singular:
        return ONLY.name
    names = _own_names(kind)
    if _upper(record, names[0]):
        return f"own:{':'.join([_upper(record, name) for name in names])}"
    number = "" if kind.journal is not None else _upper(record, kind.number_property)
    natural = _natural(_own_ways(kind), record)
    if natural is not None and kind.has_number_within:
        return natural
    return f"number:{number}" if number and not kind.needs_parent else natural


def fields_of_key(kind: Kind) -> frozenset[str]:
    """The properties that make up the key by which one party tells a kind's records apart; none for other kinds."""
    key = kind.natural_key
    return frozenset() if key is None else frozenset((*names_of(kind, key.name), *names_of(kind, key.within)))


def texts_by_key(wanted: WantedRecord, chosen: Iterable[str] = ()) -> set[str]:
    """What a record may be found by, in upper case: by each key of its kind, and by those that a setting chooses."""
    values = {
        "id": wanted.id,
        "number": wanted.number,
        "name": wanted.fields.get("displayName"),
    }
    values[wanted.kind.number_property] = wanted.number
    names = {*wanted.kind.key_names, *chosen}
    texts = (values[name] if name in values else wanted.fields.get(name) for name in names)
    return {str(text).strip().upper() for text in texts if text}


def _of_sender(external_id: str | None) -> str | None:
    return None if external_id is None else f"external:{external_id}"


@lru_cache
def _own_names(kind: Kind) -> tuple[str, ...]:
    """The properties that make up what the service knows a record by.

    One check may pay several vendors, and several bills: the lines of a payment are told apart by both.
    """
    journal = kind.journal
    if journal is None:
        return (kind.facts.id_property,)
    relations = (kind.facts.relation(name) for name in (journal.party, journal.applies_to) if name)
    numbers = (relation.number for relation in relations if relation is not None)
    return (kind.number_property, "postingDate", "journalId", "journalDisplayName", *numbers)


@lru_cache
def _own_ways(kind: Kind) -> tuple[tuple[str, ...], ...]:
    """The keys of a kind as ways to tell its records apart, see `_natural`."""
    return tuple(_way(kind, key) for key in kind.keys if key.name not in _SPECIAL)


def _way(kind: Kind, key: MatchKey) -> tuple[str, ...]:
    others = ("|".join((*names_of(kind, name), "")) for name in key.beside)
    return (
        "|".join(names_of(kind, key.name)),
        *("|".join(names_of(kind, name)) for name in (key.within,) if name),
        *others,
    )


def names_of(kind: Kind, name: str) -> tuple[str, ...]:
    """The properties that name the same as one does."""
    if kind.parents is not None and name == kind.parents.id:
        return kind.parents.id, kind.parents.number
    relation = kind.facts.relation(name)
    return relation.names if relation is not None else (name,)


def _natural(ways: Iterable[Sequence[str]], record: Mapping[str, Any]) -> str | None:
    """The values of the first way of which all are there; `a|b` is the first of two, and `a|b|` may be missing."""
    for way in ways:
        values = [_first_value(record, alternatives.split("|")) for alternatives in way]
        if None not in values:
            return "natural:" + json.dumps([way[0], *values])
    return None


def _first_value(record: Mapping[str, Any], names: Sequence[str]) -> str | None:
    for name in names:
        if name == "":
            return ""
        value = record.get(name)
        text = digits(value).strip() if value is not None else ""
        if text:
            return text.upper()
    return None


def _upper(record: Mapping[str, Any], name: str) -> str:
    return digits(record.get(name) or "").upper()
