"""How do many operations travel in one `$batch`, and which reply belongs to which?

The rules that the service forces:
- An inner URL is relative to the API root and starts without a slash.
- Without `Prefer: odata.continue-on-error` the service stops at the first failure and the list of replies ends there.
- Replies are matched by id. Only when no reply has one, position is all there is.
- A missing reply is an unknown outcome. It is never a success.
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

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Outcome = Literal["done", "failed", "unknown"]


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
        outcome: `done`, `failed` (nothing was written) or `unknown` (look before repeating).
    """

    operation: Operation
    status: int | None
    body: dict[str, Any] | None
    error: DynamicsError | None
    outcome: Outcome


class _Reply(msgspec.Struct):
    status: int
    id: str | int | None = None
    headers: dict[str, Any] | None = None
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Replies(msgspec.Struct):
    responses: list[_Reply]


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

    An id that nobody asked with, and a second reply to the same id, are ignored: they can belong to no operation for
    certain.

    Raises:
        UnexpectedAnswer: The body is no answer to a batch.
    """
    try:
        replies = _DECODER.decode(body).responses
    except msgspec.MsgspecError as error:
        raise UnexpectedAnswer(f"The service answered a batch with something else ({error}).", scope="run") from error
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
    if reply is None:
        return None
    raw = bytes(reply.body)
    headers = {name: str(value) for name, value in (reply.headers or {}).items()}
    return Reply(reply.status, headers, b"" if raw == b"null" else raw)


def to_results(
    operations: Sequence[Operation],
    replies: Sequence[Reply | None],
    *,
    snapshot: bool,
    to_error: Callable[[Operation, Reply | None], DynamicsError],
) -> list[Result]:
    """What became of each operation.

    Args:
        operations: What was asked.
        replies: What came back, as from `decode_batch`.
        snapshot: Whether the batch was one transaction.
        to_error: Explains a failing reply; a missing one (None); and, under snapshot, a reply that claims success
            although another operation failed.
    """
    undone = snapshot and any(reply is not None and reply.status >= 400 for reply in replies)
    # One transaction with a gap in its answer: nobody can say which way it went, for none of its operations.
    in_doubt = snapshot and not undone and any(reply is None for reply in replies)
    known = [None] * len(replies) if in_doubt else replies
    return [
        _result(operation, reply, undone=undone, to_error=to_error)
        for operation, reply in zip(operations, known, strict=True)
    ]


def _result(
    operation: Operation,
    reply: Reply | None,
    *,
    undone: bool,
    to_error: Callable[[Operation, Reply | None], DynamicsError],
) -> Result:
    status = None if reply is None else reply.status
    if reply is not None and reply.status < 400 and not undone:
        return Result(operation, status, _entity(reply.body), None, "done")
    error = to_error(operation, reply)
    if undone:
        # One failure is proof that the transaction was rolled back, so not even a missing reply is in doubt.
        error.outcome_unknown = False
    return Result(operation, status, None, error, "unknown" if error.outcome_unknown else "failed")


def _entity(body: bytes) -> dict[str, Any]:
    """The entity of a reply; a reply without one, or with a scalar, has none."""
    if not body:
        return {}
    decoded = _BODY.decode(body)
    return decoded if isinstance(decoded, dict) else {"value": decoded}
