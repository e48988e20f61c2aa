"""What may still be done to a posted document."""

from __future__ import annotations

import pytest
from emulator_writing.trading import draft, lines_of, path_of, posted, read

from dynamics_bc_emulator.rules.posting.kinds import POSTING_KINDS
from dynamics_bc_emulator.stamps import ZERO_GUID

SALES = "salesInvoices"
EVERY = pytest.mark.parametrize("entity_set", sorted(POSTING_KINDS))


@pytest.fixture
def dispute(desk):
    return desk.create("disputeStatus", {"code": "LATE", "displayName": "Came too late"})


def test_the_due_date_of_a_posted_sales_invoice_is_changed_and_its_entry_follows(desk):
    row = posted(desk, SALES)
    assert desk.change(path_of(SALES, row), {"dueDate": "2026-05-05"})["dueDate"] == "2026-05-05"
    (entry,) = desk.company.find("_customerLedgerEntries", documentId=row["id"])
    assert entry["dueDate"] == "2026-05-05"
    assert read(desk, SALES, row)["totalAmountIncludingTax"] == row["totalAmountIncludingTax"]


def test_a_promised_date_and_a_dispute_are_noted_on_a_posted_sales_invoice(desk, dispute):
    row = posted(desk, SALES)
    changed = desk.change(path_of(SALES, row), {"promisedPayDate": "2026-04-01", "disputeStatusId": dispute["id"]})
    assert (changed["promisedPayDate"], changed["disputeStatus"]) == ("2026-04-01", "LATE")
    cleared = desk.change(path_of(SALES, row), {"disputeStatusId": ZERO_GUID})
    assert (cleared["disputeStatusId"], cleared["disputeStatus"]) == (ZERO_GUID, "")
    assert desk.change(path_of(SALES, row), {"disputeStatus": "LATE"})["disputeStatusId"] == dispute["id"]


@pytest.mark.parametrize("body", [{"promisedPayDate": "2026-04-01"}, {"disputeStatus": "LATE"}])
def test_a_draft_takes_neither(desk, dispute, body):
    row = draft(desk, SALES)
    status, code, message = desk.refused("PATCH", path_of(SALES, row), body)
    assert (status, code) == (400, "Application_FieldValidationException")
    assert message.startswith("Posted must be equal to 'Yes'")


@pytest.mark.parametrize(
    "body", [{}, {"externalDocumentNumber": "X"}, {"dueDate": "2026-05-05", "externalDocumentNumber": "X"}]
)
def test_anything_else_refuses_the_whole_change(desk, body):
    row = posted(desk, SALES)
    message = desk.refused("PATCH", path_of(SALES, row), body)[2]
    assert message == "The invoice has been posted and can no longer be modified."
    assert read(desk, SALES, row) == row


@pytest.mark.parametrize("entity_set", sorted(set(POSTING_KINDS) - {SALES}))
@pytest.mark.parametrize("body", [{}, {"dueDate": "2026-05-05"}])
def test_every_other_posted_document_refuses_every_change(desk, entity_set, body):
    row = posted(desk, entity_set)
    assert "has been posted" in desk.refused("PATCH", path_of(entity_set, row), body)[2]


@EVERY
def test_parts_of_a_posted_document_are_not_written(desk, entity_set):
    row = posted(desk, entity_set)
    (line,) = lines_of(desk, entity_set, row)
    path = f"{POSTING_KINDS[entity_set].lines}({line['id']})"
    assert "posted" in desk.refused("PATCH", path, {"description": "x"})[2]
    assert "posted" in desk.refused("DELETE", path)[2]
    assert "posted" in desk.refused("POST", f"{path_of(entity_set, row)}/{POSTING_KINDS[entity_set].lines}", {})[2]
    body = {"code": "BUSINESSGROUP", "valueCode": "HOME"}
    assert "posted" in desk.refused("POST", f"{path_of(entity_set, row)}/dimensionSetLines", body)[2]


@EVERY
def test_a_posted_document_is_kept_until_the_set_up_lets_it_go(desk, entity_set):
    row = posted(desk, entity_set)
    side = "sales" if entity_set.startswith("sales") else "purchase"
    message = desk.refused("DELETE", path_of(entity_set, row))[2]
    assert message.startswith("The date Allow Document Deletion Before must be set on the page")
    assert message.endswith(f"before deleting {side} documents.")
    party = POSTING_KINDS[entity_set].party.caption
    setup = desk.company.insert("_documentDeletion", {"party": party, "allowedBefore": "2026-01-10"})
    assert "posted after 2026-01-10" in desk.refused("DELETE", path_of(entity_set, row))[2]
    desk.edit("_documentDeletion", setup["id"], allowedBefore="2026-01-11")
    ledger = desk.ledger(row["number"])
    desk.remove(path_of(entity_set, row))
    assert desk.refused("GET", path_of(entity_set, row))[0] == 404
    assert desk.ledger(row["number"]) == ledger
    assert not desk.company.find(POSTING_KINDS[entity_set].lines, documentId=row["id"])
