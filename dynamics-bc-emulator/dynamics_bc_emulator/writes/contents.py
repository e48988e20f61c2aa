"""How the bytes behind a stream property are set and cleared: pictures and attachments."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from dynamics_bc_emulator.odata.requests import DataResponse
from dynamics_bc_emulator.refusals import method_not_allowed, read_only
from dynamics_bc_emulator.rows.rows import Change
from dynamics_bc_emulator.writes import preconditions
from dynamics_bc_emulator.writes.images import image_of

if TYPE_CHECKING:
    from dynamics_bc_emulator.odata.requests import DataRequest
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.writes.targets import Target


def write(target: Target, request: DataRequest) -> DataResponse:
    """Set the content of a row's stream property by PATCH or PUT.

    Raises:
        Refusal: The verb, the set or the property does not allow it, or If-Match is missing.
    """
    if request.method not in ("PATCH", "PUT") or not target.entity_set.modifiable:
        raise method_not_allowed(target.entity_set.name)
    if not target.entity_set.properties[str(target.stream)].editable:
        raise read_only(str(target.stream))
    preconditions.require_token(request.headers)
    row = target.existing_row()
    content_type = request.headers.get("content-type", "application/octet-stream")
    told = _facts(request.body, content_type)
    changes: Row = {name: value for name, value in told.items() if name in target.entity_set.properties}
    changes |= {"_content": b64encode(request.body).decode(), "_contentType": content_type}
    target.rows.put(target.company, Change(row, {**row, **changes}, target.parent))
    return DataResponse(204)


def _facts(content: bytes, content_type: str) -> Row:
    """What a row may tell of its content: of an image what its own header says, else the type it was sent with."""
    image = image_of(content)
    return {
        "byteSize": len(content),
        "contentType": image.content_type if image else content_type,
        "width": image.width if image else 0,
        "height": image.height if image else 0,
    }
