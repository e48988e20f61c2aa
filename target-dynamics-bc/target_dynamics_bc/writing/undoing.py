"""What turns a write back, and how does the memory keep that until it is known whether it has to be? Pure."""

from __future__ import annotations

import json
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_client.odata.batch import encode_json
from target_dynamics_bc.writing.writes import Address, Write

if TYPE_CHECKING:
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.unit import Unit

FIND = "FIND"
"""The method of what turns back a create of which nobody knows the id."""


def undoing(write: Write, answer: Row) -> Write | None:
    """The write that turns another one back; None where none can, or where it is not known yet what was created."""
    if write.method == "PATCH" and write.before is not None:
        return Write("PATCH", write.address, write.before, write.about)
    id_ = answer.get("id") or (write.body or {}).get("id")
    if not write.creates or not id_:
        return None
    # Lines are addressed by their own set afterwards, dimensions through what they belong to.
    parent = write.address.parent if write.about == "dimension" else None
    return Write("DELETE", Address(write.address.entity_set, str(id_), parent), about=write.about)


def undo_text(unit: Unit, write: Write, row: Row) -> str | None:
    """What turns a write back, as text that the memory only keeps; None where nothing has to, or not yet.

    Args:
        unit: The record. What is done for it after this run has created it goes with it.
        write: The write.
        row: What the service has answered; empty before the write is sent.
    """
    undo = undoing(write, row) if not unit.created else None
    if undo is None and write.trace is not None and not row:
        undo = Write(FIND, write.address, asdict(write.trace))
    if undo is None:
        return None
    address: Address | None = undo.address
    steps = list[tuple[str, str]]()
    while address is not None:
        steps.insert(0, (address.entity_set, address.id))
        address = address.parent
    return encode_json([undo.method, steps, undo.body]).decode()


def from_text(text: str) -> Write:
    """The write that `undo_text` has made a text of."""
    method, steps, body = json.loads(text, parse_float=Decimal)
    address: Address | None = None
    for entity_set, id_ in steps:
        address = Address(entity_set, id_, address)
    assert address is not None
    return Write(method, address, body)
