"""Reasons for which customers return goods."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Cust. Ret. Reasons E2E"
SENT = {"code": "DENTED", "description": "Dented"}


@pytest.mark.theirs("TestGetReasonCode")
def test_a_reason_is_read(api):
    created = api.post("customerReturnReasons", SENT)
    assert SENT.items() <= api.get(f"customerReturnReasons({created['id']})").items()


@pytest.mark.theirs("TestCreateReasonCode")
def test_a_reason_is_created(api):
    created = api.post("customerReturnReasons", SENT)
    assert SENT.items() <= created.items()
    assert SENT.items() <= api.get(f"customerReturnReasons({created['id']})").items()


@pytest.mark.theirs("TestModifyReasonCode")
def test_a_reason_is_changed(api):
    path = f"customerReturnReasons({api.post('customerReturnReasons', SENT)['id']})"
    wanted = SENT | {"description": "Bent"}
    assert wanted.items() <= api.patch(path, {"description": "Bent"}).items()
    assert wanted.items() <= api.get(path).items()


@pytest.mark.theirs("TestDeleteReasonCode")
def test_a_reason_is_deleted(api):
    path = f"customerReturnReasons({api.post('customerReturnReasons', SENT)['id']})"
    answer = api.call("DELETE", path)
    assert (answer.status, answer.content) == (204, b"")
    assert not api.is_there(path)
