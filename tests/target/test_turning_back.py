"""What was written of a record that is refused is turned back, by the next run if this one cannot."""

from __future__ import annotations

import json
import os

import pytest

from dynamics_bc_client.transport import Request, Response
from tests.target.at_the_desk import Target
from tests.target.killing import in_another_process
from tests.target.test_refused_updates import bill, expense, refusing, state_of

REFUSED = bill(expense("n", "8310", className="Online"), vendorNumber="10000")
OTHER = bill(expense("x"), externalId="b-2", billNumber="F-2")


def deletes(request):
    return request.method == "DELETE" or b'"DELETE"' in (request.body or b"")


def answering_deletions(status, refuse):
    """A service that refuses something, and answers what would turn it back with a status."""

    def around(request, send):
        return Response(status, {}, b"{}") if deletes(request) else refuse(request, send)

    return around


def test_a_new_bill_whose_dimensions_are_refused_leaves_nothing(pipe, company):
    before = len(company.rows("purchaseInvoices"))
    piped = pipe({"Bills": [REFUSED]}, around=refusing("ONLINE"))
    assert piped.kinds == ["rejected"]
    assert len(company.rows("purchaseInvoices")) == before


@pytest.mark.fault("P5")
def test_what_could_not_be_turned_back_is_named_with_its_id_and_turned_back_by_the_next_run(pipe, company):
    before = len(company.rows("purchaseInvoices"))
    piped = pipe({"Bills": [REFUSED]}, around=answering_deletions(400, refusing("ONLINE")))
    outcome = piped.outcome("b-1")
    assert outcome["outcome"] == "rejected"
    assert "left_behind" in {error["code"] for error in outcome["errors"]}
    (left,) = company.rows("purchaseInvoices", vendorInvoiceNumber="F-1")
    assert outcome["id"] == left["id"]
    pipe({"Bills": [OTHER]})
    assert not company.rows("purchaseInvoices", vendorInvoiceNumber="F-1")
    assert len(company.rows("purchaseInvoices")) == before + 1


def test_a_dry_run_turns_nothing_back(tmp_path):
    target = Target(tmp_path)
    target.write("Bills", REFUSED, remember=True, around=answering_deletions(400, refusing("ONLINE")))
    target.write("Bills", OTHER, remember=True, dry_run=True)
    assert not [request for request in target.requests if deletes(request)]
    assert target.rows("purchaseInvoices", vendorInvoiceNumber="F-1")


def test_what_cannot_be_turned_back_is_tried_once_in_a_run(tmp_path):
    target = Target(tmp_path)
    around = answering_deletions(400, refusing("ONLINE"))
    target.write("Bills", REFUSED, remember=True, around=around)
    vendor = {"externalId": "v-1", "vendorNumber": "V-1", "vendorName": "One"}
    target.pipe([("Vendors", vendor), ("Bills", OTHER)], remember=True, around=around)
    assert len([request for request in target.requests if deletes(request)]) == 1


def test_a_run_that_is_killed_while_it_turns_back_leaves_that_to_the_next_one(pipe, company):
    refuse = refusing("ONLINE")

    def around(request, send):
        if deletes(request):
            os._exit(9)
        return refuse(request, send)

    assert in_another_process(lambda: pipe({"Bills": [REFUSED]}, around=around)) == 9
    assert company.rows("purchaseInvoices", vendorInvoiceNumber="F-1")
    pipe({"Bills": [OTHER]})
    assert not company.rows("purchaseInvoices", vendorInvoiceNumber="F-1")


def test_what_a_killed_run_created_goes_when_the_next_run_is_refused(pipe, company):
    refuse = refusing("ONLINE")

    def killing(request, send):
        if request.method == "POST" and company.rows("purchaseInvoices", vendorInvoiceNumber="F-1"):
            os._exit(9)
        return refuse(request, send)

    assert in_another_process(lambda: pipe({"Bills": [REFUSED]}, around=killing)) == 9
    assert company.rows("purchaseInvoices", vendorInvoiceNumber="F-1")
    piped = pipe({"Bills": [{**REFUSED, "isDraft": True}]}, around=refusing("ONLINE"))
    assert piped.kinds == ["rejected"]
    assert not company.rows("purchaseInvoices", vendorInvoiceNumber="F-1")


def test_what_an_undecided_run_created_goes_when_the_next_run_is_refused(pipe, company):
    refuse = refusing("ONLINE")

    def around(request, send):
        if b'"GET"' in (request.body or b"") and company.rows("purchaseInvoices", vendorInvoiceNumber="F-1"):
            return Response(503, {}, b"")  # the looks behind the create
        return refuse(request, send)

    piped = pipe({"Bills": [REFUSED]}, around=around)
    assert {error["code"] for error in piped.outcome("b-1")["errors"]} == {"undecided"}
    assert company.rows("purchaseInvoices", vendorInvoiceNumber="F-1")
    assert pipe({"Bills": [REFUSED]}, around=refuse).kinds == ["rejected"]
    assert not company.rows("purchaseInvoices", vendorInvoiceNumber="F-1")


def many(amount, **more):
    return bill(*(expense(f"{n}", amount=amount + n, **more) for n in range(110)))


def costs(company, id_):
    return [line["unitCost"] for line in company.lines(id_)]


