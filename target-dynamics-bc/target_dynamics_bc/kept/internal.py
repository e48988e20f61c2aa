"""What becomes of a record over which the target itself stumbles?

Whatever one record raises is that record's outcome: one that nobody has thought of must not keep all others from being
written, in this run and in every run after it. What is no record's fault (the disk, the memory) ends the run.
"""

from __future__ import annotations

import logging
import sqlite3
import traceback
from pathlib import Path

from dynamics_bc_client.errors import DynamicsError
from target_dynamics_bc.kept.faults import Fault

log = logging.getLogger(__name__)

CODE = "internal"

_OF_THE_RUN = (DynamicsError, OSError, sqlite3.Error, MemoryError)


def internal_fault(error: Exception, stream: str, position: int) -> Fault:
    """The fault of the record that raised an error of ours, which is logged with its place.

    Args:
        error: What was raised.
        stream: The record's stream.
        position: The record's place in the input.

    Raises:
        Exception: The error itself, if it is no record's fault.
    """
    if is_of_the_run(error):
        raise error
    log.error("The target failed at record %d, of the stream %s.", position, stream, exc_info=error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    message = (
        f"The target itself failed at this record ({type(error).__name__} in {Path(place.filename).name}, "
        f"line {place.lineno}); please report it with the log. The other records are not affected."
    )
    return Fault("plan", "", CODE, message)


def is_of_the_run(error: Exception) -> bool:
    """Whether an error is no record's fault."""
    return isinstance(error, _OF_THE_RUN)
