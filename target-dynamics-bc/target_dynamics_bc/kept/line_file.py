"""How does a file grow by lines of JSON, so that none of them is ever half there for whoever reads it?

What was not written to its end when a run was killed is cut off by the next one, which says so. The file may be
replaced as a whole, by a run that has it alone: each run that appends to it holds a shared lock of the system's on it,
where the system has such locks.

In its place there may be a pipe, a device, or an output of this process (`/dev/stderr`), wherever that goes: they are
written to, and no more.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import re
import stat
from typing import IO, TYPE_CHECKING, Any

from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_client.store_failures import at_opening, matter_of
from dynamics_bc_client.store_folder import flush_folder, for_owner, is_there, make_folder
from dynamics_bc_plugin.stuck_output import Pieces, being_taken
from target_dynamics_bc.json_lines import from_json, to_json_line
from target_dynamics_bc.texts import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

try:
    import fcntl
except ImportError:  # pragma: no cover - not on Windows
    fcntl = None  # type: ignore[assignment]

log = logging.getLogger(__name__)

_BLOCK = 65536
_SHOWN = 80
_LONGEST_TOKEN = len("-Infinity")
"""What may be broken off within, and is told by where it begins."""

_STANDARD = {"/dev/stdout": 1, "/dev/stderr": 2}
_NUMBERED = re.compile(r"/(?:dev|proc/self)/fd/(\d{1,9})")


class LineFile:
    """A file that grows by lines of JSON.

    Args:
        path: The file.

    Raises:
        ConfigurationError: It cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            make_folder(path.parent)
            self._file: IO[str] = _opened(path)
        except OSError as error:
            raise at_opening(path, error, setting="the setting that names it, or store_path", verb="written") from error

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

    def close_with(self, lines: Callable[[], Iterator[str]]) -> None:
        """Bring everything to the disk, replace the content as a whole, and close the file.

        If another run has it open, or if there is no room for a second one, it stays as it is.

        Args:
            lines: The new content, with line breaks; it may read the file meanwhile.

        Raises:
            DynamicsError: What was added cannot be written.
        """
        self.flush()
        if self._is_alone():
            try:
                self._replace(lines())
            except OSError as error:
                log.warning('"%s" could not be tidied up (%s) and stays as it is.', self.path, error.strerror)
        self.close()

    def _is_alone(self) -> bool:
        if not _is_file(self.path):
            return False
        if not _locked(self._file, alone=True):
            log.warning('Another run is writing to "%s", so the file is not tidied up this time.', self.path)
            return False
        return True

    def _replace(self, lines: Iterator[str]) -> None:
        target = self.path.resolve()  # a link stays a link
        beside = target.with_name(f".{target.name}.new")
        try:
            with open(beside, "w", encoding="utf-8", errors="surrogateescape", opener=for_owner) as file:
                beside.chmod(target.stat().st_mode & 0o7777)
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise
        flush_folder(target.parent)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Say which file it is that cannot be written."""
        try:
            yield
        except OSError as error:
            follows = "what has no outcome yet is done by the next run."
            if matter_of(error) == "full":
                raise DynamicsError(
                    f'"{self.path}" cannot be written, because its disk is full; free some space, and {follows}'
                ) from error
            raise DynamicsError(f'"{self.path}" cannot be written ({error.strerror}); {follows}') from error


def mend(path: Path) -> None:
    """Cut off a last line that was not written to its end: no STATE has passed what it is about.

    One that lacks nothing but its line break was written by somebody's editor, and gets it, slips and all.

    Raises:
        OSError: The file cannot be written.
    """
    if not path.is_file():
        return
    with path.open("rb+") as file:
        begin = _begin_of_last(file)
        file.seek(begin)
        line = file.read().decode("utf-8", "surrogateescape")
        if not line:
            return
        if _is_whole(line):
            file.write(b"\n")
            return
        file.truncate(begin)
        beginning = printable(line[:_SHOWN])
        log.warning('The last line of "%s" was not written to its end, and is cut off: %s', path, beginning)


def _begin_of_last(file: IO[bytes]) -> int:
    """Where the text behind the last line break begins."""
    end = file.seek(0, os.SEEK_END)
    while end > 0:
        start = max(0, end - _BLOCK)
        file.seek(start)
        line_break = file.read(end - start).rfind(b"\n")
        if line_break >= 0:
            return start + line_break + 1
        end = start
    return 0


def _is_whole(line: str) -> bool:
    """Whether a line goes to its end: it is JSON, or has a slip of somebody's before its end."""
    try:
        from_json(line)
    except json.JSONDecodeError as error:
        is_broken_off = error.msg.startswith("Unterminated") or error.pos >= len(line) - _LONGEST_TOKEN
        return not is_broken_off
    except (ValueError, RecursionError):
        return False
    return True


def _opened(path: Path) -> IO[str]:
    """The file, to be appended to, with a shared lock on it; never one that another run is just replacing."""
    while True:
        if is_there(path) and not _is_file(path):
            return _output(path)
        file = open(path, "a", encoding="utf-8", opener=for_owner)  # noqa: SIM115 - a path opens for all
        try:
            if _locked(file, alone=True):
                mend(path)  # nobody else is just writing that line
            _locked(file, alone=False)
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        except BaseException:
            file.close()
            raise
        file.close()


def _output(path: Path) -> IO[str]:
    """A pipe or a device; the first opens when somebody reads it. Of an output of this process, that itself.

    Opened once more, a file that the shell has sent it to would be written over from where the process is in it.
    """
    number = _number_of_output(path)
    with being_taken():
        pieces = Pieces(path, "a", opener=for_owner if number is None else lambda _path, _flags: os.dup(number))
    return io.TextIOWrapper(io.BufferedWriter(pieces), encoding="utf-8")


def _is_file(path: Path) -> bool:
    return path.is_file() and _number_of_output(path) is None


def _number_of_output(path: Path) -> int | None:
    if str(path) in _STANDARD:
        return _STANDARD[str(path)]
    found = _NUMBERED.fullmatch(str(path))
    return None if found is None else int(found[1])


def _locked(file: IO[str], *, alone: bool) -> bool:
    """Take a lock on a file: one that others may share, or none if anybody else has one.

    Where the system, or the network drive, has no such locks, the file counts as nobody else's.
    """
    try:
        if fcntl is not None:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
