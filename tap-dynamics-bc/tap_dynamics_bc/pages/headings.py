"""Which rows of a published list page are headings, and no records?

A list page with groups is published with a row for each heading, in which every value is empty, the numbers too.
"""

from __future__ import annotations

from typing import Any

import msgspec

_EMPTY = ("", None)


class _Page(msgspec.Struct):
    value: list[msgspec.Raw]


_PAGE = msgspec.json.Decoder(_Page)
_ROW = msgspec.json.Decoder(dict[str, Any])


def without_headings(body: bytes) -> bytes:
    """The page without its headings; as it came where there are none."""
    rows = [bytes(row) for row in _PAGE.decode(body).value]
    kept = [row for row in rows if not _is_heading(row)]
    return body if len(kept) == len(rows) else b'{"value":[' + b",".join(kept) + b"]}"


def _is_heading(row: bytes) -> bool:
    values = [value for name, value in _ROW.decode(row).items() if "@" not in name]
    return all(value in _EMPTY for value in values)
