"""Tax areas."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Tax Areas E2E"
SENT = {"code": "NEAR", "displayName": "Near"}


@pytest.mark.theirs("TestVerifyIDandLastDateModified")
def test_a_tax_area_has_an_id_and_a_stamp(api):
    read = api.get(f"taxAreas({api.post('taxAreas', SENT)['id']})")
    assert read["id"].strip("0-")
    assert read["lastModifiedDateTime"].startswith("2026")


@pytest.mark.theirs("TestGetTaxAreas")
def test_tax_areas_are_listed_with_their_ids(api):
    created = {each: api.post("taxAreas", SENT | {"code": each})["id"] for each in ("N1", "N2")}
    assert created.items() <= {row["code"]: row["id"] for row in api.rows("taxAreas")}.items()


@pytest.mark.theirs("TestGetTaxArea")
def test_a_tax_area_is_read(api):
    created = api.post("taxAreas", SENT)
    assert SENT.items() <= api.get(f"taxAreas({created['id']})").items()


@pytest.mark.theirs("TestCreateTaxArea")
def test_a_tax_area_is_created(api):
    created = api.post("taxAreas", SENT)
    assert SENT.items() <= created.items()
    assert SENT.items() <= api.get(f"taxAreas({created['id']})").items()


@pytest.mark.theirs("TestModifyTaxArea")
def test_a_tax_area_is_changed(api):
    path = f"taxAreas({api.post('taxAreas', SENT)['id']})"
    wanted = SENT | {"displayName": "Other"}
    assert wanted.items() <= api.patch(path, {"displayName": "Other"}).items()
    assert wanted.items() <= api.get(path).items()


@pytest.mark.theirs("TestDeleteTaxArea")
def test_a_tax_area_is_deleted(api):
    path = f"taxAreas({api.post('taxAreas', SENT)['id']})"
    answer = api.call("DELETE", path)
    assert (answer.status, answer.content) == (204, b"")
    assert not api.is_there(path)
