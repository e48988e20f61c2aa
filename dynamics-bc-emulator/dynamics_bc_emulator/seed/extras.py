"""Rows that no fact gives but that a company in use has: journal lines, payments, attachments, pictures, and so on."""

from __future__ import annotations

from base64 import b64encode
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.seed.derived import copy_of
from dynamics_bc_emulator.stamps import to_stamp

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.seed.books import Books

_DAY = "2026-01-28"
# The smallest picture there is: one grey pixel.
_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
_WAREHOUSE_DOCUMENTS = (
    ("assemblyOrders", "assemblyOrderLines", "A00001"),
    ("inventoryReceipts", "inventoryReceiptLines", "IR00001"),
    ("inventoryShipments", "inventoryShipmentLines", "IS00001"),
    ("physicalInventoryOrders", "physicalInventoryOrderLines", "PHIO00001"),
    ("postedAssemblyOrders", "postedAssemblyOrderLines", "A01001"),
    ("postedInventoryReceipts", "postedInventoryReceiptLines", "PIR00001"),
    ("postedInventoryShipments", "postedInventoryShipmentLines", "PIS00001"),
    ("postedPhysicalInventoryOrders", "postedPhysicalInventoryOrderLines", "PPHI00001"),
)
_RECORDINGS = (
    ("physicalInventoryRecordings", "physicalInventoryRecordingLines", "PHIO00001"),
    ("postedPhysicalInventoryRecordings", "postedPhysicalInventoryRecordingLines", "PPHI00001"),
)


def put(books: Books) -> None:
    """Add them."""
    _put_codes(books)
    _put_journal_lines(books)
    _put_payments(books)
    _put_time_registrations(books)
    _put_attachments(books)
    _put_pictures(books)
    _put_warehouse(books)
    _put_customer_contacts(books)
    _put_office(books)


def _put_codes(books: Books) -> None:
    for code, name in (("DEFECTIVE", "Goods are defective"), ("WRONG", "Wrong goods were sent")):
        books.add("customerReturnReasons", {"code": code, "displayName": name, "description": name})
    for code, name in (("PRICE", "Price is disputed"), ("QUALITY", "Quality is disputed")):
        books.add("disputeStatus", {"code": code, "displayName": name})


def _put_journal_lines(books: Books) -> None:
    journal = next(
        (row for row in books.all("journals") if row["templateDisplayName"] == "GENERAL" and row["code"] == "MONTHLY"),
        None,
    )
    accounts = [
        row for row in books.all("accounts") if row.get("accountType", "") == "Posting" and row.get("directPosting")
    ]
    department = _first_value(books, "DEPARTMENT")
    for place, account in enumerate(accounts[:4] if journal else ()):
        assert journal
        row = {
            "journalId": journal["id"],
            "journalDisplayName": journal["code"],
            "lineNumber": 10_000 * (place + 1),
            "accountType": "G_x002F_L_x0020_Account",
            "accountId": account["id"],
            "accountNumber": account["number"],
            "postingDate": _DAY,
            "documentNumber": f"G{place // 2 + 1:05d}",
            "amount": Decimal("125.5") * (1 if place % 2 == 0 else -1),
            "description": f"Accrual, {account['displayName']}"[:100],
            "_dimensions": department,
        }
        books.add("journalLines", row, f"{journal['id']}/{place}")


def _put_payments(books: Books) -> None:
    vendor_journals = [row for row in books.all("vendorPaymentJournals") if row["code"] == "GENERAL"]
    invoices = [row for row in books.all("purchaseInvoices") if row.get("_posted") and row["status"] == "Open"]
    for place, invoice in enumerate(invoices[:3] if vendor_journals else ()):
        row = _payment(vendor_journals[0], invoice, place, Decimal(invoice["totalAmountIncludingTax"]))
        books.add(
            "vendorPayments", {**row, "vendorId": invoice["vendorId"], "vendorNumber": invoice["vendorNumber"]}, place
        )
    customer_journals = books.all("customerPaymentJournals")
    invoices = [row for row in books.all("salesInvoices") if row.get("_posted") and row["status"] == "Open"]
    for place, invoice in enumerate(invoices[:3] if customer_journals else ()):
        row = _payment(customer_journals[0], invoice, place, -Decimal(invoice["totalAmountIncludingTax"]))
        names = {name: invoice[name] for name in ("customerId", "customerNumber")}
        books.add("customerPayments", {**row, **names, "contactId": ""}, place)


def _payment(journal: Row, invoice: Row, place: int, amount: Decimal) -> Row:
    return {
        "journalId": journal["id"],
        "journalDisplayName": journal["code"],
        "lineNumber": 10_000 * (place + 1),
        "postingDate": _DAY,
        "documentNumber": f"G0{4001 + place}",
        "amount": amount,
        "appliesToInvoiceId": invoice["id"],
        "appliesToInvoiceNumber": invoice["number"],
        "description": f"Payment of invoice {invoice['number']}",
        "_dimensions": invoice["_dimensions"],
    }


