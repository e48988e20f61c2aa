"""A create whose answer nobody has (it was lost, or the run was killed) may still be carried out by the service."""

from __future__ import annotations

import dataclasses
import json
import os
import pickle

import pytest

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.transport import Response
from tests.target.killing import in_another_process, let_minutes_pass

BILL = {
    "externalId": "LB",
    "billNumber": "LB1",
    "vendorNumber": "10000",
    "expenses": [{"accountNumber": "8210", "amount": 100}],
}
PAYMENT = {
    "externalId": "LP",
    "paymentNumber": "LP1",
    "paymentDate": "2026-01-28",
    "amount": 5,
    "vendorNumber": "10000",
    "journalExternalId": "GENERAL",
}
ENTRY = {
    "externalId": "LE",
    "journalEntryNumber": "LE1",
    "transactionDate": "2026-01-27",
    "lineItems": [{"accountNumber": "8210", "debitAmount": 5}, {"accountNumber": "2910", "creditAmount": 5}],
}
POSTED_PAYMENT, POSTED_ENTRY = {**PAYMENT, "isDraft": False}, {**ENTRY, "isDraft": False}

CASES = {
    "a bill": ("Bills", BILL),
    "a payment": ("BillPayments", PAYMENT),
    "an entry": ("JournalEntries", ENTRY),
    "a payment that is posted": ("BillPayments", POSTED_PAYMENT),
    "an entry that is posted": ("JournalEntries", POSTED_ENTRY),
}
CREATED_IN = (
    "purchaseInvoices",
    "purchaseInvoiceLines",
    "vendorPaymentJournals",
    "vendorPayments",
    "journals",
    "journalLines",
)


def creates(request):
    """Whether a request creates a bill, a journal batch, or a line of either."""
    if not request.url.endswith("$batch"):
        return request.method == "POST" and request.url.endswith(CREATED_IN)
    operations = json.loads(request.body)["requests"]
    return any(each["method"] == "POST" and each["url"].endswith(CREATED_IN) for each in operations)


class Unanswered:
    """Does not answer the first create (504), and carries it out after a number of further requests; 0 is never."""

    def __init__(self, after):
        self.after = after
        self.create = None

    def __call__(self, request, send):
        if self.create is None and creates(request):
            self.create = request
            return Response(504, {}, b"")
        if self.create is not None:
            self.after -= 1
            if self.after == 0:
                send(self.create)
        return send(request)


def killed_in_flight(pipe, records, path):
    """Kill a run while its first create is in flight, and keep that request."""

    def around(request, send):
        if creates(request):
            path.write_bytes(pickle.dumps(request))
            os._exit(9)
        return send(request)

    assert in_another_process(lambda: pipe(records, around=around)) == 9
    return pickle.loads(path.read_bytes())


def carrying_out(create, after):
    """What carries a create of an earlier run out after a number of requests of this one."""
    late = Unanswered(after)
    late.create = create
    return late


def copies(company):
    """How often each of the cases is in the books: as a draft, in a batch, or posted."""
    batches = [row for row in company.rows("journals") if row["displayName"].startswith(("To be posted", "LP1", "LE1"))]
    return {
        "bills": len(company.rows("purchaseInvoices", vendorInvoiceNumber="LB1")),
        "payments": len(company.rows("vendorPayments", documentNumber="LP1")),
        "entry lines": len(company.rows("journalLines", documentNumber="LE1")),
        "posted": len(company.rows("generalLedgerEntries", documentNumber="LP1"))
        + len(company.rows("generalLedgerEntries", documentNumber="LE1")),
        "batches": len(batches),
    }


def expected(pipe, company, emulator, records):
    """What an undisturbed run leaves."""
    pipe(records, store="undisturbed")
    seen = copies(company)
    emulator.reset()
    return seen


@pytest.mark.fault("P3")
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("after", [1, 3])
def test_what_was_in_flight_when_a_run_was_killed_is_written_once(  # noqa: PLR0917 - fixtures
    pipe, company, emulator, tmp_path, case, after
):
    records = {case[0]: [case[1]]}
    once = expected(pipe, company, emulator, records)
    create = killed_in_flight(pipe, records, tmp_path / "create")
    piped = pipe(records, around=carrying_out(create, after))
    assert piped.kinds in (["created"], ["unchanged"], ["posted"])
    assert copies(company) == once


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_was_in_flight_and_does_not_appear_is_written_when_the_service_has_given_it_up(
    pipe, company, emulator, tmp_path, case
):
    records = {case[0]: [case[1]]}
    once = expected(pipe, company, emulator, records)
    killed_in_flight(pipe, records, tmp_path / "create")
    doubtful = pipe(records)
    assert doubtful.kinds == ["uncertain"]
    let_minutes_pass(tmp_path / "store", 19)
    assert pipe(records).kinds == ["uncertain"]
    assert set(copies(company).values()) == {0}
    let_minutes_pass(tmp_path / "store", 21)
    assert pipe(records).kinds in (["created"], ["posted"])
    assert copies(company) == once


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_uncertain_is_carried_through_by_a_later_run_that_does_not_hold_it(
    pipe, company, emulator, tmp_path, case
):
    """The memory keeps it, so that a STATE may pass it and the tap need not send it again."""
    records = {case[0]: [case[1]]}
    once = expected(pipe, company, emulator, records)
    uncertain = pipe(records, around=Unanswered(0))
    assert (uncertain.kinds, uncertain.states) == (["uncertain"], [{"seen": 1}])
    let_minutes_pass(tmp_path / "store", 21)
    others = {"Customers": [{"externalId": "c", "companyName": "Another"}]}
    later = pipe(others)
    assert [each["position"] for each in later.outcomes] == [1, 0]
    assert later.kinds in (["created", "created"], ["posted", "created"])
    assert copies(company) == once
    assert pipe(others).kinds == ["existing"]


