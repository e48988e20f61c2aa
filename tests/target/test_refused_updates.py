"""An update that is refused leaves the draft as it was, at whatever step it is refused."""

from __future__ import annotations

import json

import pytest

from dynamics_bc_client.transport import Request, Response


def bill(*lines, **more):
    return {
        "externalId": "b-1",
        "billNumber": "F-1",
        "vendorNumber": "20000",
        "issueDate": "2026-01-20",
        "expenses": list(lines),
        **more,
    }


def expense(name, account="8210", amount=5, **more):
    return {"externalId": name, "accountNumber": account, "description": name, "amount": amount, **more}


def refusing(*parts):
    """A service that refuses each write whose body holds all of these, by breaking it on the way."""
    marks = [part.encode() for part in parts]

    def broken(operation):
        text = json.dumps(operation).encode()
        if all(mark in text for mark in marks):
            return {**operation, "url": operation["url"].partition("/")[0] + "/purchaseInvoices", "body": {"x": 1}}
        return operation

    def around(request, send):
        body = request.body or b""
        if request.method == "DELETE" and all(mark in f"DELETE {request.url}".encode() for mark in marks):
            return Response(400, {}, b'{"error": {"code": "Application_DialogException", "message": "Not this one."}}')
        if not all(mark in body for mark in marks):
            return send(request)
        content = json.loads(body)
        if "requests" in content:
            content["requests"] = [broken(each) for each in content["requests"]]
            return send(Request(request.method, request.url, request.headers, json.dumps(content).encode()))
        return send(Request(request.method, request.url, request.headers, b'{"x": 1}'))

    return around


def state_of(company, bill_id):
    header = company.row("purchaseInvoices", id=bill_id)
    lines = [
        {name: line[name] for name in ("lineType", "accountId", "description", "quantity", "unitCost", "locationId")}
        | {"dimensions": company.dimensions(line["id"])}
        for line in company.lines(bill_id)
    ]
    kept = {name: value for name, value in header.items() if name != "lastModifiedDateTime" and name[0] != "_"}
    return kept, company.dimensions(bill_id), lines


FIRST = bill(expense("a"), expense("b", amount=7), dueDate="2026-02-20", departmentName="Sales")


@pytest.mark.fault("W17")
@pytest.mark.parametrize(
    ("changed", "parts"),
    [
        # The dimensions of a new line, which come a step after it.
        (bill(expense("n", "8310", className="Online"), departmentName="Sales"), ("ONLINE",)),
        # A new line.
        (bill(expense("n", "8310"), dueDate="2026-03-20"), ("accountId", '"n"')),
        # A line that is for something else now, and what is to follow it.
        (bill(expense("a", "8310", className="Online"), expense("b", amount=9)), ("ONLINE",)),
        # Dimensions of lines, after those of the header were changed.
        (bill(expense("a", className="Online"), dueDate="2026-03-20", className="Retail"), ("ONLINE",)),
    ],
)
def test_a_refused_update_leaves_the_draft_as_it_was(pipe, company, changed, parts):
    id_ = pipe({"Bills": [FIRST]}).outcome("b-1")["id"]
    before = state_of(company, id_)
    around = refusing(*parts)
    piped = pipe({"Bills": [changed]}, around=around)
    assert piped.kinds == ["rejected"]
    assert state_of(company, id_) == before
    assert pipe({"Bills": [changed]}).kinds == ["updated"]
    assert state_of(company, id_) != before


def test_a_deletion_that_is_refused_leaves_the_draft_as_it_was(pipe, company):
    id_ = pipe({"Bills": [FIRST]}).outcome("b-1")["id"]
    before, old = state_of(company, id_), company.lines(id_)[0]["id"]
    lines = (expense("b", amount=8), expense("n", "8310"), expense("o", "8310"))
    changed = bill(*lines, dueDate="2026-03-20", className="Retail")
    piped = pipe({"Bills": [changed]}, around=refusing("DELETE", old))
    assert piped.kinds == ["rejected"]
    assert state_of(company, id_) == before


def test_a_draft_entry_whose_update_is_refused_stays_as_it_was(pipe, company):
    def entry(*amounts, **more):
        lines = [
            {
                "accountNumber": "8210" if amount > 0 else "2910",
                "debitAmount" if amount > 0 else "creditAmount": abs(amount),
                **more,
            }
            for amount in amounts
        ]
        return {"externalId": "j", "journalEntryNumber": "J-1", "transactionDate": "2026-01-28", "lineItems": lines}

    pipe({"JournalEntries": [entry(10, 5, -15)]})

    def rows():
        found = company.rows("journalLines", documentNumber="J-1")
        return sorted((row["lineNumber"], row["amount"], tuple(company.dimensions(row["id"]).items())) for row in found)

    before = rows()
    piped = pipe({"JournalEntries": [entry(15, -15, className="Online")]}, around=refusing("ONLINE"))
    assert piped.kinds == ["rejected"]
    assert rows() == before
    assert pipe({"JournalEntries": [entry(15, -15, className="Online")]}).kinds == ["updated"]
    assert sorted(row[1] for row in rows()) == [-15, 15]


@pytest.mark.fault("W17")
def test_what_is_added_is_there_before_anything_goes(pipe, company):
    id_ = pipe({"Bills": [FIRST]}).outcome("b-1")["id"]
    fewest = []

    def around(request, send):
        response = send(request)
        fewest.append(len(company.lines(id_)))
        return response

    pipe({"Bills": [bill(expense("n", "8310"), expense("o", "8310"))]}, around=around)
    assert min(fewest) == 2
    assert [line["description"] for line in company.lines(id_)] == ["n", "o"]


def test_a_line_that_is_for_something_else_now_replaces_the_old_one_where_lines_are_kept(pipe, company):
    id_ = pipe({"Bills": [FIRST]}).outcome("b-1")["id"]
    pipe({"Bills": [bill(expense("a", "8310", 6))]}, lines="keep")
    assert sorted((line["description"], line["unitCost"]) for line in company.lines(id_)) == [("a", 6), ("b", 7)]
