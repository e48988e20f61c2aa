"""Who answers a request of the data API: the one dispatcher, for HTTP and for the operations of a batch."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator import batches, reading, writes
from dynamics_bc_emulator.balances import Balances
from dynamics_bc_emulator.companies import find_company
from dynamics_bc_emulator.errors import ServiceFault, bad_request
from dynamics_bc_emulator.replica import Replica
from dynamics_bc_emulator.requests import DataAnswer, DataRequest
from dynamics_bc_emulator.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Callable

    from dynamics_bc_emulator.catalogue import Catalogue
    from dynamics_bc_emulator.clock import Clock
    from dynamics_bc_emulator.store import Store


@dataclass
class Service:
    """The emulated service, without its HTTP."""

    store: Store
    catalogue: Catalogue
    clock: Clock
    switches: Switches = field(default_factory=Switches)
    page_limit: int = 20_000
    balances: Balances = field(default_factory=Balances)
    replica: Replica = field(default_factory=Replica)
    _kept: dict[Any, tuple[Any, Any]] = field(default_factory=dict, repr=False)

    def kept(self, place: Any, version: Any, load: Callable[[], Any]) -> Any:
        """What `load` gave for this version of what it reads; loaded again once the version is another one."""
        found = self._kept.get(place)
        if found is None or found[0] != version:
            found = self._kept[place] = (version, load())
        return found[1]


def answer(service: Service, request: DataRequest) -> DataAnswer:
    """Answer one request; a refusal is an answer too."""
    return answer_with_operations(service, request)[0]


def answer_with_operations(service: Service, request: DataRequest) -> tuple[DataAnswer, list[dict[str, object]]]:
    """Answer one request, and say for the request log which operations a batch executed."""
    try:
        if request.url_path.strip("/").lower() == "$batch":
            return batches.handle(service, request)
        if request.method in {"GET", "HEAD"}:
            return reading.handle(service, request), []
        return _write(service, request), []
    except ServiceFault as fault:
        correlation_id = str(uuid.uuid4())
        return DataAnswer(
            fault.status, fault.body(correlation_id), {"ms-correlation-x": correlation_id, **fault.headers}
        ), []


def _write(service: Service, request: DataRequest) -> DataAnswer:
    if request.headers.get("data-access-intent", "").lower() == "readonly":
        raise bad_request("The Data-Access-Intent header cannot be ReadOnly for a request that writes.")
    service.replica.before_write(service.store, service.switches.replica_lag_seconds, service.clock())
    return writes.handle(service, _with_company_path(service, request))


def _with_company_path(service: Service, request: DataRequest) -> DataRequest:
    """The same request with the company in its path, wherever the client named it."""
    path = request.url_path.strip("/")
    if path.lower().startswith(("companies", "subscriptions")):
        return replace(request, url_path=path)
    company_id = find_company(service.store, request)
    return replace(request, url_path=f"companies({company_id})/{path}")
