"""What becomes of a text that is kept as a code?"""

from __future__ import annotations


def to_code(text: str) -> str:
    """A text as codes are kept: trimmed, in upper case sign by sign, so that one that would become two stays (`ß`)."""
    trimmed = text.strip()
    upper = trimmed.upper()
    if len(upper) == len(trimmed):
        return upper
    return "".join(sign.upper() if len(sign.upper()) == 1 else sign for sign in trimmed)
