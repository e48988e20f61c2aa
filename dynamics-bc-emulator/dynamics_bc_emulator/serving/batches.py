"""What `$batch` does with its operations.

Where the service was measured: without preferences the first failure ends the batch, and what was done before it stays
done. Under `Isolation: snapshot` one failure takes everything back, and yet the operations that were taken back answer
as if they had been done; if the very first one fails it is the only reply, else every operation has one. Posting
commits: what a snapshot did up to an action that succeeded stays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

import msgspec

from dynamics_bc_emulator.odata.requests import DataRequest, DataResponse
from dynamics_bc_emulator.refusals import Refusal, bad_request, method_not_allowed
from dynamics_bc_emulator.values import decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dynamics_bc_emulator.rows.service import Service

MOST_OPERATIONS = 100
_ACTION = "/microsoft.nav."
_HEADERS = {"content-type": "application/json; odata.metadata=minimal; odata.streaming=true", "odata-version": "4.0"}


class _TakenBack(Exception):  # noqa: N818 - ends a transaction, nothing has gone wrong
    """A snapshot had a failure."""


Operation = dict[str, Any]
Respond = Callable[[DataRequest], DataResponse]
_Reply = Callable[[Operation], DataResponse]
_Done = list[tuple[Operation, DataResponse]]


def respond(
    service: Service, request: DataRequest, respond_to_one: Respond
) -> tuple[DataResponse, list[dict[str, object]]]:
    """Answer a batch, and say what its operations were.

    Args:
        service: The emulated service.
        request: The envelope.
        respond_to_one: Answers an operation as if it had come alone.

    Returns:
        The response, and for the request log one `{"method", "path", "status"}` per operation that was executed.

    Raises:
        Refusal: The envelope itself is refused.
    """
    if request.method != "POST":
        raise method_not_allowed("$batch")
    operations = _operations(request.body)

    def reply_to(operation: Operation) -> DataResponse:
        return _respond(request, operation, respond_to_one)

    goes_on = _goes_on(request.headers)
    if request.headers.get("isolation", "").strip().lower() == "snapshot":
        done = _snapshot(service, reply_to, operations, goes_on=goes_on)
    else:
        done = _one_by_one(reply_to, operations, goes_on=goes_on)
    body = {"responses": [_reply(operation, response) for operation, response in done]}
    log: list[dict[str, object]] = [
        {"method": operation["method"], "path": operation["url"], "status": response.status}
        for operation, response in done
    ]
    return DataResponse(200, encode(body)), log


def _operations(body: bytes) -> list[Operation]:
    try:
        operations = decode(body)["requests"]
    except (msgspec.DecodeError, KeyError, TypeError):
        raise bad_request("The body of a batch must be a JSON object with the array 'requests'.") from None
    if not isinstance(operations, list) or not all(_is_operation(operation) for operation in operations):
        raise bad_request("Every request of a batch must be an object with 'method' and 'url'.")
    if len(operations) > MOST_OPERATIONS:
        message = f"The batch has {len(operations)} operations; the maximum is {MOST_OPERATIONS} operations."
        raise Refusal(500, "Unknown", message)
    return operations


def _is_operation(operation: Any) -> bool:
    return (
        isinstance(operation, dict)
        and isinstance(operation.get("method"), str)
        and isinstance(operation.get("url"), str)
    )


def _goes_on(headers: Mapping[str, str]) -> bool:
    """Whether the batch asks to go on after a failure."""
    preferences = [part.strip().lower() for part in headers.get("prefer", "").split(",")]
    return any(
        part in ("odata.continue-on-error", "odata.continue-on-error=true", "continue-on-error") for part in preferences
    )


def _one_by_one(reply_to: _Reply, operations: list[Operation], *, goes_on: bool) -> _Done:
    done: _Done = []
    for operation in operations:
        done.append((operation, reply_to(operation)))
        if done[-1][1].status >= 400 and not goes_on:
            break
    return done


def _snapshot(service: Service, reply_to: _Reply, operations: list[Operation], *, goes_on: bool) -> _Done:
    done: _Done = []
    for part in _committed_parts(operations):
        # Nothing of what comes after a failure stays either.
        has_failed = any(response.status >= 400 for _, response in done)
        answered = _all_or_nothing(service, reply_to, part, may_stop=not done and not goes_on, has_failed=has_failed)
        done += answered
        if len(answered) < len(part):
            break
    return done


def _committed_parts(operations: list[Operation]) -> Iterator[list[Operation]]:
    """The operations, cut behind every action: actions commit."""
    part: list[Operation] = []
    for operation in operations:
        part.append(operation)
        if _ACTION in operation["url"].partition("?")[0].lower():
            yield part
            part = []
    if part:
        yield part


def _all_or_nothing(
    service: Service, reply_to: _Reply, operations: list[Operation], *, may_stop: bool, has_failed: bool
) -> _Done:
    done: _Done = []
    try:
        with service.store.transaction():
            for operation in operations:
                done.append((operation, reply_to(operation)))
                if may_stop and len(done) == 1 and done[0][1].status >= 400:
                    break
            _end_snapshot(done, has_failed=has_failed)
    except _TakenBack:
        pass
    return done


def _end_snapshot(done: _Done, *, has_failed: bool) -> None:
    """Take a snapshot back if one of its operations failed, now or before."""
    if has_failed or any(response.status >= 400 for _, response in done):
        raise _TakenBack


def _respond(request: DataRequest, operation: Operation, respond_to_one: Respond) -> DataResponse:
    path, _, query = operation["url"].partition("?")
    if path.startswith("/") or "://" in path or path.strip("/").lower() == "$batch":
        # A path from the root is looked for outside the API.
        message = f"No HTTP resource was found that matches the request URI '{operation['url']}'."
        return DataResponse(404, {"Message": message})
    body = operation.get("body")
    inner = replace(
        request,
        method=operation["method"].upper(),
        url_path=unquote(path),
        query=dict(parse_qsl(query, keep_blank_values=True)),
        headers=dict(_headers(request.headers, operation.get("headers") or {})),
        body=b"" if body is None else encode(body),
    )
    return respond_to_one(inner)


def _headers(outer: Mapping[str, str], inner: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What an operation sends itself; of the envelope's headers it has who and in what language, not what and how."""
    for name in ("authorization", "accept-language", "company"):
        if name in outer:
            yield name, outer[name]
    for name, value in inner.items():
        yield name.lower(), str(value)


def _reply(operation: Operation, response: DataResponse) -> dict[str, Any]:
    reply: dict[str, Any] = {"id": operation.get("id"), "status": response.status}
    reply["headers"] = {
        **(_HEADERS if response.body is not None else {}),
        **{name.lower(): value for name, value in response.headers.items()},
    }
    if response.body is not None:
        reply["body"] = _json(response.body)
    return reply


def _json(body: Any) -> Any:
    """An operation's body as JSON inside the envelope; what is no JSON goes in as text."""
    if not isinstance(body, bytes):
        return body
    try:
        decode(body)
    except msgspec.DecodeError:
        return body.decode("utf-8", "replace")
    return msgspec.Raw(body)
