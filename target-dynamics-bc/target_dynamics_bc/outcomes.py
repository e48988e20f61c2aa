"""What became of each record, and who is told?

Every record has exactly one outcome. It is a line in the outcomes file and a line of the log; a rejected record also
goes into the dead letter file, which is a Singer file that can be piped in again. Both are on the disk before any
STATE passes the record.
"""

from __future__ import annotations

import contextlib
import logging
import os
import stat
from collections import Counter
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Literal

from dynamics_bc_client.errors import ConfigurationError, DynamicsError
from target_dynamics_bc.faults import is_undecided
from target_dynamics_bc.texts import to_json_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from target_dynamics_bc.faults import Fault

log = logging.getLogger(__name__)

Kind = Literal["created", "updated", "unchanged", "existing", "posted", "deleted", "rejected"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record.

    Attributes:
        stream: The stream it came in.
        position: Its place in the input, counted from 1.
        kind: `created`, `updated`, `unchanged` (looked up, nothing differs), `existing` (the ledger says that it is
            done; nothing was asked), `posted`, `deleted` or `rejected`.
        entity: The sink's name; the stream's where there is no sink for it.
        draft: It was left as a draft that somebody has to post.
        faults: Why it was rejected.
    """

    stream: str
    position: int
    kind: Kind
    entity: str
    external_id: str | None = None
    company_id: str | None = None
    id: str | None = None
    number: str | None = None
    hash: str = ""
    draft: bool = False
    faults: tuple[Fault, ...] = ()

    @property
    def undecided(self) -> bool:
        """Rejected for now only: the record is to be sent again as it is."""
        return self.kind == "rejected" and is_undecided(self.faults)

    def to_json(self) -> dict[str, Any]:
        """The line of the outcomes file."""
        return {
            "stream": self.stream,
            "position": self.position,
            "external_id": self.external_id,
            "company_id": self.company_id,
            "outcome": self.kind,
            "id": self.id,
            "number": self.number,
            "hash": self.hash,
            "errors": [fault.to_json() for fault in self.faults],
        }

    def __str__(self) -> str:
        if self.kind == "rejected":
            name = self.external_id or self.number or f"record {self.position}"
            return f"rejected {self.entity} {name}: {' '.join(fault.message for fault in self.faults)}"
        return " ".join(text for text in (self.kind, self.entity, self.number, self.id) if text)


@dataclass(slots=True)
class Tally:
    """How many records came to what, by entity."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    drafts: Counter[str] = field(default_factory=Counter)
    undecided: int = 0

    def add(self, outcome: Outcome) -> None:
        """Count an outcome."""
        self.counts.setdefault(outcome.entity, Counter())[outcome.kind] += 1
        self.undecided += outcome.undecided
        if outcome.draft:
            self.drafts[outcome.entity] += 1

    def note_reference(self, stream: str) -> None:
        """Count a record that is not written and has no outcome: others refer to it."""
        self.counts.setdefault(stream, Counter())["reference"] += 1

    @property
    def rejected(self) -> int:
        """Records that were rejected."""
        return sum(counter["rejected"] for counter in self.counts.values())

    def drafts_left(self) -> str:
        """What is left to be posted; empty when nothing is."""
        if not self.drafts:
            return ""
        parts = ", ".join(f"{count} {entity}" for entity, count in self.drafts.items())
        return f"Left as drafts, to be posted in Business Central: {parts}"


class Recorder:
    """Writes outcomes and dead letters to the disk.

    Args:
        outcomes_path: The outcomes file; None for none.
        dead_letter_path: The dead letter file; None for none.
        listener: Is told of every outcome besides.
        source: What is known of the input's file. If it is the dead letter file itself, that one is moved aside first:
            what is rejected again must not be read again.

    Raises:
        ConfigurationError: A file cannot be written.
    """

    def __init__(
        self,
        outcomes_path: Path | None,
        dead_letter_path: Path | None,
        *,
        listener: Callable[[Outcome], None] | None = None,
        source: os.stat_result | None = None,
    ) -> None:
        self.tally = Tally()
        self._listener = listener
        self._outcomes = _opened(outcomes_path)
        if dead_letter_path is not None and source is not None:
            _move_aside(dead_letter_path, source)
        self._dead_letters = _opened(dead_letter_path)
        self._schemas: dict[str, Mapping[str, Any]] = {}
        self._described: set[str] = set()

    def describe(self, stream: str, schema_message: Mapping[str, Any]) -> None:
        """Keep a stream's SCHEMA: the dead letter file needs it to be a Singer file."""
        self._schemas[stream] = schema_message
        self._described.discard(stream)

    def record(self, outcome: Outcome, record: Mapping[str, Any]) -> None:
        """Put an outcome where it belongs. It is safe on the disk after the next `flush`."""
        self.tally.add(outcome)
        log.log(logging.WARNING if outcome.kind == "rejected" else logging.INFO, "%s", outcome)
        if self._outcomes is not None:
            _write_line(self._outcomes, outcome.to_json())
        if outcome.kind == "rejected" and self._dead_letters is not None:
            self._bury(outcome, record, self._dead_letters)
        if self._listener is not None:
            self._listener(outcome)

    def flush(self) -> None:
        """Bring everything to the disk.

        Raises:
            DynamicsError: A file cannot be written.
        """
        for file in (self._outcomes, self._dead_letters):
            if file is not None:
                with _explained(file):
                    file.flush()
                    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # a pipe or a device has no disk to go to
                        os.fsync(file.fileno())

    def close(self) -> None:
        """Bring everything to the disk and close the files.

        Raises:
            DynamicsError: A file cannot be written.
        """
        try:
            self.flush()
        finally:
            for file in (self._outcomes, self._dead_letters):
                if file is not None:
                    with contextlib.suppress(OSError):  # what could not be written, flush has told
                        file.close()

    def _bury(self, outcome: Outcome, record: Mapping[str, Any], file: IO[str]) -> None:
        if outcome.stream not in self._described and outcome.stream in self._schemas:
            _write_line(file, self._schemas[outcome.stream])
            self._described.add(outcome.stream)
        errors = [fault.to_json() for fault in outcome.faults]
        _write_line(file, {"type": "RECORD", "stream": outcome.stream, "record": record, "errors": errors})


def _opened(path: Path | None) -> IO[str] | None:
    if path is None:
        return None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f'"{path}" cannot be written ({error.strerror}); check outcomes_path and dead_letter_path.'
        ) from error


def _move_aside(path: Path, source: os.stat_result) -> None:
    with contextlib.suppress(FileNotFoundError):
        if os.path.samestat(path.stat(), source):
            path.replace(path.with_name(f"replayed-{path.name}"))


def _write_line(file: IO[str], content: Mapping[str, Any]) -> None:
    with _explained(file):
        file.write(to_json_line(content))


@contextlib.contextmanager
def _explained(file: IO[str]) -> Iterator[None]:
    """Say which file it is that cannot be written."""
    try:
        yield
    except OSError as error:
        raise DynamicsError(
            f'"{file.name}" cannot be written ({error.strerror}); what has no outcome yet is done by the next run.'
        ) from error
