"""How are the rows of a page taken apart and put together again, without decoding what is in them?"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from dynamics_bc_client.errors import UnexpectedAnswer
from dynamics_bc_client.odata.decoding import decode
from dynamics_bc_client.odata.pages import PAGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class _Rows(msgspec.Struct):
    value: list[msgspec.Raw]


_ROWS = msgspec.json.Decoder(_Rows)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NAME = msgspec.json.Encoder()


def page_of(rows: Iterable[bytes]) -> bytes:
    """A page with these rows."""
    return b'{"value":[' + b",".join(rows) + b"]}"


def raw_rows(body: bytes) -> list[bytes]:
    """The rows of a page as they came."""
    return [bytes(each) for each in decode(_ROWS, body, wanted=PAGE).value]


def rows_by_id(body: bytes, key: str) -> Iterator[tuple[str, bytes]]:
    """The rows of a page as they came, each with its id."""
    return zip(row_ids(body, key), raw_rows(body), strict=True)


def row_ids(body: bytes, key: str) -> list[str]:
    """The ids of the rows of a page.

    Raises:
        UnexpectedAnswer: One has none.
    """
    try:
        return [row.key for row in _keys_decoder(key).decode(body).value]
    except msgspec.MsgspecError as error:
        raise UnexpectedAnswer(f"The rows have no {key} that tells them apart: {error}.") from error


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
def _keys_decoder(key: str) -> msgspec.json.Decoder[Any]:
    """Reads nothing of a page but the keys of its rows."""
    row = msgspec.defstruct("Key", [("key", str)], rename={"key": key})
    return msgspec.json.Decoder(msgspec.defstruct("Keys", [("value", list[row])]))  # type: ignore[valid-type]
