"""Journals and their lines: batches, defaults, pairs, and what posting makes of them."""

from __future__ import annotations

import pytest


@pytest.fixture
def journal(api):
    """A general journal of its own, without a balancing account."""
    return api.create("journals", {"code": "OWN", "displayName": "Mine"})["id"]


def entry(api, journal, account, amount, **more):
    body = {"accountNumber": account, "amount": amount, "documentNumber": "E-1", "postingDate": "2026-01-20", **more}
    return api.create(f"journals({journal})/journalLines", body)


def test_a_journal_is_a_batch_of_the_general_template(api):
    created = api.create("journals", {"code": "own", "displayName": "Mine"})
    assert (created["code"], created["templateDisplayName"]) == ("OWN", "GENERAL")
    api.refused("POST", "journals", {"displayName": "x"}, "BadRequest_RequiredParamNotProvided")


def test_a_code_is_unique_within_its_template(api, journal):
    api.refused("POST", "journals", {"code": "OWN"}, "Internal_EntityWithSameKeyExists")
    assert api.create("journals", {"code": "OWN", "templateDisplayName": "PAYMENT"})["code"] == "OWN"
    api.refused("POST", "journals", {"code": "X", "templateDisplayName": "NOPE"}, "Internal_InvalidTableRelation")


def test_a_changed_code_renames_the_batch(api, journal):
    assert api.change(f"journals({journal})", {"code": "OTHER"})["id"] == journal
    assert api.rows("journals", filter="code eq 'OWN'") == []


def test_a_deleted_batch_takes_its_lines_with_it(api, journal):
    entry(api, journal, "8710", 10)
    api.remove(f"journals({journal})")
    assert not [row for row in api.stored("journalLines") if row["journalId"] == journal]


def test_a_batch_shows_its_balancing_account(api):
    account = api.row("accounts", number="2910")
    created = api.create("journals", {"code": "BAL", "balancingAccountId": account["id"]})
    assert created["balancingAccountNumber"] == "2910"
    line = entry(api, created["id"], "8710", 10)
    assert (line["balancingAccountNumber"], line["balancingAccountId"]) == ("2910", account["id"])
    assert entry(api, created["id"], "8710", 10, balancingAccountNumber="5710")["balancingAccountNumber"] == "5710"


def test_a_line_has_the_defaults_of_its_batch_and_of_the_line_before(api, journal):
    first = api.create(f"journals({journal})/journalLines", {"postingDate": "2026-01-20", "documentNumber": "e-7"})
    second = api.create(f"journals({journal})/journalLines", {})
    assert (first["lineNumber"], second["lineNumber"]) == (10000, 20000)
    assert (second["postingDate"], second["documentNumber"]) == ("2026-01-20", "E-7")
    assert (first["accountType"], first["journalDisplayName"]) == ("G_x002F_L_x0020_Account", "OWN")


def test_accounts_go_by_id_or_number_and_bring_their_name(api, journal):
    account = api.row("accounts", number="8710")
    path = f"journals({journal})/journalLines"
    by_id = api.create(path, {"accountId": account["id"]})
    by_number = api.create(path, {"accountNumber": "8710"})
    for line in (by_id, by_number):
        assert (line["accountId"], line["accountNumber"], line["description"]) == (
            account["id"],
            "8710",
            "Wages",
        )
    bank = api.create(path, {"accountType": "Bank_x0020_Account", "accountNumber": "CHECKING"})
    assert bank["accountId"] == api.id("bankAccounts", number="CHECKING")


def test_a_number_in_the_place_of_an_id_is_refused(api, journal):
    api.refused("POST", f"journals({journal})/journalLines", {"accountId": "8710"}, "Application_InvalidGUID")


@pytest.mark.parametrize(
    "body",
    [
        {"accountNumber": "NOPE"},
        {"accountId": "11111111-1111-1111-1111-111111111111"},
        {"balancingAccountNumber": "NOPE"},
        {"accountType": "Employee"},
    ],
)
def test_unknown_accounts_are_refused(api, journal, body):
    api.refused("POST", f"journals({journal})/journalLines", body)


