"""What became of a record on its way here that it would not be booked as it was meant?

Lists that a pipeline has taken apart, words that programs write for an empty cell where a record is known by them, and
one line that came twice. Pure.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from target_dynamics_bc.kept.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_dynamics_bc.kinds.kind import Kind
    from target_dynamics_bc.wanted.records import WantedRecord

_LISTS = ("lineItems", "expenses", "bills", "dimensions", "addresses", "phoneNumbers", "attachments")
_EMPTY = frozenset({"None", "null", "NULL", "undefined", "N/A", "n/a", "#N/A", "#REF!"})
"""What programs write for a value that is not there, in exactly this case: NONE may be a code."""


def faults_of_way(wanted: WantedRecord) -> tuple[Fault, ...]:
    """What cannot be meant of a record that was read."""
    flattened = _flattened(wanted) if wanted.left_out else ()
    return (*flattened, *_empty_keys(wanted), *_lines_twice(wanted))


def _flattened(wanted: WantedRecord) -> Iterator[Fault]:
    """Fields that are a part of a list: nothing reads them, and what is in them would be lost."""
    pattern, seen = _pattern(wanted.kind), set[str]()
    for name in wanted.left_out:
        match = pattern.fullmatch(name)
        if match is not None and match[1] not in seen:
            seen.add(match[1])
            message = (
                f"{name} is a part of {match[1]} that was taken apart on the way; send {match[1]} as a list, and turn "
                "the flattening of records off."
            )
            yield Fault("map", name, "flattened", message)


@lru_cache
def _pattern(kind: Kind) -> re.Pattern[str]:
    names = {*_LISTS, *(child.navigation for child in kind.children)}
    return re.compile(rf"({'|'.join(sorted(names))})_{{1,2}}\d+(?:_.*)?")


def _empty_keys(wanted: WantedRecord) -> Iterator[Fault]:
    """Keys that are no value: two records that have none would become one."""
    record = wanted.record
    for name in _key_names(wanted.kind, own=wanted.copied):
        value = record.get(name)
        if type(value) is str and value.strip() in _EMPTY:
            message = (
                f'{name} is "{value.strip()}", as programs write for a value that is not there; two records would '
                "become one. Send what it is called by, or leave the field out."
            )
            yield Fault("map", name, "no_value", message)


@lru_cache
def _key_names(kind: Kind, *, own: bool) -> tuple[str, ...]:
    natural = kind.natural_key
    keys = (kind.number_property, natural.name if natural is not None else "")
    return tuple(dict.fromkeys(("externalId", *(kind.called(key, own=own) for key in keys if key))))


def _lines_twice(wanted: WantedRecord) -> Iterator[Fault]:
    """Lines of one list that have one id of the sender's."""
    first: dict[tuple[str, str], str] = {}
    for line in wanted.lines or ():
        if line.external_id is None:
            continue
        place = (line.field.partition("[")[0], line.external_id)
        other = first.setdefault(place, line.field)
        if other != line.field:
            message = (
                f'{line.field} has the id "{line.external_id}" of {other}; send each line once, with an id of its own.'
            )
            yield Fault("map", line.field, "named_twice", message)
