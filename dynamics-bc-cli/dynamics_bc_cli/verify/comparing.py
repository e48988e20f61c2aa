"""Do both sides have the same rows, as of when the comparison began?

Data moves while it is read. A row that only one side has is looked at once more: one that came or changed since the
comparison began is not counted, nor one that was deleted since, nor one that a page passed over. What is left is
different, and then the hashes are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from dynamics_bc_cli.verify.sides import DESTINATION, SOURCE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dynamics_bc_cli.verify.sides import Part, Sides, Tally

LOOKED_AT = 1_000
"""Rows of a part and a side that are looked at once more: where there are more, it was not data that moved."""


class Rows(Protocol):
    """Who can be asked for rows once more."""

    @property
    def failed(self) -> Mapping[Part, str]:
        """Why ids of a part could not be read."""

    def existing(self, part: Part, ids: Sequence[str]) -> set[str]:
        """Which of these ids the service has now."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a comparison.

    Attributes:
        part: Of what.
        source: What the service has.
        destination: What the destination has.
        missing: Ids that the destination lacks.
        extra: Ids that it has too many.
        unknown: Why it cannot be told; empty where it can.
    """

    part: Part
    source: Tally
    destination: Tally
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    unknown: str = ""

    @property
    def agrees(self) -> bool:
        """Whether both sides have the same rows, each once."""
        return not self.unknown and self.source.hash == self.destination.hash and not self.destination.doubled


def verdict(sides: Sides, part: Part, rows: Rows) -> Verdict:
    """Compare a part.

    Raises:
        DynamicsError: Nothing can be read.
    """
    if part not in rows.failed:
        _settle(sides, part, rows)
    return Verdict(
        part,
        sides.tally(SOURCE, part),
        sides.tally(DESTINATION, part),
        tuple(each for each, _ in sides.only(SOURCE, DESTINATION, part)),
        tuple(each for each, _ in sides.only(DESTINATION, SOURCE, part)),
        rows.failed.get(part, ""),
    )


def _settle(sides: Sides, part: Part, rows: Rows) -> None:
    """Make of the source what it was when the comparison began, as far as it can be told."""
    missing = list(sides.only(SOURCE, DESTINATION, part))
    sides.remove(SOURCE, part, [each for each, young in missing if young])
    old = [each for each, young in missing if not young][:LOOKED_AT]
    extra = [each for each, _ in sides.only(DESTINATION, SOURCE, part)][:LOOKED_AT]
    if not old and not extra:
        return
    existing = rows.existing(part, [*old, *extra])
    sides.remove(SOURCE, part, [each for each in old if each not in existing])
    sides.put(SOURCE, [(part, each, False) for each in extra if each in existing], merge=True)
