"""What `$expand` puts inside a row: the rows that a navigation leads to, found for a whole page at once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator import rendering, virtual
from dynamics_bc_emulator.filters import holds
from dynamics_bc_emulator.ordering import sorted_rows
from dynamics_bc_emulator.store import Condition, Stored
from dynamics_bc_emulator.values import decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dynamics_bc_emulator.catalogue import EntitySet, Link, Navigation
    from dynamics_bc_emulator.options import Expansion, Options
    from dynamics_bc_emulator.view import View

# SQLite allows 32,766 parameters; statements of a few hundred are the quickest.
_CHUNK = 500


def expand(view: View, entity_set: EntitySet, rows: Sequence[Stored], expansion: Expansion) -> list[bytes]:
    """The JSON value of a navigation for each row: an array, an object or null."""
    target = view.set(expansion.navigation.target)
    if entity_set.name == "companies":
        lines_of = (_of_company(replace(view, company=row.id), target, expansion.options) for row in rows)
        return [b"[" + b",".join(lines) + b"]" for lines in lines_of]
    found = related(view, entity_set, rows, expansion.navigation)
    if (
        expansion.options.filter
        or expansion.options.order
        or expansion.options.skip
        or expansion.options.top is not None
    ):
        found = [_narrowed(view, target, group, expansion.options) for group in found]
    # Rendered in one go, because the calculations and expansions of a thousand groups cost a thousand times those of
    # one.
    lines = iter(rendering.render(view, target, [row for group in found for row in group], expansion.options))
    groups = [[next(lines) for _ in group] for group in found]
    if expansion.navigation.many:
        return [b"[" + b",".join(group) + b"]" for group in groups]
    return [group[0] if group else b"null" for group in groups]


def _of_company(view: View, target: EntitySet, options: Options) -> list[bytes]:
    from dynamics_bc_emulator.pages import whole  # noqa: PLC0415 - pages are rendered with their expansions

    return whole(view, target, options)


def related(view: View, entity_set: EntitySet, rows: Sequence[Stored], navigation: Navigation) -> list[list[Stored]]:
    """For each row, the rows that a navigation leads to, in the order of their sequence."""
    target = view.set(navigation.target)
    if virtual.is_virtual(target.name):
        return [virtual.related(view, entity_set, row, navigation) for row in rows]
    sources = [source_values(row, navigation) for row in rows]
    columns = view.store.indexed_columns(target.name)
    joining = next((link for link in navigation.links if link.field and link.target in columns), None)
    candidates = _candidates(view, target, joining, sources, columns)
    return [list(_matching(navigation, source, candidates)) for source in sources]


def source_values(row: Stored, navigation: Navigation) -> dict[str, Any]:
    """What a row says about where a navigation leads."""
    data = decode(row.data)
    names = {name for link in navigation.links for name in (link.field, link.own) if name}
    return {name: data.get(name) for name in names}


def follows(navigation: Navigation, source: Mapping[str, Any]) -> bool:
    """Whether a row is of the kind that a navigation starts from, such as a dimension set line of a sales invoice."""
    return all(source.get(link.own) == link.const for link in navigation.links if link.own)


def _candidates(
    view: View,
    target: EntitySet,
    joining: Link | None,
    sources: Iterable[Mapping[str, Any]],
    columns: Mapping[str, str],
) -> Mapping[Any, list[tuple[dict[str, Any], Stored]]]:
    """Rows of the target by the value of the joining property; all under None if no index helps."""
    found: dict[Any, list[tuple[dict[str, Any], Stored]]] = defaultdict(list)
    if joining is None or joining.target is None or joining.field is None:
        found[None] = [
            (decode(row.data), row) for row in view.store.scan(view.company, target.name, order="sequence, id")
        ]
        return found
    wanted = sorted({str(source[joining.field]) for source in sources if source[joining.field]})
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        condition = Condition(f"{columns[joining.target]} IN ({','.join('?' * len(chunk))})", tuple(chunk))
        for row in view.store.scan(view.company, target.name, [condition], order="sequence, id"):
            data = decode(row.data)
            found[data.get(joining.target)].append((data, row))
    return found


def _matching(
    navigation: Navigation, source: Mapping[str, Any], candidates: Mapping[Any, list[tuple[dict[str, Any], Stored]]]
) -> Iterator[Stored]:
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


def _narrowed(view: View, target: EntitySet, rows: list[Stored], options: Options) -> list[Stored]:
    """The options of an expansion, applied to one parent's rows."""
    full: list[tuple[Mapping[str, Any], Stored]] = [(virtual.full_row(view, target, row), row) for row in rows]
    if options.filter:
        full = [(values, row) for values, row in full if holds(options.filter, values, target)]
    if options.order:
        full = sorted_rows(full, options.order, target)
    end = None if options.top is None else options.skip + options.top
    return [row for _, row in full[options.skip : end]]
