"""The fifteen ways in which writing goes wrong elsewhere, and does not here."""

from __future__ import annotations

import json
from decimal import Decimal
from uuid import UUID

import pytest

from dynamics_bc_client.errors import ConnectionLost
from dynamics_bc_client.transport import Response
from tests.target.killing import let_minutes_pass

ACCOUNT, OTHER_ACCOUNT, CASH = "8210", "8310", "2910"


def vendors(count, **more):
    return [{"externalId": f"v-{n}", "vendorName": f"Vendor {n}", **more} for n in range(count)]


def bill(external_id="b-1", **more):
    return {
        "externalId": external_id,
        "billNumber": f"F-{external_id}",
        "vendorNumber": "20000",
        "issueDate": "2026-01-20",
        "lineItems": [{"externalId": "1", "itemNumber": "1900-S", "quantity": 4, "unitPrice": Decimal("91.25")}],
        "expenses": [{"externalId": "2", "accountNumber": ACCOUNT, "description": "Paper", "amount": 5}],
        **more,
    }


def entry(number="JE-1", amounts=("10", "-10"), accounts=(ACCOUNT, CASH), **more):
    lines = []
    for account, amount in zip(accounts, amounts, strict=True):
        side = "debit" if Decimal(amount) >= 0 else "credit"
        lines.append({"accountNumber": account, "entryType": side.title(), f"{side}Amount": abs(Decimal(amount))})
    return {
        "externalId": number,
        "journalEntryNumber": number,
        "transactionDate": "2026-01-27",
        "lineItems": lines,
        **more,
    }


def ledger(company, number):
    return company.rows("generalLedgerEntries", documentNumber=number)


def once(matches, reaction):
    """A transport's way to do something else, once, with the first request that matches."""
    seen = []

    def around(request, send):
        if not seen and matches(request):
            seen.append(request)
            return reaction(request, send)
        return send(request)

    return around


def is_write(request):
    if request.url.endswith("$batch"):
        return any(each["method"] != "GET" for each in json.loads(request.body)["requests"])
    return request.method != "GET"


# 1


@pytest.mark.parametrize("status", [401, 429, 503])
def test_a_refused_batch_loses_no_record(pipe, company, emulator, status):
    emulator.faults(
        [{"method": "POST", "path": r"\$batch", "times": 1, "status": status, "headers": {"Retry-After": "0"}}]
    )
    piped = pipe({"Vendors": vendors(3)})
    assert piped.kinds == ["created"] * 3
    assert [len(company.rows("vendors", displayName=f"Vendor {n}")) for n in range(3)] == [1, 1, 1]


@pytest.mark.fault("W7")
@pytest.mark.parametrize("status", [429, 503])
def test_a_refused_batch_of_creates_loses_no_record_and_doubles_none(pipe, company, emulator, status):
    refusal = Response(
        status, {"Retry-After": "0", "Content-Type": "application/json"}, b'{"error": {"code": "X", "message": "x"}}'
    )
    piped = pipe({"Vendors": vendors(3)}, around=once(is_write, lambda *_: refusal))
    assert piped.kinds == ["created"] * 3
    assert len(company.rows("vendors", displayName="Vendor 1")) == 1


# 2


def test_after_a_lost_reply_every_sender_keeps_its_own_record(pipe, company):
    def without_the_first_reply(request, send):
        answer = send(request)
        replies = json.loads(answer.body)["responses"][1:]
        return Response(answer.status, answer.headers, json.dumps({"responses": replies[::-1]}).encode())

    piped = pipe({"Vendors": vendors(4)}, around=once(is_write, without_the_first_reply))
    assert piped.kinds == ["created"] * 4
    for n in range(4):
        outcome = piped.outcome(f"v-{n}")
        assert company.row("vendors", id=outcome["id"])["displayName"] == f"Vendor {n}"
        assert len(company.rows("vendors", displayName=f"Vendor {n}")) == 1


# 3


@pytest.mark.parametrize("status", [429, 503])
def test_a_bill_is_never_a_success_without_its_lines(pipe, company, tmp_path, status):
    pipe({"Bills": [bill()]})
    more = bill(
        expenses=[
            {"externalId": "2", "accountNumber": ACCOUNT, "amount": 6},
            {"accountNumber": OTHER_ACCOUNT, "amount": 7},
        ]
    )
    refusal = Response(status, {"Retry-After": "0"}, b"")
    piped = pipe({"Bills": [more]}, around=once(is_write, lambda *_: refusal))
    if status == 503:  # the service may still be at work on it, and a line that comes late would stand there twice
        assert piped.errors("b-1") == {("", "undecided")}
        let_minutes_pass(tmp_path / "store", 21)
        piped = pipe({"Bills": [more]})
    assert piped.kinds == ["updated"]
    lines = company.lines(piped.outcome("b-1")["id"])
    assert [Decimal(str(line["unitCost"])) for line in lines] == [Decimal("91.25"), 6, 7]


