"""What the service refuses in its own words and has done all the same is adopted or removed, and never made twice.

An extension that commits and then fails does that: Business Central answers 400 with a code of its own, and the row is
there.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from datetime import timedelta

import pytest

from dynamics_bc_client.transport import Request, Response
from target_dynamics_bc.kinds.standard import standard_kinds
from tests.target.at_the_desk import Target
from tests.target.test_every_kind import ROWS

ERROR = {"error": {"code": "Application_DialogException", "message": "Something went wrong behind the work."}}
REFUSED = Response(400, {}, json.dumps(ERROR).encode())
SETTINGS = {"journal": "DEFAULT", "payment_journal": "GENERAL", "on_delete": "delete"}
DIMENSION = [{"code": "CLASS", "valueCode": "ONLINE"}]
LINE = {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 2, "description": "Desks"}
ORDER = {
    "externalId": "o-1",
    "vendorNumber": "20000",
    "orderDate": "2026-01-20",
    "purchaseOrderLines": [{**LINE, "directUnitCost": 100}, {**LINE, "description": "Chairs", "directUnitCost": 50}],
}
SALES = {
    kind: {"externalId": "s-1", "customerNumber": "20000", f"{kind[:-1]}Lines": [{**LINE, "unitPrice": 100}]}
    for kind in ("salesQuotes", "salesOrders", "salesInvoices", "salesCreditMemos")
}
KEYLESS = {"purchaseOrders": ORDER, **SALES}


class Refusing:
    """Refuses writes to a set in the service's own words.

    Args:
        method: Which.
        ends: How their paths end.
        times: How many.
        does: The work is done all the same.
        changes: Changes what of it is done.
    """

    def __init__(self, method, ends, *, times=1, does=True, changes=None):
        self.method, self.ends, self.left, self.does, self.changes = method, ends, times, does, changes
        self.refused = []

    def __call__(self, request, send):
        if not request.url.endswith("$batch"):
            if not self._is_due(request.method, request.url.partition("?")[0], request.body):
                return send(request)
            if self.does:
                send(self._changed(request))
            return REFUSED
        content = json.loads(request.body)
        due = [each for each in content["requests"] if self._is_due(each["method"], each["url"], each.get("body"))]
        if not due:
            return send(request)
        if not self.does:
            content["requests"] = [each for each in content["requests"] if each not in due]
        elif self.changes is not None:
            for each in due:
                each["body"] = self.changes(each["body"])
        answer = send(Request(request.method, request.url, request.headers, json.dumps(content).encode()))
        ids = {each["id"] for each in due}
        replies = [each for each in json.loads(answer.body)["responses"] if each["id"] not in ids]
        replies += [{"id": id_, "status": 400, "headers": {}, "body": ERROR} for id_ in sorted(ids)]
        return Response(200, answer.headers, json.dumps({"responses": replies}).encode())

    def _is_due(self, method, path, body):
        if method != self.method or not path.endswith(self.ends) or self.left == 0:
            return False
        self.left -= 1
        self.refused.append(body)
        return True

    def _changed(self, request):
        if self.changes is None:
            return request
        body = json.dumps(self.changes(json.loads(request.body))).encode()
        return Request(request.method, request.url, request.headers, body)


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def write(target, stream, *records, around=None, remember=True, **more):
    outcomes = target.write(stream, *records, around=around, remember=remember, **SETTINGS, **more)
    return [outcome for outcome in outcomes if outcome["position"]]


def made(target, kind):
    """The rows of a kind that were not there before."""
    return [row for row in target.rows(kind) if row["id"] not in target.there]


def remember_rows(target, *kinds):
    target.there = {row["id"] for kind in kinds for row in target.rows(kind)}


def set_of(kind):
    """Where the rows of a kind are created: in the kind's own set, be it below a journal."""
    return "/" + standard_kinds()[kind].facts.name


