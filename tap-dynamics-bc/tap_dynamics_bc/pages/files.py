"""How do the files of a page's rows come to be on the disk, and into the rows what is known of them?

The rows of a page wait for their files. Up to five are fetched at once; the client's throttle counts them among all
other requests. What a row's file is called, how long it is and of which content goes into the row before it becomes a
record. A file that cannot be had is null there, and is left out of the page as an expansion that fails is: the run goes
on, the bookmark stays, and the run says so at its end.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from dynamics_bc_client.errors import DynamicsError, Repeat, UnexpectedAnswer
from dynamics_bc_client.odata.urls import record_path
from dynamics_bc_client.odata.values import decode_enum
from dynamics_bc_client.store_failures import at_opening
from tap_dynamics_bc.files.folder import SETTING, KeptFile
from tap_dynamics_bc.files.names import extension_of, file_path
from tap_dynamics_bc.pages.source_page import LeftOut
from tap_dynamics_bc.streams.columns import FILE_BYTES, FILE_CONTENT_TYPE, FILE_PATH, FILE_SHA256
from tap_dynamics_bc.streams.media import DRAFT, PRINTED_WHEN_POSTED, STATUS, parent_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dynamics_bc_client.client import Client, Downloaded
    from tap_dynamics_bc.files.folder import Aside, FileFolder
    from tap_dynamics_bc.pages.source_page import SourcePage
    from tap_dynamics_bc.reads.places import Place
    from tap_dynamics_bc.reads.plan import Read
    from tap_dynamics_bc.streams.media import Media

log = logging.getLogger(__name__)

PRINTING = timedelta(seconds=5)
"""How long after a PDF was sent the document's stamp may still be that of its printing: clocks tell whole seconds."""

DOWNLOADS = 3
"""How often a content is asked for that is not what its row says."""

NO_FILE = "application/octet-stream"
"""The content type that tells nothing."""

_Row: TypeAlias = "dict[str, Any]"
"""A row of a page; what is not looked into is as it came."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The file of one row.

    Attributes:
        place: The row's place.
        source_id: The key of the source's row that it came with.
        row: The row.
        parent: The row that it was read through; the row itself for a source.
        owner: The place of the row that its content is reached by.
        address: Where its content is.
        parts: What tells it apart.
    """

    place: Place
    source_id: str
    row: _Row
    parent: _Row
    owner: Place
    address: str
    parts: tuple[str, ...]

    @property
    def key(self) -> str:
        """What the folder knows it by."""
        return "/".join(self.parts)


def has_files(source: Place) -> bool:
    """Whether some of what is read with a source has files that are wanted."""
    return any(_is_wanted(place) for place in source.walk())


def _is_wanted(place: Place) -> bool:
    return place.stream.media is not None and place.selection is not None