# 4


def test_a_record_whose_lookup_failed_is_not_created(pipe, company):
    down = Response(
        503, {"Content-Type": "application/json"}, b'{"error": {"code": "Internal_ServerError", "message": "down"}}'
    )
    piped = pipe(
        {"Vendors": vendors(2)}, around=lambda request, send: down if "$batch" in request.url else send(request)
    )
    assert piped.kinds == ["rejected"] * 2
    assert piped.errors("v-0") == {("", "undecided")}
    assert piped.states == []  # the tap sends them again
    assert not company.rows("vendors", displayName="Vendor 0")
    assert pipe({"Vendors": vendors(2)}).kinds == ["created"] * 2


def test_one_malformed_id_harms_no_other_record(pipe):
    records = [
        {"id": "not a guid'", "vendorName": "A"},
        {"externalId": "v", "vendorNumber": "10000", "phoneNumbers": [{"phoneNumber": "7"}]},
    ]
    piped = pipe({"Vendors": records})
    assert piped.kinds == ["rejected", "updated"]


# 5


@pytest.mark.parametrize("store", ["store", None])
def test_an_entry_sent_twice_is_posted_once(pipe, company, store):
    posted = entry(isDraft=False)
    first = pipe({"JournalEntries": [posted, posted]}, store=store)
    second = pipe({"JournalEntries": [posted]}, store=store)
    assert first.kinds[0] == "posted"
    assert {first.kinds[1], *second.kinds} <= {"existing", "unchanged"}
    assert len(ledger(company, "JE-1")) == 2


# 6


def test_a_bill_that_was_left_half_done_is_completed_and_not_doubled(pipe, company, emulator):
    class Killed(BaseException):
        pass

    def kill(request, send):
        send(request)
        raise Killed

    record = bill(
        className="Retail",
        lineItems=[{"externalId": "1", "itemNumber": "1900-S", "quantity": 4, "departmentNumber": "ADM"}],
    )
    with pytest.raises(Killed):
        pipe({"Bills": [record]}, around=once(is_write, kill))
    piped = pipe({"Bills": [record]})
    found = company.row("purchaseInvoices", vendorInvoiceNumber="F-B-1")
    assert piped.outcome("b-1")["id"] == found["id"]
    assert [line["lineType"] for line in company.lines(found["id"])] == ["Item", "Account"]
    assert company.dimensions(found["id"])["CLASS"] == "RETAIL"
    assert company.dimensions(company.lines(found["id"])[0]["id"])["DEPARTMENT"] == "ADM"


def test_a_bill_that_is_refused_half_way_leaves_nothing(pipe, company):
    refusal = json.dumps({"error": {"code": "Application_DialogException", "message": "No."}}).encode()

    def after_the_create(request, send):
        if (
            request.method == "POST"
            and "$batch" in request.url
            and is_write(request)
            and b"dimensionSetLines" in request.body
        ):
            return Response(400, {"Content-Type": "application/json"}, refusal)
        return send(request)

    record = bill(vendorNumber="10000", dimensions=[{"number": "AREA", "valueNumber": "30"}])
    piped = pipe({"Bills": [record]}, around=after_the_create)
    assert piped.kinds == ["rejected"]
    assert not company.rows("purchaseInvoices", vendorInvoiceNumber="F-B-1")


# 7


def test_what_does_not_ask_to_be_posted_stays_a_draft(pipe, company):
    payment = {
        "externalId": "p", "paymentNumber": "P1", "paymentDate": "2026-01-28", "amount": 3,
        "vendorNumber": "10000", "journalExternalId": "GENERAL",
    }  # fmt: skip
    piped = pipe({"Bills": [bill()], "BillPayments": [payment], "JournalEntries": [entry()]})
    assert piped.kinds == ["created"] * 3
    assert company.row("purchaseInvoices", vendorInvoiceNumber="F-B-1")["status"] == "Draft"
    assert not ledger(company, "JE-1")
    assert not ledger(company, "P1")
    assert len(company.rows("journalLines", documentNumber="JE-1")) == 2
    assert len(company.rows("vendorPayments", documentNumber="P1")) == 1


