"""Do files that are attached hold what a record's files hold?

An attachment shows its name and its size alone. Where both are a wanted file's, what it holds is read, once: its
SHA-256 is remembered, as is that of every file that was sent. Of what cannot be read name and size tell.
A picture shows nothing of what it holds, and may be another one by the next run: it is read once in each run.
"""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.errors import DynamicsError, RecordNotFound
from target_dynamics_bc.writing.files import OF_ATTACHMENT, PICTURE_SHA256, SHA256, picture_of
from target_dynamics_bc.writing.writes import Address

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dynamics_bc_client.client import Client
    from target_dynamics_bc.kept.memory import Memory
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.unit import Unit
    from target_dynamics_bc.writing.writes import Write

log = logging.getLogger(__name__)


class Contents:
    """Knows what attachments hold.

    Args:
        client: Reads them.
        memory: Remembers what they hold.
        checkpoint: Called before every request; raises when the run is to stop.
    """

    def __init__(self, client: Client, memory: Memory, checkpoint: Callable[[], None]) -> None:
        self._client = client
        self._memory = memory
        self._checkpoint = checkpoint
        self._pictures: dict[tuple[str, str], str | None] = {}
        self._doubtful: set[tuple[str, str]] = set()

    def completed(self, unit: Unit, answers: Mapping[str, list[Row]]) -> dict[str, list[Row]]:
        """The answers about a unit, with the hash of each attachment that a file of its may be.

        Raises:
            DynamicsError: The whole run cannot go on.
        """
        if any(file.is_picture for file in unit.wanted.files):
            answers = {key: [self._with_picture(unit, row) for row in rows] for key, rows in answers.items()}
        wanted = {(file.name, file.size) for file in unit.wanted.files if not file.is_picture}
        name = unit.kind.attachments
        if not wanted or not name:
            return dict(answers)
        return {key: [self._with_hashes(unit, row, name, wanted) for row in rows] for key, rows in answers.items()}

    def note(self, company_id: str, write: Write, sha256: str) -> None:
        """Remember what was sent as an attachment."""
        assert write.content is not None, "what is noted is the content of a file"
        if write.content.is_picture:
            self._pictures[company_id, write.address.path(company_id).lower()] = sha256
        elif write.address.parent is not None:
            self._memory.note_content(company_id, write.address.parent.id.lower(), write.content.size, sha256)

    def doubt(self, company_id: str, write: Write) -> None:
        """Forget what a picture holds that may have been written although the service did not say so."""
        self._pictures.pop((company_id, write.address.path(company_id).lower()), None)
        self._doubtful.add((company_id, write.address.path(company_id).lower()))

    def _with_picture(self, unit: Unit, row: Row) -> Row:
        """A row with the hash of its picture; of one that this run has made it knows that there is none."""
        company_id = unit.books.id
        address = picture_of(Address(unit.kind.entity_set, str(row.get("id") or "")))
        key = company_id, address.path(company_id).lower()
        if key not in self._pictures and (not unit.created or key in self._doubtful):
            content = self._read(company_id, address)
            self._pictures[key] = digest(content) if content else None
        return {**row, PICTURE_SHA256: self._pictures.get(key)}

    def _with_hashes(self, unit: Unit, row: Row, name: str, wanted: set[tuple[str, int]]) -> Row:
        if name not in row:
            lines = row.get(unit.kind.entity_set)
            nested = [self._with_hashes(unit, line, name, wanted) for line in lines or ()]
            return row if lines is None else {**row, unit.kind.entity_set: nested}
        files = [
            {**file, SHA256: self._hash_of(unit, name, file)}
            if (file.get("fileName"), file.get("byteSize")) in wanted
            else file
            for file in row[name]
        ]
        return {**row, name: files}

    def _hash_of(self, unit: Unit, name: str, file: Mapping[str, Any]) -> str | None:
        company_id, id_, size = unit.books.id, str(file["id"]).lower(), int(file["byteSize"])
        known = self._memory.content(company_id, id_, size)
        if known is not None:
            return known
        content = self._read(company_id, Address(name, id_).below(OF_ATTACHMENT))
        if content is None or len(content) != size:
            return None  # somebody else's answer, such as a proxy's page, says nothing of what it holds
        known = digest(content)
        self._memory.note_content(company_id, id_, size, known)
        return known

    def _read(self, company_id: str, address: Address) -> bytes | None:
        self._checkpoint()
        path = address.path(company_id)
        try:
            return self._client.request("GET", path, headers={"Accept": "*/*"}).body
        except DynamicsError as error:
            if error.scope == "run":
                raise
            log.log(
                logging.DEBUG if isinstance(error, RecordNotFound) else logging.WARNING,
                "What %s holds cannot be read, so it is not compared: %s",
                path,
                error,
            )
            return None


def digest(content: bytes) -> str:
    """The SHA-256 of what a file holds."""
    return hashlib.sha256(content).hexdigest()
