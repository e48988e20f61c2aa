"""Which companies does a run read?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_client.companies import Company, match_company
from dynamics_bc_client.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def named_companies(known: Sequence[Company], texts: Sequence[str]) -> list[Company]:
    """The companies that texts name, each once and in the service's order.

    Args:
        known: The companies of the environment.
        texts: Ids, names or display names; a text may name several between commas.

    Raises:
        ConfigurationError: A text names no company, or more than one.
    """
    wanted = {company.id for text in texts for company in _in_text(known, text)}
    return [company for company in known if company.id in wanted]


def _in_text(known: Sequence[Company], text: str) -> Iterator[Company]:
    """The companies of one text. Names may hold commas themselves (`CRONUS USA, Inc.`), so the longest piece counts."""
    pieces = text.split(",")
    position = 0
    while position < len(pieces):
        company, position = _longest(known, pieces, position)
        yield company


def _longest(known: Sequence[Company], pieces: Sequence[str], start: int) -> tuple[Company, int]:
    """The company that the most pieces from `start` on name, and where they end."""
    for end in range(len(pieces), start + 1, -1):
        try:
            return match_company(known, ",".join(pieces[start:end])), end
        except ConfigurationError:  # noqa: PERF203 - a few pieces
            continue
    return match_company(known, pieces[start]), start + 1
