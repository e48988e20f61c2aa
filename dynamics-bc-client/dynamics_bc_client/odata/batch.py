"""How do many operations travel in one `$batch`, and which reply belongs to which?

The rules that the service forces:
- An inner URL is relative to the API root and starts without a slash.
- Without `Prefer: odata.continue-on-error` the service stops at the first failure and the list of replies ends there.
- Replies are matched by id. Only when no reply has one, position is all there is.
- Of an operation without a reply nobody knows what became. It is never a success.
- Under `Isolation: snapshot` one failure undoes all operations, and those undone still answer 201 with ids that look
  real.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from dynamics_bc_client.errors import DynamicsError, UnexpectedAnswer
from dynamics_bc_client.limits import BATCH_OPERATIONS
from dynamics_bc_client.odata.decoding import decode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Ended = Literal["done", "failed", "unknown"]
"""What became of a write: `failed` wrote nothing; of `unknown` a look has to tell before it is repeated."""

BAD_REPLY = 400
"""Replies from this status on are refusals."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One request inside a batch.

    Attributes:
        id: Unique in its batch; the reply carries it.
        method: GET, POST, PATCH or DELETE.
        path: Below the API root, such as `companies(<guid>)/customers`; it may carry a query string.
        body: What to write; None for none.
        etag: For `If-Match`; PATCH and DELETE send `*` when it is None.
        headers: Further header fields of this operation.
    """

    id: str
    method: str
    path: str
    body: Mapping[str, Any] | None = None
    etag: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        """Whether the operation changes anything."""
        return self.method != "GET"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a batch says about one operation, its body as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one operation.

    Attributes:
        operation: The operation.
        status: HTTP status of its reply; None without one.
        body: The entity; empty for a reply without one, None when the operation is not done.
        error: Why it is not done; None when it is.
        ended: `done`, `failed` (nothing was written) or `unknown` (look before repeating).
    """

    operation: Operation
    status: int | None
    body: dict[str, Any] | None
    error: DynamicsError | None
    ended: Ended


class _Reply(msgspec.Struct):
    status: int
    id: str | int | None = None
    headers: dict[str, Any] | None = None
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Replies(msgspec.Struct):
    responses: list[_Reply]


