"""What are the limits of the service, and where does each figure come from?

Figures of Business Central online. "Operational limits" is Microsoft's page *Operational limits for Business Central
online*; figures marked "measured" were seen on live tenants and are not documented.
"""

from __future__ import annotations

CONCURRENT_REQUESTS_PER_USER = 5
"""Requests the service works on at once for one user; the others wait in its queue (operational limits)."""

REQUESTS_PER_WINDOW = 6_000
"""Requests of one user in a sliding window (operational limits)."""

WINDOW_SECONDS = 300.0
"""Length of that window (operational limits)."""

BATCH_OPERATIONS = 100
"""Operations in one `$batch` (operational limits). One more is answered with a 500 (measured)."""

PAGE_ROWS = 20_000
"""Rows of one page; the service caps a larger wish (operational limits)."""

SMALLEST_PAGE_ROWS = 10
"""Where shrinking a page ends: a page of ten rows that times out is not too large, it is broken."""

CONNECT_SECONDS = 20.0
"""How long a host may take to accept a connection (our own)."""

EMPTY_PAGES = 100
"""Pages without rows, one behind the other, after which a read ends: the service is going on and on (our own)."""

QUERY_STRING_CHARACTERS = 8_000
"""Characters of a query string. The gateway takes 8,099 and answers 414 beyond (measured); the rest is head-room."""

FILE_BYTES = 1024 * 1024 * 1024
"""Bytes of a file that is downloaded; the service takes 350 MB, and a response without an end is none of its own."""

MARKUP_CHARACTERS = 8_000
"""Characters of a web page, or of another answer that is none of the service's, that are looked through (our own)."""

VALUES_IN_ONE_FILTER = 100
"""Values of one `or` chain: a GUID compared to `id` costs 54 characters, so a hundred fit into a query string."""
