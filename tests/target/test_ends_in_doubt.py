"""However a record ends of which something is in doubt, nothing is written twice and nobody is told what is not so."""

from __future__ import annotations

import json

import pytest
from emulator.in_process import open_desk
from target.at_the_desk import Target

from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_client.transport import Response
from target_dynamics_bc.writing import documents
from target_dynamics_bc.writing.sink import LOOK_AGAIN_AFTER
from tests.target.test_refused_updates import bill, expense, refusing


class Killed(BaseException):
    """The process is gone."""


NEW = bill(expense("a"))
REFUSED = bill(expense("n", "8310", className="Online"), vendorNumber="10000")


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path, open_desk())


def bills(target):
    return target.rows("purchaseInvoices", vendorInvoiceNumber="F-1")


class Loses:
    """Answers the create of a bill with 504, and carries it out when it was looked for so many times."""

    def __init__(self, target, looks=0):
        self.target, self.looks, self.create = target, looks, None

    def __call__(self, request, send):
        if request.method == "POST" and request.url.endswith("/purchaseInvoices"):
            self.create = self.create or request
            return Response(504, {}, b"")
        if self.create is not None and len(self.target.waits) == self.looks > 0 and not bills(self.target):
            send(self.create)
        return send(request)


@pytest.mark.parametrize("looks", [1, 3])
def test_what_was_not_answered_is_looked_for_until_it_shows(target, looks):
    (outcome,) = target.write("Bills", NEW, around=Loses(target, looks), remember=True)
    assert outcome["outcome"] == "created"
    assert target.waits == [1.0, 2.0, 4.0][:looks]


def test_the_looks_for_what_never_shows_are_spread_over_a_minute(target):
    (outcome,) = target.write("Bills", NEW, around=Loses(target), remember=True)
    assert outcome["outcome"] == "uncertain"
    assert target.waits == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0] == list(LOOK_AGAIN_AFTER)


def test_the_fault_of_a_transaction_is_that_of_the_request_that_failed(target):
    target.write("Bills", bill(expense("a"), expense("b")), remember=True)
    changed = bill(expense("a", amount=8), expense("b", amount=9), expense("n"))
    (outcome,) = target.write("Bills", changed, around=refusing('"n"', "accountId"), remember=True)
    assert outcome["outcome"] == "rejected"
    assert "undone with its whole batch" not in json.dumps(outcome["errors"])


def test_what_ends_the_run_ends_it_while_it_turns_back_and_the_next_one_does_that(target, tmp_path):
    refuse = refusing("ONLINE")

    ended = []

    def signed_out(request, send):
        if ended or request.method == "DELETE":
            ended.append(request)
            return Response(401, {}, b"")
        return refuse(request, send)

    with pytest.raises(DynamicsError):
        target.write("Bills", REFUSED, around=signed_out, remember=True)
    assert (tmp_path / "outcomes.jsonl").read_text() == ""
    assert len(bills(target)) == 1
    (outcome,) = target.write("Bills", REFUSED, around=refuse, remember=True)
    assert outcome["outcome"] == "rejected"
    assert bills(target) == []


def test_a_draft_behind_whose_create_the_target_stumbles_is_named_and_stays(target, monkeypatch):
    plan = documents.plan

    def stumbling(unit, answers):
        if bills(target):
            raise KeyError("x")
        return plan(unit, answers)

    with monkeypatch.context() as patched:
        patched.setattr(documents, "plan", stumbling)
        (outcome,) = target.write("Bills", NEW, remember=True)
    (draft,) = bills(target)
    assert [error["code"] for error in outcome["errors"]] == ["internal"]
    assert outcome["id"] == draft["id"]
    target.write("Vendors", {"externalId": "v", "vendorName": "Somebody"}, remember=True)
    assert bills(target) == [draft]
    (outcome,) = target.write("Bills", NEW, remember=True)
    assert outcome["id"] == draft["id"]
    assert bills(target) == [draft]


def test_what_was_not_sent_because_the_run_ended_is_in_no_doubt(target):
    other = bill(expense("a"), externalId="b-2", billNumber="F-2")
    ended = []

    def signed_out(request, send):
        if ended or (b'"POST"' in (request.body or b"") and b"F-1" in request.body):
            ended.append(request)
            return Response(401, {}, b"")
        return send(request)

    with pytest.raises(DynamicsError):
        target.write("Bills", NEW, other, around=signed_out, remember=True)
    assert ended
    outcomes = target.write("Bills", NEW, other, remember=True)
    assert [outcome["outcome"] for outcome in outcomes] == ["created", "created"]
    assert target.waits == []


def test_a_draft_that_has_lost_lines_is_not_turned_back_to_what_it_was_without_them(target):
    (outcome,) = target.write("Bills", bill(expense("a"), expense("b")), remember=True)

    def killing(request, send):
        if len(lines_of(target, outcome)) == 1:
            raise Killed
        return send(request)

    with pytest.raises(Killed):
        target.write("Bills", bill(expense("a", amount=8)), around=killing, remember=True)
    assert lines_of(target, outcome) == [("a", 8)]
    refused = bill(expense("a", amount=8), expense("n", "8310", className="Online"))
    (again,) = target.write("Bills", refused, around=refusing("ONLINE"), remember=True)
    assert again["outcome"] == "rejected"
    assert lines_of(target, outcome) == [("a", 8)]


def lines_of(target, outcome):
    lines = target.rows("purchaseInvoiceLines", documentId=outcome["id"])
    return [(line["description"], line["unitCost"]) for line in lines]
