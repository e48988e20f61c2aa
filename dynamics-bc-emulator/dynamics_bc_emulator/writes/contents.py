"""How the bytes behind a stream property are set and cleared: pictures and attachments."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from dynamics_bc_emulator.errors import method_not_allowed
from dynamics_bc_emulator.requests import DataAnswer
from dynamics_bc_emulator.stamps import ZERO_GUID
from dynamics_bc_emulator.writes import preconditions

if TYPE_CHECKING:
    from dynamics_bc_emulator.requests import DataRequest
    from dynamics_bc_emulator.store import Row
    from dynamics_bc_emulator.writes.targets import Target


def write(target: Target, request: DataRequest) -> DataAnswer:
    """Set the content of a row's stream property by PATCH or PUT.

    Raises:
        ServiceFault: The verb or the set does not allow it, or If-Match is missing.
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
    if target.company.get(target.entity_set.name, row["id"]) is None:
        target.company.insert(target.entity_set.name, {"id": _owner_id(target), **changes})
    else:
        target.company.update(target.entity_set.name, row["id"], changes)
    return DataAnswer(204)


def _owner_id(target: Target) -> str:
    """A picture has its parent's id."""
    return str(target.parent.row["id"]) if target.parent else target.id or ZERO_GUID
