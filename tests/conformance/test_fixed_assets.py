"""Fixed assets."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Fixed Assets E2E"


@pytest.fixture
def sent(api) -> dict:
    """An asset with a place, classes and somebody who answers for it."""
    place = api.post("fixedAssetLocations", {"code": "LOFT"})
    employee = api.rows("employees", top=1)[0]
    classed = next(row for row in api.rows("fixedAssets") if row["subclassCode"])
    return {
        "number": "GRAPHFA01",
        "displayName": "Loom",
        "fixedAssetLocationCode": "LOFT",
        "fixedAssetLocationId": place["id"],
        "classCode": classed["classCode"],
        "subclassCode": classed["subclassCode"],
        "blocked": False,
        "serialNumber": "1801-A",
        "employeeNumber": employee["number"],
        "employeeId": employee["id"],
        "underMaintenance": False,
    }


@pytest.mark.theirs("TestGetFixedAsset")
def test_an_asset_is_read(api, sent):
    created = api.post("fixedAssets", sent)
    assert sent.items() <= api.get(f"fixedAssets({created['id']})").items()


@pytest.mark.theirs("TestCreateFixedAsset")
def test_an_asset_is_created(api, sent):
    created = api.post("fixedAssets", sent)
    assert sent.items() <= created.items()
    assert api.is_there(f"fixedAssets({created['id']})")


@pytest.mark.theirs("TestDeleteFixedAsset")
def test_an_asset_is_deleted(api, sent):
    path = f"fixedAssets({api.post('fixedAssets', sent)['id']})"
    answer = api.call("DELETE", path)
    assert (answer.status, answer.content) == (204, b"")
    assert not api.is_there(path)


@pytest.mark.theirs("TestModifyFixedAsset")
def test_an_asset_is_changed(api, sent):
    path = f"fixedAssets({api.post('fixedAssets', sent)['id']})"
    wanted = sent | {"displayName": "Second loom", "serialNumber": "1801-B"}
    assert wanted.items() <= api.patch(path, wanted).items()
    assert wanted.items() <= api.get(path).items()
