"""Sets that the service does not read without their parent, and the ways it does read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from emulator.plain_api import by_key

if TYPE_CHECKING:
    from emulator.plain_api import Api

DOCUMENT_LINES = (
    "purchaseCreditMemoLines",
    "purchaseInvoiceLines",
    "purchaseOrderLines",
    "salesCreditMemoLines",
    "salesInvoiceLines",
    "salesOrderLines",
    "salesQuoteLines",
)
JOURNAL_LINES = ("journalLines", "customerPayments", "vendorPayments")
OTHERS = ("applyVendorEntries", "dimensionSetLines", "pdfDocument", "pictures")
DISPUTED = ("contactsInformation", "defaultDimensions", "timeRegistrationEntries")


@pytest.mark.parametrize("entity_set", [*DOCUMENT_LINES, *JOURNAL_LINES, *OTHERS, *DISPUTED])
def test_a_flat_read_is_refused(api: Api, entity_set: str) -> None:
    for query in ("", "$select=id" if entity_set != "contactsInformation" else "", "$top=1"):
        assert api.refused(f"{api.company}/{entity_set}", query)[:2] == (400, "Application_DialogException")
    assert api.refused(f"{api.company}/{entity_set}/$count")[0] == 400


@pytest.mark.parametrize("entity_set", DOCUMENT_LINES)
def test_lines_are_read_by_their_document_and_by_their_id(api: Api, entity_set: str) -> None:
    truth = api.rows(entity_set)
    document = truth[0]["documentId"]
    rows = api.ok(f"{api.company}/{entity_set}", f"$filter=documentId eq {document}")["value"]
    assert by_key(rows) == by_key([row for row in truth if row["documentId"] == document])
    assert api.ok(f"{api.company}/{entity_set}", f"$filter=id eq {truth[0]['id']}")["value"][0]["id"] == truth[0]["id"]
    assert api.ok(f"{api.company}/{entity_set}({truth[0]['id']})")["documentId"] == document


@pytest.mark.parametrize("entity_set", JOURNAL_LINES)
def test_journal_lines_are_read_by_their_journal_and_missed_by_nobody_when_there_are_none(
    api: Api, entity_set: str
) -> None:
    truth = api.rows(entity_set)
    rows = api.ok(f"{api.company}/{entity_set}", f"$filter=journalId eq {truth[0]['journalId']}")["value"]
    assert by_key(rows) == by_key(truth)
    for row in truth:
        api.control(
            "edit", {"company": api.companies[0]["id"], "entity_set": entity_set, "id": row["id"], "delete": True}
        )
    assert api.ok(f"{api.company}/{entity_set}")["value"] == []


def test_dimension_set_lines_and_pictures_are_read_by_parent_id_and_parent_type_together(api: Api) -> None:
    line = api.rows("dimensionSetLines")[0]
    both = f"$filter=parentId eq {line['parentId']} and parentType eq '{line['parentType']}'"
    assert line["valueCode"] in {row["valueCode"] for row in api.ok(f"{api.company}/dimensionSetLines", both)["value"]}
    assert api.refused(f"{api.company}/dimensionSetLines", f"$filter=parentId eq {line['parentId']}")[0] == 400
    assert api.refused(f"{api.company}/dimensionSetLines({line['id']})")[0] == 400
    item = api.rows("items")[0]["id"]
    (picture,) = api.ok(f"{api.company}/pictures", f"$filter=id eq {item} and parentType eq 'Item'")["value"]
    assert picture["id"] == item


def test_contacts_of_a_customer_are_its_company_and_its_persons(api: Api) -> None:
    customer = api.rows("customers")[0]
    rows = api.ok(f"{api.company}/customers({customer['id']})/contactsInformation")["value"]
    assert [row["contactType"] for row in rows] == ["Company", "Person"]
    query = f"$filter=relatedId eq {customer['id']} and relatedType eq 'Customer'"
    assert api.ok(f"{api.company}/contactsInformation", query)["value"] == rows


def test_where_sources_disagree_a_switch_allows_flat_reads(api: Api) -> None:
    api.control("switches", {"flat_parent_reads": "allow"})
    assert len(api.ok(f"{api.company}/defaultDimensions")["value"]) == 25
    assert len(api.ok(f"{api.company}/timeRegistrationEntries")["value"]) == 6
    assert api.refused(f"{api.company}/salesInvoiceLines")[0] == 400


def test_open_entries_are_read_from_a_payment_only(api: Api) -> None:
    (journal,) = [row for row in api.rows("vendorPaymentJournals") if row["code"] == "GENERAL"]
    payments = api.ok(
        f"{api.company}/vendorPaymentJournals({journal['id']})/vendorPayments", "$expand=applyVendorEntries"
    )["value"]
    for payment in payments:
        entries = payment["applyVendorEntries"]
        assert {entry["vendorNumber"] for entry in entries} == {payment["vendorNumber"]}
        assert all(entry["remainingAmount"] < 0 for entry in entries)


def test_journals_show_the_batches_of_the_general_template_unless_another_is_asked_for(api: Api) -> None:
    shown = api.ok(f"{api.company}/journals")["value"]
    assert sorted(row["code"] for row in shown) == ["DAILY", "DEFAULT", "MONTHLY"]
    payments = api.ok(f"{api.company}/journals", "$filter=templateDisplayName eq 'PAYMENT'")["value"]
    assert by_key(payments, "code") != by_key(shown, "code")
    ids = {row["id"] for row in payments}
    assert {row["id"] for row in api.rows("vendorPaymentJournals")} == ids
    assert api.ok(f"{api.company}/journals({ids.pop()})")["templateDisplayName"] == "PAYMENT"


def test_attachments_are_read_through_what_they_are_attached_to(api: Api) -> None:
    assert api.ok(f"{api.company}/attachments")["value"] == []
    truth = api.rows("attachments")
    invoices = [row for row in truth if row["parentType"] == "Sales_x0020_Invoice"]
    rows = api.ok(f"{api.company}/salesInvoices", "$expand=attachments")["value"]
    found = [one for row in rows for one in row["attachments"]]
    assert by_key(found) == by_key(invoices)
    content = api.get(found[0]["attachmentContent@odata.mediaReadLink"])
    assert (content.headers["Content-Type"], len(content.content)) == ("text/plain", found[0]["byteSize"])
