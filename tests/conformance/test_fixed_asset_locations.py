"""Where fixed assets are."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - FA Locations E2E"
SENT = {"code": "LOFT", "displayName": "Loft"}


@pytest.mark.theirs("TestGetFALocation")
def test_a_place_is_read(api):
    created = api.post("fixedAssetLocations", SENT)
    assert SENT.items() <= api.get(f"fixedAssetLocations({created['id']})").items()


@pytest.mark.theirs("TestCreateFALocation")
def test_a_place_is_created(api):
    created = api.post("fixedAssetLocations", SENT)
    assert SENT.items() <= created.items()
    assert SENT.items() <= api.get(f"fixedAssetLocations({created['id']})").items()


@pytest.mark.theirs("TestModifyFALocation")
def test_a_place_is_changed(api):
    path = f"fixedAssetLocations({api.post('fixedAssetLocations', SENT)['id']})"
    wanted = SENT | {"displayName": "Other"}
    assert wanted.items() <= api.patch(path, {"displayName": "Other"}).items()
    assert wanted.items() <= api.get(path).items()


@pytest.mark.theirs("TestDeleteFALocation")
def test_a_place_is_deleted(api):
    path = f"fixedAssetLocations({api.post('fixedAssetLocations', SENT)['id']})"
    answer = api.call("DELETE", path)
    assert (answer.status, answer.content) == (204, b"")
    assert not api.is_there(path)
