"""Inventory posting groups."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - InventoryPostGroup E2E"


@pytest.mark.theirs("TestGetInventoryPostGroups")
def test_they_are_listed_with_their_ids(api):
    planted = {code: api.plant("inventoryPostingGroups", code=code)["id"] for code in ("G1", "G2")}
    assert planted.items() <= {row["code"]: row["id"] for row in api.rows("inventoryPostingGroups")}.items()
