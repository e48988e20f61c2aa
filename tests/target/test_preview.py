"""A preview says what would be booked, and leaves nothing behind."""

from __future__ import annotations

import pytest

from dynamics_bc_client.errors import ConfigurationError, ConnectionLost
from dynamics_bc_client.transport import Response
from tests.tap.desk_runs import Killed
from tests.target.at_the_desk import DeskTransport, Target
from tests.target.sent_records import bill_of_desks

BILL = bill_of_desks("p-1", "P-1")


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def codes(outcome):
    return [(error["field"], error["code"]) for error in outcome["errors"]]


def preview(target, *records, stream="Bills", **more):
    return target.write(stream, *records, preview=True, remember=True, **more)


def bills(target):
    return target.rows("purchaseInvoices", vendorInvoiceNumber="P-1")


def test_a_document_is_drafted_compared_and_removed(target):
    before = len(target.rows("purchaseInvoices")), len(target.rows("generalLedgerEntries"))
    (outcome,) = preview(target, BILL)
    assert (outcome["outcome"], outcome["errors"], outcome["id"]) == ("previewed", [], None)
    assert outcome["preview"] == {
        "outcome": "posted",
        "totalAmountExcludingTax": 200,
        "totalTaxAmount": 0,
        "totalAmountIncludingTax": 200,
        "currencyCode": "GBP",
    }
    assert (len(target.rows("purchaseInvoices")), len(target.rows("generalLedgerEntries"))) == before
    assert target.states == []
    assert target.exit_code == 0


def test_what_would_be_a_draft_is_said_to_become_one(target):
    (outcome,) = preview(target, {**BILL, "isDraft": True})
    assert outcome["preview"]["outcome"] == "created"
    (outcome,) = preview(target, BILL, posting="never")
    assert outcome["preview"]["outcome"] == "created"
    assert bills(target) == []


def test_what_would_keep_it_from_being_posted_is_named(target):
    (outcome,) = preview(target, {**BILL, "totalAmount": 1})
    assert (outcome["outcome"], codes(outcome)) == ("previewed", [("totalAmount", "total_differs")])
    assert outcome["preview"]["outcome"] == "rejected"
    assert target.exit_code == 1
    assert bills(target) == []


def test_a_previewed_record_is_not_settled_and_is_written_when_it_comes_again(target):
    assert preview(target, BILL)[0]["outcome"] == "previewed"
    assert preview(target, BILL)[0]["outcome"] == "previewed"
    (outcome,) = target.write("Bills", BILL, remember=True)
    assert outcome["outcome"] == "posted"
    assert preview(target, BILL)[0]["outcome"] == "existing"


def test_a_draft_that_is_there_is_left_as_it_is(target):
    (created,) = target.write("Bills", {**BILL, "isDraft": True}, remember=True)
    (outcome,) = preview(target, BILL)
    assert (outcome["outcome"], outcome["preview"]["outcome"]) == ("previewed", "posted")
    (outcome,) = preview(target, {**BILL, "dueDate": "2026-05-05"})
    assert outcome["outcome"] == "updated"
    (row,) = bills(target)
    assert (row["id"], row["status"]) == (created["id"], "Draft")
    assert row["dueDate"] != "2026-05-05"


def test_other_kinds_are_not_written_and_what_refers_to_them_is_only_foretold(target):
    vendor = {"externalId": "v-new", "vendorName": "New Vendor"}
    bill = {**BILL, "vendorNumber": None, "vendorExternalId": "v-new"}
    outcomes = target.pipe([("Vendors", vendor), ("Bills", bill)], preview=True, remember=True)
    assert [outcome["outcome"] for outcome in outcomes] == ["created", "created"]
    assert target.rows("vendors", displayName="New Vendor") == []
    assert not any(request.method in {"PATCH", "DELETE"} for request in target.requests)


def test_a_hundred_previews_take_few_requests(target):
    records = [{**BILL, "externalId": f"p-{n}", "billNumber": f"P-{n}"} for n in range(40)]
    outcomes = preview(target, *records)
    assert {outcome["outcome"] for outcome in outcomes} == {"previewed"}
    assert len(target.requests) < 20
    assert [row for row in target.rows("purchaseInvoices") if row["vendorInvoiceNumber"].startswith("P-")] == []


def test_the_draft_says_what_it_is(target):
    seen = []

    def watching(request, send):
        answer = send(request)
        ids = [row["id"] for row in bills(target)]
        seen.extend(line["description"] for id_ in ids for line in target.rows("purchaseInvoiceLines", documentId=id_))
        return answer

    preview(target, BILL, around=watching)
    assert seen[0].startswith("PREVIEW ")
    assert seen[0].endswith("Do not post it.")


def is_removal(request):
    return request.method == "DELETE" or b'"DELETE"' in (request.body or b"")


def is_draft(request):
    return b"PREVIEW" in (request.body or b"")


def something_else(target):
    return target.write("Customers", {"externalId": "c-1", "companyName": "Somebody"}, remember=True)


