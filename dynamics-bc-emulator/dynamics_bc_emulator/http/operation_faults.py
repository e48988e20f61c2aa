"""Misfortunes of the operations inside a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dynamics_bc_emulator.http.answering import Befallen
from dynamics_bc_emulator.http.responses import retry_after
from dynamics_bc_emulator.odata.requests import DataRequest, DataResponse

if TYPE_CHECKING:
    from dynamics_bc_emulator.http.emulator import Emulator


def befall(emulator: Emulator, operation: DataRequest) -> Befallen | None:
    """What is ordered for an operation."""
    ordered = [one for one in emulator.misfortunes if one.is_of_operations and one.status is not None]
    if not ordered:
        return None
    path = f"{urlsplit(operation.base_url).path}/{operation.url_path}"
    query = "&".join(f"{name}={value}" for name, value in operation.query.items())
    befalls = (one for one in ordered if one.befalls(operation.method, path, query, principal=operation.principal))
    misfortune = next(befalls, None)
    if misfortune is None:
        return None
    status = misfortune.status or 500
    headers = {**retry_after(emulator.service.switches, status), **misfortune.headers}
    return Befallen(DataResponse(status, misfortune.response_body(), headers), after=misfortune.after)
