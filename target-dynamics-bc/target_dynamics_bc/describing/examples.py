"""What does a record look like that a company accepts?

An example is made of what the table and the facts say of its kind: everything that a create needs and a little more.
What it refers to is picked from the company that it is for. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.odata.values import decode_enum
from target_dynamics_bc.wanted.shapes import shape_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_dynamics_bc.kinds.facts import EntitySet, Property, Relation
    from target_dynamics_bc.kinds.kind import Child, Kind

NAME = "EXAMPLE-1"
DAY = "2026-01-28"
_TEXTS = ("displayName", "description", "givenName")
_AMOUNT = 10
_LENGTH = 35


def own_example(kind: Kind, pick: Callable[[str], str | None]) -> dict[str, Any]:
    """A record in Business Central's own names.

    Args:
        kind: Its kind.
        pick: The number or code of something that it may refer to, by entity set; None when there is nothing.
    """
    if kind.journal is not None and kind.lines is not None:
        return _entry(kind, pick)
    record = dict(_needed(kind, pick))
    shape = shape_of(kind)
    texts = {each.name for each in shape.plain}
    record |= {name: "Example" for name in _TEXTS if name in texts and name not in record}
    if kind.lines is not None:
        record[kind.lines_name] = [_line(kind.lines, pick)]
    return record


def unified_example(kind: Kind, pick: Callable[[str], str | None]) -> dict[str, Any] | None:
    """The same as HotGlue's unified record; None for a kind that those do not speak of.

    The table's example names what is to be picked in braces: `{vendors}`.
    """
    if kind.unified is None or not kind.unified.example:
        return None
    filled: dict[str, Any] = _filled(kind.unified.example, pick)
    return filled


def _filled(value: Any, pick: Callable[[str], str | None]) -> Any:
    if isinstance(value, list | tuple):
        return [_filled(each, pick) for each in value]
    if isinstance(value, str):
        return pick(value[1:-1]) if value.startswith("{") else value
    return {name: _filled(each, pick) for name, each in value.items()} if isinstance(value, Mapping) else value


def _needed(kind: Kind, pick: Callable[[str], str | None]) -> Iterator[tuple[str, Any]]:
    """What a create needs, its number or code first."""
    facts = kind.facts
    number = facts.properties.get(kind.number_property)
    if number is not None and number.is_writable:
        yield number.name, NAME[: number.length or _LENGTH]
    elif kind.natural_key is None and kind.journal is None and not kind.is_singular:
        yield "externalId", NAME
    if kind.parents is not None:
        type_, entity_set = list(kind.parents.sets.items())[-1]
        yield kind.parents.type, type_
        yield kind.parents.number, pick(entity_set)
    natural = kind.natural_key
    needs = [*facts.required, *((name,) for name in kind.needs)]
    if natural is not None and natural.name != kind.number_property and kind.parents is None:
        yield natural.name, NAME
        needs.append((natural.within,))
    for group in needs:
        name = group[0]
        if name not in _given_before(kind):
            yield from _given(facts, name, pick)


def _given_before(kind: Kind) -> set[str]:
    """What a create needs and the example has by then."""
    if kind.parents is not None:
        return {kind.parents.id}
    return {kind.number_property, kind.natural_key.name if kind.natural_key is not None else ""}


def _given(facts: EntitySet, name: str, pick: Callable[[str], str | None]) -> Iterator[tuple[str, Any]]:
    relation = facts.relation(name)
    if relation is None:
        yield name, _value(facts.properties[name])
        return
    yield _names_by(relation), pick(relation.entity_set)


def _names_by(relation: Relation) -> str:
    """The property that names what is referred to by its number or code."""
    return relation.number or f"{relation.id.removesuffix('Id')}Number"


def _value(of: Property) -> Any:
    if of.type == "Enum":
        members = [decode_enum(each) for each in of.members]
        return next((each for each in members if each.strip()), "")
    if of.is_number:
        return _AMOUNT
    if of.type == "Boolean":
        return False
    return DAY if of.type in {"Date", "DateTimeOffset"} else "Example"


def _line(child: Child, pick: Callable[[str], str | None]) -> dict[str, Any]:
    type_ = child.types[0]
    price = child.recalculated[0] if child.recalculated else type_.needs
    relation = child.facts.relation(type_.object)
    number = pick(relation.entity_set) if relation is not None else None
    return {"lineType": type_.name, type_.number: number, "description": "Example", "quantity": 1, price: _AMOUNT}


def _entry(kind: Kind, pick: Callable[[str], str | None]) -> dict[str, Any]:
    account = pick("accounts")
    lines = [{"accountNumber": account, "description": "Example", "amount": sign * _AMOUNT} for sign in (1, -1)]
    return {kind.number_property: NAME, "postingDate": DAY, kind.lines_name: lines}


def is_complete(example: Mapping[str, Any]) -> bool:
    """Whether everything could be picked."""
    values = [*example.values()]
    lines = [line for value in values if isinstance(value, list) for line in value]
    return None not in values and all(is_complete(line) for line in lines)
