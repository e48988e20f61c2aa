"""Files attached to masters and documents."""

from __future__ import annotations

import pytest
from conformance.places import PLACES

CODEUNIT = "APIV2 - Document Attach. E2E"
CONTENT = b"\x00one\xff"


def theirs(pattern: str, of: str):
    """A test for each kind of parent, whose name stands in Microsoft's."""
    return pytest.mark.parametrize(
        "kind", [pytest.param(kind, marks=pytest.mark.theirs(pattern.format(kind)), id=kind) for kind in of.split()]
    )


@pytest.fixture
def parent(api, kind) -> dict[str, str]:
    """What an attachment says of its parent."""
    place = PLACES[kind]
    return {"parentId": place.row(api), "parentType": place.parent_type}


def attachment(api, parent: dict[str, str], name: str = "scan.txt") -> str:
    row = api.post("documentAttachments", {"fileName": name, **parent})
    api.put(f"documentAttachments({row['id']})/attachmentContent", CONTENT)
    return str(row["id"])


GET_ALL = (
    "Customer Item Employee Job Vendor PostedInvoice DraftInvoice PostedPurchaseInvoice DraftPurchaseInvoice Quote "
    "DraftPurchaseOrder DraftPurchaseCreditMemo PostedPurchaseCreditMemo"
)


@theirs("TestGet{}Attachments", GET_ALL)
def test_the_attachments_of_a_parent_are_found_by_its_id_and_type(api, parent):
    created = [attachment(api, parent, f"{place}.txt") for place in (1, 2)]
    wanted = f"parentId eq {parent['parentId']} and parentType eq '{parent['parentType']}'"
    assert set(created) <= {row["id"] for row in api.rows("documentAttachments", filter=wanted)}


@theirs("TestGet{}Attachment", "PostedInvoice DraftInvoice DraftOrder Quote")
def test_an_attachment_is_read(api, parent):
    created = attachment(api, parent)
    read = api.get(f"documentAttachments({created})")
    assert (read["id"], read["parentId"], read["fileName"]) == (created, parent["parentId"], "scan.txt")


@theirs("TestUpdate{}AttachmentBinaryContent", "Customer")
def test_content_is_replaced(api, parent):
    content = f"documentAttachments({attachment(api, parent)})/attachmentContent"
    assert api.call("PATCH", content, b"two", {"content-type": "application/octet-stream"}).content == b""
    assert api.content(content) == b"two"


CREATE = (
    "Customer Vendor PostedInvoice DraftInvoice DraftOrder PostedPurchaseInvoice DraftPurchaseInvoice "
    "DraftPurchaseOrder Quote DraftPurchaseCreditMemo PostedPurchaseCreditMemo"
)


@theirs("TestCreate{}Attachment", CREATE)
def test_an_attachment_is_created_and_its_content_uploaded(api, parent):
    row = api.post("documentAttachments", {"fileName": "scan.txt", **parent})
    content = f"documentAttachments({row['id']})/attachmentContent"
    assert api.call("PATCH", content, CONTENT, {"content-type": "application/octet-stream"}).status == 204
    assert api.content(content) == CONTENT
    assert api.get(f"documentAttachments({row['id']})")["byteSize"] == len(CONTENT)


DELETE = (
    "Vendor Employee Job PostedInvoice DraftInvoice PostedPurchaseInvoice DraftPurchaseInvoice Quote "
    "DraftPurchaseCreditMemo PostedPurchaseCreditMemo"
)


@theirs("TestDelete{}Attachment", DELETE)
def test_an_attachment_is_deleted(api, parent):
    path = f"documentAttachments({attachment(api, parent)})"
    answer = api.call("DELETE", path)
    assert (answer.status, answer.content) == (204, b"")
    assert not api.is_there(path)
