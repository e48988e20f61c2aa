"""Where are rejected records kept, so that they can be tried again and none is ever lost?

The dead letter file is a Singer file with each rejected record once. A run only adds to it. What has been written
since, or was tried once more, is put right when the run ends, in one go: a run that is killed leaves all it found.
Of lines that hold the same record of the same stream the last one counts.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from target_dynamics_bc.identity import hash_of
from target_dynamics_bc.json_lines import from_json, to_json_line
from target_dynamics_bc.kept.line_file import LineFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

log = logging.getLogger(__name__)

LetterKey: TypeAlias = tuple[str, str]
"""Stream and hash of a rejected record."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A record that a run rejected.

    Attributes:
        stream: Its stream.
        record: As it came; what should be an object may be anything.
        key: What it is known by in the file.
        rejected_at: When it was rejected the last time that it came, in UTC; empty when the file does not say, and for
            one that somebody has corrected in the file since, which is as new as can be.
        came: When it came the last time, as the memory counts; 0 where `rejected_at` is empty or the file is older.
        attempts: How often it was rejected, tries of later runs included.
        properties: The names of the properties that the SCHEMA in front of it has.
    """

    stream: str
    record: Any
    key: LetterKey
    rejected_at: str = ""
    came: int = 0
    attempts: int = 1
    properties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of a record that was tried once more, and rejected.

    Attributes:
        reason: What the file says of that.
        counts: It was decided: an outage is no attempt.
    """

    reason: Mapping[str, Any]
    counts: bool


class DeadLetters:
    """The dead letter file of a run.

    Attributes:
        unreadable: How many of its lines could not be read when its letters were asked for.

    Args:
        path: The file.

    Raises:
        ConfigurationError: It cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = LineFile(path)
        self._size_before = path.stat().st_size if path.is_file() else 0
        self._schemas: dict[str, Mapping[str, Any]] = {}
        self._described: set[str] = set()
        self._attempts: dict[LetterKey, int] | None = None
        self._buried: set[LetterKey] = set()
        self._watched: set[LetterKey] = set()
        self._done: set[LetterKey] = set()
        self._outdone: dict[LetterKey, LetterKey] = {}
        self._tried: dict[LetterKey, Attempt] = {}
        self.unreadable = 0
        self._is_untidy = self._is_named = False

    def describe(self, stream: str, schema_message: Mapping[str, Any]) -> None:
        """Keep a stream's SCHEMA: the file needs it to be a Singer file."""
        self._schemas[stream] = schema_message
        self._described.discard(stream)

    def bury(self, stream: str, record: Mapping[str, Any], reason: Mapping[str, Any]) -> None:
        """Keep a rejected record of the input with why, when and in which run it was rejected.

        One that is there already counts from now on as the last that came of its kind.

        Raises:
            DynamicsError: The file cannot be written.
        """
        key = stream, hash_of(record)
        self._done.discard(key)
        self._outdone.pop(key, None)
        if key in self._buried:
            return
        self._buried.add(key)
        before = self._known().get(key, 0)
        self._is_untidy |= before > 0
        if stream not in self._described and stream in self._schemas:
            self._file.write(self._schemas[stream])
            self._described.add(stream)
        attempts = {"attempts": before + 1} if before else {}
        line = {"type": "RECORD", "stream": stream, "record": record, "hash": key[1], **reason, **attempts}
        self._file.write(line)

    def letters(self) -> Iterator[Letter]:
        """What earlier runs left here, in the order in which it came; from now on it is noted what becomes of it."""
        if not self._is_named:
            self._is_named = True
            self._name_unreadable()
        for _, letter in self._lines(self._size_before):
            if letter is not None:
                self._watched.add(letter.key)
                yield letter

    def watch(self, newer: LetterKey, older: LetterKey) -> None:
        """Take the older of two versions of a record out of the file when the newer one is done."""
        self._watched.add(newer)
        self._outdone[older] = newer

    def drop(self, key: LetterKey) -> None:
        """Take a record out of the file: a newer version of it has been written."""
        self._done.add(key)

    def note_attempt(self, stream: str, record: Mapping[str, Any], attempt: Attempt) -> None:
        """Note that a record that is not of the input was rejected again.

        Raises:
            DynamicsError: The file cannot be written.
        """
        key = stream, hash_of(record)
        if key in self._known():
            self._tried[key] = attempt
        else:
            self.bury(stream, record, attempt.reason)

    def settle(self, key: LetterKey) -> None:
        """Note that a record is done; that takes it out of the file."""
        if key in self._watched or key in self._buried:
            self._done.add(key)

    def attempts(self, key: LetterKey) -> int:
        """How often a record was rejected before; 0 for one that was not."""
        return self._known().get(key, 0) if key in self._watched else 0

    def flush(self) -> None:
        """Bring everything to the disk.

        Raises:
            DynamicsError: It cannot be written.
        """
        self._file.flush()

    def close(self, *, tidy: bool) -> None:
        """Bring everything to the disk, and close the file.

        Args:
            tidy: Take out what is done, and note what was tried once more.

        Raises:
            DynamicsError: It cannot be written.
        """
        if tidy and (self._is_untidy or self._done or self._tried):
            self._file.close_with(self._tidied)
        else:
            self._file.close()

    # --- the file as it is, and as it is to be ---------------------------------------------------------------

    def _known(self) -> dict[LetterKey, int]:
        """How often each record of the file was rejected when the run began."""
        if self._attempts is None:
            self._attempts = {}
            for letter in self._read(self._size_before):
                self._is_untidy |= letter.key in self._attempts
                self._attempts[letter.key] = letter.attempts
        return self._attempts

    def _name_unreadable(self) -> None:
        """Say which lines hold neither a record nor a schema, by a slip of whoever corrected one, say."""
        for number, (line, letter) in enumerate(_lines(self.path, self._size_before), 1):
            if letter is None and line.strip() and _schema(line) is None:
                self.unreadable += 1
                log.warning(
                    'Line %d of "%s" cannot be read, so it is not tried again and stays: correct it, or take it out.',
                    number,
                    self.path,
                )

    def _read(self, size: int) -> Iterator[Letter]:
        return (letter for _, letter in _lines(self.path, size) if letter is not None)

    def _lines(self, size: int | None = None) -> Iterator[tuple[str, Letter | None]]:
        """Lines with the letter that each holds; of several with the same record the last one alone."""
        last = {letter.key: place for place, (_, letter) in enumerate(_lines(self.path, size)) if letter is not None}
        for place, (line, letter) in enumerate(_lines(self.path, size)):
            if letter is None or last[letter.key] == place:
                yield line, letter

    def _tidied(self) -> Iterator[str]:
        """The lines that the file is to have; a SCHEMA only in front of what needs it, and once."""
        pending: dict[str, str] = {}
        written: dict[str, str] = {}
        for line, letter in self._lines():
            schema = _schema(line) if letter is None else None
            if schema is not None:
                pending[str(schema["stream"])] = line
            elif letter is None:
                yield line
            elif not self._is_done(letter.key):
                before = pending.pop(letter.stream, "")
                if before and before != written.get(letter.stream):
                    written[letter.stream] = before
                    yield before
                yield self._put_right(line, letter)

    def _is_done(self, key: LetterKey) -> bool:
        seen = set()
        while key not in self._done and key in self._outdone and key not in seen:
            seen.add(key)
            key = self._outdone[key]
        return key in self._done

    def _put_right(self, line: str, letter: Letter) -> str:
        attempt = self._tried.get(letter.key)
        if attempt is None:
            return line
        message = from_json(line)
        tried = {"tried_at": attempt.reason.get("at", ""), "tried_in": attempt.reason.get("run_id", "")}
        count = letter.attempts + attempt.counts
        return to_json_line(
            {**message, "hash": letter.key[1], "errors": attempt.reason.get("errors", []), "attempts": count, **tried}
        )


