"""Does the client keep within what the service takes, and is each limit of its own above what is real?"""

from __future__ import annotations

import http.client
import inspect

import pytest

from dynamics_bc_client import limits
from dynamics_bc_emulator.http import data_api, throttling
from dynamics_bc_emulator.rows.service import Service
from dynamics_bc_emulator.serving import operations

KIB, MIB = 1024, 1024 * 1024


def test_the_client_keeps_within_what_the_emulated_service_takes():
    assert limits.BATCH_OPERATIONS == operations.MOST_OPERATIONS
    assert limits.WINDOW_SECONDS >= throttling.WINDOW_SECONDS
    assert inspect.signature(Service).parameters["page_limit"].default == limits.PAGE_ROWS
    assert limits.QUERY_STRING_CHARACTERS < data_api.QUERY_LIMIT


@pytest.mark.parametrize(
    ("limit", "real", "harmful"),
    [
        # The service works on five at once and refuses what is more than its window.
        (limits.CONCURRENT_REQUESTS_PER_USER, 5, 5),
        (limits.REQUESTS_PER_WINDOW, 5_999, 6_000),
        (limits.WINDOW_SECONDS, 300, 600),
        (limits.QUERY_STRING_CHARACTERS, 100 * 54, 8_099),
        # A hundred GUIDs fit into a query string.
        (limits.VALUES_IN_ONE_FILTER, 50, 100),
        # A host that is there answers within seconds; one that is not holds a run up several times.
        (limits.CONNECT_SECONDS, 5, 30),
        # What is as small as this and fails has another reason.
        (limits.SMALLEST_PAGE_ROWS, 2, 10),
        (limits.EMPTY_PAGES, 10, 100),
        # Five answers at once have to fit into half a gigabyte; a page of 20,000 rows has 12 MB.
        (limits.ANSWER_BYTES, 12 * MIB, 512 * MIB // 5),
        # A tenant's metadata has 0.4 MB and 20,000 parts.
        (limits.METADATA_BYTES, 10 * 0.4 * MIB, 32 * MIB),
        (limits.METADATA_PARTS, 10 * 20_000, 1_000_000),
        # Python itself goes a thousand calls deep, several for each type.
        (limits.TYPES_WITHIN_TYPES, 10, 100),
        # Tokens have 2 KB.
        (limits.TOKEN_BYTES, 100 * KIB, 2 * MIB),
        (limits.REFUSAL_BYTES, 64 * KIB, 512 * KIB),
        (limits.LINE_BYTES, http.client._MAXLINE - 1, http.client._MAXLINE),  # type: ignore[attr-defined]
        # The service takes files of 350 MB.
        (limits.FILE_BYTES, 350 * MIB, 2 * 1024 * MIB),
        (limits.MARKUP_CHARACTERS, 1_000, 16_000),
    ],
)
def test_a_limit_is_above_what_is_real_and_not_where_it_hurts(limit, real, harmful):
    assert real <= limit <= harmful
