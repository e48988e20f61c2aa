"""How rows become the JSON that is served: selected, calculated, expanded."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from dynamics_bc_emulator.rows.calculated import CALCULATION_INPUTS, calculation
from dynamics_bc_emulator.rows.rows import rows_of
from dynamics_bc_emulator.rows.store import served_value
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


def render(view: View, entity_set: EntitySet, rows: Sequence[ServedRow], options: Options) -> list[bytes]:
    """Each row as the JSON of its entity.

    Rows lie in the store as they are served, so nothing is decoded that need not be: pages of thousands of rows are the
    rule.
    """
    select = options.select if options.select and len(options.select) < len(entity_set.properties) else None
    calculate = calculation(view, entity_set.name)
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
        for entity, value in zip(entities, _expanded(view, entity_set, rows, expansion), strict=True):
            entity[expansion.navigation.name] = msgspec.Raw(value)
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


def _expanded(view: View, entity_set: EntitySet, rows: Sequence[ServedRow], expansion: Expansion) -> list[bytes]:
    """The JSON value of a navigation for each row: an array, an object or null."""
    target, options = view.set(expansion.navigation.target), expansion.options
    if entity_set.name == "companies":
        companies = (replace(view, company=row.id) for row in rows)
        return [_array(render(each, target, whole(each, target, options), options)) for each in companies]
    related = rows_of(view, target.name).related(view, entity_set, rows, expansion.navigation)
    groups = [narrowed(view, target, group, options) for group in related]
    # Rendered in one go, because the calculations and expansions of a thousand groups cost a thousand times those of
    # one.
    lines = iter(render(view, target, [row for group in groups for row in group], options))
    rendered = [[next(lines) for _ in group] for group in groups]
    if expansion.navigation.many:
        return [_array(group) for group in rendered]
    return [group[0] if group else b"null" for group in rendered]


def _array(lines: Sequence[bytes]) -> bytes:
    return b"[" + b",".join(lines) + b"]"


def present(view: View, entity_set: EntitySet, row: Row) -> dict[str, Any]:
    """A row as it is served: etag first, calculated values, links to content, nothing internal; decimals exact."""
    calculate = calculation(view, entity_set.name)
    values = {**row, **(calculate(row) if calculate else {})}
    public = {name: served_value(values.get(name, blank)) for name, blank in entity_set.blanks.items()}
    shown = public if row.get("_etag") is None or entity_set.name == "companies" else {_ETAG: row["_etag"], **public}
    for name in entity_set.streams:
        link = f"{view.url}/{entity_set.name}({row['id']})/{name}"
        shown |= _links(entity_set, name, link)
    return shown