def test_an_account_that_is_no_posting_account_is_refused(api, journal):
    api.refused(
        "POST", f"journals({journal})/journalLines", {"accountNumber": "1002"}, "Application_FieldValidationException"
    )


def test_an_id_and_a_number_that_disagree_are_refused(api, journal):
    body = {"accountId": api.id("accounts", number="8710"), "accountNumber": "8720"}
    api.refused("POST", f"journals({journal})/journalLines", body)


def test_a_changed_account_type_clears_the_account(api, journal):
    line = entry(api, journal, "8710", 10)
    assert api.change(f"journalLines({line['id']})", {"accountType": "Vendor"})["accountNumber"] == ""


def test_the_journal_of_a_line_stays(api, journal):
    line = entry(api, journal, "8710", 10)
    other = api.journal("GENERAL", "DEFAULT")
    api.refused("PATCH", f"journalLines({line['id']})", {"journalId": other})
    api.refused("PATCH", f"journalLines({line['id']})", {"journalDisplayName": "X"}, "BadRequest_InvalidOperation")
    api.refused("POST", f"journals({journal})/journalLines", {"journalId": other})


def test_a_line_number_is_used_once_and_can_be_changed(api, journal):
    first, second = entry(api, journal, "8710", 1), entry(api, journal, "8710", 1)
    api.refused("POST", f"journals({journal})/journalLines", {"lineNumber": 10000}, "Internal_EntityWithSameKeyExists")
    api.refused("PATCH", f"journalLines({second['id']})", {"lineNumber": 10000}, "Internal_EntityWithSameKeyExists")
    assert api.change(f"journalLines({first['id']})", {"lineNumber": 5})["id"] == first["id"]


def test_a_line_needs_its_journal(api, journal):
    assert "journal" in api.refused("POST", "journalLines", {"amount": 1})
    assert api.create("journalLines", {"journalId": journal, "amount": 1})["journalId"] == journal


def test_a_line_inherits_its_accounts_defaults(api, journal):
    body = {"accountType": "Vendor", "accountNumber": "20000", "amount": 10}
    line = api.create(f"journals({journal})/journalLines", body)
    assert api.dimensions(f"journalLines({line['id']})") == {"AREA": "40", "DEPARTMENT": "PURCHASING"}


def test_posting_empties_the_batch_and_fills_the_ledger(api, journal):
    entry(api, journal, "8710", 0.1, description="Pens")
    entry(api, journal, "8720", 0.2)
    line = entry(api, journal, "2910", -0.3)
    api.create(f"journalLines({line['id']})/dimensionSetLines", {"code": "DEPARTMENT", "valueCode": "ADM"})
    api.act(f"journals({journal})")
    (left,) = api.rows(f"journals({journal})/journalLines")
    assert (left["lineNumber"], left["documentNumber"], left["amount"]) == (10000, "E-2", 0)
    assert api.read(f"journals({journal})")["code"] == "OWN"
    assert api.ledger("E-1") == [("8710", 0.1), ("8720", 0.2), ("2910", -0.3)]
    entries = api.rows("generalLedgerEntries", filter="documentNumber eq 'E-1'", expand="dimensionSetLines")
    by_account = {row["accountNumber"]: row for row in entries}
    assert by_account["8710"]["description"] == "Pens"
    assert [row["valueCode"] for row in by_account["2910"]["dimensionSetLines"]] == ["ADM"]
    assert by_account["8710"]["dimensionSetLines"] == []


def test_an_empty_batch_has_nothing_to_post(api, journal):
    assert "nothing to post" in api.refused("POST", f"journals({journal})/Microsoft.NAV.post")
    empty = api.create(f"journals({journal})/journalLines", {})
    api.act(f"journals({journal})")
    assert [row["id"] for row in api.rows(f"journals({journal})/journalLines")] == [empty["id"]]


def test_each_document_must_balance_on_each_date(api, journal):
    entry(api, journal, "8710", 10)
    entry(api, journal, "2910", -10, documentNumber="E-2")
    before = api.stored("journalLines"), api.stored("generalLedgerEntries")
    assert "out of balance" in api.refused("POST", f"journals({journal})/Microsoft.NAV.post")
    assert (api.stored("journalLines"), api.stored("generalLedgerEntries")) == before


