"""A change that somebody makes between the look and the write is not overwritten: it is looked at again."""

from __future__ import annotations

import json

from tests.target.test_refused_updates import bill, expense

VENDOR = {"externalId": "v", "vendorName": "Before", "website": "https://before.example"}


def editing(company, entity_set, id_, times, **changes):
    """Somebody who changes a row just before each of the first writes to it."""
    left = [times]

    def around(request, send):
        if b"PATCH" in (request.body or b"") or request.method == "PATCH":
            left[0] -= 1
            if left[0] >= 0:
                company.edit(entity_set, id_, **{name: f"{value} {left[0]}" for name, value in changes.items()})
        return send(request)

    return around


def versions(piped):
    """The versions that writes were sent with."""
    found = []
    for request in piped.requests:
        if request.method in {"PATCH", "DELETE"}:
            found.append(request.headers.get("If-Match"))
        elif request.url.endswith("$batch"):
            operations = json.loads(request.body or b"{}")["requests"]
            found += [each["headers"]["If-Match"] for each in operations if each["method"] in {"PATCH", "DELETE"}]
    return found


def test_a_write_carries_the_version_that_was_looked_at(pipe):
    pipe({"Vendors": [VENDOR]})
    piped = pipe({"Vendors": [{**VENDOR, "vendorName": "After"}]})
    assert piped.kinds == ["updated"]
    assert all(version.startswith("W/") for version in versions(piped))
    assert versions(piped)


def test_a_conflict_is_looked_at_again_and_what_the_record_does_not_say_stays(pipe, company):
    id_ = pipe({"Vendors": [VENDOR]}).outcome("v")["id"]
    around = editing(company, "vendors", id_, 1, email="new@example.org")
    piped = pipe({"Vendors": [{**VENDOR, "vendorName": "After"}]}, around=around)
    assert piped.kinds == ["updated"]
    row = company.row("vendors", id=id_)
    assert (row["displayName"], row["email"]) == ("After", "new@example.org 0")


def test_a_value_that_somebody_changed_meanwhile_is_compared_anew(pipe, company):
    id_ = pipe({"Vendors": [VENDOR]}).outcome("v")["id"]
    around = editing(company, "vendors", id_, 3, website="https://somebody.example")
    piped = pipe({"Vendors": [{**VENDOR, "vendorName": "After"}]}, around=around)
    assert piped.kinds == ["updated"]
    row = company.row("vendors", id=id_)
    assert (row["displayName"], row["website"]) == ("After", "https://before.example")


def test_a_row_that_changes_all_the_time_is_left_alone_in_the_end(pipe, company):
    id_ = pipe({"Vendors": [VENDOR]}).outcome("v")["id"]
    around = editing(company, "vendors", id_, 99, website="https://somebody.example")
    piped = pipe({"Vendors": [{**VENDOR, "vendorName": "After"}]}, around=around)
    assert piped.kinds == ["rejected"]
    assert company.row("vendors", id=id_)["displayName"] == "Before"


def test_a_line_that_somebody_changes_meanwhile_is_looked_at_again(pipe, company):
    id_ = pipe({"Bills": [bill(expense("a"), expense("b", amount=7))]}).outcome("b-1")["id"]
    line = company.lines(id_)[1]["id"]
    around = editing(company, "purchaseInvoiceLines", line, 1, description="Somebody's")
    piped = pipe({"Bills": [bill(expense("a", amount=6), expense("b", amount=8))]}, around=around)
    assert piped.kinds == ["updated"]
    assert [(row["description"], row["unitCost"]) for row in company.lines(id_)] == [("a", 6), ("b", 8)]
