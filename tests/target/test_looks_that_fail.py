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
