"""What a movement of stock costs in the general ledger: nothing, until the table `costPosting` says where it goes.

It is the inventory posting set-up and what the general posting set-up says of costs. What is sold moves its cost from
the inventory account to that of what is sold, what is bought or adjusted from the other account to the inventory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_emulator.rules.ledger import Entry

if TYPE_CHECKING:
    from decimal import Decimal

    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row

_TABLE = "_costPosting"


def cost_entries(
    company: Company, item: Row, cost: Decimal, dimensions: dict[str, str], *, is_sale: bool = False
) -> list[Entry]:
    """The entries of a movement's cost; none where nothing is set up for the item's inventory posting group.

    Args:
        company: Whose.
        item: What moves.
        cost: What it is worth; negative for what goes out.
        dimensions: Of the line that moves it.
        is_sale: It is sold, or taken back from a customer.
    """
    rows = {row["inventoryPostingGroupCode"]: row for row in company.find(_TABLE)}
    setup = rows.get(item.get("inventoryPostingGroupCode", "")) or rows.get("")
    if setup is None:
        return []
    other = setup["soldAccount"] if is_sale else setup["boughtAccount"]
    return [Entry(setup["inventoryAccount"], cost, dimensions), Entry(other, -cost, dimensions)]
