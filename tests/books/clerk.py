"""Somebody else at work: posts, changes and deletes drafts that come of a file, while it is written and in between."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from books.asked import name_of
from books.documents import POSTED, TRADES
from books.truth import draft_books

if TYPE_CHECKING:
    import random

    from books.asked import Books
    from emulator.in_process import Desk

CHANGES = {
    "purchaseInvoices": "shipToName",
    "salesInvoices": "shipToName",
    "purchaseCreditMemos": "payToAddressLine1",
    "salesCreditMemos": "billToAddressLine1",
}
"""A text of each kind's header that no record of a file has."""


@dataclass(slots=True)
class Clerk:
    """Does something to a draft now and then.

    Attributes:
        desk: Where the drafts are.
        chance: Decides.
        may: What is done at all.
        posted: What was posted, by the name of the record that it came of, and what it came to as it stood.
        changed: Names of records whose drafts were changed.
        deleted: Names of records whose drafts were deleted.
    """

    desk: Desk
    chance: random.Random
    may: tuple[str, ...] = ("post", "text", "line", "delete")
    posted: dict[str, Books] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)

    @property
    def touched(self) -> set[str]:
        """Names of records whose documents are not what the target alone made of them."""
        return {*self.posted, *self.changed, *self.deleted}

    def meddle(self, *, only: frozenset[str] | None = None) -> None:
        """Do one thing to one draft.

        Args:
            only: Names of records whose drafts are touched; all when None.
        """
        drafts = [
            (entity_set, row, name)
            for entity_set in POSTED
            for row in self.desk.company.find(entity_set, status="Draft")
            if (name := _name(entity_set, row)) is not None and (only is None or name in only)
        ]
        if drafts and self.may:
            entity_set, row, name = self.chance.choice(sorted(drafts, key=lambda each: (each[0], each[2])))
            getattr(self, f"_{self.chance.choice(self.may)}")(entity_set, row, name)

    def _post(self, entity_set: str, row: dict[str, Any], name: str) -> None:
        as_it_stands = draft_books(self.desk, entity_set, row)
        if self.desk.ask("POST", f"{entity_set}({row['id']})/Microsoft.NAV.post").status < 300:
            self.posted[name] = as_it_stands

    def _text(self, entity_set: str, row: dict[str, Any], _name: str) -> None:
        """Change what the record does not speak of: that is the clerk's to do, and stays."""
        self.desk.ask("PATCH", f"{entity_set}({row['id']})", {CHANGES[entity_set]: "A clerk"})

    def _line(self, entity_set: str, row: dict[str, Any], name: str) -> None:
        lines = self.desk.company.find(TRADES[entity_set].lines, documentId=row["id"])
        counted = [line for line in lines if line["lineType"] != "Comment"]
        if counted:
            address = f"{TRADES[entity_set].lines}({counted[0]['id']})"
            if self.desk.ask("PATCH", address, {"quantity": 7}).status < 300:
                self.changed.add(name)

    def _delete(self, entity_set: str, row: dict[str, Any], name: str) -> None:
        if self.desk.ask("DELETE", f"{entity_set}({row['id']})").status < 300:
            self.deleted.add(name)


def _name(entity_set: str, row: dict[str, Any]) -> str | None:
    number = str(row[TRADES[entity_set].reference])
    return name_of(number) if number.startswith("N-") else None
