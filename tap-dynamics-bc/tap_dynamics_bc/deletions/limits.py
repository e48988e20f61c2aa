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

    def is_confirmed(self, stream: str) -> bool:
        """Whether a person has said that any number of rows may be gone."""
        return stream.casefold() in self.confirmed

    def most(self, stream: str, known: int) -> int:
        """Of so many rows it can be told whether they are too many.

        Args:
            stream: Whose rows they are.
            known: How many were known.
        """
        return ROWS if self.is_confirmed(stream) else max(ROWS, int(known * SHARE)) + 1

    def refusal(self, stream: str, missing: int, known: int, *, came: bool = True) -> str | None:
        """Why rows are not deleted; None when they may be.

        Args:
            stream: Whose rows they are.
            missing: How many are gone, counted up to `most`.
            known: How many were known.
            came: Whether any other row came.
        """
        if self.is_confirmed(stream):
            return None
        if not came and known > FEW:
            gone, why = f"all {known:,} known rows", "and none came"
        elif missing > ROWS and missing > known * SHARE:
            gone, why = f"{missing:,} or more of {known:,} known rows", f"more than {SHARE:.0%} and more than {ROWS}"
        else:
            return None
        return (
            f"{gone} are gone, {why}, so none of them is deleted; if that is right, name "
            f'"{stream}" in confirm_deletions for one run'
        )
