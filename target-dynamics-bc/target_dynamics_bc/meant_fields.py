"""Which field may a sender mean by one that nothing reads? Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dynamics_bc_plugin.spelling import comes_close
from target_dynamics_bc.describing.unified_fields import unified_fields
from target_dynamics_bc.wanted.outlines import names_read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_dynamics_bc.kinds.kind import Kind


def meant_field(name: str, record: Mapping[str, Any], kind: Kind, prefixes: tuple[str, ...], *, own: bool) -> str:
    """The field that is called nearly like one that nothing reads, and that the record does not have; empty for none.

    Args:
        name: The field's name; that of a list's members has the list's name before it: `lineItems.Quantity`.
        record: The record that has it.
        kind: Its kind.
        prefixes: Prefixes of root fields that the dimension mapping knows.
        own: Whether the record is in the service's own names.
    """
    of_list, dot, field = name.rpartition(".")
    children = record.get(of_list) if dot else [record]
    there = {each for child in children or () if isinstance(child, dict) for each in child}
    known = _fields(kind, prefixes, own=own).get(of_list, frozenset())
    near = (each for each in sorted(known - there) if comes_close(field, each))
    return next((f"{of_list}{dot}{each}" for each in near), "")


@lru_cache
def _fields(kind: Kind, prefixes: tuple[str, ...], *, own: bool) -> Mapping[str, frozenset[str]]:
    """The fields of a record, under an empty name, and those of the members of each of its lists."""
    if own or kind.unified is None:
        of_record, of_lines = names_read(kind, prefixes)
        return {kind.lines_name: of_lines, "": of_record}
    fields = unified_fields(kind, prefixes)
    return {"": frozenset({*fields.types, *fields.members})} | {
        name: frozenset({*member.types, *member.members}) for name, member in fields.members.items()
    }
