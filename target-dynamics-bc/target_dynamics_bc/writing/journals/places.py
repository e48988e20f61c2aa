"""Where do the lines of an entry or a payment stand, and by which ids are they known? Pure.

Ids of ours are derived from the entry's identity and the line's place, so the service itself refuses a second copy.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from dynamics_bc_client.errors import DuplicateKey, RecordChanged, RecordNotFound
from target_dynamics_bc import identity
from target_dynamics_bc.identity import batch_id, is_derived
from target_dynamics_bc.wanted.records import ResolvedLine
from target_dynamics_bc.writing.comparing import is_blank
from target_dynamics_bc.writing.writes import Address

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_dynamics_bc.kinds.kind import Journal
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.unit import Unit

PLACES = 1000
"""How many lines that an entry no longer has are known again as ours."""

Where: TypeAlias = Literal["draft", "post", "preview"]

BALANCING = "balancingAccountId"


def own_batch_id(unit: Unit) -> str:
    """Id of the batch that this entry or payment is posted from; another one when its code is taken."""
    attempts = sum(
        refusal.step.purpose == "create" and isinstance(refusal.error, DuplicateKey | RecordChanged | RecordNotFound)
        for refusal in unit.history.refusals
    )
    # The batch of a preview is another one than that which the record itself will be posted from.
    whose = f"preview:{unit.key.identity}" if unit.rules.previews else unit.key.identity
    return batch_id(unit.books.id, unit.kind.batches, whose, attempts)


def posted_from(unit: Unit) -> Where:
    """Where the lines stand that are to be posted, or are previewed as if they were."""
    return "preview" if unit.rules.previews else "post"


def line_id(unit: Unit, where: Where, place: int) -> str:
    """Id of a line: the same in every run, another one in a draft than in the batch it is posted from."""
    return identity.line_id(unit.books.id, unit.kind.entity_set, unit.key.identity, where, place)


def in_places(unit: Unit, rows: Mapping[str, Row], where: Where, places: int) -> dict[int, Row]:
    """The rows that have an id of ours, by their place in the entry.

    Ids are derived until the last row is placed that can have one, so that an entry of ten lines costs ten.
    """
    left = sum(is_derived(id_) for id_ in rows)
    ids = ((place, line_id(unit, where, place)) for place in range(places if left else 0))
    return dict(islice(((place, rows[id_]) for place, id_ in ids if id_ in rows), left))


def lines_of(unit: Unit, journal_id: Any) -> Address:
    """The lines of a journal batch."""
    return Address(unit.kind.batches, str(journal_id)).below(unit.kind.entity_set)


def line_address(unit: Unit, row: Row) -> Address:
    """Where a line is that is there."""
    return unit.set_address.at(row["id"])


def wanted_lines(unit: Unit) -> Sequence[ResolvedLine]:
    """The lines of an entry; a payment is a line itself."""
    if is_payment(unit):
        return (ResolvedLine("", "Entry", None, unit.resolved.fields, unit.resolved.dimensions, unit.resolved.found),)
    return unit.resolved.lines or ()


def places_of(unit: Unit) -> int:
    """How many places a line of ours may have, with those that it had when the entry was longer."""
    return len(wanted_lines(unit)) + PLACES


def rules_of(unit: Unit) -> Journal:
    """What the table says of the journals it goes into."""
    assert unit.kind.journal is not None, "its kind stands in a journal"
    return unit.kind.journal


def journal_of(unit: Unit) -> Row:
    """The journal batch that takes its draft."""
    return unit.resolved.found["journalId"]


def balances(journal: Row) -> bool:
    """Whether a journal batch gives every line a balancing account."""
    return not is_blank(journal.get(BALANCING))


def is_payment(unit: Unit) -> bool:
    """Whether it is a payment, which is a single line, and no entry."""
    return bool(rules_of(unit).party)


def number_of(unit: Unit) -> str:
    """Its document number."""
    return str(unit.resolved.fields["documentNumber"])


def number_field(unit: Unit) -> str:
    """What the record calls its number."""
    return unit.called(unit.kind.number_property)
