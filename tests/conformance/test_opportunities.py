"""Opportunities."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Opportunities E2E"
NUMBER = {"number": "GRAPHOPP01"}


def contact(api, company: str = "Mill") -> dict:
    """A person of a company."""
    of = api.post("contacts", {"displayName": company, "type": "Company"})
    return api.post("contacts", {"displayName": "Ada", "type": "Person", "companyNumber": of["number"]})


def salesperson(api, code: str = "ADA") -> str:
    return api.post("salespeoplePurchasers", {"code": code, "displayName": code})["code"]


def opportunity(api, status: str) -> str:
    planted = api.plant("opportunities", **NUMBER, status=status)
    api.desk.edit("opportunities", planted["id"], contactNumber=contact(api)["number"], salespersonCode="JO")
    return f"opportunities({planted['id']})"


@pytest.mark.theirs("TestGetOpportunities")
def test_an_opportunity_is_listed(api):
    created = api.post("opportunities", NUMBER)
    assert created["id"] in {row["id"] for row in api.rows("opportunities")}


@pytest.mark.theirs("TestCreateOpportunity")
def test_an_opportunity_is_created_for_a_contact_by_a_salesperson(api):
    sent = NUMBER | {"contactNumber": contact(api)["number"], "salespersonCode": salesperson(api)}
    created = api.post("opportunities", sent)
    assert sent.items() <= created.items()
    assert sent.items() <= api.get(f"opportunities({created['id']})").items()


@pytest.mark.theirs("TestCreateOpportunityContactNo")
def test_an_opportunity_shows_its_contact_and_has_not_started(api):
    ada = contact(api)
    created = api.post("opportunities", NUMBER | {"contactNumber": ada["number"]})
    read = api.get(f"opportunities({created['id']})")
    assert (read["contactName"], read["contactCompanyName"]) == ("Ada", "Mill")
    assert read["status"] == "Not_x0020_Started"


@pytest.mark.parametrize(
    "named",
    [
        pytest.param({"contactNumber": "NOBODY"}, marks=pytest.mark.theirs("TestCreateOpportunityWrongContactNo")),
        pytest.param({"salespersonCode": "NOBODY"}, marks=pytest.mark.theirs("TestCreateOpportunityWrongSPNo")),
    ],
)
def test_nobody_has_no_opportunity(api, named):
    assert api.refused("POST", "opportunities", NUMBER | named)[0] == 400
    assert api.rows("opportunities", filter="number eq 'GRAPHOPP01'") == []


@pytest.mark.theirs("TestPatchOpportunity")
def test_a_description_is_changed(api):
    path = f"opportunities({api.post('opportunities', NUMBER)['id']})"
    assert api.patch(path, {"description": "Two looms"})["description"] == "Two looms"
    assert api.get(path)["description"] == "Two looms"


@pytest.mark.theirs("TestCannotPatchContactNoOfWonOpportunity")
def test_a_won_opportunity_keeps_its_contact(api):
    path = opportunity(api, "Won")
    said = 'The "contactNumber of a Won or Lost Opportunity cannot be changed'
    body = {"contactNumber": contact(api, "Mill 2")["number"]}
    assert api.refused("PATCH", path, body)[::2] == (400, said)


@pytest.mark.theirs("TestCannotPatchSPCodeOfWonOpportunity")
def test_a_won_opportunity_keeps_its_salesperson(api):
    path = opportunity(api, "Won")
    said = 'The "salespersonCode" of a Won or Lost Opportunity cannot be changed'
    assert api.refused("PATCH", path, {"salespersonCode": salesperson(api)})[::2] == (400, said)


@pytest.mark.theirs("TestCannotPatchContactNoOfStartedOpportunityToADifferentCompany")
def test_a_started_opportunity_keeps_its_company(api):
    path = opportunity(api, "In_x0020_Progress")
    before = api.get(path)["contactNumber"]
    assert api.refused("PATCH", path, {"contactNumber": contact(api, "Mill 2")["number"]})[0] == 400
    assert api.get(path)["contactNumber"] == before
