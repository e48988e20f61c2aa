"""Lines of journals and payments: what they take over, what they refuse, and what posting makes of them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from emulator.in_process import json_of

from dynamics_bc_emulator.stamps import ZERO_GUID

DIALOG = (400, "Application_DialogException")
MISSING = (400, "Application_FieldValidationException")
DUPLICATE = (400, "Internal_EntityWithSameKeyExists")
NOBODY = "ffffffff-ffff-4fff-8fff-ffffffffffff"
GL, BANK = "G_x002F_L_x0020_Account", "Bank_x0020_Account"


@pytest.fixture
def journal(desk):
    return desk.create("journals", {"code": "OWN"})["id"]


@pytest.fixture
def cash_journal(desk):
    body = {"code": "CASHED", "balancingAccountId": desk.id("accounts", number="2910")}
    return desk.create("journals", body)["id"]


@pytest.fixture
def payments(desk):
    body = {"code": "PAY", "balancingAccountId": desk.id("accounts", number="2910")}
    return desk.create("vendorPaymentJournals", body)["id"]


def line(desk, journal, **body):
    return desk.create(f"journals({journal})/journalLines", body)


def pay(desk, payments, **body):
    return desk.create(f"vendorPaymentJournals({payments})/vendorPayments", body)


def post(desk, journal):
    desk.act(f"journals({journal})")


def refused_post(desk, journal):
    return desk.refused("POST", f"journals({journal})/Microsoft.NAV.post")


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, (30_005, "2026-01-20", "D-1")),
        ({"lineNumber": 5}, (5, "2026-01-01", "D-0")),
        ({"postingDate": "2026-02-02"}, (30_005, "2026-02-02", "D-1")),
        ({"documentNumber": "D-2"}, (30_005, "2026-01-20", "D-2")),
        ({"externalDocumentNumber": "X"}, (30_005, "2026-01-20", "D-2")),
        ({"lineNumber": 8}, (8, "2026-01-20", "D-1")),
    ],
)
def test_a_line_takes_the_place_after_the_last_with_its_date_and_document(desk, journal, body, place):
    line(desk, journal, documentNumber="D-0", postingDate="2026-01-01", lineNumber=7)
    line(desk, journal, documentNumber="D-1", postingDate="2026-01-20", lineNumber=20_005, amount=5)
    row = line(desk, journal, **body)
    assert (row["lineNumber"], row["postingDate"], row["documentNumber"]) == place


def test_the_first_line_is_of_today_and_a_batch_that_the_api_made_has_no_number_for_it(desk, journal):
    row = line(desk, journal)
    assert (row["lineNumber"], row["postingDate"], row["documentNumber"]) == (10_000, "2026-03-01", "")


def test_the_number_of_a_series_is_drawn_when_it_is_posted(desk):
    monthly = desk.id("journals", code="MONTHLY")
    for row in desk.company.find("journalLines", journalId=monthly):
        desk.company.delete("journalLines", row["id"])
    first, second = (line(desk, monthly, accountNumber="8710", amount=5) for _ in range(2))
    assert (first["documentNumber"], second["documentNumber"]) == ("G00001", "G00002")
    assert line(desk, desk.id("journals", code="DAILY"), documentNumber="")["documentNumber"] == "G00001"
    post(desk, monthly)
    assert line(desk, monthly)["documentNumber"] == "G00003"
    assert desk.rows(f"journals({monthly})/journalLines") == [desk.rows(f"journals({monthly})/journalLines")[0]]


@pytest.mark.fault("W12")
@pytest.mark.parametrize(
    ("sent", "balancing"),
    [
        ({}, "2910"),
        ({"balancingAccountNumber": ""}, "2910"),
        ({"balancingAccountId": ZERO_GUID}, "2910"),
        ({"balancingAccountNumber": "5710"}, "5710"),
    ],
)
def test_the_batchs_balancing_account_stands_unless_the_line_names_another(desk, cash_journal, sent, balancing):
    row = line(desk, cash_journal, accountNumber="8710", **sent)
    assert (row["balanceAccountType"], row["balancingAccountNumber"]) == (GL, balancing)
    assert row["balancingAccountId"] == desk.id("accounts", number=balancing)


def test_a_batch_is_balanced_by_a_general_ledger_account_alone(desk):
    body = {"code": "BANKED", "balancingAccountId": desk.id("bankAccounts", number="SAVINGS")}
    assert desk.refused("POST", "journals", body)[:2] == DIALOG


@pytest.mark.parametrize(
    ("sent", "balancing"),
    [
        ({}, (GL, "")),
        ({"balanceAccountType": BANK}, (BANK, "CHECKING")),
        ({"balanceAccountType": BANK, "balancingAccountNumber": "SAVINGS"}, (BANK, "SAVINGS")),
        ({"balancingAccountNumber": "2910"}, (GL, "2910")),
    ],
)
def test_a_batchs_bank_account_is_taken_by_lines_that_say_bank_account(desk, sent, balancing):
    row = line(desk, desk.id("journals", code="DAILY"), accountNumber="8710", amount=5, **sent)
    assert (row["balanceAccountType"], row["balancingAccountNumber"]) == balancing


@pytest.mark.parametrize(
    ("account_type", "number", "account"),
    [
        (GL, "8710", "8710"),
        ("Vendor", "20000", "5410"),
        ("Vendor", "30000", "5420"),
        ("Customer", "10000", "2310"),
        (BANK, "CHECKING", "2920"),
    ],
)
def test_a_line_is_posted_to_the_account_behind_its_own(desk, journal, account_type, number, account):
    row = line(desk, journal, accountType=account_type, accountNumber=number, documentNumber="L-1", amount=-7)
    assert (row["accountType"], row["accountNumber"]) == (account_type, number)
    assert (row["accountId"] == ZERO_GUID) == (account_type in ("Vendor", "Customer"))
    desk.edit(
        "journalLines",
        row["id"],
        _dimensions={"AREA": "40", "DEPARTMENT": "SALES", "CUSTOMERGROUP": "LARGE", "BUSINESSGROUP": "HOME"},
    )
    for rule in desk.company.find("defaultDimensions"):
        desk.company.delete("defaultDimensions", rule["id"])
    line(desk, journal, accountNumber="8720", amount=7, documentNumber="L-1")
    post(desk, journal)
    assert desk.ledger("L-1") == [(account, -7), ("8720", 7)]


def test_a_change_of_type_clears_the_account_and_the_same_type_keeps_it(desk, journal):
    row = line(desk, journal, accountNumber="8710", balancingAccountNumber="2910")
    path = f"journalLines({row['id']})"
    assert desk.change(path, {"accountType": GL, "balanceAccountType": GL})["accountNumber"] == "8710"
    cleared = desk.change(path, {"accountType": "Vendor"})
    assert (cleared["accountId"], cleared["accountNumber"], cleared["balancingAccountNumber"]) == (
        ZERO_GUID,
        "",
        "2910",
    )
    cleared = desk.change(path, {"balanceAccountType": BANK})
    assert (cleared["balancingAccountId"], cleared["balancingAccountNumber"]) == (ZERO_GUID, "")


@pytest.mark.parametrize("name", ["accountType", "balanceAccountType"])
def test_lines_are_for_four_types_of_account_only(desk, journal, name):
    status, code, message = desk.refused("POST", f"journals({journal})/journalLines", {name: "Employee"})
    assert (status, code) == DIALOG
    assert message.startswith(f"The {name} of a line must be")


def test_an_amount_is_kept_to_the_cent(desk, journal):
    assert line(desk, journal, amount=Decimal("1.005"))["amount"] == Decimal("1.01")
    assert line(desk, journal, amount=Decimal("-1.005"))["amount"] == Decimal("-1.01")


def test_a_lines_own_account_goes_before_its_balancing_account_in_dimensions(desk, journal):
    vendor = {"accountType": "Vendor", "accountNumber": "20000"}
    account = {"dimensionCode": "AREA", "dimensionValueCode": "30"}, {"dimensionCode": "BUSINESSGROUP"}
    for rule, value in zip(account, ("30", "HOME"), strict=True):
        row = {"parentId": desk.id("accounts", number="2910"), **rule, "dimensionValueCode": value}
        desk.company.insert("defaultDimensions", row)
    row = line(desk, journal, **vendor, balancingAccountNumber="2910")
    assert desk.company.get("journalLines", row["id"])["_dimensions"] == {
        "AREA": "40",
        "DEPARTMENT": "PURCHASING",
        "BUSINESSGROUP": "HOME",
    }
    desk.change(f"journalLines({row['id']})", {"balancingAccountId": ZERO_GUID})
    assert "BUSINESSGROUP" not in desk.company.get("journalLines", row["id"])["_dimensions"]


@pytest.mark.parametrize(
    ("bodies", "sentence"),
    [
        ([], "There is nothing to post"),
        ([{"accountNumber": "8710", "amount": 5}, {"accountNumber": "2910", "amount": -4}], "out of balance by 1"),
        (
            [
                {"accountNumber": "8710", "amount": 5},
                {"accountNumber": "2910", "amount": -5, "postingDate": "2026-01-02"},
            ],
            "out of balance by",
        ),
        (
            [{"accountNumber": "8710", "amount": 5}, {"accountNumber": "2910"}],
            "Amount must have a value in Gen. Journal Line: Line No.=20000",
        ),
        ([{"amount": 5}], "Account No. must have a value in Gen. Journal Line: Line No.=10000"),
    ],
)
def test_a_batch_that_cannot_be_posted_says_why_and_stays_whole(desk, journal, bodies, sentence):
    for body in bodies:
        line(desk, journal, documentNumber="X-1", **{"postingDate": "2026-01-01", **body})
    before = desk.company.find("journalLines"), desk.company.find("generalLedgerEntries")
    assert sentence in refused_post(desk, journal)[2]
    assert (desk.company.find("journalLines"), desk.company.find("generalLedgerEntries")) == before


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"documentNumber": ""}, MISSING),
        ({"postingDate": "0001-01-01"}, MISSING),
        ({"postingDate": "1999-12-31"}, DIALOG),
        ({"accountNumber": "NOBODY"}, DIALOG),
    ],
)
def test_a_line_that_is_incomplete_or_out_of_range_is_not_posted(desk, cash_journal, changes, refused):
    row = line(desk, cash_journal, accountNumber="8710", amount=5, documentNumber="I-1")
    desk.edit("generalLedgerSetup", desk.company.ledger_setup["id"], allowPostingFrom="2000-01-01")
    desk.edit("journalLines", row["id"], **changes)
    assert refused_post(desk, cash_journal)[:2] == refused


def test_an_empty_line_among_others_goes_with_the_batch(desk, cash_journal):
    line(desk, cash_journal, accountNumber="8710", amount=5, documentNumber="E-1")
    line(desk, cash_journal)
    post(desk, cash_journal)
    (left,) = desk.rows(f"journals({cash_journal})/journalLines")
    assert (left["accountNumber"], left["amount"], left["documentNumber"]) == ("", 0, "E-2")
    assert desk.ledger("E-1") == [("8710", 5), ("2910", -5)]


@pytest.mark.parametrize(
    ("whose", "block", "stops"),
    [
        (("Vendor", "20000"), "All", True),
        (("Vendor", "20000"), "Payment", False),
        (("Vendor", "20000"), "_x0020_", False),
        (("Customer", "10000"), "All", True),
        (("Customer", "10000"), "Invoice", True),
        (("Customer", "10000"), "Ship", False),
    ],
)
def test_a_party_that_is_blocked_stops_the_posting(desk, cash_journal, whose, block, stops):
    party, number = whose
    line(desk, cash_journal, accountType=party, accountNumber=number, amount=5, documentNumber="B-1")
    party_set = f"{party.lower()}s"
    desk.edit(party_set, desk.id(party_set, number=number), blocked=block)
    if stops:
        assert f"{party} {number} is blocked with type {block}" in refused_post(desk, cash_journal)[2]
    else:
        post(desk, cash_journal)


@pytest.mark.parametrize(
    ("validation", "actual", "sentence"),
    [
        ("Code_x0020_Mandatory", None, "Select a Dimension Value Code for the Dimension Code AREA for Vendor 20000"),
        ("Code_x0020_Mandatory", "30", None),
        ("Same_x0020_Code", "30", "must be 40 for Dimension Code AREA for Vendor 20000. Currently it's 30."),
        ("Same_x0020_Code", None, "The Dimension Code AREA with Dimension Value Code 40 is required for Vendor 20000."),
        ("Same_x0020_Code", "40", None),
        ("No_x0020_Code", "40", "must be blank for Dimension Code AREA for Vendor 20000. Currently it's 40."),
        ("No_x0020_Code", None, None),
        ("_x0020_", "30", None),
        ("_x0020_", None, None),
    ],
)
def test_the_value_posting_of_a_default_dimension_is_checked_when_it_is_posted(
    desk, cash_journal, validation, actual, sentence
):
    vendor = desk.id("vendors", number="20000")
    (rule,) = (row for row in desk.company.find("defaultDimensions", parentId=vendor) if row["dimensionCode"] == "AREA")
    row = line(desk, cash_journal, accountType="Vendor", accountNumber="20000", amount=5, documentNumber="V-1")
    desk.edit("defaultDimensions", rule["id"], postingValidation=validation, dimensionValueCode="40")
    desk.edit("journalLines", row["id"], _dimensions={"AREA": actual} if actual else {})
    if sentence:
        assert sentence in refused_post(desk, cash_journal)[2]
    else:
        post(desk, cash_journal)


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"journalId": NOBODY}, DIALOG),
        ({"journalDisplayName": "OTHER"}, DIALOG),
        ({"lineNumber": 10_000}, DUPLICATE),
        ({"vendorNumber": "NOBODY"}, DIALOG),
        ({"appliesToInvoiceId": NOBODY}, DIALOG),
    ],
)
def test_a_payment_stays_in_its_place_and_names_what_is_there(desk, payments, change, refused):
    pay(desk, payments, vendorNumber="20000")
    second = pay(desk, payments, vendorNumber="20000")
    assert desk.refused("PATCH", f"vendorPayments({second['id']})", change)[:2] == refused
    kept = {name: second[name] for name in change}
    assert kept.items() <= desk.change(f"vendorPayments({second['id']})", kept).items()


def test_entries_and_payments_of_a_batch_share_their_line_numbers(desk, payments):
    pay(desk, payments, vendorNumber="20000")
    path = f"journals({payments})/journalLines"
    assert desk.refused("POST", path, {"lineNumber": 10_000})[:2] == DUPLICATE
    assert desk.create(path, {"accountNumber": "8710"})["lineNumber"] == 20_000
    assert pay(desk, payments, vendorNumber="20000")["lineNumber"] == 30_000


@pytest.fixture
def bill(desk):
    body = {"accountId": desk.id("accounts", number="8710"), "quantity": 1, "unitCost": 100}
    header = {"vendorNumber": "20000", "vendorInvoiceNumber": "J-1", "purchaseInvoiceLines": [body]}
    created = desk.create("purchaseInvoices", header)
    desk.act(f"purchaseInvoices({created['id']})")
    return desk.read(f"purchaseInvoices({created['id']})")


@pytest.mark.parametrize(
    ("sent", "filled"),
    [
        ({}, (0, "20000")),
        ({"amount": 40}, (40, "20000")),
        ({"vendorNumber": "10000"}, (0, "10000")),
    ],
)
def test_an_invoice_fills_in_whose_payment_it_is_and_not_how_much(desk, payments, bill, sent, filled):
    for names in ({"appliesToInvoiceId": bill["id"]}, {"appliesToInvoiceNumber": bill["number"]}):
        row = pay(desk, payments, **sent, **names)
        assert (row["amount"], row["vendorNumber"]) == filled
        assert (row["appliesToInvoiceId"], row["appliesToInvoiceNumber"]) == (bill["id"], bill["number"])


@pytest.mark.parametrize(("amount", "leaves"), [(100, ("Paid", 0)), (40, ("Open", 60)), (150, ("Paid", 0))])
def test_a_payment_settles_its_invoice_as_far_as_it_goes(desk, payments, bill, amount, leaves):
    status, left = leaves
    pay(desk, payments, appliesToInvoiceId=bill["id"], amount=amount, documentNumber="P-1")
    post(desk, payments)
    (entry,) = desk.company.find("_vendorLedgerEntries", documentId=bill["id"])
    (paid,) = desk.company.find("_vendorLedgerEntries", documentNumber="P-1")
    assert (entry["remainingAmount"], paid["remainingAmount"]) == (-left, max(0, amount - 100))
    assert desk.read(f"purchaseInvoices({bill['id']})")["status"] == status
    assert desk.ledger("P-1") == [("5410", amount), ("2910", -amount)]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"appliesToInvoiceNumber": "NOBODY", "appliesToInvoiceId": ZERO_GUID}, "has no posted invoice NOBODY"),
        ({"vendorNumber": "10000"}, "Vendor 10000 has no posted invoice"),
        ({"amount": -5}, "Amount must be positive in Gen. Journal Line"),
        ({"postingDate": "2026-01-01"}, "later posting date"),
        ({"_appliesToId": "P-1"}, "Applies-to ID must be blank"),
        ({"vendorNumber": "", "vendorId": ZERO_GUID}, "out of balance by -100"),
    ],
)
def test_a_payment_of_what_is_not_owed_is_not_posted(desk, payments, bill, changes, sentence):
    row = pay(desk, payments, appliesToInvoiceId=bill["id"], amount=100, documentNumber="P-1")
    for rule in desk.company.find("defaultDimensions"):
        desk.company.delete("defaultDimensions", rule["id"])
    desk.edit("vendorPayments", row["id"], **changes)
    before = desk.company.find("_vendorLedgerEntries")
    assert sentence in refused_post(desk, payments)[2]
    assert desk.company.find("_vendorLedgerEntries") == before


def test_entries_are_chosen_for_a_payment_by_its_own_vendor_and_a_second_choice_takes_it_back(desk, payments, bill):
    payment = pay(desk, payments, vendorNumber="20000", documentNumber="P-1")
    path = f"vendorPayments({payment['id']})/applyVendorEntries"
    (entry,) = (row for row in desk.rows(path) if row["documentNumber"] == bill["number"])
    assert (entry["applied"], entry["appliesToId"]) == (False, "")
    chosen = desk.change(f"{path}({entry['id']})", {"nonsense": 1})
    assert (chosen["applied"], chosen["appliesToId"]) == (True, "P-1")
    assert desk.read(f"vendorPayments({payment['id']})")["amount"] == 100
    stranger = pay(desk, payments, vendorNumber="10000")
    elsewhere = f"vendorPayments({stranger['id']})/applyVendorEntries({entry['id']})"
    assert desk.refused("PATCH", elsewhere, {})[:2] == (404, "Internal_RecordNotFound")
    assert desk.change(f"{path}({entry['id']})", {"applied": True})["applied"] is False
    assert not desk.company.get("vendorPayments", payment["id"])["_appliesToId"]


def test_an_entry_is_free_again_when_its_payment_is_deleted(desk, payments, bill):
    payment = pay(desk, payments, vendorNumber="20000", documentNumber="P-1")
    path = f"vendorPayments({payment['id']})/applyVendorEntries"
    (entry,) = (row for row in desk.rows(path) if row["documentNumber"] == bill["number"])
    desk.change(f"{path}({entry['id']})", {})
    desk.remove(f"vendorPayments({payment['id']})")
    assert desk.company.get("_vendorLedgerEntries", entry["id"])["_appliesToId"] == ""


def test_journals_are_found_by_one_id_or_by_several_codes(desk):
    ids = [desk.create("journals", {"code": code})["id"] for code in ("ONE", "TWO")]
    assert [row["code"] for row in desk.rows("journals", filter=f"id eq {ids[1]}")] == ["TWO"]
    several = f"id eq {ids[0]} or id eq {ids[1]}"
    assert "can't be evaluated into type Guid" in desk.refused("GET", "journals", filter=several)[2]
    codes = "code eq 'ONE' or code eq 'TWO'"
    assert sorted(row["code"] for row in desk.rows("journals", filter=codes)) == ["ONE", "TWO"]


def test_entries_are_free_again_when_the_batch_of_their_payment_is_deleted(desk, payments, bill):
    payment = pay(desk, payments, vendorNumber="20000", documentNumber="P-1")
    path = f"vendorPayments({payment['id']})/applyVendorEntries"
    (entry,) = (row for row in desk.rows(path) if row["documentNumber"] == bill["number"])
    desk.change(f"{path}({entry['id']})", {})
    desk.remove(f"vendorPaymentJournals({payments})")
    assert desk.company.get("_vendorLedgerEntries", entry["id"])["_appliesToId"] == ""


def test_entries_cannot_be_chosen_for_a_payment_without_a_vendor(desk, payments):
    payment = pay(desk, payments)
    assert desk.refused("GET", f"vendorPayments({payment['id']})/applyVendorEntries")[:2] == DIALOG


@pytest.mark.parametrize(
    ("entity_set", "template"), [("vendorPaymentJournals", "PAYMENT"), ("customerPaymentJournals", "CASHRCPT")]
)
def test_a_batch_of_payments_is_one_batch_in_both_sets(desk, entity_set, template):
    created = desk.create(entity_set, {"code": "own", "displayName": "Mine"})
    journal = desk.read(f"journals({created['id']})")
    assert (journal["code"], journal["templateDisplayName"], journal["displayName"]) == ("OWN", template, "Mine")
    desk.change(f"journals({created['id']})", {"code": "NEW"})
    assert desk.read(f"{entity_set}({created['id']})")["code"] == "NEW"
    assert desk.refused("POST", entity_set, {"code": "NEW"})[:2] == DUPLICATE
    desk.create("journals", {"code": "NEW"})
    desk.remove(f"journals({created['id']})")
    assert desk.ask("GET", f"{entity_set}({created['id']})").status == 404


def test_a_renamed_batch_is_repeated_by_its_lines_without_moving_their_stamps(desk, payments):
    payment = pay(desk, payments, vendorNumber="20000")
    entry = desk.create(f"journals({payments})/journalLines", {"accountNumber": "8710"})
    desk.clock.set(desk.clock().replace(hour=20))
    desk.change(f"journals({payments})", {"code": "NEW"})
    for entity_set, row in (("vendorPayments", payment), ("journalLines", entry)):
        kept = desk.company.get(entity_set, row["id"])
        assert (kept["journalDisplayName"], kept["lastModifiedDateTime"]) == ("NEW", row["lastModifiedDateTime"])


@pytest.mark.parametrize("code", ["", " ", None])
def test_a_batch_keeps_a_code(desk, journal, code):
    assert desk.refused("PATCH", f"journals({journal})", {"code": code})[:2] == (
        400,
        "BadRequest_RequiredParamNotProvided",
    )


def test_a_deleted_batch_takes_entries_and_payments_with_it_and_no_others(desk, payments, journal):
    pay(desk, payments, vendorNumber="20000")
    desk.create(f"journals({payments})/journalLines", {"accountNumber": "8710"})
    kept = line(desk, journal, accountNumber="8710")
    desk.remove(f"vendorPaymentJournals({payments})")
    for entity_set in ("journalLines", "vendorPayments"):
        assert desk.company.find(entity_set, journalId=payments) == []
    assert desk.company.get("journalLines", kept["id"])


def test_an_action_answers_with_where_its_row_is(desk, cash_journal):
    line(desk, cash_journal, accountNumber="8710", amount=5, documentNumber="A-1")
    response = desk.ask("POST", f"journals({cash_journal})/microsoft.nav.POST")
    assert (response.status, json_of(response)) == (204, None)
    assert response.headers["Location"].endswith(f"/journals({cash_journal})")


@pytest.mark.parametrize(
    ("method", "path", "refused"),
    [
        ("POST", "journals/Microsoft.NAV.post", (404, "BadRequest_ResourceNotFound")),
        ("POST", "journals({id})/Microsoft.NAV.cancel", (404, "BadRequest_ResourceNotFound")),
        ("PATCH", "journals({id})/Microsoft.NAV.post", (405, "BadRequest_MethodNotAllowed")),
        ("POST", f"journals({NOBODY})/Microsoft.NAV.post", (404, "Internal_RecordNotFound")),
        ("POST", "vendorPaymentJournals({id})/Microsoft.NAV.post", (404, "BadRequest_ResourceNotFound")),
    ],
)
def test_an_action_is_posted_to_a_row_that_has_it(desk, journal, method, path, refused):
    assert desk.refused(method, path.format(id=journal), {})[:2] == refused
