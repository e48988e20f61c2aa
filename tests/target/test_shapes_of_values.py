"""What pipelines and table programs make of values is booked as it was meant, or refused with a sentence."""

from __future__ import annotations

import unicodedata

import pytest

from tests.target.at_the_desk import Target

EXPENSE = {"accountNumber": "8210", "amount": 10}


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def bill(**more):
    record = {"externalId": "S-1", "billNumber": "S-1", "vendorNumber": "10000", "issueDate": "2026-01-20"}
    return {"expenses": [EXPENSE], **record, **more}


def written(target, record, stream="Bills", **config):
    (outcome,) = target.write(stream, record, **config)
    assert (outcome["outcome"], outcome["errors"]) == ("created", []), outcome
    return outcome["id"]


def refused(target, record, stream="Bills"):
    (outcome,) = target.write(stream, record)
    assert outcome["outcome"] == "rejected", outcome
    return {error["field"]: error["code"] for error in outcome["errors"]}


@pytest.mark.parametrize(
    ("given", "booked"),
    [
        ("10", "10"), (" 10 ", "10"), ("+10", "10"), ("1e2", "100"), ("1E+02", "100"), (10.0, "10"), ("10.50", "10.5"),
        ("-10", "-10"), ("0", "0"), ("\uff11\uff10", "10"), ("10.0000000000000001", "10"),
        ("123456.78901", "123456.78901"), ("10.1234567", "10.12346"),
    ],
)  # fmt: skip
def test_a_number_in_any_spelling_of_numbers_is_booked(target, given, booked):
    bill_id = written(target, bill(expenses=[{**EXPENSE, "amount": given}]))
    (line,) = target.rows("purchaseInvoiceLines", documentId=bill_id)
    assert str(line["unitCost"]) == booked


@pytest.mark.parametrize(
    "given",
    [
        "1,000.50", "1.000,50", "1 000,50", "1\u00a0000.50", "10-", "(10)", "10%", "$10", "10 GBP", "0x10",
        "1_000", "None",
        "null", "N/A", "inf", "-Infinity", "true", True, [10], {"value": 10}, "123456789012345678", "1e99",
    ],
)  # fmt: skip
def test_what_is_no_number_for_sure_is_refused_and_never_guessed(target, given):
    faults = refused(target, bill(expenses=[{**EXPENSE, "amount": given}]))
    assert faults == {"expenses[0].amount": "no_number"}


@pytest.mark.parametrize("given", ["", "  ", "nan", "NaN", "NaT", "<NA>", None])
def test_an_empty_cell_is_no_amount(target, given):
    faults = refused(target, bill(expenses=[{**EXPENSE, "amount": given}]))
    assert faults == {"expenses[0].amount": "required"}


@pytest.mark.parametrize(
    "given",
    [
        "2026-01-20", " 2026-01-20 ", "2026-01-20 00:00:00", "2026-01-20T00:00:00.000000000", "2026-01-20T00:00:00Z",
        "2026-01-20 00:00:00+00:00", "2026-01-20T23:30:00-08:00", "2026-01-20T00:30:00+0500", "2026-01-20T00:00",
        "2026-01-20 00:00:00 UTC",
    ],
)  # fmt: skip
def test_of_a_moment_the_day_that_it_is_written_with_is_booked(target, given):
    assert target.row("purchaseInvoices", id=written(target, bill(issueDate=given)))["invoiceDate"] == "2026-01-20"


@pytest.mark.parametrize(
    "given",
    [
        "20/01/2026", "01/20/2026", "2026/01/20", "20260120", 20260120, "2026-W04-2", "2026-01-20T",
        "2026-01-20 garbage",
        "2026-1-5", "2026-02-30", "10000-01-01", "Jan 20 2026", "\uff12\uff10\uff12\uff16-01-20", 1768867200,
        46042, "None", True,
        "1752-12-31", "0001-01-02",
    ],
)  # fmt: skip
def test_what_is_no_date_for_sure_is_refused_under_every_python(target, given):
    assert refused(target, bill(issueDate=given)).keys() == {"issueDate"}


@pytest.mark.parametrize("given", ["", "NaT", "nan", "0001-01-01", None])
def test_a_date_that_is_none_is_left_to_the_service(target, given):
    row = target.row("purchaseInvoices", id=written(target, bill(issueDate=given)))
    assert row["invoiceDate"] == "2026-03-01"


