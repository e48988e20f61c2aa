"""May a record ask for the action that it names? Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_dynamics_bc.kept.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Collection

    from target_dynamics_bc.wanted.records import WantedRecord


def faults_of_action(wanted: WantedRecord, allowed: Collection[str]) -> tuple[Fault, ...]:
    """Why a record cannot ask for its action; nothing when it can, or asks for none.

    Args:
        wanted: The record.
        allowed: Names, in lower case, of actions that mail people or undo postings and may be asked for all the same.
    """
    if not wanted.action:
        return ()
    kind = wanted.kind
    action = kind.action(wanted.action)
    if action is None:
        known = ", ".join(each.name for each in kind.actions)
        takes = f"{kind.noun} takes {known}" if known else f"{kind.noun} takes no action"
        return (Fault("map", "action", "unknown_action", f'{takes[0].upper()}{takes[1:]}, not "{wanted.action}".'),)
    if action.reaches_out and action.name.lower() not in allowed:
        message = (
            f"{action.name} mails people or undoes what is posted, so it is carried out only where the setting "
            "allowed_actions names it."
        )
        return (Fault("map", "action", "action_not_allowed", message),)
    return ()
