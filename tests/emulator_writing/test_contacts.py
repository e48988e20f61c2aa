"""Contacts: what they are called, and which company they belong to."""

from __future__ import annotations

import pytest

DIALOG = (400, "Application_DialogException")


def test_a_company_is_its_own_company_and_has_no_job(desk):
    created = desk.create("contacts", {"displayName": "Mill", "jobTitle": "Clerk", "companyName": "Other"})
    assert (created["type"], created["companyNumber"], created["companyName"]) == ("Company", created["number"], "Mill")
    assert (created["jobTitle"], created["searchName"], created["contactBusinessRelation"]) == ("", "MILL", "None")


def test_a_person_belongs_to_the_company_that_is_named(desk):
    company = desk.create("contacts", {"displayName": "Mill"})
    for named in ({"companyNumber": company["number"]}, {"companyName": "Mill"}):
        person = desk.create("contacts", {"type": "Person", "displayName": "Ann", "jobTitle": "Clerk", **named})
        assert (person["companyNumber"], person["companyName"]) == (company["number"], "Mill")
        assert person["jobTitle"] == "Clerk"
    changed = desk.change(f"contacts({person['id']})", {"companyNumber": ""})
    assert (changed["companyNumber"], changed["companyName"]) == ("", "")
    nowhere = {"type": "Person", "displayName": "x", "companyNumber": "NO"}
    status, code, said = desk.refused("POST", "contacts", nowhere)
    assert (status, code) == (400, "Internal_InvalidTableRelation")
    assert said.endswith("contains a value (NO) that cannot be found in the related table (Contact).")


def test_a_company_that_is_renamed_takes_its_people_along(desk):
    company = desk.create("contacts", {"displayName": "Mill"})
    body = {"type": "Person", "displayName": "Ann", "companyNumber": company["number"]}
    person = desk.create("contacts", body)["id"]
    desk.change(f"contacts({company['id']})", {"displayName": "Mills"})
    desk.change(f"contacts({company['id']})", {"number": "MILLS"})
    found = desk.read(f"contacts({person})")
    assert (found["companyNumber"], found["companyName"]) == ("MILLS", "Mills")


def test_a_company_that_becomes_a_person_has_no_company(desk):
    company = desk.create("contacts", {"displayName": "Mill"})
    changed = desk.change(f"contacts({company['id']})", {"type": "Person"})
    assert (changed["companyNumber"], changed["companyName"]) == ("", "")


def test_the_search_name_follows_the_name_until_it_is_another(desk):
    path = f"contacts({desk.create('contacts', {'displayName': 'Mill'})['id']})"
    assert desk.change(path, {"displayName": "Mills"})["searchName"] == "MILLS"
    assert desk.change(path, {"searchName": "own"})["searchName"] == "OWN"
    assert desk.change(path, {"displayName": "Mill & Son"})["searchName"] == "OWN"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, 'A "displayName" must be provided.'),
        ({"displayName": " "}, 'The blank "displayName" is not allowed.'),
    ],
)
def test_a_contact_needs_a_name(desk, body, said):
    assert desk.refused("POST", "contacts", body) == (*DIALOG, said)


def test_a_company_that_is_deleted_takes_its_people_along(desk):
    company = desk.create("contacts", {"displayName": "Mill"})
    body = {"type": "Person", "displayName": "Ann", "companyNumber": company["number"]}
    people = [desk.create("contacts", body) for _ in range(2)]
    of_ann, of_mill = (desk.create("opportunities", {"contactNumber": each["number"]}) for each in (people[0], company))
    desk.remove(f"contacts({people[0]['id']})")
    left = desk.read(f"opportunities({of_ann['id']})")
    assert (left["contactNumber"], left["contactName"]) == (company["number"], "Mill")
    desk.remove(f"contacts({company['id']})")
    assert desk.company.get("contacts", people[1]["id"]) is None
    assert desk.read(f"opportunities({of_mill['id']})")["contactNumber"] == ""
