"""Which files come with a record, and where is what they hold?

A record attaches files by `attachments`, a list of objects with a `name` (or `fileName`) and a `path` below the folder
that the setting names, or with their `content` in base64; its `picture` is one such object. What a file holds is read
when it is sent, one at a time: a batch of bills with their PDF would not fit into memory.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
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
        record: The record. An attachment that has neither a path nor its content is none: it is what the tap has read.
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
            if child.has("path") or child.has("content"):
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
        return WantedFile(child.path, named, found.stat().st_size, found.read_bytes, is_picture)
    try:
        size = len(base64.b64decode(content or "", validate=True))
    except binascii.Error:
        child.fault("content", "no_base64", f"{child.field('content')} must be the file in base64.")
        return None
    return WantedFile(child.path, named, size, partial(base64.b64decode, content or ""), is_picture)


def _below(child: Reading, path: str, folder: Path | None) -> Path | None:
    """The file that a path leads to; None, with a fault, where there is none that may be sent."""
    where = child.field("path")
    if folder is None:
        child.fault("path", "no_folder", f"{where} needs the setting attachments_path, the folder that it lies in.")
        return None
    root = folder.resolve()
    found = (root / path).resolve()
    if root not in found.parents:
        child.fault("path", "outside", f'{where} leads out of "{folder}": "{path}". Name a file below it.')
        return None
    if not found.is_file():
        child.fault("path", "not_found", f'There is no file "{path}" in "{folder}".')
        return None
    return found
