"""Item categories."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Item Categories E2E"
SENT = {"code": "LAMPS", "displayName": "Lamps"}


@pytest.mark.theirs("TestVerifyIDandLastModifiedDateTime")
def test_an_item_category_has_an_id_and_a_stamp(api):
    read = api.get(f"itemCategories({api.post('itemCategories', SENT)['id']})")
    assert read["id"].strip("0-")
    assert read["lastModifiedDateTime"].startswith("2026")


@pytest.mark.theirs("TestGetItemCategories")
def test_item_categories_are_listed_with_their_ids(api):
    created = {each: api.post("itemCategories", SENT | {"code": each})["id"] for each in ("N1", "N2")}
    assert created.items() <= {row["code"]: row["id"] for row in api.rows("itemCategories")}.items()


@pytest.mark.theirs("TestCreateItemCategory")
def test_an_item_category_is_created(api):
    created = api.post("itemCategories", SENT)
    assert SENT.items() <= created.items()
    assert SENT.items() <= api.get(f"itemCategories({created['id']})").items()


@pytest.mark.theirs("TestModifyItemCategory")
def test_an_item_category_is_changed(api):
    path = f"itemCategories({api.post('itemCategories', SENT)['id']})"
    wanted = SENT | {"displayName": "Other"}
    assert wanted.items() <= api.patch(path, {"displayName": "Other"}).items()
    assert wanted.items() <= api.get(path).items()


@pytest.mark.theirs("TestDeleteItemCategory")
def test_an_item_category_is_deleted(api):
    path = f"itemCategories({api.post('itemCategories', SENT)['id']})"
    answer = api.call("DELETE", path)
    assert (answer.status, answer.content) == (204, b"")
    assert not api.is_there(path)
