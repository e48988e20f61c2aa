"""Which kinds of runs are there, what does each try, and how many of a hundred are of it?

A kind makes a plan from a seed, without looking anywhere, and carries it out. Adding one is a row.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from campaign import (
    days,
    tap_lives,
    tap_media,
    tap_processes,
    tap_tokens,
    target_files,
    target_jobs,
    target_letters,
    target_media,
    target_places,
    target_processes,
    target_tokens,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TAP, TARGET = "tap", "target"


@dataclass(frozen=True)
class Kind:
    """Runs that try the same.

    Attributes:
        name: What a person calls it.
        side: Whose promises are attacked.
        share: Its weight among the kinds of its side.
        plan: From a seed, something that JSON can hold and that says all there is to say.
        carry_out: Does it in a folder of its own; gives how many times a program of ours ran.
        seconds: How long one may take.
        is_cheap: Whether it needs no process but its own.
    """

    name: str
    side: str
    share: int
    plan: Callable[[int], Any]
    carry_out: Callable[[Any, Path], int]
    seconds: float = 120.0
    is_cheap: bool = True


LIVES = Kind("lives of a source and its destination", TAP, 89, tap_lives.life, tap_lives.live)
LIVES_WITH_PROCESSES = Kind(
    "lives with processes", TAP, 21, tap_processes.life, tap_processes.live, seconds=240, is_cheap=False
)
LIVES_OF_TOKENS = Kind("lives behind a token endpoint", TAP, 8, tap_tokens.life, tap_tokens.live)
DOWNLOADS = Kind("downloads", TAP, 8, tap_media.media, tap_media.live, seconds=240, is_cheap=False)
DAYS = Kind("eight hours of half-hourly runs", TAP, 1, days.day, days.live, seconds=240)
FILES = Kind("files under misfortunes", TARGET, 45, target_files.file, target_files.write)
ANSWERED_FILES = Kind("files under any answer", TARGET, 45, target_files.answered_file, target_files.write_answered)
FILES_WITH_PROCESSES = Kind(
    "files with processes", TARGET, 21, target_processes.file, target_processes.write, seconds=240, is_cheap=False
)
FILES_OF_TOKENS = Kind("files behind a token endpoint", TARGET, 8, target_tokens.file, target_tokens.write)
PLACES = Kind("several companies and environments", TARGET, 5, target_places.runs, target_places.live)
JOBS = Kind("HotGlue jobs", TARGET, 6, target_jobs.file, target_jobs.write, seconds=240, is_cheap=False)
UPLOADS = Kind("uploads", TARGET, 4, target_media.file, target_media.write, seconds=240, is_cheap=False)
LETTERS = Kind(
    "replay and resolve", TARGET, 5, target_letters.letters, target_letters.live, seconds=240, is_cheap=False
)
DAYS_OF_RECORDS = Kind("eight hours of records every half hour", TARGET, 1, days.day, days.live, seconds=240)
ALL = (
    LIVES,
    LIVES_OF_TOKENS,
    LIVES_WITH_PROCESSES,
    DOWNLOADS,
    DAYS,
    FILES,
    ANSWERED_FILES,
    FILES_OF_TOKENS,
    PLACES,
    FILES_WITH_PROCESSES,
    JOBS,
    LETTERS,
    UPLOADS,
    DAYS_OF_RECORDS,
)
KINDS = {kind.name: kind for kind in ALL}


def kind_of(side: str, seed: int, *, cheap: bool = False) -> Kind:
    """The kind of a seed; only of those that need no process if `cheap`."""
    kinds = [each for each in KINDS.values() if each.side == side and (each.is_cheap or not cheap)]
    return random.Random(f"{side} {seed}").choices(kinds, [each.share for each in kinds])[0]


def shown(kind: Kind, seed: int) -> str:
    """A plan as it is printed."""
    return f"{kind.name}, seed {seed}\n{json.dumps(kind.plan(seed), indent=1, default=str)}"
