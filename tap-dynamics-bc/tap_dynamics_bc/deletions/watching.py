"""Which keys does a read bring, noted while its records are written?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tap_dynamics_bc.deletions.page_keys import PageKeys
from tap_dynamics_bc.deletions.watched import key_reader, single_text
from tap_dynamics_bc.streams.stamps import order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from msgspec import Raw

    from tap_dynamics_bc.deletions.watched import Watched
    from tap_dynamics_bc.records.emitting import Note
    from tap_dynamics_bc.records.encoding import Step


class Watch:
    """Notes the keys of all rows that an emitter meets.

    Args:
        watched: The places that are watched, by their path; the source is always one of them.
        ceiling: Rows of this moment or later are going to be read again, as a stamp.
        put_down: Takes the keys of a page.
    """

    def __init__(
        self,
        watched: Mapping[tuple[str, ...], Watched],
        *,
        ceiling: str,
        put_down: Callable[[Iterable[PageKeys]], None],
    ) -> None:
        self._watched = watched
        self._ceiling = order(ceiling)
        self._put_down = put_down
        self._pages = {path: PageKeys(each.number) for path, each in watched.items()}
        self._root = ""

    def note_of(self, step: Step) -> Note | None:
        """What notes the rows of a step."""
        path = step.place.path
        if path not in self._watched:
            return None
        watched, page = self._watched[path], self._pages[path]
        attribute = single_text(step, watched)
        if path and attribute is not None:
            return self._note_guid_below(attribute, page)
        if path:
            return self._note_below(key_reader(step, watched), page)
        with_moment = step.kind == "moment" and step.stamp is not None
        if attribute is not None:
            return self._note_guid(attribute, page, always=not watched.emitted, with_moment=with_moment)
        return self._note_source(key_reader(step, watched), page, always=not watched.emitted, with_moment=with_moment)

    def end_page(self) -> None:
        """Put down what was noted."""
        pages = self._pages.values()
        self._put_down(pages)
        for page in pages:
            page.clear()

    def _note_guid(self, attribute: str, page: PageKeys, *, always: bool, with_moment: bool) -> Note:
        """Of the source's rows, where one GUID is all of their key: most rows of a run come here."""
        flat, with_root, met, recent, ceiling = page.flat, page.with_root, page.met, page.recent, self._ceiling

        def note(row: Any, stamp: Any, _: Raw | None, wanted: bool) -> None:
            value = getattr(row, attribute)
            self._root = key = value.lower()
            if not (wanted or always):
                met.append(key)
            elif key == value:
                flat.append(key)
            else:
                with_root.append((key, None, msgspec.json.encode([value]).decode()))
            if with_moment and stamp is not None and stamp[:-1] >= ceiling:
                recent.append((key, order(stamp)))

        return note

    def _note_source(
        self,
        read: Callable[[Any, Raw | None], tuple[str, str | None]],
        page: PageKeys,
        *,
        always: bool,
        with_moment: bool,
    ) -> Note:
        """Of the source's rows with any other key."""

        def note(row: Any, stamp: Any, parent_id: Raw | None, wanted: bool) -> None:
            key, rest = read(row, parent_id)
            self._root = key
            if not (wanted or always):
                page.met.append(key)
            elif rest is None:
                page.flat.append(key)
            else:
                page.with_root.append((key, None, rest))
            if with_moment and stamp is not None and stamp[:-1] >= self._ceiling:
                page.recent.append((key, order(stamp)))

        return note

    def _note_guid_below(self, attribute: str, page: PageKeys) -> Note:
        """Of rows that came with a row of the source, where one GUID is all of their key."""
        with_root, met = page.with_root, page.met

        def note(row: Any, _: Any, __: Raw | None, wanted: bool) -> None:
            value = getattr(row, attribute)
            key = value.lower()
            if wanted:
                with_root.append((key, self._root, None if key == value else msgspec.json.encode([value]).decode()))
            else:
                met.append(key)

        return note

    def _note_below(self, read: Callable[[Any, Raw | None], tuple[str, str | None]], page: PageKeys) -> Note:
        """Of rows that came with a row of the source."""

        def note(row: Any, _: Any, parent_id: Raw | None, wanted: bool) -> None:
            key, rest = read(row, parent_id)
            if wanted:
                page.with_root.append((key, self._root, rest))
            else:
                page.met.append(key)

        return note
