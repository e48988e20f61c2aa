"""Which code or number stands for an id of the company that records were read from?

A record that was read in one company refers by ids that another does not have. Streams of what is referred to (payment
terms, accounts, items, ...) that come through the same pipe are remembered, id and code, so that a reference by id
alone can be looked for by its code. Those that nobody may write, such as accounts, are not written.
"""

from __future__ import annotations

import dataclasses
import sqlite3
from typing import TYPE_CHECKING, Any

from target_dynamics_bc.texts import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_dynamics_bc.finding.references import Referents
    from target_dynamics_bc.wanted.records import Reference, WantedDimension


_AT_ONCE = 2000


class SourceCodes:
    """Remembers codes by id; in memory as long as they are few, then in a file that goes with the process.

    Rows go to the database some thousand at a time.

    Args:
        referents: All that records may refer to.
    """

    def __init__(self, referents: Referents) -> None:
        self._referents = referents
        self._latest: dict[tuple[str, str], str] = {}
        # An empty name is SQLite's for a database of this connection alone, which is moved to the disk when it grows.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute(
            "CREATE TABLE codes (kind TEXT, id TEXT, code TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID"
        )

    def takes(self, stream: str) -> bool:
        """Whether a stream holds what others refer to."""
        return self._referents.of_stream(stream) is not None

    def announce(self, stream: str) -> None:
        """Take the news that a stream is to come: what refers to its records may wait for them."""
        self._referents.announce(stream)

    def remember(self, stream: str, record: Mapping[str, Any]) -> None:
        """Take the id and the code of a record, if it is one that others refer to."""
        referent = self._referents.of_stream(stream)
        if referent is None:
            return
        id_, code = record.get("id"), record.get(referent.kept_number)
        if not id_ or not code:
            return
        id_, code = printable(str(id_).strip()), printable(str(code).strip())
        if id_ and code:
            self._latest[referent.entity_set, id_.lower()] = code
            if len(self._latest) >= _AT_ONCE:
                self._store()

    def code(self, kind: str, id_: str | None) -> str | None:
        """The code of what has this id where it came from; None when that did not come."""
        key = (kind, (id_ or "").lower())
        if key in self._latest:
            return self._latest[key]
        row = self._database.execute("SELECT code FROM codes WHERE kind = ? AND id = ?", key).fetchone()
        return None if row is None else str(row[0])

    def completed(self, reference: Reference) -> Reference:
        """A reference with the code that its id stands for; one that gives a code itself keeps it."""
        referent = self._referents[reference.kind]
        if reference.id is None or (reference.number is not None and referent.kept_number == referent.number):
            return reference
        code = self.code(reference.kind, reference.id)
        return reference if code is None else dataclasses.replace(reference, number=code)

    def completed_dimension(self, wanted: WantedDimension) -> WantedDimension:
        """A dimension with the codes that its ids stand for."""
        return dataclasses.replace(
            wanted,
            code=wanted.code or self.code("dimensions", wanted.id),
            value_code=wanted.value_code or self.code("dimensionValues", wanted.value_id),
        )

    def _store(self) -> None:
        rows = [(*key, code) for key, code in self._latest.items()]
        with self._database:
            self._database.execute("BEGIN")
            self._database.executemany("INSERT OR REPLACE INTO codes VALUES (?, ?, ?)", rows)
        self._latest.clear()

    def close(self) -> None:
        """Let go of what was remembered."""
        self._database.close()
