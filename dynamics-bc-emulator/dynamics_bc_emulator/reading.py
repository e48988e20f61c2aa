"""What GET answers: where a path leads, and how what is there is served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator import content, metadata, pages
from dynamics_bc_emulator.companies import find_company, resolve_company
from dynamics_bc_emulator.errors import ServiceFault, bad_request, record_not_found, unknown_segment
from dynamics_bc_emulator.expansions import follows, source_values
from dynamics_bc_emulator.options import parse_options
from dynamics_bc_emulator.pages import Collection
from dynamics_bc_emulator.paths import parse_path
from dynamics_bc_emulator.rendering import render
from dynamics_bc_emulator.requests import DataAnswer
from dynamics_bc_emulator.values import decode, encode
from dynamics_bc_emulator.view import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dynamics_bc_emulator.catalogue import EntitySet
    from dynamics_bc_emulator.handlers import Service
    from dynamics_bc_emulator.paths import Segment
    from dynamics_bc_emulator.requests import DataRequest
    from dynamics_bc_emulator.store import Stored


def handle(service: Service, request: DataRequest) -> DataAnswer:
    """Answer a GET below the API root.

    Raises:
        ServiceFault: The read is refused.
    """
    segments = parse_path(request.url_path)
    if not segments:
        return DataAnswer(200, metadata.service_document(service.catalogue, request.base_url))
    first = segments[0].name
    if first == "$metadata":
        return DataAnswer(200, service.catalogue.metadata, {"Content-Type": "application/xml"})
    if first == "entityDefinitions":
        return DataAnswer(200, metadata.entity_definitions(service.catalogue, request))
    store = service.replica.store_for(service.store, request, service.clock())
    if first == "companies" and len(segments) > 1 and segments[0].key is not None:
        company = resolve_company(store, segments[0].key)
        return _walk(View(service, store, company, request.base_url), request, segments[1:])
    if first in service.catalogue.sets and service.catalogue.sets[first].tenant_wide:
        return _walk(View(service, store, "", request.base_url), request, segments)
    if first not in service.catalogue.sets:
        raise unknown_segment(first)
    return _walk(View(service, store, find_company(store, request), request.base_url), request, segments)


def _walk(view: View, request: DataRequest, segments: Sequence[Segment]) -> DataAnswer:
    """Follow a path from set to row to navigation, and serve what is at its end."""
    entity_set = view.catalogue.sets.get(segments[0].name)
    if entity_set is None or (entity_set.tenant_wide and view.company):
        raise unknown_segment(segments[0].name)
    place = Collection(entity_set, segments[0].name)
    row: Stored | None = None
    if segments[0].key is not None:
        row, place = _row(view, place, segments[0]), place.at(segments[0].key)
    for number, segment in enumerate(segments[1:], start=1):
        rest = segments[number + 1 :]
        if row is None:
            return _counted(view, request, place, segment, rest)
        known = place.entity_set.spelling(segment.name)
        if known and segment.key is None:
            return _property(view, request, place.entity_set, row, known)
        place, row = _navigate(view, place, row, segment)
    return _entity(view, request, place, row) if row else _collection(view, request, place)


def _navigate(view: View, place: Collection, row: Stored, segment: Segment) -> tuple[Collection, Stored | None]:
    navigation = place.entity_set.navigation.get(segment.name)
    if navigation is None:
        raise unknown_segment(segment.name)
    target = view.set(navigation.target)
    source = source_values(row, navigation)
    constraints = {
        link.target: link.const if link.field is None else source[link.field]
        for link in navigation.links
        if link.target
    }
    led = Collection(target, f"{place.path}/{segment.name}", constraints, (place.entity_set, row, navigation))
    if navigation.many:
        return (led.at(segment.key or ""), _row(view, led, segment)) if segment.key is not None else (led, None)
    found = pages.related_rows(view, led) if follows(navigation, source) else []
    if not found:
        raise ServiceFault(
            404,
            "BadRequest_ResourceNotFound",
            f"No HTTP resource was found that matches the navigation '{segment.name}'.",
        )
    return led, found[0]


def _row(view: View, place: Collection, segment: Segment) -> Stored:
    found = pages.row_by_key(view, place, segment)
    if found is None:
        raise record_not_found(place.entity_set.table, f"SystemId='{{{(segment.key or '').upper()}}}'")
    return found


def _counted(
    view: View, request: DataRequest, place: Collection, segment: Segment, rest: Sequence[Segment]
) -> DataAnswer:
    if segment.name != "$count" or rest:
        raise unknown_segment(segment.name)
    options = parse_options(request.query, place.entity_set, view.catalogue, view.service.switches)
    number = pages.count(view, place, options)
    return DataAnswer(200, str(number).encode(), {"Content-Type": "text/plain"})


def _collection(view: View, request: DataRequest, place: Collection) -> DataAnswer:
    page = pages.page(view, request, place)
    head = [b'{"@odata.context":', encode(context(view, place, page.select))]
    if page.count is not None:
        head.append(b',"@odata.count":%d' % page.count)
    tail = b',"@odata.nextLink":' + encode(page.next_link) if page.next_link else b""
    body = b"".join([*head, b',"value":[', b",".join(page.lines), b"]", tail, b"}"])
    applied = {"Preference-Applied": "odata.maxpagesize"} if page.size_was_asked_for else {}
    return DataAnswer(200, body, applied)


def _entity(view: View, request: DataRequest, place: Collection, row: Stored) -> DataAnswer:
    options = parse_options(request.query, place.entity_set, view.catalogue, view.service.switches)
    line = render(view, place.entity_set, [row], options)[0]
    shown = encode(f"{context(view, place, options.select)}/$entity")
    return DataAnswer(200, b'{"@odata.context":' + shown + b"," + line[1:])


def _property(view: View, request: DataRequest, entity_set: EntitySet, row: Stored, name: str) -> DataAnswer:
    if entity_set.properties[name].is_stream:
        return content.read(view, entity_set, row, name)
    values: dict[str, Any] = decode(
        render(view, entity_set, [row], parse_options({}, entity_set, view.catalogue, view.service.switches))[0]
    )
    if any(option.lower() == "$expand" for option in request.query):
        raise bad_request("The query option '$expand' cannot be applied to a property.")
    return DataAnswer(
        200, {"@odata.context": f"{view.root}/$metadata#{entity_set.name}({row.id})/{name}", "value": values[name]}
    )


def context(view: View, place: Collection, select: Sequence[str] | None) -> str:
    """The context of an answer: which set of the metadata its rows are of."""
    company = f"companies({view.company})/" if view.company else ""
    shown = f"({','.join(select)})" if select else ""
    return f"{view.root}/$metadata#{company}{place.path}{shown}"
