"""What outlives a run, and how do two runs keep out of each other's way?

Files are written whole or not at all: into a temporary file of the same folder, flushed to the disk, then renamed
over the old one. What is made is for its owner alone, as it holds tokens and a company's books; a file or folder that
is there already keeps the permissions that somebody gave it. Locks are the operating system's own, so that a run that
was killed leaves none behind.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import sqlite3
import stat
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.store_failures import at_opening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

try:
    import fcntl
except ImportError:  # pragma: no cover - not on Windows
    fcntl = None  # type: ignore[assignment]

OWNER_ONLY = 0o600
OWNERS_FOLDER = 0o700
POLL_SECONDS = 0.05


class StoreFolder:
    """One folder for tokens, ledger and known keys; made when something is first put into it.

    Args:
        path: The folder.
        setting: The setting that names it, for messages.
        sleep: Waits a number of seconds.
    """

    def __init__(self, path: Path, *, setting: str = "store_path", sleep: Callable[[float], None] = time.sleep) -> None:
        self.path = path
        self.setting = setting
        self._sleep = sleep

    def read(self, name: str) -> bytes | None:
        """The content of a file; None when there is none.

        Raises:
            ConfigurationError: It is there and cannot be read.
        """
        try:
            return _content(self.path / name)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise at_opening(self.path / name, error, setting=self.setting, verb="read") from error

    def check(self) -> None:
        """Make the folder and try it: on network drives and read-only mounts permissions alone do not tell.

        Raises:
            ConfigurationError: It cannot be made or written to.
        """
        try:
            make_folder(self.path)
            with tempfile.TemporaryFile(dir=self.path):
                pass
        except OSError as error:
            raise at_opening(self.path, error, setting=self.setting, verb="written to") from error

    def write_atomically(self, name: str, content: bytes, mode: int = OWNER_ONLY) -> None:
        """Replace a file as a whole.

        Raises:
            ConfigurationError: The folder cannot be written to.
        """
        try:
            make_folder(self.path)
            replace_file(self.path / name, content, mode)
        except OSError as error:
            raise at_opening(self.path / name, error, setting=self.setting, verb="written") from error

    @contextlib.contextmanager
    def lock(self, kind: str = "store", *, wait_seconds: float = 0.0) -> Iterator[None]:
        """Keep other runs from the same kind of file while the block runs.

        Args:
            kind: What is locked, such as `ledger` or `token`; different kinds do not exclude each other.
            wait_seconds: How long to wait for another run to let go.

        Raises:
            ConfigurationError: Another run still holds it, or the folder cannot be written to.
        """
        path = self.path / f"{kind}.lock"
        release = self._acquire(path, wait_seconds)
        try:
            yield
        finally:
            release()

    def _acquire(self, path: Path, wait_seconds: float) -> Callable[[], None]:
        take = _take_file_lock if fcntl is not None else _take_database_lock
        for _ in range(math.ceil(wait_seconds / POLL_SECONDS)):
            release = self._attempt(take, path)
            if release is not None:
                return release
            self._sleep(POLL_SECONDS)
        release = self._attempt(take, path)
        if release is None:
            raise ConfigurationError(
                f'Another run is using "{self.path}". '
                f"Wait until it has ended, or give this run a {self.setting} of its own."
            )
        return release

    def _attempt(self, take: Callable[[Path], Callable[[], None] | None], path: Path) -> Callable[[], None] | None:
        try:
            make_folder(self.path)
            return take(path)
        except OSError as error:
            raise at_opening(path, error, setting=self.setting, verb="written") from error


def _content(path: Path) -> bytes:
    """What a file holds, and no pipe or device that has no end.

    Raises:
        OSError: It is no file, or cannot be read.
    """
    with open(path, "rb", opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "It is not a file", str(path))
        return file.read()


def _without_waiting(path: str, flags: int) -> int:
    """Open a file; a pipe in its place would keep whoever opens it waiting."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def make_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing, for their owner alone.

    Raises:
        OSError: It cannot be made.
    """
    if not path.parent.exists():
        make_folder(path.parent)
    path.mkdir(mode=OWNERS_FOLDER, exist_ok=True)


def is_there(path: Path) -> bool:
    """Whether there is anything at a path; also where nobody may look, so that whoever opens it then says why."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def for_owner(path: str, flags: int) -> int:
    """Open a file, which is for its owner alone if it is made: an `opener` of `open`."""
    return os.open(path, flags, OWNER_ONLY)


@contextlib.contextmanager
def for_owner_alone() -> Iterator[None]:
    """Files and folders that are made inside are for their owner alone, also those that the code of others makes.

    The mask belongs to the whole process, so that other threads make theirs as these meanwhile.
    """
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def replace_file(path: Path, content: bytes, mode: int | None = None) -> None:
    """Replace a file so that a reader, or a crash, meets the old content or the new one and never a part.

    Args:
        path: The file; it need not exist.
        content: All of its new content.
        mode: Its permissions; those of the old file, or of the owner alone, when None.

    Raises:
        OSError: The folder cannot be written to.
    """
    target = path.resolve()  # a link stays a link
    if mode is None:
        mode = target.stat().st_mode & 0o7777 if target.exists() else OWNER_ONLY
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
    flush_folder(target.parent)


def flush_folder(folder: Path) -> None:
    """Make the rename itself last; not every system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _take_file_lock(path: Path) -> Callable[[], None] | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, OWNER_ONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return lambda: os.close(descriptor)  # closing lets go


def _take_database_lock(path: Path) -> Callable[[], None] | None:
    """Where the system has no `flock`: SQLite locks a file on every system, and its lock too ends with its holder."""
    connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        connection.close()
        return None
    return connection.close
