"""Where are rejected records kept, so that they can be sent again and none is ever lost?

The dead letter file is a Singer file with each rejected record once. When it is the input itself, what is rejected
again goes into a second file beside it, which takes its place when the whole input has been carried through: a replay
that is killed, or breaks off, leaves it as it was.
"""

from __future__ import annotations

import contextlib
import logging
import os
import stat
from typing import IO, TYPE_CHECKING, Any

from dynamics_bc_client.errors import ConfigurationError, DynamicsError
from target_dynamics_bc.identity import hash_of
from target_dynamics_bc.texts import from_json, to_json_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

log = logging.getLogger(__name__)

_BLOCK = 65536


class LineFile:
    """A file that grows by lines of JSON.

    Args:
        path: The file.
        anew: Begin with an empty one.

    Raises:
        ConfigurationError: It cannot be written.
    """

    def __init__(self, path: Path, *, anew: bool = False) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not anew:
                mend(path)
            self._file: IO[str] = path.open("w" if anew else "a", encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(
                f'"{path}" cannot be written ({error.strerror}); check outcomes_path and dead_letter_path.'
            ) from error

    def write(self, content: Mapping[str, Any]) -> None:
        """Add a line; it is safe after the next `flush`.

        Raises:
            DynamicsError: It cannot be written.
        """
        with self._explained():
            self._file.write(to_json_line(content))

    def flush(self) -> None:
        """Bring everything to the disk.

        Raises:
            DynamicsError: It cannot be written.
        """
        with self._explained():
            self._file.flush()
            if stat.S_ISREG(os.fstat(self._file.fileno()).st_mode):  # a pipe or a device has no disk to go to
                os.fsync(self._file.fileno())

    def close(self) -> None:
        """Bring everything to the disk, and close the file.

        Raises:
            DynamicsError: It cannot be written.
        """
        try:
            self.flush()
        finally:
            with contextlib.suppress(OSError):  # what could not be written, flush has told
                self._file.close()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Say which file it is that cannot be written."""
        try:
            yield
        except OSError as error:
            raise DynamicsError(
                f'"{self.path}" cannot be written ({error.strerror}); what has no outcome yet is done by the next run.'
            ) from error


def mend(path: Path) -> None:
    """Cut off a last line that was not written to its end: no STATE has passed what it is about.

    Raises:
        OSError: The file cannot be written.
    """
    if not path.is_file():
        return
    with path.open("rb+") as file:
        end = file.seek(0, os.SEEK_END)
        while end > 0:
            start = max(0, end - _BLOCK)
            file.seek(start)
            line_break = file.read(end - start).rfind(b"\n")
            if line_break >= 0 or start == 0:
                file.truncate(start + line_break + 1)
                return
            end = start


class DeadLetters:
    """The dead letter file of a run.

    Args:
        path: The file.
        source: What is known of the input's file.

    Raises:
        ConfigurationError: It cannot be written.
    """

    def __init__(self, path: Path, source: os.stat_result | None = None) -> None:
        self._path = path
        self._before = path.stat() if is_input(path, source) else None
        self._file = LineFile(path.with_name(f"{path.name}.replay"), anew=True) if self._before else LineFile(path)
        self._schemas: dict[str, Mapping[str, Any]] = {}
        self._described: set[str] = set()
        self._buried: set[tuple[str, str]] | None = None

    def describe(self, stream: str, schema_message: Mapping[str, Any]) -> None:
        """Keep a stream's SCHEMA: the file needs it to be a Singer file."""
        self._schemas[stream] = schema_message
        self._described.discard(stream)

    def bury(self, stream: str, record: Mapping[str, Any], reason: Mapping[str, Any]) -> None:
        """Keep a rejected record with why, when and in which run it was rejected, unless it is there already."""
        key = stream, hash_of(record)
        if self._buried is None:
            self._buried = set() if self._before else set(_letters(self._path))
        if key in self._buried:
            return
        self._buried.add(key)
        if stream not in self._described and stream in self._schemas:
            self._file.write(self._schemas[stream])
            self._described.add(stream)
        self._file.write({"type": "RECORD", "stream": stream, "record": record, **reason})

    def flush(self) -> None:
        """Bring everything to the disk.

        Raises:
            DynamicsError: It cannot be written.
        """
        self._file.flush()

    def close(self, *, replayed: bool) -> None:
        """Bring everything to the disk, and close the file.

        Args:
            replayed: The whole input has been carried through; if it was this file, it is replaced.

        Raises:
            DynamicsError: It cannot be written.
        """
        self._file.close()
        if self._before is None:
            return
        with contextlib.suppress(OSError):
            if replayed and _is_unchanged(self._path, self._before):
                self._file.path.replace(self._path)
            elif replayed:
                log.warning(
                    '"%s" has grown meanwhile and stays as it is; replay it again. What was rejected is in "%s", too.',
                    self._path,
                    self._file.path,
                )
            else:
                self._file.path.unlink()


def known_input(source: IO[str], path: Path | None) -> os.stat_result | None:
    """What the system knows of the input, if it is a file of it; the dead letter file is mended before it is read."""
    try:
        known = os.fstat(source.fileno())
    except (OSError, ValueError):
        return None
    if path is not None and is_input(path, known):
        with contextlib.suppress(OSError):  # whoever may only read it does so
            mend(path)
    return known


def is_input(path: Path, source: os.stat_result | None) -> bool:
    """Whether the file is the one that is read."""
    try:
        return source is not None and path.is_file() and os.path.samestat(path.stat(), source)
    except OSError:
        return False


def _is_unchanged(path: Path, before: os.stat_result) -> bool:
    now = path.stat()
    return (now.st_ino, now.st_size, now.st_mtime_ns) == (before.st_ino, before.st_size, before.st_mtime_ns)


def _letters(path: Path) -> Iterator[tuple[str, str]]:
    """Stream and hash of the records that are in the file; what cannot be read is none of them."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            with contextlib.suppress(ValueError, RecursionError, AttributeError, KeyError):
                message = from_json(line)
                if message.get("type") == "RECORD":
                    yield message["stream"], hash_of(message["record"])
