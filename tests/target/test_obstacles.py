"""What a company's set-up does not let be posted is rejected in the service's words; nothing is booked, not in part."""

from __future__ import annotations

import pytest
from emulator.in_process import open_desk
from emulator_writing.obstacles import OF_DIMENSIONS, OF_DOCUMENTS, OF_PURCHASES, OF_SALES
from emulator_writing.taking_back import booked, undone
from tap.desk_runs import DeskTransport

from tests.target.desk_pipe import pipe_at

DIMENSIONS = {"classNumber": "RETAIL", "departmentNumber": "ADM"}
SET_LINES = [{"code": "CLASS", "valueCode": "RETAIL"}, {"code": "DEPARTMENT", "valueCode": "ADM"}]
BILL = {
    "externalId": "a", "billNumber": "N-1", "vendorNumber": "20000", "issueDate": "2026-01-20", "isDraft": False,
    **DIMENSIONS, "lineItems": [{"itemNumber": "1896-S", "quantity": 2, "unitPrice": 10}],
    "expenses": [{"accountNumber": "8210", "amount": 5}],
}  # fmt: skip
INVOICE = {
    "externalId": "a", "externalDocumentNumber": "N-1", "customerNumber": "10000", "invoiceDate": "2026-01-20",
    "postingDate": "2026-01-20", "isDraft": False, "dimensionSetLines": SET_LINES,
    "salesInvoiceLines": [
        {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 2, "unitPrice": 10},
        {"lineType": "Account", "lineObjectNumber": "8210", "quantity": 1, "unitPrice": 5},
    ],
}  # fmt: skip
ENTRY = {
    "externalId": "a", "journalEntryNumber": "N-1", "transactionDate": "2026-01-20", "isDraft": False, **DIMENSIONS,
    "lineItems": [
        {"accountNumber": "8210", "entryType": "Debit", "debitAmount": 5},
        {"accountNumber": "2910", "entryType": "Credit", "creditAmount": 5},
    ],
}  # fmt: skip
JOURNALS = (*OF_DIMENSIONS, "the posting date is closed", "an account is blocked")
CASES = [
    *(("Bills", BILL, name, each) for name, each in {**OF_DOCUMENTS, **OF_PURCHASES}.items()),
    *(("salesInvoices", INVOICE, name, each) for name, each in {**OF_DOCUMENTS, **OF_SALES}.items()),
    *(("JournalEntries", ENTRY, name, OF_DOCUMENTS[name]) for name in JOURNALS),
]
DRAFTS = {
    "Bills": ("purchaseInvoices", {"vendorInvoiceNumber": "N-1"}),
    "salesInvoices": ("salesInvoices", {"externalDocumentNumber": "N-1"}),
    "JournalEntries": ("journalLines", {"documentNumber": "N-1"}),
}


@pytest.fixture(scope="module")
def office():
    """A desk that every test leaves as it was."""
    desk = open_desk()
    yield desk
    desk.service.store.close()


@pytest.mark.parametrize("case", CASES, ids=[f"{case[0]}, {case[2]}" for case in CASES])
def test_it_is_rejected_in_the_services_words_and_its_outcome_says_what_is_left(office, tmp_path, case):
    stream, record, _, obstacle = case
    with undone(office):
        obstacle.put(office)
        before = booked(office)
        batches = office.company.store.count(office.company.id, "journals")
        piped = pipe_at(
            DeskTransport(office), [(stream, record)], tmp_path, store=False,
            dimension_mappings={"class": "CLASS", "department": "DEPARTMENT"},
        )  # fmt: skip
        assert piped.kinds == ["rejected"]
        outcome = piped.outcome("a")
        assert any(obstacle.said in error["message"] for error in outcome["errors"]), outcome["errors"]
        assert booked(office) == before
        entity_set, equal = DRAFTS[stream]
        drafts = office.company.find(entity_set, **equal)
        assert len(drafts) <= 1
        assert outcome.get("draft", False) == bool(drafts)
        assert office.company.store.count(office.company.id, "journals") == batches


@pytest.mark.parametrize(("stream", "record"), [("Bills", BILL), ("salesInvoices", INVOICE), ("JournalEntries", ENTRY)])
def test_without_an_obstacle_it_is_posted(office, tmp_path, stream, record):
    with undone(office):
        mappings = {"class": "CLASS", "department": "DEPARTMENT"}
        piped = pipe_at(DeskTransport(office), [(stream, record)], tmp_path, store=False, dimension_mappings=mappings)
        assert piped.kinds == ["posted"]