def test_a_balancing_account_balances_its_line(api, journal):
    entry(api, journal, "8710", 10, balancingAccountNumber="2910")
    api.act(f"journals({journal})")
    assert api.ledger("E-1") == [("8710", 10), ("2910", -10)]


def test_a_bank_account_posts_to_the_account_behind_it(api, journal):
    entry(api, journal, "8710", 10)
    body = {"accountType": "Bank_x0020_Account", "accountNumber": "CHECKING", "amount": -10, "documentNumber": "E-1"}
    api.create(f"journals({journal})/journalLines", body)
    api.act(f"journals({journal})")
    assert api.ledger("E-1") == [("8710", 10), ("2920", -10)]


def test_posting_posts_every_line_of_the_batch(api, journal):
    entry(api, journal, "8710", 10, balancingAccountNumber="2910")
    entry(api, journal, "8720", 7, balancingAccountNumber="2910", documentNumber="SOMEBODY")
    api.act(f"journals({journal})")
    assert api.ledger("SOMEBODY") == [("8720", 7), ("2910", -7)]


def test_a_line_with_an_amount_and_no_account_stops_the_posting(api, journal):
    api.create(f"journals({journal})/journalLines", {"amount": 10})
    api.refused("POST", f"journals({journal})/Microsoft.NAV.post", None, "Application_FieldValidationException")


def test_vendors_and_customers_can_be_posted_to(api, journal):
    vendor = api.row("vendors", number="20000")
    api.create(
        f"journals({journal})/journalLines",
        {
            "accountType": "Vendor",
            "accountNumber": "20000",
            "amount": -40,
            "documentNumber": "E-1",
            "postingDate": "2026-01-20",
        },
    )
    entry(api, journal, "8710", 40)
    api.act(f"journals({journal})")
    assert api.ledger("E-1") == [("5410", -40), ("8710", 40)]
    assert api.read(f"vendors({vendor['id']})")["balance"] == pytest.approx(vendor["balance"] + 40)


def test_a_journal_is_created_with_its_lines_and_their_dimensions(api):
    lines = [
        {
            "accountNumber": "8710",
            "amount": 5,
            "documentNumber": "N-1",
            "dimensionSetLines": [{"code": "AREA", "valueCode": "30"}],
        },
        {"accountNumber": "2910", "amount": -5},
    ]
    created = api.create(
        "journals", {"code": "NEST", "journalLines": lines}, expand="journalLines($expand=dimensionSetLines)"
    )
    assert [(line["lineNumber"], line["documentNumber"]) for line in created["journalLines"]] == [
        (10000, "N-1"),
        (20000, "N-1"),
    ]
    assert [line["valueCode"] for line in created["journalLines"][0]["dimensionSetLines"]] == ["30"]
    before = api.stored("journals"), api.stored("journalLines")
    api.refused("POST", "journals", {"code": "NEST2", "journalLines": [lines[1], {"accountNumber": "NOPE"}]})
    assert (api.stored("journals"), api.stored("journalLines")) == before


def test_a_journal_of_its_own_can_be_made_posted_and_removed_in_one_batch(api):
    lines = [
        {"accountNumber": "8710", "amount": 5, "documentNumber": "N-1", "postingDate": "2026-01-20"},
        {"accountNumber": "2910", "amount": -5},
    ]
    own = "0f0e0d0c-0b0a-4908-8706-050403020100"
    responses = api.batch(
        [
            {"method": "POST", "url": "journals", "body": {"id": own, "code": "OWN", "journalLines": lines}},
            {"method": "POST", "url": f"journals({own})/Microsoft.NAV.post"},
            {"method": "DELETE", "url": f"journals({own})"},
        ]
    )
    assert [one["status"] for one in responses] == [201, 204, 204]
    assert api.ledger("N-1") == [("8710", 5), ("2910", -5)]
    assert api.rows("journals", filter="code eq 'OWN'") == []
