"""Tax groups."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Tax Groups E2E"
SENT = {"code": "FEW", "displayName": "Few"}


@pytest.mark.theirs("TestVerifyIDandLastDateModified")
def test_a_tax_group_has_an_id_and_a_stamp(api):
    read = api.get(f"taxGroups({api.post('taxGroups', SENT)['id']})")
    assert read["id"].strip("0-")
    assert read["lastModifiedDateTime"].startswith("2026")


@pytest.mark.theirs("TestGetTaxGroups")
def test_tax_groups_are_listed_with_their_ids(api):
    created = {each: api.post("taxGroups", SENT | {"code": each})["id"] for each in ("N1", "N2")}
    assert created.items() <= {row["code"]: row["id"] for row in api.rows("taxGroups")}.items()


@pytest.mark.theirs("TestGetTaxGroup")
def test_a_tax_group_is_read(api):
    created = api.post("taxGroups", SENT)
    assert SENT.items() <= api.get(f"taxGroups({created['id']})").items()


@pytest.mark.theirs("TestCreateTaxGroup")
def test_a_tax_group_is_created(api):
    created = api.post("taxGroups", SENT)
    assert SENT.items() <= created.items()
    assert SENT.items() <= api.get(f"taxGroups({created['id']})").items()


@pytest.mark.theirs("TestModifyTaxGroup")
def test_a_tax_group_is_changed(api):
    path = f"taxGroups({api.post('taxGroups', SENT)['id']})"
    wanted = SENT | {"displayName": "Other"}
    assert wanted.items() <= api.patch(path, {"displayName": "Other"}).items()
    assert wanted.items() <= api.get(path).items()


@pytest.mark.theirs("TestDeleteTaxGroup")
def test_a_tax_group_is_deleted(api):
    path = f"taxGroups({api.post('taxGroups', SENT)['id']})"
    answer = api.call("DELETE", path)
    assert (answer.status, answer.content) == (204, b"")
    assert not api.is_there(path)
