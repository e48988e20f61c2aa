"""What was refused because somebody else was at work is tried again; what is refused each time is rejected."""

from __future__ import annotations

import json
from typing import Any

import pytest
from target.at_the_desk import Target

from dynamics_bc_client.transport import Request, Response

BILL = {
    "externalId": "B-1",
    "billNumber": "B-1",
    "vendorNumber": "10000",
    "issueDate": "2026-01-20",
    "isDraft": False,
    "expenses": [{"accountNumber": "8210", "amount": 10}],
}
UPDATED = ("Internal_ServerError", "Sorry, we just updated this page. Reopen it, and try again.")
LOCKED = ("Application_DialogException", "... was locked by another user. Please retry the activity.")


def refusing(what: bytes, said: tuple[str, str], times: int):
    """Refuses requests that have a text in their address or body; those of a batch each for itself."""
    left = [times]

    def around(request: Request, ask: Any) -> Response:
        if request.method == "GET" or what not in request.url.encode() + (request.body or b"") or not left[0]:
            return ask(request)
        left[0] -= 1
        error = {"error": {"code": said[0], "message": said[1]}}
        if not request.url.endswith("$batch"):
            return Response(400, {}, json.dumps(error).encode())
        replies = [{"id": each["id"], "status": 400, "body": error} for each in json.loads(request.body)["requests"]]
        return Response(200, {}, json.dumps({"responses": replies}).encode())

    return around


@pytest.mark.parametrize("said", [UPDATED, LOCKED], ids=["page updated", "locked"])
@pytest.mark.parametrize("what", [b"Microsoft.NAV.post", b"vendorInvoiceNumber"], ids=["posting", "creating"])
def test_a_bill_that_is_refused_once_for_other_peoples_work_is_posted_once(tmp_path, what, said):
    target = Target(tmp_path)
    (outcome,) = target.write("Bills", BILL, around=refusing(what, said, 1), remember=True)
    assert outcome["outcome"] == "posted"
    target.row("purchaseInvoices", vendorInvoiceNumber="B-1")


def test_a_page_that_is_updated_each_time_rejects_the_bill_and_leaves_its_draft(tmp_path):
    target = Target(tmp_path)
    around = refusing(b"Microsoft.NAV.post", UPDATED, 100)
    (outcome,) = target.write("Bills", BILL, around=around, remember=True)
    assert (outcome["outcome"], outcome["draft"]) == ("rejected", True)
    assert "Reopen it" in outcome["errors"][0]["message"]
