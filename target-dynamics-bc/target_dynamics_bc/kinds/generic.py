"""What is a kind made of whose row nobody has written? Of what is known of its entity set.

It is found by its id, and by its number or code if it has one. One that has neither can only be created, and is known
by the sender's id alone.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from target_dynamics_bc.kinds.kind import EXTERNAL_ID, ID, Kind, MatchKey, Noun, Removal
from target_dynamics_bc.writing import masters

if TYPE_CHECKING:
    from target_dynamics_bc.kinds.facts import EntitySet

NUMBER = MatchKey("number")
_IN_ONE_BATCH = 100


def kind_of(facts: EntitySet, *, name: str = "", noun: Noun | None = None, **more: Any) -> Kind:
    """The kind whose records live in an entity set.

    Args:
        facts: What is known of the set.
        name: The name of the kind, and of its stream; else the set's.
        noun: What people call it; else what the service calls it, in words.
        more: What is particular to it, as arguments of `Kind`.
    """
    number = more.pop("number_property", facts.number_property)
    settings: dict[str, Any] = {
        "number_property": number,
        "keys": _keys(facts, number),
        "removal": _removal(facts),
        "sharing": _IN_ONE_BATCH,
        **more,
    }
    return Kind(name or facts.name, facts, noun or Noun(facts.noun, facts.nouns), masters, **settings)


def _keys(facts: EntitySet, number: str) -> tuple[MatchKey, ...]:
    """A code is what the sender gives; a number may be the service's own, and then only the sender's id tells.

    Where the key is no id, it is what a record is found by: all its parts, be they blank.
    """
    if not facts.id_property:
        first = number if number in facts.key else facts.key[0]
        return (MatchKey(first, beside=tuple(name for name in facts.key if name != first)),)
    of_sender = (EXTERNAL_ID,) if facts.id_property == ID.name and number != "code" else ()
    return (ID, *((NUMBER,) if number else ()), *of_sender)


def _removal(facts: EntitySet) -> Removal:
    """What can be blocked is, altogether."""
    blocked = facts.properties.get("blocked")
    if blocked is None or not blocked.is_writable:
        return Removal()
    value: Any = True if blocked.type == "Boolean" else "All"
    if value is not True and value not in blocked.members:
        return Removal()
    return Removal(block=MappingProxyType({"blocked": value}))