def has_letters(path: Path) -> bool:
    """Whether there is anything in the file; also where nobody may look, so that whoever opens it says why."""
    try:
        return path.stat().st_size > 0
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True


def is_input(path: Path | None, source: IO[str]) -> bool:
    """Whether the file is the one that is read."""
    try:
        known = os.fstat(source.fileno())
        return path is not None and path.is_file() and os.path.samestat(path.stat(), known)
    except (OSError, ValueError):
        return False


def _lines(path: Path, size: int | None) -> Iterator[tuple[str, Letter | None]]:
    """Lines of a dead letter file, up to a place in it, and the letter that each holds; None for none."""
    properties: dict[str, tuple[str, ...]] = {}
    if not path.is_file():
        return
    with path.open("rb") as file:
        read = 0
        for raw in file:
            read += len(raw)
            if size is not None and read > size:
                return
            line = raw.decode("utf-8", "surrogateescape")
            message = _message(line)
            if message.get("type") == "SCHEMA" and isinstance(schema := message.get("schema"), Mapping):
                properties[str(message.get("stream"))] = tuple(schema.get("properties") or ())
            yield line, _letter(message, properties)


def _message(line: str) -> Mapping[str, Any]:
    """A line as a message; an empty one for what is none."""
    with contextlib.suppress(ValueError, RecursionError):
        message = from_json(line)
        if isinstance(message, Mapping):
            return message
    return {}


def _letter(message: Mapping[str, Any], properties: Mapping[str, tuple[str, ...]]) -> Letter | None:
    record: Any = message.get("record")
    stream, attempts = message.get("stream"), message.get("attempts")
    if message.get("type") != "RECORD" or not isinstance(stream, str):
        return None
    try:
        key = stream, hash_of(record)
    except (ValueError, RecursionError):
        return None
    if message.get("hash") not in (None, key[1]):  # somebody has corrected it
        return Letter(stream, record, key, properties=properties.get(stream, ()))
    return Letter(
        stream,
        record,
        key,
        str(message.get("at") or ""),
        came if isinstance(came := message.get("came"), int) else 0,
        attempts if isinstance(attempts, int) and attempts > 0 else 1,
        properties.get(stream, ()),
    )


def _schema(line: str) -> Mapping[str, Any] | None:
    message = _message(line)
    is_one = message.get("type") == "SCHEMA" and isinstance(message.get("stream"), str)
    is_whole = isinstance(message.get("schema"), Mapping) and isinstance(message.get("key_properties") or [], list)
    return message if is_one and is_whole else None