@pytest.mark.parametrize("store", [True, False], ids=["store", "no store"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.kind)
def test_a_record_of_any_kind_is_created_once_though_its_create_was_refused(target, row, store):
    facts = standard_kinds()[row.kind].facts.name
    remember_rows(target, facts)
    around = Refusing("POST", set_of(row.kind))
    (outcome,) = write(target, row.kind, row.record, around=around, remember=store)
    assert around.refused
    assert (outcome["outcome"], outcome["errors"]) == ("created", [])
    first = made(target, facts)
    assert outcome["id"] in [each["id"] for each in first]
    assert len(first) == len(row.record.get("journalLines", [None]))
    (again,) = write(target, row.kind, row.record, remember=store)
    assert again["outcome"] == ("existing" if store else "unchanged")
    assert len(made(target, facts)) == len(first)


@pytest.mark.parametrize("dimensions", [[], DIMENSION], ids=["plain", "with dimensions"])
@pytest.mark.parametrize("kind", KEYLESS)
def test_what_has_no_number_of_the_senders_is_found_by_what_it_holds(target, kind, dimensions):
    record = {**KEYLESS[kind], **({"dimensionSetLines": dimensions} if dimensions else {})}
    remember_rows(target, kind)
    (outcome,) = write(target, kind, record, around=Refusing("POST", f"/{kind}"))
    (row,) = made(target, kind)
    assert (outcome["outcome"], outcome["errors"], outcome["id"]) == ("created", [], row["id"])
    shown = {(each["code"], each["valueCode"]) for each in target.desk.rows(f"{kind}({row['id']})/dimensionSetLines")}
    assert shown >= {(each["code"], each["valueCode"]) for each in dimensions}
    (again,) = write(target, kind, record)
    assert (again["outcome"], again["id"]) == ("existing", row["id"])


@pytest.mark.parametrize("at_once", [1, 5])
def test_of_several_equal_orders_in_a_batch_each_has_one_of_its_own(target, at_once):
    records = [{**ORDER, "externalId": f"o-{number}"} for number in range(6)]
    remember_rows(target, "purchaseOrders")
    around = Refusing("POST", "/purchaseOrders", times=4)
    outcomes = write(target, "purchaseOrders", *records, around=around, max_concurrent_requests=at_once)
    assert {outcome["outcome"] for outcome in outcomes} == {"created"}
    assert {outcome["id"] for outcome in outcomes} == {row["id"] for row in made(target, "purchaseOrders")}
    assert len({outcome["id"] for outcome in outcomes}) == 6


def test_an_order_that_was_refused_and_not_made_takes_none_of_another_record_of_the_file(target):
    records = [{**ORDER, "externalId": f"o-{number}"} for number in range(3)]
    remember_rows(target, "purchaseOrders")
    around = Refusing("POST", "/purchaseOrders", times=-1, does=False)
    around.left = 2  # the first two
    outcomes = write(target, "purchaseOrders", *records, around=around)
    assert [outcome["outcome"] for outcome in outcomes] == ["rejected", "rejected", "created"]
    (row,) = made(target, "purchaseOrders")
    assert outcomes[2]["id"] == row["id"]


def test_an_older_order_of_somebody_else_that_says_the_same_is_not_taken_for_it(target):
    twin = target.desk.create(
        "purchaseOrders",
        {name: value for name, value in ORDER.items() if name != "externalId"},
    )
    target.desk.clock.advance(timedelta(minutes=5))
    remember_rows(target, "purchaseOrders")
    (outcome,) = write(target, "purchaseOrders", ORDER, around=Refusing("POST", "/purchaseOrders", does=False, times=9))
    assert outcome["outcome"] == "rejected"
    (outcome,) = write(target, "purchaseOrders", ORDER)
    assert outcome["outcome"] == "created"
    assert outcome["id"] != twin["id"]


def test_half_of_an_order_is_completed(target):
    def half(body):
        return {**body, "purchaseOrderLines": body["purchaseOrderLines"][:1]}

    remember_rows(target, "purchaseOrders")
    around = Refusing("POST", "/purchaseOrders", changes=half)
    (outcome,) = write(target, "purchaseOrders", ORDER, around=around)
    (row,) = made(target, "purchaseOrders")
    assert (outcome["outcome"], outcome["id"]) == ("created", row["id"])
    lines = target.rows("purchaseOrderLines", documentId=row["id"])
    assert sorted(line["description"] for line in lines) == ["Chairs", "Desks"]


def test_what_cannot_be_completed_is_removed(target):
    def half(body):
        return {**body, "purchaseOrderLines": body["purchaseOrderLines"][:1]}

    remember_rows(target, "purchaseOrders")
    create, line = (
        Refusing("POST", "/purchaseOrders", changes=half),
        Refusing("POST", "/purchaseOrderLines", does=False, times=99),
    )
    (outcome,) = write(
        target, "purchaseOrders", ORDER, around=lambda request, send: create(request, lambda each: line(each, send))
    )
    assert outcome["outcome"] == "rejected"
    assert made(target, "purchaseOrders") == []


def test_the_next_run_finds_what_a_run_that_could_not_look_again_has_left(target):
    remember_rows(target, "purchaseOrders")
    refusing = Refusing("POST", "/purchaseOrders")

    def around(request, send):
        return REFUSED if refusing.refused else refusing(request, send)

    (outcome,) = write(target, "purchaseOrders", ORDER, around=around)
    assert outcome["errors"][0]["code"] == "undecided"
    (row,) = made(target, "purchaseOrders")
    (again,) = write(target, "purchaseOrders", ORDER)
    assert again["id"] == row["id"]
    assert len(made(target, "purchaseOrders")) == 1


@pytest.mark.parametrize("hours", [-26, -5, -0.5, 0.5, 5, 26])
def test_a_clock_that_is_set_before_the_next_run_hides_nothing_from_it(target, tmp_path, hours):
    remember_rows(target, "purchaseOrders")
    refusing = Refusing("POST", "/purchaseOrders")
    write(target, "purchaseOrders", ORDER, around=lambda *of: REFUSED if refusing.refused else refusing(*of))
    target.desk.clock.advance(timedelta(minutes=31))
    (memory,) = tmp_path.rglob("ledger.sqlite")
    with contextlib.closing(sqlite3.connect(memory)) as database, database:
        # What was noted by a clock that is set back since is of a later hour.
        database.execute("UPDATE requests SET intended_at = datetime(intended_at, ?)", (f"{-hours} hours",))
    (again,) = write(target, "purchaseOrders", ORDER)
    assert [row["id"] for row in made(target, "purchaseOrders")] == [again["id"]]


BILL = {
    "vendorNumber": "20000",
    "vendorInvoiceNumber": "K-1",
    "purchaseInvoiceLines": [{**LINE, "unitCost": 100}],
}


def test_a_line_that_was_added_to_a_draft_and_refused_is_there_once(target):
    write(target, "purchaseInvoices", BILL)
    more = {
        **BILL,
        "purchaseInvoiceLines": [*BILL["purchaseInvoiceLines"], {**LINE, "description": "2", "unitCost": 1}],
    }
    around = Refusing("POST", "/purchaseInvoiceLines")
    (outcome,) = write(target, "purchaseInvoices", more, around=around)
    assert around.refused
    assert (outcome["outcome"], outcome["errors"]) == ("updated", [])
    assert len(target.rows("purchaseInvoiceLines", documentId=outcome["id"])) == 2


def test_a_change_that_was_refused_and_done_is_an_update(target):
    write(target, "vendors", {"number": "K-1", "displayName": "First"})
    (outcome,) = write(
        target, "vendors", {"number": "K-1", "displayName": "Second"}, around=Refusing("PATCH", ")", times=1)
    )
    assert (outcome["outcome"], outcome["errors"]) == ("updated", [])


@pytest.mark.parametrize("posts", [False, True])
@pytest.mark.parametrize("stream", ["generalJournalLines", "vendorPayments"])
def test_lines_of_a_journal_that_were_refused_for_good_do_not_stay(target, stream, posts):
    (row,) = [row for row in ROWS if row.kind == stream]
    facts = standard_kinds()[stream].facts.name
    remember_rows(target, facts, "journals")
    path = "/" + (standard_kinds()[stream].batches if posts else facts)
    first, rest = Refusing("POST", path), Refusing("PATCH", ")", does=False, times=99)

    def change(request, send):
        return first(request, lambda each: rest(each, send))

    record = {**row.record, **({"isDraft": False} if posts else {})}
    if stream == "vendorPayments":
        record["dimensionSetLines"] = DIMENSION
    (outcome,) = write(target, stream, record, around=change)
    if outcome["outcome"] == "rejected":
        assert made(target, facts) == []
    else:
        assert outcome["outcome"] in {"created", "posted"}


def test_default_dimensions_that_were_refused_and_are_there_are_no_reason_to_reject(target):
    record = {"number": "K-1", "displayName": "First"}
    write(target, "customers", record)
    more = {**record, "defaultDimensions": [{"dimensionCode": "CLASS", "dimensionValueCode": "ONLINE"}]}
    around = Refusing("POST", "/defaultDimensions")
    (outcome,) = write(target, "customers", more, around=around)
    assert around.refused
    assert (outcome["outcome"], outcome["errors"]) == ("updated", [])


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_an_attachment_that_was_refused_and_done_is_there_once(target, method):
    bill = {**BILL, "attachments": [{"fileName": "a.pdf", "content": "UERG"}]}
    ends = "/documentAttachments" if method == "POST" else "/attachmentContent"
    around = Refusing(method, ends)
    (outcome,) = write(target, "purchaseInvoices", bill, around=around)
    assert around.refused
    assert (outcome["outcome"], outcome["errors"]) == ("created", [])
    (file,) = target.rows("documentAttachments", parentId=outcome["id"])
    assert file["byteSize"] == 3


def test_a_picture_that_was_refused_and_done_is_no_reason_to_reject(target):
    record = {"number": "K-1", "displayName": "First", "picture": {"content": "UERG"}}
    around = Refusing("PATCH", "/pictureContent")
    (outcome,) = write(target, "customers", record, around=around)
    assert around.refused
    assert (outcome["outcome"], outcome["errors"]) == ("created", [])


@pytest.mark.parametrize("field", ["vendorName", "vendorNumber"])
def test_a_vendor_that_is_made_for_a_record_is_made_once(target, field):
    bill = {
        "externalId": "b-1", "billNumber": "B-1", field: "NEWCOMER",
        "expenses": [{"accountNumber": "8210", "amount": 5}],
    }  # fmt: skip
    remember_rows(target, "vendors")
    around = Refusing("POST", "/vendors")
    bills = [bill, {**bill, "externalId": "b-2", "billNumber": "B-2"}]
    outcomes = write(target, "Bills", *bills, around=around, create_missing=["vendors"])
    assert around.refused
    assert [outcome["outcome"] for outcome in outcomes] == ["created", "created"]
    assert len(made(target, "vendors")) == 1


@pytest.mark.parametrize("stream", ["purchaseInvoices", "purchaseOrders"])
def test_a_preview_leaves_nothing_of_a_create_that_was_refused(target, stream):
    record = {**BILL, "externalId": "b-1"} if stream == "purchaseInvoices" else ORDER
    remember_rows(target, stream)
    around = Refusing("POST", f"/{stream}")
    (outcome,) = write(target, stream, record, around=around, preview=True)
    assert made(target, stream) == []
    assert outcome["outcome"] == "previewed"


def test_the_removal_of_a_preview_that_was_refused_and_done_leaves_nothing_to_name(target):
    remember_rows(target, "purchaseInvoices")
    around = Refusing("DELETE", ")")
    (outcome,) = write(target, "purchaseInvoices", {**BILL, "externalId": "b-1"}, around=around, preview=True)
    assert around.refused
    assert made(target, "purchaseInvoices") == []
    assert (outcome["outcome"], outcome["errors"], outcome["id"]) == ("previewed", [], None)


def test_refused_creates_are_looked_for_in_few_requests(target):
    records = [{**ORDER, "externalId": f"o-{number}"} for number in range(100)]
    calm = Target(target._folder / "calm")
    (target._folder / "calm").mkdir()
    write(calm, "purchaseOrders", *records)
    around = Refusing("POST", "/purchaseOrders", times=100, does=False)
    outcomes = write(target, "purchaseOrders", *records, around=around)
    assert {outcome["outcome"] for outcome in outcomes} == {"rejected"}
    assert len(target.requests) <= len(calm.requests) + 2
