"""How the bytes behind a stream property are set and cleared: pictures and attachments."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from dynamics_bc_emulator.odata.requests import DataResponse
from dynamics_bc_emulator.refusals import method_not_allowed
from dynamics_bc_emulator.rows.rows import Change
from dynamics_bc_emulator.writes import preconditions

if TYPE_CHECKING:
    from dynamics_bc_emulator.odata.requests import DataRequest
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.writes.targets import Target


def write(target: Target, request: DataRequest) -> DataResponse:
    """Set the content of a row's stream property by PATCH or PUT.

    Raises:
        Refusal: The verb or the set does not allow it, or If-Match is missing.
    """
    if request.method not in ("PATCH", "PUT") or not target.entity_set.modifiable:
        raise method_not_allowed(target.entity_set.name)
    preconditions.require_token(request.headers)
    row = target.existing_row()
    changes: Row = {
        "_content": b64encode(request.body).decode(),
        "_contentType": request.headers.get("content-type", "application/octet-stream"),
    }
    if "byteSize" in target.entity_set.properties:
        changes["byteSize"] = len(request.body)
    target.rows.put(target.company, Change(row, {**row, **changes}, target.parent))
    return DataResponse(204)
