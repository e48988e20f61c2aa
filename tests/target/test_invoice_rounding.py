"""The line that Business Central rounds a total with, as it posts, is nobody's addition."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.target.at_the_desk import Target
from tests.target.test_actions import Unanswered

BILL = {
    "externalId": "B-1", "billNumber": "K-1", "vendorNumber": "10000", "issueDate": "2026-01-20", "isDraft": False,
    "totalAmount": Decimal("10.03"), "expenses": [{"accountNumber": "8210", "amount": Decimal("10.03")}],
}  # fmt: skip
MEMO = {
    "vendorNumber": "10000", "vendorCreditMemoNumber": "K-1", "creditMemoDate": "2026-01-20",
    "postingDate": "2026-01-20", "isDraft": False, "purchaseCreditMemoLines": [
        {"lineType": "Account", "lineObjectNumber": "8210", "quantity": 1, "unitCost": Decimal("10.03")}],
}  # fmt: skip


@pytest.fixture
def target(tmp_path):
    found = Target(tmp_path)
    setup = {"party": "Vendor", "currencyCode": "", "precision": Decimal("0.05"), "way": "Nearest", "account": "9140"}
    found.desk.company.insert("_invoiceRounding", setup)
    return found


@pytest.mark.parametrize("remember", [True, False])
@pytest.mark.parametrize(("stream", "record"), [("Bills", BILL), ("purchaseCreditMemos", MEMO)])
def test_a_document_that_is_rounded_as_it_is_posted_is_posted_and_stays_so(target, stream, record, remember):
    (outcome,) = target.write(stream, record, remember=remember)
    assert (outcome["outcome"], outcome["errors"]) == ("posted", [])
    entity_set = "purchaseInvoices" if stream == "Bills" else stream
    assert target.row(entity_set, id=outcome["id"])["totalAmountIncludingTax"] == Decimal("10.05")
    (again,) = target.write(stream, record, remember=remember)
    assert (again["outcome"], again["errors"]) == ("existing" if remember else "unchanged", [])


@pytest.mark.parametrize("amount", ["7.00", "-0.07", "1.02"])
def test_what_rounds_nothing_is_a_line_of_somebody_elses(target, amount):
    (outcome,) = target.write("Bills", BILL)
    (_, line) = sorted(target.rows("purchaseInvoiceLines", documentId=outcome["id"]), key=lambda row: row["sequence"])
    value = Decimal(amount)
    target.desk.edit("purchaseInvoiceLines", line["id"], unitCost=value, amountIncludingTax=value,
                     amountExcludingTax=value, netAmount=value)  # fmt: skip
    target.desk.edit("purchaseInvoices", outcome["id"], totalAmountIncludingTax=Decimal("10.03") + value)
    (again,) = target.write("Bills", {**BILL, "totalAmount": None})
    assert [error["code"] for error in again["errors"]] == ["posted_differs"]


def test_an_order_that_was_rounded_as_it_was_posted_without_an_answer_is_done(target):
    setup = {"party": "Customer", "currencyCode": "", "precision": Decimal(1), "way": "Nearest", "account": "9140"}
    target.desk.company.insert("_invoiceRounding", setup)
    line = {"lineType": "Account", "lineObjectNumber": "8210", "quantity": 1, "unitPrice": Decimal("10.03")}
    order = {"customerNumber": "20000", "externalDocumentNumber": "K-1", "externalId": "E-1",
             "action": "shipAndInvoice", "salesOrderLines": [line]}  # fmt: skip
    target.write("salesOrders", order, remember=True, around=Unanswered("shipAndInvoice", blind=True))
    outcomes = target.write("salesOrders", order, remember=True)
    assert {each["outcome"] for each in outcomes} <= {"posted", "existing"}
    assert len(target.rows("salesInvoices", externalDocumentNumber="K-1")) == 1