# 8


def test_tenths_balance(pipe, company):
    piped = pipe(
        {
            "JournalEntries": [
                entry(amounts=("0.1", "0.2", "-0.3"), accounts=(ACCOUNT, OTHER_ACCOUNT, CASH), isDraft=False)
            ]
        }
    )
    assert piped.kinds == ["posted"]
    assert sum(Decimal(str(row["debitAmount"])) for row in ledger(company, "JE-1")) == Decimal("0.3")


def test_what_does_not_balance_is_not_posted_and_says_by_how_much(pipe, company):
    piped = pipe({"JournalEntries": [entry(amounts=("10", "-9.99"), isDraft=False)]})
    assert piped.errors("JE-1") == {("lineItems", "unbalanced")}
    assert "0.01" in piped.outcome("JE-1")["errors"][0]["message"]
    assert not ledger(company, "JE-1")


# 9


def test_lines_may_name_their_items_in_different_ways(pipe, company):
    item = company.row("items", number="1896-S")
    lines = [
        {"itemId": item["id"], "quantity": 1},
        {"itemNumber": "1900-S", "quantity": 2},
        {"itemName": "AMSTERDAM Lamp", "quantity": 3},
    ]
    piped = pipe({"Bills": [bill(lineItems=lines, expenses=[])]})
    numbers = [line["lineObjectNumber"] for line in company.lines(piped.outcome("b-1")["id"])]
    assert numbers == ["1896-S", "1900-S", "1928-S"]


# 10


def test_an_update_changes_nothing_that_the_record_does_not_carry(pipe, company):
    full = {
        "addressType": "shipping",
        "line1": "1 Road",
        "line2": "Flat",
        "city": "York",
        "country": "GB",
        "postalCode": "YO1",
    }
    pipe(
        {
            "Customers": [
                {
                    "externalId": "c",
                    "companyName": "Ada",
                    "isPerson": True,
                    "addresses": [full],
                    "email": "a@example.org",
                }
            ]
        }
    )
    piped = pipe({"Customers": [{"externalId": "c", "companyName": "Ada L.", "addresses": [{"city": "Leeds"}]}]})
    row = company.row("customers", id=piped.outcome("c")["id"])
    assert piped.kinds == ["updated"]
    assert (row["type"], row["displayName"], row["city"], row["email"]) == (
        "Person",
        "Ada L.",
        "Leeds",
        "a@example.org",
    )
    assert (row["addressLine1"], row["addressLine2"], row["postalCode"]) == ("1 Road", "Flat", "YO1")


# 11


def test_everything_unknown_is_named_and_nothing_is_written(pipe, company):
    lines = [{"itemNumber": "NO-ITEM", "quantity": 1, "locationNumber": "MOON"}]
    vendor = {"externalId": "v", "vendorName": "V", "paymentMethod": "BEADS", "currency": "XXQ"}
    piped = pipe({"Vendors": [vendor], "Bills": [bill(lineItems=lines, currency="XXQ", className="Nowhere")]})
    assert piped.errors("v") == {("paymentMethod", "not_found"), ("currency", "not_found")}
    assert piped.errors("b-1") == {
        ("currency", "not_found"),
        ("className", "not_found"),
        ("lineItems[0].itemNumber", "not_found"),
        ("lineItems[0].locationNumber", "not_found"),
    }
    assert not company.rows("vendors", displayName="V")
    assert not company.rows("purchaseInvoices", vendorInvoiceNumber="F-B-1")


# 12


@pytest.mark.parametrize("name", ["Smith & Sons", "No #1", "A+B", "100% Wool", "O'Brien", "50%25 & 'more' #+"])
def test_names_with_special_characters_are_found(pipe, company, name):
    created = pipe({"Vendors": [{"externalId": "v", "vendorName": name}]})
    piped = pipe({"Bills": [bill(vendorNumber=None, vendorName=name, billNumber=f"{name}/7")]}, store="another")
    assert piped.kinds == ["created"]
    found = company.row("purchaseInvoices", vendorInvoiceNumber=f"{name}/7".upper())
    assert found["vendorId"] == created.outcome("v")["id"]
    assert pipe({"Bills": [bill(vendorNumber=None, vendorName=name, billNumber=f"{name}/7")]}, store=None).kinds == [
        "unchanged"
    ]


# 13


