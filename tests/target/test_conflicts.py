"""A change that somebody makes between the look and the write is not overwritten: it is looked at again."""

from __future__ import annotations

import json

import pytest

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


@pytest.mark.fault("W22")
def test_a_write_carries_the_version_that_was_looked_at(pipe):
    pipe({"Vendors": [VENDOR]})
    piped = pipe({"Vendors": [{**VENDOR, "vendorName": "After"}]})
    assert piped.kinds == ["updated"]
    assert all(version.startswith("W/") for version in versions(piped))
    assert versions(piped)


@pytest.mark.fault("W22")
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


# --- posting ---------------------------------------------------------------------------------------------------------

TO_POST = bill(expense("a"), dueDate="2026-02-20", isDraft=False)


def editing_before_posting(company, times):
    """Somebody who changes the due date of the draft just before each of the first postings."""
    left = [times]

    def around(request, send):
        if request.url.endswith("Microsoft.NAV.post"):
            left[0] -= 1
            if left[0] >= 0:
                (draft,) = company.rows("purchaseInvoices", vendorInvoiceNumber="F-1")
                company.edit("purchaseInvoices", draft["id"], dueDate=f"2026-09-{left[0] % 28 + 1:02}")
        return send(request)

    return around


def posted_versions(piped):
    """The versions that postings were asked for with."""
    asked = [request for request in piped.requests if request.url.endswith("Microsoft.NAV.post")]
    return [request.headers.get("If-Match") for request in asked]


def test_a_posting_carries_the_version_that_was_compared(pipe):
    (version,) = posted_versions(pipe({"Bills": [TO_POST]}))
    assert str(version).startswith("W/")


@pytest.mark.parametrize("status", [409, 412])
def test_a_draft_that_somebody_edits_before_it_is_posted_is_looked_at_again_and_put_right(
    pipe, company, emulator, status
):
    emulator.switches(if_match_on_actions="check", entity_changed_status=status)
    piped = pipe({"Bills": [TO_POST]}, around=editing_before_posting(company, 2))
    assert piped.kinds == ["posted"]
    assert piped.outcomes[0]["errors"] == []
    assert company.row("purchaseInvoices", vendorInvoiceNumber="F-1")["dueDate"] == "2026-02-20"
    assert len(posted_versions(piped)) == 3


@pytest.mark.fault("P9")
def test_a_draft_that_somebody_edits_all_the_time_is_not_posted(pipe, company, emulator):
    emulator.switches(if_match_on_actions="check")
    piped = pipe({"Bills": [TO_POST]}, around=editing_before_posting(company, 99))
    assert piped.kinds == ["rejected"]
    assert company.row("purchaseInvoices", vendorInvoiceNumber="F-1")["status"] == "Draft"


def test_where_the_service_does_not_look_at_the_version_the_outcome_says_what_was_posted(pipe, company):
    piped = pipe({"Bills": [TO_POST]}, around=editing_before_posting(company, 1))
    assert piped.kinds == ["posted"]
    (error,) = piped.outcomes[0]["errors"]
    assert (error["stage"], error["code"]) == ("post", "posted_differs")
    assert "dueDate" in error["message"]


def test_an_entry_is_posted_with_the_version_of_its_batch(pipe):
    lines = [{"accountNumber": "8210", "debitAmount": 5}, {"accountNumber": "8310", "creditAmount": 5}]
    entry = {"journalEntryNumber": "E-1", "transactionDate": "2026-01-20", "lineItems": lines, "isDraft": False}
    piped = pipe({"JournalEntries": [entry]})
    assert piped.kinds == ["posted"]
    (version,) = posted_versions(piped)
    assert version.startswith("W/")
