"""How is JSON read and written so that numbers keep their digits, and texts that are no Unicode come back?"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from dynamics_bc_client.odata.batch import encode_json
from dynamics_bc_client.odata.nesting import check_nesting
from target_dynamics_bc.texts import HALF_OF_A_PAIR

_LONG = 4000
"""Digits of a whole number, from which on it is read as a decimal: Python reads no more than some thousand."""

# Noncharacters: Unicode gives them to programs for marks of their own.
_MARK = "\ufdd0{:04x}\ufdd1"
_MARKED = re.compile("\ufdd0(d[89a-f][0-9a-f]{2})\ufdd1")


def to_json_line(content: Any) -> str:
    """JSON on one line, with its line break; decimals keep their digits, halves of surrogate pairs are escaped."""
    try:
        return encode_json(content).decode() + "\n"
    except UnicodeEncodeError:
        return _MARKED.sub(r"\\u\1", encode_json(_marked(content)).decode()) + "\n"


def from_json(text: str) -> Any:
    """JSON with exact numbers: fractions as decimals, and whole numbers that are longer than any as well.

    NaN and Infinity are decimals, too: as such, and only as such, they are written again as they were read.

    Raises:
        ValueError: It is no JSON.
        RecursionError: It is nested too deep.
    """
    check_nesting(text)
    try:
        return _QUICK.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        # What is no strict JSON (NaN, halves of pairs) takes the longer way, and what is none is told there.
        return _DECODER.decode(text)


def _whole_number(digits: str) -> int | Decimal:
    return int(digits) if len(digits) < _LONG else Decimal(digits)


_QUICK = msgspec.json.Decoder(float_hook=Decimal)
_DECODER = json.JSONDecoder(parse_float=Decimal, parse_int=_whole_number, parse_constant=Decimal)


def _marked(value: Any) -> Any:
    """A value whose halves of pairs are marked, as the encoder takes none."""
    if isinstance(value, str):
        return HALF_OF_A_PAIR.sub(lambda half: _MARK.format(ord(half[0])), value)
    if isinstance(value, Mapping):
        return {_marked(name): _marked(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_marked(each) for each in value]
    return value
