"""How are the rows of a page taken apart and put together again, without decoding what is in them?"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from dynamics_bc_client.errors import UnexpectedAnswer
from dynamics_bc_client.odata.decoding import decode
from dynamics_bc_client.odata.pages import PAGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_dynamics_bc.streams.description import Stream


class _Rows(msgspec.Struct):
    value: list[msgspec.Raw]


_ROWS = msgspec.json.Decoder(_Rows)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NAME = msgspec.json.Encoder()

_ROWS_BEGIN = b'"value":['
_LONGEST_ROW = 100_000
_FIRST = json.JSONDecoder()


def page_of(rows: Iterable[bytes]) -> bytes:
    """A page with these rows."""
    return b'{"value":[' + b",".join(rows) + b"]}"


def raw_rows(body: bytes) -> list[bytes]:
    """The rows of a page as they came."""
    return list(each_row(body))


def each_row(body: bytes) -> Iterator[bytes]:
    """The same, each copied when it is taken."""
    return (bytes(each) for each in decode(_ROWS, body, wanted=PAGE, stays_raw=True).value)


def rows_by_id(body: bytes, stream: Stream) -> Iterator[tuple[str, bytes]]:
    """The rows of a page as they came, each with its id."""
    return zip(row_ids(body, stream), raw_rows(body), strict=True)


def row_ids(body: bytes, stream: Stream) -> list[str]:
    """The ids of the rows of a page of a stream's set, as `Stream.row_id` makes them.

    Raises:
        UnexpectedAnswer: One has none.
    """
    key = stream.entity_set.type.key
    try:
        rows = _keys_decoder(key).decode(body).value
    except msgspec.MsgspecError as error:
        raise UnexpectedAnswer(f"The rows have no {', '.join(key)} that tells them apart: {error}.") from error
    if len(key) == 1:
        return [str(row.key0) for row in rows]
    return [stream.row_id({name: getattr(row, f"key{number}") for number, name in enumerate(key)}) for row in rows]


def first_row(body: bytes) -> dict[str, Any] | None:
    """The first row of a page, decoded, without a look at the others; None where there is none to be found so."""
    start = body.find(_ROWS_BEGIN) + len(_ROWS_BEGIN)
    if start < len(_ROWS_BEGIN):
        return None
    try:
        row, _ = _FIRST.raw_decode(body[start : start + _LONGEST_ROW].decode(errors="replace").lstrip())
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def members_of(row: bytes) -> dict[str, bytes]:
    """What a row holds, each value as it came, in their order."""
    return {name: bytes(value) for name, value in _MEMBERS.decode(row).items()}


def items_of(value: bytes) -> list[bytes]:
    """The rows of an expanded list as they came."""
    return [bytes(each) for each in _LIST.decode(value)]


def row_of(members: Mapping[str, bytes]) -> bytes:
    """A row that holds these values."""
    return b"{" + b",".join(b"%s:%s" % (_NAME.encode(name), value) for name, value in members.items()) + b"}"


def list_of(items: Iterable[bytes]) -> bytes:
    """A list of these values."""
    return b"[" + b",".join(items) + b"]"


@lru_cache
def _keys_decoder(key: tuple[str, ...]) -> msgspec.json.Decoder[Any]:
    """Reads nothing of a page but the keys of its rows."""
    names = {f"key{number}": name for number, name in enumerate(key)}
    row = msgspec.defstruct("Key", [(each, str | int) for each in names], rename=names, gc=False)
    return msgspec.json.Decoder(msgspec.defstruct("Keys", [("value", list[row])]))  # type: ignore[valid-type]
