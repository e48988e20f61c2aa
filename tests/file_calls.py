"""What reaches the disk, and in which order? A recording of the calls that the operating system gets."""

from __future__ import annotations

import os
import pathlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest


class FileCalls:
    """The files that were flushed to the disk, or took the place of others, in their order.

    Args:
        monkeypatch: Puts the recording in the way of the calls.
        before: Is called before each of them.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, before: Callable[[str], None] = lambda _: None) -> None:
        self._made: list[tuple[str, int]] = []
        fsync, replace = os.fsync, os.replace

        def flushed(descriptor: int) -> None:
            before("fsync")
            self._made.append(("fsync", os.fstat(descriptor).st_ino))
            fsync(descriptor)

        def replaced(source: Any, target: Any) -> None:
            before("replace")
            self._made.append(("replace", os.stat(source).st_ino))  # noqa: PTH116 - as it came
            replace(source, target)

        monkeypatch.setattr(os, "fsync", flushed)
        monkeypatch.setattr(os, "replace", replaced)
        # In Python 3.10 a path does not look the call up when it makes it.
        if (calls_of_paths := getattr(pathlib, "_NormalAccessor", None)) is not None:
            monkeypatch.setattr(calls_of_paths, "replace", staticmethod(replaced))

    def of(self, *paths: Path) -> list[tuple[str, str]]:
        """The calls, each with the name of the file that it was about, of those that are there by now."""
        names = {path.stat().st_ino: path.name for path in paths}
        return [(call, names[number]) for call, number in self._made if number in names]
