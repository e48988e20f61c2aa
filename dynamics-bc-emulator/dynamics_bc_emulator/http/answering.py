"""Who answers a request of the data API: the one dispatcher, for HTTP and for the operations of a batch."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.notifying import subscribing
from dynamics_bc_emulator.odata.addresses import parse_address
from dynamics_bc_emulator.odata.requests import DataRequest, DataResponse
from dynamics_bc_emulator.refusals import Refusal, bad_request
from dynamics_bc_emulator.serving import batches, reading
from dynamics_bc_emulator.writes import writing

if TYPE_CHECKING:
    from dynamics_bc_emulator.odata.addresses import Address
    from dynamics_bc_emulator.odata.routes import Route
    from dynamics_bc_emulator.rows.service import Service

Operations = list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Befallen:
    """A misfortune of an operation.

    Attributes:
        response: What is answered.
        after: Whether the operation was carried out all the same.
    """

    response: DataResponse
    after: bool


Befall = Callable[[DataRequest], "Befallen | None"]


def respond(
    service: Service, route: Route[Any], request: DataRequest, befall: Befall = lambda _: None
) -> tuple[DataResponse, Operations]:
    """Answer one request, and say for the request log which operations a batch executed; a refusal is an answer too.

    Args:
        service: What is asked.
        route: The API.
        request: What is asked of it.
        befall: Which misfortune befalls an operation of a batch.
    """

    def respond_to_one(operation: DataRequest) -> DataResponse:
        misfortune = befall(operation)
        if misfortune is None:
            return respond(service, route, operation)[0]
        if misfortune.after:
            respond(service, route, operation)
        return misfortune.response

    try:
        address = service.vanished.seen(parse_address(route, request.url_path), request, service.switches)
        service.begin_replica()
        if address.is_batch:
            return batches.respond(service, request, respond_to_one)
        return _respond(service, request, address), []
    except Refusal as refusal:
        correlation_id = str(uuid.uuid4())
        headers = {"ms-correlation-x": correlation_id, **refusal.headers}
        return DataResponse(refusal.status, refusal.body(correlation_id), headers), []


def _respond(service: Service, request: DataRequest, address: Address) -> DataResponse:
    is_about_subscriptions = subscribing.is_about_subscriptions(address)
    if request.method in {"GET", "HEAD"}:
        read = subscribing.read if is_about_subscriptions else reading.read
        return read(service, request, address)
    if request.headers.get("data-access-intent", "").lower() == "readonly":
        raise bad_request("The Data-Access-Intent header cannot be ReadOnly for a request that writes.")
    service.acting = request.principal
    if is_about_subscriptions:
        return subscribing.write(service, request, address)
    return writing.write(service, request, address)
