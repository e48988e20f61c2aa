"""Which stream is meant by a name?"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable


def named(name: str, streams: Iterable[str]) -> str:
    """A stream as it is spelled, by its name in any case.

    Raises:
        ConfigurationError: There is none of that name; the message has the nearest.
    """
    spelled = {each.casefold(): each for each in streams}
    if name.casefold() in spelled:
        return spelled[name.casefold()]
    near = nearest(name, spelled.values())
    raise ConfigurationError(
        f'There is no stream "{name}" in this environment{near}; `dynamics-bc streams` lists them.'
    )


def nearest(name: str, streams: Iterable[str]) -> str:
    """The stream that comes nearest to a name, for the middle of a sentence; empty when none does."""
    spelled = {each.casefold(): each for each in streams}
    close = get_close_matches(name.casefold(), spelled, n=1)
    return f" (did you mean {spelled[close[0]]}?)" if close else ""
