"""Which code or number stands for an id of the company that records were read from?

A record that was read in one company refers by ids that another does not have. Streams of what is referred to (payment
terms, accounts, items, ...) that come through the same pipe are not written: they are remembered, id and code, so
that a reference by id alone can be looked for by its code.
"""

from __future__ import annotations

import dataclasses
import sqlite3
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from target_dynamics_bc.finding.references import KINDS
from target_dynamics_bc.texts import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_dynamics_bc.wanted.records import Reference, WantedDimension

# Of what is written itself, and of dimensions, which have a catalogue of their own.
_FURTHER: Mapping[str, str] = MappingProxyType({"dimensions": "code", "dimensionValues": "code"})
_WRITTEN: Mapping[str, str] = MappingProxyType(
    {
        "customers": "number",
        "vendors": "number",
        # Its own number is another one in every company; the vendor's number for it is not.
        "purchaseInvoices": "vendorInvoiceNumber",
    }
)
_SINKS_ALIKE = frozenset({*_WRITTEN, "vendorPayments", "generalJournalLines"})
_REMEMBERED: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        **{name.lower(): (name, kind.number) for name, kind in KINDS.items() if name not in _SINKS_ALIKE},
        **{name.lower(): (name, number) for name, number in (*_FURTHER.items(), *_WRITTEN.items())},
    }
)


def is_reference_stream(stream: str) -> bool:
    """Whether a stream holds what others refer to and nothing that is written."""
    known = _REMEMBERED.get(stream.strip().lower())
    return known is not None and known[0] not in _SINKS_ALIKE


class SourceCodes:
    """Remembers codes by id; in memory as long as they are few, then in a file that goes with the process."""

    def __init__(self) -> None:
        # An empty name is SQLite's for a database of this connection alone, which is moved to the disk when it grows.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute(
            "CREATE TABLE codes (kind TEXT, id TEXT, code TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID"
        )

    def remember(self, stream: str, record: Mapping[str, Any]) -> None:
        """Take the id and the code of a record, if it is one that others refer to."""
        known = _REMEMBERED.get(stream.strip().lower())
        if known is None:
            return
        kind, property_ = known
        id_, code = (printable(str(record.get(name) or "").strip()) for name in ("id", property_))
        if id_ and code:
            self._database.execute("INSERT OR REPLACE INTO codes VALUES (?, ?, ?)", (kind, id_.lower(), code))

    def code(self, kind: str, id_: str | None) -> str | None:
        """The code of what has this id where it came from; None when that did not come."""
        row = self._database.execute(
            "SELECT code FROM codes WHERE kind = ? AND id = ?", (kind, (id_ or "").lower())
        ).fetchone()
        return None if row is None else str(row[0])

    def completed(self, reference: Reference) -> Reference:
        """A reference with the code that its id stands for; one that gives a code itself keeps it."""
        if reference.id is None or (reference.number is not None and reference.kind != "purchaseInvoices"):
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

    def close(self) -> None:
        """Let go of what was remembered."""
        self._database.close()
