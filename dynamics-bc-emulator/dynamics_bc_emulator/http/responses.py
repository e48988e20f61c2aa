"""How an answer of the data API goes over HTTP: with which headers."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from starlette.responses import Response

from dynamics_bc_emulator.values import encode

if TYPE_CHECKING:
    from dynamics_bc_emulator.odata.requests import DataResponse
    from dynamics_bc_emulator.switches import Switches

FIXED_HEADERS = {
    "OData-Version": "4.0",
    "Server": "Microsoft-HTTPAPI/2.0",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "Vary": "Accept-Encoding",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Date, Content-Length, Server, OData-Version, ms-correlation-x",
}
_JSON = "application/json; odata.metadata=minimal; odata.streaming=true"


def retry_after(switches: Switches, status: int) -> dict[str, str]:
    """The header that says when to come back, where a response of that status has one."""
    seconds = switches.retry_after(status)
    return {"Retry-After": str(seconds)} if seconds else {}


def http_response(response: DataResponse) -> Response:
    """An answer with the headers of every answer."""
    told = b"" if response.body is None else response.body
    body = told if isinstance(told, bytes) else encode(told)
    content_type = "application/json" if response.status >= 400 else _JSON
    request_id = str(uuid.uuid4())
    headers = {
        **FIXED_HEADERS,
        "Content-Type": content_type,
        "Request-Id": request_id,
        "ms-correlation-x": request_id,
        "mise-correlation-id": request_id,
        **response.headers,
    }
    if not body:
        del headers["Content-Type"]
    sent = Response(body, response.status, headers=headers)
    if body:
        # As the service does: without a length it goes out in chunks.
        del sent.headers["content-length"]
    return sent
