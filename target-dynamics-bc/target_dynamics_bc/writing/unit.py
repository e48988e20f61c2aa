"""What is known of one record on its way into Business Central?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from target_dynamics_bc.kept.units import UnitKey
from target_dynamics_bc.wanted.records import Resolved
from target_dynamics_bc.writing.history import History
from target_dynamics_bc.writing.writes import Address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_dynamics_bc.finding.books import Books
    from target_dynamics_bc.kept.faults import Fault
    from target_dynamics_bc.kept.units import Remembered, Rival
    from target_dynamics_bc.kinds.kind import Action, Kind, UnitOfWork
    from target_dynamics_bc.wanted.records import WantedRecord


PREVIEW_OF = "preview of "
"""What the memory calls the kind of what is only previewed begins with."""


TO_BE_POSTED: Mapping[str, str] = MappingProxyType({
    "invoiceQuantity": "invoicedQuantity", "shipQuantity": "shippedQuantity", "receiveQuantity": "receivedQuantity",
})  # fmt: skip
"""By the quantity of an order's line that is to be posted next, the one that has been."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings say about a unit.

    Attributes:
        posts: It is to be posted.
        replaces_lines: Lines that the record does not have are deleted.
        match_keys: How it is found, first match wins.
        on_delete: What a deletion does.
        total_tolerance: How far its total may be off before it is posted.
        action: The action that the record names; empty for the one that posts.
        remembers: There is a memory that outlives the run.
        mapping: Which dimension a prefix of fields means.
        previews: It is only drafted to be compared, and goes again.
    """

    posts: bool = False
    replaces_lines: bool = True
    match_keys: tuple[str, ...] = ()
    on_delete: str = "block"
    total_tolerance: Decimal = Decimal(0)
    action: str = ""
    remembers: bool = False
    mapping: Mapping[str, str] = field(default_factory=dict)
    previews: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """One record of one company on its way: a value, of which the history alone grows.

    Whoever finds something for it makes another one of it that holds that too, with the same history.

    Attributes:
        wanted: The record.
        books: The company.
        rules: What the settings say.
        known: What the memory knows of it from an earlier run.
        rivals: Other units that the memory knows by its number, or that have what was found.
        resolved: The record with everything found.
        faults: What is wrong with it.
        history: What this run has done for it.
        kind: The table's row.
        key: What the memory knows it by.
        action: The action that the record asks for, or that posts it; None when there is none.
        set_address: Where records of its kind are.
    """

    wanted: WantedRecord
    books: Books
    rules: Rules
    known: Remembered | None = None
    rivals: tuple[Rival, ...] = ()
    resolved: Resolved = field(default_factory=Resolved)
    faults: tuple[Fault, ...] = ()
    history: History = field(default_factory=History)
    kind: Kind = field(init=False)
    key: UnitKey = field(init=False)
    action: Action | None = field(init=False)
    set_address: Address = field(init=False)

    def __post_init__(self) -> None:
        # Only a record with an identity becomes a unit.
        assert self.wanted.identity is not None
        kind = self.wanted.kind
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "key", UnitKey(self.books.id, kind.name, self.wanted.identity))
        object.__setattr__(self, "action", kind.action(self.rules.action))
        object.__setattr__(self, "set_address", Address(kind.entity_set))

    def recalled(self, known: Remembered | None) -> Unit:
        """The unit with what the memory knows of it."""
        return Unit(self.wanted, self.books, self.rules, known, history=self.history)

    def resolved_as(self, resolved: Resolved, faults: tuple[Fault, ...]) -> Unit:
        """The unit with everything found that it refers to, and what is wrong with it."""
        return Unit(self.wanted, self.books, self.rules, self.known, self.rivals, resolved, faults, self.history)

    def beside(self, rivals: tuple[Rival, ...]) -> Unit:
        """The unit with the others that have its number, or what was found."""
        if rivals == self.rivals:
            return self
        known, resolved, faults = self.known, self.resolved, self.faults
        return Unit(self.wanted, self.books, self.rules, known, rivals, resolved, faults, self.history)

    @property
    def work(self) -> UnitOfWork:
        """What fits its kind."""
        return self.kind.work

    def called(self, name: str) -> str:
        """What the record calls a property, for messages about it."""
        return self.kind.called(name, own=self.wanted.copied)

    @property
    def is_to_be_posted(self) -> bool:
        """Whether it ends as something posted: the record asks for it, and there is an action that does it."""
        return self.rules.posts and self.action is not None and not self.wanted.deleted

    @property
    def leads_elsewhere(self) -> bool:
        """Whether it becomes another document by what it asks for, or by what posts its kind."""
        action = self.action if self.is_to_be_posted else self.kind.posting
        return action is not None and bool(action.leads_to) and not action.is_for_posted

    @property
    def posts_a_part(self) -> bool:
        """Whether it has a part of an order posted, so that the rest is there to be posted by another call."""
        lines = self.resolved.lines or ()
        return self.leads_elsewhere and any(name in TO_BE_POSTED for line in lines for name in line.fields)

    @property
    def acts_on_posted(self) -> bool:
        """Whether the record asks for something that is done to a posted document."""
        return self.is_to_be_posted and self.action is not None and self.action.is_for_posted

    @property
    def makes_one_more(self) -> bool:
        """Whether each call of what it asks for makes another document of a posted one, which stays as it is."""
        return self.acts_on_posted and self.action is not None and bool(self.action.leads_to)

    @property
    def stated_fields(self) -> Mapping[str, Any]:
        """The properties as they are to be: what is assumed of a new record is not asked of one that was there."""
        assumed, fields = self.wanted.assumed, self.resolved.fields
        if self.created or not assumed:
            return fields
        return {name: value for name, value in fields.items() if name not in assumed}

    @property
    def natural_number(self) -> Any:
        """The number by which its party tells it from others; None when it has none."""
        natural = self.kind.natural_key
        return self.resolved.fields.get(natural.name) if natural is not None else None

    @property
    def requests_key(self) -> UnitKey:
        """What the memory knows its requests by: those of a preview are not those of the record itself."""
        return replace(self.key, entity=f"{PREVIEW_OF}{self.key.entity}") if self.rules.previews else self.key

    @property
    def known_id(self) -> str | None:
        """The id that the memory knows it by."""
        return self.known.id if self.known is not None else None

    # --- what was done ---------------------------------------------------------------------------------------

    @property
    def id(self) -> str | None:
        """Its id, once it was created in this run."""
        for event in reversed(self.history.events):
            if event.purpose == "create" and event.result == "done" and event.write.address == self.set_address:
                return str(event.row.get("id") or "") or None
        return None

    @property
    def acted_on(self) -> str | None:
        """The id of what its action was carried out on in this run; it may be gone since."""
        events = (event for event in reversed(self.history.events) if event.purpose == "post")
        return next((event.write.address.id for event in events if event.result == "done"), None)

    @property
    def created(self) -> bool:
        """It was created in this run."""
        return self.history.has("create")

    @property
    def updated(self) -> bool:
        """It was changed in this run."""
        return self.history.has("update")

    @property
    def posted(self) -> bool:
        """It was posted in this run, and the service said so."""
        return self.history.has("post")

    @property
    def interrupted(self) -> bool:
        """An earlier run began this very record and did not finish it."""
        return self.known is not None and not self.known.finished and self.known.hash == self.wanted.hash

    @property
    def has_sent_create(self) -> bool:
        """Whether this run has sent a create of it that was refused or not answered."""
        return any(event.purpose == "create" and event.result != "done" for event in self.history.events)

    @property
    def has_unseen_create(self) -> bool:
        """Whether something may have come of a create that was refused, or not answered, in this run or before it."""
        return self.interrupted or self.has_sent_create

    @property
    def claimed_id(self) -> str | None:
        """The id of what was made of it, in this run or without an earlier one being told so."""
        return self.id or self.history.taken

    @property
    def nests_dimensions(self) -> bool:
        """Whether dimensions may be nested in a create; where they were inherited already, it is refused."""
        return not any(refusal.step.nests_dimensions for refusal in self.history.refusals)

    @property
    def may_have_acted(self) -> bool:
        """Whether this run, or one that did not end, may have called for its action, whatever was answered."""
        refused = any(refusal.step.purpose == "post" for refusal in self.history.refusals)
        return refused or "post" in self.history.doubts or self.interrupted

    # --- the memory ------------------------------------------------------------------------------------------

    @property
    def settled_hash(self) -> str:
        """What the memory keeps of a record that was carried through: its hash, and which settings had a say in it."""
        wanted, rules = self.wanted, self.rules
        if wanted.deleted:
            return wanted.hash if rules.on_delete == "block" else f"{wanted.hash}:{rules.on_delete}"
        keeps = wanted.lines is not None and not rules.replaces_lines
        return f"{wanted.hash}{self._mapped}{':keep' if keeps else ''}"

    @property
    def _mapped(self) -> str:
        """What the mapping makes of the record's fields; a corrected mapping makes another record of it."""
        of_lines = (each for line in self.wanted.lines or () for each in line.dimensions)
        prefixes = {each.prefix for each in (*self.wanted.dimensions, *of_lines) if each.prefix is not None}
        return "".join(f":{prefix}={self.rules.mapping.get(prefix, '')}" for prefix in sorted(prefixes))

    @property
    def is_settled(self) -> bool:
        """Whether an earlier run carried this very record through, as the settings say now."""
        known = self.known
        if known is None or not known.finished or known.hash != self.settled_hash:
            return False
        return known.posted or not self.is_to_be_posted

    # --- addresses -------------------------------------------------------------------------------------------

    def path(self, entity_set: str) -> str:
        """The path of an entity set of its company."""
        return Address(entity_set).path(self.books.id)