def test_without_a_store_no_state_passes_what_is_uncertain(pipe):
    uncertain = pipe({"Bills": [BILL]}, around=Unanswered(0), store=None)
    assert (uncertain.kinds, uncertain.states) == (["uncertain"], [])


@pytest.mark.fault("P2")
@pytest.mark.parametrize("case", list(CASES.values())[1:], ids=list(CASES)[1:])
@pytest.mark.parametrize("store", ["store", None])
def test_a_create_with_an_id_of_its_own_is_not_repeated_while_it_may_still_appear(pipe, company, emulator, case, store):
    """What is posted, or deleted, gives its id free: a second create would be taken as well as the first."""
    records = {case[0]: [case[1]]}
    once = expected(pipe, company, emulator, records)
    assert pipe(records, around=Unanswered(3), store=store).kinds in (["created"], ["posted"])
    assert copies(company) == once


@pytest.mark.fault("P2")
@pytest.mark.parametrize(("stream", "record"), [("BillPayments", POSTED_PAYMENT), ("JournalEntries", POSTED_ENTRY)])
def test_a_copy_of_what_is_posted_that_appears_all_the_same_is_removed_by_the_next_run(  # noqa: PLR0917 - fixtures
    pipe, company, emulator, tmp_path, stream, record
):
    records = {stream: [record]}
    once = expected(pipe, company, emulator, records)
    create = killed_in_flight(pipe, records, tmp_path / "create")
    pipe(records)
    let_minutes_pass(tmp_path / "store", 21)
    assert pipe(records).kinds == ["posted"]
    late = carrying_out(create, 1)
    piped = pipe(records, around=late)
    assert late.after < 1
    assert piped.kinds == ["existing"]
    assert copies(company) == once


def test_a_batch_that_somebody_else_has_put_lines_into_is_not_removed(pipe, company, tmp_path, caplog):
    records = {"BillPayments": [POSTED_PAYMENT]}
    create = killed_in_flight(pipe, records, tmp_path / "create")
    pipe(records)
    let_minutes_pass(tmp_path / "store", 21)
    pipe(records)
    body = json.loads(create.body)
    body["vendorPayments"].append({**body["vendorPayments"][0], "id": "aaaaaaaa-0000-4000-8000-000000000001"})
    foreign = dataclasses.replace(create, body=json.dumps(body).encode())
    pipe(records, around=carrying_out(foreign, 1))
    assert len(company.rows("vendorPayments", documentNumber="LP1")) == 2
    assert "somebody else" in caplog.text


def test_a_line_of_a_bill_whose_create_was_not_answered_is_not_added_twice(pipe, company):
    pipe({"Bills": [BILL]})
    more = {**BILL, "expenses": [*BILL["expenses"], {"accountNumber": "8430", "amount": 7}]}

    late = Unanswered(2)
    pipe({"Bills": [more]}, around=late)
    assert late.after < 1
    (row,) = company.rows("purchaseInvoices", vendorInvoiceNumber="LB1")
    assert sorted(line["unitCost"] for line in company.lines(row["id"])) == [7, 100]


def test_what_was_not_sent_because_nobody_is_signed_in_is_in_no_doubt(pipe, company):
    def refusing(request, send):
        if creates(request):
            raise ConfigurationError("Nothing was sent.")
        return send(request)

    with pytest.raises(ConfigurationError):
        pipe({"Bills": [BILL]}, around=refusing)
    assert pipe({"Bills": [BILL]}).kinds == ["created"]


def test_what_was_in_doubt_and_has_been_seen_is_in_no_doubt_any_more(pipe, company):
    """Its batch appears, cannot be posted, and is taken back: the next attempt has nothing to wait for."""
    records = {"JournalEntries": [POSTED_ENTRY]}
    late = Unanswered(1)

    def around(request, send):
        if request.url.endswith("Microsoft.NAV.post"):
            return Response(400, {}, b'{"error": {"code": "Application_DialogException", "message": "Not now."}}')
        return late(request, send)

    assert pipe(records, around=around).errors("LE") == {("", "Application_DialogException")}
    assert late.after < 1
    assert pipe(records).kinds == ["posted"]


@pytest.mark.fault("P4")
def test_without_a_store_a_bill_that_appears_beside_the_one_just_created_is_the_one_that_stays(pipe, company):
    """Its create was an earlier run's, which nobody remembers: the look after the create finds both."""
    late = []

    def earlier_run(request, send):
        if creates(request) and not late:
            late.append(request)
            return Response(504, {}, b"")
        return send(request)

    assert pipe({"Bills": [BILL]}, around=earlier_run, store=None).states == []

    def around(request, send):
        if creates(request) and late:
            send(late.pop())
        return send(request)

    piped = pipe({"Bills": [BILL]}, around=around, store=None)
    assert not late
    assert len(company.rows("purchaseInvoices", vendorInvoiceNumber="LB1")) == 1
    assert piped.outcome("LB")["id"] == company.row("purchaseInvoices", vendorInvoiceNumber="LB1")["id"]


def test_a_later_bill_of_somebody_else_is_left_alone_and_named(pipe, company, caplog):
    """Whoever made the older one keeps it; the younger one is taken back by whoever made that one."""
    seen = []

    def around(request, send):
        answer = send(request)
        if creates(request) and not seen:
            seen.append(request)
            send(request)
        return answer

    assert pipe({"Bills": [BILL]}, around=around).kinds == ["created"]
    assert len(company.rows("purchaseInvoices", vendorInvoiceNumber="LB1")) == 2
    assert "two bills" in caplog.text
