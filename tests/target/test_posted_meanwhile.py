"""What somebody does to an entry or a payment at the very moment of posting is refused, or named in the outcome."""

from __future__ import annotations

import json

import pytest
from target.at_the_desk import Target

from tests.target.sent_records import ENTRY, PAYMENT

RECORDS = [("JournalEntries", ENTRY, "journals", "journalLines")]
RECORDS += [("BillPayments", PAYMENT, "vendorPaymentJournals", "vendorPayments")]
KINDS = pytest.mark.parametrize(
    ("stream", "record", "batches", "lines"), RECORDS, ids=[stream for stream, *_ in RECORDS]
)


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def posts(request):
    if request.url.endswith("$batch"):
        return any(each["url"].endswith(".post") for each in json.loads(request.body)["requests"])
    return request.url.endswith(".post")


def before_posting(target, what, times=1):
    """Does something to the batch of ours just before each of the first postings."""
    left = [times]

    def around(request, send):
        if posts(request):
            left[0] -= 1
            if left[0] >= 0:
                (batch,) = (row for row in target.rows("journals") if row["displayName"].startswith("To be posted"))
                what(batch)
        return send(request)

    return around


def checking(target):
    target.desk.service.switches = target.desk.service.switches.changed({"if_match_on_actions": "check"})


def versions(target):
    operations = [
        each
        for request in target.requests
        if request.url.endswith("$batch")
        for each in json.loads(request.body)["requests"]
        if each["url"].endswith(".post")
    ]
    alone = [request.headers.get("If-Match") for request in target.requests if request.url.endswith(".post")]
    return alone + [each["headers"].get("If-Match") for each in operations]


@KINDS
def test_a_posting_carries_the_version_of_its_batch(target, stream, record, batches, lines):
    checking(target)
    (outcome,) = target.write(stream, record)
    assert outcome["outcome"] == "posted", outcome
    (version,) = versions(target)
    assert (version or "").startswith("W/")


@KINDS
def test_a_batch_that_somebody_edits_before_it_is_posted_is_looked_at_again(target, stream, record, batches, lines):
    checking(target)
    edit = before_posting(target, lambda batch: target.desk.edit("journals", batch["id"], displayName="Theirs"))
    (outcome,) = target.write(stream, record, around=edit)
    assert (outcome["outcome"], outcome["errors"]) == ("posted", [])
    assert len(versions(target)) == 2


@KINDS
def test_an_amount_that_somebody_changes_at_that_moment_is_named(target, stream, record, batches, lines):
    def double(batch):
        for line in target.rows(lines, journalId=batch["id"]):
            target.desk.edit(lines, line["id"], amount=line["amount"] * 2)

    (outcome,) = target.write(stream, record, around=before_posting(target, double))
    assert outcome["outcome"] == "posted"
    assert [(error["stage"], error["code"]) for error in outcome["errors"]] == [("post", "posted_differs")]


@KINDS
def test_a_date_that_somebody_changes_at_that_moment_is_named(target, stream, record, batches, lines):
    def move(batch):
        for line in target.rows(lines, journalId=batch["id"]):
            target.desk.edit(lines, line["id"], postingDate="2026-01-30")

    (outcome,) = target.write(stream, record, around=before_posting(target, move))
    assert outcome["outcome"] == "posted"
    assert [error["code"] for error in outcome["errors"]] == ["posted_differs"]


def test_lines_that_somebody_adds_to_an_entry_at_that_moment_are_named(target):
    def add(batch):
        for place, line in enumerate(target.rows("journalLines", journalId=batch["id"])):
            target.desk.company.insert("journalLines", {**line, "id": "", "lineNumber": 90000 + place})

    (outcome,) = target.write("JournalEntries", ENTRY, around=before_posting(target, add))
    assert outcome["outcome"] == "posted"
    assert [error["code"] for error in outcome["errors"]] == ["posted_differs"]


def test_a_bill_that_a_payment_no_longer_settles_is_named(target):
    bill = {
        "externalId": "F1",
        "billNumber": "F1",
        "vendorNumber": "10000",
        "issueDate": "2026-01-20",
        "isDraft": False,
        "expenses": [{"accountNumber": "8210", "amount": 5}],
    }
    target.write("Bills", bill)

    def let_go(batch):
        for line in target.rows("vendorPayments", journalId=batch["id"]):
            target.desk.edit(
                "vendorPayments", line["id"], appliesToInvoiceNumber="", appliesToInvoiceId=line["journalId"]
            )

    (outcome,) = target.write("BillPayments", {**PAYMENT, "billNumber": "F1"}, around=before_posting(target, let_go))
    assert outcome["outcome"] == "posted"
    assert [error["code"] for error in outcome["errors"]] == ["posted_differs"]


@KINDS
def test_an_undisturbed_posting_has_nothing_to_say(target, stream, record, batches, lines):
    (outcome,) = target.write(stream, record)
    assert (outcome["outcome"], outcome["errors"]) == ("posted", [])
