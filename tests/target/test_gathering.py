"""Records that come in pieces."""

from __future__ import annotations

import json
import logging

import pytest

from target_dynamics_bc.finding.references import Referents
from target_dynamics_bc.finding.source_codes import SourceCodes
from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.waiting import Arrival
from target_dynamics_bc.wanted.pieces import Gathering
from target_dynamics_bc.wanted.records import Reference, WantedDimension

BILLS, LINES, SETS = "purchaseInvoices", "purchaseInvoiceLines", "dimensionSetLines"
SOURCE = "aaaaaaaa-0000-4000-8000-{:012d}".format


def header(number, **values):
    return BILLS, {"id": SOURCE(number), "vendorNumber": "10000", "vendorInvoiceNumber": f"F-{number}", **values}


def line(number, bill, **values):
    named = {"lineType": "Account", "lineObjectNumber": "8450", "quantity": 1, "unitCost": number, **values}
    return LINES, {"id": SOURCE(100 + number), "documentId": SOURCE(bill), **named}


def dimension(parent, kind="Purchase Invoice Line"):
    return SETS, {"id": SOURCE(900), "code": "DEPARTMENT", "valueCode": "ADM", "parentId": parent, "parentType": kind}


def gathered(*arrivals):
    gathering, whole = Gathering(standard_kinds()), []
    for position, (stream, record) in enumerate(arrivals, start=1):
        arrival = Arrival(stream, position, record)
        if stream == BILLS:
            whole += [(position, each) for each in gathering.add_header(standard_kinds().of_stream(stream), arrival)]
        else:
            assert gathering.add_piece(arrival)
    whole += [("end", each) for each in gathering.rest()]
    strays = list(gathering.strays())
    gathering.close()
    return whole, strays


ORDERS = {
    "batch by batch": [header(1), line(1, 1), dimension(SOURCE(101)), header(2), line(2, 2)],
    "stream by stream": [header(1), header(2), line(1, 1), line(2, 2), dimension(SOURCE(101))],
    "pieces first": [dimension(SOURCE(101)), line(2, 2), line(1, 1), header(2), header(1)],
}


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_in_whatever_order_pieces_come_each_record_gets_its_own(order):
    whole, strays = gathered(*order)
    by_id = {each.arrival.record["id"]: each for _, each in whole}
    first, second = by_id[SOURCE(1)], by_id[SOURCE(2)]
    (first_line,) = first.arrival.record[LINES]
    assert (first_line["unitCost"], first_line[SETS][0]["valueCode"]) == (1, "ADM")
    assert [each["unitCost"] for each in second.arrival.record[LINES]] == [2]
    assert (len(first.pieces), len(second.pieces), strays) == (2, 1, [])


def test_a_record_is_whole_when_another_comes_behind_pieces():
    whole, _ = gathered(*ORDERS["batch by batch"])
    assert [when for when, _ in whole] == [4, "end"]
    whole, _ = gathered(*ORDERS["stream by stream"])
    assert [when for when, _ in whole] == ["end", "end"]


def test_a_reference_by_id_alone_gets_the_code_that_came_for_it():
    codes = SourceCodes(Referents(standard_kinds()))
    codes.remember("paymentTerms", {"id": SOURCE(1).upper(), "code": "30 DAYS"})
    codes.remember("dimensionValues", {"id": SOURCE(2), "code": "ADM"})
    codes.remember("purchaseInvoices", {"id": SOURCE(3), "number": "108001", "vendorInvoiceNumber": "F-1"})
    completed = codes.completed(Reference("paymentTerms", "paymentTermsId", id=SOURCE(1)))
    assert completed.number == "30 DAYS"
    assert codes.completed(Reference("paymentTerms", "x", id=SOURCE(1), number="A")).number == "A"
    assert codes.completed(Reference("purchaseInvoices", "x", id=SOURCE(3), number="108001")).number == "F-1"
    assert codes.completed_dimension(WantedDimension("d", code="D", value_id=SOURCE(2))).value_code == "ADM"
    codes.close()


def test_no_state_passes_a_record_that_waits_for_its_pieces(pipe, company):
    messages = [{"type": "SCHEMA", "stream": name, "schema": {"properties": {}}} for name in (BILLS, LINES)]
    for stream, record in (header(1), header(2), line(1, 1), line(2, 2)):
        messages.append({"type": "RECORD", "stream": stream, "record": record})
        messages.append({"type": "STATE", "value": len(messages)})
    text = "".join(json.dumps(message) + "\n" for message in messages)
    piped = pipe(text)
    assert piped.kinds == ["created", "created"]
    assert piped.states == [messages[-1]["value"]]
    for number in (1, 2):
        bill = company.row(BILLS, vendorInvoiceNumber=f"F-{number}")
        assert [each["unitCost"] for each in company.lines(bill["id"])] == [number]


def test_what_is_only_to_be_referred_to_is_used_and_not_written(pipe, company, caplog):
    method = next(row for row in company.rows("paymentMethods") if row["code"] == "CASH")
    vendor = {"id": SOURCE(5), "number": "NEW", "displayName": "New", "paymentMethodId": SOURCE(6)}
    pairs = [("vendors", vendor), ("paymentMethods", {"id": SOURCE(6), "code": "CASH"})]
    with caplog.at_level(logging.INFO):
        piped = pipe(pairs, reference_streams="paymentMethods")
    assert piped.kinds == ["created"]
    assert company.row("vendors", number="NEW")["paymentMethodId"] == method["id"]
    assert "paymentMethods: 1 not written, but used" in caplog.text


def test_a_reference_by_id_alone_whose_code_never_came_is_named(pipe):
    vendor = {"id": SOURCE(5), "number": "NEW", "displayName": "New", "paymentTermsId": SOURCE(6)}
    piped = pipe({"vendors": [vendor]})
    (error,) = piped.outcomes[0]["errors"]
    assert (error["field"], error["code"]) == ("paymentTermsId", "not_found")
    assert "send the stream paymentTerms along" in error["message"]


def test_a_piece_whose_record_did_not_come_is_rejected_and_those_of_other_things_are_not(pipe):
    pairs = [header(1), line(1, 1), line(2, 77), dimension(SOURCE(5), "General Ledger Entry")]
    piped = pipe(pairs)
    assert [(each["stream"], each["outcome"]) for each in piped.outcomes] == [(BILLS, "created"), (LINES, "rejected")]
    assert piped.outcomes[1]["errors"][0]["code"] == "no_parent"
    assert piped.states == [{"seen": 4}]
