"""Which accounts a company posts to: the demo company's set-up, which invented companies share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_emulator.seed.books import make_id
from dynamics_bc_emulator.seed.countries import GREAT_BRITAIN, Country
from dynamics_bc_emulator.seed.facts import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dynamics_bc_emulator.rows.store import Row

_NAMES = (
    "generalPostingSetup",
    "partyPostingGroups",
    "bankPostingGroups",
    "paymentMethodAccounts",
    "currencyAccounts",
    "accountPostingSetup",
    "paymentDiscountAccounts",
)


def posting_setup(seed: str, country: Country = GREAT_BRITAIN) -> Iterator[tuple[str, list[Row]]]:
    """The internal sets with their rows; they have blank stamps, because nobody reads them by stamp.

    Args:
        seed: What ids are made from.
        country: Whose set-up.
    """
    for name in _NAMES:
        facts = enumerate(load(name, country))
        yield f"_{name}", [{**fact, "id": make_id(seed, name, place), "_stamp": 0} for place, fact in facts]
