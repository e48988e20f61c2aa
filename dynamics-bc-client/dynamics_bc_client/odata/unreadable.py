"""What of a body is no text, and what stands in its place?

A field of the service is filled byte by byte by whoever imports data, so one row may hold half of a pair of surrogates
or bytes that are no UTF-8. No decoder takes either, and one such row would make its whole set unreadable for ever: what
is no text becomes U+FFFD, Unicode's own sign for that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from dynamics_bc_client.odata.decoding import decode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

REPLACEMENT = b"\\ufffd"
"""As an escape of JSON."""

# Every escape is looked at, so that a backslash that is escaped itself begins none.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


def as_utf8(body: bytes) -> bytes:
    """A body with nothing in it that is no UTF-8; the same object when all of it is."""
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError:
            return body.decode(errors="replace").encode()
    return body


def readable(body: bytes) -> bytes:
    """A body of JSON that no decoder took, with nothing in it that is no text; the same object when all of it is."""
    repaired = _ESCAPE.sub(lambda found: found[0] if found["half"] is None else REPLACEMENT, as_utf8(body))
    return body if repaired == body else repaired


def spoiled_rows(body: bytes, keys: Sequence[str]) -> Iterator[str]:
    """The keys of the rows of a page in which something is no text, as they came.

    Args:
        body: The page, made readable.
        keys: The properties of the key.
    """
    signs = (REPLACEMENT, "\ufffd".encode())
    for row in decode(_ROWS, body, wanted="a page of rows").value:
        if any(sign in bytes(row) for sign in signs):
            members = _MEMBERS.decode(row)
            yield ", ".join(bytes(members[name]).decode().strip('"') for name in keys if name in members)


class _Rows(msgspec.Struct):
    value: list[msgspec.Raw]


_ROWS = msgspec.json.Decoder(_Rows)
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
