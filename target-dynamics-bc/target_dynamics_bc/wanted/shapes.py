"""Which properties of a kind are read from a record in Business Central's own names, and which refer to something?

They follow from the facts: what the service takes for a row of the entity set. What it calculates from others (net
amounts, tax amounts) has no place here: a value sent for it is not carried to the document.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_dynamics_bc.kinds.facts import EntitySet, Property, Relation
    from target_dynamics_bc.kinds.kind import Kind, LineType

# They say where a row stands, and what it is for; all of that is read by itself.
_PLACE = frozenset({"documentId", "sequence", "lineNumber", "lineType", "lineObjectNumber"})
_DAY = "postingDate"


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """How a record names something that Business Central must have; equal to itself alone.

    Attributes:
        relation: What it refers to.
        numbers: The properties that may hold its number or code.
        longest: The longest number or code; None without a limit.
        names: All properties that name it.
    """

    relation: Relation
    numbers: tuple[str, ...]
    longest: int | None = None
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        names = tuple(each for each in (self.relation.id, *self.numbers, self.relation.name) if each)
        object.__setattr__(self, "names", names)


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """The properties of a record, or of a line of one type, that may be written; equal to itself alone.

    Attributes:
        plain: Those that refer to nothing.
        references: Those that refer to something, by the property that is written.
        required: References that are never written as blank.
        names: All properties that are read.
    """

    plain: tuple[Property, ...]
    references: dict[str, Named]
    required: frozenset[str] = frozenset()
    names: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        of_references = {name for named in self.references.values() for name in named.names}
        object.__setattr__(self, "names", frozenset(of_references | {each.name for each in self.plain}))


@lru_cache
def shape_of(kind: Kind) -> Shape:
    """The properties of a record itself; of an entry, those that its lines have in common."""
    relations = tuple(each for each in kind.facts.relations if not kind.calculated & set(each.names))
    but = set[str]()
    if kind.journal is None:
        but = {kind.number_property}  # it is read by itself, and written with a new record alone
        but |= {kind.parents.type, kind.parents.id} if kind.parents is not None else set()
    elif kind.lines is not None:
        relations = tuple(each for each in relations if each.entity_set == kind.batches)
        but = kind.facts.properties.keys() - {_DAY, kind.number_property}
    needed = {relation.entity_set for relation in relations if _is_needed(kind, relation)}
    required = frozenset(each.written for each in relations if each.entity_set in needed)
    return Shape(tuple(_plain(kind.facts, but | kind.calculated)), _named(relations, kind.facts), required)


@lru_cache
def shape_of_line(kind: Kind, type_: LineType) -> Shape:
    """The properties of a line that is for something of one type."""
    assert kind.lines is not None
    facts, others = kind.lines.facts, [each for each in kind.lines.types if each is not type_]
    if not type_.object:  # a comment is text
        return Shape(tuple(each for each in _plain(facts, set()) if each.type == "String" and not each.is_code), {})
    but = {*kind.lines.calculated, *(name for each in others for name in (each.object, *each.alone))} - {type_.object}
    if kind.journal is not None:
        but |= {_DAY, kind.number_property, *kind.journal.sides, *kind.journal.sides.values()}
    relations = [
        replace(each, number=type_.number) if each.id == type_.object else each
        for each in facts.relations
        if each.id not in but and each.entity_set != kind.batches
    ]
    number = (facts.properties[type_.number],) if type_.is_by_number else ()
    return Shape((*number, *_plain(facts, but)), _named(relations, facts), frozenset({type_.object}) - but)


@lru_cache
def names_of_lines(kind: Kind) -> frozenset[str]:
    """All properties of lines that are read, whatever they are for."""
    if kind.lines is None:
        return frozenset()
    shapes = [shape_of_line(kind, type_) for type_ in kind.lines.types]
    names = {name for shape in shapes for name in shape.names | shape.required}
    if kind.journal is not None:
        sides = kind.journal.sides
        relations = [kind.lines.facts.relation(name) for name in sides.values()]
        names |= {*sides, *(name for each in relations if each is not None for name in each.names)}
        names |= shape_of(kind).names
    return frozenset(names)


def _plain(facts: EntitySet, but: Iterable[str]) -> Iterable[Property]:
    refer = {name for relation in facts.relations for name in relation.names}
    skipped = refer | _PLACE | set(but)
    return (each for each in facts.properties.values() if each.is_writable and each.name not in skipped)


def _named(relations: Iterable[Relation], facts: EntitySet) -> dict[str, Named]:
    return {each.written: Named(each, _numbers(each), facts.length(each.number)) for each in relations}


def _numbers(relation: Relation) -> tuple[str, ...]:
    """The property that holds the number; where the set has none, what other sets call it beside such an id."""
    stem = relation.id.removesuffix("Id")
    return (relation.number,) if relation.number else (f"{stem}Code", f"{stem}Number")


def _is_needed(kind: Kind, relation: Relation) -> bool:
    needed = {*kind.needs, *(name for group in kind.facts.required for name in group)}
    return bool(needed & set(relation.names)) or relation.entity_set == kind.batches