def _put_time_registrations(books: Books) -> None:
    job = next(iter(books.all("projects")), {"id": "", "number": ""})
    for employee in books.all("employees")[:3]:
        for place in range(2):
            row = {
                "employeeId": employee["id"],
                "employeeNumber": employee["number"],
                "jobId": job["id"] or "00000000-0000-0000-0000-000000000000",
                "jobNumber": job["number"],
                "lineNumber": 10_000 * (place + 1),
                "date": f"2026-01-{26 + place}",
                "quantity": Decimal("7.5"),
                "status": "Open",
                "unitOfMeasureId": books.id_of("unitsOfMeasure", "HOUR"),
                "unitOfMeasureCode": "HOUR",
                "_dimensions": _first_value(books, "DEPARTMENT"),
            }
            books.add("timeRegistrationEntries", row, f"{employee['number']}/{place}")


def _put_attachments(books: Books) -> None:
    old = (
        ("salesInvoices", "Sales_x0020_Invoice"),
        ("purchaseInvoices", "Purchase_x0020_Invoice"),
        ("journalLines", "Journal"),
    )
    for entity_set, parent_type in old:
        for parent in books.all(entity_set)[:2]:
            books.add("attachments", _attachment(parent, parent_type, "delivery-note.txt"), f"{parent['id']}")
    new = (
        ("customers", "Customer"),
        ("vendors", "Vendor"),
        ("items", "Item"),
        ("employees", "Employee"),
        ("salesOrders", "Sales_x0020_Order"),
        ("purchaseOrders", "Purchase_x0020_Order"),
    )
    for entity_set, parent_type in new:
        for parent in books.all(entity_set)[:2]:
            row = {
                **_attachment(parent, parent_type, "agreement.txt"),
                "lineNumber": 0,
                "documentFlowSales": entity_set == "items",
            }
            books.add("documentAttachments", row, f"{parent['id']}")


def _attachment(parent: Row, parent_type: str, name: str) -> Row:
    text = f"{name} of {parent.get('number', 'nothing')}\n".encode()
    return {
        "parentId": parent["id"],
        "parentType": parent_type,
        "fileName": name,
        "byteSize": len(text),
        "_content": b64encode(text).decode(),
        "_contentType": "text/plain",
    }


def _put_pictures(books: Books) -> None:
    for entity_set, parent_type in (("items", "Item"), ("customers", "Customer"), ("employees", "Employee")):
        for parent in books.all(entity_set)[:3]:
            size = {
                "width": 1,
                "height": 1,
                "contentType": "image/png",
                "_content": _PIXEL,
                "_contentType": "image/png",
            }
            books.add("pictures", {"id": parent["id"], "parentType": parent_type, **size}, parent["id"])
    for company in books.all("companyInformation"):
        company.update({"_content": _PIXEL, "_contentType": "image/png"})


def _put_warehouse(books: Books) -> None:
    items = [row for row in books.all("items") if row.get("type", "Inventory") == "Inventory"][:2]
    place = next(iter(books.all("locations")), {"code": ""})["code"]
    for headers, lines, number in _WAREHOUSE_DOCUMENTS if items else ():
        header = _warehouse_header(books, headers, number, place, items[0])
        for sequence, item in enumerate(items, start=1):
            books.add(lines, _warehouse_line(books, lines, header, item, 10_000 * sequence), f"{number}/{sequence}")
    for headers, lines, number in _RECORDINGS if items else ():
        recording = {"orderNumber": number, "recordingNumber": 1, "description": "Count", "locationCode": place}
        books.add(headers, books.narrowed(headers, recording), number)
        for sequence, item in enumerate(items, start=1):
            line = {
                **_warehouse_line(books, lines, {"number": number}, item, 10_000 * sequence),
                "orderNumber": number,
                "recordingNumber": 1,
            }
            books.add(lines, books.narrowed(lines, line), f"{number}/{sequence}")


def _warehouse_header(books: Books, headers: str, number: str, place: str, item: Row) -> Row:
    values = {
        **copy_of(books, headers, item),
        "number": number,
        "itemNumber": item["number"],
        "description": item["displayName"],
        "postingDescription": f"Document {number}",
        "locationCode": place,
        "postingDate": _DAY,
        "documentDate": _DAY,
        "orderDate": _DAY,
        "dueDate": _DAY,
        "quantity": 2,
        "_dimensions": _first_value(books, "DEPARTMENT"),
    }
    return books.add(headers, books.narrowed(headers, values))


