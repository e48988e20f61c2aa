"""A desk that many tests share: what each does is taken back, and what it booked is counted."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.in_process import Desk

_LEDGERS = (
    "generalLedgerEntries", "itemLedgerEntries", "_customerLedgerEntries", "_vendorLedgerEntries", "salesShipments",
    "purchaseReceipts",
)  # fmt: skip


class _Undo(Exception):  # noqa: N818 - no error, it undoes what was done
    pass


@contextmanager
def undone(desk: Desk) -> Iterator[None]:
    """Whatever is done inside is taken back."""
    try:
        with desk.service.store.transaction():
            yield
            raise _Undo  # noqa: TRY301 - it ends the transaction
    except _Undo:
        pass


def booked(desk: Desk) -> list[int]:
    """How many rows each ledger has."""
    return [desk.company.store.count(desk.company.id, ledger) for ledger in _LEDGERS]
