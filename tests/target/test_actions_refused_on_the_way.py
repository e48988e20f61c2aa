"""What is done to a posted document is done once, though its call was refused on the way or not answered."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from datetime import timedelta

import pytest

from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_client.transport import Response
from tests.target.at_the_desk import Target

MEMO = "makeCorrectiveCreditMemo"
INVOICE = {
    "customerNumber": "20000",
    "externalDocumentNumber": "K-1",
    "salesInvoiceLines": [{"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 2, "unitPrice": 100}],
}
ON_THE_WAY = ""
OF_THE_SERVICE = {401: "Authentication_InvalidCredentials", 429: "Application_TooManyRequests"}


class Refused:
    """Refuses the first call of an action, behind the work or before it.

    Args:
        action: Its name.
        status: With which.
        does: The work is done all the same.
        code: What the service calls the refusal; empty where it is somebody's on the way.
        headers: What comes with it.
    """

    def __init__(self, action, status, *, does=True, code=ON_THE_WAY, headers=None):
        self.action, self.status, self.does, self.code = action, status, does, code
        self.headers, self.calls = headers or {}, 0

    def __call__(self, request, send):
        if f"Microsoft.NAV.{self.action}".encode() not in request.url.encode() + (request.body or b""):
            return send(request)
        self.calls += 1
        if self.calls > 1:
            return send(request)
        if self.does:
            send(request)
        error = {"error": {"code": self.code, "message": "x"}}
        return Response(self.status, self.headers, json.dumps(error).encode() if self.code else b"")


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def asking(target, action, **more):
    """A record that asks for something to be done to an invoice that is posted; its customer has an address."""
    (customer,) = target.rows("customers", number="20000")
    target.desk.company.update("customers", customer["id"], {"email": "desk@example.com"})
    (posted,) = target.write("salesInvoices", {**INVOICE, "isDraft": False})
    return {**INVOICE, "id": posted["id"], "action": action, **more}


def write(target, record, around, *, remember=True):
    return target.write(
        "salesInvoices", record, around=around, remember=remember, allowed_actions=["send", "cancelAndSend", MEMO]
    )[0]


def memos(target, record):
    return target.rows("salesCreditMemos", invoiceId=record["id"])


def mails(target):
    return target.rows("_mails")


@pytest.mark.parametrize("status", [401, 429, 504])
def test_a_credit_memo_that_was_made_is_there_once(target, status):
    record = asking(target, MEMO, externalId="E-1")
    around = Refused(MEMO, status)
    outcome = write(target, record, around)
    assert len(memos(target, record)) == 1
    (made,) = memos(target, record)
    assert (outcome["outcome"], outcome["errors"], around.calls) == ("posted", [], 1)
    assert outcome["became"] == {"stream": "salesCreditMemos", "id": made["id"], "number": made["number"]}
    assert (write(target, record, around)["outcome"], around.calls) == ("existing", 1)


def test_credit_memos_of_several_invoices_are_there_once_each(target):
    record = asking(target, MEMO, externalId="E-1")
    (other,) = target.write("salesInvoices", {**INVOICE, "externalDocumentNumber": "K-2", "isDraft": False})
    second = {**record, "id": other["id"], "externalDocumentNumber": "K-2", "externalId": "E-2"}
    around = Refused(MEMO, 429)
    outcomes = target.write("salesInvoices", record, second, around=around, remember=True, allowed_actions=[MEMO])
    assert [outcome["outcome"] for outcome in outcomes] == ["posted"] * 2
    assert [len(memos(target, each)) for each in (record, second)] == [1, 1]


@pytest.mark.parametrize("status", [401, 429])
def test_a_credit_memo_that_was_refused_before_it_was_made_is_made_though_an_older_one_is_there(target, status):
    record = asking(target, MEMO)
    target.desk.act(f"salesInvoices({record['id']})", MEMO)
    target.desk.clock.advance(timedelta(minutes=5))
    around = Refused(MEMO, status, does=False)
    assert (write(target, record, around)["outcome"], around.calls) == ("posted", 2)
    assert len(memos(target, record)) == 2


def test_a_credit_memo_that_was_not_answered_and_is_not_there_is_not_made_again_before_twenty_minutes(target, tmp_path):
    record = asking(target, MEMO, externalId="E-1")
    around = Refused(MEMO, 504, does=False)
    for _ in range(2):
        outcome = write(target, record, around)
        assert (outcome["outcome"], around.calls) == ("uncertain", 1)
        assert "twenty minutes" in outcome["errors"][0]["message"]
    with contextlib.closing(sqlite3.connect(tmp_path / "store" / "ledger.sqlite")) as database, database:
        database.execute("UPDATE requests SET intended_at = datetime('now', '-21 minutes'), served_at = NULL")
    assert (write(target, record, around)["outcome"], around.calls, len(memos(target, record))) == ("posted", 2, 1)


@pytest.mark.parametrize("status", [401, 429, 504])
@pytest.mark.parametrize("does", [True, False], ids=["behind the work", "before it"])
def test_what_nothing_shows_is_not_called_a_second_time(target, does, status):
    record = asking(target, "send", externalId="E-1")
    around = Refused("send", status, does=does)
    for _ in range(2):
        outcome = write(target, record, around)
        assert (outcome["outcome"], around.calls, len(mails(target))) == ("uncertain", 1, int(does))
        assert "nothing in Business Central shows it" in outcome["errors"][0]["message"]
    # Who knows that it was not carried out sends the record without its action, and then with it.
    without = {name: value for name, value in record.items() if name != "action"}
    assert write(target, without, around)["outcome"] in {"unchanged", "posted"}
    assert (write(target, record, around)["outcome"], around.calls) == ("posted", 2)


def test_what_nothing_shows_is_not_called_a_second_time_by_the_run_after_a_refusal_that_was_not_waited_for(target):
    record = asking(target, "send", externalId="E-1")
    around = Refused("send", 429, headers={"Retry-After": "86400"})
    with contextlib.suppress(DynamicsError):
        write(target, record, around)
    outcome = write(target, record, around)
    assert (outcome["outcome"], around.calls, len(mails(target))) == ("uncertain", 1, 1)


@pytest.mark.parametrize("status", OF_THE_SERVICE)
@pytest.mark.parametrize("action", ["send", MEMO])
def test_what_the_service_itself_refuses_is_called_once_more(target, action, status):
    record = asking(target, action)
    around = Refused(action, status, does=False, code=OF_THE_SERVICE[status])
    outcome = write(target, record, around)
    assert (outcome["outcome"], outcome["errors"], around.calls) == ("posted", [], 2)
    assert len(mails(target)) + len(memos(target, record)) == 1


@pytest.mark.parametrize("status", [401, 429, 504])
def test_what_is_canceled_and_mailed_is_so_once(target, status):
    record = asking(target, "cancelAndSend")
    around = Refused("cancelAndSend", status)
    outcome = write(target, record, around)
    assert (outcome["outcome"], outcome["errors"], around.calls, len(mails(target))) == ("posted", [], 1, 1)
