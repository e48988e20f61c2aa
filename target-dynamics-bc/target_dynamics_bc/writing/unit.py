"""What is known of one record on its way into Business Central?"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_client.odata.urls import company_path
from target_dynamics_bc.kept.memory import UnitKey
from target_dynamics_bc.wanted.records import Resolved

if TYPE_CHECKING:
    from target_dynamics_bc.finding.company import Books
    from target_dynamics_bc.kept.faults import Fault
    from target_dynamics_bc.kept.memory import Remembered, Rival
    from target_dynamics_bc.kinds.kind import Kind
    from target_dynamics_bc.wanted.records import Row, WantedRecord
    from target_dynamics_bc.writing.steps import Purpose, Write


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings say about a unit.

    Attributes:
        posts: It is to be posted.
        replaces_lines: Lines that the record does not have are deleted.
        match_keys: How it is found, first match wins.
        on_delete: What a deletion does.
        total_tolerance: How far its total may be off before it is posted.
    """

    posts: bool = False
    replaces_lines: bool = True
    match_keys: tuple[str, ...] = ()
    on_delete: str = "block"
    total_tolerance: Decimal = Decimal(0)


@dataclass(slots=True)
class Unit:
    """One record of one company on its way. The planners read it, the sink alone changes it.

    Attributes:
        wanted: The record.
        books: The company.
        rules: What the settings say.
        known: What the memory knows of it from an earlier run.
        rivals: Other units that the memory knows by its number, or that have what was found.
        resolved: The record with everything found.
        faults: What is wrong with it.
        id: Its id in Business Central, once it is certain.
        shown: What the answer of its create showed of it; good for the next plan, then gone.
        done: Fingerprints of the writes that succeeded.
        made: Paths of what was created in this run, to be removed if the rest is refused.
        undoing: Writes that turn back what was changed in this run of what was there before.
        created: It was created in this run.
        updated: It was changed in this run.
        posted: It was posted in this run, and the service said so.
        in_doubt: Purposes of writes of this run that may or may not have happened; what is found is likely their work.
        plain: Dimensions are not nested in creates any more.
        attempt: Which code to try for a journal batch of its own.
    """

    wanted: WantedRecord
    books: Books
    rules: Rules
    known: Remembered | None = None
    rivals: tuple[Rival, ...] = ()
    resolved: Resolved = field(default_factory=Resolved)
    faults: list[Fault] = field(default_factory=list)
    id: str | None = None
    shown: Row | None = None
    done: set[str] = field(default_factory=set)
    made: list[str] = field(default_factory=list)
    undoing: list[Write] = field(default_factory=list)
    created: bool = False
    updated: bool = False
    posted: bool = False
    in_doubt: set[Purpose] = field(default_factory=set)
    plain: bool = False
    attempt: int = 0

    @property
    def entity(self) -> Kind:
        """The table's row."""
        return self.wanted.entity

    @property
    def key(self) -> UnitKey:
        """What the memory knows it by. Only a record with an identity becomes a unit."""
        assert self.wanted.identity is not None
        return UnitKey(self.books.id, self.entity.name, self.wanted.identity)

    @property
    def interrupted(self) -> bool:
        """An earlier run began this very record and did not finish it."""
        return self.known is not None and not self.known.finished and self.known.hash == self.wanted.hash

    @property
    def settled_hash(self) -> str:
        """What the memory keeps of a record that was carried through: its hash, and which settings had a say in it."""
        wanted, rules = self.wanted, self.rules
        if wanted.deleted:
            return wanted.hash if rules.on_delete == "block" else f"{wanted.hash}:{rules.on_delete}"
        keeps = wanted.lines is not None and not rules.replaces_lines
        return f"{wanted.hash}:keep" if keeps else wanted.hash

    @property
    def is_settled(self) -> bool:
        """Whether an earlier run carried this very record through, as the settings say now."""
        known = self.known
        if known is None or not known.finished or known.hash != self.settled_hash:
            return False
        is_to_be_posted = self.rules.posts and self.entity.shape != "master" and not self.wanted.deleted
        return known.posted or not is_to_be_posted

    def path(self, entity_set: str, id_: str | None = None) -> str:
        """The path of an entity set of its company, or of one record of it."""
        return company_path(self.books.id, entity_set, id_)
