"""Which run is this, what does it read, and how did it end?

A log is read by somebody who was not there: its first line says which environment and companies the run is about, its
last one how it ended, and both which run it was.
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_plugin.ending import DONE, INTERRUPTED, TERMINATED, Terminated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dynamics_bc_client.companies import Company
    from dynamics_bc_client.settings import ConnectionSettings
    from tap_dynamics_bc.settings import TapSettings

log = logging.getLogger(__name__)

COMPANIES_SHOWN = 5


def first_line(
    run_id: str,
    connection: ConnectionSettings,
    settings: TapSettings,
    companies: Sequence[Company],
    *,
    streams: int,
    continued: bool,
) -> str:
    """What a run reads.

    Args:
        run_id: The run.
        connection: How to reach the environment.
        settings: The tap's own settings.
        companies: What is read of companies is read in these.
        streams: The number of selected streams.
        continued: Whether a state was given.
    """
    mode = f"streams named as by {settings.stream_naming}, {'from the state on' if continued else _since(settings)}"
    return (
        f"Run {run_id} reads {_count(streams, 'stream', 'streams')} of {_environment(connection)}, "
        f"{_companies(companies)}; {mode}."
    )


def _environment(connection: ConnectionSettings) -> str:
    if connection.full_url:
        return f"the environment at {connection.full_url}"
    tenant = f" of tenant {connection.tenant_id}" if connection.tenant_id else ""
    return f'environment "{connection.environment_name}"{tenant}'


def _companies(companies: Sequence[Company]) -> str:
    names = ", ".join(f'"{company.name}"' for company in companies[:COMPANIES_SHOWN])
    more = len(companies) - COMPANIES_SHOWN
    listed = f": {names}{f' and {more} more' if more > 0 else ''}" if companies else ""
    return f"{_count(len(companies), 'company', 'companies')}{listed}"


def _since(settings: TapSettings) -> str:
    return f"changes since {settings.start_date}" if settings.start_date else "everything, as there is no state yet"


def last_line(run_id: str, records: int, exit_code: int, reason: str) -> str:
    """How a run ended.

    Args:
        run_id: The run.
        records: The number of records that it wrote.
        exit_code: What the process ends with.
        reason: Why; empty when everything was read.
    """
    why = f": {reason.rstrip('.')}" if reason else ""
    written = f"{_count(records, 'record', 'records')} written; the state is the last line of standard output."
    return f"Run {run_id} ended with exit code {exit_code}{why}. {written}"


@contextlib.contextmanager
def ending_told(run_id: str, records: Callable[[], int]) -> Iterator[None]:
    """Log how the block ended, whatever ended it.

    Args:
        run_id: The run.
        records: The number of records that were written so far.
    """
    code, reason = DONE, ""
    try:
        yield
    except DynamicsError as error:
        code, reason = error.exit_code, error.message
        raise
    except KeyboardInterrupt:
        code, reason = INTERRUPTED, "interrupted"
        raise
    except Terminated:
        code, reason = TERMINATED, "terminated"
        raise
    except BaseException as error:
        code, reason = 1, type(error).__name__
        raise
    finally:
        log.info("%s", last_line(run_id, records(), code, reason))


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