def _warehouse_line(books: Books, lines: str, header: Row, item: Row, sequence: int) -> Row:
    cost = Decimal(item.get("unitCost", 0))
    values: dict[str, Any] = {
        "documentNumber": header["number"],
        "sequence": sequence,
        "itemNumber": item["number"],
        "lineObjectNumber": item["number"],
        "lineType": "Item",
        "description": item["displayName"],
        "unitOfMeasureCode": item.get("baseUnitOfMeasureCode", ""),
        "baseUnitOfMeasureCode": item.get("baseUnitOfMeasureCode", ""),
        "itemCategoryCode": item.get("itemCategoryCode", ""),
        "quantity": 2,
        "quantityBase": 2,
        "unitCost": cost,
        "unitAmount": cost,
        "amount": 2 * cost,
        "costAmount": 2 * cost,
        "_dimensions": header.get("_dimensions", {}),
    }
    return books.narrowed(lines, values)


def _put_customer_contacts(books: Books) -> None:
    for company in books.all("contacts"):
        if company.get("_relatedType") != "Customer":
            continue
        customer = next(row for row in books.all("customers") if row["number"] == company["_relatedNumber"])
        for person in books.all("contacts"):
            if person["companyNumber"] == company["number"] and person["type"] == "Person":
                first, _, last = person["displayName"].partition(" ")
                row = {"id": person["id"], "email": person.get("email", ""), "firstName": first, "lastName": last}
                owner = {"customerId": customer["id"], "customerName": customer["displayName"]}
                books.add("customerContacts", {**row, **owner}, person["number"])


def _put_office(books: Books) -> None:
    """A job that runs by itself, who approves what, and a workflow."""
    entry = {
        "description": "Post inventory cost",
        "objectTypeToRun": "Report",
        "objectIdToRun": 1002,
        "status": "Ready",
        "userId": "ADMIN",
    }
    job = books.add("jobQueueEntries", {**entry, "recurringJob": True, "priorityWithinCategory": "Normal"}, "cost")
    job["jobQueueEntryId"] = job["id"]
    for place in range(2):
        times = {name: to_stamp(63_905_000_000_000 + place * 86_400_000) for name in ("startDateTime", "endDateTime")}
        log = {
            "jobQueueEntryId": job["id"],
            "status": "Success",
            "objectTypeToRun": "Report",
            "objectIdToRun": 1002,
            **times,
        }
        books.add("jobQueueLogEntries", {**log, "description": entry["description"], "userId": "ADMIN"}, place)
    for user in ("ADMIN", "CLERK"):
        books.add("approvalUserSetups", {"userId": user, "approverId": "" if user == "ADMIN" else "ADMIN"}, user)
    books.add(
        "workflows",
        {"code": "MS-PIAPW", "description": "Purchase Invoice Approval Workflow", "template": False},
        "MS-PIAPW",
    )
    for number in (1, 2):
        names = {"workflowCode": "MS-PIAPW", "sequenceNumber": number, "type": "Event" if number == 1 else "Response"}
        row = {
            "systemId": books.id_of("workflows", "MS-PIAPW")[:-1] + str(number),
            "id": number,
            "entryPoint": number == 1,
            **names,
        }
        books.add("workflowSteps", row, number)
    _put_approvals(books)


def _put_approvals(books: Books) -> None:
    """A purchase invoice that waits to be approved, one that was, and who approves them."""
    invoices = books.all("purchaseInvoices")
    waiting = next((row for row in invoices if not row.get("_posted")), None)
    posted = next((row for row in invoices if row.get("_posted")), None)
    asked = {"sequenceNumber": 1, "senderId": "CLERK", "approverId": "ADMIN", "approvalCode": "MS-PIAPW"}
    sent = {"dateTimeSentForApproval": to_stamp(63_905_000_000_000), "dueDate": _DAY, "approvalType": "Approver"}
    for entity_set, row, more in (
        ("approvalEntries", waiting, {"tableId": 38, "documentType": "Invoice", "status": "Open"}),
        ("postedApprovalEntries", posted, {"tableId": 122, "status": "Approved"}),
    ):
        if row is not None:
            books.add(entity_set, {"entryNumber": 1, "documentNumber": row["number"], **asked, **sent, **more}, 1)
    approver = {
        "workflowCode": "MS-PIAPW",
        "workflowDescription": "Purchase Invoice Approval Workflow",
        "workflowStepId": 2,
        "approverType": "Approver",
        "approverLimitType": "Direct_x0020_Approver",
        "userName": "ADMIN",
        "sequence": 1,
    }
    # Users are the platform's: this one has no row of its own.
    books.add("workflowApprovers", {**approver, "userId": books.id_of("workflows", "MS-PIAPW")[:-1] + "0"}, 1)


def _first_value(books: Books, dimension: str) -> dict[str, str]:
    value = next(
        (row for row in books.all("dimensionValues") if row["dimensionId"] == books.id_of("dimensions", dimension)),
        None,
    )
    return {dimension: value["code"]} if value else {}
