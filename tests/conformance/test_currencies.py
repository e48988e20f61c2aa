"""Currencies."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Currencies E2E"
SENT = {"code": "ZZC", "displayName": "Zed", "symbol": "Z"}


@pytest.mark.theirs("TestVerifyIDandLastModifiedDateTime")
def test_a_currency_has_an_id_and_a_stamp(api):
    read = api.get(f"currencies({api.post('currencies', SENT)['id']})")
    assert read["id"].strip("0-")
    assert read["lastModifiedDateTime"].startswith("2026")


@pytest.mark.theirs("TestGetCurrencies")
def test_currencies_are_listed_with_their_ids(api):
    created = {each: api.post("currencies", SENT | {"code": each})["id"] for each in ("N1", "N2")}
    assert created.items() <= {row["code"]: row["id"] for row in api.rows("currencies")}.items()


@pytest.mark.theirs("TestCreateCurrency")
def test_a_currency_is_created(api):
    created = api.post("currencies", SENT)
    assert SENT.items() <= created.items()
    assert SENT.items() <= api.get(f"currencies({created['id']})").items()


@pytest.mark.theirs("TestModifyCurrency")
def test_a_currency_is_changed(api):
    path = f"currencies({api.post('currencies', SENT)['id']})"
    wanted = SENT | {"displayName": "Other"}
    assert wanted.items() <= api.patch(path, {"displayName": "Other"}).items()
    assert wanted.items() <= api.get(path).items()


@pytest.mark.theirs("TestDeleteCurrency")
def test_a_currency_is_deleted(api):
    path = f"currencies({api.post('currencies', SENT)['id']})"
    answer = api.call("DELETE", path)
    assert (answer.status, answer.content) == (204, b"")
    assert not api.is_there(path)