def test_an_entry_without_a_date_is_refused_though_it_has_the_blank_one(target):
    lines = [{"accountNumber": "8210", "debitAmount": 5}, {"accountNumber": "2910", "creditAmount": 5}]
    record = {"externalId": "E", "journalEntryNumber": "E", "transactionDate": "0001-01-01", "lineItems": lines}
    assert refused(target, record, "JournalEntries") == {"transactionDate": "required"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [(True, True), ("True", True), ("TRUE", True), (" false ", False), ("", False), ("nan", False), (None, False)],
)
def test_a_truth_value_is_read_as_json_and_python_spell_it(target, given, kept):
    assert target.row("purchaseInvoices", id=written(target, bill(pricesIncludeTax=given)))["pricesIncludeTax"] is kept


@pytest.mark.parametrize("given", ["Y", "N", "yes", "no", "1", "0", 1, 0, 1.0, "t", "on", "None"])
def test_what_may_be_a_truth_value_is_refused(target, given):
    assert refused(target, bill(pricesIncludeTax=given)) == {"pricesIncludeTax": "wrong_type"}


@pytest.mark.parametrize("number", ["10000", 10000, 10000.0, " 10000 ", "10000\u00a0", "\t10000\n"])
def test_a_number_of_something_has_no_blanks_and_no_fraction(target, number):
    assert target.row("purchaseInvoices", id=written(target, bill(vendorNumber=number)))["vendorNumber"] == "10000"


@pytest.mark.parametrize(
    "number", ["010000", "1e4", "10000.0", "\uff11\uff10\uff10\uff10\uff10", "10000\u200b", "1000"]
)
def test_a_number_that_nothing_has_names_nothing(target, number):
    assert refused(target, bill(vendorNumber=number)) == {"vendorNumber": "not_found"}


@pytest.mark.parametrize("spelled", ["{%s}", "urn:uuid:%s", " %s "])
@pytest.mark.parametrize("change", [str.upper, str, lambda text: text.replace("-", "")])
def test_an_id_is_one_however_it_is_spelled(target, spelled, change):
    vendor_id = spelled % change(target.row("vendors", number="10000")["id"])
    record = bill(vendorNumber=None, vendorId=vendor_id)
    assert target.row("purchaseInvoices", id=written(target, record))["vendorNumber"] == "10000"
    two = bill(externalId="S-2", billNumber="S-2", vendorNumber="20000", vendorId=vendor_id)
    assert refused(target, two) == {"vendorId": "contradiction"}


def test_the_own_id_of_a_record_is_one_however_it_is_spelled(target):
    vendor = target.row("vendors", number="10000")
    record = {"id": f"{{{vendor['id'].upper()}}}", "email": "new@example.org"}
    (outcome,) = target.write("Vendors", record)
    assert (outcome["outcome"], target.row("vendors", number="10000")["email"]) == ("updated", "new@example.org")


@pytest.mark.parametrize("value", ["None", "null", "NULL", "undefined", "N/A", "n/a", "#N/A"])
@pytest.mark.parametrize(
    ("stream", "record", "field"),
    [
        ("Bills", {}, "billNumber"),
        ("Bills", {}, "externalId"),
        ("Vendors", {"vendorName": "X"}, "vendorNumber"),
        ("Vendors", {"vendorName": "X"}, "externalId"),
        ("purchaseInvoices", {"vendorNumber": "10000"}, "vendorInvoiceNumber"),
        ("customers", {"displayName": "X"}, "number"),
    ],
)
def test_a_key_that_spells_an_empty_cell_is_refused_because_two_records_would_become_one(
    target, stream, record, field, value
):
    full = bill(**{field: value}) if stream == "Bills" else {**record, field: value}
    assert refused(target, full, stream)[field] == "no_value"


def test_codes_and_texts_that_only_look_like_an_empty_cell_are_what_they_say(target):
    assert written(target, {"code": "NONE", "displayName": "None"}, "taxGroups")
    assert target.row("taxGroups", code="NONE")["displayName"] == "None"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"expenses_0_amount": 5, "expenses_0_accountNumber": "8210"}, "expenses_0_amount"),
        ({"lineItems__0__quantity": 1}, "lineItems__0__quantity"),
        ({"dimensions_0_value": "Retail"}, "dimensions_0_value"),
    ],
)
def test_a_list_that_was_taken_apart_is_refused_because_its_lines_would_be_lost(target, fields, named):
    assert refused(target, {**bill(expenses=None), **fields}) == {named: "flattened"}
    assert target.rows("purchaseInvoices", vendorInvoiceNumber="S-1") == []


