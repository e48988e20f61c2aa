"""How do files come to be on the disk: whole, once for each content, and known by the next run?

Content is written aside and renamed when it is whole and flushed, so that a reader, a crash or a kill meets the old
file or the new one. What is there, and of which content, stands in a database beside the files. A file that somebody
else removed or made longer or shorter is downloaded again.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import tempfile
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_client.store_database import Consequences, StoreDatabase
from dynamics_bc_client.store_failures import at_opening
from dynamics_bc_client.store_folder import StoreFolder, flush_folder, make_folder

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

    from typing_extensions import Self

    from dynamics_bc_client.errors import Scope

SETTING = "media_path"
INDEX = "media.sqlite"
ASIDE = ".part"
_TABLE = (
    "create table if not exists files (key text primary key, path text not null, mark text not null, "
    "bytes integer not null, sha256 text not null, content_type text not null, fetched_at text not null) without rowid"
)
_CONSEQUENCES = Consequences(
    when_damaged="Remove it: everything is downloaded again.",
    when_lost="the next run downloads what is not there yet.",
    setting=SETTING,
)


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that is on the disk.

    Attributes:
        path: Below the folder, with slashes.
        mark: What told that its content was this one.
        bytes: Its length.
        sha256: Of its content, in hexadecimal.
        content_type: Its MIME type; empty when nobody named one.
        fetched_at: When the service sent it, by its own clock.
    """

    path: str
    mark: str
    bytes: int
    sha256: str
    content_type: str
    fetched_at: datetime


class NoRoom(DynamicsError):  # noqa: N818 - what is said of the disk
    """The disk has no room for a file that says how long it is; there may be room for others."""

    scope: Scope = "record"


