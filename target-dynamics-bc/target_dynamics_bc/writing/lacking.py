"""What does a record lack of being created, and what is said of it along with all else that is wrong? Pure.

A record that is there needs nothing but what changes, so this is about records that are new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_dynamics_bc.finding.all_faults import with_faults
from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.wanted.keys import names_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from target_dynamics_bc.writing.unit import Unit


def lacking(unit: Unit, *, but: Iterable[str] = ()) -> Iterator[Fault]:
    """What a new record lacks that the service asks for.

    Args:
        unit: The record.
        but: Properties that follow from something else of it.
    """
    kind, noun = unit.kind, unit.kind.noun.one
    fields = {kind.number_property: unit.wanted.number, **unit.wanted.fields, **unit.resolved.fields}
    said = {fault.field for fault in with_faults(unit, ())}
    for group in (*kind.facts.required, *((name,) for name in kind.needs if name not in but)):
        names = dict.fromkeys(name for each in group for name in (*group, *names_of(kind, each)))
        # What is stated and cannot be read, or is not found, has a fault of its own.
        if any(unit.called(name) in said or _is_stated(unit, name, fields) for name in names):
            continue
        ways = dict.fromkeys(unit.called(name) for name in sorted(names, key=_is_no_id))
        message = f"A new {noun} needs its {' or '.join(ways)}."
        yield Fault("plan", unit.called(group[0]), "required", message)


def _is_stated(unit: Unit, name: str, fields: Mapping[str, Any]) -> bool:
    stated = (fields.get(name), unit.wanted.record.get(unit.called(name)))
    return name in unit.wanted.references or any(not _is_blank(value) for value in stated if _is_plain(value))


def unsaid(unit: Unit, lacks: Iterable[Fault]) -> tuple[Fault, ...]:
    """Of what a record lacks, that of which nothing is said yet.

    Args:
        unit: The record, with what was wrong in reading it and in finding what it refers to.
        lacks: What it lacks of being created.
    """
    said = {fault.field for fault in with_faults(unit, ())}
    return tuple(fault for fault in lacks if fault.field not in said)


def _is_blank(value: Any) -> bool:
    """Whether a value says nothing: a name of blanks alone is none."""
    return value is None or (isinstance(value, str) and not value.strip())


def _is_plain(value: Any) -> bool:
    return not isinstance(value, dict | list)


def _is_no_id(name: str) -> bool:
    return not name.endswith("Id")
