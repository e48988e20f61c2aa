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
from target_dynamics_bc.texts import same_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from target_dynamics_bc.finding.references import Answers, Referent, Step
    from target_dynamics_bc.wanted.records import Reference, Row

CONTRADICTION = "contradiction"


def contradiction(
    reference: Reference, referent: Referent, row: Row, steps: Sequence[Step], answers: Answers
) -> Fault | None:
    """Why what a reference leads to is not what all of it means; None where nothing speaks against it.

    Args:
        reference: The reference.
        referent: What it refers to.
        row: What it leads to.
        steps: The ways to find it.
        answers: What each has found.
    """
    ways = _ways(reference, steps, answers)
    by = next((way for way in ways if way.has(row)), None)
    if by is None:
        return None
    other = next((way for way in ways if way.rows and way.text != by.text and not way.has(row)), None)
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
    reference: Reference, referent: Referent, row: Row, steps: Sequence[Step], answers: Answers
) -> list[tuple[str, str]]:
    """What a reference is named by and nothing has, with what counts instead; in the words of messages."""
    ways = _ways(reference, steps, answers)
    by = next((way for way in ways if way.has(row)), None)
    if by is None:
        return []
    names = {same_name(str(row.get(name) or "")) for name in (referent.number, "displayName")}
    nowhere = (way for way in ways if not way.rows and way.text != by.text and same_name(way.text) not in names)
    return [(way.words, by.words) for way in nowhere]


@dataclass(frozen=True, slots=True)
class _Way:
    """One thing that a reference is named by: what it is, in upper case and in the words of messages; what it found."""

    text: str
    words: str
    rows: list[Row] = field(default_factory=list)

    def has(self, row: Row) -> bool:
        return any(each["id"] == row["id"] for each in self.rows)


def _ways(reference: Reference, steps: Iterable[Step], answers: Answers) -> list[_Way]:
    """All that was found by each thing that the reference gives. What the memory knows is no such thing."""
    ways: dict[str, _Way] = {}
    texts = {"id": reference.id, "number": reference.number, "name": reference.name, "external": reference.external}
    for step in steps:
        text = texts.get(step.of)
        if not text or step.lookup is None:
            continue
        answer = answers[step.lookup]
        way = ways.setdefault(step.of, _Way(text.upper(), step.words))
        way.rows.extend(() if isinstance(answer, DynamicsError) else answer)
    return list(ways.values())
