"""Bytes behind links: who has them, what they are of, and what it takes to set, read and print them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dynamics_bc_emulator.serving.content import pdf

DIALOG = (400, "Application_DialogException")
NOT_ALLOWED = (405, "BadRequest_MethodNotAllowed")
PNG = b"\x89PNG not really"
BINARY = {"content-type": "image/png"}


@pytest.fixture
def vendor(desk):
    return f"vendors({desk.create('vendors', {'displayName': 'x'})['id']})"


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize(("headers", "kept"), [(BINARY, "image/png"), ({}, "application/octet-stream")])
def test_a_picture_has_the_bytes_and_the_type_it_was_set_with(desk, vendor, method, headers, kept):
    content = f"{vendor}/picture/pictureContent"
    assert desk.ask("GET", content).status == 204
    assert desk.ask(method, content, PNG, headers).status == 204
    response = desk.ask("GET", content)
    assert (response.status, response.body, response.headers["Content-Type"]) == (200, PNG, kept)
    assert desk.ask("GET", content.upper().replace("VENDORS", "vendors").replace("PICTURE/", "picture/")).body == PNG


def test_a_picture_belongs_to_its_parent_alone_and_can_be_let_go(desk, vendor):
    other = f"vendors({desk.create('vendors', {})['id']})"
    desk.ask("PATCH", f"{vendor}/picture/pictureContent", PNG)
    assert desk.ask("GET", f"{other}/picture/pictureContent").status == 204
    assert desk.read(f"{vendor}/picture")["parentType"] == "Vendor"
    desk.remove(f"{vendor}/picture")
    assert desk.ask("GET", f"{vendor}/picture/pictureContent").status == 204
    assert desk.read(f"{vendor}/picture")["id"] in vendor


@pytest.mark.parametrize(
    ("method", "headers", "refused"),
    [
        ("PATCH", {"if-match": ""}, (400, "BadRequest_InvalidToken")),
        ("POST", {}, NOT_ALLOWED),
        ("DELETE", {}, NOT_ALLOWED),
    ],
)
def test_bytes_are_set_with_a_token_by_patch_or_put_only(desk, vendor, method, headers, refused):
    assert desk.refused(method, f"{vendor}/picture/pictureContent", PNG, headers)[:2] == refused


def test_a_link_to_bytes_is_one_that_can_be_asked_for(desk, vendor):
    desk.ask("PATCH", f"{vendor}/picture/pictureContent", PNG)
    row = desk.read(f"{vendor}/picture")
    assert "pictureContent" not in row
    assert row["pictureContent@odata.mediaReadLink"] == row["pictureContent@odata.mediaEditLink"]
    link = row["pictureContent@odata.mediaReadLink"]
    assert link == f"http://bc/api/v2.0/companies({desk.company.id})/{vendor}/picture/pictureContent"
    assert "pictureContent@odata.mediaReadLink" not in desk.read(f"{vendor}/picture", select="id")


@pytest.mark.parametrize("size", [0, 1, 5_000])
def test_an_attachment_knows_how_long_it_is(desk, size):
    invoice = desk.create("purchaseInvoices", {"vendorNumber": "20000"})
    body = {"fileName": "scan.png", "parentType": "Purchase_x0020_Invoice", "parentId": invoice["id"]}
    attachment = f"attachments({desk.create('attachments', body)['id']})"
    assert desk.ask("PATCH", f"{attachment}/attachmentContent", b"x" * size, BINARY).status == 204
    assert desk.read(attachment)["byteSize"] == size
    response = desk.ask("GET", f"{attachment}/attachmentContent")
    assert (response.status, response.body) == ((200, b"x" * size) if size else (204, None))
    (found,) = desk.rows(f"purchaseInvoices({invoice['id']})/attachments")
    assert (found["fileName"], found["byteSize"]) == ("scan.png", size)
    assert desk.rows("attachments") == []


@pytest.mark.parametrize(
    ("entity_set", "party", "prints_drafts"),
    [
        ("salesInvoices", "customerNumber", True),
        ("salesOrders", "customerNumber", True),
        ("salesQuotes", "customerNumber", True),
        ("salesCreditMemos", "customerNumber", False),
        ("purchaseInvoices", "vendorNumber", False),
        ("purchaseCreditMemos", "vendorNumber", False),
    ],
)
def test_some_documents_are_printed_as_drafts_and_all_once_they_are_posted(desk, entity_set, party, prints_drafts):
    header = desk.create(entity_set, {party: "20000"})
    content = f"{entity_set}({header['id']})/pdfDocument/pdfDocumentContent"
    if prints_drafts:
        assert desk.ask("GET", content).body.startswith(b"%PDF-")
    else:
        assert desk.refused("GET", content)[:2] == DIALOG
    desk.edit(entity_set, header["id"], _posted=True)
    response = desk.ask("GET", content)
    assert response.headers["Content-Type"] == "application/pdf"
    assert f"{entity_set} {header['number']}".encode() in response.body


def test_a_printed_document_can_be_found_by_its_own_or_its_parents_id_but_not_by_two(desk):
    one, other = (desk.create("salesInvoices", {"customerNumber": "20000"})["id"] for _ in range(2))
    of_type = "parentType eq 'Sales_x0020_Invoice' and "
    for filter_ in (f"id eq {one}", f"parentId eq {one}", f"id eq {one} and parentId eq {one}"):
        assert [row["parentId"] for row in desk.rows("pdfDocument", filter=of_type + filter_)] == [one]
    twice = f"{of_type}id eq {one} and parentId eq {other}"
    assert desk.refused("GET", "pdfDocument", filter=twice)[:2] == DIALOG


def test_reading_a_pdf_counts_as_printing_and_changes_the_document(desk):
    header = desk.company.find("salesInvoices")[0]
    desk.clock.advance(timedelta(hours=1))
    before = desk.read(f"salesInvoices({header['id']})")
    desk.rows("pdfDocument", filter=f"parentType eq 'Sales_x0020_Invoice' and parentId eq {header['id']}")
    assert desk.read(f"salesInvoices({header['id']})") == before
    assert desk.ask("GET", f"salesInvoices({header['id']})/pdfDocument/pdfDocumentContent").status == 200
    after = desk.read(f"salesInvoices({header['id']})")
    assert after["lastModifiedDateTime"] > before["lastModifiedDateTime"]
    assert after["@odata.etag"] != before["@odata.etag"]


def test_a_pdf_names_its_document_and_says_where_its_parts_are():
    printed = pdf("salesInvoices", {"number": "10(3)"})
    assert b"(salesInvoices 103) Tj" in printed
    places = [int(line[:10]) for line in printed.partition(b"xref\n")[2].splitlines()[2:8]]
    for number, place in enumerate(places, start=1):
        assert printed[place:].startswith(b"%d 0 obj\n" % number)
    start = int(printed.partition(b"startxref\n")[2].splitlines()[0])
    assert printed[start:].startswith(b"xref\n0 7\n")
    stream = printed.partition(b"stream\n")[2].partition(b"\nendstream")[0]
    assert b"/Length %d " % len(stream) in printed


def test_a_file_for_no_document_is_kept_without_one_and_without_a_name_gets_one(desk):
    nobody = {"parentId": "ffffffff-ffff-4fff-8fff-ffffffffffff", "parentType": "Sales Invoice"}
    for body in ({}, nobody):
        created = desk.create("attachments", {**body, "byteSize": 77})
        assert (created["fileName"], created["parentType"], created["byteSize"]) == ("filename.txt", "_x0020_", 0)
        assert not created["parentId"].strip("0-")
    said = f"There is no Sales Invoice within the filter. Filters: SystemId: {nobody['parentId']}"
    assert desk.refused("POST", "documentAttachments", nobody) == (*DIALOG, said)


@pytest.mark.parametrize("kind", ["Employee", "Job", "Item", "Customer", "Vendor"])
def test_masters_have_document_attachments_only(desk, kind):
    said = f"Parent type {kind} is not supported. Use documentAttachments API instead."
    assert desk.refused("POST", "attachments", {"fileName": "x", "parentType": kind}) == (*DIALOG, said)


@pytest.mark.parametrize("name", ["parentId", "parentType"])
def test_an_attachment_stays_where_it_is_and_a_document_attachment_can_move(desk, name):
    invoice, order = (desk.create(each, {"customerNumber": "10000"})["id"] for each in ("salesInvoices", "salesOrders"))
    body = {"fileName": "x.txt", "parentType": "Sales Invoice", "parentId": invoice}
    moved = {"parentType": "Sales Order", "parentId": order}
    path = f"attachments({desk.create('attachments', body)['id']})"
    said = f"You cannot change the value of the key field {name}."
    assert desk.refused("PATCH", path, {name: moved[name]}) == (*DIALOG, said)
    assert desk.change(path, {name: body[name], "fileName": "y.txt"})["fileName"] == "y.txt"
    path = f"documentAttachments({desk.create('documentAttachments', body)['id']})"
    assert desk.change(path, moved)["parentId"] == order
    assert desk.refused("PATCH", path, {"parentId": invoice})[:2] == DIALOG
