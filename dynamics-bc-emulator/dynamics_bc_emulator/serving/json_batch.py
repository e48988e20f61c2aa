"""A batch as JSON: its operations, and their replies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from dynamics_bc_emulator.odata.requests import DataResponse
from dynamics_bc_emulator.refusals import bad_request
from dynamics_bc_emulator.serving.operations import Operation
from dynamics_bc_emulator.values import decode, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dynamics_bc_emulator.serving.operations import Reply

_HEADERS = {"content-type": "application/json; odata.metadata=minimal; odata.streaming=true", "odata-version": "4.0"}


def read_operations(body: bytes) -> list[Operation]:
    """The operations of an envelope, in the order in which they are done.

    Raises:
        Refusal: It is no envelope.
    """
    try:
        told = decode(body)["requests"]
    except (msgspec.DecodeError, KeyError, TypeError):
        raise bad_request("The body of a batch must be a JSON object with the array 'requests'.") from None
    if not isinstance(told, list) or not all(_is_operation(one) for one in told):
        raise bad_request("Every request of a batch must be an object with 'method' and 'url'.")
    return _sorted([_operation(one) for one in told])


def _is_operation(told: Any) -> bool:
    return (
        isinstance(told, dict)
        and isinstance(told.get("method"), str)
        and isinstance(told.get("url"), str)
        and isinstance(told.get("headers") or {}, dict)
        and isinstance(told.get("dependsOn") or [], list)
    )


def _operation(told: dict[str, Any]) -> Operation:
    body, id_ = told.get("body"), told.get("id")
    return Operation(
        id=None if id_ is None else str(id_),
        method=told["method"].upper(),
        url=told["url"],
        headers={name.lower(): str(value) for name, value in (told.get("headers") or {}).items()},
        body=b"" if body is None else encode(body),
        group=told.get("atomicityGroup") or None,
        depends_on=tuple(str(one) for one in told.get("dependsOn") or ()),
    )


def _sorted(operations: list[Operation]) -> list[Operation]:
    """Each behind those that it depends on, by their ids or their groups, else as they came.

    Raises:
        Refusal: One depends on what is not there, or they depend on each other in a circle.
    """
    names = {name for one in operations for name in (one.id, one.group)}
    for one in operations:
        for name in one.depends_on:
            if name not in names:
                raise bad_request(f"Request '{one.id}' depends on '{name}', which is not in the batch.")
    done: list[Operation] = []
    waiting = operations
    while waiting:
        ready = next((one for one in waiting if not _waits(one, waiting)), None)
        if ready is None:
            raise bad_request("The requests of the batch depend on each other in a circle.")
        done.append(ready)
        waiting = [one for one in waiting if one is not ready]
    return done


def _waits(operation: Operation, waiting: list[Operation]) -> bool:
    return bool(operation.depends_on) and any(
        name in {other.id, other.group} for name in operation.depends_on for other in waiting
    )


def write_replies(replies: Sequence[Reply]) -> DataResponse:
    """The answer to an envelope."""
    return DataResponse(200, encode({"responses": [_reply(one) for one in replies]}))


def _reply(reply: Reply) -> dict[str, Any]:
    response = reply.response
    told: dict[str, Any] = {"id": reply.operation.id, "status": response.status}
    told["headers"] = {
        **(_HEADERS if response.body is not None else {}),
        **{name.lower(): value for name, value in response.headers.items()},
    }
    if response.body is not None:
        told["body"] = _json(response.body)
    return told


def _json(body: Any) -> Any:
    """An operation's body as JSON inside the envelope; what is no JSON goes in as text."""
    if not isinstance(body, bytes):
        return body
    try:
        decode(body)
    except msgspec.DecodeError:
        return body.decode("utf-8", "replace")
    return msgspec.Raw(body)
