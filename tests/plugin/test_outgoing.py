"""Does everything that a program says pass the filter?"""

from __future__ import annotations

import logging
import sys
import threading

import pytest

from dynamics_bc_client.settings import Secret
from dynamics_bc_plugin.outgoing import CleanRecord, guard, say

SECRET = "the-value-of-a-secret-4711"


def test_no_log_record_holds_a_secret_or_begins_a_line_of_its_own():
    Secret(SECRET)
    said = "It said %s\nERROR nothing of ours"
    record = CleanRecord("a.logger", logging.WARNING, __file__, 1, said, (SECRET,), None)
    assert record.getMessage() == "It said ***\n    ERROR nothing of ours"


def test_no_last_message_holds_a_secret(capsys):
    Secret(SECRET)
    say(f"Error: the service returned {SECRET}.")
    assert capsys.readouterr().err == "Error: the service returned ***.\n"


class Unfinished:
    """Says what it should not when nobody listens any more."""

    def __del__(self):
        raise ValueError(f"the service returned {SECRET}")


@pytest.mark.parametrize("where", ["program", "thread", "clean-up"])
def test_no_traceback_of_last_resort_holds_a_secret(where, capsys, monkeypatch):
    for module, name in ((sys, "excepthook"), (threading, "excepthook"), (sys, "unraisablehook")):
        monkeypatch.setattr(module, name, getattr(module, f"__{name}__"))
    monkeypatch.setattr(logging, "_logRecordFactory", logging.LogRecord)
    Secret(SECRET)
    guard()
    error = ValueError(f"the service returned {SECRET}")
    if where == "program":
        sys.excepthook(ValueError, error, None)
    elif where == "thread":
        threading.excepthook(threading.ExceptHookArgs((ValueError, error, None, None)))
    else:
        Unfinished()
    said = capsys.readouterr().err
    assert "ValueError: the service returned ***" in said
    assert SECRET[:10] not in said
