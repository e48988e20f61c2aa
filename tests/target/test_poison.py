"""One record that the target stumbles over is rejected; the others are carried through, and STATE passes it."""

from __future__ import annotations

import json
import logging
import sqlite3
from dataclasses import replace

import pytest

from dynamics_bc_client.errors import DynamicsError
from target_dynamics_bc import intake
from target_dynamics_bc.finding import assembling, resolving
from target_dynamics_bc.kept.internal import internal_fault
from target_dynamics_bc.kept.memory import Memory
from target_dynamics_bc.wanted.pieces import Gathering
from target_dynamics_bc.writing import masters

GOOD_VENDOR = {"externalId": "good", "vendorName": "Good"}


def payment(**values):
    """A payment in Business Central's own names."""
    record = {
        "externalId": "bad",
        "journalDisplayName": "GENERAL",
        "documentNumber": "POISON-1",
        "vendorNumber": "10000",
        "postingDate": "2026-01-28",
        "amount": 5,
        **values,
    }
    return {name: value for name, value in record.items() if value is not None}


def entry_lines(number):
    common = {"journalDisplayName": "DEFAULT", "documentNumber": "POISON-2", "postingDate": "2026-01-28"}
    return [
        {**common, "accountNumber": "8210", "amount": 5, "lineNumber": number},
        {**common, "accountNumber": "2910", "amount": -5, "lineNumber": 20000},
    ]


UNIFIED_PAYMENT = {
    "externalId": "bad",
    "paymentNumber": "POISON-1",
    "paymentDate": "2026-01-28",
    "amount": 5,
    "vendorNumber": "10000",
    "journalExternalId": "GENERAL",
}
UNIFIED_BILL = {
    "externalId": "bad",
    "billNumber": "POISON",
    "vendorNumber": "10000",
    "expenses": [{"accountNumber": "8210", "amount": 5}],
}


def written(text):
    """A number exactly as it is written in the input."""
    return f"<{text}>"


def lines_of(pairs):
    streams = dict.fromkeys(stream for stream, _ in pairs)
    messages = [{"type": "SCHEMA", "stream": stream, "schema": {"properties": {}}} for stream in streams]
    messages += [{"type": "RECORD", "stream": stream, "record": record} for stream, record in pairs]
    messages.append({"type": "STATE", "value": "all"})
    text = "".join(json.dumps(message) + "\n" for message in messages)
    return text.replace('"<', "").replace('>"', "")


HUGE = written("9e999999")
TOO_LONG = written("1" * 5000)
POISON = {
    "an amount of 9e999999": [("BillPayments", {**UNIFIED_PAYMENT, "amount": HUGE})],
    "an amount of 9e999999 in a bill": [
        ("Bills", {**UNIFIED_BILL, "expenses": [{"accountNumber": "8210", "amount": HUGE}]})
    ],
    "an amount of 9e999999 that is posted": [("BillPayments", {**UNIFIED_PAYMENT, "amount": HUGE, "isDraft": False})],
    "a transactionNumber of 1e999999": [
        ("BillPayments", {**UNIFIED_PAYMENT, "transactionNumber": written("1e999999")})
    ],
    "a transactionNumber beyond the service's": [("BillPayments", {**UNIFIED_PAYMENT, "transactionNumber": 2**31})],
    "an amount of 5,000 digits": [("BillPayments", {**UNIFIED_PAYMENT, "amount": TOO_LONG})],
    "a total of 9e999999": [("Bills", {**UNIFIED_BILL, "totalAmount": HUGE, "isDraft": False})],
}


@pytest.mark.fault("P6")
@pytest.mark.parametrize("pairs", POISON.values(), ids=POISON)
def test_a_number_that_no_book_holds_is_a_fault_of_its_record_alone(pipe, company, pairs):
    piped = pipe(lines_of([*pairs, ("Vendors", GOOD_VENDOR)]))
    assert {error["code"] for error in piped.outcome("bad")["errors"]} == {"no_number"}
    assert piped.outcome("good")["outcome"] == "created"
    assert piped.states == ["all"]


@pytest.mark.parametrize("number", ["a", "", None, "NaN", "1e5", written("1" * 5000), [1], written("NaN")])
def test_lines_of_an_entry_whose_numbers_are_none_stay_in_the_order_in_which_they_came(pipe, company, number):
    pairs = [("generalJournalLines", line) for line in entry_lines(number)]
    piped = pipe(lines_of([*pairs, ("Vendors", GOOD_VENDOR)]))
    assert piped.kinds[-1] == "created"
    assert piped.states == ["all"]
    assert "internal" not in str(piped.outcomes)


@pytest.mark.parametrize("store", ["store", None])
def test_a_payment_without_an_amount_whose_number_is_posted_is_told_apart(pipe, company, store):
    assert pipe({"vendorPayments": [payment(isDraft=False)]}).kinds == ["posted"]
    without = payment(amount=None, isDraft=False)
    piped = pipe(lines_of([("vendorPayments", without), ("Vendors", GOOD_VENDOR)]), store=store)
    assert piped.outcome("bad")["outcome"] == "unchanged"
    assert piped.outcome("good")["outcome"] == "created"
    assert len(company.rows("generalLedgerEntries", documentNumber="POISON-1")) == 2


