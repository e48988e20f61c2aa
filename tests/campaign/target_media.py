"""Files of records that bring others along: attachments of documents, uploaded by a process under attack.

Each record of the file that may have some gets attachments, by content and by path, of up to some hundred kilobytes. In
the end each is there once, and as it was sent.
"""

from __future__ import annotations

import base64
import json
import random
from typing import TYPE_CHECKING, Any

from books.documents import POSTED
from campaign import target_processes
from campaign.befallen import note
from campaign.target_processes import ProcessLife
from judged import expect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from books.asked import Asked
    from campaign.proxy import BreakingProxy
    from tap.desk_runs import DeskTransport

    from tests.target.conftest import Piped

SIZES = (1, 4_000, 60_000, 300_000)
HOLD_FILES = frozenset({"Bills", *POSTED})


def file(seed: int) -> dict[str, Any]:
    """The life of a seed."""
    chance = random.Random(f"files {seed}")
    sizes = [[chance.choice(SIZES), chance.choice(("content", "path"))] for _ in range(20)]
    return {**target_processes.file(seed), "files": sizes}


class FilesLife(ProcessLife):
    """A life whose records bring files along.

    Attributes:
        sent: The content of each file, by its name.
        missing: Files of which an outcome has said that somebody posted their document before they had arrived.
    """

    def __init__(self, told: dict[str, Any], folder: Path, proxy: Callable[[Any], BreakingProxy]) -> None:
        super().__init__(told, folder, proxy)
        self.sent: dict[str, bytes] = {}
        self.missing: set[str] = set()
        self._attachments = folder / "attachments"
        self._attachments.mkdir()
        sizes = iter(told["files"])
        for asked in self.file:
            if asked.stream in HOLD_FILES and not asked.is_bad and asked.place is not None:
                self._attach(asked, *next(sizes))

    def _attach(self, asked: Asked, size: int, how: str) -> None:
        name = f"{asked.name}.pdf"
        content = self.sent[name] = f"%PDF-1.7 of {asked.name}".encode().ljust(size, b".")
        note(f"an attachment by {how}")
        told: dict[str, Any] = {"name": name, "content": base64.b64encode(content).decode()}
        if how == "path":
            (self._attachments / name).write_bytes(content)
            told = {"path": name}
        asked.record["attachments"] = [told]
        asked.files = (name,)

    def settings_for(self, told: dict[str, Any], twin: int) -> dict[str, Any]:
        return {**super().settings_for(told, twin), "attachments_path": str(self._attachments)}

    def _run(self, transport: DeskTransport | None) -> Piped | None:
        piped = super()._run(transport)
        paths = (self.folder / name for name in ("outcomes.jsonl", "twin.jsonl"))
        for line in (line for path in paths if path.exists() for line in path.read_text().splitlines()):
            outcome = json.loads(line) if line.endswith("}") else {"errors": ()}
            if any(error["code"] == "file_missing" for error in outcome["errors"]):
                self.missing.add(f"{outcome['external_id']}.pdf")
        return piped

    def live(self) -> Any:
        counts = super().live()
        self.check_contents()
        return counts

    def check_contents(self) -> None:
        """Each file of a document is there once, and as it was sent.

        The service also takes a file for a draft that somebody has deleted a moment before; nobody ever sees that one.
        """
        documents = {row["id"] for name in POSTED for row in self.desk.company.find(name)}
        for name, content in self.sent.items():
            attached = self.desk.company.find("documentAttachments", fileName=name)
            rows = [row for row in attached if row["parentId"] in documents]
            expect(len(rows) < 2, "doubled", f"{name} is there {len(rows)} times")
            for row in rows:
                found = self.desk.ask("GET", f"documentAttachments({row['id']})/attachmentContent").body
                if name in self.missing and name.removesuffix(".pdf") in self.clerk.posted:
                    continue
                expect(found == content, "half", f"{name} has {len(found or b'')} bytes of {len(content)}")


def write(told: dict[str, Any], folder: Path) -> int:
    """One life of it; gives how often the target ran."""
    return target_processes.write(told, folder, FilesLife)
