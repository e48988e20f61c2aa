"""A document that is released or waits for an approval is not posted, although it is no draft any more by its status.

Sales invoices and credit memos of either side show `Open` both when they are posted and when they are released, and
`In_x0020_Review` while they wait (codeunits 5477, 5508 and 5527 and their like). Only the ledger tells the two apart.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from emulator.in_process import open_desk
from tap.desk_runs import DeskTransport

from dynamics_bc_client.errors import ConnectionLost
from dynamics_bc_client.transport import Response
from dynamics_bc_emulator.rows.permissions import Permission
from tests.target.desk_pipe import pipe_at

WAITS, RELEASED = "Pending Approval", "Released"
SHOWN = {WAITS: "In_x0020_Review", RELEASED: "Open"}
NUMBERS = {
    "salesInvoices": ("customerNumber", "externalDocumentNumber", "salesInvoiceLines"),
    "salesCreditMemos": ("customerNumber", "externalDocumentNumber", "salesCreditMemoLines"),
    "purchaseCreditMemos": ("vendorNumber", "vendorCreditMemoNumber", "purchaseCreditMemoLines"),
}
KINDS = pytest.mark.parametrize("stream", NUMBERS)
STORES = pytest.mark.parametrize("store", [True, False])


@pytest.fixture
def desk():
    return open_desk()


def record(stream, **more):
    party, number, lines = NUMBERS[stream]
    price = "unitCost" if stream.startswith("purchase") else "unitPrice"
    line = {"lineType": "Account", "lineObjectNumber": "8210", "description": "Work", "quantity": 1, price: 50}
    return {"externalId": "a", party: "10000", number: "N-1", "postingDate": "2026-01-20", lines: [line], **more}


def run(desk, tmp_path, stream, *, store, **more):
    return pipe_at(DeskTransport(desk), [(stream, record(stream, **more))], tmp_path, store=store)


def row_of(desk, stream):
    (row,) = desk.company.find(stream, **{NUMBERS[stream][1]: "N-1"})
    return row


def entries(desk):
    return desk.company.store.count(desk.company.id, "generalLedgerEntries")


def turn(desk, stream, status):
    """What people do to a draft in the client."""
    desk.edit(stream, row_of(desk, stream)["id"], status=SHOWN[status], _documentStatus=status)


@KINDS
@STORES
def test_what_was_approved_and_released_is_posted_by_the_next_run(desk, tmp_path, stream, store):
    desk.company.insert("_approvals", {"entitySet": stream})
    before = entries(desk)
    first = run(desk, tmp_path, stream, store=store, isDraft=False)
    assert first.kinds == ["rejected"]
    assert (
        "must be approved and released before you can perform this action" in first.outcome("a")["errors"][0]["message"]
    )
    turn(desk, stream, WAITS)
    second = run(desk, tmp_path, stream, store=store, isDraft=False)
    assert second.kinds == ["rejected"]
    assert "for this action" in second.outcome("a")["errors"][0]["message"]
    assert second.outcome("a")["draft"]
    assert entries(desk) == before
    turn(desk, stream, RELEASED)
    third = run(desk, tmp_path, stream, store=store, isDraft=False)
    assert third.kinds == ["posted"]
    assert row_of(desk, stream)["_posted"]
    assert entries(desk) > before


@KINDS
def test_a_released_one_that_is_to_stay_a_draft_is_not_called_posted(desk, tmp_path, stream):
    assert run(desk, tmp_path, stream, store=True).kinds == ["created"]
    turn(desk, stream, RELEASED)
    lines = NUMBERS[stream][2]
    (line,) = record(stream)[lines]
    other = run(desk, tmp_path, stream, store=True, **{lines: [{**line, "quantity": 2}]})
    assert other.kinds == ["rejected"]
    assert "Status must be equal to 'Open'" in other.outcome("a")["errors"][0]["message"]
    same = run(desk, tmp_path, stream, store=False)
    assert same.kinds == ["unchanged"]
    assert "posted_number" not in same.outcome("a")
    assert not row_of(desk, stream)["_posted"]


@KINDS
def test_what_waits_for_an_approval_is_not_deleted(desk, tmp_path, stream):
    run(desk, tmp_path, stream, store=False)
    gone = record(stream, _sdc_deleted_at="2026-01-29T00:00:00Z")
    for status in (WAITS, RELEASED):
        turn(desk, stream, status)
        piped = pipe_at(DeskTransport(desk), [(stream, gone)], tmp_path, store=False, on_delete="delete")
        assert piped.kinds == ["rejected"]
        assert row_of(desk, stream)


@STORES
@pytest.mark.parametrize(
    ("stream", "reads_the_ledger"), [(stream, True) for stream in NUMBERS] + [("salesInvoices", False)]
)
def test_what_is_posted_and_open_is_told_from_it(desk, tmp_path, stream, store, reads_the_ledger):
    assert run(desk, tmp_path, stream, store=store, isDraft=False).kinds == ["posted"]
    before = entries(desk)
    if not reads_the_ledger:
        desk.service.gate.grant([Permission(None, "generalLedgerEntries", frozenset())])
    again = run(desk, tmp_path, stream, store=store, isDraft=False)
    assert again.kinds == ["existing" if store else "unchanged"]
    assert entries(desk) == before


@KINDS
def test_one_that_was_posted_in_an_unanswered_call_is_told_from_a_released_one(desk, tmp_path, stream):
    run(desk, tmp_path, stream, store=True)
    turn(desk, stream, RELEASED)
    transport = DeskTransport(desk)

    def lose(request):
        if b"NAV.post" in (request.body or b""):
            transport.misfortunes.append(_lose_reply)

    transport.before = lose
    piped = pipe_at(transport, [(stream, record(stream, isDraft=False))], tmp_path)
    assert piped.kinds == ["posted"]
    (entry,) = [
        each
        for each in desk.company.find("generalLedgerEntries", accountNumber="8210")
        if each["documentNumber"] == row_of(desk, stream)["number"]
    ]
    assert abs(Decimal(entry["debitAmount"]) - Decimal(entry["creditAmount"])) == 50


@KINDS
@STORES
def test_one_is_called_posted_or_not_only_once_the_ledger_has_been_seen(desk, tmp_path, stream, store):
    run(desk, tmp_path, stream, store=False)
    turn(desk, stream, RELEASED)
    before = entries(desk)
    transport = DeskTransport(desk)

    def lose(request):
        if "generalLedgerEntries" in request.url or b"generalLedgerEntries" in (request.body or b""):
            transport.misfortunes.append(Response(504, {}, b""))

    transport.before = lose
    piped = pipe_at(transport, [(stream, record(stream, isDraft=False))], tmp_path, store=store)
    (outcome,) = piped.outcomes
    assert outcome["outcome"] == "rejected", outcome
    assert [error["code"] for error in outcome["errors"]] == ["undecided"]
    assert entries(desk) == before
    again = run(desk, tmp_path, stream, store=store, isDraft=False)
    assert again.kinds == ["posted"]
    assert row_of(desk, stream)["_posted"]


def _lose_reply(_):
    raise ConnectionLost("The connection broke off.", sent=True)


def test_a_payment_of_what_waits_for_an_approval_says_that_it_is_not_posted(desk, tmp_path):
    run(desk, tmp_path, "salesInvoices", store=False)
    turn(desk, "salesInvoices", WAITS)
    payment = {
        "externalId": "p", "documentNumber": "P-1", "postingDate": "2026-01-28", "amount": -50,
        "customerNumber": "10000", "journalDisplayName": "GENERAL",
        "appliesToInvoiceId": row_of(desk, "salesInvoices")["id"],
    }  # fmt: skip
    piped = pipe_at(DeskTransport(desk), [("customerPayments", payment)], tmp_path, store=False)
    assert piped.kinds == ["rejected"]
    assert [error["code"] for error in piped.outcome("p")["errors"]] == ["not_posted"]
