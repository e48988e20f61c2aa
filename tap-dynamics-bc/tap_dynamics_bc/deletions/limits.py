"""How many rows may be gone at once before a person has to say that it is so?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

ROWS = 100
SHARE = 0.05
FEW = 10
"""So many rows may all be gone; where there were more and nothing came, the answer is doubted."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be deleted without being asked.

    Attributes:
        confirmed: The streams whose deletions a person has confirmed, however many, in lower case.
    """

    confirmed: Collection[str] = ()

    def refusal(self, stream: str, missing: int, known: int) -> str | None:
        """Why rows are not deleted; None when they may be.

        Args:
            stream: Whose rows they are.
            missing: How many are gone.
            known: How many were known.
        """
        if stream.casefold() in self.confirmed:
            return None
        if missing > ROWS and missing > known * SHARE:
            why = f"more than {SHARE:.0%} and more than {ROWS}"
        elif missing == known > FEW:
            why = "all of them"
        else:
            return None
        return (
            f"{missing:,} of {known:,} known rows are gone, {why}, so none of them is deleted; if that is right, name "
            f'"{stream}" in confirm_deletions for one run'
        )