class Aside:
    """Content on its way: a sink of the client's.

    Args:
        file: Where it is written.
        path: The file's own path.
        room: Sees that there is room for so many bytes.
    """

    def __init__(self, file: IO[bytes], path: Path, room: Callable[[Aside, int], None]) -> None:
        self.bytes = 0
        self.path = path
        self.announced_bytes = 0
        self._file = file
        self._room = room
        self._hash = hashlib.sha256()

    @property
    def to_come(self) -> int:
        """Bytes that were announced and are not there yet."""
        return max(self.announced_bytes - self.bytes, 0)

    def begin(self, announced_bytes: int = 0) -> None:
        """Forget what came so far.

        Raises:
            NoRoom: There is none for what is announced.
        """
        self._file.seek(0)
        self._file.truncate()
        self.bytes = self.announced_bytes = 0
        self._hash = hashlib.sha256()
        self._room(self, announced_bytes)

    def write(self, piece: bytes) -> None:
        """Take the next piece."""
        self._file.write(piece)
        self._hash.update(piece)
        self.bytes += len(piece)

    def flush(self) -> None:
        """Have all of it on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    @property
    def sha256(self) -> str:
        """Of what has come, in hexadecimal."""
        return self._hash.hexdigest()


class FileFolder:
    """The folder of files that are downloaded; one run at a time, its threads together.

    Args:
        path: The folder; made when it is opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._aside = path / ASIDE
        self._lock = threading.Lock()
        self._root = path
        self._on_their_way: set[Aside] = set()
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Take the folder.

        Raises:
            ConfigurationError: Another run has it, or it cannot be written to.
        """
        with contextlib.ExitStack() as open_:
            open_.enter_context(StoreFolder(self.path, setting=SETTING).lock("media"))
            self._root = self.path.resolve()
            try:
                self._clear()
            except OSError as error:
                raise at_opening(self._aside, error, setting=SETTING, verb="written to") from error
            self._index = StoreDatabase(self.path / INDEX, _prepare, _CONSEQUENCES, takes_turns=True)
            open_.callback(self._index.close)
            self._open = open_.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._open.close()

    def _clear(self) -> None:
        """Remove what a run that was killed has left on its way.

        Raises:
            OSError: It cannot be removed, or is somebody else's.
        """
        if self._aside.is_symlink():
            raise OSError(errno.ELOOP, "It is a link", str(self._aside))
        make_folder(self._aside)
        for left in self._aside.iterdir():
            left.unlink()

    def known(self, key: str) -> KeptFile | None:
        """The file of a key; None when there is none, or not the one that was written.

        Raises:
            DynamicsError: The database of files cannot be used any more.
        """
        with self._lock:
            rows = self._index.ask(
                "select path, mark, bytes, sha256, content_type, fetched_at from files where key = ?", (key,)
            )
        if not rows:
            return None
        path, mark, size, sha256, content_type, fetched_at = rows[0]
        with self._index.understood():
            kept = KeptFile(path, mark, size, sha256, content_type, datetime.fromisoformat(fetched_at))
        with contextlib.suppress(OSError):
            if self._is_inside(kept.path) and (self.path / kept.path).stat().st_size == kept.bytes:
                return kept
        return None

    @contextlib.contextmanager
    def aside(self) -> Iterator[Aside]:
        """A place for content on its way; it is gone afterwards, unless it was kept.

        Raises:
            OSError: There is no room.
        """
        descriptor, name = tempfile.mkstemp(dir=self._aside)
        try:
            with os.fdopen(descriptor, "wb") as file:
                content = Aside(file, Path(name), self._make_room)
                try:
                    yield content
                finally:
                    with self._lock:
                        self._on_their_way.discard(content)
        finally:
            Path(name).unlink(missing_ok=True)

    def _make_room(self, content: Aside, announced_bytes: int) -> None:
        """Set room aside for content that begins, beside what others on their way have announced.

        Raises:
            NoRoom: There is not so much.
        """
        with self._lock:
            free = _free_bytes(self._aside)
            room = None if free is None else free - sum(each.to_come for each in self._on_their_way - {content})
            if room is not None and announced_bytes > room:
                raise NoRoom(
                    f'A file of {announced_bytes:,} bytes is not downloaded: the disk of "{self.path}" has room for '
                    f"{max(room, 0):,}. Free some space, or set {SETTING} to a folder on a larger disk."
                )
            content.announced_bytes = announced_bytes
            self._on_their_way.add(content)

    def keep(self, key: str, content: Aside, file: KeptFile) -> None:
        """Let content become the file of a key, in place of what it had; not written again if it is the same.

        Raises:
            OSError: There is no room.
            DynamicsError: The database of files cannot be used any more.
        """
        before = self.known(key)
        if before is None or (before.path, before.sha256, before.bytes) != (file.path, file.sha256, file.bytes):
            if not self._is_inside(file.path):
                raise OSError(errno.ELOOP, "A link leads out of the folder", str(self.path / file.path))
            self._put(content, self.path / file.path)
            if before is not None and before.path != file.path:
                self._remove(before.path)
        values = (key, file.path, file.mark, file.bytes, file.sha256, file.content_type, file.fetched_at.isoformat())
        with self._lock, self._index.transaction() as cursor:
            cursor.execute("insert or replace into files values (?, ?, ?, ?, ?, ?, ?)", values)

    def forget(self, key: str) -> None:
        """Remove the file of a key: the service has none any more.

        Raises:
            DynamicsError: The database of files cannot be used any more.
        """
        if (kept := self.known(key)) is not None:
            self._remove(kept.path)
        with self._lock, self._index.transaction() as cursor:
            cursor.execute("delete from files where key = ?", (key,))

    def _is_inside(self, path: str) -> bool:
        """Whether a path, as an index holds it, stays below the folder, links and all; others are not put by us."""
        if Path(path).is_absolute() or ".." in Path(path).parts:
            return False
        folder = (self.path / path).parent.resolve()
        return folder == self._root or self._root in folder.parents

    def _put(self, content: Aside, path: Path) -> None:
        content.flush()
        make_folder(path.parent)
        content.path.replace(path)
        flush_folder(path.parent)

    def _remove(self, path: str) -> None:
        with contextlib.suppress(OSError):
            (self.path / path).unlink()


def _free_bytes(folder: Path) -> int | None:
    """How many bytes a disk has room for; None when it does not tell."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return usage.free if usage.total else None


def _prepare(database: sqlite3.Connection) -> None:
    """Make the table; what a power cut takes back is downloaded again."""
    database.execute("pragma synchronous = normal")
    database.execute(_TABLE)
