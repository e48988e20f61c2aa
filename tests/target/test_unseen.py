"""What was written and cannot be looked at is said to be open, and never that nothing was written."""

from __future__ import annotations

import json

import pytest
from target.at_the_desk import Target

from dynamics_bc_client.errors import BadRequest, DynamicsError, Transient
from dynamics_bc_client.transport import Request, Response
from target_dynamics_bc.writing.refusing import is_hearsay

BILL = {
    "externalId": "B",
    "billNumber": "B1",
    "vendorNumber": "10000",
    "expenses": [{"accountNumber": "8210", "amount": 100}],
    "isDraft": False,
}
ENTRY = {
    "externalId": "E",
    "journalEntryNumber": "E1",
    "transactionDate": "2026-01-27",
    "lineItems": [{"accountNumber": "8210", "debitAmount": 5}, {"accountNumber": "2910", "creditAmount": 5}],
    "isDraft": False,
}
REFUSED = Response(400, {}, b'{"error":{"code":"BadRequest","message":"No."}}')


def blinded_after(word):
    """Refuses whatever is asked once a request with a word in it was carried out."""
    blind = []

    def around(request, send):
        if blind:
            return REFUSED
        response = send(request)
        if word in request.url or word.encode() in (request.body or b""):
            blind.append(request)
        return response

    return around


@pytest.mark.parametrize(("stream", "record"), [("Bills", BILL), ("JournalEntries", ENTRY)])
def test_a_posting_that_cannot_be_looked_at_is_open_and_the_next_run_finds_it(tmp_path, stream, record):
    target = Target(tmp_path)
    entries = len(target.rows("generalLedgerEntries"))
    (outcome,) = target.write(stream, record, around=blinded_after("Microsoft.NAV.post"), remember=True)
    assert [error["code"] for error in outcome["errors"]] == ["undecided"]
    assert "nobody knows" in outcome["errors"][0]["message"]
    booked = len(target.rows("generalLedgerEntries"))
    assert booked > entries
    (again,) = [each for each in target.write(stream, record, remember=True) if each["position"]]
    assert again["outcome"] == "posted"
    assert len(target.rows("generalLedgerEntries")) == booked


def test_what_cannot_be_looked_at_before_anything_is_written_is_refused(tmp_path):
    target = Target(tmp_path)
    (outcome,) = target.write("Bills", BILL, around=blinded_after("generalLedgerSetup"))
    assert outcome["errors"][0]["stage"] == "resolve"
    assert target.rows("purchaseInvoices", vendorInvoiceNumber="B1") == []


@pytest.mark.parametrize("status", [307, 400, 403, 404, 503])
def test_an_entry_whose_batch_cannot_be_removed_is_posted_and_the_next_run_removes_it(tmp_path, status):
    target = Target(tmp_path)
    batches = len(target.rows("journals"))

    def around(request, send):
        return Response(status, {}, b"") if request.method == "DELETE" else send(request)

    (outcome,) = target.write("JournalEntries", ENTRY, around=around, remember=True)
    assert outcome["outcome"] == "posted"
    assert [error["code"] for error in outcome["errors"]] == ["left_behind"]
    assert len(target.rows("journals")) == batches + 1
    (again,) = [each for each in target.write("JournalEntries", ENTRY, remember=True) if each["position"]]
    assert again["outcome"] == "existing"
    assert len(target.rows("journals")) == batches


VENDOR = {"externalId": "V", "vendorName": "Newcomer"}
DRAFTS = {
    "a vendor": ("Vendors", VENDOR),
    "a bill": ("Bills", {**BILL, "isDraft": True}),
    "an entry": ("JournalEntries", {**ENTRY, "isDraft": True}),
    "a payment": ("BillPayments", {
        "externalId": "P", "paymentNumber": "P1", "paymentDate": "2026-01-28", "amount": 5, "vendorNumber": "10000",
        "journalExternalId": "GENERAL",
    }),
}  # fmt: skip
CREATED_IN = ("vendors", "purchaseInvoices", "journalLines", "vendorPayments")


def creates(request):
    if not request.url.endswith("$batch"):
        return request.method == "POST" and request.url.endswith(CREATED_IN)
    operations = json.loads(request.body)["requests"]
    return any(each["method"] == "POST" and each["url"].endswith(CREATED_IN) for each in operations)