@pytest.mark.parametrize("posts", [True, False])
def test_a_new_payment_without_an_amount_is_not_written(pipe, company, posts):
    piped = pipe({"vendorPayments": [payment(amount=None, isDraft=not posts)]})
    assert piped.errors("bad") == {("amount", "required")}
    assert not company.rows("vendorPayments", documentNumber="POISON-1")


# --- what nobody has thought of --------------------------------------------------------------------------------------


def stumbling(function, at="bad"):
    """A function that fails over everything that says `bad`."""

    def stumble(*arguments, **named):
        if at in str(arguments):
            raise ZeroDivisionError("nobody has thought of this")
        return function(*arguments, **named)

    return stumble


BAD_VENDOR = {"externalId": "bad", "vendorName": "Bad"}


def wrapped(monkeypatch, owner, name, at="bad"):
    monkeypatch.setattr(owner, name, stumbling(getattr(owner, name), at))


PLACES = {
    "mapping": (intake, "map_record"),
    "resolving": (resolving.Resolver, "_needs"),
    "assembling": (assembling.Assembling, "resolved"),
    "looking": (masters, "looks"),
    "planning": (masters, "plan"),
    "reading the answer": (masters, "shown_by_create"),
}


@pytest.mark.fault("P6")
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_whatever_one_record_raises_is_its_own_outcome(pipe, monkeypatch, caplog, place):
    wrapped(monkeypatch, *place)
    with caplog.at_level(logging.ERROR):
        piped = pipe({"Vendors": [GOOD_VENDOR, BAD_VENDOR, {**GOOD_VENDOR, "externalId": "good too"}]})
    assert piped.kinds == ["created", "rejected", "created"]
    (error,) = piped.outcome("bad")["errors"]
    assert error["code"] == "internal"
    assert "ZeroDivisionError" in error["message"]
    assert piped.states == [{"seen": 3}]
    assert piped.exit_code == 1
    (logged,) = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert "record 2" in logged.getMessage()
    assert logged.exc_info is not None


@pytest.mark.parametrize("name", ["_with_pieces", "add_header", "add_piece"])
def test_a_record_in_pieces_that_raises_takes_its_pieces_along_and_nothing_else(pipe, monkeypatch, name):
    wrapped(monkeypatch, Gathering, name, at="POISON" if name != "add_piece" else "bad-line")
    common = {"vendorNumber": "10000"}
    line = {"lineType": "Account", "lineObjectNumber": "8210", "quantity": 1, "unitCost": 5}
    good, bad = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"
    pairs = [
        ("purchaseInvoices", {**common, "id": bad, "vendorInvoiceNumber": "POISON"}),
        ("purchaseInvoices", {**common, "id": good, "vendorInvoiceNumber": "GOOD"}),
        ("purchaseInvoiceLines", {**line, "id": "bad-line", "documentId": bad}),
        ("purchaseInvoiceLines", {**line, "id": "good-line", "documentId": good}),
    ]
    piped = pipe(lines_of(pairs))
    codes = [error["code"] for outcome in piped.outcomes for error in outcome["errors"]]
    assert codes[:1] == ["internal"]
    assert "created" in piped.kinds
    assert piped.states == ["all"]


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), sqlite3.OperationalError("disk I/O error"), MemoryError()]
)
def test_what_is_no_records_fault_is_not_taken_for_one(error):
    def stumble():
        raise error

    def carry():
        try:
            stumble()
        except Exception as raised:  # noqa: BLE001 - as whoever carries a record does
            internal_fault(raised, "Bills", 1)

    with pytest.raises(type(error)):
        carry()


def test_a_full_disk_ends_the_run_with_a_sentence_and_is_no_fault_of_a_record(pipe, monkeypatch):
    intend = Memory.intend

    def on_a_full_disk(memory, requests):
        memory._database.connection.execute("PRAGMA max_page_count = 1")
        return intend(memory, [replace(each, hash=each.hash * 1000) for each in requests])

    monkeypatch.setattr(Memory, "intend", on_a_full_disk)
    with pytest.raises(DynamicsError, match=r"The disk of ledger\.sqlite .* is full"):
        pipe({"Vendors": [GOOD_VENDOR]})


def test_a_disk_that_fills_behind_a_posting_is_no_fault_of_what_is_posted(pipe, monkeypatch):
    """It was noted as intended, so the next run looks for it; as a fault of its own it would be forgotten."""
    bill = {"externalId": "b", "billNumber": "B-1", "vendorNumber": "10000", "isDraft": False}
    bill["expenses"] = [{"accountNumber": "8210", "amount": 5}]
    stand_by = Memory.stand_by

    def on_a_full_disk(memory, key):
        monkeypatch.setattr(Memory, "stand_by", stand_by)
        raise DynamicsError("The disk of ledger.sqlite is full.", scope="run")

    monkeypatch.setattr(Memory, "stand_by", on_a_full_disk)
    with pytest.raises(DynamicsError, match="is full"):
        pipe({"Bills": [bill]})
    assert pipe({"Bills": [bill]}).kinds == ["posted"]
