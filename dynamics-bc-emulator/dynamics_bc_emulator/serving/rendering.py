"""How rows become the JSON that is served: selected, calculated, expanded."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from dynamics_bc_emulator.rows.calculated import CALCULATION_INPUTS, calculation
from dynamics_bc_emulator.rows.rows import rows_of
from dynamics_bc_emulator.rows.served_values import served_value
from dynamics_bc_emulator.serving.expanding import ExpandedPage, first_page
from dynamics_bc_emulator.serving.slices import narrowed, whole
from dynamics_bc_emulator.values import decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dynamics_bc_emulator.odata.catalogue import EntitySet
    from dynamics_bc_emulator.odata.options import Expansion, Options
    from dynamics_bc_emulator.rows.store import Row, ServedRow
    from dynamics_bc_emulator.rows.view import View

_decode_raw = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_ETAG = "@odata.etag"


class _Expanded(NamedTuple):
    """What stands in a row for a navigation.

    Attributes:
        json: An array, an object or null.
        next_link: Where the rest of the array is.
    """

    json: bytes
    next_link: str | None = None


def render(view: View, entity_set: EntitySet, rows: Sequence[ServedRow], options: Options) -> list[bytes]:
    """Each row as the JSON of its entity.

    Rows lie in the store as they are served, so nothing is decoded that need not be: pages of thousands of rows are the
    rule.
    """
    select = options.select if options.select and len(options.select) < len(entity_set.properties) else None
    calculate = None if entity_set.is_shown else calculation(view, entity_set.name)
    if not (calculate or entity_set.streams or options.expand):
        if select is None:
            return [row.data.encode() for row in rows]
        return _project(rows, select)
    entities = [_entity(row, select) for row in rows]
    if calculate:
        for row, entity in zip(rows, entities, strict=True):
            values = calculate(_inputs(row)).items()
            entity.update((name, served_value(value)) for name, value in values if select is None or name in select)
    for name in entity_set.streams:
        if select is None or name in select:
            _add_links(view, entity_set, rows, entities, name)
    for expansion in options.expand:
        name = expansion.navigation.name
        for entity, value in zip(entities, _expanded(view, entity_set, rows, expansion), strict=True):
            entity[name] = msgspec.Raw(value.json)
            if value.next_link:
                entity[f"{name}@odata.nextLink"] = value.next_link
    return [encode(entity) for entity in entities]


def _project(rows: Sequence[ServedRow], select: tuple[str, ...]) -> list[bytes]:
    decoder = _projection(select)
    return [encode(decoder.decode(row.data)) for row in rows]


@lru_cache(maxsize=512)
def _projection(select: tuple[str, ...]) -> msgspec.json.Decoder[Any]:
    """A decoder that keeps the etag and some properties as they are spelled, and skips the rest."""
    etag = ("etag", msgspec.Raw | msgspec.UnsetType, msgspec.UNSET)
    fields = [*((f"p{place}", msgspec.Raw) for place, _ in enumerate(select))]
    names = {"etag": _ETAG, **{f"p{place}": name for place, name in enumerate(select)}}
    return msgspec.json.Decoder(msgspec.defstruct("Projection", [etag, *fields], rename=names, kw_only=True))


def _entity(row: ServedRow, select: tuple[str, ...] | None) -> dict[str, Any]:
    entity: dict[str, Any] = _decode_raw(row.data)
    if select is None:
        return entity
    return {name: entity[name] for name in (_ETAG, *select) if name in entity}


def _inputs(row: ServedRow) -> dict[str, Any]:
    raw = _decode_raw(row.data)
    inputs = {name: decode(raw[name]) for name in CALCULATION_INPUTS if name in raw}
    return {**inputs, **(decode(row.internal) if row.internal else {})}


def _add_links(
    view: View, entity_set: EntitySet, rows: Sequence[ServedRow], entities: Iterable[dict[str, Any]], name: str
) -> None:
    for row, entity in zip(rows, entities, strict=True):
        link = f"{view.url}/{_path(view, entity_set.name, row)}/{name}"
        entity.pop(name, None)
        entity.update(_links(entity_set, name, link))


def _links(entity_set: EntitySet, name: str, link: str) -> dict[str, str]:
    """Where the content of a stream property is read and, if it may be, written."""
    kinds = ("Edit", "Read") if entity_set.modifiable and entity_set.properties[name].editable else ("Read",)
    return {f"{name}@odata.media{kind}Link": link for kind in kinds}


def _path(view: View, entity_set: str, row: ServedRow) -> str:
    """Where a row is found again; what hangs on a parent is found through the parent only."""
    navigation = {"pictures": "picture", "pdfDocument": "pdfDocument"}.get(entity_set)
    if navigation is None:
        return f"{entity_set}({row.id})"
    data = decode(row.data)
    parents = view.catalogue.parent_types[entity_set, data["parentType"]]
    return f"{parents[0]}({data.get('parentId', row.id)})/{navigation}"


def _expanded(view: View, entity_set: EntitySet, rows: Sequence[ServedRow], expansion: Expansion) -> list[_Expanded]:
    """A navigation for each row: an array, an object or null."""
    target, many = view.set(expansion.navigation.target), expansion.navigation.many
    if expansion.is_empty:
        return [_Expanded(b"[]" if many else b"null") for _ in rows]
    if entity_set.name == "companies":
        return [_below_company(replace(view, company=row.id), row, target, expansion) for row in rows]
    related = rows_of(view, target.name).related(view, entity_set, rows, expansion.navigation)
    limit = view.service.switches.expanded_page_rows if many else 0
    if limit:
        sources = ((f"{view.url}/{entity_set.name}({row.id})", group) for row, group in zip(rows, related, strict=True))
        groups = [first_page(view, target, group, expansion, (source, limit)) for source, group in sources]
    else:
        groups = [ExpandedPage(narrowed(view, target, group, expansion.options)) for group in related]
    # Rendered in one go, because the calculations and expansions of a thousand groups cost a thousand times those of
    # one.
    lines = iter(render(view, target, [row for group in groups for row in group.rows], expansion.options))
    rendered = [[next(lines) for _ in group.rows] for group in groups]
    if many:
        return [_Expanded(_array(shown), group.next_link) for shown, group in zip(rendered, groups, strict=True)]
    return [_Expanded(shown[0] if shown else b"null") for shown in rendered]


def _below_company(view: View, company: ServedRow, target: EntitySet, expansion: Expansion) -> _Expanded:
    rows, limit = whole(view, target, expansion.options), view.service.switches.expanded_page_rows
    shown = ExpandedPage(rows)
    if limit:
        # What the options narrow down is narrowed down already.
        bare = replace(expansion, options=replace(expansion.options, filter=None, skip=0))
        shown = first_page(view, target, rows, bare, (f"{view.root}/companies({company.id})", limit))
    return _Expanded(_array(render(view, target, shown.rows, expansion.options)), shown.next_link)


def _array(lines: Sequence[bytes]) -> bytes:
    return b"[" + b",".join(lines) + b"]"


def present(view: View, entity_set: EntitySet, row: Row) -> dict[str, Any]:
    """A row as it is served: etag first, calculated values, links to content, nothing internal; decimals exact."""
    calculate = None if entity_set.is_shown else calculation(view, entity_set.name)
    values = {**row, **(calculate(row) if calculate else {})}
    public = {name: served_value(values.get(name, blank)) for name, blank in entity_set.blanks.items()}
    shown = public if row.get("_etag") is None or entity_set.name == "companies" else {_ETAG: row["_etag"], **public}
    for name in entity_set.streams:
        link = f"{view.url}/{entity_set.name}({row['id']})/{name}"
        shown |= _links(entity_set, name, link)
    return shown
