"""What does a record refer to, and which row is it?

A reference is tried in the order id, number, name, and the first that leads anywhere counts; two rows for one name are
none, because names are not unique. The sender's own id of a record counts where it was given as such; a number or a
name may turn out to be one when nothing else has it. One that leads to two different rows that way is ambiguous: the
wrong vendor must not get the bill. Pure: `lookups_of` says what has to be asked, `choose` reads the answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_client.odata.query import Expansion, Query, equals, text_literal
from dynamics_bc_client.odata.urls import GUID, company_path
from target_dynamics_bc.finding.asking import by_key
from target_dynamics_bc.kept.faults import Fault, from_error

if TYPE_CHECKING:
    from target_dynamics_bc.wanted.records import Reference, Row

ZERO_GUID = "00000000-0000-0000-0000-000000000000"

DEFAULT_DIMENSIONS = Expansion("defaultDimensions", ("id", "dimensionId", "dimensionCode", "dimensionValueCode"))
"""What a document inherits from a vendor or an item."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Something that records refer to.

    Attributes:
        noun: What people call one of it.
        number: The property that is its number or code.
        select: What is needed of it.
        expand: What else is read along.
        waits: Whether a record of the same input may still create it.
        lasts: Whether an answer stays true for the whole run.
        exact: Its number keeps its case; others are codes and are compared in upper case.
    """

    noun: str
    number: str
    select: tuple[str, ...]
    expand: tuple[Expansion, ...] = ()
    waits: bool = False
    lasts: bool = True
    exact: bool = False


_NUMBERED = ("id", "number", "displayName")
_CODED = ("id", "code", "displayName")

KINDS: Mapping[str, Kind] = {
    "customers": Kind("customer", "number", _NUMBERED, (DEFAULT_DIMENSIONS,), waits=True, lasts=False),
    "vendors": Kind("vendor", "number", (*_NUMBERED, "currencyCode"), (DEFAULT_DIMENSIONS,), waits=True, lasts=False),
    "items": Kind("item", "number", _NUMBERED, (DEFAULT_DIMENSIONS,)),
    "accounts": Kind("account", "number", _NUMBERED),
    "bankAccounts": Kind("bank account", "number", _NUMBERED),
    "currencies": Kind("currency", "code", _CODED),
    "countriesRegions": Kind("country", "code", _CODED),
    "salespeoplePurchasers": Kind("salesperson or purchaser", "code", _CODED),
    "taxAreas": Kind("tax area", "code", _CODED),
    "unitsOfMeasure": Kind("unit of measure", "code", _CODED),
    "itemVariants": Kind("item variant", "code", ("id", "code", "itemId")),
    "locations": Kind("location", "code", _CODED),
    "paymentTerms": Kind("payment term", "code", _CODED),
    "shipmentMethods": Kind("shipment method", "code", _CODED),
    "paymentMethods": Kind("payment method", "code", _CODED),
    "journals": Kind("general journal batch", "code", (*_CODED, "templateDisplayName", "balancingAccountId")),
    "vendorPaymentJournals": Kind("payment journal", "code", (*_CODED, "balancingAccountId")),
    "purchaseInvoices": Kind(
        "bill",
        "number",
        ("id", "number", "vendorInvoiceNumber", "vendorId", "status", "totalAmountIncludingTax", "currencyCode"),
        waits=True,
        lasts=False,
    ),
}


class Lookup(NamedTuple):
    """One question: the rows of a kind that a filter selects, or those with one value of a key besides."""

    kind: str
    filter: str
    key: str = ""
    value: str = ""

    def query(self, company_id: str) -> Query:
        """The question as a read of one company."""
        kind = KINDS[self.kind]
        path = company_path(company_id, self.kind)
        if self.key:
            return by_key(path, self.key, self.value, select=kind.select, expand=kind.expand, also=self.filter)
        return Query(path, kind.select, kind.expand, self.filter)


Answers = Mapping[Lookup, "Sequence[Row] | DynamicsError"]


@dataclass(frozen=True, slots=True)
class Step:
    """One way to find a reference.

    Attributes:
        lookup: None when what was given cannot be asked for.
        by: `sender` takes what was given for the sender's own id; what a `text` found must not differ from that.
    """

    words: str
    lookup: Lookup | None
    by: Literal["id", "text", "sender"] = "id"


def steps_of(
    reference: Reference,
    *,
    copied: str | None = None,
    known: Sequence[str] = (),
    derived: Sequence[str] = (),
    narrowed_by: tuple[str, str] | None = None,
) -> list[Step]:
    """The ways to find a reference, in the order in which they count.

    Args:
        reference: The reference.
        copied: The id of what it was copied to, if it is another company's id.
        known: Ids that its texts stand for as a sender's id, by the memory: written in this run or an earlier one.
        derived: Ids that would have been given to a record whose sender's id one of its texts is; the last resort.
        narrowed_by: A property and an id that the row must have, such as `vendorId` of a bill.
    """
    steps = []
    if reference.id is not None:
        is_id = bool(GUID.fullmatch(reference.id)) and reference.id != ZERO_GUID
        lookup = _by_id(reference, reference.id) if is_id else None
        one_field_for_all = reference.id in {reference.number, reference.name}
        if is_id or not one_field_for_all:
            steps.append(Step(f'id "{reference.id}"', lookup))
    if copied is not None:
        steps.append(Step("", _by_id(reference, copied)))
    steps += [Step(words, lookup, "text") for words, lookup in _by_text(reference, narrowed_by)]
    steps += [Step("", _by_id(reference, id_), "sender") for id_ in (*known, *derived)]
    if reference.external is not None:
        as_number = replace(reference, number=reference.external, name=None)
        steps += [Step(words, lookup) for words, lookup in _by_text(as_number, narrowed_by)]
    return steps


def _by_text(reference: Reference, narrowed_by: tuple[str, str] | None) -> list[tuple[str, Lookup]]:
    if reference.kind == "purchaseInvoices":
        return _bill_by_text(reference, narrowed_by)
    kind, found = KINDS[reference.kind], []
    within = equals(reference.within, narrowed_by[1]) if reference.within and narrowed_by else ""
    if reference.number is not None:
        number = reference.number if kind.exact else reference.number.upper()
        found.append((f'{kind.number} "{reference.number}"', Lookup(reference.kind, within, kind.number, number)))
    if reference.name is not None:
        filter_ = f"displayName eq {text_literal(reference.name)}"
        found.append((f'name "{reference.name}"', Lookup(reference.kind, filter_)))
    return found


def _bill_by_text(reference: Reference, narrowed_by: tuple[str, str] | None) -> list[tuple[str, Lookup]]:
    """A bill goes by its vendor's number for it, unique for that vendor only, else by Business Central's own."""
    vendor = equals(*narrowed_by) if narrowed_by else ""
    found = []
    for text in dict.fromkeys(each for each in (reference.number, reference.name) if each is not None):
        words = f'number "{text}"'
        found.append((words, Lookup(reference.kind, vendor, "vendorInvoiceNumber", text.upper())))
        found.append(("", Lookup(reference.kind, vendor, "number", text.upper())))
    return found


def _by_id(reference: Reference, id_: str) -> Lookup:
    return Lookup(reference.kind, "", "id", id_.lower())


def choose(reference: Reference, steps: Sequence[Step], answers: Answers) -> Row | Fault:
    """The row that a reference means, or why there is none.

    A question that was not answered leaves the reference undecided: it is never taken for "there is none".
    """
    kind = KINDS[reference.kind]
    for step in steps:
        if step.lookup is None:
            continue
        answer = answers[step.lookup]
        if isinstance(answer, DynamicsError):
            return from_error(
                answer,
                "resolve",
                field=reference.field,
                doing=f"Looking up the {kind.noun} of {reference.field} failed",
            )
        rows = _PREFERENCES.get(reference.kind, list)(answer)
        if len(rows) > 1:
            message = (
                f"{len(rows)} {_plural(kind.noun)} have the {step.words or 'id'}; name the one by its id "
                f"or its {kind.number}."
            )
            return Fault("resolve", reference.field, "ambiguous", message)
        if rows:
            return _unless_senders(reference, rows[0], steps, answers) if step.by == "text" else rows[0]
    tried = " or ".join(step.words for step in steps if step.words)
    return Fault(
        "resolve", reference.field, "not_found", f"There is no {kind.noun} with the {tried}.", waits=kind.waits
    )


def _unless_senders(reference: Reference, row: Row, steps: Sequence[Step], answers: Answers) -> Row | Fault:
    """What a number or a name led to, unless the same text is the sender's own id of something else."""
    kind = KINDS[reference.kind]
    senders = replace(reference, number=None, name=None)
    other = choose(senders, [step for step in steps if step.by == "sender"], answers)
    if isinstance(other, Fault):
        return row if other.code == "not_found" else other
    within = reference.within
    if other["id"] == row["id"] or (within and other.get(within) != row.get(within)):
        return row
    message = (
        f"{reference.field} fits two {_plural(kind.noun)}: {row.get(kind.number)} has it as its own number or name, "
        f"and {other.get(kind.number)} was written for it as externalId; name the one by its id."
    )
    return Fault("resolve", reference.field, "ambiguous", message)


def _general_first(rows: Sequence[Row]) -> list[Row]:
    """Batches of several templates may have one code; entries belong into the general one."""
    general = [row for row in rows if row.get("templateDisplayName") == "GENERAL"]
    return general or list(rows)


def _not_cancelled(rows: Sequence[Row]) -> list[Row]:
    """A cancelled bill has given its number free; of the others, a posted one comes before a draft."""
    alive = [row for row in rows if row.get("status") not in {"Canceled", "Corrective"}]
    posted = [row for row in alive if row.get("status") != "Draft"]
    return posted or alive


_PREFERENCES: Mapping[str, Callable[[Sequence[Row]], list[Row]]] = {
    "journals": _general_first,
    "purchaseInvoices": _not_cancelled,
}


def _plural(noun: str) -> str:
    known = {
        "currency": "currencies",
        "country": "countries",
        "general journal batch": "general journal batches",
        "unit of measure": "units of measure",
        "salesperson or purchaser": "salespeople or purchasers",
    }
    return known.get(noun, f"{noun}s")
