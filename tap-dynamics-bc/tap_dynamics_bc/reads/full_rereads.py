"""When is a partition read from the beginning although it has a bookmark?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dynamics_bc_client.odata.query import stamp_literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class FullRereads:
    """How often streams are read whole.

    Attributes:
        every: By the stream's name in lower case.
        others: All other streams; None for never.
        streams: The names of the former as they were given.
    """

    every: Mapping[str, timedelta] = field(default_factory=dict)
    others: timedelta | None = None
    streams: tuple[str, ...] = ()

    def period(self, stream: str) -> timedelta | None:
        """How often a stream is read whole; None for never."""
        return self.every.get(stream.casefold(), self.others)

    def is_due(self, stream: str, read_whole_at: str | None, now: datetime) -> bool:
        """Whether a partition of a stream is to be read whole now.

        Args:
            stream: Its name.
            read_whole_at: When that was done last, as a stamp; None if nobody knows.
            now: By the service's clock.
        """
        period = self.period(stream)
        return period is not None and (read_whole_at is None or read_whole_at <= stamp_literal(now - period))


NEVER = FullRereads()