def test_a_removal_that_is_refused_is_named_and_the_next_run_makes_up_for_it(target):
    def refusing(request, send):
        return Response(400, {}, b"{}") if is_removal(request) else send(request)

    (outcome,) = preview(target, BILL, around=refusing)
    (left,) = bills(target)
    assert (outcome["outcome"], codes(outcome), outcome["id"]) == ("previewed", [("", "left_behind")], left["id"])
    assert outcome["preview"]["totalAmountIncludingTax"] == 200
    something_else(target)
    assert bills(target) == []


def test_a_run_that_is_killed_before_the_removal_leaves_that_to_the_next_one(target):
    def killing(request, send):
        if is_removal(request):
            raise Killed
        return send(request)

    with pytest.raises(Killed):
        preview(target, BILL, around=killing)
    assert len(bills(target)) == 1
    something_else(target)
    assert bills(target) == []


def killing_behind_the_create(request, send):
    answer = send(request)
    if is_draft(request):
        raise Killed
    return answer


def test_a_draft_whose_id_nobody_heard_is_found_by_what_it_says_and_a_clerks_stays(target):
    clerks = target.desk.create("purchaseInvoices", {"vendorNumber": "20000", "vendorInvoiceNumber": "P-1"})
    with pytest.raises(Killed):
        preview(target, BILL, around=killing_behind_the_create)
    assert len(bills(target)) == 2
    something_else(target)
    assert [row["id"] for row in bills(target)] == [clerks["id"]]


@pytest.mark.parametrize("more", [{"preview": True}, {}])
def test_the_same_record_takes_the_place_of_a_preview_that_was_killed(target, more):
    with pytest.raises(Killed):
        preview(target, BILL, around=killing_behind_the_create)
    (outcome,) = target.write("Bills", BILL, remember=True, **more)
    assert outcome["outcome"] == ("previewed" if more else "posted")
    assert [row["status"] for row in bills(target)] == ([] if more else ["Open"])


def test_a_draft_of_a_preview_that_appears_late_is_removed_by_a_later_run(target):
    held = []

    def late(request, send):
        if is_draft(request):
            held.append(request)
            raise Killed
        return send(request)

    with pytest.raises(Killed):
        preview(target, BILL, around=late)
    something_else(target)
    assert bills(target) == []
    DeskTransport(target.desk)(held[0])
    assert len(bills(target)) == 1
    something_else(target)
    assert bills(target) == []


def test_an_unanswered_create_or_removal_is_looked_for(target):
    def losing(is_lost):
        lost = []

        def around(request, send):
            answer = send(request)
            if is_lost(request) and not lost:
                lost.append(request)
                raise ConnectionLost("The connection broke off.", sent=True)
            return answer

        return around

    for is_lost in (is_draft, is_removal):
        (outcome,) = preview(target, BILL, around=losing(is_lost))
        assert (outcome["outcome"], outcome["errors"]) == ("previewed", []), outcome
        assert bills(target) == []


@pytest.mark.parametrize("stream", ["purchaseOrders", "salesQuotes", "salesOrders", "salesInvoices"])
def test_every_kind_of_document_is_previewed(target, stream):
    party = "vendor" if stream.startswith("purchase") else "customer"
    price = "directUnitCost" if party == "vendor" else "unitPrice"
    line = {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 1, price: 7}
    record = {"externalId": "x", f"{party}Number": "10000", f"{stream.removesuffix('s')}Lines": [line]}
    before = len(target.rows(stream))
    (outcome,) = preview(target, record, stream=stream)
    assert (outcome["outcome"], outcome["errors"]) == ("previewed", [])
    assert outcome["preview"]["totalAmountExcludingTax"] == 7
    assert len(target.rows(stream)) == before


def test_a_preview_needs_a_store_and_excludes_a_dry_run(target):
    with pytest.raises(ConfigurationError, match="preview needs store_path"):
        target.write("Bills", BILL, preview=True)
    with pytest.raises(ConfigurationError, match="preview and dry_run exclude each other"):
        target.write("Bills", BILL, preview=True, dry_run=True, remember=True)


@pytest.mark.parametrize("stream", ["Bills", "JournalEntries"])
def test_files_are_not_sent_for_a_preview(target, stream):
    lines = [{"accountNumber": "8210", "debitAmount": 5}, {"accountNumber": "2910", "creditAmount": 5}]
    entry = {"externalId": "e-1", "journalEntryNumber": "E-1", "transactionDate": "2026-01-27", "lineItems": lines}
    record = BILL if stream == "Bills" else {**entry, "isDraft": False}
    files = [{"name": "terms.txt", "content": "dGhpcnR5IGRheXM="}]
    (outcome,) = preview(target, {**record, "attachments": files}, stream=stream)
    assert (outcome["outcome"], outcome["errors"]) == ("previewed", [])
    assert not any(b"terms.txt" in (request.body or b"") for request in target.requests)
