"""What does a record refer to, and which row is it?

A reference is tried in the order id, number, name, and the first that leads anywhere counts; two rows for one name are
none, because names are not unique. The sender's own id of a record counts where it was given as such; a number or a
name may turn out to be one when nothing else has it. One that leads to two different rows that way is ambiguous: the
wrong vendor must not get the bill. Pure: `lookups_of` says what has to be asked, `choose` reads the answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_client.odata.query import Expansion, Query, equals, text_literal
from dynamics_bc_client.odata.urls import GUID, company_path
from dynamics_bc_client.odata.values import ZERO_GUID
from target_dynamics_bc.finding.asking import by_key
from target_dynamics_bc.kept.faults import Fault, Missing, from_error
from target_dynamics_bc.kinds.facts import VOID
from target_dynamics_bc.kinds.kind import Noun
from target_dynamics_bc.same_names import plain_id, upper_case

if TYPE_CHECKING:
    from target_dynamics_bc.kinds.kind import Kind
    from target_dynamics_bc.kinds.table import Kinds
    from target_dynamics_bc.wanted.records import Reference, Row

DEFAULT_DIMENSIONS = Expansion("defaultDimensions", ("id", "dimensionId", "dimensionCode", "dimensionValueCode"))
"""What a document inherits from a vendor or an item."""

FORETOLD = "@foretold"
"""What a row has that is not there, because nothing of this run is written, or not yet."""

_ID_LENGTH = 36
_LISTED = 10
"""How many of those that are called the same a message names."""

_SET_UP = "code"
"""What is called by a code belongs to the set-up of a company, and hardly ever comes with what refers to it."""

_TELLING = (
    "id", "number", "code", "displayName", "templateDisplayName", "status", "totalAmountIncludingTax", "currencyCode",
    "balancingAccountId", "amountRoundingPrecision", "baseUnitOfMeasureId", "paymentTermsId", "invoiceDate",
    "payToVendorId", "billToCustomerId",
)  # fmt: skip
"""What is needed of something that is referred to, as far as it has it."""


@dataclass(frozen=True, slots=True)
class Referent:
    """Something that records refer to.

    Attributes:
        entity_set: Where its rows are.
        noun: What people call it.
        number: The property that is its number or code.
        keys: The properties that a number which was given is looked for in, one after the other.
        has_name: Whether it has a display name.
        select: What is needed of it.
        expand: What else is read along.
        written: The kind that writes it: a record of the same input may still create or change it. None for what nobody
            changes while the run lasts.
        awaited: What is not there may still come. A code of the set-up comes only if its stream was announced.
        kept_number: The property that tells the same thing in every company: the number, unless the service gives it.
    """

    entity_set: str
    noun: Noun
    number: str
    keys: tuple[str, ...]
    has_name: bool
    select: tuple[str, ...]
    expand: tuple[Expansion, ...] = ()
    written: Kind | None = None
    awaited: bool = False
    kept_number: str = ""


class Referents(dict[str, Referent]):
    """All that records may refer to, by entity set, over the table of kinds; each is made when it is first asked for.

    Args:
        kinds: The table.
    """

    def __init__(self, kinds: Kinds) -> None:
        super().__init__()
        self._kinds = kinds
        self._of_stream: dict[str, Referent | None] = {}
        self._by_stream = {name.lower(): name for name in kinds.facts}
        self._announced: set[str] = set()
        self._within: dict[str, set[str]] = {}
        for facts in kinds.facts.values():
            for relation in facts.relations:
                self._within.setdefault(relation.entity_set, set()).update({relation.within} - {""})

    def __missing__(self, entity_set: str) -> Referent:
        self[entity_set] = self._make(entity_set)
        return self[entity_set]

    def of_stream(self, stream: str) -> Referent | None:
        """What a stream of that name holds; None when nothing refers to it."""
        # Asked for every record that comes.
        if stream not in self._of_stream:
            name = self._by_stream.get(stream.strip().lower())
            self._of_stream[stream] = None if name is None or not self[name].number else self[name]
        return self._of_stream[stream]

    def announce(self, stream: str) -> None:
        """Take the news that a stream is to come."""
        name = self._by_stream.get(stream.strip().lower())
        if name is not None:
            self._announced.add(name)
            self.pop(name, None)
            self._of_stream.clear()

    def _make(self, name: str) -> Referent:
        facts, kind = self._kinds.facts[name], self._kinds.of_set(name)
        natural = [key for key in (kind.keys if kind is not None else ()) if key.within]
        more = {*self._within.get(name, ()), *(each for key in natural for each in (key.name, key.within))}
        noun = kind.noun if kind is not None else Noun(facts.noun, facts.nouns)
        keys = (*(key.name for key in natural), facts.number_property)
        number = facts.properties.get(facts.number_property)
        return Referent(
            name,
            noun,
            facts.number_property,
            keys=keys,
            has_name="displayName" in facts.properties,
            select=tuple(each for each in facts.properties if each in _TELLING or each in more),
            expand=(DEFAULT_DIMENSIONS,) if DEFAULT_DIMENSIONS.navigation in facts.children else (),
            written=kind,
            awaited=kind is not None and (kind.number_property != _SET_UP or name in self._announced),
            kept_number=keys[0] if kind is not None and number and not number.is_writable else facts.number_property,
        )


class Lookup(NamedTuple):
    """One question: the rows of an entity set that a filter selects, or those with one value of a key besides."""

    entity_set: str
    filter: str
    key: str = ""
    value: str = ""

    def query(self, company_id: str, referent: Referent) -> Query:
        """The question as a read of one company."""
        path = company_path(company_id, self.entity_set)
        if self.key:
            return by_key(path, self.key, self.value, select=referent.select, expand=referent.expand, also=self.filter)
        return Query(path, referent.select, referent.expand, self.filter)


LookedUp = Mapping[Lookup, "Sequence[Row] | DynamicsError"]
"""The rows that each lookup has found, or why it was not answered."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to find a reference.

    Attributes:
        lookup: None when what was given cannot be asked for.
        by: `sender` takes what was given for the sender's own id; what a `text` found must not differ from that.
        of: Which of the things that name it is asked for: `id`, `number`, `name` or `external`; empty for what the
            memory knows.
    """

    words: str
    lookup: Lookup | None
    by: Literal["id", "text", "sender"] = "id"
    of: Literal["", "id", "number", "name", "external"] = ""


def ways_of(
    reference: Reference,
    referent: Referent,
    *,
    copied: str | None = None,
    known: Sequence[str] = (),
    derived: Sequence[str] = (),
    narrowed_by: tuple[str, str] | None = None,
) -> list[Way]:
    """The ways to find a reference, in the order in which they count.

    Args:
        reference: The reference.
        referent: What it refers to.
        copied: The id of what it was copied to, if it is another company's id.
        known: Ids that its texts stand for as a sender's id, by the memory: written in this run or an earlier one.
        derived: Ids that would have been given to a record whose sender's id one of its texts is; the last resort.
        narrowed_by: A property and an id that the row must have, such as `vendorId` of a bill.
    """
    ways = []
    if reference.id is not None and len(reference.id) != _ID_LENGTH:
        reference = replace(reference, id=plain_id(reference.id))
    if reference.id is not None:
        is_id = bool(GUID.fullmatch(reference.id)) and reference.id != ZERO_GUID
        lookup = _by_id(reference, reference.id) if is_id else None
        one_field_for_all = reference.id in {reference.number, reference.name}
        if is_id or not one_field_for_all:
            ways.append(Way(f'id "{reference.id}"', lookup, of="id"))
    if copied is not None:
        ways.append(Way("", _by_id(reference, copied)))
    by_text = _by_text(reference, referent, narrowed_by)
    ways += [Way(words, lookup, "text", of) for words, lookup, of in by_text]
    ways += [Way("", _by_id(reference, id_), "sender") for id_ in (*known, *derived)]
    if reference.external is not None:
        as_number = replace(reference, number=reference.external, name=None)
        by_text = _by_text(as_number, referent, narrowed_by)
        ways += [Way(words, lookup, of="external") for words, lookup, _ in by_text]
    return ways


def _by_text(
    reference: Reference, referent: Referent, narrowed_by: tuple[str, str] | None
) -> list[tuple[str, Lookup, Literal["number", "name"]]]:
    """By number, by name; a document goes by the number that is unique for its party only, else by the service's."""
    within = equals(*narrowed_by) if reference.within and narrowed_by else ""
    name = reference.name if referent.has_name else None
    numbers = (reference.number, None if referent.has_name else reference.name)
    found: list[tuple[str, Lookup, Literal["number", "name"]]] = []
    for number in dict.fromkeys(each for each in numbers if each is not None):
        of: Literal["number", "name"] = "number" if number == reference.number else "name"
        words = f'{referent.number} "{number}"'
        for key in referent.keys:
            found.append((words, Lookup(reference.kind, within, key, upper_case(number)), of))
            words = ""
    if name is not None:
        found.append((f'name "{name}"', Lookup(reference.kind, f"displayName eq {text_literal(name)}"), "name"))
    return found


