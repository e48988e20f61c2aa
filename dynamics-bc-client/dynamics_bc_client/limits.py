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

ANSWER_BYTES = 64 * 1024 * 1024
"""Bytes of an answer, unpacked. A page of 20,000 rows has some 12 MB; one with more than this is asked for in smaller
pages (our own)."""

KEPT_BYTES = 256 * 1024 * 1024
"""Bytes of the pages of one list that are kept in memory together, such as that of the companies (our own)."""

METADATA_BYTES = 16 * 1024 * 1024
"""Bytes of a metadata document, unpacked. A tenant's standard API has 0.4 MB (measured)."""

METADATA_PARTS = 500_000
"""Elements, attributes and properties of a metadata document; that of a tenant has some 20,000 (measured)."""

TYPES_WITHIN_TYPES = 50
"""How deep a type may lie in others, or below others that it is made from (our own)."""

JSON_LEVELS = 200
"""How deep objects and lists may lie in others; records of the service and of senders have a handful (our own)."""

TOKEN_BYTES = 1024 * 1024
"""Bytes of an answer of a token endpoint; tokens have some 2 KB (measured)."""

TOKEN_CHARACTERS = 16 * 1024
"""Characters of a token; Microsoft's have some 2,000, and a web server of theirs takes header fields of 16 KB."""

REFUSAL_BYTES = 256 * 1024
"""Bytes of a refusal that are read; the rest of a longer one says nothing more (our own)."""

LINE_BYTES = 64 * 1024
"""Bytes of a line of what HTTP says around a body: a header field, the length of a piece (as Python's `http`)."""

FILE_BYTES = 1024 * 1024 * 1024
"""Bytes of a file that is downloaded; the service takes 350 MB, and a response without an end is none of its own."""

MARKUP_CHARACTERS = 8_000
"""Characters of a web page, or of another answer that is none of the service's, that are looked through (our own)."""

NAME_CHARACTERS = 200
"""Characters of a name in a file of the store or in a state that a message shows; ours are shorter."""

VALUES_IN_ONE_FILTER = 100
"""Values of one `or` chain: a GUID compared to `id` costs 54 characters, so a hundred fit into a query string."""
