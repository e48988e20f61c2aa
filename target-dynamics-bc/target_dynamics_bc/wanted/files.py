"""Which files come with a record, and where is what they hold?

A record attaches files by `attachments`, a list of objects with a `name` (or `fileName`) and a `path` below the folder
that the setting names, or with their `content` in base64; its `picture` is one such object. What a file holds is read
when it is sent, one at a time: a batch of bills with their PDF would not fit into memory. Whoever sends records may
name any path, so a file is sent only if it lies below the folder, links followed, and is a file: no device, no pipe.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import errno
import hashlib
import os
import stat
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from target_dynamics_bc.wanted.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from target_dynamics_bc.kept.faults import Fault
    from target_dynamics_bc.kinds.kind import Kind

ATTACHMENTS, PICTURE = "attachments", "picture"
_LONGEST_NAME = 250
LARGEST_BYTES = 350 * 1024 * 1024
"""Bytes of a file that the service takes (Microsoft's page on operational limits)."""


@dataclass(frozen=True, slots=True)
class WantedFile:
    """A file that comes with a record.

    Attributes:
        field: The record's field, for messages.
        name: Its name.
        size: How many bytes it holds.
        read: What it holds.
        is_picture: It is the record's picture and no attachment.
    """

    field: str
    name: str
    size: int
    read: Callable[[], bytes] = dataclasses.field(compare=False, repr=False)
    is_picture: bool = False

    @property
    def sha256(self) -> str | None:
        """The hash of what it holds; None where that cannot be read any more."""
        try:
            return hashlib.sha256(self.read()).hexdigest()
        except OSError:
            return None


@dataclass(frozen=True, slots=True)
class Files:
    """What a record says of files.

    Attributes:
        files: Those that can be sent.
        faults: What is wrong with the others.
        names: The fields that were read.
    """

    files: tuple[WantedFile, ...] = ()
    faults: tuple[Fault, ...] = ()
    names: frozenset[str] = frozenset()


NONE = Files()


def files_of(record: Mapping[str, Any], kind: Kind, folder: Path | None) -> Files:
    """The files that come with a record.

    Args:
        record: The record. An attachment that has an id, and neither a path nor its content, is what the tap has read.
        kind: Its kind, which says what can be attached.
        folder: Where paths lead from; None when no setting names it.
    """
    takes = [*([ATTACHMENTS] if kind.attachments else []), *([PICTURE] if kind.has_picture else [])]
    if not any(record.get(name) for name in takes):
        return NONE
    faults: list[Fault] = []
    reading, files, names = Reading(record, faults), list[WantedFile](), set[str]()
    for name in takes:
        given = record.get(name)
        one = [Reading(given, faults, name)] if name == PICTURE and isinstance(given, dict) else None
        for child in one or (reading.children(name) if name == ATTACHMENTS else None) or ():
            if child.key("path") is None and not child.has("content"):
                if not child.key("id"):
                    child.fault("path", "required", f"{child.path} names no file: path or content.")
            else:
                names.add(name)
                file = _file(child, folder, is_picture=name == PICTURE)
                files += [file] if file is not None else []
    return Files(tuple(files), tuple(dict.fromkeys(faults)), frozenset(names))


def _file(child: Reading, folder: Path | None, *, is_picture: bool) -> WantedFile | None:
    path, content = child.key("path"), child.text("content")
    named = child.key("name") or child.key("fileName") or (Path(path).name if path else "")
    if not named and not is_picture:
        child.fault("name", "required", f"{child.path} needs a name.")
        return None
    if len(named) > _LONGEST_NAME:
        child.fault("name", "too_long", f"{child.path} has a name of over {_LONGEST_NAME} characters.")
        return None
    if path is not None:
        found = _below(child, path, folder)
        if found is None:
            return None
        size = found.stat().st_size
        if not size:
            child.fault("path", "empty_file", f'The file "{path}" is empty.')
            return None
        if size > LARGEST_BYTES:
            child.fault(
                "path", "too_large", f'"{path}" has {size:,} bytes, and Business Central takes {LARGEST_BYTES:,}.'
            )
            return None
        return WantedFile(child.path, named, size, partial(_content, found), is_picture)
    try:
        size = len(base64.b64decode(content or "", validate=True))
    except binascii.Error:
        child.fault("content", "no_base64", f"{child.field('content')} must be the file in base64.")
        return None
    if not size:
        child.fault("content", "empty_file", f"{child.field('content')} is empty.")
        return None
    return WantedFile(child.path, named, size, partial(base64.b64decode, content or ""), is_picture)


def _below(child: Reading, path: str, folder: Path | None) -> Path | None:
    """The file that a path leads to; None, with a fault, where there is none that may be sent."""
    where = child.field("path")
    if folder is None:
        child.fault("path", "no_folder", f"{where} needs the setting attachments_path, the folder that it lies in.")
        return None
    try:
        root = folder.resolve()
        found = (root / path).resolve()
        is_below, is_file = root in found.parents, found.is_file()
        may_be_read = not (is_below and is_file) or os.access(found, os.R_OK)
    except PermissionError:
        is_below = is_file = True
        may_be_read = False
    except (OSError, ValueError, RuntimeError):  # a name that is too long or no name, links in a circle
        is_below, is_file, may_be_read = True, False, True
    if not is_below:
        child.fault("path", "outside", f'{where} leads out of "{folder}": "{path}". Name a file below it.')
        return None
    if not is_file:
        child.fault("path", "not_found", f'There is no file "{path}" in "{folder}" (attachments_path).')
        return None
    if not may_be_read:
        right = "give this user the right to read it"
        child.fault(
            "path", "unreadable", f'The file "{path}" in "{folder}" (attachments_path) cannot be read; {right}.'
        )
        return None
    return found


def _content(path: Path) -> bytes:
    """What a file holds that lay below the folder: that file, and not what somebody has put into its place since.

    Raises:
        OSError: It is gone, or something else is there.
    """
    if path.resolve() != path:
        raise OSError(errno.ELOOP, "A link has taken its place", str(path))
    # A pipe in its place would keep whoever opens it waiting.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "It is no longer a file", str(path))
        return file.read(LARGEST_BYTES)