def _by_id(reference: Reference, id_: str) -> Lookup:
    return Lookup(reference.kind, "", "id", id_.lower())


def choose(reference: Reference, referent: Referent, ways: Sequence[Way], answers: LookedUp) -> Row | Fault:
    """The row that a reference means, or why there is none.

    A question that was not answered leaves the reference undecided: it is never taken for "there is none".
    """
    noun = referent.noun
    for way in ways:
        if way.lookup is None:
            continue
        answer = answers[way.lookup]
        if isinstance(answer, DynamicsError):
            return from_error(
                answer,
                "resolve",
                field=reference.field,
                doing=f"Looking up the {noun.one} of {reference.field} failed",
            )
        rows = _preferred(answer)
        if len(rows) > 1:
            return Fault("resolve", reference.field, "ambiguous", several_have(way.words or "id", referent, rows))
        if rows:
            return _unless_senders(reference, referent, rows[0], ways, answers) if way.by == "text" else rows[0]
    tried = " or ".join(way.words for way in ways if way.words)
    advice = f": set {reference.setting} to the code of one, or create this one" if reference.setting else ""
    message = f"There is no {noun.one} with the {tried}{advice}."
    number, name = reference.number or reference.external or "", reference.name or ""
    missing = Missing(reference.kind, number, name) if number or name else None
    return Fault("resolve", reference.field, "not_found", message, waits=referent.awaited, missing=missing)


