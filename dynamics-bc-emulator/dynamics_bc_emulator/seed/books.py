"""A company's rows while they are being put together: ids, stamps, and who is whose."""

from __future__ import annotations

import random
import uuid
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.stamps import ZERO_GUID, rounded

if TYPE_CHECKING:
    from dynamics_bc_emulator.odata.catalogue import Catalogue
    from dynamics_bc_emulator.rows.store import Row

_YEAR_MILLISECONDS = 365 * 86_400_000
# One row in this many was written by the same transaction as the one before it.
_SHARED_STAMPS = 8
# Sets whose first rows are older than the stamps, as in a database that was upgraded.
_BLANK_STAMPS = {"accounts": 3, "customers": 1, "items": 2, "generalLedgerEntries": 5, "salesInvoices": 1}


def make_id(*parts: Any) -> str:
    """A GUID that is the same for the same parts."""
    digest = blake2b("|".join(str(part) for part in parts).encode(), digest_size=16).digest()
    return str(uuid.UUID(bytes=digest, version=4))


class Books:
    """Rows by entity set, not yet stored."""

    def __init__(self, company_id: str, seed: str, catalogue: Catalogue, end_milliseconds: int) -> None:
        self.company_id = company_id
        self.catalogue = catalogue
        self.rows: dict[str, list[Row]] = {}
        self.random = random.Random(seed)  # noqa: S311 - made-up data, the same in every run
        self.seed = seed
        self._end = end_milliseconds
        self._stamp = end_milliseconds
        self._ids: dict[tuple[str, str], str] = {}

    def add(self, entity_set: str, row: Row, key: Any = None) -> Row:
        """Add a row under a key that is its own in the set; gives it an id, unless it has one, and a stamp."""
        rows = self.rows.setdefault(entity_set, [])
        key = str(
            key
            if key is not None
            else row.get("number") or row.get("code") or row.get("entryNumber") or f"row {len(rows)}"
        )
        blank = len(rows) < _BLANK_STAMPS.get(entity_set, 0)
        self.complete(entity_set, row, key, 0 if blank else self._next_stamp())
        self._ids[entity_set, key] = row["id"]
        rows.append(row)
        return row

    def complete(self, entity_set: str, row: Row, key: str, stamp: int | None = None) -> Row:
        """Give a row its id, unless it has one, and its stamp, without keeping it here."""
        row.setdefault("id", make_id(self.seed, entity_set, key))
        row["_stamp"] = self._next_stamp() if stamp is None else stamp
        return row

    def id_of(self, entity_set: str, key: Any) -> str:
        """The id of the row under a key; the zero GUID for a blank or an unknown key."""
        return self._ids.get((entity_set, str(key)), ZERO_GUID)

    def all(self, entity_set: str) -> list[Row]:
        """The rows of a set so far."""
        return self.rows.get(entity_set, [])

    def has(self, entity_set: str, name: str) -> bool:
        """Whether a set has a property."""
        return name in self.catalogue.sets[entity_set].properties

    def narrowed(self, entity_set: str, values: Row) -> Row:
        """What of some values a set has properties for; internal ones stay."""
        known = self.catalogue.sets[entity_set].properties
        return {name: value for name, value in values.items() if name in known or name.startswith("_")}

    def _next_stamp(self) -> int:
        if self.random.randrange(_SHARED_STAMPS):
            self._stamp = rounded(self._end - self.random.randrange(_YEAR_MILLISECONDS))
        return min(self._stamp, self._end)