def test_the_lines_of_an_own_bill_that_were_taken_apart_are_refused(target):
    record = {"vendorInvoiceNumber": "S-1", "vendorNumber": "10000", "purchaseInvoiceLines__0__unitCost": 5}
    assert refused(target, record, "purchaseInvoices") == {"purchaseInvoiceLines__0__unitCost": "flattened"}


@pytest.mark.parametrize(
    "lines", ["[{'accountNumber': '8210', 'amount': 5}]", '{"accountNumber": "8210", "amount": 5}', EXPENSE, "8210", 5]
)
def test_lines_that_are_no_list_are_refused(target, lines):
    assert refused(target, bill(expenses=lines)) == {"expenses": "wrong_type"}


def test_lines_as_text_in_json_are_lines(target):
    bill_id = written(target, bill(expenses='[{"accountNumber": "8210", "amount": "5"}]'))
    assert [line["unitCost"] for line in target.rows("purchaseInvoiceLines", documentId=bill_id)] == [5]


def test_one_line_that_came_twice_is_refused_and_not_booked_twice(target):
    line = {"externalId": "1", **EXPENSE}
    assert refused(target, bill(expenses=[line, line])) == {"expenses[1]": "named_twice"}
    items = [{"externalId": "1", "itemNumber": "1896-S", "quantity": 1, "unitPrice": 5}]
    assert written(target, bill(expenses=[line], lineItems=items))


@pytest.mark.parametrize("stated", ["vendor", "VENDOR", "Vendor"])
def test_what_kind_of_account_a_line_books_to_has_no_case(target, stated):
    lines = [{"accountType": stated, "accountNumber": "10000", "amount": 5}, {"accountNumber": "2910", "amount": -5}]
    record = {"documentNumber": "E-1", "postingDate": "2026-01-20", "journalLines": lines}
    written(target, record, "journalLines")
    types = [row["accountType"] for row in target.rows("journalLines", documentNumber="E-1")]
    assert types == ["Vendor", "G_x002F_L_x0020_Account"]


@pytest.mark.parametrize("given", ["All", "all", "ALL"])
def test_a_member_of_an_enumeration_has_no_case(target, given):
    written(target, {"number": "B-1", "displayName": "b", "blocked": given}, "vendors")
    assert target.row("vendors", number="B-1")["blocked"] == "All"


@pytest.mark.parametrize("given", [2**31, -(2**31) - 1, 1e12])
def test_a_whole_number_that_the_service_cannot_hold_is_refused_before_it_is_sent(target, given):
    record = {"number": "K-1", "displayName": "First", "loyaltyPoints": given}
    assert refused(target, record, "contoso_demo_loyalCustomers") == {"loyaltyPoints": "not_allowed"}


def test_a_name_whose_accents_are_put_together_otherwise_makes_no_second_vendor(target):
    name = "Caf\u00e9 Z\u00fcrich"
    vendor = target.desk.create("vendors", {"displayName": name})
    record = bill(vendorNumber=None, vendorName=unicodedata.normalize("NFD", name))
    bill_id = written(target, record, create_missing="vendors")
    assert target.row("purchaseInvoices", id=bill_id)["vendorNumber"] == vendor["number"]
    assert len(target.rows("vendors", displayName=name)) == 1


@pytest.mark.parametrize(("given", "kept"), [("", ""), (None, "old@example.org"), ("nan", "old@example.org")])
def test_blank_text_clears_and_what_is_none_leaves_a_unified_record_as_it_was(target, given, kept):
    first = {"externalId": "V-1", "vendorName": "Mine", "email": "old@example.org"}
    written(target, first, "Vendors")
    target.write("Vendors", {**first, "email": given})
    assert target.row("vendors", displayName="Mine")["email"] == kept


@pytest.mark.parametrize("given", ["\ud800x", "x\udfff"])
def test_half_a_sign_is_refused(target, given):
    assert refused(target, {"externalId": "V-1", "vendorName": given}, "Vendors") == {"vendorName": "not_unicode"}


@pytest.mark.parametrize("sign", ["\t", "\n", "\u202e", "\ufeff", "😀"])
def test_signs_of_all_kinds_are_kept_as_they_came(target, sign):
    written(target, {"externalId": "V-1", "vendorName": f"a{sign}b"}, "Vendors")
    assert target.rows("vendors", displayName=f"a{sign}b")
