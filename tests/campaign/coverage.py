"""In how many runs of a campaign did each thing befall one, and what was attacked too seldom?"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from books.misfortunes import WHAT as MISFORTUNES
from campaign import target_jobs, target_processes, tokens
from campaign.answers import BODIES, BROKEN, MOMENTS, SPOILED, STATUSES, UNREAD, WAITS
from campaign.processes import AT_ANY_TIME, SIGNALS
from campaign.proxy import RAW
from campaign.tap_lives import KINDS as MACHINES
from campaign.tap_lives import MOVES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from campaign.trying import Tried

ENOUGH = 12
"""In so many runs each thing is to happen in a campaign of a thousand of either side."""
SIGNALLED = (
    *(f"{moment} the work of a {what}" for what in ("request", "token request") for moment in ("before", "behind")),
    "between two requests",
    AT_ANY_TIME,
)
KILLED = ("before", "behind")
LOADERS = ("closes", "blocks", "stops")
ALONE = (
    "files that may not grow",
    "output: /dev/full",
    "two processes on one store",
    "somebody else works on the drafts",
    "token endpoint: a broken wire",
    *(f"clock: {how}{when}" for how in ("ahead", "behind") for when in ("", " in the middle of a run")),
    "clock: right in the middle of a run",
    "a store for two environments",
    "a store for each environment",
    "another environment's store is refused",
    "a small disk for downloads",
    "a signal while files are downloaded",
    "an attachment by content",
    "an attachment by path",
    "job: of the tap",
    "a refresh token is replaced",
    "job: a store beside the snapshots",
    "job: no store beside the snapshots",
    "job: nothing is kept",
    "command: run",
    "command: replay",
    "command: resolve",
)


def named() -> frozenset[str]:
    """Everything that a campaign attacks with, by name."""
    return frozenset(
        (
            *(f"answer: {status} {moment} the work" for status in STATUSES for moment in _moments(status)),
            *(f"waiting time: {wait}" for wait in WAITS),
            *(f"body: {body}" for body in BODIES),
            *(f"answer: {name}" for name in (*SPOILED, *BROKEN)),
            *(f"wire: {name}" for name in RAW),
            *(f"signal: {number.name} {moment}" for number in SIGNALS.values() for moment in SIGNALLED),
            *(f"killed {moment} the work of a request" for moment in KILLED),
            *(f"loader: {then}" for then in LOADERS),
            *(f"disk: {kilobytes} kB left" for kilobytes in (0, 4, 8, 16, 32, 64, 128)),
            *(f"full disk below the {file}" for file in target_processes.FILES),
            *(f"input: {how}" for how in target_processes.INPUTS),
            *(f"misfortune: {name}" for name in MISFORTUNES),
            *(f"token endpoint: {name}" for name in tokens.MISFORTUNES),
            *(f"token refused {when}" for when in tokens.REVOKED),
            *(f"job: its {how} is kept" for how in target_jobs.KEEPS if how != "nothing"),
            *(f"move: {name}" for name in MOVES),
            *(f"machine: {name}" for name in MACHINES),
            *ALONE,
        )
    )


def _moments(status: int) -> tuple[str, ...]:
    return MOMENTS[:1] if str(status) in UNREAD else MOMENTS


def counted(results: Iterable[Tried]) -> Counter[str]:
    """In how many runs each thing happened."""
    return Counter(name for each in results for name in each.befallen)


def seldom(counts: Mapping[str, int], runs: int) -> dict[str, int]:
    """What happened too seldom for so many runs of both sides together, with how often."""
    enough = ENOUGH * runs / 2000
    records = {name for name in counts if name.startswith("record: ")}
    return {name: counts.get(name, 0) for name in sorted(named() | records) if counts.get(name, 0) < enough}
