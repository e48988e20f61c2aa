"""Stored rows that other sets show too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynamics_bc_emulator.rows.stored import Stored

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.rows import Change
    from dynamics_bc_emulator.rows.store import Row


@dataclass(frozen=True, slots=True)
class Twin(Stored):
    """Rows that are stored twice, under one id: what is kept in one set is kept in the other.

    Attributes:
        others: For a set and its row, None once that is removed: the other sets with the row as it is there, None
            where it is not.
    """

    others: Callable[[str, Row | None], Mapping[str, Row | None]]

    def put(self, company: Company, change: Change) -> Row:
        """Write a row, and its twins."""
        row = Stored.put(self, company, change)
        for name, twin in self.others(self.entity_set.name, None if change.after is None else row).items():
            if twin is None:
                company.delete(name, row["id"])
            elif company.get(name, row["id"]) is None:
                company.insert(name, twin)
            else:
                company.update(name, row["id"], twin)
        return row
