"""The JSON object that a write carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from dynamics_bc_emulator.refusals import bad_request
from dynamics_bc_emulator.values import decode

if TYPE_CHECKING:
    from dynamics_bc_emulator.odata.requests import DataRequest


def json_object(request: DataRequest) -> dict[str, Any]:
    """The body of a request; an empty one is an object without properties.

    Raises:
        Refusal: It is no JSON object.
    """
    if not request.body.strip():
        return {}
    try:
        body = decode(request.body)
    except msgspec.DecodeError as error:
        raise bad_request(f"The request body is not valid JSON: {error}.") from None
    if not isinstance(body, dict):
        raise bad_request("The request body must be a JSON object.")
    return body
