"""Does all that a record names something by lead to the same? Pure.

A reference may come by its id, its number, its name and the sender's id, each in a field of its own. The first that
leads anywhere counts. Another one that leads to something else is a contradiction: nobody knows which is meant. One
that leads nowhere is none (names are changed more often than numbers), and is said.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import DynamicsError
from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.same_names import same_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from target_dynamics_bc.finding.references import LookedUp, Referent, Way
    from target_dynamics_bc.wanted.records import Reference, Row

CONTRADICTION = "contradiction"


def contradiction(
    reference: Reference, referent: Referent, row: Row, ways: Sequence[Way], answers: LookedUp
) -> Fault | None:
    """Why what a reference leads to is not what all of it means; None where nothing speaks against it.

    Args:
        reference: The reference.
        referent: What it refers to.
        row: What it leads to.
        ways: The ways to find it.
        answers: What each has found.
    """
    namings = _namings(reference, ways, answers)
    by = next((naming for naming in namings if naming.has(row)), None)
    if by is None:
        return None
    other = next((naming for naming in namings if naming.rows and naming.text != by.text and not naming.has(row)), None)
    return None if other is None else of_two(reference.field, (by.words, other.words), referent, (row, other.rows[0]))


def of_two(field: str, ways: tuple[str, str], referent: Referent, rows: tuple[Row, Row]) -> Fault:
    """The fault that two ways to name something lead to two of it."""
    noun, (one, other) = referent.noun, (str(row.get(referent.number) or row.get("id")) for row in rows)
    message = (
        f"The {ways[0]} and the {ways[1]} name two {noun.many}, {one} and {other}; send one of them, or both of the "
        f"same {noun.one}."
    )
    return Fault("resolve", field, CONTRADICTION, message)


def leading_nowhere(
    reference: Reference, referent: Referent, row: Row, ways: Sequence[Way], answers: LookedUp
) -> list[tuple[str, str]]:
    """What a reference is named by and nothing has, with what counts instead; in the words of messages."""
    namings = _namings(reference, ways, answers)
    by = next((naming for naming in namings if naming.has(row)), None)
    if by is None:
        return []
    names = {same_name(str(row.get(name) or "")) for name in (referent.number, "displayName")}
    nowhere = (
        naming
        for naming in namings
        if not naming.rows and naming.text != by.text and same_name(naming.text) not in names
    )
    return [(naming.words, by.words) for naming in nowhere]


@dataclass(frozen=True, slots=True)
class _Naming:
    """One thing that a reference is named by: what it is, in upper case and in the words of messages; what it found."""

    text: str
    words: str
    rows: list[Row] = field(default_factory=list)

    def has(self, row: Row) -> bool:
        return any(each["id"] == row["id"] for each in self.rows)


def _namings(reference: Reference, ways: Iterable[Way], answers: LookedUp) -> list[_Naming]:
    """All that was found by each thing that the reference gives. What the memory knows is no such thing."""
    namings: dict[str, _Naming] = {}
    texts = {"id": reference.id, "number": reference.number, "name": reference.name, "external": reference.external}
    for way in ways:
        text = texts.get(way.of)
        if not text or way.lookup is None:
            continue
        answer = answers[way.lookup]
        naming = namings.setdefault(way.of, _Naming(text.upper(), way.words))
        naming.rows.extend(() if isinstance(answer, DynamicsError) else answer)
    return list(namings.values())
