"""What a company says of itself."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Company Info. E2E"


@pytest.fixture
def path(api) -> str:
    (row,) = api.rows("companyInformation")
    return f"companyInformation({row['id']})"


@pytest.mark.theirs("TestGetCompanyInformation")
def test_a_companys_name_address_and_currency_are_read(api, path):
    read = api.get(path)
    setup = api.rows("generalLedgerSetup")[0]
    assert read["displayName"] == api.get(f"/companies({api.desk.company.id})")["displayName"]
    assert read["currencyCode"] == setup["localCurrencyCode"]
    assert all(read[name] for name in ("addressLine1", "city", "country", "postalCode", "experience"))


@pytest.mark.theirs("TestModifyCompanyInformation")
def test_a_companys_name_is_changed(api, path):
    assert api.patch(path, {"displayName": "CRONUS & Daughters"})["displayName"] == "CRONUS & Daughters"
    assert api.get(path)["displayName"] == "CRONUS & Daughters"


@pytest.mark.theirs("TestModifyValidExperinceTier")
def test_an_experience_is_chosen(api, path):
    assert api.patch(path, {"experience": "Premium"})["experience"] == "Premium"
    assert api.get(path)["experience"] == "Premium"


@pytest.mark.theirs("TestModifyInvalidExperinceTier")
def test_an_experience_that_there_is_not_is_refused(api, path):
    said = "Failed to save experience tier for the current company."
    assert api.refused("PATCH", path, {"experience": "Splendid"})[::2] == (400, said)
    assert api.get(path)["experience"] == "Essential"
