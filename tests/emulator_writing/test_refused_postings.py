"""What the set-up forbids is not posted: the service says why, and nothing is booked, not in part either."""

from __future__ import annotations

import pytest
from emulator.in_process import open_desk
from emulator_writing.obstacles import OF_DIMENSIONS, OF_DOCUMENTS, OF_PURCHASES, OF_SALES
from emulator_writing.taking_back import booked, undone
from emulator_writing.trading import account_line, draft, item_line, path_of, read

from dynamics_bc_emulator.rules.document_kinds import KIND_OF

DIMENSIONS = {"CLASS": "RETAIL", "DEPARTMENT": "ADM"}
ACTIONS = {"salesOrders": "shipAndInvoice", "purchaseOrders": "receiveAndInvoice"}
SETS = ("salesInvoices", "salesCreditMemos", "salesOrders", "purchaseInvoices", "purchaseCreditMemos", "purchaseOrders")
CASES = [
    *((entity_set, name, each) for entity_set in SETS for name, each in OF_DOCUMENTS.items()),
    *((entity_set, name, each) for entity_set in ("salesInvoices", "salesOrders") for name, each in OF_SALES.items()),
    *(("purchaseInvoices", name, each) for name, each in OF_PURCHASES.items()),
]


@pytest.fixture(scope="module")
def office():
    """A desk with a draft of every kind and a journal, which every test leaves as it was."""
    desk = open_desk()
    drafts = {entity_set: document(desk, entity_set) for entity_set in SETS}
    yield desk, drafts, journal(desk)
    desk.service.store.close()


def document(desk, entity_set):
    row = draft(desk, entity_set, item_line(desk, entity_set), account_line(desk, entity_set))
    for line in desk.company.find(KIND_OF[entity_set].lines, documentId=row["id"]):
        desk.edit(KIND_OF[entity_set].lines, line["id"], _dimensions=DIMENSIONS)
    return row


@pytest.mark.parametrize(("entity_set", "name", "obstacle"), CASES, ids=[f"{case[0]}, {case[1]}" for case in CASES])
def test_a_document_is_not_posted(office, entity_set, name, obstacle):
    desk, drafts, _ = office
    row = drafts[entity_set]
    with undone(desk):
        obstacle.put(desk)
        before = booked(desk)
        action = f"{path_of(entity_set, row)}/Microsoft.NAV.{ACTIONS.get(entity_set, 'post')}"
        _, code, said = desk.refused("POST", action)
        assert obstacle.said in said
        assert code in {"Application_DialogException", "Application_FieldValidationException"}
        assert booked(desk) == before
        assert read(desk, entity_set, row)["number"] == row["number"]


@pytest.mark.parametrize("entity_set", SETS)
def test_without_an_obstacle_it_is(office, entity_set):
    desk, drafts, _ = office
    with undone(desk):
        desk.act(path_of(entity_set, drafts[entity_set]), ACTIONS.get(entity_set, "post"))


def journal(desk, account="8210"):
    body = {"code": "OBSTACLES", "balancingAccountId": desk.id("accounts", number="2910")}
    batch = desk.create("journals", body)
    for place, amount in ((account, 5), ("2910", -5)):
        line = {"accountNumber": place, "amount": amount, "documentNumber": "J-1", "postingDate": "2026-01-20"}
        row = desk.create(f"journals({batch['id']})/journalLines", line)
        desk.edit("journalLines", row["id"], _dimensions=DIMENSIONS)
    return batch


OF_JOURNALS = {
    name: OF_DOCUMENTS[name] for name in (*OF_DIMENSIONS, "the posting date is closed", "an account is blocked")
}


@pytest.mark.parametrize("name", OF_JOURNALS)
def test_a_journal_is_not_posted(office, name):
    desk, _, batch = office
    with undone(desk):
        OF_JOURNALS[name].put(desk)
        before = booked(desk)
        _, _, said = desk.refused("POST", f"journals({batch['id']})/Microsoft.NAV.post")
        assert OF_JOURNALS[name].said in said
        if name in OF_DIMENSIONS:
            assert said.startswith(
                "A dimension used in Gen. Journal Line GENERAL, OBSTACLES, 10000 has caused an error. "
            )
        assert booked(desk) == before
        assert len(desk.rows(f"journals({batch['id']})/journalLines")) == 2


@pytest.mark.parametrize(
    ("entity_set", "act"), [("salesOrders", "shipAndInvoice"), ("purchaseOrders", "receiveAndInvoice")]
)
def test_an_order_that_is_paid_in_advance_is_not_posted(office, entity_set, act):
    desk, drafts, _ = office
    row = drafts[entity_set]
    with undone(desk):
        party = "Vendor" if entity_set.startswith("purchase") else "Customer"
        desk.company.insert("_prepayments", {"party": party, "number": "", "percent": 20})
        before = booked(desk)
        _, _, said = desk.refused("POST", f"{path_of(entity_set, row)}/Microsoft.NAV.{act}")
        what = f"the document of type Order with the number {row['number']}"
        assert said == f"There are unposted prepayment amounts on {what}."
        assert booked(desk) == before


def test_a_dimension_that_an_account_has_a_rule_of_its_own_for_is_not_asked_for_by_all(desk):
    row = draft(desk, "purchaseInvoices", account_line(desk, "purchaseInvoices"))
    OF_DIMENSIONS["all accounts need one"].put(desk)
    own = {
        "parentType": "G/L Account",
        "parentId": desk.id("accounts", number="8210"),
        "dimensionCode": "SALESCAMPAIGN",
    }
    desk.company.insert("defaultDimensions", {**own, "dimensionValueCode": "", "postingValidation": "No_x0020_Code"})
    desk.act(path_of("purchaseInvoices", row))


@pytest.mark.parametrize(("entity_set", "key", "act", "box"), [
    ("salesInvoices", "_salesBlocked", "sell", "Sales Blocked"),
    ("purchaseInvoices", "_purchasingBlocked", "purchase", "Purchasing Blocked"),
])  # fmt: skip
def test_an_item_that_is_not_traded_is_in_no_new_line_but_a_credit_memos(desk, entity_set, key, act, box):
    row = draft(desk, entity_set, account_line(desk, entity_set))
    desk.edit("items", desk.id("items", number="1896-S"), **{key: True})
    lines = f"{path_of(entity_set, row)}/{entity_set.removesuffix('s')}Lines"
    _, _, said = desk.refused("POST", lines, item_line(desk, entity_set))
    assert said == f"You cannot {act} Item 1896-S because the {box} check box is selected on the Item card."
    draft(desk, entity_set.replace("Invoices", "CreditMemos"))


@pytest.mark.parametrize(("entity_set", "series"), [("customers", "CUST"), ("vendors", "VEND"), ("items", "ITEM")])
def test_numbers_are_drawn_where_nobody_may_give_them(desk, entity_set, series):
    desk.company.insert("_numberSeries", {"code": series, "endingNumber": "", "manual": False})
    _, _, said = desk.refused("POST", entity_set, {"number": "OWN-1", "displayName": "Own"})
    assert said == (
        "You may not enter numbers manually. If you want to enter numbers manually, please activate Manual Nos. in No. "
        f"Series {series}."
    )
    assert desk.create(entity_set, {"displayName": "Drawn"})["number"]