class Files:
    """Fetches the files of pages.

    Args:
        client: Talks to the service.
        folder: Where they go.
    """

    def __init__(self, client: Client, folder: FileFolder) -> None:
        self._client = client
        self._folder = folder

    def completed(self, read: Read, page: SourcePage) -> SourcePage:
        """A page with what is known of its files, after they are on the disk.

        Raises:
            DynamicsError: Nothing can be read any more, or nothing written.
        """
        places = [place for place in read.place.walk() if _is_wanted(place)]
        if not places:
            return page
        rows = _PAGE.decode(page.body).value
        wanted = [each for place in places for each in _files(read, place, rows)]
        left_out = list(page.left_out)
        results = in_parallel(
            [lambda each=each: self._file(each) for each in wanted],  # type: ignore[misc]
            self._client.settings.max_concurrent_requests,
        )
        for each, result in zip(wanted, results, strict=True):
            if isinstance(result, DynamicsError):
                left_out.append(LeftOut(each.place.path, each.source_id, result.explained))
                result = None  # noqa: PLW2901 - a file that could not be had is none
            each.row.update(_members(result))
        return replace(page, body=_ENCODER.encode({"value": rows}), left_out=tuple(left_out))

    def _file(self, wanted: _Wanted) -> KeptFile | DynamicsError | None:
        """The file of a row, fetched unless it is there; None when it has none.

        Raises:
            DynamicsError: No other file would come either.
        """
        media = _media(wanted.place)
        if _has_none(media, wanted):
            self._folder.forget(wanted.key)
            return None
        kept = self._folder.known(wanted.key)
        mark = _mark(media, wanted)
        if kept is not None and (_is_printed(kept, wanted) if media.is_rendered else kept.mark == mark):
            return kept
        try:
            return self._fetched(media, wanted, mark)
        except OSError as error:
            path = Path(error.filename2 or error.filename or self._folder.path)
            raise at_opening(path, error, setting=SETTING, verb="written") from error
        except DynamicsError as error:
            if error.scope in {"run", "company"} or error.repeat is Repeat.LONG:
                raise
            return error

    def _fetched(self, media: Media, wanted: _Wanted, mark: str) -> KeptFile | None:
        """The file of a row, downloaded; asked for again when it is not what the row says.

        What stands in the network may shorten an answer, or add to it, and give it a length that fits. What comes twice
        alike is so, whatever the row says.

        Raises:
            UnexpectedAnswer: Each time something else came.
        """
        before = None
        for _ in range(DOWNLOADS):
            with self._folder.aside() as content:
                downloaded = self._client.download(wanted.address, content, writes=media.is_rendered)
                size, came = (0, "") if downloaded is None else (content.bytes, content.sha256)
                if came == before:
                    log.warning("%s has %d bytes, not as its row tells, and came twice so.", wanted.address, size)
                if came == before or not _is_doubtful(media, wanted, size):
                    return self._kept(wanted, content, downloaded, mark)
                before = came
        raise UnexpectedAnswer(
            f"{wanted.address} came {DOWNLOADS} times, each time with another content, and never with the one that its "
            "row tells of. Something between here and the service changes answers: look there.",
            scope="record",
        )

    def _kept(self, wanted: _Wanted, content: Aside, downloaded: Downloaded | None, mark: str) -> KeptFile | None:
        """The file of a row, on the disk; None when it has none."""
        if downloaded is None:
            self._folder.forget(wanted.key)
            return None
        media = _media(wanted.place)
        told = _text(wanted.row, media.content_type) if media.content_type else ""
        content_type = told or downloaded.content_type
        name = _text(wanted.row, media.file_name) if media.file_name else ""
        path = file_path(wanted.parts, extension_of(name, content_type))
        kind = "" if content_type == NO_FILE else content_type
        kept = KeptFile(path, mark, content.bytes, content.sha256, kind, downloaded.served_at)
        self._folder.keep(wanted.key, content, kept)
        return kept


def in_parallel(tasks: Sequence[Callable[[], Any]], workers: int) -> list[Any]:
    """What tasks return, in their order, several at once; in this thread when there is one.

    Raises:
        BaseException: The first that a task raised; what was not begun then is not begun any more.
    """
    results: list[Any] = [None] * len(tasks)
    errors: list[BaseException] = []
    waiting = deque(range(len(tasks)))

    def work() -> None:
        while waiting and not errors:
            try:
                number = waiting.popleft()
            except IndexError:
                return
            try:
                results[number] = tasks[number]()
            except BaseException as error:  # noqa: BLE001 - carried over to the thread that waits, and raised there
                errors.append(error)

    # Daemons, as all that wait for the service: whoever ends the process does not wait for an answer.
    threads = [threading.Thread(target=work, name="file", daemon=True) for _ in range(min(workers, len(tasks)) - 1)]
    for thread in threads:
        thread.start()
    work()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


# --- which files ------------------------------------------------------------------------------------------------------


def _files(read: Read, place: Place, rows: list[_Row]) -> Iterator[_Wanted]:
    """The files of the rows at a place."""
    key = read.place.stream.entity_set.type.key[0]
    company = read.target.company
    for source_row in rows:
        source_id = _text(source_row, key)
        for parent_place, parent, row in _rows_at(read.place, place, source_row):
            media = _media(place)
            row_id = _text(row, place.stream.entity_set.type.key[0])
            owner = parent_place if media.of_parent else place
            set_path = replace(read.target, entity_set=owner.stream.entity_set.name).path
            content = f"{place.navigation}/{media.content}" if media.of_parent else media.content
            address = f"{record_path(set_path, row_id)}/{content}"
            kind = (decode_enum(_text(row, "parentType")).lower().replace(" ", "-"),) if media.of_parent else ()
            parts = (place.stream.entity_set.name.lower(), "" if company is None else company.id, *kind, row_id)
            yield _Wanted(place, source_id, row, parent, owner, address, tuple(part for part in parts if part))


