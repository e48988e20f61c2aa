"""A batch as `multipart/mixed`, as OData 4.0 describes it: its operations and change sets, and their replies.

Each part is an HTTP request of its own, or a change set: a multipart message whose requests are done all or none. A
failed change set has one reply, the refusal.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from http.client import responses
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from dynamics_bc_emulator.odata.requests import DataResponse
from dynamics_bc_emulator.refusals import bad_request
from dynamics_bc_emulator.serving.operations import Operation
from dynamics_bc_emulator.values import encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dynamics_bc_emulator.serving.operations import Reply

_BOUNDARY = re.compile(r'boundary\s*=\s*(?:"(?P<quoted>[^"]+)"|(?P<plain>[^\s;]+))', re.IGNORECASE)
_REQUEST_LINE = re.compile(rb"(?P<method>[A-Za-z]+) (?P<url>.+?) HTTP/1\.[01]\s*")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_JSON = "application/json; odata.metadata=minimal; odata.streaming=true"


def is_multipart(content_type: str) -> bool:
    """Whether a batch of that content type is no JSON."""
    return content_type.strip().lower().startswith("multipart/mixed")


@dataclass(frozen=True, slots=True)
class _Part:
    headers: dict[str, str]
    content: bytes


def read_operations(body: bytes, content_type: str) -> list[Operation]:
    """The operations of a message, in its order.

    Raises:
        Refusal: It is no such message.
    """
    operations: list[Operation] = []
    for number, part in enumerate(_parts(body, content_type)):
        kind = part.headers.get("content-type", "")
        if is_multipart(kind):
            operations += _change_set(part.content, kind, f"changeset {number}")
        else:
            operations.append(_operation(part, None))
    return operations


def _change_set(content: bytes, content_type: str, group: str) -> Iterator[Operation]:
    for part in _parts(content, content_type):
        operation = _operation(part, group)
        if operation.method == "GET":
            raise bad_request("A change set of a batch cannot contain a GET request.")
        yield operation


def _parts(body: bytes, content_type: str) -> Iterator[_Part]:
    told = _BOUNDARY.search(content_type)
    if told is None:
        raise bad_request("The content type of a batch must name its boundary.")
    boundary = re.escape((told["quoted"] or told["plain"]).encode())
    delimiter = re.compile(rb"(?:\A|\r?\n)--" + boundary + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    marks = list(delimiter.finditer(body))
    if not marks or marks[-1][1] is None:
        raise bad_request("The batch does not end with its closing boundary.")
    for mark, following in pairwise(marks):
        yield _part(body[mark.end() : following.start()])


def _part(text: bytes) -> _Part:
    # The line of the boundary ends first.
    head, content = _headed(re.sub(rb"\A\r?\n", b"", text, count=1))
    return _Part(_headers(head), content)


def _headed(text: bytes) -> tuple[bytes, bytes]:
    """The lines before the first blank one, and what is behind it."""
    if found := re.match(rb"\r?\n", text):
        return b"", text[found.end() :]
    head = _BLANK_LINE.split(text, maxsplit=1)
    return head[0], head[1] if len(head) > 1 else b""


def _headers(head: bytes) -> dict[str, str]:
    lines = (line.partition(":") for line in head.decode("latin-1").splitlines())
    return {name.strip().lower(): value.strip() for name, colon, value in lines if colon}


def _operation(part: _Part, group: str | None) -> Operation:
    line, _, rest = part.content.lstrip(b"\r\n").partition(b"\n")
    request = _REQUEST_LINE.fullmatch(line)
    if request is None:
        raise bad_request("Every part of a batch must be an HTTP request such as 'GET companies HTTP/1.1'.")
    head, body = _headed(rest)
    headers = _headers(head)
    length = headers.get("content-length", "")
    return Operation(
        id=part.headers.get("content-id") or headers.get("content-id"),
        method=request["method"].decode().upper(),
        url=request["url"].decode("utf-8", "replace"),
        headers=headers,
        body=body[: int(length)] if length.isdigit() else body,
        group=group,
    )


def write_replies(replies: Sequence[Reply]) -> DataResponse:
    """The answer to a message."""
    boundary = f"batchresponse_{uuid.uuid4()}"
    parts: list[bytes] = []
    for group, members in groupby(replies, key=lambda one: one.operation.group):
        told = list(members)
        if group is None or (len(told) == 1 and told[0].has_failed):
            parts += map(_reply, told)
        else:
            inner = f"changesetresponse_{uuid.uuid4()}"
            head = f"Content-Type: multipart/mixed; boundary={inner}\r\n\r\n".encode()
            parts.append(head + _message(map(_reply, told), inner))
    return DataResponse(200, _message(parts, boundary), {"Content-Type": f"multipart/mixed; boundary={boundary}"})


def _message(parts: Iterator[bytes] | Sequence[bytes], boundary: str) -> bytes:
    mark = f"--{boundary}".encode()
    return b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"


def _reply(reply: Reply) -> bytes:
    response = reply.response
    told = b"" if response.body is None else response.body
    body = told if isinstance(told, bytes) else encode(told)
    mime = {"Content-Type": "application/http", "Content-Transfer-Encoding": "binary"}
    if reply.operation.id is not None:
        mime["Content-ID"] = reply.operation.id
    content_type = {"Content-Type": _JSON} if body else {}
    headers = {**content_type, "OData-Version": "4.0", **response.headers, "Content-Length": str(len(body))}
    line = f"HTTP/1.1 {response.status} {responses.get(response.status, '')}\r\n"
    return _lines(mime) + b"\r\n" + line.encode() + _lines(headers) + b"\r\n" + body


def _lines(headers: dict[str, str]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("latin-1", "replace")
