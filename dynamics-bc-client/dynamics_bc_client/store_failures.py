"""What is the matter with a file of the store (damaged, in use, no room, no right), and what is done about it?

A full disk is no fault of the configuration: the run ends with 1, and the next one goes on.
"""

from __future__ import annotations

import errno
import shutil
import sqlite3
from typing import TYPE_CHECKING, Literal

from dynamics_bc_client.errors import ConfigurationError, DynamicsError

if TYPE_CHECKING:
    from pathlib import Path

try:
    import resource
except ImportError:  # pragma: no cover - not on Windows
    resource = None  # type: ignore[assignment]


class StoreFullError(ConfigurationError):
    """The disk is full. What can do without the store goes on as after any other fault of it."""

    exit_code = DynamicsError.exit_code


Matter = Literal["damaged", "in use", "full", "limited", "not allowed", "unusable"]

# How SQLite words what it returns; its codes are there from Python 3.11 on only.
_WORDS: tuple[tuple[str, Matter], ...] = (
    ("not a database", "damaged"),
    ("malformed", "damaged"),
    ("is locked", "in use"),
    ("is full", "full"),
    ("readonly", "not allowed"),
)
_NUMBERS: dict[int, Matter] = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EFBIG: "limited",
    errno.EACCES: "not allowed",
    errno.EPERM: "not allowed",
    errno.EROFS: "not allowed",
}
_NEXT_TO_NOTHING = 65536
"""Bytes left on a disk that is full: SQLite calls a file that it cannot enlarge there an input or output error."""


_RAISE = "Raise the limit on the size of files (ulimit -f)"


def matter_of(error: OSError | sqlite3.Error, folder: Path | None = None) -> Matter:
    """What is the matter with a file.

    Args:
        error: What came of using it.
        folder: Where it is, to see whether there is any room.
    """
    if isinstance(error, OSError):
        return _NUMBERS.get(error.errno or 0, "unusable")
    found = next((matter for words, matter in _WORDS if words in str(error)), None)
    if found is None and isinstance(error, sqlite3.OperationalError):
        if _has_no_room(folder):
            return "full"
        if _is_limited(folder):
            return "limited"
    return found or "unusable"


def _has_no_room(folder: Path | None) -> bool:
    try:
        return folder is not None and shutil.disk_usage(folder).free < _NEXT_TO_NOTHING
    except OSError:
        return False


def _is_limited(folder: Path | None) -> bool:
    """Whether a file of a folder has reached the size that this process may write (`ulimit -f`)."""
    if folder is None or resource is None:
        return False
    most, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if most == resource.RLIM_INFINITY:
        return False
    try:
        return any(each.stat().st_size > most - _NEXT_TO_NOTHING for each in folder.iterdir())
    except OSError:
        return False


def at_opening(
    path: Path, error: OSError | sqlite3.Error, *, setting: str = "store_path", when_damaged: str = "", verb: str = ""
) -> ConfigurationError:
    """The error of a run that could not begin, because a file of its cannot be used.

    Args:
        path: The file, or its folder.
        error: What came of using it.
        setting: The setting that leads there.
        when_damaged: What to do about a damaged one, in a sentence.
        verb: What was tried: `opened`, `written`, `read`; `opened` when empty.
    """
    said = _said(error)
    matter = matter_of(error, path.parent)
    if matter == "full":
        return StoreFullError(f'The disk of "{path}" is full ({said}). Free some space and run this again.')
    if matter == "limited":
        return StoreFullError(f'"{path}" is as large as a file may be here ({said}). {_RAISE} and run this again.')
    if matter == "damaged" and when_damaged:
        return ConfigurationError(f'"{path}" is damaged ({said}). {when_damaged}')
    if matter == "in use":
        return ConfigurationError(f'Another program is using "{path}" ({said}). Wait until it has ended, or end it.')
    if matter == "not allowed":
        right = "give whoever runs this the right to do so"
        return ConfigurationError(f'"{path}" cannot be {verb or "opened"} ({said}); {right}, or check {setting}.')
    return ConfigurationError(f'"{path}" cannot be {verb or "opened"} ({said}); check {setting}.')


def in_a_run(
    name: str, folder: Path | None, error: sqlite3.Error, *, when_damaged: str, when_lost: str
) -> DynamicsError:
    """The error of a run that ends, because a database of the store cannot be used any more.

    Args:
        name: What the database is called, and by which setting it is found.
        folder: Where it is.
        error: What came of using it.
        when_damaged: What to do about a damaged one, in a sentence.
        when_lost: What follows for the run, in a clause.
    """
    matter = matter_of(error, folder)
    if matter == "full":
        text = f"The disk of {name} is full, so the run ends; free some space, and {when_lost}"
    elif matter == "limited":
        text = f"{name} is as large as a file may be here, so the run ends. {_RAISE}, and {when_lost}"
    elif matter == "damaged" and when_damaged:
        text = f"{name} is damaged ({error}), so the run ends. {when_damaged}"
    elif matter == "in use":
        text = f"Another program keeps {name} to itself ({error}), so the run ends; {when_lost}"
    else:
        text = f"{name} cannot be used any more ({error}), so the run ends; {when_lost}"
    return DynamicsError(text)


def _said(error: OSError | sqlite3.Error) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
