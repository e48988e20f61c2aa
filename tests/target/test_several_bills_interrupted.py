"""A payment of several bills that is interrupted anywhere is booked once, and settles what it names and no more."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3

import pytest
from emulator.in_process import open_desk
from target.at_the_desk import Target

from dynamics_bc_client.transport import Response
from tests.tap.desk_runs import Killed
from tests.target.sent_records import bill_over

AMOUNTS = {"F1": 30, "F2": 50, "F3": 20}
FIRST, REQUESTS = 4, 60
"""The first request that is about the payment, and more than it takes."""


PAYMENT = {
    "externalId": "p",
    "paymentNumber": "CHECK-1",
    "paymentDate": "2026-02-10",
    "amount": 80,
    "vendorNumber": "20000",
    "journalExternalId": "GENERAL",
    "isDraft": False,
    "bills": [{"billNumber": number, "amount": AMOUNTS[number]} for number in ("F1", "F2")],
}


@pytest.fixture
def fresh(tmp_path):
    """Makes targets whose vendor has three posted bills."""
    folders = (tmp_path / str(number) for number in itertools.count())

    def make():
        folder = next(folders)
        folder.mkdir()
        target = Target(folder, open_desk())
        target.write("Bills", *(bill_over(*each) for each in AMOUNTS.items()))
        return target

    return make


def at(number, what):
    """Something else in place of one request."""
    count = itertools.count()

    def around(request, send):
        return what(request, send) if next(count) == number else send(request)

    return around


def killed_afterwards(request, send):
    send(request)
    raise Killed


def not_carried_out(request, send):
    return Response(504, {}, b"")


def not_answered(request, send):
    send(request)
    return Response(504, {}, b"")


def settled(target):
    entries = []
    for number in AMOUNTS:
        row = target.row("purchaseInvoices", vendorInvoiceNumber=number)
        entries.append(target.row("_vendorLedgerEntries", documentNumber=row["number"])["remainingAmount"])
    return entries


def is_booked_once(target):
    payments = [(row["amount"], row["open"]) for row in target.rows("_vendorLedgerEntries", documentNumber="CHECK-1")]
    ours = [row["displayName"] for row in target.rows("journals") if "CHECK-1" in row["displayName"]]
    return (payments, settled(target), ours) == ([(80, False)], [0, 0, -20], [])


def twenty_minutes_later(tmp_path):
    """A create that was not answered cannot be carried out any more."""
    for ledger in tmp_path.glob("*/store/ledger.sqlite"):
        with contextlib.closing(sqlite3.connect(ledger)) as memory, memory:
            memory.execute("UPDATE requests SET intended_at = datetime('now', '-21 minutes'), served_at = NULL")


@pytest.mark.parametrize(("what", "remember"), [(killed_afterwards, True), (killed_afterwards, False)])
def test_a_run_killed_at_any_request_is_completed_by_the_next(fresh, tmp_path, what, remember):
    for number in range(FIRST, REQUESTS):
        target = fresh()
        try:
            target.write("BillPayments", PAYMENT, around=at(number, what), remember=remember)
        except Killed:
            twenty_minutes_later(tmp_path)
            (outcome,) = target.write("BillPayments", PAYMENT, remember=remember)
            assert outcome["outcome"] in {"posted", "unchanged", "existing"}, (number, outcome)
            assert is_booked_once(target), number
        else:
            break
    else:
        pytest.fail("it takes more requests than are tried")


@pytest.mark.parametrize(("what", "remember"), [(not_answered, True), (not_carried_out, False)])
def test_an_answer_lost_at_any_request_costs_nothing(fresh, tmp_path, what, remember):
    target = fresh()
    target.write("BillPayments", PAYMENT, remember=remember)
    for number in range(FIRST, len(target.requests)):
        target = fresh()
        (outcome,) = target.write("BillPayments", PAYMENT, around=at(number, what), remember=remember)
        if outcome["outcome"] != "posted":
            assert outcome["errors"], (number, outcome)
            twenty_minutes_later(tmp_path)
            (outcome,) = target.write("BillPayments", PAYMENT, remember=remember)
        assert outcome["outcome"] in {"posted", "unchanged", "existing"}, (number, outcome)
        assert is_booked_once(target), number
