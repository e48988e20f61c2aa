"""Whatever befalls a file on its way, each record has one outcome and the general ledger holds what those say.

Files of random records of every kind, in both dialects, in several currencies, come through a service that throttles,
loses requests and replies, does what it refuses, fails with whole batches, and keeps other values than it was sent;
runs are killed and repeated, with a store and without; records change; somebody else posts, changes and deletes drafts
meanwhile. The files,
what befalls them and what is checked are in `tests/books`.
"""

from __future__ import annotations

import pytest
from books.life import one_life


@pytest.mark.parametrize("seed", range(6))
def test_the_general_ledger_is_the_sum_of_the_records_that_say_posted(seed, tmp_path):
    counts = one_life(seed, tmp_path)
    assert counts["requests"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1100))
def test_the_general_ledger_is_the_sum_of_the_records_that_say_posted_in_many_files(seed, tmp_path):
    one_life(seed, tmp_path, size=20)
