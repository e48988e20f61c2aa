"""What comes of files that are downloaded?"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import struct
from collections import deque
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from emulator.in_process import Desk, open_desk
from hypothesis import given, settings
from hypothesis import strategies as st
from tap.desk_runs import DeskRun, DeskTransport, Killed, run_at
from tap.running import run_tap

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.transport import Request, Response
from tap_dynamics_bc.files.folder import Aside
from tap_dynamics_bc.pages.files import in_parallel
from tap_dynamics_bc.settings import TapSettings
from tap_dynamics_bc.streams.media import MEDIA, parent_type

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from emulator_control import RunningEmulator

NAMES = [media.name for media in MEDIA.values()]


def png(width: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, 1) + b"\x08\x06\0\0\0" + bytes(20)


@pytest.fixture
def desk() -> Desk:
    return open_desk()


def give_picture(desk: Desk, entity_set: str, content: bytes) -> str:
    row_id = str(desk.company.find(entity_set)[0]["id"])
    answered = desk.ask("PATCH", f"{entity_set}({row_id})/picture/pictureContent", content)
    assert answered.status == 204, answered
    return row_id


def config(folder: Path, *names: str, **others: Any) -> dict[str, Any]:
    return {"download_media": list(names), "media_path": str(folder), **others}


def content_requests(transport: DeskTransport) -> list[str]:
    return [request.url for request in transport.asked if request.url.endswith("Content")]


def files_of(folder: Path) -> set[str]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)) for path in paths if not path.name.startswith("media.")}


def of(run: DeskRun, row_id: str) -> dict[str, Any]:
    """The record of a picture, by whose it is."""
    (record,) = [each for each in run.records["pictures"] if each["id"] == row_id]
    return record


def test_a_picture_is_on_the_disk_and_its_record_says_where(desk: Desk, tmp_path: Path):
    item = give_picture(desk, "items", png(3))
    run = run_at(DeskTransport(desk), config(tmp_path, "pictures"), select=["pictures"])
    assert run.error is None
    record = of(run, item)
    assert record["file_path"] == f"pictures/{desk.company.id}/item/{item}.png"
    assert (tmp_path / record["file_path"]).read_bytes() == png(3)
    assert record["file_bytes"] == len(png(3))
    assert record["file_sha256"] == hashlib.sha256(png(3)).hexdigest()
    assert record["file_content_type"] == "image/png"
    assert (record["parentType"], record["width"]) == ("Item", 3)
    assert files_of(tmp_path) == {each["file_path"] for each in run.records["pictures"] if each["file_path"]}


def test_a_file_that_is_larger_than_the_room_there_is_costs_itself_alone(desk: Desk, tmp_path: Path, monkeypatch):
    large, small = give_picture(desk, "items", png(3) + bytes(5_000)), give_picture(desk, "vendors", png(4))
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage._replace(free=5_000))
    run = run_at(DeskTransport(desk), config(tmp_path, "pictures"), select=["pictures"])
    assert of(run, large)["file_path"] is None
    assert (tmp_path / of(run, small)["file_path"]).read_bytes() == png(4)
    assert "bytes is not downloaded: the disk of" in str(run.error)
    assert run.error is not None
    assert run.error.exit_code == 1
    monkeypatch.undo()
    again = run_at(DeskTransport(desk), config(tmp_path, "pictures"), select=["pictures"], state=run.state)
    assert again.error is None
    assert (tmp_path / of(again, large)["file_path"]).stat().st_size == len(png(3)) + 5_000


def test_a_file_of_unknown_length_that_fills_the_disk_ends_the_run_and_leaves_no_part(
    desk: Desk, tmp_path: Path, monkeypatch
):
    item = give_picture(desk, "items", png(3))
    no_room = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with monkeypatch.context() as full:
        full.setattr(Aside, "write", lambda *_: _raise(no_room))
        run = run_at(DeskTransport(desk), config(tmp_path, "pictures"), select=["pictures"])
    assert (
        str(run.error)
        == f'The disk of "{tmp_path}" is full (No space left on device). Free some space and run this again.'
    )
    assert run.error is not None
    assert run.error.exit_code == 1
    assert files_of(tmp_path) == set()
    again = run_at(DeskTransport(desk), config(tmp_path, "pictures"), select=["pictures"], state=run.state)
    assert (tmp_path / of(again, item)["file_path"]).read_bytes() == png(3)


def _raise(error: BaseException) -> None:
    raise error


def test_what_is_in_the_way_of_a_file_is_named(desk: Desk, tmp_path: Path):
    item = give_picture(desk, "items", png(3))
    folder = tmp_path / "pictures" / desk.company.id / "item" / f"{item}.png"
    folder.mkdir(parents=True)
    run = run_at(DeskTransport(desk), config(tmp_path, "pictures"), select=["pictures"])
    assert str(run.error).startswith(f'"{folder}" cannot be written (Is a directory)')


def test_the_schema_has_what_is_known_of_files_and_nothing_without_the_setting(desk: Desk, tmp_path: Path):
    columns = {"file_path", "file_bytes", "file_sha256", "file_content_type"}
    (with_files,), (without,) = (
        [each["schema"]["properties"] for each in run.messages if each["type"] == "SCHEMA"]
        for run in (
            run_at(DeskTransport(desk), config(tmp_path, "pictures"), select=["pictures"]),
            run_at(DeskTransport(desk), select=["pictures"]),
        )
    )
    assert with_files.keys() - without.keys() == columns
    assert with_files["file_bytes"] == {"type": ["integer", "null"]}


def test_who_has_no_picture_is_not_asked_for_one(desk: Desk, tmp_path: Path):
    transport = DeskTransport(desk)
    run = run_at(transport, config(tmp_path, "pictures"), select=["pictures"])
    pictures = {row["id"] for row in desk.company.find("pictures")}
    assert len(run.records["pictures"]) > len(pictures) == len(content_requests(transport)) > 1
    assert {each["id"] for each in run.records["pictures"] if each["file_path"]} == pictures


def test_attachments_are_named_by_their_ids_with_the_extension_of_their_names(desk: Desk, tmp_path: Path):
    run = run_at(
        DeskTransport(desk),
        config(tmp_path, "attachments", "documentAttachments"),
        select=["attachments", "documentAttachments"],
    )
    assert run.error is None
    for stream in ("attachments", "documentAttachments"):
        stored = {row["id"]: row for row in desk.company.find(stream)}
        records = run.records[stream]
        assert records
        for record in records:
            assert record["fileName"] == stored[record["id"]]["fileName"]
            assert record["file_path"] == f"{stream.lower()}/{desk.company.id}/{record['id']}.txt"
            assert (tmp_path / record["file_path"]).stat().st_size == record["byteSize"] == record["file_bytes"]
            assert record["file_content_type"] == "text/plain"


def test_a_name_of_the_service_cannot_leave_the_folder(desk: Desk, tmp_path: Path):
    names = ("../../../etc/passwd", "C:\\nul", "x" * 250, "a\nb.exe", "..", "con.txt")
    named = dict(zip((row["id"] for row in desk.company.find("documentAttachments")), names, strict=False))
    for row_id, name in named.items():
        desk.edit("documentAttachments", row_id, fileName=name)
    folder = tmp_path / "media"
    run = run_at(DeskTransport(desk), config(folder, "documentAttachments"), select=["documentAttachments"])
    assert run.error is None
    assert {path.name for path in tmp_path.iterdir()} == {"media"}
    paths = {each["id"]: each["file_path"] for each in run.records["documentAttachments"]}
    assert files_of(folder) == set(paths.values())
    assert {paths[row_id].partition(f"/{row_id}.")[2] for row_id in named} == {"bin", "txt"}


def test_a_file_is_fetched_once_for_each_content(desk: Desk, tmp_path: Path):
    item = give_picture(desk, "items", png(3))
    settings_ = config(tmp_path, "pictures", "documentAttachments")
    select = ["pictures", "documentAttachments"]
    first = DeskTransport(desk)
    before = run_at(first, settings_, select=select)
    second = DeskTransport(desk)
    again = run_at(second, settings_, select=select)
    files = [*desk.company.find("pictures"), *desk.company.find("documentAttachments")]
    assert len(content_requests(first)) == len(files)
    assert content_requests(second) == []
    assert again.records == before.records
    desk.clock.set(desk.clock().replace(hour=11))
    give_picture(desk, "items", png(5))
    third = DeskTransport(desk)
    run = run_at(third, settings_, select=select)
    assert [item in url for url in content_requests(third)] == [True]
    record = of(run, item)
    assert (tmp_path / record["file_path"]).read_bytes() == png(5)
    assert record["file_sha256"] == hashlib.sha256(png(5)).hexdigest()


def test_a_file_that_was_removed_here_comes_again(desk: Desk, tmp_path: Path):
    item = give_picture(desk, "items", png(3))
    settings_ = config(tmp_path, "pictures")
    path = tmp_path / of(run_at(DeskTransport(desk), settings_, select=["pictures"]), item)["file_path"]
    path.unlink()
    run_at(DeskTransport(desk), settings_, select=["pictures"])
    assert path.read_bytes() == png(3)


def test_a_picture_that_was_taken_away_is_taken_away_here(desk: Desk, tmp_path: Path):
    item = give_picture(desk, "items", png(3))
    settings_ = config(tmp_path, "pictures")
    path = of(run_at(DeskTransport(desk), settings_, select=["pictures"]), item)["file_path"]
    assert path in files_of(tmp_path)
    assert desk.ask("DELETE", f"items({item})/picture").status == 204
    run = run_at(DeskTransport(desk), settings_, select=["pictures"])
    assert of(run, item)["file_path"] is None
    assert path not in files_of(tmp_path)


def test_files_come_over_real_sockets_as_they_are(emulator: RunningEmulator, tmp_path: Path):
    settings_ = emulator.config(**config(tmp_path, "pictures", "documentAttachments"))
    run = run_tap(settings_, select=["pictures", "documentAttachments"])
    assert run.error is None
    records = [each for stream in run.records.values() for each in stream if each["file_path"]]
    assert {each["file_content_type"] for each in records} == {"image/png", "text/plain"}
    for record in records:
        content = (tmp_path / record["file_path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == record["file_sha256"]
        assert len(content) == record["file_bytes"]


class TestPdf:
    """PDF documents: never asked for with a list, printed once for each change."""

    def settings(self, tmp_path: Path) -> dict[str, Any]:
        return config(tmp_path, "pdf/purchaseInvoices", "pdf/salesInvoices")

    def test_a_document_is_printed_by_one_request_of_its_own(self, desk: Desk, tmp_path: Path):
        transport = DeskTransport(desk)
        run = run_at(transport, self.settings(tmp_path), select=["pdfDocument"])
        assert run.error is None
        assert not any("pdfDocument" in request.url for request in transport.asked if "$" in request.url)
        for record in run.records["pdfDocument"]:
            if record["file_path"] is not None:
                content = (tmp_path / record["file_path"]).read_bytes()
                assert content.startswith(b"%PDF")
                assert record["file_content_type"] == "application/pdf"
        assert {each["parentType"] for each in run.records["pdfDocument"]} == {"Sales Invoice", "Purchase Invoice"}

    def test_a_draft_that_the_service_does_not_print_is_not_asked_for_and_no_failure(self, desk: Desk, tmp_path: Path):
        transport = DeskTransport(desk)
        run = run_at(transport, self.settings(tmp_path), select=["pdfDocument"])
        printed = {each["id"] for each in run.records["pdfDocument"] if each["file_path"]}
        drafts = {row["id"] for row in desk.company.find("purchaseInvoices") if not row.get("_posted")}
        others = {
            row["id"] for name in ("purchaseInvoices", "salesInvoices") for row in desk.company.find(name)
        } - drafts
        assert drafts
        assert printed == others
        assert len(content_requests(transport)) == len(others)

    def test_a_document_whose_stamp_moved_by_printing_alone_is_not_printed_again(self, desk: Desk, tmp_path: Path):
        run = run_at(DeskTransport(desk), self.settings(tmp_path), select=["pdfDocument"])
        one, another = [row["id"] for row in desk.company.find("salesInvoices", _posted=True)][:2]
        desk.clock.set(desk.clock() + timedelta(seconds=2))
        desk.edit("salesInvoices", one, externalDocumentNumber="printed")
        desk.clock.set(desk.clock().replace(hour=11))
        desk.edit("salesInvoices", another, externalDocumentNumber="changed")
        transport = DeskTransport(desk)
        again = run_at(transport, self.settings(tmp_path), select=["pdfDocument"])
        assert [another in url for url in content_requests(transport)] == [True]
        assert len(again.records["pdfDocument"]) == len(run.records["pdfDocument"])

    def test_printing_goes_to_the_database_that_can_be_written(self, desk: Desk, tmp_path: Path):
        transport = DeskTransport(desk)
        run_at(transport, self.settings(tmp_path), select=["pdfDocument"])
        intents = {
            request.headers.get("Data-Access-Intent")
            for request in transport.asked
            if request.url.endswith("pdfDocumentContent")
        }
        assert intents == {"ReadWrite"}


@pytest.mark.parametrize(
    ("entity_set", "text"),
    [
        ("salesInvoices", "Sales_x0020_Invoice"),
        ("projects", "Job"),
        ("purchaseReturnShipments", "Purch_x002E__x0020_Return_x0020_Shipment"),
        ("postedDirectTransfers", "Posted_x0020_Direct_x0020_Transfer"),
    ],
)
def test_a_document_is_of_the_kind_that_the_service_calls_it(entity_set: str, text: str):
    assert parent_type(entity_set) == text


def refusing(status: int, code: str, *, every: str) -> tuple[DeskTransport, deque[Any]]:
    refusal = Response(status, {}, b'{"error":{"code":"%s","message":"No."}}' % code.encode())
    asked: deque[Any] = deque()
    transport = DeskTransport(open_desk())

    def before(request: Request) -> None:
        if every in request.url:
            asked.append(request)
            transport.misfortunes.append(refusal)

    transport.before = before
    return transport, asked


def test_a_file_that_cannot_be_had_is_null_and_the_run_says_so(tmp_path: Path):
    transport, _ = refusing(400, "BadRequest", every="/attachmentContent")
    bad = transport.desk.company.find("documentAttachments")[0]["id"]
    transport, _ = refusing(400, "BadRequest", every=f"({bad})/attachmentContent")
    run = run_at(transport, config(tmp_path, "documentAttachments"), select=["documentAttachments"])
    assert "the files of 1 row of documentAttachments" in str(run.error)
    assert bad in str(run.error)
    records = {each["id"]: each for each in run.records["documentAttachments"]}
    assert len(records) == len(transport.desk.company.find("documentAttachments"))
    assert records[bad]["file_path"] is None
    assert records[bad]["fileName"]
    assert all(each["file_path"] for key, each in records.items() if key != bad)
    assert run.bookmark("documentAttachments", transport.desk.company.id) is None


def test_what_failed_comes_with_the_next_run_and_nothing_is_fetched_twice(tmp_path: Path):
    desk = open_desk()
    bad = desk.company.find("documentAttachments")[0]["id"]
    transport, _ = refusing(400, "BadRequest", every=f"({bad})/attachmentContent")
    first = run_at(transport, config(tmp_path, "documentAttachments"), select=["documentAttachments"])
    healthy = DeskTransport(desk)
    second = run_at(healthy, config(tmp_path, "documentAttachments"), select=["documentAttachments"], state=first.state)
    assert second.error is None
    assert [bad in url for url in content_requests(healthy)] == [True]
    assert all(each["file_path"] for each in second.records["documentAttachments"])


def altering(name: str, *changes: Callable[[bytes], bytes]) -> tuple[DeskTransport, list[Request], dict[str, Any]]:
    """A desk with one more thing between: it does this to the first answers with the content of a row."""
    transport = DeskTransport(open_desk())
    row = transport.desk.company.find(name)[0]
    left, asked = deque(changes), []

    def before(request: Request) -> None:
        if row["id"] in request.url and request.url.endswith("Content"):
            asked.append(request)
            if left:
                change = left.popleft()
                transport.misfortunes.append(lambda response: replace(response, body=change(response.body)))

    transport.before = before
    return transport, asked, row


def test_a_content_of_another_length_than_its_row_tells_is_asked_for_again(tmp_path: Path):
    transport, asked, row = altering("documentAttachments", lambda body: body + b" " * 30, lambda body: body[:-1])
    run = run_at(transport, config(tmp_path, "documentAttachments"), select=["documentAttachments"])
    assert run.error is None
    (record,) = [each for each in run.records["documentAttachments"] if each["id"] == row["id"]]
    assert (tmp_path / record["file_path"]).stat().st_size == record["file_bytes"] == record["byteSize"]
    assert len(asked) == 3


def test_a_content_that_is_another_each_time_is_not_taken_and_comes_with_the_next_run(tmp_path: Path):
    changes = [lambda body, more=more: body + b" " * more for more in (1, 2, 3)]
    transport, _, row = altering("documentAttachments", *changes)
    first = run_at(transport, config(tmp_path, "documentAttachments"), select=["documentAttachments"])
    assert "came 3 times, each time with another content" in str(first.error)
    records = {each["id"]: each for each in first.records["documentAttachments"]}
    assert [key for key, each in records.items() if each["file_path"] is None] == [row["id"]]
    healthy = DeskTransport(transport.desk)
    settings_ = config(tmp_path, "documentAttachments")
    second = run_at(healthy, settings_, select=["documentAttachments"], state=first.state)
    assert second.error is None
    assert [row["id"] in url for url in content_requests(healthy)] == [True]


def test_what_comes_twice_alike_is_so_whatever_its_row_tells(desk: Desk, tmp_path: Path):
    row = desk.company.find("documentAttachments")[0]
    desk.edit("documentAttachments", row["id"], byteSize=row["byteSize"] + 7)
    transport = DeskTransport(desk)
    run = run_at(transport, config(tmp_path, "documentAttachments"), select=["documentAttachments"])
    assert run.error is None
    assert [row["id"] in url for url in content_requests(transport)].count(True) == 2
    (record,) = [each for each in run.records["documentAttachments"] if each["id"] == row["id"]]
    assert record["file_bytes"] == record["byteSize"] - 7


def test_an_attachment_whose_bytes_nobody_counted_is_asked_for_once(desk: Desk, tmp_path: Path):
    row = desk.company.find("documentAttachments")[0]
    desk.edit("documentAttachments", row["id"], byteSize=0)
    transport = DeskTransport(desk)
    run = run_at(transport, config(tmp_path, "documentAttachments"), select=["documentAttachments"])
    assert run.error is None
    assert [row["id"] in url for url in content_requests(transport)].count(True) == 1


def test_a_picture_that_its_row_tells_of_is_asked_for_again_when_nothing_comes(tmp_path: Path):
    transport, asked, row = altering("pictures", lambda _: b"")
    run = run_at(transport, config(tmp_path, "pictures"), select=["pictures"])
    assert run.error is None
    assert of(run, row["id"])["file_path"] in files_of(tmp_path)
    assert len(asked) == 2


def test_a_run_that_is_killed_leaves_no_half_file_and_the_next_goes_on(tmp_path: Path):
    desk = open_desk()
    names = config(tmp_path, "documentAttachments", max_concurrent_requests=1)
    contents = {row["byteSize"] for row in desk.company.find("documentAttachments")}
    dying = DeskTransport(desk)

    def die_at_the_third(request: Request) -> None:
        if len(content_requests(dying)) > 2:
            raise Killed

    dying.before = die_at_the_third
    killed = run_at(dying, names, select=["documentAttachments"])
    assert killed.was_killed
    left = [path for path in files_of(tmp_path) if not path.startswith(".part")]
    assert len(left) == 2
    assert {(tmp_path / path).stat().st_size for path in left} <= contents
    run = run_at(DeskTransport(desk), names, select=["documentAttachments"])
    assert run.error is None
    assert files_of(tmp_path) == {each["file_path"] for each in run.records["documentAttachments"]}


def test_a_run_that_is_killed_between_files_fetches_the_others_only(tmp_path: Path):
    desk = open_desk()
    dying = DeskTransport(desk)

    def before(request: Request) -> None:
        if len(content_requests(dying)) == 4:
            raise Killed

    dying.before = before
    names = config(tmp_path, "documentAttachments", max_concurrent_requests=1)
    assert run_at(dying, names, select=["documentAttachments"]).was_killed
    assert len(files_of(tmp_path)) == 3
    healthy = DeskTransport(desk)
    run = run_at(healthy, names, select=["documentAttachments"])
    assert run.error is None
    assert len(content_requests(healthy)) == len(run.records["documentAttachments"]) - 3


def test_a_stream_whose_files_are_wanted_is_selected(desk: Desk, tmp_path: Path):
    run = run_at(DeskTransport(desk), config(tmp_path, "pictures"))
    assert "pictures" in run.records
    assert "attachments" not in run.records


def test_files_go_into_the_store_when_no_folder_is_named(desk: Desk, tmp_path: Path):
    run_at(DeskTransport(desk), {"download_media": "pictures", "store_path": str(tmp_path)}, select=["pictures"])
    assert len(files_of(tmp_path / "media")) == len(desk.company.find("pictures"))


def test_files_without_a_folder_are_refused():
    with pytest.raises(ConfigurationError, match="download_media needs a folder for the files: set media_path or"):
        TapSettings.from_config({"download_media": ["pictures"]})


def test_parents_that_a_kind_does_not_have_are_refused(desk: Desk, tmp_path: Path):
    run = run_at(DeskTransport(desk), config(tmp_path, "pdf/salesInvoce"))
    assert 'download_media names "pdf/salesInvoce", and "pdfDocument" comes with ' in str(run.error)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (["PICTURES", "pdf"], {"pictures": (), "pdf": ()}),
        ("pictures, documentattachments", {"pictures": (), "documentAttachments": ()}),
        (["pdf/salesInvoices", "pdf/salesOrders"], {"pdf": ("salesInvoices", "salesOrders")}),
        (["pdf", "pdf/salesOrders"], {"pdf": ()}),
        (["pdf/salesOrders", "pdf"], {"pdf": ()}),
    ],
)
def test_what_is_downloaded_is_a_list_of_names(value: Any, found: dict[str, Any]):
    assert TapSettings.from_config({"download_media": value, "store_path": "x"}).download_media == found


@pytest.mark.parametrize("value", [["photos"], [""], 1, [1], {"pictures": True}])
def test_a_name_that_is_none_is_refused(value: Any):
    with pytest.raises(ConfigurationError, match=r"^download_media"):
        TapSettings.from_config({"download_media": value, "store_path": "x"})


@settings(max_examples=20)
@given(st.lists(st.integers(), max_size=20), st.integers(1, 6))
def test_tasks_in_parallel_return_what_they_return_one_after_the_other(values: list[int], workers: int):
    assert in_parallel([lambda value=value: value + 1 for value in values], workers) == [each + 1 for each in values]


def test_the_first_error_of_parallel_tasks_is_raised_and_no_other_is_begun():
    begun: list[int] = []

    def task(number: int) -> None:
        begun.append(number)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        in_parallel([lambda number=number: task(number) for number in range(100)], 2)
    assert len(begun) <= 2
