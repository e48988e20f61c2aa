"""Which ids do we give ourselves, and how is it known that a record has come before?"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from decimal import Decimal
from functools import lru_cache
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

# A fixed name space of this project: ids derived in it are the same on every machine and in every run.
_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://github.com/dynamics-bc-singer/derived-ids").bytes

_SORTED = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str)
_QUICK = msgspec.json.Encoder(decimal_format="string", order="deterministic")
_EXACT = frozenset({str, int, bool, NoneType, Decimal, dict, list})
_ESCAPED = re.compile("[^\x00-\x7e]")
_INFINITE = b'Infinity"'

JOURNAL_CODE_LENGTH = 10
"""Characters of a journal batch's code in Business Central."""


class Fingerprint(NamedTuple):
    """What tells a record from others as it came.

    Attributes:
        hash: SHA-256 of the record as JSON with sorted keys, in hex.
        is_sound: All its texts are Unicode and none of its numbers is infinite, as far as that was seen on the way.
    """

    hash: str
    is_sound: bool


def fingerprint_of(record: Mapping[str, Any]) -> Fingerprint:
    """The hash of a record, and what its JSON shows besides."""
    quick = _quickly(record)
    text = quick or _SORTED.encode(record).encode()
    return Fingerprint(hashlib.sha256(text).hexdigest(), quick is not None and _INFINITE not in quick)


def hash_of(record: Mapping[str, Any]) -> str:
    """SHA-256 of the record as JSON with sorted keys, in hex."""
    return fingerprint_of(record).hash


def _quickly(record: Mapping[str, Any]) -> bytes | None:
    """The same JSON in a twentieth of the time; None where the two would spell something differently.

    Hashes are kept for years, so fractions in binary (which come of stream maps) and objects that are not JSON's are
    left to the encoder that has always made them.
    """
    if type(record) is not dict or not _is_exact(record):
        return None  # what came in place of a record has a hash, too
    try:
        text = _QUICK.encode(record)
    except (UnicodeEncodeError, OverflowError, RecursionError, TypeError):
        return None
    return text if text.isascii() and b"\x7f" not in text else _ESCAPED.sub(_escape, text.decode()).encode()


def _escape(sign: re.Match[str]) -> str:
    """A sign beyond ASCII as JSON escapes it: two halves where it needs them."""
    return json.dumps(sign[0])[1:-1]


def _is_exact(value: Mapping[str, Any] | list[Any]) -> bool:
    """Whether an object or a list of JSON holds what reading JSON with exact numbers gives, and nothing else."""
    inside = value if type(value) is list else value.values()  # type: ignore[union-attr]
    types = {*map(type, inside)}
    if not types <= _EXACT:
        return False
    if dict in types or list in types:
        for each in inside:
            if type(each) in {dict, list} and not _is_exact(each):
                return False
    return True


@lru_cache(maxsize=4096)
def derived_id(company_id: str, *names: str) -> str:
    """The id that we give to a record ourselves, so that creating it twice is refused by the service itself.

    Args:
        company_id: The company it is written to.
        names: What it is and what tells it from others: the kind, the sender's id, and so on.
    """
    # As `uuid.uuid5` makes it, in a third of its time: entries of many lines spend most of theirs here.
    name = "\n".join((company_id.lower(), *names)).encode()
    digest = bytearray(hashlib.sha1(_SPACE + name, usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def batch_id(company_id: str, journal_set: str, identity: str, attempt: int) -> str:
    """Id of the journal batch that an entry or a payment is posted from, at each attempt to find a code for it."""
    return derived_id(company_id, journal_set, identity, str(attempt))


def line_id(
    company_id: str, entity_set: str, identity: str, where: Literal["draft", "post", "preview"], place: int
) -> str:
    """Id of a journal's line: the same in every run, another one in a draft than in the batch it is posted from."""
    return derived_id(company_id, entity_set, identity, where, str(place))


def is_derived(id_: str) -> bool:
    """Whether an id can be one of ours: those of the service are of another version."""
    return id_[14:15] == "5"


def journal_code(id_: str) -> str:
    """The code of a journal batch of our own: 47 bits of its id, so that two hardly ever meet.

    In letters alone: where a template increments the name of a batch when it is posted, one with digits leaves another
    batch behind.
    """
    number = int.from_bytes(hashlib.sha256(id_.encode()).digest()[:8], "big")
    letters = []
    for _ in range(JOURNAL_CODE_LENGTH):
        number, letter = divmod(number, 26)
        letters.append(chr(ord("A") + letter))
    return "".join(letters)