@pytest.mark.parametrize("is_done", [True, False])
@pytest.mark.parametrize(
    ("status", "body"),
    [
        *((status, b"<html>No.</html>") for status in (302, 400, 403, 413, 422)),
        *((status, b'{"error":{"code":"TooLarge","message":"No."}}') for status in (405, 413, 431)),
    ],
)
@pytest.mark.parametrize("name", DRAFTS)
def test_a_create_that_somebody_on_the_way_refused_is_looked_for_and_not_sent_again(
    tmp_path, name, status, body, is_done
):
    """The service's own refusal has a code and one of a few statuses; a proxy's may come when the work was done."""
    target, sent = Target(tmp_path), []
    stream, record = DRAFTS[name]

    def around(request, send):
        if not creates(request):
            return send(request)
        sent.append(request)
        if is_done:
            send(request)
        return Response(status, {}, body)

    (outcome,) = target.write(stream, record, around=around)
    assert outcome["outcome"] == ("created" if is_done else "rejected"), outcome
    assert len(sent) == 1 or (not is_done and len({request.body for request in sent}) == len(sent))


def test_a_change_that_somebody_on_the_way_refused_when_it_was_done_counts_as_made(tmp_path):
    """A 404 of the service says that the row is gone; one without its code says nothing of the row."""
    target = Target(tmp_path)
    target.write("Vendors", VENDOR)

    def around(request, send):
        response = send(request)
        return Response(404, {}, b"<html>No.</html>") if changes(request) else response

    (outcome,) = target.write("Vendors", {**VENDOR, "vendorName": "Renamed"}, around=around)
    assert [row["displayName"] for row in target.rows("vendors", displayName="Renamed")] == ["Renamed"]
    assert outcome["outcome"] == "updated"


def changes(request):
    return request.method == "PATCH" or b'"PATCH"' in (request.body or b"")


def unlike(request):
    """A create of a bill of which an extension puts in other lines than those that were sent."""
    body = json.loads(request.body)
    (line,) = body["purchaseInvoiceLines"]
    line |= {"quantity": 7, "unitCost": 9}
    return Request(request.method, request.url, request.headers, json.dumps(body).encode())


@pytest.mark.parametrize("is_like", [True, False])
def test_a_draft_of_a_create_in_doubt_that_cannot_be_completed_goes_or_is_named(tmp_path, is_like):
    """What is like the record is the record's own, and half of it is worse than none; anything else stays."""
    target, creates = Target(tmp_path), []

    def around(request, send):
        body = request.body or b""
        is_create = b'"vendorInvoiceNumber"' in body
        if is_create and not creates:
            creates.append(request)
            send(request if is_like else unlike(request))
            return Response(503, {}, b"")
        return Response(403, {}, REFUSED.body) if b'"fileName"' in body else send(request)

    file = {"name": "bill.txt", "content": "QSBiaWxs"}
    record = {**BILL, "attachments": [file], "isDraft": True}
    (outcome,) = target.write("Bills", record, around=around, remember=True)
    drafts = [row["id"] for row in target.rows("purchaseInvoices", vendorInvoiceNumber="B1")]
    codes = {error["code"] for error in outcome["errors"]}
    assert outcome["outcome"] == "rejected"
    assert len(drafts) == (0 if is_like else 1)
    assert is_like or ("left_behind" in codes and outcome["id"] == drafts[0] and outcome["draft"])
    (again,) = [each for each in target.write("Bills", record, remember=True) if each["position"]]
    assert again["outcome"] in {"created", "updated"}
    assert len(target.rows("purchaseInvoices", vendorInvoiceNumber="B1")) == 1


@pytest.mark.parametrize(
    ("error", "hearsay"),
    [
        (BadRequest("No.", status=400, code="BadRequest", text="No."), False),
        (BadRequest("No.", status=400, text="<html>"), True),
        (BadRequest("No.", status=418, code="BadRequest", text="No."), True),
        (Transient("No.", status=503), False),
        (DynamicsError("No."), False),
    ],
)
def test_what_has_no_code_and_status_of_the_service_may_be_somebody_elses_word(error, hearsay):
    assert is_hearsay(error) == hearsay
