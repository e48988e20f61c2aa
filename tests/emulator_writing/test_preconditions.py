"""If-Match: which writes still mean the row they were made for."""

from __future__ import annotations

import pytest

from dynamics_bc_emulator.refusals import Refusal
from dynamics_bc_emulator.writes.preconditions import check_token, require_token

ETAG = 'W/"MQ=="'


@pytest.mark.parametrize("headers", [{}, {"if-match": ""}, {"if-match": "  "}])
def test_a_change_must_say_which_version_it_is_for(headers):
    with pytest.raises(Refusal) as refusal:
        require_token(headers)
    assert (refusal.value.status, refusal.value.code) == (400, "BadRequest_InvalidToken")


@pytest.mark.parametrize("token", ["*", ETAG, f" {ETAG} ", ""])
def test_the_rows_own_version_any_version_and_none_pass(token):
    check_token({"if-match": token}, lambda: ETAG, 409)


@pytest.mark.parametrize("status", [409, 412])
def test_another_version_is_refused_with_the_status_of_the_switch(status):
    with pytest.raises(Refusal) as refusal:
        check_token({"if-match": 'W/"Mg=="'}, lambda: ETAG, status)
    assert (refusal.value.status, refusal.value.code) == (status, "Request_EntityChanged")


@pytest.mark.parametrize("token", ["MQ==", '"MQ==', "W/MQ=="])
def test_what_is_no_entity_tag_is_refused_and_the_row_is_not_read(token):
    def never() -> str:
        raise AssertionError

    with pytest.raises(Refusal) as refusal:
        check_token({"if-match": token}, never, 409)
    assert (refusal.value.status, refusal.value.code) == (400, "BadRequest_InvalidToken")
