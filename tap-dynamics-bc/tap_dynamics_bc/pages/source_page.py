"""What is a page of a source, and what does it lack?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime

Path: TypeAlias = tuple[str, ...]
"""The navigation properties from a source to a place below it."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An expansion that the service cannot compute, for one row or for any.

    Attributes:
        path: The navigation properties from the source to what is missing.
        id: The key of the source's row; None where all rows of the read are without it.
        message: What the service said.
    """

    path: Path
    id: str | None
    message: str


@dataclass(frozen=True, slots=True)
class SourcePage:
    """A page of a source, with all that was expanded in it.

    Attributes:
        body: The JSON, undecoded: `{"value": [...], ...}`. What was left out of a row is absent from it, which is not
            the same as an empty list: nobody knows what is there.
        served_at: The service's own clock.
        left_out: Expansions that are missing in it.
        page_rows: How many rows were asked for; None where nobody counts.
        goes_on: Whether the service names a page behind it.
    """

    body: bytes
    served_at: datetime
    left_out: tuple[LeftOut, ...] = ()
    page_rows: int | None = None
    goes_on: bool = False
