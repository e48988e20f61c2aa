"""A posting that was not answered may still be carried out: it is looked for, and not called again at once."""

from __future__ import annotations

import json

import pytest
from target.at_the_desk import Target

from dynamics_bc_client.transport import Response
from tests.target.sent_records import ENTRY, PAYMENT

BILL = {
    "externalId": "b",
    "billNumber": "E-1",
    "vendorNumber": "10000",
    "issueDate": "2026-01-20",
    "isDraft": False,
    "expenses": [{"accountNumber": "8210", "amount": 5}],
}
RECORDS = [("JournalEntries", ENTRY), ("BillPayments", PAYMENT), ("Bills", BILL)]
NAMES = [stream for stream, _ in RECORDS]


class LosesPostings:
    """Answers the first postings with 504; the first is carried out after some further requests, if at all.

    Attributes:
        postings: How many were called for.
        looks: How many requests came between the first that was lost and the last.
    """

    def __init__(self, after=None, *, lost=1):
        self.after = after
        self.lost = lost
        self.postings = 0
        self.looks = 0
        self._late = None

    def __call__(self, request, send):
        if _posts(request):
            self.postings += 1
            if self.postings <= self.lost:
                self._late = self._late or request
                return Response(504, {}, b"")
        elif self.postings:
            self.looks += 1
            if self.looks == self.after:
                send(self._late)
        return send(request)


def _posts(request):
    if request.url.endswith("$batch"):
        return any(each["url"].endswith(".post") for each in json.loads(request.body)["requests"])
    return request.url.endswith(".post")


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def entries_of(target, stream):
    if stream == "Bills":
        return len(target.rows("purchaseInvoices", vendorInvoiceNumber="E-1", status="Open"))
    return len(target.rows("generalLedgerEntries", documentNumber="E-1")) // 2


@pytest.mark.parametrize(("stream", "record"), RECORDS, ids=NAMES)
@pytest.mark.parametrize("after", [1, 2, 5])
def test_a_posting_that_is_carried_out_late_is_not_called_for_again(target, stream, record, after):
    around = LosesPostings(after)
    (outcome,) = target.write(stream, record, around=around)
    assert outcome["outcome"] == "posted", outcome
    assert around.postings == 1
    assert entries_of(target, stream) == 1


@pytest.mark.parametrize(("stream", "record"), RECORDS, ids=NAMES)
def test_a_posting_that_never_came_is_called_for_again_after_some_looks(target, stream, record):
    around = LosesPostings()
    (outcome,) = target.write(stream, record, around=around)
    assert outcome["outcome"] == "posted", outcome
    assert around.postings == 2
    assert around.looks >= 6
    assert entries_of(target, stream) == 1


@pytest.mark.parametrize(("stream", "record"), RECORDS, ids=NAMES)
def test_what_is_lost_again_is_uncertain_and_looked_for_by_the_next_run(target, stream, record):
    around = LosesPostings(lost=9)
    (outcome,) = target.write(stream, record, around=around, remember=True)
    assert outcome["outcome"] == "uncertain"
    assert "posting" in outcome["errors"][0]["message"]
    assert around.postings == 2
    again = LosesPostings(lost=0)
    (outcome,) = target.write(stream, record, around=again, remember=True)
    assert outcome["outcome"] == "posted", outcome
    assert (again.postings, entries_of(target, stream)) == (1, 1)


@pytest.mark.parametrize(("stream", "record"), RECORDS[:2], ids=NAMES[:2])
def test_a_run_that_is_killed_while_it_posts_leaves_the_look_to_the_next(target, stream, record):
    class Killed(BaseException):
        pass

    def around(request, send):
        if _posts(request):
            raise Killed
        return send(request)

    with pytest.raises(Killed):
        target.write(stream, record, around=around, remember=True)
    seen = []

    def watched(request, send):
        seen.append("post" if _posts(request) else "other")
        return send(request)

    (outcome,) = target.write(stream, record, around=watched, remember=True)
    assert outcome["outcome"] == "posted", outcome
    assert seen.index("post") >= 6


@pytest.mark.parametrize(("stream", "record"), RECORDS[:2], ids=NAMES[:2])
def test_lines_that_somebody_added_while_a_posting_was_in_doubt_are_not_posted(target, stream, record):
    around = LosesPostings()
    lines = "journalLines" if stream == "JournalEntries" else "vendorPayments"

    def adding(request, send):
        response = around(request, send)
        if around.looks == 3:
            (batch,) = (row for row in target.rows("journals") if row["displayName"].startswith("To be posted"))
            (own, *_) = target.rows(lines, journalId=batch["id"])
            if not target.rows(lines, description="Theirs"):
                target.desk.company.insert(lines, {**own, "id": "", "description": "Theirs", "lineNumber": 90000})
        return response

    (outcome,) = target.write(stream, record, around=adding)
    assert [error["code"] for error in outcome["errors"]] == ["foreign_lines"]
    assert around.postings == 1
    assert entries_of(target, stream) == 0


def test_payments_that_are_alike_but_for_the_senders_id_are_posted_once_each(target):
    """Each is known by a row of its own, so that the next is not taken for one of the others.

    Rows come in the order of ids that nobody can foresee: there are too many for each to be the first by chance.
    """
    names = "abcdef"
    alike = {"paymentNumber": "E-1", "paymentDate": "2026-01-28", "amount": 5, "vendorNumber": "10000"}
    alike |= {"journalExternalId": "GENERAL", "isDraft": False}
    for name in names:
        (outcome,) = target.write("BillPayments", {"externalId": name, **alike}, remember=True)
        assert outcome["outcome"] == "posted", outcome
    assert len(target.rows("_vendorLedgerEntries", documentNumber="E-1")) == len(names)
    again = [target.write("BillPayments", {"externalId": name, **alike}, remember=True)[0] for name in names]
    assert [outcome["outcome"] for outcome in again] == ["existing"] * len(names)
    assert len({outcome["id"] for outcome in again}) == len(names)