def test_an_entry_that_failed_to_post_is_posted_by_the_next_run(pipe, company):
    account = company.row("accounts", number=ACCOUNT)
    company.edit("accounts", account["id"], blocked=True)
    failed = pipe({"JournalEntries": [entry(isDraft=False)]})
    assert failed.kinds == ["rejected"]
    assert failed.exit_code == 1
    company.edit("accounts", account["id"], blocked=False)
    batches = len(company.rows("journals"))
    assert pipe({"JournalEntries": [entry(isDraft=False)]}).kinds == ["posted"]
    assert len(ledger(company, "JE-1")) == 2
    assert len(company.rows("journals")) == batches  # no batch of ours is left


@pytest.mark.parametrize("store", ["store", None])
def test_a_bill_that_is_posted_already_is_no_failure(pipe, company, store):
    record = bill(vendorNumber="10000", isDraft=False)
    first = pipe({"Bills": [record]}, store=store)
    second = pipe({"Bills": [record]}, store=store)
    assert first.kinds == ["posted"]
    assert second.kinds[0] in {"existing", "unchanged"}
    assert second.outcome("b-1")["number"] == first.outcome("b-1")["number"]
    assert len(company.rows("purchaseInvoices", vendorInvoiceNumber="F-B-1")) == 1


def test_a_posted_bill_that_the_sender_changed_is_rejected_and_not_doubled(pipe, company):
    pipe({"Bills": [bill(vendorNumber="10000", isDraft=False)]})
    piped = pipe({"Bills": [bill(vendorNumber="10000", isDraft=False, dueDate="2026-03-31")]})
    assert piped.errors("b-1") == {("", "posted_differs")}
    assert len(company.rows("purchaseInvoices", vendorInvoiceNumber="F-B-1")) == 1


# 14


def test_a_bill_waits_for_its_vendor_and_a_payment_for_its_bill(pipe, company):
    payment = {
        "externalId": "p", "paymentDate": "2026-01-28", "amount": 5, "vendorExternalId": "v-1",
        "journalExternalId": "GENERAL", "billExternalId": "b-1",
    }  # fmt: skip
    vendor = {"externalId": "v-1", "vendorName": "Late Vendor"}
    pairs = [
        ("BillPayments", payment),
        ("Bills", bill(vendorNumber=None, vendorExternalId="v-1")),
        ("Vendors", vendor),
    ]
    piped = pipe(pairs)
    # The bill stays a draft, so its payment can be applied to nothing: it says so, and the others are there.
    assert piped.kinds == ["rejected", "created", "created"]
    assert piped.errors("p") == {("billExternalId", "not_posted")}
    assert company.row("purchaseInvoices", vendorInvoiceNumber="F-B-1")["vendorId"] == piped.outcome("v-1")["id"]


def test_a_payment_is_applied_to_the_bill_that_the_same_input_posts_later(pipe, company):
    payment = {
        "externalId": "p", "paymentNumber": "PAY-1", "paymentDate": "2026-01-28", "amount": 370,
        "vendorNumber": "10000", "journalExternalId": "GENERAL", "billExternalId": "b-1", "isDraft": False,
    }  # fmt: skip
    piped = pipe([("BillPayments", payment), ("Bills", bill(vendorNumber="10000", isDraft=False))])
    assert piped.kinds == ["posted", "posted"]
    assert company.row("purchaseInvoices", vendorInvoiceNumber="F-B-1")["status"] == "Paid"


# 15


def test_lines_deleted_at_the_sender_go(pipe, company):
    three = [
        {"externalId": str(n), "accountNumber": ACCOUNT, "description": f"Line {n}", "amount": n} for n in (1, 2, 3)
    ]
    first = pipe({"Bills": [bill(lineItems=[], expenses=three)]})
    kept = {line["description"]: line["id"] for line in company.lines(first.outcome("b-1")["id"])}
    piped = pipe({"Bills": [bill(lineItems=[], expenses=[three[0], {**three[2], "amount": 33}])]})
    lines = company.lines(piped.outcome("b-1")["id"])
    assert {line["description"]: line["id"] for line in lines} == {name: kept[name] for name in ("Line 1", "Line 3")}
    assert Decimal(str(lines[1]["unitCost"])) == 33


def test_lines_that_somebody_added_in_the_journal_stay(pipe, company):
    pipe({"JournalEntries": [entry(amounts=("10", "5", "-15"), accounts=(ACCOUNT, OTHER_ACCOUNT, CASH))]})
    pipe({"JournalEntries": [entry(amounts=("15", "-15"))]})
    assert sorted(Decimal(str(row["amount"])) for row in company.rows("journalLines", documentNumber="JE-1")) == [
        -15,
        15,
    ]


