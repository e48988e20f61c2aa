"""Pictures, attachments and PDFs that the tap downloads as a process: killed, starved of disk, and misled meanwhile.

What a run tells of a file is so when it tells it: the file is whole on the disk. In the end the folder holds the
content of each row as the service has it, and nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import struct
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from campaign.attacks import attack, clock_due, clock_for, send_signals, signal_due
from campaign.befallen import note
from campaign.disks import small_disk
from campaign.processes import CODES, Ended, Run, note_twins, start
from campaign.proxy import BreakingProxy, orders_of, patience_for
from campaign.served import config_for, served
from emulator.in_process import open_desk
from judged import expect
from tap.desk_runs import DeskTransport, TapAtTheDesk, desk_config
from tap.destination import Destination

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.in_process import Desk

ATTACHED = ("documentAttachments", "attachments")
STREAMS = ("pictures", "documentAttachments", "attachments", "pdfDocument")
MEDIA = ("pictures", "documentAttachments", "attachments", "pdf/salesInvoices")
KEPT = {"salesInvoices": 3, "items": 5, "customers": 2, "vendors": 2, "employees": 1, "contacts": 2}
"""How many rows are left of what has files."""
WHAT = ("network", "network", "signal", "signal", "moment", "disk", "disk", "disk", "disk", "file", "twin", "output")
SIZES = (1, 3_000, 70_000, 200_000)
REQUESTS = 60


def media(seed: int) -> dict[str, Any]:
    """The life of a seed: what people put there before each run, and what befalls it."""
    chance = random.Random(f"media {seed}")
    runs = []
    for _ in range(chance.choice((1, 2, 3))):
        told = attack(chance, requests=REQUESTS, output_bytes=20_000, what=WHAT)
        if "kilobytes" in told:
            told["kilobytes"] = chance.choice((0, 4, 60, 60, 200, 200, 400, 400))
        runs.append({**told, "put": [_put(chance) for _ in range(chance.randrange(1, 5))]})
    return {"runs": runs, "workers": chance.choice((1, 5)), "put": [_put(chance) for _ in range(3)]}


def _put(chance: random.Random) -> list[Any]:
    name = chance.choice(("documentAttachments", "documentAttachments", "attachments", "pictures"))
    return [name, chance.randrange(5), chance.choice(SIZES), chance.randrange(256)]


def png(width: int, size: int) -> bytes:
    """What begins as a picture does."""
    head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, 1) + b"\x08\x06\0\0\0"
    return head + bytes(size)


@cache
def catalog() -> dict[str, Any]:
    """A catalog that selects what has files."""
    config = desk_config(download_media=list(MEDIA), media_path="files")
    tap = TapAtTheDesk(config=config, transport=DeskTransport(open_desk()))
    found = tap.catalog_dict
    for entry in found["streams"]:
        root = next(each for each in entry["metadata"] if not each["breadcrumb"])
        root["metadata"]["selected"] = entry["tap_stream_id"] in STREAMS
    return found


def small_desk() -> Desk:
    """A desk with a few rows of what has files."""
    desk = open_desk()
    company, store = desk.company, desk.service.store
    gone = {row["id"]: name for name, count in KEPT.items() for row in company.find(name)[count:]}
    gone |= {row["id"]: name for name in ATTACHED for row in company.find(name) if row["parentId"] in gone}
    for row_id, name in gone.items():
        store.put_line(company.id, name, row_id, None)
    return desk


class Downloads:
    """A company with files, a folder, and a tap that fills it."""

    def __init__(self, told: dict[str, Any], folder: Path) -> None:
        self.told = told
        self.folder = folder
        self.files = folder / "files"
        self.desk = small_desk()
        self.destination = Destination()
        self.starts = 0

    def live(self) -> int:
        """All of it; gives how often the tap ran."""
        (self.folder / "catalog.json").write_text(json.dumps(catalog()))
        with contextlib.ExitStack() as around:
            self.proxy = BreakingProxy(around.enter_context(served(self.desk)))
            around.callback(self.proxy.close)
            for told in self.told["runs"]:
                self._put(told["put"])
                self._run(told)
            self._put(self.told["put"])
            (ended,) = self._run({"orders": {}})
            expect(ended.code == 0, "lost", f"a run that nothing befell failed: {ended.errors[-800:]}")
            self.check_files()
        return self.starts

    def _put(self, puts: list[Any]) -> None:
        """People put other content into some rows."""
        self.desk.clock.advance(timedelta(minutes=31))
        for name, which, size, value in puts:
            if name == "pictures":
                item = self.desk.company.find("items")[which]["id"]
                path, content = f"items({item})/picture/pictureContent", png(value + 1, size)
            else:
                rows = self.desk.company.find(name)
                path, content = f"{name}({rows[which % len(rows)]['id']})/attachmentContent", bytes([value]) * size
            answered = self.desk.ask("PATCH", path, content)
            assert answered.status < 300, answered

    # --- runs ---

    def _run(self, told: dict[str, Any]) -> list[Ended]:
        with contextlib.ExitStack() as around:
            if "kilobytes" in told:
                if around.enter_context(small_disk(self.files, told["kilobytes"])):
                    note("a small disk for downloads")
                else:
                    told = {**told, "file_bytes": 1_000 * (told["kilobytes"] + 1)}
            runs = [self._started(told) for _ in range(2 if told.get("twin") else 1)]
            note_twins(runs)
            self.proxy.begin(orders_of({int(n): name for n, name in told["orders"].items()}), self._around(told, runs))
            send_signals(told, runs)
            ended = [run.ended(self.proxy.secrets) for run in runs]
            self.proxy.settle()
            for each in ended:
                expect(each.code in CODES, "tracebacks", f"exit code {each.code}: {each.errors[-800:]}")
            for each in ended:
                self._load(each, is_alone=len(ended) == 1)
        expect(not self.proxy.trapped, "untrue", f"another host was called: {self.proxy.trapped}")
        return ended

    def _started(self, told: dict[str, Any]) -> Run:
        self.starts += 1
        settings: dict[str, Any] = {
            "download_media": list(MEDIA),
            "media_path": str(self.files),
            "max_concurrent_requests": self.told["workers"],
            **patience_for(told["orders"]),
        }
        arguments = ["--catalog", str(self.folder / "catalog.json")]
        if self.destination.states:
            (self.folder / "state.json").write_text(json.dumps(self.destination.states[-1]))
            arguments += ["--state", str(self.folder / "state.json")]
        loader = told.get("loader")
        return start(
            "tap-dynamics-bc",
            self.folder,
            config_for(self.proxy.url, **settings),
            *arguments,
            name=f"{self.starts}",
            loader=(loader[0], loader[1]) if loader else None,
            stdout=told.get("stdout", ""),
            file_bytes=told.get("file_bytes", 0),
            clock=clock_for(told, self.folder),
        )

    def _around(self, told: dict[str, Any], runs: list[Run]) -> Any:
        def around(number: int, is_done: bool) -> None:
            clock_due(told, self.folder, number, is_done=is_done)
            if signal_due(told, runs[0], number, is_done=is_done):
                note("a signal while files are downloaded")

        return around

    def _load(self, ended: Ended, *, is_alone: bool) -> None:
        """Take what a run wrote; each file that it speaks of is on the disk."""
        output = ended.whole_lines
        self.destination.load(output)
        for line in output.splitlines() if is_alone else ():
            told = json.loads(line)
            if told["type"] == "RECORD" and told["record"].get("file_path"):
                check_told(self.files, told["record"])

    # --- what holds ---

    def check_files(self) -> None:
        """Each content is in its file, and no other file is there."""
        told = set()
        for stream in ATTACHED:
            records = {record["id"]: record for record in self.destination.tables[stream].values()}
            for row in self.desk.company.find(stream):
                content = self.desk.ask("GET", f"{stream}({row['id']})/attachmentContent").body
                self._check_content(records.get(row["id"], {}), content or b"")
        for record in self.destination.tables["pictures"].values():
            if record["file_path"] and str(record["parentType"]) == "Item":
                content = self.desk.ask("GET", f"items({record['id']})/picture/pictureContent").body
                self._check_content(record, content)
        for table in self.destination.tables.values():
            told |= {record["file_path"] for record in table.values() if record.get("file_path")}
        there = {
            str(path.relative_to(self.files))
            for path in self.files.rglob("*")
            if path.is_file() and not path.name.startswith("media.")
        }
        expect(there <= told, "orphans", f"files that no record speaks of: {sorted(there - told)[:5]}")

    def _check_content(self, record: dict[str, Any], content: Any) -> None:
        if content:
            path = self.files / (record.get("file_path") or "nowhere")
            expect(path.is_file(), "lost", f"{record} has no file")
            found = path.read_bytes()
            is_so = found == bytes(content) or may_be_taken(record, found, self.proxy.posing)
            expect(is_so, "untrue", f"{path.name} has another content than the service")


def may_be_taken(record: dict[str, Any], found: bytes, posing: set[str]) -> bool:
    """Whether a file is what somebody on the way sent whole in the service's place, as nobody can tell.

    The answer has a length that fits and no sum of its content. A row tells how long an attachment is, and of a picture
    only how wide and high: longer or shorter content of an attachment has to be noticed.
    """
    is_of_its_length = len(found) == record.get("byteSize", len(found))
    return is_of_its_length and hashlib.sha256(found).hexdigest() in posing


def check_told(folder: Path, record: dict[str, Any]) -> None:
    """What a record says of its file is so.

    Raises:
        BrokenPromiseError: It is not.
    """
    path = folder / record["file_path"]
    expect(path.is_file(), "lost", f"{record['file_path']} is told and not there")
    content = path.read_bytes()
    expect(len(content) == record["file_bytes"], "half", f"{path.name} has {len(content)} bytes: {record}")
    expect(hashlib.sha256(content).hexdigest() == record["file_sha256"], "untrue", f"{path.name}: {record}")


def live(told: dict[str, Any], folder: Path) -> int:
    """One life of a seed; gives how often the tap ran."""
    return Downloads(told, folder).live()
