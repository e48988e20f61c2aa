"""Which files does a row still lack, and what sends them?

Pure. An attachment is there if one of its name, its size and its content is. What has its name and is empty is one
whose content did not arrive: it is filled, or removed where a create that came late has left it beside the whole one.
One of another content is somebody else's, or an older one, and stays. A picture is there if what it holds is;
where that cannot be read, it is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_client.odata.query import Expansion
from target_dynamics_bc.writing.writes import Address, Write, delete

if TYPE_CHECKING:
    from target_dynamics_bc.wanted.files import WantedFile
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.unit import Unit

_PICTURE = "picture"
_OF_PICTURE = "pictureContent"
OF_ATTACHMENT = "attachmentContent"
SHA256 = "_sha256"
"""In the row of an attachment, the hash of what it holds; None or absent where nobody knows."""


PICTURE_SHA256 = "_pictureSha256"
"""In a row, the hash of its picture; None or absent where there is none, or nobody knows."""


def picture_of(address: Address) -> Address:
    """What the picture of a row holds."""
    return address.below(_PICTURE).below(_OF_PICTURE)


def expansions(unit: Unit) -> tuple[Expansion, ...]:
    """What has to be read along to know which files are there."""
    if not any(not file.is_picture for file in unit.wanted.files):
        return ()
    return (Expansion(unit.kind.attachments, ("id", "fileName", "byteSize")),)


def file_writes(unit: Unit, address: Address, found: Row) -> list[Write]:
    """The writes that give a row its files: all that are new by name, then what each holds, then what is left over."""
    there = list(found.get(unit.kind.attachments) or ())
    new, contents = list[Write](), list[Write]()
    for file in unit.wanted.files:
        if file.is_picture and found.get(PICTURE_SHA256) == file.sha256:
            continue
        if file.is_picture:
            contents.append(_content(file, picture_of(address)))
            continue
        row = _taken(file, there)
        if row is None:
            body = {"fileName": file.name}
            new.append(Write("POST", address.below(unit.kind.attachments), body, "attachment", field=file.field))
        elif row.get("byteSize") != file.size:
            of_row = Address(unit.kind.attachments, str(row["id"])).below(OF_ATTACHMENT)
            contents.append(_content(file, of_row))
    names = {file.name for file in unit.wanted.files if not file.is_picture}
    late = [row for row in there if row.get("fileName") in names and row.get("byteSize") == 0]
    set_ = Address(unit.kind.attachments)
    return new or contents or [delete(set_.at(row["id"]), row, about="attachment") for row in late]


def lacking(unit: Unit, found: Row) -> list[WantedFile]:
    """The attachments of a record that a row does not hold whole, if its attachments were read along."""
    if unit.kind.attachments not in found:
        return []
    there = list(found[unit.kind.attachments] or ())
    wanted = ((file, _taken(file, there)) for file in unit.wanted.files if not file.is_picture)
    return [file for file, row in wanted if row is None or row.get("byteSize") != file.size]


def _taken(file: WantedFile, there: list[Row]) -> Row | None:
    """The row of a file, which no other file of the record has: a whole one before one that is empty."""
    named = [row for row in there if row.get("fileName") == file.name]
    whole = [row for row in named if row.get("byteSize") == file.size and row.get(SHA256) in {None, file.sha256}]
    row = next(iter([*whole, *(row for row in named if not row.get("byteSize"))]), None)
    if row is not None:
        there[:] = [each for each in there if each is not row]
    return row


def _content(file: WantedFile, address: Address) -> Write:
    return Write("PATCH", address, {"bytes": file.size}, "attachment", content=file, field=file.field)
