"""Files attached to documents, journal lines and ledger entries."""

from __future__ import annotations

import pytest
from conformance.places import PLACES

CODEUNIT = "APIV2 - Attachments E2E"
CONTENT = b"\x00one\xff"


def theirs(pattern: str, **kinds: str):
    """A test for each kind of place, whose name stands in Microsoft's."""
    marked = {kind: pattern.format(kind) for kind in kinds.pop("of", "").split()} | kinds
    return pytest.mark.parametrize(
        "kind", [pytest.param(kind, marks=pytest.mark.theirs(name), id=kind) for kind, name in marked.items()]
    )


@pytest.fixture
def parent(api, kind) -> dict[str, str]:
    """What an attachment says of its parent."""
    place = PLACES[kind]
    return {"parentId": place.row(api), "parentType": place.parent_type}


def attachment(api, parent: dict[str, str], name: str = "scan.txt") -> str:
    row = api.post("attachments", {"fileName": name, **parent})
    api.put(f"attachments({row['id']})/attachmentContent", CONTENT)
    return str(row["id"])


GET_ALL = (
    "JournalLine GLEntry PostedInvoice DraftInvoice DraftOrder PostedPurchaseInvoice DraftPurchaseInvoice Quote "
    "DraftPurchaseOrder DraftPurchaseCreditMemo PostedPurchaseCreditMemo"
)


@theirs("TestGet{}Attachments", of=GET_ALL)
def test_the_attachments_of_a_parent_are_found_by_its_id_and_type(api, parent):
    created = [attachment(api, parent, f"{place}.txt") for place in (1, 2)]
    wanted = f"parentId eq {parent['parentId']} and parentType eq '{parent['parentType']}'"
    assert set(created) <= {row["id"] for row in api.rows("attachments", filter=wanted)}


@theirs("TestGet{}Attachment", of="JournalLine GLEntry PostedInvoice DraftInvoice DraftOrder Quote")
def test_an_attachment_is_read(api, parent):
    created = attachment(api, parent)
    read = api.get(f"attachments({created})")
    assert (read["id"], read["parentId"], read["fileName"]) == (created, parent["parentId"], "scan.txt")


@pytest.mark.theirs("TestGetJournalAttachment")
def test_the_attachments_of_a_line_are_read_below_its_journal(api):
    line = PLACES["JournalLine"].row(api)
    parent = {"parentId": line, "parentType": "Journal"}
    created = [attachment(api, parent, f"{place}.txt") for place in (1, 2)]
    journal = api.get(f"journalLines({line})")["journalId"]
    listed = api.rows(f"journals({journal})/journalLines({line})/attachments")
    assert sorted(row["id"] for row in listed) == sorted(created)


@theirs(
    "TestUpdate{}AttachmentBinaryContent", of="GLEntry", JournalLine="TestUpdateGenJournalLineAttachmentBinaryContent"
)
def test_content_is_replaced(api, parent):
    content = f"attachments({attachment(api, parent)})/attachmentContent"
    assert api.call("PATCH", content, b"two", {"content-type": "application/octet-stream"}).content == b""
    assert api.content(content) == b"two"


CREATE = (
    "JournalLine GLEntry PostedInvoice DraftInvoice DraftOrder PostedPurchaseInvoice DraftPurchaseInvoice "
    "DraftPurchaseOrder Quote DraftPurchaseCreditMemo PostedPurchaseCreditMemo"
)


@theirs("TestCreate{}Attachment", of=CREATE)
def test_an_attachment_is_created_and_its_content_uploaded(api, parent):
    row = api.post("attachments", {"fileName": "scan.txt", **parent})
    content = f"attachments({row['id']})/attachmentContent"
    assert api.call("PATCH", content, CONTENT, {"content-type": "application/octet-stream"}).status == 204
    assert api.content(content) == CONTENT
    assert api.get(f"attachments({row['id']})")["byteSize"] == len(CONTENT)


DELETE = (
    "JournalLine GLEntry PostedInvoice DraftInvoice PostedPurchaseInvoice DraftPurchaseInvoice Quote "
    "DraftPurchaseCreditMemo PostedPurchaseCreditMemo"
)


@theirs("TestDelete{}Attachment", of=DELETE)
def test_an_attachment_is_deleted(api, parent):
    path = f"attachments({attachment(api, parent)})"
    answer = api.call("DELETE", path)
    assert (answer.status, answer.content) == (204, b"")
    assert not api.is_there(path)


@theirs(
    "",
    DraftInvoice="TestTransferAttachmentFromDraftToPostedInvoice",
    DraftPurchaseInvoice="TestTransferAttachmentFromDraftToPostedPurchaseInvoice",
    DraftPurchaseCreditMemo="TestTransferAttachmentFromDraftToPostedPurchaseCreditMemo",
)
def test_an_attachment_follows_its_draft_when_that_is_posted(api, kind, parent):
    created = attachment(api, parent)
    posted = PLACES[kind].posted_row(api, parent["parentId"])
    listed = api.rows(f"{PLACES[kind].entity_set}({posted})/attachments")
    assert [row["id"] for row in listed] == [created]


@theirs("", Quote="TestLinkedAttachmentFileNameChangeKeepsOtherFieldsUnchanged")
def test_another_file_name_leaves_the_rest_as_it_was(api, parent):
    path = f"attachments({attachment(api, parent)})"
    before = api.get(path)
    changed = api.patch(path, {"fileName": "other.txt"})
    moved = {"@odata.etag", "fileName", "lastModifiedDateTime", "@odata.context"}
    assert {name for name in changed if changed[name] != before.get(name)} <= moved
    assert (changed["fileName"], changed["parentId"]) == ("other.txt", parent["parentId"])
    assert api.content(f"{path}/attachmentContent") == CONTENT


@theirs("", DraftInvoice="TestLinkedAttachmentContentChangeKeepsOtherFieldsUnchanged")
def test_other_content_leaves_the_rest_as_it_was(api, parent):
    path = f"attachments({attachment(api, parent)})"
    assert api.call("PATCH", f"{path}/attachmentContent", b"two", {"content-type": "text/plain"}).status == 204
    read = api.get(path)
    assert (read["fileName"], read["parentId"]) == ("scan.txt", parent["parentId"])


@theirs("", Quote="TestLinkedAttachmentDocumentIdChangeNotAllowed")
def test_an_attachment_stays_with_its_document(api, parent):
    path = f"attachments({attachment(api, parent)})"
    other = PLACES["DraftInvoice"].row(api)
    said = "You cannot change the value of the key field parentId."
    assert api.refused("PATCH", path, {"parentId": other})[::2] == (400, said)
    assert api.get(path)["parentId"] == parent["parentId"]
