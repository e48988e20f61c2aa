"""Which keys does a page bring, and in which shapes are they put down? Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

FLAT, WITH_ROOT, MET = range(3)
"""Shapes of what is put down: keys; lists of key, root and rest; keys that came and were not emitted this time."""


class PageKeys:
    """The keys that one page brings for one place.

    Attributes:
        place: The place's number.
        flat: Keys of the source's rows.
        with_root: Keys with the source's row that they came with, and with the rest of their values.
        met: Keys of rows that came and were not emitted this time.
        recent: Keys with the moments of rows that are going to be read twice.
    """

    __slots__ = ("flat", "met", "place", "recent", "with_root")

    def __init__(self, place: int) -> None:
        self.place = place
        self.flat: list[str] = []
        self.with_root: list[tuple[str, str | None, str | None]] = []
        self.met: list[str] = []
        self.recent: list[tuple[str, str]] = []

    def bodies(self, *, emitted_alone: bool = False) -> Iterator[tuple[int, int, str]]:
        """What is to be put down: place, shape and text.

        Args:
            emitted_alone: Without the rows that are not emitted.
        """
        shapes = ((FLAT, self.flat), (WITH_ROOT, self.with_root), (MET, [] if emitted_alone else self.met))
        for shape, keys in shapes:
            if keys:
                yield self.place, shape, msgspec.json.encode(keys).decode()

    def clear(self) -> None:
        """Begin another page."""
        for each in (self.flat, self.with_root, self.met, self.recent):
            each.clear()
