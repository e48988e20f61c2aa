"""One message to a receiver."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dynamics_bc_emulator.notifying.calling import SENDING_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from dynamics_bc_emulator.notifying.calling import Answer, Call


@dataclass(frozen=True, slots=True)
class Letter:
    """One POST to a receiver.

    Attributes:
        answered: Is told what came back, and when, by whoever may write rows.
    """

    url: str
    body: bytes
    headers: dict[str, str]
    answered: Callable[[Answer | None, datetime], None] = field(repr=False)

    def send(self, call: Call) -> Answer | None:
        """Send it; None if nobody answers."""
        return call(self.url, self.body, self.headers, SENDING_SECONDS)
