"""What the service does not keep, and lines that nobody asked for, are never posted."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from dynamics_bc_client.transport import Request
from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.writing.steps import Finish, next_step
from target_dynamics_bc.writing.writes import Address, Write

BILLS = standard_kinds()["purchaseInvoices"]


def changed(name, sent, found, field=""):
    """A write of one property of a bill or of its line, and what was there."""
    facts = BILLS.lines.facts if name in BILLS.lines.facts.properties else BILLS.facts
    return Write("PATCH", Address("p", "i"), {name: sent}, facts=facts, before={name: found}, field=field)


def bill(**more):
    return {
        "externalId": "b-1",
        "billNumber": "F-1",
        "vendorNumber": "20000",
        "issueDate": "2026-01-20",
        "expenses": [{"externalId": "1", "accountNumber": "8210", "description": "Paper", "amount": 5}],
        **more,
    }


def entry(**more):
    lines = [{"accountNumber": "8210", "debitAmount": 10}, {"accountNumber": "2910", "creditAmount": 10}]
    return {
        "externalId": "j-1",
        "journalEntryNumber": "J-1",
        "transactionDate": "2026-01-28",
        "lineItems": lines,
        **more,
    }


def replacing(name, value, *, in_=b"description"):
    """A service that puts another value in the place of what is sent for a property."""

    def replaced(content):
        if isinstance(content, dict):
            return {key: value if key == name else replaced(each) for key, each in content.items()}
        return [replaced(each) for each in content] if isinstance(content, list) else content

    def around(request, send):
        body = request.body or b""
        if name.encode() not in body or in_ not in body:
            return send(request)
        changed = json.dumps(replaced(json.loads(body))).encode()
        return send(Request(request.method, request.url, request.headers, changed))

    return around


# --- values ---


@pytest.mark.parametrize(
    ("name", "sent", "found"),
    [("unitCost", Decimal("1.000004"), 1), ("quantity", 2, Decimal("2.000009")), ("discountAmount", "0.335", 0.34)],
)
def test_a_number_may_be_rounded(name, sent, found):
    sent = Decimal(sent)
    write = changed(name, sent, found)
    assert next_step([write], frozenset({write.fingerprint}), Finish("i", "n")) == Finish("i", "n", kept=(name,))


@pytest.mark.parametrize(
    ("name", "sent", "found"),
    [
        ("unitCost", Decimal(10), Decimal("506.60")),
        ("unitCost", Decimal("1.0001"), 1),
        ("discountAmount", Decimal("0.01"), 0),
        ("currencyCode", "EUR", ""),
        ("pricesIncludeTax", False, True),
        ("dueDate", "2026-02-01", "2026-03-01"),
        ("unitCost", Decimal(10), None),
    ],
)
def test_any_other_value_that_is_not_kept_is_a_fault_that_says_what_was_sent_and_found(name, sent, found):
    write = changed(name, sent, found, "lineItems[0]")
    step = next_step([write], frozenset({write.fingerprint}), Finish("i", "n"))
    assert isinstance(step, Finish)
    (fault,) = step.faults
    assert (fault.field, fault.code) == (f"lineItems[0].{name}", "not_applied")
    assert str(sent) in fault.message
    assert str("" if found is None else found) in fault.message


@pytest.mark.fault("W2")
def test_a_bill_is_not_posted_at_a_cost_that_nobody_sent(pipe, company):
    piped = pipe({"Bills": [bill(isDraft=False)]}, around=replacing("unitCost", 506.6, in_=b"unitCost"))
    assert piped.kinds == ["rejected"]
    (error,) = piped.outcome("b-1")["errors"]
    assert (error["field"], error["code"]) == ("expenses[0].unitCost", "not_applied")
    assert "sent as 5" in error["message"]
    assert "506.6" in error["message"]
    assert company.row("purchaseInvoices", vendorInvoiceNumber="F-1")["status"] == "Draft"


def test_of_a_draft_the_outcome_says_what_was_not_kept_and_the_next_run_looks_again(pipe, company):
    piped = pipe({"Bills": [bill()]}, around=replacing("unitCost", 506.6, in_=b"unitCost"))
    assert piped.kinds == ["created"]
    assert piped.errors("b-1") == {("expenses[0].unitCost", "not_applied")}
    again = pipe({"Bills": [bill()]})
    assert again.kinds == ["updated"]
    assert not again.errors("b-1")
    assert [line["unitCost"] for line in company.lines(again.outcome("b-1")["id"])] == [5]
    assert pipe({"Bills": [bill()]}).kinds == ["existing"]


@pytest.mark.fault("W2")
def test_a_header_that_is_not_kept_keeps_the_bill_from_being_posted_in_either_dialect(pipe, company):
    vendor = company.row("vendors", number="20000")
    line = {"lineType": "Account", "lineObjectNumber": "8210", "description": "Paper", "quantity": 1, "unitCost": 5}
    own = {
        "id": "f0000000-0000-0000-0000-000000000001",
        "vendorId": vendor["id"],
        "vendorNumber": "20000",
        "vendorInvoiceNumber": "F-2",
        "dueDate": "2026-03-01",
        "isDraft": False,
        "purchaseInvoiceLines": [line],
    }
    piped = pipe(
        [("Bills", bill(dueDate="2026-03-01", isDraft=False)), ("purchaseInvoices", own)],
        around=replacing("dueDate", "2026-04-01", in_=b"dueDate"),
    )
    assert piped.kinds == ["rejected", "rejected"]
    assert {(e["field"], e["code"]) for each in piped.outcomes for e in each["errors"]} == {("dueDate", "not_applied")}
    assert {
        row["status"] for row in company.rows("purchaseInvoices") if row["vendorInvoiceNumber"] in {"F-1", "F-2"}
    } == {"Draft"}


@pytest.mark.fault("W2")
def test_an_entry_is_not_posted_with_values_that_nobody_sent_and_leaves_no_batch(pipe, company):
    before = {row["id"] for row in company.rows("journals")}
    lines = [
        {"accountNumber": "8210", "debitAmount": 10, "description": "Rent"},
        {"accountNumber": "2910", "creditAmount": 10, "description": "Rent"},
    ]
    piped = pipe({"JournalEntries": [entry(isDraft=False, lineItems=lines)]}, around=replacing("description", "Other"))
    assert piped.kinds == ["rejected"]
    assert piped.errors("j-1") == {
        ("lineItems[0].description", "not_applied"),
        ("lineItems[1].description", "not_applied"),
    }
    assert {row["id"] for row in company.rows("journals")} == before
    assert not company.rows("generalLedgerEntries", documentNumber="J-1")


def test_a_vendor_whose_value_is_not_kept_says_so(pipe):
    record = {"externalId": "v", "vendorName": "A", "website": "https://example.org"}
    piped = pipe({"Vendors": [record]}, around=replacing("website", "", in_=b"website"))
    assert piped.kinds == ["created"]
    assert piped.errors("v") == {("website", "not_applied")}


# --- lines that are not of the record ---


def add_line(emulator, company, bill_id, **line):
    body = {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 3, "unitCost": 33000, **line}
    call_service(emulator, company, f"purchaseInvoices({bill_id})/purchaseInvoiceLines", body)


def call_service(emulator, company, path, body):
    sign_in = {
        "grant_type": "client_credentials",
        "client_id": emulator.client_id,
        "client_secret": emulator.client_secret,
        "scope": "https://api.businesscentral.dynamics.com/.default",
    }
    answer = emulator.session.post(f"{emulator.url}/{emulator.tenant_id}/oauth2/v2.0/token", data=sign_in, timeout=60)
    root = f"{emulator.url}/v2.0/{emulator.tenant_id}/{emulator.environment_name}/api/v2.0"
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    answer = emulator.session.post(f"{root}/companies({company.id})/{path}", json=body, headers=headers, timeout=60)
    assert answer.status_code == 201, answer.text


@pytest.mark.fault("W3")
def test_a_line_that_is_not_of_the_record_keeps_the_bill_from_being_posted(pipe, emulator, company):
    first = pipe({"Bills": [bill()]})
    id_ = first.outcome("b-1")["id"]
    add_line(emulator, company, id_, description="Freight")
    piped = pipe({"Bills": [bill(isDraft=False)]})
    assert piped.kinds == ["rejected"]
    assert piped.errors("b-1") == {("", "foreign_lines")}
    assert "Freight" in piped.outcome("b-1")["errors"][0]["message"]
    assert piped.outcome("b-1")["id"] == id_
    assert company.row("purchaseInvoices", id=id_)["status"] == "Draft"


def test_a_comment_that_is_not_of_the_record_is_posted_with_it(pipe, emulator, company):
    id_ = pipe({"Bills": [bill()]}).outcome("b-1")["id"]
    body = {"lineType": "Comment", "description": "Thank you"}
    call_service(emulator, company, f"purchaseInvoices({id_})/purchaseInvoiceLines", body)
    assert pipe({"Bills": [bill(isDraft=False)]}).kinds == ["posted"]


def test_lines_that_are_kept_are_not_posted_either(pipe, company):
    two = [{"externalId": str(n), "accountNumber": "8210", "amount": n} for n in (1, 2)]
    pipe({"Bills": [bill(expenses=two)]})
    piped = pipe({"Bills": [bill(expenses=two[:1], isDraft=False)]}, lines="keep")
    assert piped.errors("b-1") == {("", "foreign_lines")}
    assert company.row("purchaseInvoices", vendorInvoiceNumber="F-1")["status"] == "Draft"


def test_a_record_without_lines_posts_the_draft_as_it_stands(pipe, company):
    header = next(row for row in company.rows("purchaseInvoices") if row["status"] == "Draft")
    record = {"id": header["id"], "vendorId": header["vendorId"], "isDraft": False}
    if not header["vendorInvoiceNumber"]:
        record["billNumber"] = "F-9"
    assert pipe({"Bills": [record]}).kinds == ["posted"]


def test_lines_of_an_earlier_version_of_the_record_are_its_own(pipe, company):
    item = {"externalId": "i", "itemNumber": "1896-S", "quantity": 1, "unitPrice": 7}
    pipe({"Bills": [bill(lineItems=[item])]})
    pipe({"Bills": [bill(dueDate="2026-05-01")]})
    assert pipe({"Bills": [bill(dueDate="2026-05-01", isDraft=False)]}).kinds == ["posted"]


@pytest.mark.fault("P9")
def test_a_line_that_is_added_at_the_moment_of_posting_stands_in_the_outcome(pipe, emulator, company):
    def around(request, send):
        if request.url.endswith("Microsoft.NAV.post"):
            id_ = company.row("purchaseInvoices", vendorInvoiceNumber="F-1")["id"]
            add_line(emulator, company, id_, description="Freight")
        return send(request)

    piped = pipe({"Bills": [bill(isDraft=False)]}, around=around)
    assert piped.kinds == ["posted"]
    assert piped.errors("b-1") == {("", "foreign_lines")}
