"""Does everything that a program says pass the filter?"""

from __future__ import annotations

import logging

from dynamics_bc_client.settings import Secret
from dynamics_bc_plugin.outgoing import CleanRecord, say

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
