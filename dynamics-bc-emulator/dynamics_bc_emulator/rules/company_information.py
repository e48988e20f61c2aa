"""What a company may say of itself: how much of Business Central its people see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.rules.draft import Rules

if TYPE_CHECKING:
    from dynamics_bc_emulator.rules.draft import Draft

# `Custom` can be read, but nobody can choose it.
_TIERS = ("Basic", "Essential", "Premium")


def _set_experience(draft: Draft, value: Any) -> None:
    if value not in _TIERS:
        raise refused("Failed to save experience tier for the current company.")
    draft.row["experience"] = value


RULES = Rules(properties={"experience": _set_experience})
