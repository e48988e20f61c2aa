"""A preview of an entry or a payment says what would be booked, and leaves nothing behind."""

from __future__ import annotations

import json

import pytest
from target.at_the_desk import Target

from dynamics_bc_client.transport import Response
from tests.tap.desk_runs import Killed
from tests.target.sent_records import ENTRY
from tests.target.sent_records import PAYMENT as SMALL_PAYMENT

PAYMENT = {**SMALL_PAYMENT, "paymentDate": "2026-02-10", "amount": 80, "vendorNumber": "20000"}
BOTH = pytest.mark.parametrize(
    ("stream", "record"), [("JournalEntries", ENTRY), ("BillPayments", PAYMENT)], ids=["entry", "payment"]
)


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def codes(outcome):
    return [(error["field"], error["code"]) for error in outcome["errors"]]


def preview(target, stream, record, **more):
    (outcome,) = target.write(stream, record, preview=True, remember=True, **more)
    return outcome


def snapshot(target):
    sets = ("journals", "vendorPaymentJournals", "journalLines", "vendorPayments", "generalLedgerEntries")
    marked = [row["id"] for row in target.rows("_vendorLedgerEntries") if row.get("_appliesToId")]
    return [len(target.rows(name)) for name in sets], marked


@pytest.fixture
def bills(target):
    for number, amount in (("F1", 30), ("F2", 50)):
        lines = [{"accountNumber": "8210", "amount": amount}]
        head = {"externalId": number, "billNumber": number, "vendorNumber": "20000", "issueDate": "2026-01-20"}
        target.write("Bills", {**head, "isDraft": False, "expenses": lines})


@BOTH
@pytest.mark.parametrize(("draft", "becomes"), [(False, "posted"), (True, "created")])
def test_what_is_new_is_drafted_compared_and_removed(target, stream, record, draft, becomes):
    before = snapshot(target)
    outcome = preview(target, stream, {**record, "isDraft": draft})
    assert (outcome["outcome"], outcome["errors"], outcome["id"]) == ("previewed", [], None)
    assert outcome["preview"] == {"outcome": becomes, "amount": record.get("amount", 5)}
    assert any(b'"POST"' in (each.body or b"") or each.method == "POST" for each in target.requests)
    assert snapshot(target) == before
    assert target.states == []


@BOTH
def test_a_previewed_record_is_written_when_it_comes_again(target, stream, record):
    preview(target, stream, record)
    (outcome,) = target.write(stream, record, remember=True)
    assert outcome["outcome"] == "posted"
    assert preview(target, stream, record)["outcome"] == "existing"


def test_a_payment_of_several_bills_is_previewed_with_all_that_it_would_settle(target, bills):
    before = snapshot(target)
    listed = [{"billNumber": "F1", "amount": 30}, {"billNumber": "F2", "amount": 50}]
    outcome = preview(target, "BillPayments", {**PAYMENT, "bills": listed})
    assert (outcome["preview"]["outcome"], outcome["errors"]) == ("posted", [])
    assert snapshot(target) == before
    listed = [{"billNumber": "F1", "amount": 31}, {"billNumber": "F2", "amount": 49}]
    outcome = preview(target, "BillPayments", {**PAYMENT, "bills": listed})
    assert (outcome["outcome"], outcome["preview"]["outcome"]) == ("previewed", "rejected")
    assert codes(outcome) == [("bills[0].amount", "more_than_is_open"), ("bills[1].amount", "part_of_a_bill")]
    assert target.exit_code == 1
    assert snapshot(target) == before


@BOTH
def test_a_draft_that_is_there_is_left_as_it_is(target, stream, record):
    draft = {**record, "isDraft": True}
    target.write(stream, draft, remember=True)
    before = snapshot(target)
    changed = json.loads(json.dumps(draft).replace("80", "81").replace(": 5}", ": 6}"))
    assert preview(target, stream, changed)["outcome"] != "rejected"
    assert snapshot(target) == before
    assert preview(target, stream, record)["preview"]["outcome"] == "posted"
    assert snapshot(target) == before


