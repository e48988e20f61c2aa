"""What does a record ask for, in whatever dialect it came?

`WantedRecord` is the one model behind the dialects: properties are spelled as Business Central spells them, references
are still as the sender named them. A property that is absent stays untouched. `Resolved` is the same with every
reference and dimension found.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from decimal import Decimal

    from target_dynamics_bc.kept.faults import Fault
    from target_dynamics_bc.kinds.kind import Kind
    from target_dynamics_bc.wanted.files import WantedFile

Row = Mapping[str, Any]
"""A record as Business Central serves it."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Something that a record names and Business Central must have.

    Attributes:
        kind: What it is, a key of `references.KINDS`.
        field: The record's field that named it, for messages.
        id: What was given as id; used as one only if it has an id's form.
        number: What was given as number or code.
        name: What was given as name.
        external: What was given as the sender's own id. Older senders give a number there.
        within: The property of the same record whose reference narrows the search, such as the vendor of a bill.
        setting: The setting that names it where the record does not.
    """

    kind: str
    field: str
    id: str | None = None
    number: str | None = None
    name: str | None = None
    external: str | None = None
    within: str | None = None
    setting: str = ""


BOOKED_CURRENCY = "bookedCurrency"
"""Name of the reference to the currency that an entry or a payment states. Nothing is written for it: journal lines
have no currency of their own, so what they are booked in anyway has to be that one."""


@dataclass(frozen=True, slots=True)
class WantedDimension:
    """A dimension and its value, each by whichever of id, code and name the sender knows.

    Attributes:
        field: The record's field, for messages.
        prefix: The root fields' prefix when it came by the dimension mapping; None when it came in an array.
    """

    field: str
    prefix: str | None = None
    id: str | None = None
    code: str | None = None
    name: str | None = None
    value_id: str | None = None
    value_code: str | None = None
    value_name: str | None = None


@dataclass(frozen=True, slots=True)
class WantedLine:
    """A line of a document or of a journal entry.

    Attributes:
        field: Where it stands in the record, such as `lineItems[0]`.
        kind: `Item`, `Account` or `Entry`; `Bill` for one of several documents that a payment is for.
        external_id: The sender's own id of the line; None when it has none.
        calculated: Numbers that it states and the service calculates from others, to be compared before posting.
        stated: What it comes to by the record, beside its quantity and price, by the record's field for it.
    """

    field: str
    kind: str
    external_id: str | None
    fields: Mapping[str, Any]
    references: Mapping[str, Reference]
    dimensions: tuple[WantedDimension, ...] = ()
    calculated: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    stated: Mapping[str, Decimal] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WantedRecord:
    """What one record asks for.

    Attributes:
        stream: The stream it came in.
        kind: The table's row for it.
        position: Its place in the input, counted from 1.
        record: The record as it came.
        hash: SHA-256 of that.
        external_id: The sender's own id.
        id: The id in Business Central, if the sender knows it.
        number: The number in Business Central, if the sender knows it.
        identity: What tells this record from all others of its kind, built from the record alone; None when nothing
            does.
        company: The company as the record names it; None when it does not.
        assumed: The properties among its fields that it does not state: a new record gets them, one that is there keeps
            its own.
        lines: None when the record does not speak of lines.
        line_kinds: Kinds of line that the record states in full, so that others of that kind are to go.
        line_kinds_once: Kinds of line that are the record's, and to go, where an earlier version of it brought them.
        applications: The documents that a payment is for, where they are several, each with the amount that is theirs.
        discount: What a payment keeps back of its document by the terms of that; None when the record does not say.
        draft: What the record says; None when it does not.
        action: The name of the bound action that it asks for; empty when it asks for none.
        deleted: The sender has deleted it.
        total: The document's total, if the record states one, to be compared before posting.
        calculated: Further numbers that it states and the service calculates from others.
        currencies: What fields that nothing reads call its currency, each with the field before it.
        if_posted: What is wrong with it if it is to be posted: it says what nothing reads and a draft may lack.
        faults: What is wrong with it already.
        left_out: Its properties that cannot be written.
        files: Files that come with it.
        copied: Its ids, and its number in a series, may be another company's.
        id_is_hint: Its id is where to look first; that nothing has it is no fault.
        is_sound: All its texts are Unicode and none of its numbers is infinite; False while that has to be seen.
    """

    stream: str
    kind: Kind
    position: int
    record: Mapping[str, Any]
    hash: str
    external_id: str | None = None
    id: str | None = None
    number: str | None = None
    identity: str | None = None
    company: str | None = None
    fields: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    assumed: frozenset[str] = frozenset()
    references: Mapping[str, Reference] = dataclasses.field(default_factory=dict)
    dimensions: tuple[WantedDimension, ...] = ()
    lines: tuple[WantedLine, ...] | None = None
    line_kinds: frozenset[str] = frozenset()
    line_kinds_once: frozenset[str] = frozenset()
    applications: tuple[WantedLine, ...] = ()
    discount: Decimal | None = None
    draft: bool | None = None
    action: str = ""
    deleted: bool = False
    total: Any = None
    calculated: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    currencies: tuple[tuple[str, str], ...] = ()
    if_posted: tuple[Fault, ...] = ()
    faults: tuple[Fault, ...] = ()
    left_out: tuple[str, ...] = ()
    files: tuple[WantedFile, ...] = ()
    copied: bool = False
    id_is_hint: bool = False
    is_sound: bool = False


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension with its value, both found."""

    id: str
    code: str
    value_id: str
    value_code: str


@dataclass(frozen=True, slots=True)
class ResolvedLine:
    """A line with everything found. `found` holds the rows that its references led to, by property."""

    field: str
    kind: str
    external_id: str | None
    fields: Mapping[str, Any]
    dimensions: tuple[Dimension, ...] = ()
    found: Mapping[str, Row] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A record with everything found.

    Attributes:
        fields: Properties of the header to write, in the order in which the service is to take them.
        found: The rows that the header's references led to, by property.
    """

    fields: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    dimensions: tuple[Dimension, ...] = ()
    lines: tuple[ResolvedLine, ...] | None = None
    found: Mapping[str, Row] = dataclasses.field(default_factory=dict)
    applications: tuple[ResolvedLine, ...] = ()
