"""What does a record of a random file ask for, and where is what comes of it?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from emulator.in_process import Desk

Key = tuple[str, str, str, str]
"""An account, a CLASS, a DEPARTMENT and the currency of the document."""

Books = Counter[Key]
"""What comes to each, debits positive, in the local currency."""

DRAFT = "Draft"


@dataclass(frozen=True, slots=True)
class Place:
    """Where what comes of a record is.

    Attributes:
        entity_set: Of the draft, or of the one row.
        equal: What finds it, and nothing else.
        becomes: The set of what it is posted as, or is turned into; the same one where it stays.
        by_line: Nothing of the header is the sender's: `equal` finds one of its lines.
    """

    entity_set: str
    equal: Mapping[str, Any]
    becomes: str = ""
    by_line: bool = False

    def rows(self, desk: Desk) -> list[dict[str, Any]]:
        """Rows that are no posted documents."""
        return [row for row in self._found(desk, self.entity_set) if not _is_posted(row)]

    def ended(self, desk: Desk) -> list[dict[str, Any]]:
        """What it was turned into, and posted documents."""
        if self.becomes and self.becomes != self.entity_set:
            return self._found(desk, self.becomes)
        return [row for row in self._found(desk, self.entity_set) if _is_posted(row)]

    def _found(self, desk: Desk, entity_set: str) -> list[dict[str, Any]]:
        if not self.by_line:
            return desk.company.find(entity_set, **self.equal)
        lines = desk.company.find(f"{entity_set.removesuffix('s')}Lines", **self.equal)
        ids = dict.fromkeys(line["documentId"] for line in lines)
        return [row for id_ in ids if (row := desk.company.get(entity_set, id_)) is not None]


def _is_posted(row: Mapping[str, Any]) -> bool:
    return bool(row.get("_posted"))


@dataclass(frozen=True, slots=True)
class Party:
    """The vendor or customer of a document.

    Attributes:
        fields: What names it.
        handed_down: The class and the department that its documents get by themselves.
        held_back: Codes of faults with which a document of it may be held back.
    """

    fields: Mapping[str, str]
    handed_down: tuple[str, str] = ("", "")
    held_back: frozenset[str] = frozenset()


@dataclass(slots=True)
class Asked:
    """A record, and what is to come of it.

    Attributes:
        name: Its external id.
        stream: Its stream.
        record: As it is sent.
        place: Where what comes of it is; None for a journal's, which its document number finds.
        books: What it adds to the ledger once it is posted.
        posts: It asks to be posted, or to be turned into something else.
        is_bad: It cannot be written.
        held_back: Codes of faults with which it may be, or is, refused to be posted and left as a draft.
        is_surely_held_back: It is.
        values: What the one row that it becomes has to show.
        files: Names of files that come with it.
        pieces: Records of other streams that belong to it.
        is_gone: It is a deletion.
        party: The vendor or customer that it is with.
        maker: Makes another version of it.
        pays: What it pays of each bill, by the name of the bill's record.
        total: What a bill comes to, where no tax is added.
        stays: The version that was there before, where this one cannot be written.
        action: What it may ask for besides `isDraft: false`; empty where there is nothing.
        text: The property of its text, where it is master data; newer versions have another text.
        can_go: It may be deleted.
        codes: Dimensions that the one row has, by dimension.
        part: The quantities that its lines state to be posted, and what those come to; what is left of it stays.
        is_in_part: A part of it is to be posted.
        turned: What the record says of what it becomes: that is to be posted then.
    """

    name: str
    stream: str
    record: dict[str, Any]
    place: Place | None
    books: Books = field(default_factory=Counter)
    posts: bool = False
    is_bad: bool = False
    held_back: frozenset[str] = frozenset()
    is_surely_held_back: bool = False
    values: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    pieces: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    is_gone: bool = False
    party: Party | None = None
    maker: Any = None
    pays: Mapping[str, Decimal] = field(default_factory=dict)
    total: Decimal | None = None
    stays: Asked | None = None
    action: str = "post"
    text: str = ""
    can_go: bool = False
    codes: Mapping[str, str] = field(default_factory=dict)
    part: tuple[list[dict[str, Any]], Books] | None = None
    is_in_part: bool = False
    turned: Asked | None = None

    @property
    def number(self) -> str:
        """The number that the sender has given it."""
        return number_of(self.name)


def number_of(name: str) -> str:
    """The number of the record of a name."""
    return f"N-{name.upper()}"


def name_of(number: str) -> str:
    """The name of the record that has a number."""
    return number.removeprefix("N-").lower()
