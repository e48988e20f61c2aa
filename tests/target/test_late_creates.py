"""A create that was not answered may still be carried out: nothing is created a second time beside it."""

from __future__ import annotations

import contextlib
import json
import sqlite3

import pytest

from dynamics_bc_client.transport import Response


def bill(**more):
    return {
        "externalId": "LB",
        "billNumber": "LB1",
        "vendorNumber": "10000",
        "expenses": [{"accountNumber": "8210", "amount": 100}],
        **more,
    }


class LateService:
    """Answers the first create of a bill with 504, and carries it out after a number of further requests."""

    def __init__(self, after):
        self.after = after
        self.create = None
        self.done = False

    def __call__(self, request, send):
        if self.create is None and _creates_a_bill(request):
            self.create = request
            return Response(504, {}, b"")
        if self.create is not None and not self.done:
            self.after -= 1
            if self.after == 0:
                self.done = True
                send(self.create)
        return send(request)


def _creates_a_bill(request):
    if request.url.endswith("$batch"):
        operations = json.loads(request.body)["requests"]
        return any(each["method"] == "POST" and "purchaseInvoices" in each["url"] for each in operations)
    return request.method == "POST" and request.url.endswith("/purchaseInvoices")


REFUSAL = b'{"error": {"code": "Application_DialogException", "message": "Something went wrong."}}'


def bills(company):
    return company.rows("purchaseInvoices", vendorInvoiceNumber="LB1")


@pytest.mark.parametrize("looks", [1, 2, 5])
@pytest.mark.parametrize("store", ["store", None])
def test_a_bill_that_appears_late_is_taken_for_the_one_that_was_created(pipe, company, looks, store):
    piped = pipe({"Bills": [bill()]}, around=LateService(looks), store=store)
    assert piped.kinds == ["created"]
    assert len(bills(company)) == 1


def test_a_bill_that_does_not_appear_is_uncertain_and_not_created_again(pipe, company):
    piped = pipe({"Bills": [bill()]}, around=LateService(0))
    assert (piped.kinds, piped.errors("LB")) == (["uncertain"], {("", "undecided")})
    again = pipe({"Bills": [bill()]})
    assert again.errors("LB") == {("", "undecided")}
    assert not bills(company)


def test_a_doubtful_create_is_not_repeated_by_a_second_record_of_the_same_run(pipe, company):
    piped = pipe({"Bills": [bill(), bill(dueDate="2026-03-01")]}, around=LateService(0), store=None)
    assert piped.kinds == ["uncertain", "uncertain"]
    assert not bills(company)


@pytest.mark.fault("P16")
def test_twenty_minutes_later_a_bill_that_never_came_is_created(pipe, company, tmp_path):
    pipe({"Bills": [bill()]}, around=LateService(0))
    with contextlib.closing(sqlite3.connect(tmp_path / "store" / "ledger.sqlite")) as memory, memory:
        memory.execute("UPDATE requests SET intended_at = datetime('now', '-21 minutes'), served_at = NULL")
    memory.close()
    assert pipe({"Bills": [bill()]}).kinds == ["created"]
    assert len(bills(company)) == 1


def test_a_quarter_of_an_hour_later_it_may_still_appear(pipe, company, tmp_path):
    pipe({"Bills": [bill()]}, around=LateService(0))
    with contextlib.closing(sqlite3.connect(tmp_path / "store" / "ledger.sqlite")) as memory, memory:
        memory.execute("UPDATE requests SET intended_at = datetime('now', '-19 minutes'), served_at = NULL")
    memory.close()
    assert pipe({"Bills": [bill()]}).kinds == ["uncertain"]
    assert not bills(company)


def test_a_vendor_with_an_id_of_ours_is_not_held_up(pipe, company):
    seen = []

    def around(request, send):
        if not seen and request.method == "POST" and b'"POST"' in (request.body or b"") and b"Late" in request.body:
            seen.append(request)
            return Response(504, {}, b"")
        return send(request)

    assert pipe({"Vendors": [{"externalId": "v", "vendorName": "Late"}]}, around=around).kinds == ["created"]
    assert len(company.rows("vendors", displayName="Late")) == 1


@pytest.mark.parametrize(("refused", "kind"), [("the look", "uncertain"), ("the lookups", "rejected")])
def test_a_create_in_doubt_stays_so_though_the_next_run_is_refused_before_it_can_look(pipe, company, refused, kind):
    order = {
        "externalId": "LO",
        "orderDate": "2026-01-20",
        "vendorNumber": "10000",
        "purchaseOrderLines": [{"lineType": "Account", "lineObjectNumber": "8210", "quantity": 1, "directUnitCost": 7}],
    }
    created = []

    def late(request, send):
        if not created and request.method == "POST" and request.url.endswith("/purchaseOrders"):
            created.append(request)
            return Response(504, {}, b"")
        return send(request)

    def failing(request, send):
        if len(created) == 1:
            created.append(send(created[0]))  # only now the service carries it out
        response = send(request)
        looked_at = b"lastModifiedDateTime" if refused == "the look" else b"/vendors?"
        return Response(400, {}, REFUSAL) if looked_at in (request.body or b"") else response

    (first,) = pipe({"purchaseOrders": [order]}, around=late).outcomes
    assert first["outcome"] == "uncertain"
    (second,) = [each for each in pipe({"purchaseOrders": [order]}, around=failing).outcomes if each["position"]]
    assert second["outcome"] == kind
    (third,) = [each for each in pipe({"purchaseOrders": [order]}).outcomes if each["position"]]
    assert third["errors"] == []
    assert len(company.rows("purchaseOrders", vendorNumber="10000", orderDate="2026-01-20")) == 1
