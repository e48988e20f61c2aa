"""A page of rows that is not what it should be: with an error inside, or with a next link that leads astray."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import msgspec

from dynamics_bc_emulator.http.misfortunes import UNSPOILED, error_body
from dynamics_bc_emulator.values import encode

if TYPE_CHECKING:
    from dynamics_bc_emulator.http.misfortunes import Spoiling

_NEXT = "@odata.nextLink"
ELSEWHERE = "http://elsewhere.invalid"
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode


def spoiled(body: bytes, how: Spoiling, url: str) -> bytes:
    """A page as it is spoiled; what is no page of rows stays as it is.

    Args:
        body: The page.
        how: What is wrong with it.
        url: Its own address, with scheme and host.
    """
    if how == UNSPOILED:
        return body
    try:
        page: dict[str, Any] = dict(_decode(body))
        rows: list[Any] = list(_decode_rows(page["value"]))
    except (msgspec.DecodeError, KeyError):
        return body
    if how.next_link:
        rows = _led_astray(page, rows, how.next_link, url)
    if how.error_in:
        rows = rows[: how.rows]
        error = error_body(how.saying)
        if how.error_in == "cut":
            return _cut_behind(page, [*rows, error])
        if how.error_in == "row":
            rows.append(error)
        else:
            page |= error
    return encode({**page, "value": rows})


def _led_astray(page: dict[str, Any], rows: list[Any], kind: str, url: str) -> list[Any]:
    link = page.pop(_NEXT, None)
    if kind == "loop":
        page[_NEXT] = url
    elif kind == "elsewhere":
        told = url if link is None else str(msgspec.json.decode(link))
        page[_NEXT] = f"{ELSEWHERE}/{told.split('/', 3)[-1]}"
    elif kind == "endless":
        page[_NEXT] = f"{url.partition('?')[0]}?aid=FIN&$skiptoken={uuid.uuid4()}"
        return []
    return rows


def _cut_behind(page: dict[str, Any], rows: list[Any]) -> bytes:
    """What was written before an error was noticed, and the error: nothing is closed behind it."""
    before = {name: value for name, value in page.items() if name not in {"value", _NEXT}}
    return encode(before)[:-1] + b',"value":[' + b",".join(encode(row) for row in rows)
