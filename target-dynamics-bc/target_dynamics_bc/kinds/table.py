"""Which kinds are there in one run, and in which order are they carried through?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from target_dynamics_bc.kinds.facts import Facts
    from target_dynamics_bc.kinds.kind import Kind


class Kinds:
    """The table of kinds.

    Args:
        rows: The kinds.
        facts: What is known of all entity sets.
    """

    def __init__(self, rows: Iterable[Kind], facts: Facts) -> None:
        self.facts = facts
        self._by_name = {kind.name: kind for kind in rows}
        self._by_stream = {name.lower(): kind for kind in self._by_name.values() for name in kind.names()}
        self._ranks = {kind.name: self._rank(kind, frozenset()) for kind in self._by_name.values()}
        self._in_order = tuple(sorted(self._by_name.values(), key=self.rank))  # sorting keeps the table's order

    def with_room(self) -> Kinds:
        """A table of the same rows that kinds can be added to, for one run."""
        return Kinds(self._by_name.values(), self.facts)

    def add(self, kind: Kind) -> None:
        """Take a kind that no row refers to: it is carried through behind those that it may refer to itself."""
        self._by_name[kind.name] = kind
        self._by_stream |= {name.lower(): kind for name in kind.names()}
        self._ranks[kind.name] = self._rank(kind, frozenset())
        self._in_order = tuple(sorted(self._by_name.values(), key=self.rank))

    def __iter__(self) -> Iterator[Kind]:
        """The kinds, those first that others refer to."""
        return iter(self._in_order)

    @property
    def ranks(self) -> tuple[int, ...]:
        """The ranks that there are, in order."""
        return tuple(dict.fromkeys(self.rank(kind) for kind in self))

    def __getitem__(self, name: str) -> Kind:
        """The kind of that name."""
        return self._by_name[name]

    def of_stream(self, stream: str) -> Kind | None:
        """The kind that a stream holds; None when nothing here can write it."""
        return self._by_stream.get(stream.strip().lower())

    def of_set(self, entity_set: str) -> Kind | None:
        """The kind whose records live in an entity set; None when none do."""
        return next((kind for kind in self._by_name.values() if kind.entity_set == entity_set), None)

    def rank(self, kind: Kind) -> int:
        """How many kinds have to be written before it at most: what is referred to comes first."""
        return self._ranks[kind.name]

    def stream_names(self) -> str:
        """All names that a stream may have, for messages."""
        return ", ".join(
            f"{name} ({', '.join(others)})" if others else name
            for name, *others in (kind.names() for kind in self._by_name.values())
        )

    def _rank(self, kind: Kind, below: frozenset[str]) -> int:
        """One more than the highest of those it refers to. A circle (an item's category and its parent) ends it.

        What stands in a journal may settle anything else, so it comes behind all that does not.
        """
        below |= {kind.name}
        if kind.journal is not None:
            others = (other for other in self._by_name.values() if other.journal is None)
            return 1 + max((self._rank(other, below) for other in others), default=-1)
        sets = (kind.facts, *(child.facts for child in kind.children))
        parents = kind.parents.sets.values() if kind.parents is not None else ()
        referred = sorted({*parents, *(relation.entity_set for each in sets for relation in each.relations)})
        kinds = [other for name in referred if (other := self.of_set(name)) and other.name not in below]
        return 1 + max((self._rank(other, below) for other in kinds), default=-1)
