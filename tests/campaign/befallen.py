"""What befell a run, by name, so that it can be counted in how many runs each thing did?

What attacks says so when it strikes, and not when a plan is drawn: a run may be over before its turn comes.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_RUNS: list[set[str]] = []
"""What befell the run that is tried; empty when none is."""


def note(name: str) -> None:
    """Something befalls the run."""
    for befallen in _RUNS:
        befallen.add(name)


def record_name(stream: str, *, has_store: bool) -> str:
    """What a record of a stream is counted as."""
    return f"record: {stream}, {'with' if has_store else 'without'} a store"


@contextlib.contextmanager
def befalling() -> Iterator[set[str]]:
    """The names of what befalls the block, as they come."""
    befallen: set[str] = set()
    _RUNS.append(befallen)
    try:
        yield befallen
    finally:
        _RUNS.remove(befallen)
