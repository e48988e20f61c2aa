"""How stored rows become the JSON that is served: selected, calculated, expanded."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from dynamics_bc_emulator import expansions
from dynamics_bc_emulator.balances import CALCULATION_INPUTS, calculation
from dynamics_bc_emulator.store import plain, with_etag
from dynamics_bc_emulator.values import decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dynamics_bc_emulator.catalogue import EntitySet
    from dynamics_bc_emulator.handlers import Service
    from dynamics_bc_emulator.options import Options
    from dynamics_bc_emulator.store import Row, Stored
    from dynamics_bc_emulator.view import View

_decode_raw = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_ETAG = "@odata.etag"


def render(view: View, entity_set: EntitySet, rows: Sequence[Stored], options: Options) -> list[bytes]:
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
        _calculate(view, entity_set, rows, entities, select)
    for name in entity_set.streams:
        if select is None or name in select:
            _add_links(view, entity_set, rows, entities, name)
    for expansion in options.expand:
        values = expansions.expand(view, entity_set, rows, expansion)
        for entity, value in zip(entities, values, strict=True):
            entity[expansion.navigation.name] = msgspec.Raw(value)
    return [encode(entity) for entity in entities]


def _project(rows: Sequence[Stored], select: tuple[str, ...]) -> list[bytes]:
    decoder = _projection(select)
    return [encode(decoder.decode(row.data)) for row in rows]


@lru_cache(maxsize=512)
def _projection(select: tuple[str, ...]) -> msgspec.json.Decoder[Any]:
    """A decoder that keeps the etag and some properties as they are spelled, and skips the rest."""
    etag = ("etag", msgspec.Raw | msgspec.UnsetType, msgspec.UNSET)
    fields = [*((f"p{place}", msgspec.Raw) for place, _ in enumerate(select))]
    names = {"etag": _ETAG, **{f"p{place}": name for place, name in enumerate(select)}}
    return msgspec.json.Decoder(msgspec.defstruct("Projection", [etag, *fields], rename=names, kw_only=True))


def _entity(row: Stored, select: tuple[str, ...] | None) -> dict[str, Any]:
    entity: dict[str, Any] = _decode_raw(row.data)
    if select is None:
        return entity
    return {name: entity[name] for name in (_ETAG, *select) if name in entity}


def _calculate(
    view: View,
    entity_set: EntitySet,
    rows: Sequence[Stored],
    entities: Iterable[dict[str, Any]],
    select: tuple[str, ...] | None,
) -> None:
    calculate = calculation(view, entity_set.name)
    assert calculate
    for row, entity in zip(rows, entities, strict=True):
        for name, value in calculate(_inputs(row)).items():
            if select is None or name in select:
                entity[name] = plain(value)


def _inputs(row: Stored) -> dict[str, Any]:
    raw = _decode_raw(row.data)
    inputs = {name: decode(raw[name]) for name in CALCULATION_INPUTS if name in raw}
    return {**inputs, **(decode(row.internal) if row.internal else {})}


def _add_links(
    view: View, entity_set: EntitySet, rows: Sequence[Stored], entities: Iterable[dict[str, Any]], name: str
) -> None:
    for row, entity in zip(rows, entities, strict=True):
        link = f"{view.url}/{_path(view, entity_set.name, row)}/{name}"
        entity.pop(name, None)
        entity[f"{name}@odata.mediaEditLink"] = link
        entity[f"{name}@odata.mediaReadLink"] = link


def _path(view: View, entity_set: str, row: Stored) -> str:
    """Where a row is found again; what hangs on a parent is found through the parent only."""
    navigation = {"pictures": "picture", "pdfDocument": "pdfDocument"}.get(entity_set)
    if navigation is None:
        return f"{entity_set}({row.id})"
    data = decode(row.data)
    parents = view.catalogue.parent_types[entity_set, data["parentType"]]
    return f"{parents[0]}({data.get('parentId', row.id)})/{navigation}"


def present(service: Service, company_id: str, entity_set: str, row: Row, *, root: str = "") -> dict[str, Any]:
    """A row as it is served: etag first, calculated values, links to content, nothing internal; decimals exact.

    Args:
        service: The emulated service.
        company_id: Whose row it is.
        entity_set: Where it is.
        row: A row as the store gives it.
        root: The API root as the client spelled it, for the links.
    """
    from dynamics_bc_emulator.view import View  # noqa: PLC0415 - the view knows the service, which knows this module

    view = View(service, service.store, company_id, root)
    found = view.set(entity_set)
    calculate = calculation(view, entity_set)
    values = {**row, **(calculate(row) if calculate else {})}
    shown = {_ETAG: row.get("_etag"), **{name: plain(values.get(name, blank)) for name, blank in found.blanks.items()}}
    if entity_set == "companies" or shown[_ETAG] is None:
        del shown[_ETAG]
    for name in found.streams:
        link = f"{view.url}/{entity_set}({row['id']})/{name}"
        shown |= {f"{name}@odata.mediaEditLink": link, f"{name}@odata.mediaReadLink": link}
    return shown


def virtual_line(entity_set: EntitySet, row: Row) -> str:
    """A row that is not stored as the JSON that is served.

    The etag covers what is not calculated; rows of a query have none.
    """
    values = {name: plain(row.get(name, blank)) for name, blank in entity_set.blanks.items()}
    if not entity_set.key:
        return encode(values).decode()
    fixed = {name: value for name, value in values.items() if not entity_set.properties[name].calculated}
    etag = decode(with_etag(fixed))[_ETAG]
    return encode({_ETAG: etag, **values}).decode()
