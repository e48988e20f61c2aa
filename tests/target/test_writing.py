"""What is written where: companies, dimensions, drafts, deletions, states."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from dynamics_bc_client.transport import Response


def other_company(emulator):
    return next(each for each in emulator.companies() if not each["name"].startswith("CRONUS"))


def bill(external_id="b-1", **more):
    return {
        "externalId": external_id,
        "billNumber": f"F-{external_id}",
        "vendorNumber": "20000",
        "issueDate": "2026-01-20",
        "expenses": [{"externalId": "1", "accountNumber": "8210", "description": "Paper", "amount": 5}],
        **more,
    }


# --- companies and the mapping ---


def test_a_record_may_name_its_company(pipe, emulator):
    other = other_company(emulator)
    piped = pipe({"Vendors": [{"externalId": "v", "vendorName": "There", "subsidiaryName": other["name"]}]})
    assert piped.outcome("v")["company_id"] == other["id"]
    assert [row["displayName"] for row in emulator.rows(other["id"], "vendors")].count("There") == 1


def test_company_id_routes_only_if_it_is_asked_to(pipe, emulator, company):
    other = other_company(emulator)
    records = {"Vendors": [{"externalId": "v", "vendorName": "Where", "company_id": other["id"]}]}
    assert pipe(records).outcome("v")["company_id"] == company.id
    assert pipe(records, route_by_company=True, store="b").outcome("v")["company_id"] == other["id"]


def test_an_unknown_company_is_a_fault_of_the_record(pipe):
    piped = pipe(
        {
            "Vendors": [
                {"externalId": "v", "vendorName": "A", "subsidiaryId": "nobody"},
                {"externalId": "w", "vendorName": "B"},
            ]
        }
    )
    assert piped.kinds == ["rejected", "created"]
    assert piped.errors("v") == {("subsidiaryId", "not_found")}


def test_the_second_company_lacks_class_and_that_matters_only_to_records_that_use_it(pipe, emulator, tmp_path):
    (tmp_path / "tenant-config.json").write_text(
        json.dumps({"dynamics-bc": {"dimension_mappings": {"class": "CLASS", "department": "DEPARTMENT"}}})
    )
    name = other_company(emulator)["name"]
    records = [
        {"externalId": "a", "vendorName": "A"},
        {"externalId": "b", "vendorName": "B", "subsidiaryName": name},
        {"externalId": "c", "vendorName": "C", "subsidiaryName": name, "className": "Retail"},
    ]
    piped = pipe({"Vendors": records}, snapshot_dir=str(tmp_path))
    assert piped.kinds == ["created", "created", "rejected"]
    assert piped.errors("c") == {("className", "not_found")}


# --- dimensions ---


def test_a_vendor_gets_default_dimensions_and_keeps_those_it_has(pipe, company):
    vendor = company.row("vendors", number="20000")
    pipe(
        {"Vendors": [{"externalId": "v", "vendorNumber": "20000", "className": "Retail", "departmentNumber": "SALES"}]}
    )
    defaults = {
        row["dimensionCode"]: row["dimensionValueCode"]
        for row in company.rows("defaultDimensions", parentId=vendor["id"])
    }
    assert defaults == {"AREA": "40", "CLASS": "RETAIL", "DEPARTMENT": "SALES"}


def test_headers_and_lines_have_the_dimensions_that_the_record_names(pipe, company):
    expense = {
        "accountNumber": "8210",
        "amount": 1,
        "classNumber": "ONLINE",
        "dimensions": [{"number": "AREA", "valueNumber": "30"}],
    }
    piped = pipe(
        {
            "Bills": [
                bill(
                    className="Retail",
                    departmentName="Sales",
                    expenses=[expense, {"accountNumber": "8310", "amount": 2}],
                )
            ]
        }
    )
    id_ = piped.outcome("b-1")["id"]
    first, second = company.lines(id_)
    assert company.dimensions(id_) == {"AREA": "40", "CLASS": "RETAIL", "DEPARTMENT": "SALES"}
    assert company.dimensions(first["id"]) == {"AREA": "30", "CLASS": "ONLINE", "DEPARTMENT": "SALES"}
    assert company.dimensions(second["id"])["CLASS"] == "RETAIL"


def test_an_entrys_dimensions_go_to_each_line_that_does_not_say_otherwise(pipe, company):
    lines = [
        {"accountNumber": "8210", "debitAmount": 1, "className": "Online"},
        {"accountNumber": "2910", "creditAmount": 1},
    ]
    pipe(
        {
            "JournalEntries": [
                {"journalEntryNumber": "J", "transactionDate": "2026-01-27", "className": "Retail", "lineItems": lines}
            ]
        }
    )
    rows = sorted(company.rows("journalLines", documentNumber="J"), key=lambda row: row["lineNumber"])
    assert [company.dimensions(row["id"])["CLASS"] for row in rows] == ["ONLINE", "RETAIL"]


def test_a_changed_dimension_is_changed(pipe, company):
    pipe({"Bills": [bill(className="Retail")]})
    piped = pipe({"Bills": [bill(className="Online")]})
    assert piped.kinds == ["updated"]
    assert company.dimensions(piped.outcome("b-1")["id"])["CLASS"] == "ONLINE"


# --- drafts, totals, deletions ---


def test_an_update_sends_one_transaction(pipe, company):
    pipe({"Bills": [bill()]})
    changed = bill(
        dueDate="2026-03-01",
        expenses=[{"externalId": "1", "accountNumber": "8210", "amount": 6}, {"accountNumber": "8310", "amount": 7}],
    )
    piped = pipe({"Bills": [changed]})
    writes = [
        request
        for request in piped.requests
        if b'"PATCH"' in (request.body or b"") or b'"POST"' in (request.body or b"")
    ]
    assert [request.headers.get("Isolation") for request in writes] == ["snapshot"]


def test_unless_draft_posts_what_does_not_say_so(pipe, company):
    piped = pipe(
        {"Bills": [bill(vendorNumber="10000"), bill("b-2", vendorNumber="10000", isDraft=True)]}, posting="unless_draft"
    )
    assert piped.kinds == ["posted", "created"]


def test_never_posts_nothing(pipe):
    assert pipe({"Bills": [bill(vendorNumber="10000", isDraft=False)]}, posting="never").kinds == ["created"]


def test_a_bill_whose_total_is_off_stays_a_draft(pipe, company):
    piped = pipe({"Bills": [bill(vendorNumber="10000", isDraft=False, totalAmount=Decimal("5.02"))]})
    assert piped.errors("b-1") == {("totalAmount", "total_differs")}
    assert company.row("purchaseInvoices", id=piped.outcome("b-1")["id"])["status"] == "Draft"
    assert pipe({"Bills": [bill(vendorNumber="10000", isDraft=False, totalAmount=Decimal("5.01"))]}).kinds == ["posted"]


def test_a_bill_that_is_refused_at_posting_stays_a_draft_and_is_not_doubled(pipe, company):
    account = company.row("accounts", number="8210")
    company.edit("accounts", account["id"], blocked=True)
    failed = pipe({"Bills": [bill(vendorNumber="10000", isDraft=False)]})
    assert failed.kinds == ["rejected"]
    company.edit("accounts", account["id"], blocked=False)
    assert pipe({"Bills": [bill(vendorNumber="10000", isDraft=False)]}).kinds == ["posted"]
    assert len(company.rows("purchaseInvoices", vendorInvoiceNumber="F-B-1")) == 1


@pytest.mark.parametrize(
    ("on_delete", "kind", "blocked"), [("block", "deleted", "All"), ("ignore", "unchanged", "_x0020_")]
)
def test_a_deleted_vendor_is_blocked_or_left_alone(pipe, company, on_delete, kind, blocked):
    pipe({"Vendors": [{"externalId": "v", "vendorName": "A"}]})
    piped = pipe({"Vendors": [{"externalId": "v", "_sdc_deleted_at": "2026-01-28T00:00:00Z"}]}, on_delete=on_delete)
    assert piped.kinds == [kind]
    assert company.row("vendors", displayName="A")["blocked"] == blocked


def test_a_deletion_that_is_asked_for_deletes(pipe, company):
    pipe({"Vendors": [{"externalId": "v", "vendorName": "A"}], "Bills": [bill()]})
    gone = "2026-01-28T00:00:00Z"
    piped = pipe(
        {
            "Vendors": [{"externalId": "v", "_sdc_deleted_at": gone}],
            "Bills": [{"externalId": "b-1", "vendorNumber": "20000", "_sdc_deleted_at": gone}],
        },
        on_delete="delete",
    )
    assert piped.kinds == ["deleted", "deleted"]
    assert not company.rows("vendors", displayName="A")
    assert not company.rows("purchaseInvoices", vendorInvoiceNumber="F-B-1")


def test_a_dry_run_writes_nothing(pipe, company):
    before = [company.rows(name) for name in ("vendors", "purchaseInvoices")]
    piped = pipe({"Vendors": [{"externalId": "v", "vendorName": "A"}], "Bills": [bill()]}, dry_run=True)
    assert piped.kinds == ["created", "created"]
    assert [company.rows(name) for name in ("vendors", "purchaseInvoices")] == before
    assert piped.states == [], "whoever keeps one would never send the records again"
    assert pipe({"Bills": [bill()]}).kinds == ["created"]


@pytest.mark.fault("W16")
def test_match_keys_may_be_chosen(pipe, company):
    records = {"Vendors": [{"externalId": "v", "vendorName": "Wide World Importers", "email": "new@example.org"}]}
    piped = pipe(records, match_keys={"vendors": ["name"]})
    assert piped.kinds == ["updated"]
    assert company.row("vendors", number="40000")["email"] == "new@example.org"


@pytest.mark.fault("W16")
def test_two_records_of_one_name_are_one_vendor_where_the_name_is_the_key(pipe, company):
    one, other = ({"externalId": each, "vendorName": "Twice & Co.", "email": f"{each}@x.example"} for each in "ab")
    assert pipe({"Vendors": [one, other]}, match_keys={"vendors": ["name"]}).kinds == ["created", "updated"]
    assert [row["email"] for row in company.rows("vendors", displayName="Twice & Co.")] == ["b@x.example"]


@pytest.mark.fault("W16")
def test_a_vendor_that_was_renamed_is_found_by_the_senders_id_where_the_name_is_the_key(pipe, company):
    renamed = {"externalId": "a", "vendorName": "Later Ltd."}
    pipe({"Vendors": [{"externalId": "a", "vendorName": "Sooner Ltd."}]}, match_keys={"vendors": ["name"]})
    assert pipe({"Vendors": [renamed]}, match_keys={"vendors": ["name"]}, store=None).kinds == ["updated"]
    assert len(company.rows("vendors", displayName="Later Ltd.")) == 1


def test_lines_are_kept_if_that_is_asked_for(pipe, company):
    two = [{"externalId": str(n), "accountNumber": "8210", "amount": n} for n in (1, 2)]
    first = pipe({"Bills": [bill(expenses=two)]})
    pipe({"Bills": [bill(expenses=two[:1])]}, lines="keep")
    assert len(company.lines(first.outcome("b-1")["id"])) == 2


# --- state ---


def test_no_state_passes_a_record_that_waits(pipe):
    def message(**content):
        return json.dumps(content) + "\n"

    text = "".join(
        message(type="SCHEMA", stream=stream, schema={"properties": {}}, key_properties=[])
        for stream in ("Bills", "Vendors")
    )
    text += message(type="RECORD", stream="Bills", record=bill(vendorNumber=None, vendorExternalId="v-0"))
    text += message(type="STATE", value={"n": 1})
    # A hundred vendors fill a chunk, so it is carried through while the bill still waits for its own.
    text += "".join(
        message(type="RECORD", stream="Vendors", record={"externalId": f"v-{n}", "vendorName": f"V {n}"})
        for n in range(1, 101)
    )
    text += message(type="STATE", value={"n": 2})
    without = pipe(text)
    assert without.kinds[0] == "rejected"
    assert without.states == [{"n": 2}]  # only when the bill was decided, at the end
    text += message(type="RECORD", stream="Vendors", record={"externalId": "v-0", "vendorName": "Late"})
    assert pipe(text, store="b").kinds[0] == "created"


def test_an_undecided_record_holds_the_state_back(pipe):
    def around(request, send):
        if b"JE-9" in (request.body or b"") or "JE-9" in request.url:
            return Response(503, {}, b"")
        return send(request)

    lines = [{"accountNumber": "8210", "debitAmount": 1}, {"accountNumber": "2910", "creditAmount": 1}]
    entry = {"externalId": "e", "journalEntryNumber": "JE-9", "transactionDate": "2026-01-27", "lineItems": lines}
    piped = pipe({"Vendors": [{"externalId": "v", "vendorName": "A"}], "JournalEntries": [entry]}, around=around)
    assert piped.kinds == ["created", "rejected"]
    assert piped.states == []
    assert piped.exit_code == 1


def test_a_hotglue_job_reads_outcomes_from_standard_output(pipe):
    piped = pipe(
        {"Vendors": [{"externalId": "v", "vendorName": "A"}, {"vendorName": "B"}]},
        state_format="hotglue",
        fail_on="never",
    )
    last = piped.states[-1]
    assert last["summary"] == {"Vendors": {"success": 1, "fail": 1, "existing": 0, "updated": 0}}
    bad, good = sorted(last["bookmarks"]["Vendors"], key=lambda entry: entry["success"])
    assert (good["success"], good["externalId"], good["id"]) == (True, "v", piped.outcome("v")["id"])
    assert (bad["success"], bad["hg_error_class"]) == (False, "InvalidPayloadError")
    assert piped.exit_code == 0


def test_more_than_a_chunk_is_written_in_batches(pipe, company):
    piped = pipe({"Vendors": [{"externalId": f"v-{n}", "vendorName": f"Vendor {n}"} for n in range(230)]})
    assert set(piped.kinds) == {"created"}
    assert len(piped.kinds) == 230
    assert len(piped.requests) < 30


def test_a_second_bill_with_the_vendors_number_of_another_is_rejected(pipe, company):
    piped = pipe(
        {
            "Bills": [
                bill("a", billNumber="SAME"),
                bill("b", billNumber="SAME"),
                bill("c", billNumber="SAME", vendorNumber="30000"),
            ]
        }
    )
    assert piped.kinds == ["created", "rejected", "created"]
    assert len(company.rows("purchaseInvoices", vendorInvoiceNumber="SAME")) == 2


def test_documents_with_more_lines_than_a_batch_takes_are_written_whole(pipe, company):
    expenses = [
        {"accountNumber": "8210", "amount": n + 1, "description": f"Line {n}", "className": "Retail"}
        for n in range(120)
    ]
    first = pipe({"Bills": [bill(departmentNumber="ADM", expenses=expenses)]})
    assert first.kinds == ["created"]
    rows = company.lines(first.outcome("b-1")["id"])
    assert [row["unitCost"] for row in rows] == [n + 1 for n in range(120)]
    assert {company.dimensions(row["id"])["CLASS"] for row in (rows[0], rows[60], rows[119])} == {"RETAIL"}
    lines = [{"accountNumber": "8210", "debitAmount": 1} for _ in range(149)] + [
        {"accountNumber": "2910", "creditAmount": 149}
    ]
    entry = {"journalEntryNumber": "LONG", "transactionDate": "2026-01-27", "lineItems": lines}
    assert pipe({"JournalEntries": [entry]}).kinds == ["created"]
    assert len(company.rows("journalLines", documentNumber="LONG")) == 150
    assert pipe({"JournalEntries": [{**entry, "isDraft": False}]}).kinds == ["posted"]
    assert not company.rows("journalLines", documentNumber="LONG")
    assert len(company.rows("generalLedgerEntries", documentNumber="LONG")) == 150


def test_stream_maps_are_followed(pipe, company):
    maps = {"suppliers": {"__alias__": "Vendors", "vendorName": "record['title']", "externalId": "record['key']"}}
    text = json.dumps(
        {
            "type": "SCHEMA",
            "stream": "suppliers",
            "schema": {"properties": {"title": {"type": "string"}, "key": {"type": "string"}}},
            "key_properties": ["key"],
        }
    )
    record = json.dumps({"type": "RECORD", "stream": "suppliers", "record": {"title": "Mapped", "key": "m-1"}})
    assert pipe(f"{text}\n{record}\n", stream_maps=maps).kinds == ["created"]
    assert company.row("vendors", displayName="Mapped")


def test_a_record_that_waits_does_not_overtake_its_later_version(pipe, company):
    early = ("Bills", bill(vendorNumber=None, vendorExternalId="v-late", dueDate="2026-02-01"))
    late = ("Bills", bill(vendorNumber=None, vendorName="Late Vendor", dueDate="2026-03-01"))
    fill = [("Vendors", {"externalId": f"v-{n}", "vendorName": f"V {n}"}) for n in range(100)]
    vendor = ("Vendors", {"externalId": "v-late", "vendorName": "Late Vendor"})
    piped = pipe([early, *fill, vendor, *[("Vendors", {**row, "email": "a@b.example"}) for _, row in fill], late])
    assert "rejected" not in piped.kinds
    assert company.row("purchaseInvoices", vendorInvoiceNumber="F-B-1")["dueDate"] == "2026-03-01"
