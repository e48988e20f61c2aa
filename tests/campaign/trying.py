"""What becomes of one run: done in its time, or what went wrong?"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import re
import signal
import tempfile
import time
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from campaign.befallen import befalling
from campaign.patience import stretched
from judged import BrokenPromiseError, Finding

from dynamics_bc_client.errors import DynamicsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from campaign.kinds import Kind


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a run.

    Attributes:
        kind: Of which kind it was.
        side: Whose promises it attacked.
        seed: What its plan came from.
        runs: How often a program of ours ran in it.
        seconds: How long it took.
        findings: What is wrong.
        befallen: Names of what befell it.
    """

    kind: str
    side: str
    seed: int
    runs: int
    seconds: float
    findings: tuple[Finding, ...] = ()
    befallen: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)


class Overdue(BaseException):
    """The time is over. Nothing but clean-up may stop it."""


def tried(kind: Kind, seed: int) -> Tried:
    """Carry out the plan of a seed."""
    began, runs, findings = time.monotonic(), 0, ()
    with tempfile.TemporaryDirectory(prefix="campaign-", ignore_cleanup_errors=True) as folder, befalling() as befallen:
        try:
            with silence(), within(stretched(kind.seconds)):
                runs = kind.carry_out(kind.plan(seed), Path(folder))
        except BrokenPromiseError as wrong:
            findings = (wrong.finding,)
        except Overdue as overdue:
            findings = (Finding("hangs", f"not done after {kind.seconds:.0f} s: {_place(overdue)}"),)
        except AssertionError as error:
            findings = (Finding(_column(error), f"{error} {_place(error)}"),)
        except DynamicsError as error:
            findings = (Finding("lost", f"{type(error).__name__}: {error} {_place(error)}"),)
        except Exception as error:  # noqa: BLE001 - that is what is counted
            findings = (Finding("tracebacks", f"{type(error).__name__}: {error} {_place(error)}"),)
    seconds = round(time.monotonic() - began, 3)
    return Tried(kind.name, kind.side, seed, runs, seconds, findings, tuple(sorted(befallen)))


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Whatever is logged meanwhile is not shown."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Break the block off when its time is over; where that does not help, the process ends a little later."""

    def break_off(_number: int, _frame: FrameType | None) -> None:
        raise Overdue

    before = signal.signal(signal.SIGALRM, break_off)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    faulthandler.dump_traceback_later(seconds + 20, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# What an assertion of `books` that failed means, by the check that it is in.
_CHECKS = {
    "_check_outcomes": "outcomes",
    "_check_ledger": "doubled",
    "_nothing_more": "doubled",
    "_check_journal": "orphans",
    "_check_row": "half",
}
_ROWS = re.compile(r"\((\d+), (\d+)\)")


def _column(error: AssertionError) -> str:
    """Which promise an assertion was about that does not say so itself."""
    cause = error.__cause__ or error
    text, names = str(error), [step.name for step in traceback.extract_tb(cause.__traceback__)]
    checks = [name for name in names if name.startswith(("_check", "_nothing"))]
    if "'outcome': 'uncertain'" in text and "_check_end" in checks:
        return "uncertain"
    if checks and checks[-1] in _CHECKS:
        return _CHECKS[checks[-1]]
    counts = [int(each) for pair in _ROWS.findall(text) for each in pair]
    if checks and checks[-1] == "_check_end" and counts:
        return "doubled" if max(counts) > 1 else "lost"
    return "untrue"


def _place(error: BaseException) -> str:
    """Where it was raised: the last steps of its way."""
    steps = traceback.extract_tb((error.__cause__ or error).__traceback__)[-6:]
    return " < ".join(f"{Path(step.filename).name}:{step.lineno}" for step in reversed(steps))
