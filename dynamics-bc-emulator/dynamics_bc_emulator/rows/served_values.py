"""How is a row's value served as JSON, and what is the etag of a row?"""

from __future__ import annotations

from base64 import b64encode
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import msgspec

from dynamics_bc_emulator.values import encode

_SPELLED_PLAINLY = Decimal("0.000001")


def served_value(value: Any) -> Any:
    """A decimal as the service writes it: the shortest digits that are exact, never an exponent."""
    if not isinstance(value, Decimal):
        return value
    if value == value.to_integral_value():
        return int(value)
    text = f"{value.normalize():f}"
    # A decimal below a millionth spells itself with an exponent.
    return Decimal(text) if abs(value) >= _SPELLED_PLAINLY else msgspec.Raw(text.encode())


def etag_of(public: dict[str, Any]) -> str:
    """The etag of a row whose values are these."""
    return _etag(encode(public))


def with_etag(public: dict[str, Any]) -> str:
    """A row as the JSON that is served; its etag comes first and covers the other values."""
    text = encode(public)
    etag = encode(_etag(text)).decode()
    return f'{{"@odata.etag":{etag},{text[1:].decode()}' if len(text) > 2 else f'{{"@odata.etag":{etag}}}'


def _etag(text: bytes) -> str:
    number = int.from_bytes(blake2b(text, digest_size=8).digest(), "big")
    opaque = b64encode(f"'19;{number:020d};00;'".encode()).decode()
    return f'W/"{opaque}"'
