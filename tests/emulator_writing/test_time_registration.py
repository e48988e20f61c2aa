"""Registered time: whose it is, for which project, and what of it stays."""

from __future__ import annotations

import pytest

DIALOG = (400, "Application_DialogException")
NOBODY = "ffffffff-ffff-4fff-8fff-ffffffffffff"


@pytest.fixture
def people(desk):
    return [desk.create("employees", {"givenName": name}) for name in ("Ada", "Bea")]


@pytest.fixture
def entry(desk, people):
    project = desk.rows("projects", top=1)[0]
    body = {"employeeNumber": people[0]["number"], "jobNumber": project["number"], "date": "2026-02-02", "quantity": 7}
    created = desk.create("timeRegistrationEntries", body)
    assert (created["employeeId"], created["jobId"]) == (people[0]["id"], project["id"])
    return f"timeRegistrationEntries({created['id']})"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"employeeId": NOBODY}, 'The "employeeId" does not match to an Employee.'),
        ({"employeeNumber": "NOBODY"}, 'The "employeeNumber" does not match to an Employee.'),
        ({"jobId": NOBODY}, 'The "jobId" does not match to a Job.'),
        ({"jobNumber": "NOBODY"}, 'The "jobNumber" does not match to a Job.'),
        ({}, "You must specify an Employee ID or Employee number to get the time registration entries."),
    ],
)
def test_time_is_somebodys(desk, body, said):
    assert desk.refused("POST", "timeRegistrationEntries", body) == (*DIALOG, said)


def test_id_and_number_of_two_people_are_refused(desk, people):
    body = {"employeeId": people[0]["id"], "employeeNumber": people[1]["number"]}
    said = "The employee values do not match to a specific Employee."
    assert desk.refused("POST", "timeRegistrationEntries", body) == (*DIALOG, said)


def test_time_stays_with_its_day_and_its_person(desk, people, entry):
    assert desk.refused("PATCH", entry, {"date": "2026-02-03"}) == (*DIALOG, "The date cannot be modified.")
    said = 'The "employeeId" cannot be modified.'
    for other in ({"employeeId": people[1]["id"]}, {"employeeNumber": people[1]["number"]}):
        assert desk.refused("PATCH", entry, other) == (*DIALOG, said)
    same = {"date": "2026-02-02", "employeeId": people[0]["id"], "quantity": 8}
    assert desk.change(entry, same)["quantity"] == 8


def test_time_that_is_registered_below_a_person_is_hers(desk, people):
    created = desk.create(f"employees({people[1]['id']})/timeRegistrationEntries", {"date": "2026-02-02"})
    assert (created["employeeId"], created["employeeNumber"]) == (people[1]["id"], people[1]["number"])
