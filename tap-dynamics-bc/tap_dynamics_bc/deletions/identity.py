"""What is the one text that a row is known by, and the one hash of many rows?

Pure, and the same wherever a row may be met: at the source, in the index of known keys, in a table of a warehouse, in a
file of Singer messages. The certificate and `dynamics-bc verify` compare what these functions make:

- `identity_of` says which properties make the id of a stream's rows within one company;
- `canonical_id` makes one text of their values, in that order, whatever types a database returns them in;
- `Fingerprint` takes the ids of one stream and company in order (`sorted` orders as it should, SQLite's and C's own
  order of text as well), each once, and has their number and their hash: SHA-256 over each id in UTF-8 and a line feed.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from dynamics_bc_client.odata.query import stamp_literal
from tap_dynamics_bc.streams.columns import COMPANY_ID
from tap_dynamics_bc.streams.stamps import to_stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

KeyPart: TypeAlias = "str | int | float | bool | Decimal | date | datetime | UUID"

_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")
_SPECIAL = re.compile(r"[\\|\n]")
_ESCAPED = {"\\": "\\\\", "|": "\\|", "\n": "\\n"}


def identity_of(keys: Sequence[str], stamp: str | None) -> tuple[str, ...]:
    """The properties that tell the rows of one company apart.

    Neither the company, which is told apart anyway, nor a stamp that is part of the key so that a database keeps each
    version of a row: the row itself is one.

    Args:
        keys: The key properties of a stream.
        stamp: The property that tells when a row was changed; None without one.
    """
    return tuple(name for name in keys if name not in {COMPANY_ID.name, stamp})


def canonical_id(parts: Iterable[KeyPart]) -> str:
    """The text that a row is known by: its parts joined by `|`, which is escaped inside them."""
    return "|".join(canonical_part(part) for part in parts)


def canonical_part(value: KeyPart) -> str:
    """One part of a key as text: GUIDs in lower case, numbers without zeros at the end, stamps in UTC."""
    if isinstance(value, str):
        return _of_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return to_stamp(value.isoformat()) if value.tzinfo is None else stamp_literal(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return _of_number(value)


def _of_text(text: str) -> str:
    if _GUID.fullmatch(text):
        return text.lower()
    if _STAMP.fullmatch(text):
        try:
            return to_stamp(text)
        except ValueError:
            pass
    return _SPECIAL.sub(lambda found: _ESCAPED[found[0]], text)


def _of_number(number: float | Decimal) -> str:
    text = f"{Decimal(str(number)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class Fingerprint:
    """The number and the hash of ids that come in order.

    Attributes:
        rows: How many there were.
    """

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self.rows = 0
        self._hash = hashlib.sha256()
        for each in ids:
            self.add(each)

    def add(self, canonical: str) -> None:
        """Take the next id; it sorts behind the one before."""
        self.rows += 1
        self._hash.update(b"%s\n" % canonical.encode())

    @property
    def hash(self) -> str:
        """Of all ids so far, in hexadecimal digits."""
        return self._hash.hexdigest()
