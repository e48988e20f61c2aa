"""What a record is while it is being written, and where an entity set's rules hook in.

The hooks are those of the service's own pages: one per property that is set, in the order of the request's body, then
one before the row is stored, and one after.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.stamps import BLANK_DATE, ZERO_GUID

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.links import Parent
    from dynamics_bc_emulator.rows.store import Row


class DuplicateKey(Exception):  # noqa: N818 - a refusal of the service, like Refusal; its status is a switch
    """Another row has the key that a row is to be stored under.

    Args:
        table: The table's caption.
        identification: Fields and values of the key.
    """

    def __init__(self, table: str, identification: str) -> None:
        super().__init__(
            f"The record in table {table} already exists. Identification fields and values: {identification}"
        )


_BLANKS = (None, "", ZERO_GUID, BLANK_DATE)


@dataclass(slots=True)
class Draft:
    """One record on its way into the store.

    Attributes:
        company: Where it is written.
        entity_set: What it is.
        row: Its values as they will be stored.
        stored: The row before the change; None for a new one.
        given: The properties that the request has set so far, in its order.
        parent: The row it is reached through.
    """

    company: Company
    entity_set: str
    row: Row
    stored: Row | None = None
    given: list[str] = field(default_factory=list)
    parent: Parent | None = None

    def is_blank(self, name: str) -> bool:
        """Whether a property has no value, or the blank of its type."""
        return self.row.get(name) in _BLANKS

    def has_changed(self, *names: str) -> bool:
        """Whether one of the properties differs from what is stored."""
        stored = self.stored or {}
        return any(self.row.get(name) != stored.get(name) for name in names)


PropertyRule = Callable[[Draft, Any], None]
DraftRule = Callable[[Draft], None]
# A bound action takes the request's body; it returns the row that it leads to, None for its own.
ActionRule = Callable[[Draft, Mapping[str, Any]], "Row | None"]


def do_nothing(_draft: Draft) -> None:
    """The rule of whatever has no rule."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What one entity set adds to the writing of its records.

    Attributes:
        start: Fills a new record before the request's values come.
        properties: What setting a property does; a property without a rule just keeps the value. A read-only property
            with a rule may be set when the record is created.
        insert: Completes and checks a new record; its row is not stored yet.
        modify: Completes and checks a changed one.
        delete: Refuses a deletion; the row is still stored.
        inserted: What else a new row changes.
        modified: What else a changed row changes.
        deleted: What else a removed row changes.
        actions: Bound actions by name, without `Microsoft.NAV.`.
        checks_modify: Refuses changes of a row as such, whatever the body says, an empty one included.
        checks_parts: Refuses to write what is part of a row, such as its dimensions; None: as `checks_modify`.
        missing: What is said when none of a mandatory group's properties is sent.
        unique: The properties that no two rows may share, beyond the catalogue's natural key; a parent's first.
        is_part_of_parent: A row is a part of its parent, and may be written where its parent may.
        takes_any_body: That a row is changed says everything; nobody looks at the body.
    """

    start: DraftRule = do_nothing
    properties: Mapping[str, PropertyRule] = field(default_factory=dict)
    insert: DraftRule = do_nothing
    modify: DraftRule = do_nothing
    delete: DraftRule = do_nothing
    inserted: DraftRule = do_nothing
    modified: DraftRule = do_nothing
    deleted: DraftRule = do_nothing
    actions: Mapping[str, ActionRule] = field(default_factory=dict)
    checks_modify: DraftRule = do_nothing
    checks_parts: DraftRule | None = None
    missing: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    unique: tuple[str, ...] = ()
    is_part_of_parent: bool = False
    takes_any_body: bool = False


def in_turn(*rules: DraftRule) -> DraftRule:
    """One rule that applies several, in order."""

    def apply(draft: Draft) -> None:
        for rule in rules:
            rule(draft)

    return apply