_STATUSES = range(200, 600)
"""What a reply may say; one that says something else says nothing."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(_Replies)
_BODY = msgspec.json.Decoder(float_hook=Decimal)


def encode_json(body: Any) -> bytes:
    """A body as JSON; decimals become numbers with exactly their digits."""
    return _ENCODER.encode(body)


def encode_batch(operations: Sequence[Operation]) -> bytes:
    """The body of a `$batch` request.

    Raises:
        ValueError: More than a hundred operations, an id twice, or a path that is no relative one.
    """
    if len(operations) > BATCH_OPERATIONS:
        raise ValueError(f"A batch takes {BATCH_OPERATIONS} operations, not {len(operations)}; split it.")
    if len({operation.id for operation in operations}) != len(operations):
        raise ValueError("Two operations of a batch have the same id; their replies could not be told apart.")
    return encode_json({"requests": [_encoded(operation) for operation in operations]})


def _encoded(operation: Operation) -> dict[str, Any]:
    if operation.path.startswith(("/", "http:", "https:")):
        raise ValueError(f'The path of an operation is relative to the API root; "{operation.path}" is not.')
    headers: dict[str, str] = {}
    if operation.body is not None:
        headers["Content-Type"] = "application/json"
    if operation.etag is not None or operation.method in {"PATCH", "DELETE"}:
        headers["If-Match"] = operation.etag or "*"
    encoded: dict[str, Any] = {"id": operation.id, "method": operation.method, "url": operation.path}
    encoded["headers"] = {**headers, **operation.headers}
    if operation.body is not None:
        encoded["body"] = operation.body
    return encoded


def decode_batch(body: bytes, operations: Sequence[Operation]) -> list[Reply | None]:
    """The reply of each operation, in the order of the operations; None where there is none.

    An id that nobody asked with, a second reply to the same id, and one with a status that is none are ignored: they
    can belong to no operation, or say nothing of it, for certain.

    Raises:
        UnexpectedAnswer: The body is no response to a batch.
    """
    replies = decode(_DECODER, body, wanted="the replies of a batch", stays_raw=True).responses
    if all(reply.id is None for reply in replies):
        return _by_position(replies, len(operations))
    by_id: dict[str, _Reply] = {}
    for reply in replies:
        if reply.id is not None:
            by_id.setdefault(str(reply.id), reply)
    return [_reply(by_id.get(operation.id)) for operation in operations]


def _by_position(replies: list[_Reply], count: int) -> list[Reply | None]:
    """Replies without ids come in the order of their operations; those after the last one are missing."""
    matched = [_reply(reply) for reply in replies[:count]]
    return [*matched, *[None] * (count - len(matched))]


def _reply(reply: _Reply | None) -> Reply | None:
    if reply is None or reply.status not in _STATUSES:
        return None
    raw = bytes(reply.body)
    told = (reply.headers or {}).items()
    headers = {name: str(value) for name, value in told if not isinstance(value, dict | list)}
    return Reply(reply.status, headers, b"" if raw == b"null" else raw)


def to_results(
    operations: Sequence[Operation],
    replies: Sequence[Reply | None],
    refusals: Sequence[DynamicsError | None],
    *,
    snapshot: bool,
) -> list[Result]:
    """What became of each operation.

    Args:
        operations: What was asked.
        replies: What came back, as from `decode_batch`.
        refusals: The error of each reply from status 400 on; None for the others and for a missing one.
        snapshot: Whether the batch was one transaction.
    """
    triples = list(zip(operations, replies, refusals, strict=True))
    cause = next(((operation, error) for operation, _, error in triples if error), None) if snapshot else None
    if cause is not None:
        # One failure is proof that the transaction was rolled back, so not even a missing reply is in doubt.
        return [_undone(operation, reply, error, cause) for operation, reply, error in triples]
    # One transaction with a gap in its response: nobody can say which way it went, for none of its operations.
    in_doubt = snapshot and any(reply is None for reply in replies)
    return [_result(operation, None if in_doubt else reply, error) for operation, reply, error in triples]


def _undone(
    operation: Operation, reply: Reply | None, error: DynamicsError | None, cause: tuple[Operation, DynamicsError]
) -> Result:
    first, reason = cause
    if error is None:
        error = DynamicsError(
            f'"{operation.id}" was undone with its whole batch, because "{first.id}" failed: {reason.message}',
            scope="record",
            repeat=reason.repeat,
        )
    return failed(operation, error.replacing(may_have_happened=False), reply)


def _result(operation: Operation, reply: Reply | None, error: DynamicsError | None) -> Result:
    if error is not None:
        return failed(operation, error, reply)
    if reply is None:
        return failed(operation, _without_reply(operation))
    try:
        return Result(operation, reply.status, _entity(reply.body), None, "done")
    except UnexpectedAnswer as unread:
        return failed(operation, unread.replacing(scope="record", may_have_happened=True), reply)


def failed(operation: Operation, error: DynamicsError, reply: Reply | None = None) -> Result:
    """The result of an operation that is not done, or of which nobody knows."""
    status = None if reply is None else reply.status
    in_doubt = operation.writes and error.may_have_happened
    if error.may_have_happened != in_doubt:
        error = error.replacing(may_have_happened=in_doubt)
    return Result(operation, status, None, error, "unknown" if in_doubt else "failed")


def _without_reply(operation: Operation) -> UnexpectedAnswer:
    return UnexpectedAnswer(
        f'The response to the batch holds no reply to "{operation.id}" ({operation.method} {operation.path}).',
        scope="record",
        repeatable=not operation.writes,
        may_have_happened=operation.writes,
    )


def _entity(body: bytes) -> dict[str, Any]:
    """The entity of a reply; a reply without one, or with a scalar, has none."""
    if not body:
        return {}
    decoded = decode(_BODY, body, wanted="JSON")
    return decoded if isinstance(decoded, dict) else {"value": decoded}
