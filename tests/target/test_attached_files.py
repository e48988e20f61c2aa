"""Files come with their record: once, after it is right and before it is posted."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.transport import Response
from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.wanted.files import files_of
from tests.target.at_the_desk import Target

LINE = {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 1, "unitCost": 5}
BILL = {"vendorNumber": "20000", "vendorInvoiceNumber": "F-1", "purchaseInvoiceLines": [LINE]}
PDF = b"%PDF-1.7 a bill"
# One pixel.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def target(tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "bill.pdf").write_bytes(PDF)
    (tmp_path / "secret.txt").write_text("not for anybody")
    return Target(tmp_path)


@pytest.fixture
def folder(tmp_path):
    return str(tmp_path / "files")


def attached(target, parent_id):
    rows = target.desk.rows("documentAttachments", filter=f"parentId eq {parent_id}")
    contents = [f"documentAttachments({row['id']})/attachmentContent" for row in rows]
    return {row["fileName"]: target.desk.ask("GET", path).body for row, path in zip(rows, contents, strict=True)}


def test_a_bills_pdf_arrives_with_it_once_by_path_and_by_content(target, folder):
    files = [{"path": "bill.pdf"}, {"name": "terms.txt", "content": base64.b64encode(b"thirty days").decode()}]
    record = {**BILL, "attachments": files}
    (outcome,) = target.write("purchaseInvoices", record, attachments_path=folder)
    assert (outcome["outcome"], outcome["errors"]) == ("created", [])
    assert attached(target, outcome["id"]) == {"bill.pdf": PDF, "terms.txt": b"thirty days"}
    (again,) = target.write("purchaseInvoices", record, attachments_path=folder)
    assert again["outcome"] == "unchanged"
    assert len(attached(target, outcome["id"])) == 2


def test_a_file_is_attached_before_its_bill_is_posted_and_goes_along(target, folder):
    record = {**BILL, "attachments": [{"path": "bill.pdf"}], "isDraft": False}
    (outcome,) = target.write("purchaseInvoices", record, attachments_path=folder)
    assert (outcome["outcome"], outcome["errors"]) == ("posted", [])
    bodies = [(request.url, request.body or b"") for request in target.requests if request.method in {"POST", "PATCH"}]
    sent = next(place for place, (_, body) in enumerate(bodies) if body == PDF)
    posted = next(place for place, (url, _) in enumerate(bodies) if url.endswith("Microsoft.NAV.post"))
    assert sent < posted


def test_what_broke_off_between_name_and_content_is_completed(target, folder):
    record = {**BILL, "attachments": [{"path": "bill.pdf"}]}

    def refused(request, send):
        return send(request) if request.body != PDF else send(type(request)("GET", f"{request.url}x", request.headers))

    (first,) = target.write("purchaseInvoices", record, attachments_path=folder, around=refused)
    assert first["outcome"] == "rejected"
    (second,) = target.write("purchaseInvoices", record, attachments_path=folder)
    assert second["outcome"] in {"created", "updated"}
    (bill,) = target.rows("purchaseInvoices", vendorInvoiceNumber="F-1")
    assert attached(target, bill["id"]) == {"bill.pdf": PDF}


@pytest.mark.parametrize("is_to_be_posted", [False, True])
def test_an_empty_one_that_came_late_is_removed_once_the_file_is_whole(target, folder, is_to_be_posted):
    record = {**BILL, "attachments": [{"path": "bill.pdf"}]}
    (first,) = target.write("purchaseInvoices", record, attachments_path=folder)
    for name in ("bill.pdf", "other.pdf"):
        target.desk.create(f"purchaseInvoices({first['id']})/documentAttachments", {"fileName": name})
    record["isDraft"] = not is_to_be_posted
    (second,) = target.write("purchaseInvoices", record, attachments_path=folder)
    assert (second["outcome"], second["errors"]) == ("posted" if is_to_be_posted else "updated", [])
    rows = target.desk.rows("documentAttachments", filter=f"parentId eq {second['id']}")
    assert sorted((row["fileName"], row["byteSize"]) for row in rows) == [("bill.pdf", len(PDF)), ("other.pdf", 0)]
    (third,) = target.write("purchaseInvoices", record, attachments_path=folder)
    assert third["outcome"] == "unchanged"


@pytest.mark.parametrize("stream", ["customers", "vendors", "items", "employees", "contacts"])
def test_a_picture_is_sent_with_the_record_that_it_is_of(target, stream, tmp_path):
    (tmp_path / "files" / "face.png").write_bytes(PNG)
    name = "givenName" if stream == "employees" else "displayName"
    record = {"number": "K-1", name: "First", "picture": {"path": "face.png"}}
    (outcome,) = target.write(stream, record, attachments_path=str(tmp_path / "files"))
    assert (outcome["outcome"], outcome["errors"]) == ("created", [])
    assert target.desk.read(f"{stream}({outcome['id']})/picture")["width"] == 1


def sent_pictures(target):
    return [request for request in target.requests if request.method == "PATCH" and "pictureContent" in request.url]


@pytest.mark.parametrize("remember", [True, False])
@pytest.mark.parametrize("stream", ["customers", "vendors", "items", "employees", "contacts"])
def test_a_picture_that_is_there_is_not_sent_again(target, stream, remember, tmp_path):
    face, folder = tmp_path / "files" / "face.png", str(tmp_path / "files")
    face.write_bytes(PNG)
    record = {"externalId": "K", "number": "K-1", "displayName": "First", "picture": {"path": "face.png"}}
    record |= {"givenName": "First"} if stream == "employees" else {}
    target.write(stream, record, attachments_path=folder, remember=remember)
    assert len(sent_pictures(target)) == 1
    changed = {**record, "email": "a@example.com"} if stream != "items" else {**record, "displayName": "Second"}
    (outcome,) = target.write(stream, changed, attachments_path=folder, remember=remember)
    assert (outcome["outcome"], sent_pictures(target)) == ("updated", [])
    if not remember:
        (outcome,) = target.write(stream, changed, attachments_path=folder)
        assert (outcome["outcome"], sent_pictures(target)) == ("unchanged", [])
    face.write_bytes(PNG + b" ")
    (outcome,) = target.write(stream, {**changed, "displayName": "Third"}, attachments_path=folder, remember=remember)
    assert len(sent_pictures(target)) == 1


def test_a_picture_that_somebody_has_replaced_is_sent_again(target, tmp_path):
    (tmp_path / "files" / "face.png").write_bytes(PNG)
    record = {"number": "K-1", "displayName": "First", "picture": {"path": "face.png"}}
    (outcome,) = target.write("customers", record, attachments_path=str(tmp_path / "files"))
    other = {**record, "picture": {"content": base64.b64encode(PNG + b"other").decode()}}
    target.write("customers", other)
    assert len(sent_pictures(target)) == 1
    (outcome,) = target.write("customers", record, attachments_path=str(tmp_path / "files"))
    assert (outcome["outcome"], len(sent_pictures(target))) == ("updated", 1)


@pytest.mark.parametrize(
    ("file", "fault"),
    [
        ({"path": "none.pdf"}, ("attachments[0].path", "not_found")),
        ({"path": "../secret.txt"}, ("attachments[0].path", "outside")),
        ({"path": "/etc/passwd"}, ("attachments[0].path", "outside")),
        ({"name": "a.txt", "content": "no base64!"}, ("attachments[0].content", "no_base64")),
        ({"content": "YQ=="}, ("attachments[0].name", "required")),
        ({"name": "a.pdf", "content": ""}, ("attachments[0].content", "empty_file")),
        ({"path": "empty.pdf"}, ("attachments[0].path", "empty_file")),
    ],
)
def test_a_file_that_cannot_be_sent_rejects_its_record_before_anything_is_written(target, folder, file, fault):
    Path(folder, "empty.pdf").touch()
    (outcome,) = target.write("purchaseInvoices", {**BILL, "attachments": [file]}, attachments_path=folder)
    assert [(error["field"], error["code"]) for error in outcome["errors"]] == [fault]
    assert target.rows("purchaseInvoices", vendorInvoiceNumber="F-1") == []


PLACES = {
    "a link out": lambda files, outside: (files / "x").symlink_to(outside / "secret.txt"),
    "a folder that is a link": lambda files, outside: (files / "d").symlink_to(outside),
    "a pipe": lambda files, _: os.mkfifo(files / "x"),
    "a link to a device": lambda files, _: (files / "x").symlink_to("/dev/zero"),
    "a link to itself": lambda files, _: (files / "x").symlink_to(files / "x"),
    "a folder": lambda files, _: (files / "x").mkdir(),
    "nothing": lambda *_: None,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "path", ["x", "d/secret.txt", "./d/../../secret.txt", "x/" * 40, "y" * 300, "bill.pdf/../../secret.txt"]
)
def test_no_path_leads_to_what_is_no_file_below_the_folder(tmp_path, place, path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "bill.pdf").write_bytes(PDF)
    (tmp_path / "secret.txt").write_text("not for anybody")
    PLACES[place](tmp_path / "files", tmp_path)
    given = {"attachments": [{"name": "a", "path": path}]}
    found = files_of(given, standard_kinds()["purchaseInvoices"], tmp_path / "files")
    assert found.files == ()
    assert {fault.code for fault in found.faults} <= {"outside", "not_found"} != set()


@pytest.mark.parametrize("later", ["a link out", "a pipe", "a link to a device", "a folder"])
def test_what_takes_a_files_place_before_it_is_sent_is_not_sent(tmp_path, later):
    place = tmp_path / "files" / "x"
    place.parent.mkdir()
    place.write_bytes(b"a bill")
    (tmp_path / "secret.txt").write_text("not for anybody")
    files = files_of({"attachments": [{"path": "x"}]}, standard_kinds()["purchaseInvoices"], place.parent)
    assert files.files[0].read() == b"a bill"
    place.unlink()
    PLACES[later](place.parent, tmp_path)
    with pytest.raises(OSError):
        files.files[0].read()


def test_a_file_that_the_service_does_not_take_is_not_read(target, tmp_path, folder):
    with (tmp_path / "files" / "x").open("wb") as file:
        file.truncate(350 * 1024 * 1024 + 1)
    (outcome,) = target.write("purchaseInvoices", {**BILL, "attachments": [{"path": "x"}]}, attachments_path=folder)
    assert [error["code"] for error in outcome["errors"]] == ["too_large"]


@pytest.mark.parametrize(("place", "said"), [("nowhere", "which does not exist"), ("files/bill.pdf", "is a file")])
def test_a_folder_of_attachments_that_is_none_is_said_once_before_anything_is_written(target, folder, place, said):
    where = Path(folder).parent / place
    with pytest.raises(ConfigurationError, match=rf'attachments_path (names|must name) .*"{where}".*') as refused:
        target.write("purchaseInvoices", BILL, attachments_path=str(where))
    assert said in refused.value.message
    assert target.rows("purchaseInvoices", vendorInvoiceNumber="F-1") == []


def test_a_folder_of_attachments_that_cannot_be_read_is_said_once(target, folder, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, *_, **__: str(path) != folder)
    with pytest.raises(ConfigurationError, match=r"attachments_path names the folder .*, which cannot be read; give"):
        target.write("purchaseInvoices", BILL, attachments_path=folder)


def test_a_file_that_cannot_be_read_is_told_from_one_that_is_not_there(target, folder, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, *_, **__: not str(path).endswith("bill.pdf"))
    record = {**BILL, "attachments": [{"path": "bill.pdf"}, {"path": "none.pdf"}]}
    (outcome,) = target.write("purchaseInvoices", record, attachments_path=folder)
    assert [error["code"] for error in outcome["errors"]] == ["unreadable", "not_found"]


def test_a_path_needs_the_setting_that_names_its_folder(target):
    (outcome,) = target.write("purchaseInvoices", {**BILL, "attachments": [{"path": "bill.pdf"}]})
    assert [error["code"] for error in outcome["errors"]] == ["no_folder"]


@pytest.mark.parametrize("attachment", [{"pth": "bill.pdf"}, {"name": "bill.pdf", "path": ""}, {"url": "https://x/y"}])
def test_an_attachment_that_names_no_file_rejects_its_record(target, folder, attachment):
    record = {**BILL, "attachments": [attachment], "isDraft": False}
    (outcome,) = target.write("purchaseInvoices", record, attachments_path=folder)
    assert [(error["field"], error["code"]) for error in outcome["errors"]] == [("attachments[0].path", "required")]
    assert target.rows("purchaseInvoices", vendorInvoiceNumber="F-1") == []


def test_an_attachment_as_the_tap_has_read_it_is_no_file(target):
    read = {"id": "6d4d7b3f-1f2e-4c8a-9b0d-2f4a6c8e0b1d", "fileName": "bill.pdf", "byteSize": 12}
    (outcome,) = target.write("purchaseInvoices", {**BILL, "attachments": [read]})
    assert (outcome["outcome"], outcome["errors"]) == ("created", [])


def as_text(content):
    return base64.b64encode(content).decode()


def read_contents(target):
    return [each.url for each in target.requests if each.method == "GET" and each.url.endswith("attachmentContent")]


@pytest.mark.parametrize("remember", [True, False])
def test_a_file_of_the_same_name_and_size_that_holds_something_else_is_another_one(target, remember):
    first = {**BILL, "attachments": [{"name": "terms.txt", "content": as_text(b"thirty days")}]}
    second = {**BILL, "attachments": [{"name": "terms.txt", "content": as_text(b"ninety days")}]}
    (outcome,) = target.write("purchaseInvoices", first, remember=remember)
    assert target.write("purchaseInvoices", second, remember=remember)[0]["errors"] == []
    rows = target.desk.rows("documentAttachments", filter=f"parentId eq {outcome['id']}")
    paths = [f"documentAttachments({row['id']})/attachmentContent" for row in rows]
    assert sorted(target.desk.ask("GET", path).body for path in paths) == [b"ninety days", b"thirty days"]
    for record in (first, second):
        (again,) = target.write("purchaseInvoices", record, remember=remember)
        assert again["outcome"] in {"unchanged", "existing", "updated"}
        assert len(target.desk.rows("documentAttachments", filter=f"parentId eq {outcome['id']}")) == 2


def test_what_somebody_else_attached_is_read_once_and_what_was_sent_never(target):
    record = {**BILL, "attachments": [{"name": "terms.txt", "content": as_text(b"thirty days")}]}
    (outcome,) = target.write("purchaseInvoices", BILL)
    row = target.desk.create(f"purchaseInvoices({outcome['id']})/documentAttachments", {"fileName": "terms.txt"})
    path = f"documentAttachments({row['id']})/attachmentContent"
    target.desk.ask("PATCH", path, b"thirty days", {"content-type": "application/octet-stream"})
    assert target.write("purchaseInvoices", record, remember=True)[0]["outcome"] == "unchanged"
    assert len(read_contents(target)) == 1
    for text in ("First", "Second"):
        changed = {**record, "shipToName": text, "attachments": [*record["attachments"], *extra(text)]}
        assert target.write("purchaseInvoices", changed, remember=True)[0]["outcome"] == "updated"
        assert read_contents(target) == []


def extra(text):
    return [{"name": "more.txt", "content": as_text(b"more")}] if text == "Second" else []


def test_an_attachment_that_cannot_be_read_is_told_by_its_name_and_size(target):
    record = {**BILL, "attachments": [{"name": "terms.txt", "content": as_text(b"thirty days")}]}
    (outcome,) = target.write("purchaseInvoices", record)

    def around(request, send):
        is_content = request.method == "GET" and request.url.endswith("attachmentContent")
        return Response(404, {}, b'{"error": {"code": "NotFound", "message": "gone"}}') if is_content else send(request)

    (again,) = target.write("purchaseInvoices", record, around=around)
    assert (again["outcome"], again["errors"]) == ("unchanged", [])
    assert len(attached(target, outcome["id"])) == 1


def test_a_page_of_somebody_elses_is_not_what_an_attachment_holds(target):
    record = {**BILL, "attachments": [{"name": "terms.txt", "content": as_text(b"thirty days")}]}
    (outcome,) = target.write("purchaseInvoices", record)

    def around(request, send):
        is_content = request.method == "GET" and request.url.endswith("attachmentContent")
        return Response(200, {"Content-Type": "text/html"}, b"<html>Sign in</html>") if is_content else send(request)

    (again,) = target.write("purchaseInvoices", record, around=around)
    assert (again["outcome"], again["errors"]) == ("unchanged", [])
    assert len(attached(target, outcome["id"])) == 1


ENTRY = {
    "documentNumber": "J-1",
    "postingDate": "2026-01-28",
    "journalLines": [{"accountNumber": "8210", "amount": 5}, {"accountNumber": "8210", "amount": -5}],
    "attachments": [{"path": "bill.pdf"}, {"name": "terms.txt", "content": as_text(b"thirty days")}],
}
UNIFIED_ENTRY = {
    "externalId": "J-1",
    "journalEntryNumber": "J-1",
    "transactionDate": "2026-01-28",
    "lineItems": [
        {"accountNumber": "8210", "entryType": "Debit", "debitAmount": 5},
        {"accountNumber": "8210", "entryType": "Credit", "creditAmount": 5},
    ],
    "attachments": ENTRY["attachments"],
}


def attached_to(target, parent):
    rows = target.rows("attachments", parentId=parent["id"])
    contents = [f"attachments({row['id']})/attachmentContent" for row in rows]
    return {row["fileName"]: target.desk.ask("GET", path).body for row, path in zip(rows, contents, strict=True)}


@pytest.mark.parametrize(("stream", "record"), [("generalJournalLines", ENTRY), ("JournalEntries", UNIFIED_ENTRY)])
def test_files_of_an_entry_are_attached_to_its_first_line_once(target, folder, stream, record):
    for expected in ("created", "unchanged"):
        (outcome,) = target.write(stream, record, attachments_path=folder)
        assert (outcome["outcome"], outcome["errors"]) == (expected, [])
        first, second = sorted(target.rows("journalLines", documentNumber="J-1"), key=lambda row: row["lineNumber"])
        assert attached_to(target, first) == {"bill.pdf": PDF, "terms.txt": b"thirty days"}
        assert attached_to(target, second) == {}


def test_files_of_an_entry_go_along_with_what_is_posted_of_it(target, folder):
    (outcome,) = target.write("generalJournalLines", {**ENTRY, "isDraft": False}, attachments_path=folder)
    assert (outcome["outcome"], outcome["errors"]) == ("posted", [])
    entries = target.rows("generalLedgerEntries", documentNumber="J-1")
    found = [attached_to(target, entry) for entry in entries]
    assert {"bill.pdf": PDF, "terms.txt": b"thirty days"} in found
    (again,) = target.write("generalJournalLines", {**ENTRY, "isDraft": False}, attachments_path=folder)
    assert again["outcome"] in {"posted", "unchanged"}
    assert [attached_to(target, entry) for entry in entries] == found


@pytest.mark.parametrize("is_draft", [True, False])
@pytest.mark.parametrize("is_begun", [True, False])
def test_a_file_that_had_not_arrived_when_somebody_posted_its_bill_is_named(target, folder, is_begun, is_draft):
    def around(request, send):
        (bill,) = target.rows("purchaseInvoices", vendorInvoiceNumber="F-1") or [None]
        begins = request.method == "POST" and "documentAttachments" in f"{request.url} {request.body!r}"
        if not begins or bill is None or bill["status"] != "Draft" or b'"fileName"' not in request.body:
            return send(request)
        response = send(request) if is_begun else Response(500, {}, b"")
        assert target.desk.ask("POST", f"purchaseInvoices({bill['id']})/Microsoft.NAV.post").status < 300
        return response

    dated = {**BILL, "invoiceDate": "2026-01-20", "postingDate": "2026-01-20"}
    record = {**dated, "attachments": [{"path": "bill.pdf"}], "isDraft": is_draft}
    (outcome,) = target.write("purchaseInvoices", record, attachments_path=folder, around=around)
    assert target.row("purchaseInvoices", vendorInvoiceNumber="F-1")["status"] == "Open"
    assert outcome["outcome"] != "rejected"
    assert [(error["code"], error["field"]) for error in outcome["errors"]] == [("file_missing", "attachments[0]")]
    assert "bill.pdf" in outcome["errors"][0]["message"]


def test_a_file_that_is_with_what_is_posted_is_not_missed(target, folder):
    record = {**BILL, "attachments": [{"path": "bill.pdf"}], "isDraft": False}
    target.write("purchaseInvoices", record, attachments_path=folder)
    (again,) = target.write("purchaseInvoices", record, attachments_path=folder)
    assert (again["outcome"], again["errors"]) == ("unchanged", [])


def test_a_file_for_what_was_posted_without_it_is_named(target, folder):
    target.write("purchaseInvoices", {**BILL, "isDraft": False})
    record = {**BILL, "attachments": [{"path": "bill.pdf"}], "isDraft": False}
    (again,) = target.write("purchaseInvoices", record, attachments_path=folder)
    assert (again["outcome"], [error["code"] for error in again["errors"]]) == ("unchanged", ["file_missing"])
