"""Which documents is a payment for, and with how much of it, where the record lists them?

A list of one is the document that the payment names. What is paid of each is an amount of its own, and they add up to
the payment's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynamics_bc_client.odata.values import decode_enum
from target_dynamics_bc.wanted.records import Reference, WantedLine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from target_dynamics_bc.kinds.kind import Kind
    from target_dynamics_bc.wanted.reading import Reading

LISTED = "Bill"
_INVOICE = "Invoice"
_AMOUNTS = ("amountToApply", "remainingAmount")


@dataclass(frozen=True, slots=True)
class Names:
    """What one document of a list is called by: its id, its number, the party's number for it, the sender's own id."""

    ids: tuple[str, ...]
    numbers: tuple[str, ...]
    externals: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.ids, *self.numbers, *self.externals)


# The party's number for a document is the same in every company; the document's own may be another one's there.
_OWN = Names(("appliesToInvoiceId",), ("appliesToInvoiceNumber", "externalDocumentNumber", "documentNumber"))


def listed(
    parts: Sequence[Reading], kind: Kind, names: Names, amounts: Sequence[str] = ("amount",)
) -> tuple[WantedLine, ...]:
    """The documents of a list, with all that is wrong with them.

    Args:
        parts: What the list holds.
        kind: The payment's.
        names: What a document is called by.
        amounts: The fields that hold what is paid of it; the first that is there counts.
    """
    lines = tuple(_one(part, kind, names, amounts, is_needed=len(parts) > 1) for part in parts)
    seen = set[tuple[str | None, str | None, str | None]]()
    for part, line in zip(parts, lines, strict=True):
        for reference in line.references.values():
            key = (reference.id, (reference.number or "").upper() or None, reference.external)
            if key in seen:
                message = f"{reference.field} is in the list twice; give it once, with all that is paid of it."
                part.fault(reference.field.rpartition(".")[2], "named_twice", message)
            seen.add(key)
    return lines


def own_applications(reading: Reading, kind: Kind) -> tuple[WantedLine, ...]:
    """The documents that a payment in Business Central's own names lists; entries that stay open are no part of it."""
    journal = kind.journal
    if journal is None or not journal.party:
        return ()
    if not journal.applications:
        whose = journal.party.removesuffix("Id")
        name = f"apply{whose.capitalize()}Entries"
        if reading.value(name):
            message = (
                f"Business Central's API applies a {kind.noun.one} to one document at most, the one that "
                f"{journal.applies_to} names; send a payment for each, and leave {name} out."
            )
            reading.fault(name, "unsupported", message)
        return ()
    number = reading.key(kind.number_property)
    parts = [part for part in reading.children(journal.applications) or () if _is_applied(part, number)]
    for part in parts:
        type_ = decode_enum(part.key("documentType") or "").strip()
        if type_ not in {"", _INVOICE}:
            message = f"{part.path} is a {type_}; a payment can be applied to an invoice."
            part.fault("documentType", "unsupported", message)
    return listed(parts, kind, _OWN, _AMOUNTS)


def _is_applied(part: Reading, number: str | None) -> bool:
    """Whether an entry is one that the payment is for: the service lists all open ones, and those of other payments."""
    is_applied, of = part.truth("applied"), part.key("appliesToId")
    return is_applied is not False and (of is None or of.upper() == (number or "").upper())


def with_documents(
    reading: Reading, kind: Kind, lines: tuple[WantedLine, ...], named: Mapping[str, Reference]
) -> tuple[dict[str, Reference], tuple[WantedLine, ...]]:
    """What a payment refers to, and the documents that it lists; a list of one is a document that it names.

    Args:
        reading: The record.
        kind: The payment's.
        lines: What it lists.
        named: What it refers to.
    """
    references = dict(named)
    if not lines or kind.journal is None:
        return references, ()
    name = kind.journal.applies_to
    if name in references:
        message = f"The record names one document ({references[name].field}) and lists others; leave one of both out."
        reading.fault(lines[0].field.partition("[")[0], "contradiction", message)
        return references, ()
    if len(lines) > 1:
        return references, lines
    (line,) = lines
    part, amount = line.fields.get("amount"), reading.amount("amount")
    if part is not None and amount is not None and part != abs(amount):
        message = f"{line.field} is paid with {part}, and the payment is of {abs(amount)}; they have to be the same."
        reading.fault(f"{line.field}.amount", "parts_differ", message)
    return {**references, **line.references}, ()


def _one(part: Reading, kind: Kind, names: Names, amounts: Sequence[str], *, is_needed: bool) -> WantedLine:
    journal = kind.journal
    relation = kind.facts.relation(journal.applies_to) if journal is not None else None
    assert journal is not None
    assert relation is not None, "what lists documents can name one"
    references = {}
    if part.first(names.all) is None:
        message = f"{part.path} names no document: {', '.join(names.all)}."
        part.fault(names.numbers[0], "required", message)
    else:
        id_, number, external = (part.first(each) for each in (names.ids, names.numbers, names.externals))
        field = part.first_field(names.all)
        references[journal.applies_to] = Reference(
            relation.entity_set, field, id=id_, number=number, external=external, within=journal.party
        )
    return WantedLine(part.path, LISTED, None, _amount(part, amounts, is_needed=is_needed), references)


def _amount(part: Reading, names: Sequence[str], *, is_needed: bool) -> dict[str, Decimal]:
    """What is paid of a document; what is open of a vendor's is negative there, and what is paid of it is not."""
    first, *others = names
    amount = part.amount(first)
    for name in others:
        open_ = part.amount(name)
        amount = abs(open_) if amount is None and open_ is not None else amount
    if amount is None:
        if is_needed and part.value(first) in (None, ""):
            part.fault(first, "required", f"{part.path} needs what is paid of it: {first}.")
        return {}
    if amount <= 0:
        part.fault(first, "not_positive", f"{part.field(first)} must be more than 0, not {amount}.")
    return {"amount": amount}
