"""What may befall a run of a process, as a plan tells it?"""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from books.life import LATE_FOR
from campaign.answers import BROKEN, any_answer
from campaign.befallen import note
from campaign.clocks import set_ahead
from campaign.processes import SIGNALS
from campaign.proxy import RAW

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence
    from pathlib import Path

    from campaign.processes import Run
    from emulator.in_process import Desk

HOURS = (-26, -5, -0.5, 0.25, 0.5, 5, 26)
"""How far a clock may be ahead."""
WHAT = (*["network"] * 3, *["signal"] * 3, "moment", *["loader"] * 2, *["disk"] * 3, "file", "output", "twin")
OF_STORES, OF_DISKS = frozenset({"disk", "twin"}), frozenset({"disk", "file"})
"""What befalls only who keeps something, and what befalls a disk."""
LONGEST = 1.2
"""Seconds after which most runs have ended."""
STOPPED_SECONDS = 2.0
"""When whoever waits for a loader that has stopped, or for more records, is told to end."""


def any_order(chance: random.Random) -> str:
    """What becomes of an answer on its way."""
    # Whole answers of any kind are given at the desk, too; wires break here alone.
    if chance.random() < 0.85:
        return chance.choice(sorted(RAW))
    return chance.choice(BROKEN[:2]) if chance.random() < 0.1 else any_answer(chance)


def _number(chance: random.Random, requests: int, *, signing_in: float = 0.12) -> int:
    """Of a request that something befalls; now and then one of the token endpoint."""
    if chance.random() < signing_in:
        return -chance.choice((1, 1, 1, 2))
    return chance.randrange(1, chance.choice((8, requests)))


def applicable(what: tuple[str, ...], *, has_store: bool, refreshes: bool = False) -> tuple[str, ...]:
    """What can befall a run.

    Args:
        what: Among what is chosen.
        has_store: Whether it keeps anything.
        refreshes: Whether it has tokens to keep: where there is no room for one nobody can sign in again.
    """
    left = (frozenset() if has_store else OF_STORES) | (OF_DISKS if refreshes else frozenset())
    return tuple(each for each in what if each not in left)


def send_signals(told: dict[str, Any], runs: Sequence[Run]) -> None:
    """Send runs the signals of their plan that wait for no request.

    Args:
        told: The plan.
        runs: Who runs by it; the first is told to end at any moment, and whoever waits for others in the end.
    """
    if moment := told.get("moment"):
        runs[0].signal_in(moment["seconds"], SIGNALS[moment["what"]])
    if told.get("loader", ("", ""))[1] == "stops" or told.get("input") == "held":
        for run in runs:
            run.signal_in(STOPPED_SECONDS, SIGNALS["terminated"])


def signal_due(told: dict[str, Any], run: Run, number: int, *, is_done: bool) -> bool:
    """Send a run the signal of its plan, if this is the moment for it.

    Args:
        told: The plan of the run.
        run: Who is told to end.
        number: Of the request; below 0 of one of the token endpoint.
        is_done: Whether its work is done.
    """
    sent = told.get("signal")
    if not sent or (number, is_done) != (sent["at"], sent["is_done"]):
        return False
    run.signal_in(sent["seconds"], SIGNALS[sent["what"]], moment_of(sent))
    return True


def moment_of(sent: dict[str, Any]) -> str:
    """When a signal of a plan comes, in words."""
    if sent["seconds"]:
        return "between two requests"
    what = "a request" if sent["at"] > 0 else "a token request"
    return f"{'behind' if sent['is_done'] else 'before'} the work of {what}"


def attack(chance: random.Random, *, requests: int, output_bytes: int, what: tuple[str, ...] = WHAT) -> dict[str, Any]:
    """What befalls one run.

    Args:
        chance: Decides.
        requests: About how many requests a run makes.
        output_bytes: About how much it writes.
        what: Among what is chosen.
    """
    told: dict[str, Any] = {"orders": {}}
    chosen = chance.choice(what)
    if chosen == "network" or chance.random() < 0.2:
        told["orders"] = {str(_number(chance, requests)): any_order(chance) for _ in range(chance.choice((1, 3, 5)))}
    if chosen == "signal" or chance.random() < 0.2:
        told["signal"] = {
            "what": chance.choice(sorted(SIGNALS)),
            "at": _number(chance, requests, signing_in=0.3),
            "is_done": chance.random() < 0.5,
            "seconds": chance.choice((*[0.0] * 6, 0.001, 0.01, 0.05)),
        }
    if chosen == "moment":
        told["moment"] = {
            "what": chance.choice(sorted(SIGNALS)),
            "seconds": round(0.02 + LONGEST * chance.random() ** 2, 3),
        }
    if chosen == "loader":
        takes = chance.randrange(1, chance.choice((output_bytes // 20 + 2, output_bytes)))
        told["loader"] = [takes, chance.choice(("closes", "blocks", "stops"))]
    if chosen == "disk":
        told["kilobytes"] = chance.choice((0, 4, 8, 16, 32, 64, 128))
    if chosen == "file":
        told["file_bytes"] = chance.randrange(1, 300_000)
    if chosen == "output":
        told["stdout"] = "/dev/full"
    if chosen == "twin":
        told["twin"] = True
    if chance.random() < 0.2:
        told["clock"] = _clock(chance, requests)
    return told


def _clock(chance: random.Random, requests: int) -> dict[str, Any]:
    """How wrong the clock of a run is: hours that it is ahead, and what it jumps to at some of its requests."""
    jumps = {
        str(chance.randrange(1, chance.choice((8, requests)))): chance.choice((*[0] * 4, *HOURS))
        for _ in range(chance.choice((0, 1, 1, 2)))
    }
    return {"ahead": chance.choice((0, *HOURS)) if jumps else chance.choice(HOURS), "jumps": jumps}


def clock_for(told: dict[str, Any], folder: Path) -> Path | None:
    """The file that the runs of a plan take the time from, if that is wrong."""
    if "clock" not in told:
        return None
    path = folder / "clock"
    _set_clock(path, told["clock"]["ahead"], "")
    return path


def clock_due(told: dict[str, Any], folder: Path, number: int, *, is_done: bool) -> None:
    """Have the clock jump, if this is the moment for it."""
    jumps = told.get("clock", {}).get("jumps", {})
    if not is_done and str(number) in jumps:
        _set_clock(folder / "clock", jumps[str(number)], " in the middle of a run")


def _set_clock(path: Path, hours: float, moment: str) -> None:
    set_ahead(path, 3600.0 * hours)
    note(clock_name(hours) + moment)


def clock_name(hours: float) -> str:
    """What a clock is counted as."""
    return f"clock: {'right' if not hours else 'ahead' if hours > 0 else 'behind'}"


def let_late(store: Path, desk: Desk) -> None:
    """Let so much time pass, by all clocks alike, that by none of them anything sent can still come.

    What was sent while the machine's clock was half an hour ahead seems half an hour younger once that is right again,
    and the target goes by the clock by which it is youngest.
    """
    minutes = LATE_FOR + 60 * max(hours for hours in HOURS if hours < 1)
    desk.clock.advance(timedelta(minutes=minutes))
    path = store / "ledger.sqlite"
    if not path.exists():
        return
    # A disk that was full from the start has no memory on it yet.
    with contextlib.suppress(sqlite3.OperationalError), contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE requests SET intended_at = datetime(intended_at, ?)", (f"-{minutes} minutes",))
