"""Whoever opens a draft sees a whole document, the old one or the new, or is told that it is neither."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from target_dynamics_bc.writing import documents
from target_dynamics_bc.writing.documents.amending import ONE_TRANSACTION
from target_dynamics_bc.writing.documents.marking import UNFINISHED
from target_dynamics_bc.writing.steps import Finish, Refuse, Send
from tests.target.killing import in_another_process
from tests.target.planning import BILLS, Rules, amount, sent, unit_of, written
from tests.target.test_refused_updates import bill, expense, refusing

LINES = 105
MARK = ("POST", "purchaseInvoices(b1)/purchaseInvoiceLines", {"lineType": "Comment", "description": UNFINISHED})
FIELDS = {"vendorId": "v1", "vendorInvoiceNumber": "F-1"}


def many(cost, count=LINES, **more):
    return bill(*(expense(f"{n}", amount=cost + n) for n in range(count)), **more)


def shown(company, id_):
    """What somebody sees who opens the draft: its costs, and whether it says that it is not complete."""
    lines = company.lines(id_)
    told = any(line["description"] == UNFINISHED for line in lines)
    return [line["unitCost"] for line in lines if line["lineType"] != "Comment"], told


def watching(company, id_, seen, killed_at=0):
    """Looks at the draft behind each request, and kills the run behind the write of that number."""
    writes = []

    def around(request, send):
        answer = send(request)
        seen.append(shown(company, id_))
        if any(verb in (request.body or b"") for verb in (b'"PATCH"', b'"DELETE"')) or request.method == "PATCH":
            writes.append(request)
            if len(writes) == killed_at:
                os._exit(9)
        return answer

    return around


@pytest.mark.fault("W18")
@pytest.mark.parametrize(("before", "after"), [(LINES, LINES), (1, LINES + 10), (LINES + 10, 1)])
def test_a_draft_is_whole_or_says_that_it_is_not_at_every_moment(pipe, company, before, after):
    id_ = pipe({"Bills": [many(1, before)]}).outcome("b-1")["id"]
    seen = []
    assert pipe({"Bills": [many(1000, after)]}, around=watching(company, id_, seen)).kinds == ["updated"]
    wholes = [([1 + n for n in range(before)], False), ([1000 + n for n in range(after)], False)]
    assert [each for each in seen if each not in wholes and not each[1]] == []
    assert any(told for _, told in seen)
    assert seen[-1] == wholes[1]


@pytest.mark.fault("W18")
def test_a_run_that_is_killed_in_between_leaves_a_draft_that_says_so_and_the_next_one_completes_it(pipe, company):
    id_ = pipe({"Bills": [many(1)]}).outcome("b-1")["id"]
    killed = watching(company, id_, [], killed_at=1)
    assert in_another_process(lambda: pipe({"Bills": [many(1000)]}, around=killed)) == 9
    costs, told = shown(company, id_)
    assert told
    assert {cost < 1000 for cost in costs} == {True, False}
    headers_alone = {name: value for name, value in many(1000).items() if name != "expenses"}
    (error,) = pipe({"Bills": [{**headers_alone, "isDraft": False}]}).outcomes[0]["errors"]
    assert error["code"] == "unfinished"
    assert pipe({"Bills": [many(1000, isDraft=False)]}).kinds == ["posted"]
    assert shown(company, id_) == ([1000 + n for n in range(LINES)], False)


def test_what_is_turned_back_does_not_say_it_any_more(pipe, company):
    id_ = pipe({"Bills": [many(1)]}).outcome("b-1")["id"]
    before = shown(company, id_)
    assert pipe({"Bills": [many(1000)]}, around=refusing(f"{1000 + LINES - 1}")).kinds == ["rejected"]
    assert shown(company, id_) == before


def test_a_bill_that_gets_another_vendor_says_it_until_its_lines_are_right_again(pipe, company):
    id_ = pipe({"Bills": [many(1, 2)]}).outcome("b-1")["id"]
    killed = watching(company, id_, [], killed_at=1)
    changed = many(5, 2, vendorNumber="10000")
    assert in_another_process(lambda: pipe({"Bills": [changed]}, around=killed)) == 9
    assert shown(company, id_)[1]
    assert pipe({"Bills": [changed]}).kinds == ["updated"]
    assert shown(company, id_) == ([5, 6], False)


# --- by literals -----------------------------------------------------------------------------------------------------


def unit(count, kind=BILLS, *, posts=False, **fields):
    lines = [{"accountId": f"a{n}", "quantity": amount("1"), "unitCost": amount("5")} for n in range(count)]
    rules = Rules(match_keys=kind.key_names, posts=posts)
    return unit_of(kind, fields={**FIELDS, **fields}, lines=lines, line_type="Account", rules=rules)


def draft(count, *more, cost=5, vendor="v1"):
    lines = [
        {"id": f"l{n}", "lineType": "Account", "accountId": f"a{n}", "quantity": 1, "unitCost": cost}
        for n in range(count)
    ]
    return {"id": "b1", "number": "1", "status": "Draft", **FIELDS, "vendorId": vendor,
            "purchaseInvoiceLines": [*lines, *more]}  # fmt: skip


COMMENT = {"id": "m", "lineType": "Comment", "description": UNFINISHED}


@pytest.mark.parametrize(("count", "is_marked"), [(ONE_TRANSACTION, False), (ONE_TRANSACTION + 1, True)])
def test_what_one_transaction_takes_needs_no_mark(count, is_marked):
    step = documents.plan(unit(count), {"id": [draft(count, cost=4)]})
    assert (written(step)[0] == MARK) is is_marked
    assert len(step.writes) == count + is_marked


def test_a_change_of_the_vendor_comes_before_the_mark_so_that_it_stays():
    step = documents.plan(unit(1, vendorId="v2"), {"id": [draft(1)]})
    assert [method for method, _, _ in written(step)] == ["PATCH", "POST"]
    assert written(step)[1] == MARK


def test_a_draft_that_is_marked_is_not_marked_again_and_the_mark_goes_last():
    step = documents.plan(unit(101), {"id": [draft(101, COMMENT, cost=4)]})
    assert {method for method, _, _ in written(step)} == {"PATCH"}
    last = documents.plan(unit(101), {"id": [draft(101, COMMENT)]})
    assert written(last) == [("DELETE", "purchaseInvoiceLines(m)", None)]
    few = documents.plan(unit(1), {"id": [draft(1, COMMENT, cost=4)]})
    assert [method for method, _, _ in written(few)] == ["PATCH", "DELETE"]


def test_a_draft_that_is_marked_is_not_posted_before_the_mark_is_gone():
    record = unit(1, posts=True)
    step = documents.plan(record, {"id": [draft(1, COMMENT)]})
    sent(record, step)
    posting = documents.plan(record, {"id": [draft(1)]})
    assert isinstance(posting, Send)
    assert posting.purpose == "post"


def test_a_record_without_lines_leaves_the_mark_and_does_not_post():
    rules = Rules(match_keys=BILLS.key_names)
    there = {"id": [draft(1, COMMENT)]}
    assert isinstance(documents.plan(unit_of(BILLS, fields=FIELDS, rules=rules), there), Finish)
    posts = Rules(match_keys=BILLS.key_names, posts=True)
    refusal = documents.plan(unit_of(BILLS, fields=FIELDS, rules=posts), there)
    assert isinstance(refusal, Refuse)
    assert refusal.faults[0].code == "unfinished"


def test_a_kind_whose_lines_cannot_be_comments_is_not_marked():
    assert BILLS.lines is not None
    things = tuple(each for each in BILLS.lines.types if each.object)
    bare = replace(BILLS, children=(replace(BILLS.lines, types=things),))
    step = documents.plan(unit(ONE_TRANSACTION + 1, bare), {"id": [draft(ONE_TRANSACTION + 1, cost=4)]})
    assert {method for method, _, _ in written(step)} == {"PATCH"}
