"""JSON with exact decimals, in and out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


def decode(text: str | bytes | msgspec.Raw) -> Any:
    """Parse JSON; numbers with a fraction become decimals with the digits they came with.

    Raises:
        msgspec.DecodeError: The text is no JSON.
    """
    return _decoder.decode(text)


def encode(value: Any) -> bytes:
    """Write JSON; decimals become numbers with all their digits."""
    return _encoder.encode(value)
