"""A look that fails behind a write leaves nobody in the belief that nothing was written."""

from __future__ import annotations

import json

import pytest

from dynamics_bc_client.transport import Response
from tests.target.at_the_desk import Target

BILL = {
    "externalId": "b",
    "billNumber": "L-1",
    "vendorNumber": "20000",
    "issueDate": "2026-01-20",
    "expenses": [{"externalId": "1", "accountNumber": "8210", "amount": 10}],
    "isDraft": False,
}
REFUSED = {"status": 400, "body": {"error": {"code": "Application_DialogException", "message": "No reading now."}}}


class Blind:
    """Refuses every look at bills behind the first request that a mark is in."""

    def __init__(self, mark):
        self.mark, self.saw_it = mark, False

    def __call__(self, request, send):
        response = send(request)
        body = request.body or b""
        if not self.saw_it:
            self.saw_it = self.mark in body or self.mark in request.url.encode()
            return response
        if not request.url.endswith("$batch") or b"GET" not in body:
            return response
        replies = [{**each, **REFUSED} for each in json.loads(response.body)["responses"]]
        return Response(200, dict(response.headers), json.dumps({"responses": replies}).encode())


@pytest.mark.fault("W11")
@pytest.mark.parametrize("store", [True, False])
@pytest.mark.parametrize(("mark", "posted"), [(b'"vendorInvoiceNumber"', 0), (b"Microsoft.NAV.post", 1)])
def test_what_was_written_and_cannot_be_looked_at_is_undecided(mark, posted, store, tmp_path):
    target = Target(tmp_path)
    (outcome,) = target.write("Bills", BILL, remember=store, around=Blind(mark))
    assert outcome["outcome"] in {"rejected", "uncertain"}
    assert [error["code"] for error in outcome["errors"]] == ["undecided"]
    assert "nothing was written" not in outcome["errors"][0]["message"]
    (row,) = target.rows("purchaseInvoices", vendorInvoiceNumber="L-1")
    assert (row["status"] != "Draft") == bool(posted)
    (again,) = target.write("Bills", BILL, remember=store)
    assert again["outcome"] in {"posted", "unchanged"}
    assert len(target.rows("purchaseInvoices", vendorInvoiceNumber="L-1")) == 1


def test_a_look_that_fails_before_anything_is_written_says_so(tmp_path):
    target = Target(tmp_path)
    (outcome,) = target.write("Bills", BILL, around=Blind(b"accounts"))
    assert outcome["outcome"] == "rejected"
    assert target.rows("purchaseInvoices", vendorInvoiceNumber="L-1") == []


class Misled(Blind):
    """Answers the first create for somebody on the way, with a status, although the service has done it; then blind."""

    def __init__(self, mark, status, code):
        super().__init__(mark)
        self.status, self.code = status, code

    def __call__(self, request, send):
        was_seen, response = self.saw_it, super().__call__(request, send)
        if was_seen or not self.saw_it:
            return response
        error = {"error": {"code": self.code, "message": "Refused."}} if self.code else "<html>"
        if not request.url.endswith("$batch"):
            return Response(self.status, {}, json.dumps(error).encode())
        replies = [{**each, "status": self.status, "body": error} for each in json.loads(response.body)["responses"]]
        return Response(200, dict(response.headers), json.dumps({"responses": replies}).encode())


STATUSES = [
    (504, ""), (504, "GatewayTimeout"), (502, ""), (403, ""), (404, ""), (413, ""),
    (400, "Application_DialogException"),
]  # fmt: skip


@pytest.mark.parametrize("answer", STATUSES, ids=lambda answer: "-".join(map(str, answer)))
@pytest.mark.parametrize(
    ("stream", "record", "mark"),
    [
        ("Bills", {**BILL, "isDraft": True}, b'"vendorInvoiceNumber"'),
        ("vendors", {"number": "L-1", "displayName": "L"}, b'"displayName"'),
    ],
)
def test_a_create_that_was_refused_and_cannot_be_looked_at_is_looked_for_by_the_next_run_itself(
    stream, record, mark, answer, tmp_path
):
    target = Target(tmp_path)
    (outcome,) = target.write(stream, record, remember=True, around=Misled(mark, *answer))
    assert (outcome["outcome"], [error["code"] for error in outcome["errors"]]) == ("uncertain", ["undecided"])
    found, _ = target.write("vendors", {"number": "L-2", "displayName": "Another"}, remember=True)
    assert (found["outcome"], found["position"]) == ("unchanged", 0)
    entity_set, name = {"Bills": ("purchaseInvoices", "vendorInvoiceNumber"), "vendors": ("vendors", "number")}[stream]
    (row,) = target.rows(entity_set, **{name: "L-1"})
    assert row["id"] == found["id"]
