"""Which run is this, what is it about, and how did it end?

A log is read by somebody who was not there: its first line says which environment and companies a run is about and what
it may do, its last one how it ended, and both which run it was. The parts of these lines are made here.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import uuid
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import SENTENCE_ENDS, DynamicsError
from dynamics_bc_plugin.ending import (
    DONE,
    FAILED,
    INTERRUPTED,
    OUTPUT_CLOSED,
    TERMINATED,
    Terminated,
    full_disk,
    is_full,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dynamics_bc_client.settings import ConnectionSettings

log = logging.getLogger(__name__)

COMPANIES_SHOWN = 5


def new_run_id() -> str:
    """An id that no other run has: outcomes, dead letters and the log carry it."""
    return str(uuid.uuid4())


def environment_named(connection: ConnectionSettings) -> str:
    """Which environment a run is about."""
    if connection.full_url:
        return f"the environment at {connection.full_url}"
    tenant = f" of tenant {connection.tenant_id}" if connection.tenant_id else ""
    return f'environment "{connection.environment_name}"{tenant}'


def companies_named(names: Sequence[str]) -> str:
    """How many companies, and which; the first few by name."""
    more = len(names) - COMPANIES_SHOWN
    listed = ", ".join(f'"{name}"' for name in names[:COMPANIES_SHOWN])
    named = f": {listed}{f' and {more} more' if more > 0 else ''}" if names else ""
    return f"{counted(len(names), 'company', 'companies')}{named}"


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def closing_line(run_id: str, exit_code: int, reason: str, result: str) -> str:
    """How a run ended.

    Args:
        run_id: The run.
        exit_code: What the process ends with.
        reason: Why; empty when all went well.
        result: What it did, and where that went, in a sentence or two.
    """
    ended = f"Run {run_id} ended with exit code {exit_code}{f': {reason}' if reason else ''}"
    return f"{ended}{'' if ended.endswith(SENTENCE_ENDS) else '.'} {result}"


@contextlib.contextmanager
def ending_told(
    run_id: str, result: Callable[[], str], *, ended: Callable[[], tuple[int, str]] = lambda: (DONE, "")
) -> Iterator[None]:
    """Log how the block ended, whatever ended it.

    Args:
        run_id: The run.
        result: What was done so far, in a sentence or two.
        ended: The exit code and its reason when nothing is raised.
    """
    code, reason = FAILED, ""
    try:
        yield
        code, reason = ended()
    except BaseException as error:
        code, reason = _end_of(error)
        raise
    finally:
        log.info("%s", closing_line(run_id, code, reason, result()))


def _end_of(error: BaseException) -> tuple[int, str]:
    if isinstance(error, DynamicsError):
        return error.exit_code, error.message
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED, "interrupted"
    if isinstance(error, Terminated):
        return TERMINATED, "terminated"
    if isinstance(error, BrokenPipeError):
        return FAILED, OUTPUT_CLOSED
    if isinstance(error, OSError | sqlite3.OperationalError) and is_full(error):
        return FAILED, full_disk(error)
    return FAILED, type(error).__name__
