"""Which rows an answer of the service holds, and which answers hold none that anybody could go by."""

from __future__ import annotations

import pytest

from dynamics_bc_client.errors import UnexpectedAnswer
from target_dynamics_bc.writing.answers import rows_of

ROW = {"id": "1", "code": "A"}


def test_rows_with_all_that_was_asked_of_them_are_taken():
    assert rows_of({"value": [ROW]}, ("id", "code")) == [ROW]
    assert rows_of({"value": []}, ("id",)) == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"value": {"id": "1", "code": "A"}},
        {"value": [ROW], "@odata.nextLink": "there"},
        {"value": [{**ROW, "lines": [], "lines@odata.nextLink": "there"}]},
        {"value": [ROW, {}]},
        {"value": [ROW, {"id": "2"}]},
        {"value": [ROW, {"error": {"code": "x"}}]},
        {"value": [ROW, "row"]},
        {"value": [None]},
    ],
)
def test_an_answer_without_rows_or_with_half_of_them_is_none(body):
    assert isinstance(rows_of(body, ("id", "code")), UnexpectedAnswer)
