"""What does a state keep about a partition beside its bookmark, and by which names?

`state.schema.json` has the same names, with what they hold.
"""

from __future__ import annotations

PAGE_ROWS = "page_rows"
"""How many rows of a page worked the last time, where that was fewer than usual."""

READ_WHOLE_AT = "read_whole_at"
"""When the partition was last read from the beginning, as a stamp."""

ENTRIES_UNTIL = "entries_until"
"""Of rows that are named by entries: up to which stamp these were looked at."""

SWEPT_AT = "swept_at"
"""When its ids were last compared, as a stamp."""

GENERATION = "generation"
"""Up to which generation of the index of known keys it was written."""

VERSION = "version"
"""The version that its rows have in the destination."""

MOMENTS = (ENTRIES_UNTIL, READ_WHOLE_AT, SWEPT_AT)
"""Those that are stamps: none of them can lie in the future."""

NUMBERS = (GENERATION, VERSION)
"""Those that a run compares as whole numbers."""
