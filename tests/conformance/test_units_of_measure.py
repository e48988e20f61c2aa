"""Units of measure."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - UofM E2E"
SENT = {"code": "CRATE", "displayName": "Crate", "internationalStandardCode": "CR"}


@pytest.mark.theirs("TestGetUnitOfMeasure")
def test_a_unit_is_read(api):
    created = api.post("unitsOfMeasure", SENT)
    assert SENT.items() <= api.get(f"unitsOfMeasure({created['id']})").items()


@pytest.mark.theirs("TestModifyUnitOfMeasure")
def test_a_unit_is_changed(api):
    path = f"unitsOfMeasure({api.post('unitsOfMeasure', SENT)['id']})"
    wanted = SENT | {"displayName": "Other"}
    assert wanted.items() <= api.patch(path, {"id": path[15:-1], "displayName": "Other"}).items()
    assert wanted.items() <= api.get(path).items()


@pytest.mark.theirs("TestDeleteUnitOfMeasure")
def test_a_unit_is_deleted(api):
    path = f"unitsOfMeasure({api.post('unitsOfMeasure', SENT)['id']})"
    answer = api.call("DELETE", path)
    assert (answer.status, answer.content) == (204, b"")
    assert not api.is_there(path)


@pytest.mark.theirs("TestInsertUnitOfMeasure")
def test_a_unit_is_created(api):
    created = api.post("unitsOfMeasure", SENT)
    assert SENT.items() <= created.items()
    assert SENT.items() <= api.get(f"unitsOfMeasure({created['id']})").items()