# and besides


def test_posting_posts_nobody_elses_lines(pipe, company):
    pipe({"JournalEntries": [entry("JE-DRAFT")]})
    assert pipe({"JournalEntries": [entry("JE-POST", isDraft=False)]}).kinds == ["posted"]
    assert not ledger(company, "JE-DRAFT")
    assert len(company.rows("journalLines", documentNumber="JE-DRAFT")) == 2


def test_a_draft_that_is_to_be_posted_leaves_the_journal_it_stood_in(pipe, company):
    pipe({"JournalEntries": [entry()]})
    assert pipe({"JournalEntries": [entry(isDraft=False)]}).kinds == ["posted"]
    assert not company.rows("journalLines", documentNumber="JE-1")
    assert len(ledger(company, "JE-1")) == 2


def test_a_posted_entry_that_the_sender_changed_is_rejected(pipe, company):
    pipe({"JournalEntries": [entry(isDraft=False)]})
    for changed in (entry(amounts=("11", "-11"), isDraft=False), entry(isDraft=False, transactionDate="2026-01-28")):
        assert pipe({"JournalEntries": [changed]}).errors("JE-1") == {("", "posted_differs")}
    assert len(ledger(company, "JE-1")) == 2


def test_a_lost_connection_while_posting_is_looked_into_and_not_posted_twice(pipe, company):
    def lost(request, send):
        send(request)
        raise ConnectionLost("The connection broke.", sent=True)

    piped = pipe(
        {"JournalEntries": [entry(isDraft=False)]},
        around=once(lambda request: "Microsoft.NAV.post" in request.url, lost),
    )
    assert piped.kinds == ["posted"]
    assert len(ledger(company, "JE-1")) == 2


def test_location_does_not_replace_cost_and_discount(pipe, company):
    line = {
        "itemNumber": "1900-S",
        "quantity": 4,
        "unitPrice": Decimal("91.25"),
        "discount": 5,
        "locationNumber": "EAST",
    }
    piped = pipe({"Bills": [bill(lineItems=[line])]})
    (found, _) = company.lines(piped.outcome("b-1")["id"])
    assert (Decimal(str(found["unitCost"])), Decimal(str(found["discountAmount"]))) == (Decimal("91.25"), 5)
    assert found["locationId"] == company.row("locations", code="EAST")["id"]


def test_derived_ids_are_those_that_records_are_created_with(pipe, company):
    from target_dynamics_bc.identity import derived_id

    piped = pipe({"Vendors": vendors(1)}, store=None)
    assert UUID(piped.outcome("v-0")["id"]) == UUID(derived_id(company.id, "vendors", "external", "v-0"))


def test_without_any_key_a_record_is_refused(pipe, company):
    piped = pipe({"Vendors": [{"vendorName": "Nameless"}], "Bills": [{"vendorNumber": "10000", "expenses": []}]})
    assert piped.kinds == ["rejected", "rejected"]
    assert not company.rows("vendors", displayName="Nameless")


@pytest.mark.parametrize("where", ["rows", "lines"])
def test_half_an_answer_is_not_taken_for_all_there_is(pipe, company, where):
    first = pipe({"Bills": [bill()]})

    def cut(request, send):
        answer = send(request)
        body = json.loads(answer.body) if "$batch" in request.url else {}
        for reply in body.get("responses", ()):
            rows = (reply.get("body") or {}).get("value") or []
            if rows and "purchaseInvoiceLines" in rows[0]:
                holder = reply["body"] if where == "rows" else rows[0]
                name = "" if where == "rows" else "purchaseInvoiceLines"
                rows[0]["purchaseInvoiceLines"] = rows[0]["purchaseInvoiceLines"][:1]
                holder[f"{name}@odata.nextLink"] = "https://elsewhere.example"
                return Response(answer.status, answer.headers, json.dumps(body).encode())
        return answer

    piped = pipe({"Bills": [bill(dueDate="2026-03-01")]}, around=cut)
    assert piped.kinds == ["rejected"]
    sent = [each for request in piped.requests for each in json.loads(request.body or b"{}").get("requests", [])]
    assert {each["method"] for each in sent} == {"GET"}
    assert all(request.method == "GET" or "$batch" in request.url for request in piped.requests)
    assert len(company.lines(first.outcome("b-1")["id"])) == 2
