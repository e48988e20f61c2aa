"""What follows when a record asks for an action that the tenant's metadata alone knows? Pure.

Nobody here knows what it does. So it is called once for each version of a record, and what it has done is told by the
row: one that is another one than it was when the action was called, or that is gone, has been acted upon.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from target_dynamics_bc.kept.faults import Fault, from_error
from target_dynamics_bc.writing.comparing import differences
from target_dynamics_bc.writing.refusing import refusal_to_post
from target_dynamics_bc.writing.steps import Finish, Refuse, Send, Step
from target_dynamics_bc.writing.writes import ETAG, act

if TYPE_CHECKING:
    from dynamics_bc_client.errors import DynamicsError
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.history import Event
    from target_dynamics_bc.writing.unit import Unit
    from target_dynamics_bc.writing.writes import Address

_STAMPS = ("lastModified", "systemModified")


def calling(address: Address, action: str, row: Row) -> Send:
    """The step that calls an action of a row, as it was when it was looked at."""
    return Send((replace(act(address, action, row), before=row),), "post")


def called(unit: Unit, row: Row | None) -> Step | None:
    """What follows from a call of this run, or of an earlier one that nobody answered; None where there was none.

    Args:
        unit: The record.
        row: Its row as it is now; None where that is gone.
    """
    if not unit.is_to_be_posted or unit.action is None or not unit.action.is_custom:
        return None
    event = next((each for each in reversed(unit.history.events) if each.purpose == "post"), None)
    if event is not None:
        return _after_event(unit, event, row)
    known = unit.known
    if known is None or known.called_at is None:
        return None
    is_another = row is None or str(row.get(ETAG) or "") != known.called_at
    if is_another and not unit.interrupted:
        return None  # this version of the record asks for it itself
    return _unanswered(unit, row, is_another=is_another)


def refused_call(unit: Unit, error: DynamicsError) -> Refuse:
    """The end of a record whose action was refused; what was written of it stays."""
    assert unit.action is not None
    fault = from_error(error, "post", doing=f"Business Central refused {unit.action.name}")
    return Refuse((fault,), unit.id, unit.wanted.number)


def _after_event(unit: Unit, event: Event, row: Row | None) -> Step | None:
    before = event.write.before or {}
    changed = _changed(before, row) if row is not None else ()
    is_another = row is None or before.get(ETAG) != row.get(ETAG) or bool(changed)
    if event.result == "done":
        return _finish(unit, row, changed=changed)
    if event.result == "unknown":
        return _unanswered(unit, row, is_another=is_another, changed=changed)
    error = refusal_to_post(unit)
    if error is None:
        return None
    refusal = refused_call(unit, error)
    return _finish(unit, row, faults=refusal.faults, changed=changed) if is_another else refusal


def _unanswered(unit: Unit, row: Row | None, *, is_another: bool, changed: tuple[str, ...] = ()) -> Step:
    """A row that is as it was may still be acted upon: whoever sends holds what is not to be called again."""
    assert unit.action is not None
    if not is_another and row is not None:
        return calling(unit.set_address.at(row["id"]), unit.action.name, row)
    message = (
        f"{unit.action.name} was not answered. What it was called for {'is gone' if row is None else 'has changed'} "
        "since, so it counts as carried out and is not called again; look at it in Business Central."
    )
    return _finish(unit, row, faults=(Fault("post", "action", "unanswered", message),), changed=changed)


def _finish(unit: Unit, row: Row | None, *, faults: tuple[Fault, ...] = (), changed: tuple[str, ...] = ()) -> Finish:
    if row is None:
        return Finish(unit.acted_on or unit.known_id, unit.wanted.number, "posted", posted=True, faults=faults)
    number = unit.kind.number_of(row)
    all_faults = (*faults, *_against_the_record(unit, row))
    return Finish(str(row["id"]), number, "posted", posted=True, faults=all_faults, changed=changed)


def _against_the_record(unit: Unit, row: Row) -> tuple[Fault, ...]:
    """What the row does not have any more as the record says."""
    assert unit.action is not None
    return tuple(
        Fault(
            "post",
            name,
            "changed_by_action",
            f'{name} is "{row.get(name)}" since {unit.action.name}, and the record says "{value}"; it is left so.',
        )
        for name, value in differences(unit.kind.facts, unit.resolved.fields, row).items()
    )


def _changed(before: Row, row: Row) -> tuple[str, ...]:
    """The properties that are not as they were."""
    names = (name for name in row if not name.startswith(("@", *_STAMPS)) and name in before)
    return tuple(name for name in names if row[name] != before[name])
