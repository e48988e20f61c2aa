"""What came of the last campaign, as docs/guarantees.md shows it?"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from campaign.results import TITLES, findings, introduction, kept, table_rows


def campaign_lines() -> tuple[str, tuple[str, ...], list[tuple[str, ...]], list[str]]:
    """A sentence before the table, its titles and rows, and what was found."""
    told = kept()
    return introduction(told), TITLES, table_rows(told), findings(told)