def test_the_bills_that_a_draft_is_applied_to_stay_so(target, bills):
    listed = [{"billNumber": "F1", "amount": 30}, {"billNumber": "F2", "amount": 50}]
    record = {**PAYMENT, "bills": listed}
    target.write("BillPayments", {**record, "isDraft": True}, remember=True)
    before = snapshot(target)
    assert len(before[1]) == 2
    assert preview(target, "BillPayments", record)["preview"]["outcome"] == "posted"
    assert snapshot(target) == before


@BOTH
def test_the_batch_says_what_it_is(target, stream, record):
    names = []

    def around(request, send):
        response = send(request)
        names.extend(row["displayName"] for row in target.rows("journals") if "E-1" in row["displayName"])
        return response

    preview(target, stream, record, around=around)
    assert set(names) == {"PREVIEW, do not post: E-1"}


@BOTH
def test_a_run_that_is_killed_before_the_removal_leaves_that_to_the_next_one(target, stream, record):
    before = snapshot(target)

    def around(request, send):
        if _removes(request):
            raise Killed
        return send(request)

    with pytest.raises(Killed):
        preview(target, stream, record, around=around)
    assert snapshot(target) != before
    target.write("Vendors", {"externalId": "v", "vendorName": "Other"}, remember=True)
    assert snapshot(target) == before


@BOTH
def test_a_removal_that_is_refused_is_named(target, stream, record):
    def around(request, send):
        return _refused() if request.method == "DELETE" else send(request)

    outcome = preview(target, stream, record, around=around)
    assert outcome["outcome"] == "previewed"
    assert codes(outcome) == [("", "left_behind")]


@BOTH
def test_an_unanswered_removal_is_looked_for(target, stream, record):
    before = snapshot(target)
    lost = []

    def around(request, send):
        response = send(request)
        if _removes(request) and not lost:
            lost.append(request)
            return Response(504, {}, b"")
        return response

    outcome = preview(target, stream, record, around=around)
    assert (outcome["outcome"], outcome["errors"]) == ("previewed", [])
    assert snapshot(target) == before


@BOTH
def test_a_removal_that_is_carried_out_and_never_answered_is_seen(target, stream, record):
    before = snapshot(target)

    def around(request, send):
        response = send(request)
        return Response(504, {}, b"") if _removes(request) else response

    outcome = preview(target, stream, record, around=around)
    assert (outcome["outcome"], outcome["errors"]) == ("previewed", [])
    assert snapshot(target) == before


def test_what_refers_to_something_new_is_only_foretold(target):
    before = snapshot(target)
    record = {key: value for key, value in PAYMENT.items() if key != "vendorNumber"}
    pairs = [("Vendors", {"externalId": "v", "vendorName": "New"}), ("BillPayments", {**record, "vendorName": "New"})]
    outcomes = target.pipe(pairs, preview=True, remember=True)
    assert not [outcome for outcome in outcomes if outcome["errors"]]
    assert snapshot(target) == before


def test_an_unbalanced_entry_is_refused_as_it_would_be(target):
    lines = [{"accountNumber": "8210", "debitAmount": 5}, {"accountNumber": "2910", "creditAmount": 4}]
    assert codes(preview(target, "JournalEntries", {**ENTRY, "lineItems": lines})) == [("lineItems", "unbalanced")]


def test_a_hundred_previews_take_few_requests(target):
    records = [{**ENTRY, "externalId": f"e{n}", "journalEntryNumber": f"E-{n}"} for n in range(100)]
    outcomes = target.write("JournalEntries", *records, preview=True, remember=True)
    assert {outcome["outcome"] for outcome in outcomes} == {"previewed"}
    assert len(target.requests) < 40


def _removes(request):
    if request.method == "DELETE":
        return True
    return request.url.endswith("$batch") and b'"DELETE"' in (request.body or b"")


def _refused():
    body = {"error": {"code": "Application_DialogException", "message": "No."}}
    return Response(400, {"Content-Type": "application/json"}, json.dumps(body).encode())
