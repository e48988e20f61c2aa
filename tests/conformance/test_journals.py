"""General journals."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Journals E2E"


@pytest.fixture
def body(api):
    return {"code": "OTHER", "displayName": "Another", "balancingAccountId": api.id("accounts", number="2910")}


@pytest.mark.theirs("TestCreateJournal")
def test_a_journal_is_created_in_the_general_template(api, body):
    created = api.post("journals", body)
    assert {**body, "balancingAccountNumber": "2910"}.items() <= created.items()
    assert created["templateDisplayName"] == "GENERAL"


@pytest.mark.theirs("TestGetJournals")
def test_journals_are_listed(api):
    created = {api.post("journals", {"code": code})["id"] for code in ("ONE", "TWO")}
    assert created <= {row["id"] for row in api.rows("journals")}


@pytest.mark.theirs("TestModifyJournal")
def test_a_new_code_renames_the_journal(api, body):
    journal = api.post("journals", {"code": "ONE"})
    changed = api.patch(f"journals({journal['id']})", body)
    assert {**body, "id": journal["id"], "balancingAccountNumber": "2910"}.items() <= changed.items()
    assert api.rows("journals", filter="code eq 'ONE'") == []


@pytest.mark.theirs("TestDeleteJournal")
def test_a_deleted_journal_is_gone(api):
    journal = api.post("journals", {"code": "ONE"})
    api.delete(f"journals({journal['id']})")
    assert not api.is_there(f"journals({journal['id']})")


@pytest.mark.theirs("TestActionPostGenJournalBatch")
def test_all_lines_of_a_journal_are_posted(api, body):
    journal = api.post("journals", body)["id"]
    customers = api.rows("customers", top=2)
    financials = [f"customers({customer['id']})/customerFinancialDetail" for customer in customers]
    before = [api.get(path)["balance"] for path in financials]
    for number, customer in enumerate(customers, start=1):
        line = {
            "accountType": "Customer",
            "accountNumber": customer["number"],
            "documentNumber": f"T-{number}",
            "amount": 10000 * number,
            "postingDate": "2026-01-15",
        }
        api.post(f"journals({journal})/journalLines", line)
    assert api.act(f"journals({journal})", "post").content == b""
    after = [api.get(path)["balance"] for path in financials]
    assert [now - then for now, then in zip(after, before, strict=True)] == [10000, 20000]
