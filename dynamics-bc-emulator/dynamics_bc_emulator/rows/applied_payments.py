"""Which vendor payments are shown: all, or as before August 2026 only those that are applied to something.

Until then the page left out lines that name no invoice and have chosen no entries; those that the API itself has made
are of the kind that names an invoice, whether they do or not (microsoft/BCApps, pull request 9914).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynamics_bc_emulator.rows.rows import Slice, Window, window_of
from dynamics_bc_emulator.rows.stored import Stored

if TYPE_CHECKING:
    from dynamics_bc_emulator.odata.filters import Node
    from dynamics_bc_emulator.rows.store import ServedRow
    from dynamics_bc_emulator.rows.view import View

APPLIES_TO_INVOICE = "_appliesToInvoice"
"""The internal key of lines that are of the kind that names an invoice."""


@dataclass(frozen=True, slots=True)
class AppliedPayments(Stored):
    """Stored payments, of which a switch hides those that are applied to nothing."""

    def get(self, view: View, key: str) -> ServedRow | None:
        """The row of that key."""
        row = Stored.get(self, view, key)
        return next(iter(self.shown(view, [row])), None) if row is not None else None

    def scan(self, view: View, window: Window) -> Slice:
        """A window of what is shown."""
        if not _hides(view):
            return Stored.scan(self, view, window)
        rows = Stored.scan(self, view, Window(window.filter)).rows
        return window_of(self.entity_set, self.shown(view, rows), self.values(view), window)

    def count(self, view: View, wanted: Node | None) -> int:
        """How many of what is shown a filter lets through."""
        if not _hides(view):
            return Stored.count(self, view, wanted)
        return len(self.scan(view, Window(wanted)).rows)

    def shown(self, view: View, rows: list[ServedRow]) -> list[ServedRow]:
        """Those that are applied to something, while the others are hidden."""
        if not _hides(view):
            return rows
        read = self.values(view)
        names = ("appliesToInvoiceNumber", "_appliesToId", APPLIES_TO_INVOICE)
        return [row for row in rows if any(read(row).get(name) for name in names)]


def _hides(view: View) -> bool:
    return view.service.switches.unapplied_payments == "hide"
