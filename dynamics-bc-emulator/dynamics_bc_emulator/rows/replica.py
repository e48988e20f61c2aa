"""How a read can miss a write that was just made: a second copy of the store that lags behind."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dynamics_bc_emulator.rows.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_emulator.odata.requests import DataRequest


class Replica:
    """The store as it was before the writes of the last moments."""

    def __init__(self) -> None:
        self._copy: Store | None = None
        self._written: datetime | None = None
        self._lag = timedelta(0)

    def forget(self) -> None:
        """Lag behind nothing."""
        self._written = None

    def before_write(self, store: Store, lag_seconds: float, now: datetime) -> None:
        """Keep what readers still see; without a lag nothing is kept."""
        if not lag_seconds:
            return
        if not self._is_behind(now):
            self._copy = self._copy or Store(store.shapes, lambda: now)
            self._copy.copy_from(store)
        self._lag = timedelta(seconds=lag_seconds)
        self._written = now

    def store_for(self, store: Store, request: DataRequest, now: datetime) -> Store:
        """Where a read looks: the primary if it asks for it, else the copy while that is behind."""
        if self._copy and self._is_behind(now) and not wants_primary(request.headers):
            return self._copy
        return store

    def _is_behind(self, now: datetime) -> bool:
        return self._written is not None and now < self._written + self._lag


def wants_primary(headers: Mapping[str, str]) -> bool:
    """Whether a read asks for the primary database."""
    return headers.get("data-access-intent", "").lower() == "readwrite"
