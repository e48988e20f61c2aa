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
    assert [error["code"] for error in second["errors"]][1:] == (["may_be_there"] if kind == "rejected" else [])
    (third,) = [each for each in pipe({"purchaseOrders": [order]}).outcomes if each["position"]]
    assert third["errors"] == []
    assert len(company.rows("purchaseOrders", vendorNumber="10000", orderDate="2026-01-20")) == 1


ORDER_LINE = {"lineType": "Account", "lineObjectNumber": "8210", "quantity": 1, "directUnitCost": 7}
LATE_ORDER = {
    "externalId": "LO",
    "orderDate": "2026-01-20",
    "vendorNumber": "10000",
    "purchaseOrderLines": [ORDER_LINE],
}


def losing(entity_set):
    """Answers creates in a set with 504, and does not carry them out."""

    def around(request, send):
        is_create = b'"POST"' in (request.body or b"") or request.url.endswith(f"/{entity_set}")
        is_of_set = request.method == "POST" and entity_set.encode() in request.url.encode() + (request.body or b"")
        return Response(504, {}, b"") if is_of_set and is_create else send(request)

    return around


def age(folder, minutes):
    (memory,) = folder.rglob("ledger.sqlite")
    with contextlib.closing(sqlite3.connect(memory)) as database, database:
        ago = f"-{minutes} minutes"
        database.execute("UPDATE requests SET intended_at = datetime('now', ?), served_at = NULL", (ago,))


WITHOUT_PRICE = {name: value for name, value in ORDER_LINE.items() if name != "directUnitCost"}
ORDERS = ("purchaseOrders", LATE_ORDER, {**LATE_ORDER, "purchaseOrderLines": [WITHOUT_PRICE]})
BILLS = ("Bills", bill(), bill(expenses=[{"accountNumber": "8210"}]))
OF_NOBODY = ("Bills", bill(), bill(vendorNumber="nobody"))


@pytest.mark.parametrize(
    ("versions", "minutes", "says"),
    [(ORDERS, 19, True), (BILLS, 19, True), (BILLS, 21, False), (OF_NOBODY, 21, True)],
    ids=["order", "bill", "bill that is not there", "bill that cannot be looked for"],
)
def test_a_record_that_is_rejected_says_that_its_create_may_be_there(pipe, tmp_path, versions, minutes, says):
    stream, first, second = versions
    entity_set = "purchaseInvoices" if stream == "Bills" else stream
    assert pipe({stream: [first]}, around=losing(entity_set)).kinds == ["uncertain"]
    age(tmp_path, minutes)
    for _ in range(2):
        (outcome,) = [each for each in pipe({stream: [second]}).outcomes if each["position"]]
        assert outcome["outcome"] == "rejected"
        assert ("may_be_there" in [error["code"] for error in outcome["errors"]]) is says, outcome


def test_a_record_that_was_never_sent_says_nothing_of_what_may_be_there(pipe):
    (outcome,) = pipe({"Bills": [bill(vendorNumber="nobody")]}).outcomes
    assert [error["code"] for error in outcome["errors"]] == ["not_found"]


@pytest.mark.parametrize("minutes", [0, 21])
@pytest.mark.parametrize("is_made", [True, False], ids=["made", "not made"])
def test_another_version_of_an_order_whose_create_is_in_doubt_is_no_second_order(
    pipe, company, tmp_path, is_made, minutes
):
    sent = []

    def blind(request, send):
        if sent:
            return Response(400, {}, REFUSAL)
        if request.method == "POST" and request.url.endswith("/purchaseOrders"):
            sent.append(send(request) if is_made else None)
            return Response(504, {}, b"")
        return send(request)

    assert pipe({"purchaseOrders": [LATE_ORDER]}, around=blind).kinds == ["uncertain"]
    age(tmp_path, minutes)
    changed = {**LATE_ORDER, "purchaseOrderLines": [{**ORDER_LINE, "directUnitCost": 9}]}
    (outcome,) = [each for each in pipe({"purchaseOrders": [changed]}).outcomes if each["position"]]
    orders = company.rows("purchaseOrders", vendorNumber="10000", orderDate="2026-01-20")
    if is_made or minutes:
        assert (outcome["outcome"], outcome["errors"]) == ("updated", [])
        assert [order["totalAmountExcludingTax"] for order in orders] == [9]
    else:
        assert (outcome["outcome"], orders) == ("uncertain", [])
