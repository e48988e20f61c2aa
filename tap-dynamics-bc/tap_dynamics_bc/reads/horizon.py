"""Up to which moment may a run rely on what it reads?

Rules:
- Stamps are the service's, so its clock counts, as the first response of the run tells it.
- A row becomes visible when its transaction ends, up to half an hour after it was stamped: the look-back.
- Reads may be served by a copy of the database (`Data-Access-Intent`, see the client's `read_intent`), which shows a
  moment that has passed already. How long ago no response tells; seconds are usual, and minutes are allowed for.
- Whoever passes responses on may have a clock of its own. One that is ahead of ours by more than clocks differ would
  take the look-back away, so bookmarks follow ours then. One that is behind only has rows read twice.
- A bookmark that lies ahead of the service's clock is of a clock that was wrong, or of a hand that slipped. Rows that
  were changed before it may never have been read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from dynamics_bc_client.odata.query import stamp_literal

if TYPE_CHECKING:
    from datetime import datetime

CLOCKS_APART = timedelta(minutes=5)
"""How far two clocks that are right may differ: what sign-in protocols allow for, too."""

COPY_BEHIND = timedelta(minutes=5)
"""How far a copy of the database may be behind."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """What a run may rely on.

    Attributes:
        started_at: When the run began, by the service's clock.
        ceiling: The stamp that no bookmark of the run may pass.
        certain: Entries of ledgers with an earlier stamp are read, and no others.
        future: No bookmark of an earlier run can be behind this stamp.
        ahead: How far the service's clock is ahead of ours, if that is too far; zero otherwise.
    """

    started_at: datetime
    ceiling: str
    certain: str
    future: str
    ahead: timedelta = timedelta(0)

    @classmethod
    def of(cls, started_at: datetime, *, now: datetime, lookback: timedelta, commit_delay: timedelta) -> Horizon:
        """The horizon of a run.

        Args:
            started_at: By the service's clock.
            now: By ours.
            lookback: How long a row may stay invisible after it was stamped.
            commit_delay: How long an entry of a ledger is left alone after it was stamped.
        """
        certain = started_at - commit_delay
        trusted = min(started_at, now + CLOCKS_APART)
        return cls(
            started_at,
            stamp_literal(min(trusted - lookback - COPY_BEHIND, certain)),
            stamp_literal(certain),
            stamp_literal(started_at + CLOCKS_APART),
            started_at - now if trusted < started_at else timedelta(0),
        )
