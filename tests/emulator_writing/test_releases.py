"""A document that waits for an approval, or is released, is not changed; one that needs an approval is not posted."""

from __future__ import annotations

import pytest
from emulator_writing.trading import account_line, draft, lines_of, path_of, read

from dynamics_bc_emulator.rules.document_kinds import KIND_OF
from dynamics_bc_emulator.rules.posting.kinds import POSTING_KINDS

CAPTIONS = {
    "salesInvoices": ("Sales", "Invoice"),
    "salesCreditMemos": ("Sales", "Credit Memo"),
    "purchaseInvoices": ("Purchase", "Invoice"),
    "purchaseCreditMemos": ("Purchase", "Credit Memo"),
    "salesOrders": ("Sales", "Order"),
    "purchaseOrders": ("Purchase", "Order"),
}
ACTIONS = {"salesOrders": "shipAndInvoice", "purchaseOrders": "receiveAndInvoice"}
CHECKED = "Application_FieldValidationException"


def posting(entity_set, row):
    return f"{path_of(entity_set, row)}/Microsoft.NAV.{ACTIONS.get(entity_set, 'post')}"


def test_every_kind_that_is_posted_has_a_caption():
    assert CAPTIONS.keys() == {*POSTING_KINDS, *ACTIONS}


@pytest.mark.parametrize("entity_set", CAPTIONS)
def test_what_a_workflow_has_to_approve_is_posted_once_it_is_released(desk, entity_set):
    desk.company.insert("_approvals", {"entitySet": entity_set})
    row, (side, noun) = draft(desk, entity_set), CAPTIONS[entity_set]
    before = desk.company.store.count(desk.company.id, "generalLedgerEntries")
    _, _, said = desk.refused("POST", posting(entity_set, row))
    assert said == f"{side} {noun} {row['number']} must be approved and released before you can perform this action."
    desk.edit(entity_set, row["id"], _documentStatus="Pending Approval")
    _, _, said = desk.refused("POST", posting(entity_set, row))
    assert said == f"You cannot use {side} Header: {noun},{row['number']} for this action."
    assert desk.company.store.count(desk.company.id, "generalLedgerEntries") == before
    desk.edit(entity_set, row["id"], _documentStatus="Released")
    assert desk.ask("POST", posting(entity_set, row)).status == 204


@pytest.mark.parametrize("entity_set", CAPTIONS)
@pytest.mark.parametrize("status", ["Pending Approval", "Released"])
def test_what_is_not_open_takes_no_other_lines_and_no_other_party(desk, entity_set, status):
    row, (side, noun) = draft(desk, entity_set), CAPTIONS[entity_set]
    desk.edit(entity_set, row["id"], _documentStatus=status)
    kind, (line,) = KIND_OF[entity_set], lines_of(desk, entity_set, row)
    where = f"{side} Header: Document Type={noun}, No.={row['number']}"
    other = {kind.party.number_name: "30000"}
    for method, path, body in (
        ("PATCH", f"{kind.lines}({line['id']})", {"quantity": 9}),
        ("DELETE", f"{kind.lines}({line['id']})", None),
        ("POST", f"{path_of(entity_set, row)}/{kind.lines}", account_line(desk, entity_set)),
        ("PATCH", path_of(entity_set, row), other),
    ):
        refused = desk.refused(method, path, body)
        assert refused == (400, CHECKED, f"Status must be equal to 'Open'  in {where}. Current value is '{status}'.")
    assert desk.change(f"{kind.lines}({line['id']})", {"description": "A text"})["description"] == "A text"
    assert len(lines_of(desk, entity_set, row)) == 1
    assert read(desk, entity_set, row)["totalAmountIncludingTax"] == row["totalAmountIncludingTax"]