def _rows_at(source: Place, place: Place, source_row: _Row) -> Iterator[tuple[Place, _Row, _Row]]:
    """The rows at a place below a source's row, each with the place and the row above it; a source's is its own."""
    held = [(source, source_row, source_row)]
    above = source
    for depth in range(1, len(place.path) + 1):
        here = next(each for each in above.below if each.path == place.path[:depth])
        held = [(above, row, child) for _, _, row in held for child in _children(above, here, row)]
        above = here
    yield from held


def _children(parent: Place, place: Place, row: _Row) -> list[_Row]:
    """The rows that a row holds at a place below it, made ready to be written into."""
    media = place.stream.media
    if media is not None and media.is_rendered:
        return _made(parent, place, row)
    value = row.get(place.navigation)
    if isinstance(value, msgspec.Raw):
        value = row[place.navigation] = _ROWS.decode(value) if place.many else _ROW.decode(value)
    return value if isinstance(value, list) else [] if value is None else [value]


def _made(parent: Place, place: Place, row: _Row) -> list[_Row]:
    """The row of a document's PDF, which is not asked for: the service would print the document for it."""
    sets = parent.stream.entity_set.name
    row_id = _text(row, parent.stream.entity_set.type.key[0])
    made = {"id": row_id, "parentId": row_id, "parentType": parent_type(sets)}
    row[place.navigation] = made
    return [made]


# --- what tells -------------------------------------------------------------------------------------------------------


def _media(place: Place) -> Media:
    assert place.stream.media is not None  # nobody asks for the files of a stream that has none
    return place.stream.media


def _has_none(media: Media, wanted: _Wanted) -> bool:
    """Whether the row itself says that there is no file, or the service would not make one."""
    if media.is_rendered:
        return wanted.owner.stream.entity_set.name in PRINTED_WHEN_POSTED and _text(wanted.parent, STATUS) == DRAFT
    return bool(media.blank) and all(_text(wanted.row, name) in {"", "0"} for name in media.blank)


def _is_doubtful(media: Media, wanted: _Wanted, size: int) -> bool:
    """Whether a content of so many bytes is not the one that its row tells of.

    From the public source: the service counts the bytes of an attachment when it lists it, and leaves out the count,
    which is 0 then, when it loads a single one. A picture is told by its measures alone.
    """
    if media.size:
        return _text(wanted.row, media.size) not in {"", "0", str(size)}
    return bool(media.blank) and not size


def _mark(media: Media, wanted: _Wanted) -> str:
    """What is another text when the content is another one; it may be another one for the same content."""
    if media.is_rendered:
        return ""
    parent_stamp = _stamp(wanted) if media.of_parent else ""
    told = (_text(wanted.row, name) for name in (*media.told_by, "@odata.etag"))
    return "\n".join((parent_stamp, *told))


def _is_printed(kept: KeptFile, wanted: _Wanted) -> bool:
    """Whether the document was not changed since it was printed but by the printing itself."""
    stamp = _stamp(wanted)
    if not stamp:
        return True
    try:
        changed_at = datetime.strptime(stamp[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    except ValueError:
        return False
    return changed_at <= kept.fetched_at + PRINTING


def _stamp(wanted: _Wanted) -> str:
    """When the row that a row was read through was changed."""
    return _text(wanted.parent, wanted.owner.stream.stamp or "")


def _text(row: _Row, name: str) -> str:
    """A value as text; empty when it is null or not there."""
    value = row.get(name)
    if isinstance(value, msgspec.Raw):
        value = _VALUE.decode(value)
    return "" if value is None else str(value)


def _members(file: KeptFile | None) -> dict[str, Any]:
    """What goes into a row."""
    if file is None:
        return dict.fromkeys((FILE_PATH.name, FILE_BYTES.name, FILE_SHA256.name, FILE_CONTENT_TYPE.name))
    return {
        FILE_PATH.name: file.path,
        FILE_BYTES.name: file.bytes,
        FILE_SHA256.name: file.sha256,
        FILE_CONTENT_TYPE.name: file.content_type or None,
    }


class _Page(msgspec.Struct):
    value: list[dict[str, msgspec.Raw]]


_PAGE = msgspec.json.Decoder(_Page)
_ROWS = msgspec.json.Decoder(list[dict[str, msgspec.Raw]] | None)
_ROW = msgspec.json.Decoder(dict[str, msgspec.Raw] | None)
_VALUE = msgspec.json.Decoder(float_hook=str)
_ENCODER = msgspec.json.Encoder()
