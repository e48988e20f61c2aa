"""Is a state one of this tap, and is it one of this environment?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_plugin import state_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ENVIRONMENT = "source"
"""Where a state names the environment that it came from."""

_TENANT = "tenant_id"


def unwrapped(state: Any) -> dict[str, Any]:
    """The state's value, also out of a whole STATE message or of what Meltano keeps.

    Raises:
        ConfigurationError: It is no state; taken for an empty one, it would have everything read again unnoticed.
    """
    value = state_file.unwrapped(state) if isinstance(state, dict) else state
    if not isinstance(value, dict) or not isinstance(value.get("bookmarks", {}), dict):
        raise ConfigurationError('The state is no Singer state: it must be a JSON object with "bookmarks".')
    if "bookmarks" not in value and value.keys() - {ENVIRONMENT}:
        named = ", ".join(sorted(str(name) for name in value))
        raise ConfigurationError(
            f'The state has no "bookmarks", only {named}; correct it, or run without --state to start over.'
        )
    return value


def check_environment(theirs: Any, ours: Mapping[str, str]) -> bool:
    """Refuse a state of another environment, whose bookmarks would hide rows. One that does not say is taken.

    Returns whether that is settled. It is not when the two are named in ways that cannot be compared (a tenant's domain
    and its GUID, a whole API root and its parts): then `check_companies` settles it.

    Args:
        theirs: What the state names its environment by.
        ours: What this environment is named by.

    Raises:
        ConfigurationError: The state came from another environment.
    """
    if not isinstance(theirs, dict):
        return True
    different = [key for key in ours if key in theirs and str(theirs[key]).casefold() != ours[key].casefold()]
    if not different:
        return theirs.keys() == ours.keys()
    if different == [_TENANT] and not (_is_guid(theirs[_TENANT]) and _is_guid(ours[_TENANT])):
        return False
    raise _of_another_environment(theirs, ours)


def check_companies(
    bookmarked: Iterable[str], known: Iterable[str], theirs: Mapping[str, Any], ours: Mapping[str, str]
) -> None:
    """Refuse a state whose companies are all of another environment: their ids are GUIDs that it does not share.

    Args:
        bookmarked: The ids of the companies in the state.
        known: The ids of all companies of this environment.
        theirs: What the state names its environment by.
        ours: What this environment is named by.

    Raises:
        ConfigurationError: The state came from another environment.
    """
    folded = {each.casefold() for each in bookmarked}
    if folded and folded.isdisjoint(each.casefold() for each in known):
        raise _of_another_environment(theirs, ours)


def _is_guid(text: Any) -> bool:
    try:
        UUID(str(text))
    except ValueError:
        return False
    return True


def _of_another_environment(theirs: Mapping[str, Any], ours: Mapping[str, str]) -> ConfigurationError:
    named, named_here = (", ".join(str(value) for value in each.values()) for each in (theirs, ours))
    return ConfigurationError(
        f"The state is of another environment ({named}), not of this one ({named_here}). "
        "To start over and read everything, run without --state, or under a state id of its own."
    )
