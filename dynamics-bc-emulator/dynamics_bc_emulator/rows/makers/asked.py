"""What a request says about the rows that it wants of a set whose rows are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.odata.filters import Comparison, Every, Node, Some

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dynamics_bc_emulator.odata.catalogue import EntitySet


@dataclass(frozen=True, slots=True)
class Asked:
    """Values that properties must have, and the filter they were found in.

    Attributes:
        wanted: Allowed values by property; a property that is not named may have any.
        filter: The whole filter, for ranges.
    """

    wanted: Mapping[str, tuple[Any, ...]]
    filter: Node | None = None

    def one(self, name: str) -> Any:
        """The only value a property may have, None if that is not settled."""
        values = self.wanted.get(name, ())
        return values[0] if len(values) == 1 else None

    def period(self, name: str) -> tuple[str, str]:
        """First and last day that a date property is asked for; blank and `9999-12-31` where it is open."""
        start, end = "", "9999-12-31"
        for comparison in comparisons(self.filter):
            if comparison.name == name:
                if comparison.operator in {"eq", "ge", "gt"}:
                    start = max(start, str(comparison.value))
                if comparison.operator in {"eq", "le", "lt"}:
                    end = min(end, str(comparison.value))
        return start, end


def asked(entity_set: EntitySet, constraints: Mapping[str, Any], node: Node | None) -> Asked:
    """What a request asks for: by its path and by the equalities of its filter."""
    wanted: dict[str, tuple[Any, ...]] = {name: (value,) for name, value in constraints.items()}
    for comparison in comparisons(node):
        if comparison.operator == "eq" and comparison.name not in constraints:
            known = entity_set.properties[comparison.name]
            value = known.enum[comparison.value] if known.enum else comparison.value
            wanted[comparison.name] = (*wanted.get(comparison.name, ()), value)
    return Asked(wanted, node)


def comparisons(node: Node | None) -> Iterator[Comparison]:
    """All comparisons of a filter."""
    if isinstance(node, Comparison):
        yield node
    elif isinstance(node, (Every, Some)):
        for part in node.parts:
            yield from comparisons(part)
