"""How does Business Central spell blanks and the members of enums?"""

from __future__ import annotations

import re
from functools import lru_cache

BLANK_DATE = "0001-01-01"
BLANK_STAMP = "0001-01-01T00:00:00Z"
ZERO_GUID = "00000000-0000-0000-0000-000000000000"
BLANK_ENUM = "_x0020_"

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{8}|[0-9A-Fa-f]{4})_")
_PLAIN = re.compile(r"[A-Za-z0-9_]")
# An underscore that would be read as the start of an escape, by itself or with the escape of the character behind it.
_LOOKS_ESCAPED = re.compile(r"_x(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{4})(?:_|[^A-Za-z0-9_])")


def decode_enum(name: str) -> str:
    """The text of an enum member: `Positive_x0020_Adjmt_x002E_` is `Positive Adjmt.`, the blank member a single space.

    Every character outside letters and digits arrives as `_xHHHH_` (as in .NET's XML names); a name without such
    parts is its own text.
    """
    if "_x" not in name:
        return name
    return _ESCAPE.sub(_decoded, name)


def _decoded(match: re.Match[str]) -> str:
    point = int(match.group(1), 16)
    # Beyond the last code point there is no character: then it is no escape, but text that looks like one.
    return chr(point) if point <= 0x10FFFF else match.group(0)


@lru_cache(maxsize=1024)
def encode_enum(text: str) -> str:
    """The name that stands for a text in bodies and filters; `decode_enum` gives the text back, whatever it was."""
    return "".join(_encoded(text, position) for position in range(len(text)))


def _encoded(text: str, position: int) -> str:
    character = text[position]
    plain = _PLAIN.fullmatch(character) and not (position == 0 and character.isdigit())
    if plain and not (character == "_" and _LOOKS_ESCAPED.match(text, position)):
        return character
    point = ord(character)
    return f"_x{point:04X}_" if point <= 0xFFFF else f"_x{point:08X}_"


def is_blank(value: object) -> bool:
    """Whether a value is one of the service's spellings of nothing: null, blank text, date, stamp, enum or GUID."""
    return value is None or value in ("", BLANK_DATE, BLANK_STAMP, ZERO_GUID, BLANK_ENUM)
