"""May a record ask for the action that it names? Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_dynamics_bc.kept.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Collection

    from target_dynamics_bc.wanted.records import WantedRecord


def faults_of_action(wanted: WantedRecord, allowed: Collection[str], *, remembers: bool) -> tuple[Fault, ...]:
    """Why a record cannot ask for its action; nothing when it can, or asks for none.

    Args:
        wanted: The record.
        allowed: Names, in lower case, of actions that have to be allowed, and are; with their stream or without.
        remembers: There is a memory that outlives the run.
    """
    if not wanted.action:
        return ()
    kind = wanted.kind
    action = kind.action(wanted.action)
    if action is None:
        known = ", ".join(each.name for each in kind.actions)
        takes = f"{kind.noun} takes {known}" if known else f"{kind.noun} takes no action"
        return (Fault("map", "action", "unknown_action", f'{takes[0].upper()}{takes[1:]}, not "{wanted.action}".'),)
    name = f"{kind.name}.{action.name}"
    if action.has_to_be_allowed and not {name.lower(), action.name.lower()} & set(allowed):
        what = "mails people or undoes what is posted" if action.reaches_out else "does what the target cannot know"
        spelled = action.name if action.reaches_out else f'it, as "{name}"'
        message = f"{action.name} {what}, so it is carried out only where the setting allowed_actions names {spelled}."
        return (Fault("map", "action", "action_not_allowed", message),)
    if action.is_custom and not remembers:
        message = f"{action.name} is called once, and only a store keeps it from being called twice: set store_path."
        return (Fault("map", "action", "no_store", message),)
    return ()
