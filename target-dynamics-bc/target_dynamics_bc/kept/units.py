"""What does the memory know of a record, and of what was sent for it?

A unit is one record of one company and kind. These are the values that go into the memory and come out of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class UnitKey:
    """One record of one company and entity."""

    company_id: str
    entity: str
    identity: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the memory knows of a unit.

    Attributes:
        hash: Of the record that was last begun.
        finished: Whether that one was carried through.
        posted: Whether it was posted.
        id: In Business Central, once it is known.
        number: In Business Central, once it is known.
        lines: Id of each line in Business Central, by the sender's id of the line.
        posted_number: The number of what was posted.
        etag: The version of its row when it was carried through.
        called_at: The version of its row when an action was called that nobody answered and that is not called twice.
    """

    hash: str
    finished: bool
    posted: bool
    id: str | None
    number: str | None
    lines: Mapping[str, str]
    posted_number: str | None = None
    etag: str | None = None
    called_at: str | None = None


@dataclass(frozen=True, slots=True)
class Rival:
    """Another unit of the same company and entity, and what in Business Central is its own.

    Attributes:
        id: In Business Central; of what is posted from a journal, a row of the general ledger.
        posted: Whether it was posted.
    """

    identity: str
    id: str
    posted: bool


@dataclass(frozen=True, slots=True)
class Intention:
    """A request before it is sent.

    Attributes:
        key: The unit that it is for.
        hash: Of the record.
        method: Its method.
        path: Its path.
        undo: What turns it back, as text that the memory only keeps; None while that is not known.
        begins: The unit counts as begun; that of a preview does not, so that the next run turns back what is left.
        position: Of the record in this run's input; 0 for one that came with that of an earlier run.
        version: The version of the row that an action is called for, if that must not be called twice.
    """

    key: UnitKey
    hash: str
    method: str
    path: str
    undo: str | None = None
    begins: bool = True
    position: int = 0
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """What became of a request.

    Attributes:
        number: Of its intention.
        result: `done`, `failed` or `unknown`.
        undo: What turns it back; None to leave that as it was noted.
        row_id: The id of what it has created, if that is what its unit stands for.
    """

    number: int
    result: str
    undo: str | None = None
    row_id: str | None = None


@dataclass(frozen=True, slots=True)
class Undo:
    """What turns a request back that was carried out for a unit.

    Attributes:
        number: The request's number.
        text: As it was handed over.
    """

    key: UnitKey
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class LastWritten:
    """A unit that was carried through, and what it is in Business Central."""

    company_id: str
    entity: str
    id: str
    number: str
    changed_at: str
