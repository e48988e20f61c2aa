"""Ends a run in its middle, as SIGKILL does."""

from __future__ import annotations

import os
import sqlite3
import sys
import traceback


def in_another_process(function):
    """Run a function in a process of its own, which ends without any clean-up."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123 - the process ends soon
            function()
            code = 0
        except BaseException:  # noqa: BLE001 - the parent shall see that something went wrong
            traceback.print_exc(file=sys.__stderr__)
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def let_minutes_pass(store, minutes):
    """Date back what the target has noted of its requests."""
    path = store / "ledger.sqlite"
    if not path.exists():
        return
    database = sqlite3.connect(path)
    with database:
        database.execute("UPDATE requests SET intended_at = datetime('now', ?)", (f"-{minutes} minutes",))
    database.close()
