"""Is a row the same text wherever it is met, and many rows the same hash?"""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_dynamics_bc.deletions.identity import Fingerprint, canonical_id, identity_of

GUID = "5de545bc-f6f9-ef11-9344-6045bdc8c234"


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (GUID, GUID.upper()),
        (GUID, UUID(GUID)),
        (7, Decimal("7.00")),
        (7, 7.0),
        ("2026-01-28T10:00:00Z", datetime(2026, 1, 28, 10, tzinfo=timezone.utc)),
        ("2026-01-28T10:00:00Z", datetime(2026, 1, 28, 10)),  # noqa: DTZ001 - as databases return it
        ("2026-01-28T10:00:00.5Z", datetime(2026, 1, 28, 12, 0, 0, 500_000, tzinfo=timezone(timedelta(hours=2)))),
        ("2026-01-28", date(2026, 1, 28)),
        (Decimal("1.50"), 1.5),
    ],
)
def test_a_key_is_one_text_whatever_type_it_comes_in(here, there):
    assert canonical_id([here]) == canonical_id([there])


@given(*2 * [st.lists(st.text(alphabet="a|\\\nB1", max_size=4), min_size=1, max_size=3)])
def test_two_keys_are_never_one_text(one, other):
    assert (canonical_id(one) == canonical_id(other)) is (one == other)


def test_no_id_has_a_line_feed_so_that_no_two_lists_of_ids_have_one_hash():
    assert "\n" not in canonical_id(["a\nb"])


def test_a_hash_can_be_made_with_any_other_tool():
    ids = sorted([canonical_id(["b"]), canonical_id([GUID.upper(), "a"])])
    found = Fingerprint(ids)
    assert found.rows == 2
    assert found.hash == hashlib.sha256(f"{GUID}|a\nb\n".encode()).hexdigest()


@pytest.mark.parametrize(
    ("keys", "identity"),
    [
        (("company_id", "id"), ("id",)),
        (("id", "lastModifiedDateTime"), ("id",)),
        (("company_id", "parentType", "parentId", "id"), ("parentType", "parentId", "id")),
    ],
)
def test_a_row_is_one_whatever_version_and_company_its_key_names(keys, identity):
    assert identity_of(keys, "lastModifiedDateTime") == identity
