"""What does the deletion of a document do? Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_dynamics_bc.writing.documents.looking import looks
from target_dynamics_bc.writing.steps import Finish, Send, Step, refuse
from target_dynamics_bc.writing.writes import delete

if TYPE_CHECKING:
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.unit import Unit


def deletion(unit: Unit, found: Row | None) -> Step:
    """What deletes a draft; what is posted is never deleted."""
    noun = unit.kind.noun.one
    if found is None and not looks(unit):
        message = (
            f"Nothing tells which {noun} is to be deleted: no memory knows the record, and it names neither its id nor "
            "its number with its party."
        )
        return refuse("_sdc_deleted_at", "no_key", message)
    if found is None:
        return Finish(None, unit.wanted.number, "deleted" if unit.updated else "unchanged")
    if unit.rules.on_delete == "ignore":
        return Finish(str(found["id"]), unit.kind.number_of(found), "unchanged")
    if unit.rules.on_delete == "block":
        message = f"{str(unit.kind.noun).capitalize()} cannot be blocked; set on_delete to delete or ignore."
        return refuse("_sdc_deleted_at", "not_blockable", message, row=found)
    if unit.kind.unposted is not None and found.get("status") == unit.kind.unposted.waiting:
        message = f"The {noun} waits for an approval; what people decide about is not deleted."
        return refuse("_sdc_deleted_at", "in_review", message, row=found)
    if not unit.kind.is_draft(found):
        message = f"The {noun} is posted; a posted {noun} is not deleted."
        return refuse("_sdc_deleted_at", "posted", message, row=found)
    return Send((delete(unit.set_address.at(found["id"]), found),), "update")
