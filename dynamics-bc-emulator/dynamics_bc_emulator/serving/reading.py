"""What GET answers: where a path leads, and how what is there is served."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.odata.metadata import service_document
from dynamics_bc_emulator.odata.options import Options
from dynamics_bc_emulator.odata.requests import DataResponse
from dynamics_bc_emulator.refusals import Refusal, bad_request, record_not_found, unknown_segment
from dynamics_bc_emulator.rows.company import addressed_company, find_company
from dynamics_bc_emulator.rows.links import follows, source_values
from dynamics_bc_emulator.rows.view import View
from dynamics_bc_emulator.serving import content, pages, slices
from dynamics_bc_emulator.serving.asking import options_of
from dynamics_bc_emulator.serving.rendering import render
from dynamics_bc_emulator.serving.slices import Led, Place
from dynamics_bc_emulator.values import decode, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dynamics_bc_emulator.odata.addresses import Address, Step
    from dynamics_bc_emulator.odata.catalogue import EntitySet
    from dynamics_bc_emulator.odata.requests import DataRequest
    from dynamics_bc_emulator.rows.service import Service
    from dynamics_bc_emulator.rows.store import ServedRow


def read(service: Service, request: DataRequest, address: Address) -> DataResponse:
    """Answer a GET.

    Raises:
        Refusal: The read is refused.
    """
    route = address.route
    if address.company is None:
        if not address.steps:
            return DataResponse(200, service_document(route.catalogue, request.base_url))
        first = address.steps[0].name
        if first == "$metadata":
            return DataResponse(200, route.metadata, {"Content-Type": "application/xml"})
    return _walk(_view(service, request, address), request, address.steps)


def read_primary(service: Service, request: DataRequest, address: Address) -> DataResponse:
    """What a write answers with: a read of what was written, from the primary.

    Raises:
        Refusal: The read is refused.
    """
    headers = {**request.headers, "data-access-intent": "ReadWrite"}
    return read(service, replace(request, method="GET", headers=headers, body=b""), address)


def _view(service: Service, request: DataRequest, address: Address) -> View:
    """What the request sees: the environment, or the company that its path, its query or its header names."""
    store = service.read_store(request.headers)
    if address.company is not None:
        company = addressed_company(store, address)
    else:
        entity_set = address.route.catalogue.sets.get(address.steps[0].name)
        if entity_set is None:
            raise unknown_segment(address.steps[0].name)
        company = "" if entity_set.tenant_wide else find_company(store, request)
    return View(service, address.route, store, company, request.base_url, service.gate.principal(request.principal))


def _walk(view: View, request: DataRequest, steps: Sequence[Step]) -> DataResponse:
    """Follow a path from set to row to navigation, and serve what is at its end."""
    first = steps[0]
    entity_set = view.catalogue.sets.get(first.name)
    if entity_set is None or (entity_set.tenant_wide and view.company):
        raise unknown_segment(first.name)
    place = Place(entity_set, first.name)
    row: ServedRow | None = None
    if first.has_key:
        row, place = _row(view, place, first), place.at(first.predicate)
    for number, step in enumerate(steps[1:], start=1):
        if row is None:
            return _counted(view, request, place, steps[number:])
        known = place.entity_set.spelling(step.name)
        if known and not step.has_key:
            return _property(view, request, place.entity_set, row, known)
        place, row = _navigate(view, place, row, step)
    return _entity(view, request, place, row) if row else _collection(view, request, place)


def _navigate(view: View, place: Place, row: ServedRow, step: Step) -> tuple[Place, ServedRow | None]:
    navigation = place.entity_set.navigation.get(step.name)
    if navigation is None:
        raise unknown_segment(step.name)
    led = Place(view.set(navigation.target), f"{place.path}/{step.name}", Led(place.entity_set, row, navigation))
    if navigation.many:
        return (led.at(step.predicate), _row(view, led, step)) if step.has_key else (led, None)
    related = led.related(view) if follows(navigation, source_values(row, navigation)) else []
    if not related:
        message = f"No HTTP resource was found that matches the navigation '{step.name}'."
        raise Refusal(404, "BadRequest_ResourceNotFound", message)
    return led, related[0]


def _row(view: View, place: Place, step: Step) -> ServedRow:
    row = slices.row_at(view, place, step)
    if row is None:
        raise record_not_found(place.entity_set.table, f"SystemId='{{{step.predicate.upper()}}}'")
    return row


def _counted(view: View, request: DataRequest, place: Place, rest: Sequence[Step]) -> DataResponse:
    if [step.name for step in rest] != ["$count"]:
        raise unknown_segment(rest[0].name)
    number = slices.count(view, place, options_of(view, request, place.entity_set))
    return DataResponse(200, str(number).encode(), {"Content-Type": "text/plain"})


def _collection(view: View, request: DataRequest, place: Place) -> DataResponse:
    page = pages.page(view, request, place)
    head = [b'{"@odata.context":', encode(context(view, place, page.select))]
    if page.count is not None:
        head.append(b',"@odata.count":%d' % page.count)
    tail = b',"@odata.nextLink":' + encode(page.next_link) if page.next_link else b""
    body = b"".join([*head, b',"value":[', b",".join(page.lines), b"]", tail, b"}"])
    applied = {"Preference-Applied": "odata.maxpagesize"} if page.size_was_asked_for else {}
    return DataResponse(200, body, applied)


def _entity(view: View, request: DataRequest, place: Place, row: ServedRow) -> DataResponse:
    options = options_of(view, request, place.entity_set)
    line = render(view, place.entity_set, [row], options)[0]
    shown = encode(f"{context(view, place, options.select)}/$entity")
    return DataResponse(200, b'{"@odata.context":' + shown + b"," + line[1:])


def _property(view: View, request: DataRequest, entity_set: EntitySet, row: ServedRow, name: str) -> DataResponse:
    if entity_set.properties[name].is_stream:
        return content.read(view, entity_set, row, name)
    values: dict[str, Any] = decode(render(view, entity_set, [row], Options())[0])
    if any(option.lower() == "$expand" for option in request.query):
        raise bad_request("The query option '$expand' cannot be applied to a property.")
    shown = f"{view.root}/$metadata#{entity_set.name}({row.id})/{name}"
    return DataResponse(200, {"@odata.context": shown, "value": values[name]})


def context(view: View, place: Place, select: Sequence[str] | None) -> str:
    """The context of a response: which set of the metadata its rows are of."""
    company = f"{view.route.companies}({view.company})/" if view.company else ""
    shown = f"({','.join(select)})" if select else ""
    return f"{view.root}/$metadata#{company}{place.path}{shown}"
