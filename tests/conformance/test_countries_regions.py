"""Countries and regions."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Countries/Regions E2E"
SENT = {"code": "ZZ", "displayName": "Zedland"}


@pytest.mark.theirs("TestVerifyIDandLastModifiedDateTime")
def test_a_country_has_an_id_and_a_stamp(api):
    read = api.get(f"countriesRegions({api.post('countriesRegions', SENT)['id']})")
    assert read["id"].strip("0-")
    assert read["lastModifiedDateTime"].startswith("2026")


@pytest.mark.theirs("TestGetCountriesRegions")
def test_countries_are_listed_with_their_ids(api):
    created = {each: api.post("countriesRegions", SENT | {"code": each})["id"] for each in ("N1", "N2")}
    assert created.items() <= {row["code"]: row["id"] for row in api.rows("countriesRegions")}.items()


@pytest.mark.theirs("TestCreateCountriesRegions")
def test_a_country_is_created(api):
    created = api.post("countriesRegions", SENT)
    assert SENT.items() <= created.items()
    assert SENT.items() <= api.get(f"countriesRegions({created['id']})").items()


@pytest.mark.theirs("TestModifyCountriesRegions")
def test_a_country_is_changed(api):
    path = f"countriesRegions({api.post('countriesRegions', SENT)['id']})"
    wanted = SENT | {"displayName": "Other"}
    assert wanted.items() <= api.patch(path, {"displayName": "Other"}).items()
    assert wanted.items() <= api.get(path).items()


@pytest.mark.theirs("TestDeleteCountriesRegions")
def test_a_country_is_deleted(api):
    path = f"countriesRegions({api.post('countriesRegions', SENT)['id']})"
    answer = api.call("DELETE", path)
    assert (answer.status, answer.content) == (204, b"")
    assert not api.is_there(path)