@pytest.mark.parametrize("killed", [False, True])
def test_more_changes_than_one_transaction_takes_are_turned_back_together(pipe, company, killed):
    id_ = pipe({"Bills": [many(1)]}).outcome("b-1")["id"]
    before = costs(company, id_)
    transactions = []

    def around(request, send):
        if b'"PATCH"' not in (request.body or b""):
            return send(request)
        transactions.append(request)
        if len(transactions) == 1:
            return send(request)
        if killed:
            os._exit(9)
        return refusing("unitCost")(request, send)

    if killed:
        assert in_another_process(lambda: pipe({"Bills": [many(1000)]}, around=around)) == 9
        assert costs(company, id_) != before
        piped = pipe({"Bills": [many(1000)]}, around=refusing("1109"))
    else:
        piped = pipe({"Bills": [many(1000)]}, around=around)
    assert piped.kinds == ["rejected"]
    assert costs(company, id_) == before
    assert pipe({"Bills": [many(1000)]}).kinds == ["updated"]
    assert costs(company, id_) == [1000 + n for n in range(110)]


def test_a_change_of_vendor_is_turned_back_when_the_rest_is_refused(pipe, company):
    id_ = pipe({"Bills": [bill(expense("a"))]}).outcome("b-1")["id"]
    before = state_of(company, id_)
    changed = bill(expense("a", amount=6), vendorNumber="10000")
    piped = pipe({"Bills": [changed]}, around=refusing("unitCost", "6"))
    assert piped.kinds == ["rejected"]
    after = state_of(company, id_)
    assert after[0]["vendorId"] == before[0]["vendorId"]
    assert [line["unitCost"] for line in after[2]] == [line["unitCost"] for line in before[2]]


def test_a_draft_that_is_not_posted_because_its_total_is_off_is_not_turned_back(pipe, company):
    piped = pipe({"Bills": [bill(expense("a"), isDraft=False, totalAmount=99)]})
    assert piped.errors("b-1") == {("totalAmount", "total_differs")}
    pipe({"Bills": [OTHER]})
    assert company.row("purchaseInvoices", vendorInvoiceNumber="F-1")["status"] == "Draft"


# --- what is refused and done all the same ---


def posting_and_refusing(request, send):
    """A service that posts, and says that it did not."""
    if not request.url.endswith("Microsoft.NAV.post"):
        return send(request)
    assert send(request).status == 204
    body = {"error": {"code": "Application_DialogException", "message": "The number series is locked."}}
    return Response(400, {"Content-Type": "application/json"}, json.dumps(body).encode())


def test_a_bill_that_is_posted_although_that_was_refused_is_posted(pipe, company):
    piped = pipe({"Bills": [bill(expense("a"), isDraft=False)]}, around=posting_and_refusing)
    outcome = piped.outcome("b-1")
    assert outcome["outcome"] == "posted"
    assert outcome["id"] == company.row("purchaseInvoices", vendorInvoiceNumber="F-1")["id"]
    assert "The number series is locked." in outcome["errors"][0]["message"]
    assert pipe({"Bills": [bill(expense("a"), isDraft=False)]}).kinds == ["existing"]


def test_an_entry_that_is_posted_although_that_was_refused_is_posted_and_leaves_no_batch(pipe, company):
    lines = [{"accountNumber": "8210", "debitAmount": 5}, {"accountNumber": "2910", "creditAmount": 5}]
    entry = {
        "externalId": "e",
        "journalEntryNumber": "E-1",
        "transactionDate": "2026-01-28",
        "isDraft": False,
        "lineItems": lines,
    }
    before = {row["id"] for row in company.rows("journals")}
    piped = pipe({"JournalEntries": [entry]}, around=posting_and_refusing)
    assert piped.kinds == ["posted"]
    assert "The number series is locked." in piped.outcome("e")["errors"][0]["message"]
    assert {row["id"] for row in company.rows("journals")} == before
    assert len(company.rows("generalLedgerEntries", documentNumber="E-1")) == 2


# --- a journal that balances by itself ---

ENTRY = {
    "externalId": "e",
    "journalEntryNumber": "E-1",
    "transactionDate": "2026-01-28",
    "lineItems": [{"accountNumber": "8210", "debitAmount": 5}, {"accountNumber": "2910", "creditAmount": 5}],
}


def taking_blank_for_none(*methods):
    """A service that does not take a blank balancing account for a value, as the general journal's codeunit."""
    blank = b'"balancingAccountId":"00000000-0000-0000-0000-000000000000"'

    def around(request, send):
        body = request.body or b""
        if blank in body and any(method in body for method in methods):
            body = body.replace(b"," + blank, b"").replace(blank, b'"description":"Rent"')
        return send(Request(request.method, request.url, request.headers, body or None))

    return around


@pytest.fixture
def balancing(company):
    """The journal of the drafts, with a balancing account."""
    account, journal = company.row("accounts", number="2910"), company.row("journals", code="DEFAULT")
    company.edit("journals", journal["id"], balancingAccountId=account["id"], balancingAccountNumber="2910")
    return journal


def test_a_balancing_account_that_a_journal_gives_to_new_lines_is_taken_off_them(pipe, company, balancing):
    piped = pipe({"JournalEntries": [ENTRY]}, around=taking_blank_for_none(b'"POST"'))
    assert piped.kinds == ["created"]
    lines = company.rows("journalLines", documentNumber="E-1")
    assert [line["journalId"] for line in lines] == [balancing["id"]] * 2
    assert {line["balancingAccountNumber"] for line in lines} == {""}


def test_an_entry_that_would_be_booked_twice_over_is_rejected_and_leaves_no_line(pipe, company, balancing):
    assert balancing["code"] == "DEFAULT"
    piped = pipe({"JournalEntries": [ENTRY]}, around=taking_blank_for_none(b'"POST"', b'"PATCH"'))
    assert piped.kinds == ["rejected"]
    assert {code for _, code in piped.errors("e")} == {"balanced_twice"}
    assert not company.rows("journalLines", documentNumber="E-1")
