"""Which state does a file hold, however it came to be written?

A scheduler names the file before the first run has made it; a shell appends a line with every STATE; Meltano wraps what
it keeps. All of that is taken.
"""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.odata.nesting import check_nesting
from dynamics_bc_plugin.config_file import parsed_object, read_if_there

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)

WRAPPERS = ("singer_state", "completed", "completed_state")
"""Names under which Meltano keeps a state."""


def read_state(path: Path) -> dict[str, Any] | None:
    """The state in a file; None when the file is empty or not there yet, which is said.

    Of several lines that are states by themselves the last one counts.

    Args:
        path: The file.

    Raises:
        ConfigurationError: It cannot be read, or holds something that is no state.
    """
    text = read_if_there(path, "state").strip()
    if text in {"", "null"}:
        log.info('No state in "%s" yet: this is a first run.', path)
        return None
    lines = text.splitlines()
    last_line = lines[-1].strip()
    name = f'The state file "{path}"'
    if _OUTPUT.match(last_line):
        raise ConfigurationError(
            f"{name} ends with a record, not with a state: the run that wrote it was broken off. Take the last state "
            """of its output: grep '"type":"STATE"' OUTPUT | tail -n 1."""
        )
    if not _is_object(last_line) and len(lines) > 1 and _is_object(lines[-2]):
        raise ConfigurationError(
            f"{name} ends with a line that was broken off, as by a program that was killed. Take the last whole state, "
            "in the line before it."
        )
    return unwrapped(parsed_object(last_line if _is_object(last_line) else text, name))


def unwrapped(state: dict[str, Any]) -> dict[str, Any]:
    """The state itself, out of a STATE message or of what Meltano keeps.

    Raises:
        ConfigurationError: What is wrapped is no object.
    """
    while "bookmarks" not in state:
        wrapper = next((name for name in ("value", *WRAPPERS) if name in state), None)
        if wrapper is None:
            return state
        state = state[wrapper] or {}
        if not isinstance(state, dict):
            raise ConfigurationError(f'The state\'s "{wrapper}" must be a JSON object.')
    return state


_OUTPUT = re.compile(r'\{\s*"type"\s*:\s*"(RECORD|SCHEMA|ACTIVATE_VERSION|BATCH)"')
"""How a message begins that is no state; it may be cut off."""


def _is_object(line: str) -> bool:
    try:
        check_nesting(line)
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
