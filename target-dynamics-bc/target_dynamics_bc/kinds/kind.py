"""What is particular to one kind of record? The values that a row of the table of kinds is made of.

A kind is a row over the facts of its entity set: lengths, types and references are the facts' business and are not
written down again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol

from dynamics_bc_client.odata.values import decode_enum

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dynamics_bc_client.errors import DynamicsError
    from dynamics_bc_client.odata.query import Query
    from target_dynamics_bc.kinds.facts import EntitySet
    from target_dynamics_bc.wanted.reading import Reading


class UnitOfWork(Protocol):
    """How records of a kind are carried through: what to look for, what is next, what follows a refusal.

    What a unit and a step are is the business of `writing`, where the units of work are.
    """

    def looks(self, unit: Any, /) -> dict[str, Query]:
        """What has to be asked before the next step, by name."""
        ...

    def further_looks(self, unit: Any, answers: Mapping[str, Sequence[Mapping[str, Any]]], /) -> dict[str, Query]:
        """What the answers leave open and has to be asked, too; where it cannot be had, the next step does without."""
        ...

    def plan(self, unit: Any, answers: Mapping[str, Sequence[Mapping[str, Any]]], /) -> Any:
        """The next step, from what is there."""
        ...

    def refused(self, unit: Any, step: Any, error: DynamicsError, /) -> Any:
        """What follows when a step was refused: another way, or the end of it."""
        ...

    def lacks(self, unit: Any, /) -> tuple[Any, ...]:
        """What a record lacks of being created, as faults."""
        ...

    def draft(self, unit: Any, answers: Mapping[str, Sequence[Mapping[str, Any]]], /) -> Mapping[str, Any] | None:
        """What a look has found of the record that somebody has to post; None where there is none."""
        ...

    def alike(self, unit: Any, answers: Mapping[str, Sequence[Mapping[str, Any]]], /) -> Sequence[Mapping[str, Any]]:
        """The rows that may be what a create of the record has made that nobody has seen, and that no id tells."""
        ...


@dataclass(frozen=True, slots=True)
class Noun:
    """What people call a record of a kind: `a bill`, `bills`."""

    one: str
    many: str

    def __str__(self) -> str:
        """With its article: `a bill`, `an order`."""
        return f"{'an' if self.one[0] in 'aeiou' else 'a'} {self.one}"


@dataclass(frozen=True, slots=True)
class MatchKey:
    """One way in which a record is found before it is created.

    Attributes:
        name: The property, or one of `id`, `number` (whatever people call a record by), `external_id` (the sender's own
            id), `posted` (what the general ledger shows of it) and `only` (there is no other).
        within: The reference inside which it tells records apart: two vendors may use the same invoice number.
        beside: Further properties that have to be equal, be it that both are blank.
        unless: A row with one of these values is not meant by the key, such as a bill that was cancelled.
    """

    name: str
    within: str = ""
    beside: tuple[str, ...] = ()
    unless: Mapping[str, frozenset[str]] = field(default_factory=dict)


ID = MatchKey("id")
EXTERNAL_ID = MatchKey("external_id")
POSTED = MatchKey("posted")
ONLY = MatchKey("only")
"""Of what a company has one of, such as what it says of itself."""


@dataclass(frozen=True, slots=True)
class LineType:
    """What a line of a document may be for.

    Attributes:
        name: The service's `lineType`, as it spells it in rows.
        object: The property that says which one; empty for lines that are for nothing. Where it is the number, too, no
            id says it, and what it is cannot be looked up.
        number: The property that holds its number or code; empty for lines that are for nothing.
        needs: The property without which the service takes a new line for one of 0.
        alone: Further properties that only lines of this type take.
        needs_called: What unified records call that property, if they have another name for it.
        unpostable: Why no such line can be posted through the API, as the end of a sentence; empty where it can.
    """

    name: str
    object: str = ""
    number: str = ""
    needs: str = ""
    alone: tuple[str, ...] = ()
    needs_called: str = ""
    unpostable: str = ""

    @property
    def is_by_number(self) -> bool:
        """Whether a line says by type and number alone what it is for."""
        return bool(self.object) and self.object == self.number

    @property
    def words(self) -> str:
        """What people call it: `Fixed Asset`."""
        return decode_enum(self.name)


@dataclass(frozen=True, slots=True)
class Child:
    """Rows that belong to one record, under the navigation property that leads to them.

    Attributes:
        navigation: The navigation property.
        facts: What is known of the rows' entity set.
        holds: `lines`, dimensions of a document (`dimension_set`) or those that others inherit (`default_dimensions`).
        types: What lines may be for.
        recalculating: Properties of a line after whose change the service calculates others anew.
        recalculated: Those others, which are then written again.
        calculated: Properties that the service takes and calculates from others all the same; they are not written.
    """

    navigation: str
    facts: EntitySet
    holds: Literal["lines", "dimension_set", "default_dimensions"]
    types: tuple[LineType, ...] = ()
    recalculating: frozenset[str] = frozenset()
    recalculated: tuple[str, ...] = ()
    calculated: frozenset[str] = frozenset()

    @property
    def prices(self) -> tuple[str, ...]:
        """Those of the recalculated properties that are a price of one; the others are amounts: discounts."""
        known = self.facts.properties
        return tuple(name for name in self.recalculated if name not in known or not known[name].is_amount)

    def type_of(self, name: str) -> LineType | None:
        """What lines of that `lineType` are for; None where no line can be of it."""
        return next((each for each in self.types if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Action:
    """A bound action that a record may ask for.

    Attributes:
        name: Its name.
        leads_to: The entity set of what comes of it, where that is another one.
        origin: The property of what comes of it that holds the id of what it came of; empty where none does.
        commits: It makes the record final, which cannot be taken back.
        done: What the record shows once it is carried out, where it is for what is posted. Of what leaves no trace it
            is empty: that is carried out whenever the record comes and is not remembered.
        is_for_posted: It is for what is posted, and a draft has to be posted first.
        reaches_out: It mails people or undoes what is posted, so the settings have to name it.
        is_custom: The tenant's metadata alone knows it and nobody here what it does, so the settings have to name it,
            and it is called once for each version of a record.
    """

    name: str
    leads_to: str = ""
    origin: str = ""
    commits: bool = True
    done: Mapping[str, frozenset[str]] = field(default_factory=dict, hash=False)
    is_for_posted: bool = False
    reaches_out: bool = False
    is_custom: bool = False

    @property
    def leaves_no_trace(self) -> bool:
        """Whether nothing that can be read shows that it was carried out, as of what mails a posted document."""
        return self.is_for_posted and not self.done and not self.leads_to

    @property
    def has_to_be_allowed(self) -> bool:
        """Whether it is called only where the settings name it."""
        return self.reaches_out or self.is_custom


@dataclass(frozen=True, slots=True)
class Removal:
    """What a deletion of a record can do.

    Attributes:
        block: The change that blocks a record; None where none can be blocked.
        only_while: A row can be deleted only while it has these values, as long as a document is a draft.
    """

    block: Mapping[str, Any] | None = None
    only_while: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unposted:
    """What the status of a document may show, besides a draft, while it is not posted.

    Attributes:
        ledger_type: What the general ledger calls it once it is.
        waiting: Somebody has to approve it.
        released: It is released, or it is posted and not paid.
    """

    ledger_type: str
    waiting: str = "In_x0020_Review"
    released: str = "Open"


@dataclass(frozen=True, slots=True)
class Parents:
    """What a row belongs to, where that may be one of several kinds.

    Attributes:
        type: The property that says of which kind it is.
        id: The property that holds its id.
        number: What a record may call it by instead; the service has no such property.
        sets: Its entity set, by the value of `type` as people write it.
    """

    type: str
    id: str
    number: str
    sets: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Journal:
    """Where the lines of entries and payments stand.

    Attributes:
        batches: Entity set of the journal batches.
        setting: The setting that names the batch which takes drafts.
        party: The property that names whom a payment is paid to or comes from; empty for entries.
        applies_to: The property that names the document a payment is for; empty for entries.
        document_type: What the general ledger calls it; empty for entries.
        applications: The navigation property to the open entries that a payment may be applied to, several at once;
            empty where it is applied to one document at most.
        settled_with: The property of such a document that names who settles it, be it another one than its vendor or
            customer; empty for entries.
        sides: Of an entry's line, the property that names an account by the one that says what kind of account it is.
        accounts: Entity set of an account, by what kind it is; others cannot be written.
        by_number: Kinds of account that a line names by their number alone: its id property is for the others.
    """

    batches: str
    setting: str
    party: str = ""
    applies_to: str = ""
    document_type: str = ""
    applications: str = ""
    settled_with: str = ""
    sides: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    by_number: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class UnifiedMapping:
    """How HotGlue's unified records speak of a kind.

    Attributes:
        streams: Names of streams that hold them.
        number: The field that holds what people call a record by.
        keys: Ways to tell a record from all others. Of each, all fields have to be there; `a|b` is the first of two
            that is there, and `a|b|` may be missing.
        read: What the fields of a record ask for, as arguments of a `WantedRecord`.
        calls: What they call properties that have another name there, as far as messages speak of them.
        alike: Groups of fields of which one is enough, beside those that name the same thing.
        options: The only values that some fields take, by the field's name.
        example: A record of them; what it refers to is named by its entity set in braces.
    """

    streams: tuple[str, ...]
    number: str
    keys: tuple[tuple[str, ...], ...]
    read: Callable[[Reading, Kind, tuple[str, ...]], dict[str, Any]]
    calls: Mapping[str, str] = field(default_factory=dict, hash=False)
    alike: tuple[tuple[str, ...], ...] = ()
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    example: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, eq=False)
class Kind:
    """One row of the table, equal to itself alone.

    Attributes:
        name: The name of the kind, which is the stream's in Business Central's own names.
        facts: What is known of its entity set; of an entry's or a payment's lines it is the set below the journal.
        noun: What people call it.
        work: Its unit of work.
        keys: How a record is found before it is created; the first that finds one counts.
        number_property: What people call a record by; empty for what has neither number nor code.
        streams: Further names of streams that hold it in Business Central's own names.
        children: What belongs to a record.
        needs: References or properties without which none is created, beyond what the facts say.
        order: Properties that the service has to take first, in this order: a change of them fills in others.
        actions: What may be done to it.
        removal: What a deletion can do.
        unposted: What shows of a document that is no open draft and not posted either; None where nothing does.
        journal: Where its lines stand, for entries and payments.
        calculated: Properties that the service takes and calculates from others all the same; they are not written.
        agreeing: Properties that nobody can write and that change what the record's numbers mean: where it states one
            and the service has another value, it is not written.
        remembered: One without the sender's number may be written where a memory keeps it from being written twice.
        has_picture: A record has a picture.
        read_within: The reference without which its rows cannot be asked for.
        parents: What a record belongs to, where that may be one of several kinds.
        is_piece: Its records are part of those of other kinds, where the streams of those come too.
        root: The root of the API that has it, as a whole URL; empty for the standard one.
        sharing: How many creates may travel in one batch.
        unified: How HotGlue's unified records speak of it; None when they do not.
    """

    name: str
    facts: EntitySet
    noun: Noun
    work: UnitOfWork
    keys: tuple[MatchKey, ...]
    number_property: str = "number"
    streams: tuple[str, ...] = ()
    children: tuple[Child, ...] = ()
    needs: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    removal: Removal = field(default_factory=Removal)
    unposted: Unposted | None = None
    journal: Journal | None = None
    calculated: frozenset[str] = frozenset()
    agreeing: frozenset[str] = frozenset()
    remembered: bool = False
    has_picture: bool = False
    read_within: str = ""
    parents: Parents | None = None
    is_piece: bool = False
    root: str = ""
    sharing: int = 1
    unified: UnifiedMapping | None = None

    @cached_property
    def entity_set(self) -> str:
        """Where its records live; a set of another API than the standard one with the root of that before it."""
        return f"{self.root}/{self.facts.name}" if self.root else self.facts.name

    @cached_property
    def batches(self) -> str:
        """Entity set of the journal batches that its lines stand in; empty for what is no line of a journal."""
        return self.journal.batches if self.journal is not None else ""

    @cached_property
    def lines(self) -> Child | None:
        """Where its lines are; None when it has none."""
        return next((child for child in self.children if child.holds == "lines"), None)

    @cached_property
    def lines_name(self) -> str:
        """The property that holds its lines; empty when it has none."""
        return self.lines.navigation if self.lines is not None else ""

    @cached_property
    def dimensions_name(self) -> str:
        """The property that holds its dimensions; empty when it has none."""
        return self.dimensions.navigation if self.dimensions is not None else ""

    @cached_property
    def dimensions(self) -> Child | None:
        """Where its dimensions are; None when it has none."""
        return next((child for child in self.children if child.holds != "lines"), None)

    @cached_property
    def natural_key(self) -> MatchKey | None:
        """The key by which one party tells its records apart, such as a vendor's number of a bill."""
        return next((key for key in self.keys if key.within), None)

    @cached_property
    def party(self) -> str:
        """The property that names whom a record is for or from; empty when there is none."""
        if self.journal is not None:
            return self.journal.party
        if self.natural_key is not None:
            return self.natural_key.within
        return next((name for name in _PARTIES if self.facts.relation(name) is not None), "")

    @cached_property
    def is_made_of_a_name(self) -> bool:
        """Whether one can be made of a number and a name: of parties and items, which others refer to."""
        name = self.facts.properties.get("displayName")
        has_defaults = self.dimensions is not None and self.dimensions.holds == "default_dimensions"
        return has_defaults and name is not None and name.is_writable

    @cached_property
    def attachments(self) -> str:
        """The navigation property to the files that are attached to a record; empty where none can be.

        Those of an entry are attached to its first line, and stay with what is posted of it.
        """
        return next((name for name in _ATTACHMENTS if name in self.facts.children), "")

    @property
    def is_booked(self) -> bool:
        """Whether a record of it ends in the ledgers: a document, an entry or a payment."""
        return self.lines is not None or self.journal is not None

    @cached_property
    def is_singular(self) -> bool:
        """Whether a company has one of it."""
        return ONLY in self.keys

    @cached_property
    def is_known_by_id(self) -> bool:
        """Whether a record's own id stands for the sender's: it has no number, or several payments may have one."""
        if self.journal is not None:
            return self.lines is None
        return not self.number_property and EXTERNAL_ID in self.keys

    @cached_property
    def has_number_within(self) -> bool:
        """Whether its number tells records apart inside a reference only, such as a variant's inside its item."""
        return self.natural_key is not None and self.natural_key.name == self.number_property

    @cached_property
    def needs_parent(self) -> bool:
        """Whether its number says nothing without the reference that it is within."""
        return self.has_number_within and all(key.name != "number" for key in self.keys)

    @cached_property
    def is_lasting(self) -> bool:
        """Whether a record of it stays as it is while nobody writes to it: posting changes documents and journals."""
        return self.journal is None and self.lines is None and self.posting is None

    @cached_property
    def derives_ids(self) -> bool:
        """Whether a record that has a sender's id is created with an id that follows from it."""
        return EXTERNAL_ID in self.keys and self.journal is None

    def called(self, name: str, *, own: bool) -> str:
        """What a record calls a property: its name, or in a unified record what those call it."""
        if own or self.unified is None:
            return name
        return self.unified.number if name in {"number", self.number_property} else self.unified.calls.get(name, name)

    @cached_property
    def posting(self) -> Action | None:
        """The action that makes a record final; None for what is never posted."""
        return next((action for action in self.actions if action.commits), None)

    def action(self, name: str) -> Action | None:
        """The action that a record asks for, in any case; the one that posts when it names none."""
        if not name:
            return self.posting
        return next((action for action in self.actions if action.name.lower() == name.lower()), None)

    @cached_property
    def ends_as(self) -> tuple[str, ...]:
        """The entity sets of what its records become, which are then gone themselves."""
        sets = (action.leads_to for action in self.actions if not action.is_for_posted)
        return tuple(dict.fromkeys(name for name in sets if name))

    def is_draft(self, row: Mapping[str, Any]) -> bool:
        """Whether a row can still be changed."""
        return all(row.get(name) == value for name, value in self.removal.only_while.items())

    def number_of(self, row: Mapping[str, Any]) -> str:
        """What people call a row by: its number or code; empty where it has none."""
        return str(row.get(self.number_property) or "")

    @cached_property
    def key_names(self) -> tuple[str, ...]:
        """The names of its keys, as a setting may list them."""
        return tuple(key.name for key in self.keys)

    @cached_property
    def choosable_keys(self) -> tuple[str, ...]:
        """The keys that a setting may choose from; a name may be one, although it need not be unique.

        Of what stays as it is while nobody writes to it, any property may be one: only its owner knows which are
        unique, such as the tax number of a customer.
        """
        more = ("name",) if "displayName" in self.facts.properties else ()
        written = (each.name for each in self.facts.properties.values() if each.is_writable)
        return (*dict.fromkeys((*self.key_names, *more, *(written if self.is_lasting else ()))),)

    def length(self, name: str) -> int | None:
        """The longest text of a property of its records, or of their lines; None without a limit."""
        return self._lengths.get(name)

    @cached_property
    def _lengths(self) -> Mapping[str, int]:
        of_lines = self.lines.facts.properties if self.lines is not None else {}
        known = [*of_lines.items(), *self.facts.properties.items()]
        return {name: each.length for name, each in known if each.length is not None}

    def names(self) -> tuple[str, ...]:
        """All names of streams that hold it, as they are written in messages; case does not matter."""
        return (self.name, *(self.unified.streams if self.unified is not None else ()), *self.streams)


_ATTACHMENTS = ("documentAttachments", "attachments")
_PARTIES = ("vendorId", "customerId")
