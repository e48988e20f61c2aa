"""When does a token end, by whatever `expires_in` says?"""

from __future__ import annotations

import pytest

from dynamics_bc_client.token_end import token_end


@pytest.mark.parametrize("form", [int, float, str])
def test_a_moment_is_the_end_and_a_duration_counts_from_its_beginning(form):
    assert token_end(form(1_800_003_600), counted_from=5.0) == 1_800_003_600
    assert token_end(form(3_600), counted_from=100.0) == 3_700


@pytest.mark.parametrize("said", [None, "", "soon", True, 0, -1, "nan", "1e999", [3600], 10**400])
def test_what_is_no_time_says_nothing(said):
    assert token_end(said, counted_from=5.0) is None
