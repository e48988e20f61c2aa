"""What does a unit go by, and which units may be carried through together?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_dynamics_bc.intake import Rejected
from target_dynamics_bc.wanted.keys import texts_by_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_dynamics_bc.writing.unit import Unit


def chunks_of(units: Iterable[Unit], size: int) -> Iterable[list[Unit]]:
    """Units in their order, so many at a time at most, no two in one chunk that may mean the same record."""
    chunk: list[Unit] = []
    seen: set[Any] = set()
    for unit in units:
        names = names_of(unit)
        if len(chunk) >= size or names & seen:
            yield chunk
            chunk, seen = [], set()
        chunk.append(unit)
        seen |= names
    if chunk:
        yield chunk


def named_by(read: Unit | Rejected) -> tuple[set[Any], set[Any]]:
    """What a record goes by in its company, and in any company where it does not say which."""
    if not isinstance(read, Rejected):
        return names_of(read), set()
    if read.unit is not None:
        return names_of(read.unit), set()
    wanted = read.wanted
    if wanted.identity is None:
        return set(), set()
    return set(), {(wanted.kind.name, text) for text in (wanted.identity, *texts_by_key(wanted))}


def names_of(unit: Unit) -> set[Any]:
    """What a unit goes by: two that share any of it are not carried through at the same time."""
    texts = texts_by_key(unit.wanted, unit.rules.match_keys)
    return {unit.key, *((unit.books.id, unit.wanted.kind.name, text) for text in texts)}