def several_have(words: str, referent: Referent, rows: Sequence[Row]) -> str:
    """The sentence that several rows are called the same, with what tells them apart."""
    noun, number = referent.noun, referent.number
    numbers = [str(row.get(number) or row.get("id")) for row in rows]
    listed = ", ".join(sorted(numbers)[:_LISTED]) + (", ..." if len(numbers) > _LISTED else "")
    by = f"its id or its {number}" if number else "its id"
    return f"{len(rows)} {noun.many} have the {words} ({listed}); name the one by {by}."


def _unless_senders(
    reference: Reference, referent: Referent, row: Row, ways: Sequence[Way], answers: LookedUp
) -> Row | Fault:
    """What a number or a name led to, unless the same text is the sender's own id of something else."""
    senders = replace(reference, number=None, name=None)
    other = choose(senders, referent, [way for way in ways if way.by == "sender"], answers)
    if isinstance(other, Fault):
        return row if other.code == "not_found" else other
    within = reference.within
    if other["id"] == row["id"] or (within and other.get(within) != row.get(within)):
        return row
    message = (
        f"{reference.field} fits two {referent.noun.many}: {row.get(referent.number)} has it as its own number or "
        f"name, and {other.get(referent.number)} was written for it as externalId; name the one by its id."
    )
    return Fault("resolve", reference.field, "ambiguous", message)


def _preferred(rows: Sequence[Row]) -> list[Row]:
    """Those of several rows that are meant.

    Journal batches of several templates may have one code; entries belong into the general one. A cancelled document
    has given its number free; of the others, a posted one comes before a draft.
    """
    rows = [row for row in rows if row.get("templateDisplayName") == "GENERAL"] or list(rows)
    alive = [row for row in rows if not any(row.get(name) in values for name, values in VOID.items())]
    return [row for row in alive if row.get("status") != "Draft"] or alive
