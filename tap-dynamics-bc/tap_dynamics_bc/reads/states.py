"""Is a state one of this tap, and is it one of this environment?"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.limits import NAME_CHARACTERS
from dynamics_bc_plugin import state_file
from dynamics_bc_plugin.settings import SettingFault, check_characters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ENVIRONMENT = "source"
"""Where a state names the environment that it came from."""

_TENANT, _NAME = "tenant_id", "environment_name"


def unwrapped(state: Any) -> dict[str, Any]:
    """The state's value, also out of a whole STATE message or of what Meltano keeps.

    Raises:
        ConfigurationError: It is no state; taken for an empty one, it would have everything read again unnoticed.
    """
    value = state_file.unwrapped(state) if isinstance(state, dict) else state
    if not isinstance(value, dict) or not isinstance(value.get("bookmarks", {}), dict):
        raise ConfigurationError('The state is not a Singer state: it must be a JSON object with "bookmarks".')
    try:
        check_characters(value)
    except SettingFault as fault:
        # It would be found when the state is written, behind all that was read.
        raise ConfigurationError(f"The state {fault}") from fault
    if "bookmarks" not in value and value.keys() - {ENVIRONMENT}:
        named = ", ".join(sorted(str(name) for name in value))
        raise ConfigurationError(
            f'The state has no "bookmarks", only {named}; correct it, or run without --state to start over.'
        )
    return value


class Kinship(Enum):
    """How the environment that a state names compares with this one."""

    SAME = "named alike"
    UNKNOWN = (
        "not named, or in ways that cannot be compared: a tenant's domain and its GUID, a whole root and its parts"
    )
    RENAMED = "another name of an environment"


def kinship(theirs: Any, ours: Mapping[str, str]) -> Kinship:
    """How the environment that a state names compares with this one; `check_companies` settles what is not certain.

    Args:
        theirs: What the state names its environment by.
        ours: What this environment is named by.

    Raises:
        ConfigurationError: The state came from another tenant, whose bookmarks would hide rows.
    """
    if not isinstance(theirs, dict):
        return Kinship.UNKNOWN
    different = {key for key in ours if key in theirs and str(theirs[key]).casefold() != ours[key].casefold()}
    if not different:
        return Kinship.SAME if theirs.keys() == ours.keys() else Kinship.UNKNOWN
    if _TENANT in different and _is_guid(theirs[_TENANT]) and _is_guid(ours[_TENANT]):
        raise _of_another_environment(theirs, ours)
    return Kinship.UNKNOWN if different == {_TENANT} else Kinship.RENAMED


def check_companies(
    related: Kinship, bookmarked: Iterable[str], known: Iterable[str], theirs: Any, ours: Mapping[str, str]
) -> None:
    """Refuse a state whose companies are of another environment: their ids are GUIDs that it does not share.

    Args:
        related: How the two environments compare. A renamed one must have all companies of the state; one that is named
            alike may have lost every one of them, which is for the run to say.
        bookmarked: The ids of the companies in the state.
        known: The ids of all companies of this environment.
        theirs: What the state names its environment by.
        ours: What this environment is named by.

    Raises:
        ConfigurationError: The state came from another environment.
    """
    of_state, here = ({each.casefold() for each in ids} for ids in (bookmarked, known))
    agrees = {
        Kinship.SAME: True,
        Kinship.UNKNOWN: not of_state or not of_state.isdisjoint(here),
        Kinship.RENAMED: bool(of_state) and of_state <= here,
    }
    if not agrees[related]:
        raise _of_another_environment(theirs if isinstance(theirs, dict) else {}, ours)


def check_copies(listed: Iterable[str], theirs: Any, ours: Mapping[str, str]) -> None:
    """Refuse a state of an environment that is still there: this one is a copy of it, with the ids of its companies.

    Args:
        listed: The names of the tenant's environments.
        theirs: What the state names its environment by.
        ours: What this environment is named by.

    Raises:
        ConfigurationError: The state came from another environment.
    """
    name = theirs.get(_NAME) if isinstance(theirs, dict) else None
    if name is not None and str(name).casefold() in {each.casefold() for each in listed}:
        raise _of_another_environment(theirs, ours)


def _is_guid(text: Any) -> bool:
    try:
        UUID(str(text))
    except ValueError:
        return False
    return True


def _of_another_environment(theirs: Mapping[str, Any], ours: Mapping[str, str]) -> ConfigurationError:
    named, named_here = (", ".join(str(value)[:NAME_CHARACTERS] for value in each.values()) for each in (theirs, ours))
    return ConfigurationError(
        f"The state is of another environment ({named or 'it does not say which'}), not of this one ({named_here}). "
        "To start over and read everything, run without --state, or under a state id of its own."
    )
