"""How rows of one set lead to rows of another: what a navigation demands, and who fulfils it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.values import decode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dynamics_bc_emulator.odata.catalogue import EntitySet, Link, Navigation
    from dynamics_bc_emulator.rows.store import Row, ServedRow


@dataclass(frozen=True, slots=True)
class Parent:
    """The row that a child is reached through."""

    entity_set: EntitySet
    row: Row
    navigation: Navigation

    def links(self) -> Row:
        """The values that make a child its child."""
        return demanded(self.navigation, self.row)


def demanded(navigation: Navigation, source: Mapping[str, Any]) -> dict[str, Any]:
    """What a navigation from a row demands of the rows it leads to."""
    return {
        link.target: link.const if link.field is None else source[link.field]
        for link in navigation.links
        if link.target
    }


def source_values(row: ServedRow, navigation: Navigation) -> dict[str, Any]:
    """What a row says about where a navigation leads."""
    data = decode(row.data)
    names = {name for link in navigation.links for name in (link.field, link.own) if name}
    return {name: data.get(name) for name in names}


def follows(navigation: Navigation, source: Mapping[str, Any]) -> bool:
    """Whether a row is of the kind that a navigation starts from, such as a dimension set line of a sales invoice."""
    return all(source.get(link.own) == link.const for link in navigation.links if link.own)


Candidates = dict[Any, list[tuple[dict[str, Any], "ServedRow"]]]


def matching(navigation: Navigation, source: Mapping[str, Any], candidates: Candidates) -> Iterator[ServedRow]:
    """The candidates that a navigation leads to from a row.

    Args:
        navigation: The way.
        source: What the row says about it.
        candidates: Rows with their values, by the value of the property that joins them; all under None if none does.
    """
    if not follows(navigation, source):
        return
    pools = [
        candidates[source[link.field]] for link in navigation.links if link.field and source[link.field] in candidates
    ]
    for data, row in pools[0] if pools else candidates.get(None, ()):
        if all(_fits(link, source, data) for link in navigation.links):
            yield row


def _fits(link: Link, source: Mapping[str, Any], data: Mapping[str, Any]) -> bool:
    if link.target is None or link.own:
        return True
    if link.target not in data:
        # The table's own number, under the name that the other page gives it.
        return bool(link.field and source[link.field] == data.get("number"))
    wanted = link.const if link.field is None else source[link.field]
    return bool(data[link.target] == wanted)
