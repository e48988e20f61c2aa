"""When do two names, texts or ids mean the same to Business Central?"""

from __future__ import annotations

import re
import unicodedata

_ID = re.compile(
    r"(?:urn:uuid:)?\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?", re.IGNORECASE
)


def upper_case(text: str) -> str:
    """A text in upper case as Business Central has it: sign by sign, so that one that would become two stays (`ß`)."""
    upper = text.upper()
    if len(upper) == len(text):
        return upper
    return "".join(sign.upper() if len(sign.upper()) == 1 else sign for sign in text)


def same_name(name: str) -> str:
    """What names that differ in case, in blanks and in how their accents are put together alone have in common."""
    return upper_case(" ".join(unicodedata.normalize("NFC", name).split()))


def plain_id(text: str) -> str:
    """An id as Business Central spells ids; one in braces, as a URN or without its dashes is the same."""
    match = _ID.fullmatch(text)
    return text if match is None else "-".join(match.groups())
