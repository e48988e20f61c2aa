"""Which texts of a record are no Unicode, and how are they kept all the same?

JSON can spell half of a surrogate pair (a text that was cut in the middle of a sign), and a byte that is no UTF-8 is
read as half a pair. No such text can be sent; in files it is escaped, so that what is read again is the same.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from dynamics_bc_client.odata.batch import encode_json
from dynamics_bc_client.odata.nesting import check_nesting
from target_dynamics_bc.kept.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONG = 4000
_HALF = re.compile("[\ud800-\udfff]")
# Noncharacters: Unicode gives them to programs for marks of their own.
_MARK = "\ufdd0{:04x}\ufdd1"
_MARKED = re.compile("\ufdd0(d[89a-f][0-9a-f]{2})\ufdd1")

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
    """Python reads no more than some thousand digits as a whole number."""
    return int(digits) if len(digits) < _LONG else Decimal(digits)


_QUICK = msgspec.json.Decoder(float_hook=Decimal)
_DECODER = json.JSONDecoder(parse_float=Decimal, parse_int=_whole_number, parse_constant=Decimal)


def printable(text: str) -> str:
    r"""A text with halves of surrogate pairs spelled as `\ud83d`."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def faults_of_texts(record: Mapping[str, Any]) -> tuple[Fault, ...]:
    """A fault for each text of a record that is no Unicode."""
    try:
        encode_json(record)
    except UnicodeEncodeError:
        return tuple(_fault(path) for path in dict.fromkeys(_broken(record, "")))
    return ()


def _fault(path: str) -> Fault:
    message = (
        f"{path} holds text that is not Unicode (cut in the middle of a sign, or bytes that are not UTF-8); "
        "correct it where it comes from."
    )
    return Fault("map", path, "not_unicode", message)


def _broken(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, str):
        if _HALF.search(value):
            yield path
    elif isinstance(value, Mapping):
        for name, each in value.items():
            inner = f"{path}.{printable(name)}" if path else printable(name)
            if _HALF.search(name):
                yield inner
            yield from _broken(each, inner)
    elif isinstance(value, list | tuple):
        for place, each in enumerate(value):
            yield from _broken(each, f"{path}[{place}]")


def _marked(value: Any) -> Any:
    if isinstance(value, str):
        return _HALF.sub(lambda half: _MARK.format(ord(half[0])), value)
    if isinstance(value, Mapping):
        return {_marked(name): _marked(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_marked(each) for each in value]
    return value
