"""How large a request is: the rows that a page is asked for, or the operations of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import msgspec

from dynamics_bc_emulator.serving.multipart_batch import is_multipart
from dynamics_bc_emulator.serving.pages import page_size

if TYPE_CHECKING:
    from collections.abc import Mapping

_decode = msgspec.json.Decoder(dict[str, list[msgspec.Raw]]).decode


def size_of(path: str, query: str, headers: Mapping[str, str], body: bytes, page_limit: int) -> int:
    """Rows or operations; what cannot be told counts as nothing.

    Args:
        path: The request's.
        query: As it was sent.
        headers: By lower-case name.
        body: As it came.
        page_limit: Most rows of one page.
    """
    if path.rstrip("/").lower().endswith("/$batch"):
        return _operations(headers.get("content-type", ""), body)
    rows, _ = page_size(headers, page_limit)
    top = dict(parse_qsl(query)).get("$top", "")
    return min(rows, int(top)) if top.isascii() and top.isdigit() and len(top) < len(str(page_limit)) + 9 else rows


def _operations(content_type: str, body: bytes) -> int:
    if is_multipart(content_type):
        return body.count(b" HTTP/1.")
    try:
        return len(_decode(body).get("requests", ()))
    except msgspec.DecodeError:
        return 0
