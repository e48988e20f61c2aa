"""Ends a run in its middle, as SIGKILL does."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sqlite3
import sys
import threading
import traceback


class DeskOfProcesses:
    """A transport to a desk, which stays in the process of the test whoever asks.

    Args:
        answer: Asks the desk.
    """

    def __init__(self, answer):
        self._answer = answer
        self._lock = threading.Lock()
        self._line = None

    def __call__(self, request):
        with self._lock:
            if self._line is None:
                return self._answer(request)
            self._line.send(request)
            return self._line.recv()

    def close(self):
        """A desk is never closed."""

    def run(self, function):
        """Run a function in a process of its own, which ends without any clean-up; what it asks is answered here."""
        here, there = multiprocessing.Pipe()

        def asking():
            here.close()
            self._line = there
            function()

        def answering():
            there.close()
            with here, contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
                while True:
                    here.send(self._answer(here.recv()))

        return in_another_process(asking, answering)


def in_another_process(function, meanwhile=lambda: None):
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
    meanwhile()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def let_minutes_pass(store, minutes):
    """Date back what the target has noted of its requests, by its own clock and by the service's."""
    path = store / "ledger.sqlite"
    if not path.exists():
        return
    database = sqlite3.connect(path)
    with database:
        database.execute(
            "UPDATE requests SET intended_at = datetime('now', ?1), served_at = datetime(served_at, ?1)",
            (f"-{minutes} minutes",),
        )
    database.close()
