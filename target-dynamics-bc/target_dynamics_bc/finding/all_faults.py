"""What is wrong with a record, all things together? Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_dynamics_bc.wanted.keys import NO_KEY, fields_of_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_dynamics_bc.kept.faults import Fault
    from target_dynamics_bc.writing.unit import Unit


def with_faults(unit: Unit, faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """All faults of a unit, each once, in the order in which they were found.

    That a record has no key is said once: by what is missing of it, where that is said.
    """
    found = tuple(dict.fromkeys((*unit.wanted.faults, *unit.faults, *faults)))
    missing = {fault.field for fault in found if fault.code == "required"}
    if not missing:
        return found
    of_key = {name for each in fields_of_key(unit.kind) for name in (each, unit.called(each))}
    return tuple(fault for fault in found if fault.code != NO_KEY or not missing & of_key)
