"""A number or a name is never taken for the sender's own id of something else."""

from __future__ import annotations

import pytest

from target_dynamics_bc.finding.references import Lookup, Referents, choose, ways_of
from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.wanted.records import Reference


def bill(external_id, **more):
    return {
        "externalId": external_id,
        "issueDate": "2026-01-20",
        "expenses": [{"accountNumber": "8210", "amount": 10}],
        **more,
    }


def posted(external_id, number):
    return bill(external_id, billNumber=number, vendorNumber="10000", isDraft=False)


def payment(**more):
    record = {"externalId": "p", "vendorNumber": "10000", "amount": 10, "paymentDate": "2026-01-28", "isDraft": False}
    return {**record, "journalExternalId": "GENERAL", **more}


def names(emulator_rows, bill_row):
    return next(row["displayName"] for row in emulator_rows if row["number"] == bill_row["vendorNumber"])


@pytest.mark.parametrize("store", ["store", None])
def test_a_vendor_number_that_is_also_a_senders_id_is_ambiguous(pipe, company, store):
    vendor = {"externalId": "40000", "vendorName": "Totally other"}
    piped = pipe([("Vendors", vendor), ("Bills", bill("b", vendorNumber="40000"))], store=store)
    assert piped.errors("b") == {("vendorNumber", "ambiguous")}
    (error,) = piped.outcome("b")["errors"]
    assert "40000" in error["message"]
    assert company.row("vendors", displayName="Totally other")["number"] in error["message"]
    again = pipe([("Bills", bill("b", vendorNumber="40000"))], store="another")
    assert again.errors("b") == {("vendorNumber", "ambiguous")}


def test_the_senders_id_is_meant_where_it_is_given_as_such(pipe, company):
    vendor = {"externalId": "40000", "vendorName": "Totally other"}
    pipe([("Vendors", vendor), ("Bills", bill("b", vendorExternalId="40000"))])
    written = company.row("purchaseInvoices", vendorInvoiceNumber="B")
    assert names(company.rows("vendors"), written) == "Totally other"


def test_a_number_given_as_external_id_is_a_number_when_nothing_else_has_it(pipe, company):
    assert pipe([("Bills", bill("b", vendorExternalId="40000"))]).kinds == ["created"]
    assert company.row("purchaseInvoices", vendorInvoiceNumber="B")["vendorNumber"] == "40000"


def test_a_vendor_name_that_is_also_a_senders_id_is_ambiguous(pipe):
    vendors = [{"externalId": "Acme", "vendorName": "Wrong one"}, {"externalId": "v77", "vendorName": "Acme"}]
    piped = pipe({"Vendors": vendors, "Bills": [bill("b", vendorName="Acme")]})
    assert piped.errors("b") == {("vendorName", "ambiguous")}


def test_a_payment_by_number_never_pays_the_bill_whose_external_id_that_is(pipe, company):
    bills = [posted("7001", "X1"), posted("z2", "7001")]
    piped = pipe({"Bills": bills, "BillPayments": [payment(billNumber="7001")]})
    assert piped.errors("p") == {("billNumber", "ambiguous")}
    assert company.row("purchaseInvoices", vendorInvoiceNumber="X1")["status"] == "Open"
    assert pipe({"BillPayments": [payment(billExternalId="z2")]}).kinds == ["posted"]
    assert company.row("purchaseInvoices", vendorInvoiceNumber="7001")["status"] == "Paid"


def test_a_number_and_a_senders_id_that_lead_to_one_row_are_no_doubt(pipe, company):
    bills = [posted("F1", "F1"), posted("F2", "F2")]
    assert pipe({"Bills": bills, "BillPayments": [payment(billNumber="F1")]}).kinds == ["posted"] * 3
    assert company.row("purchaseInvoices", vendorInvoiceNumber="F1")["status"] == "Paid"


def test_the_bill_of_another_vendor_with_that_senders_id_is_no_doubt():
    reference = Reference("purchaseInvoices", "billNumber", number="7", within="vendorId")
    bills = Referents(standard_kinds())["purchaseInvoices"]
    ways = ways_of(reference, bills, known=["k"], narrowed_by=("vendorId", "v"))
    answers = {way.lookup: [] for way in ways}
    mine, other = {"id": "m", "vendorId": "v"}, {"id": "k", "vendorId": "w"}
    answers[ways[0].lookup] = [mine]
    answers[Lookup("purchaseInvoices", "", "id", "k")] = [other]
    assert choose(reference, bills, ways, answers) == mine
    answers[Lookup("purchaseInvoices", "", "id", "k")] = [{**other, "vendorId": "v"}]
    fault = choose(reference, bills, ways, answers)
    assert isinstance(fault, Fault)
    assert fault.code == "ambiguous"
