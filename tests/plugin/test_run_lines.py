"""What do the first and the last line of a run say?"""

from __future__ import annotations

import errno
import logging

import pytest

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.settings import ConnectionSettings
from dynamics_bc_plugin.ending import Terminated
from dynamics_bc_plugin.run_lines import closing_line, companies_named, ending_told, environment_named, new_run_id


@pytest.mark.parametrize(
    ("connection", "named"),
    [
        (ConnectionSettings(tenant_id="t-1", environment_name="Sandbox"), 'environment "Sandbox" of tenant t-1'),
        (ConnectionSettings(), 'environment "Production"'),
        (ConnectionSettings(full_url="https://bc/api/v2.0"), "the environment at https://bc/api/v2.0"),
    ],
)
def test_an_environment_is_named_by_what_it_is_reached_by(connection, named):
    assert environment_named(connection) == named


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], "0 companies"),
        (["A"], '1 company: "A"'),
        (list("ABCDE"), '5 companies: "A", "B", "C", "D", "E"'),
        (list("ABCDEFG"), '7 companies: "A", "B", "C", "D", "E" and 2 more'),
    ],
)
def test_a_few_of_many_companies_are_named(names, said):
    assert companies_named(names) == said


def test_the_last_line_says_how_it_ended_and_why():
    assert closing_line("r-1", 1, "Not customers.", "3 created.") == (
        "Run r-1 ended with exit code 1: Not customers. 3 created."
    )
    assert closing_line("r-1", 0, "", "3 created.") == "Run r-1 ended with exit code 0. 3 created."
    assert closing_line("r-1", 2, "No custmers; did you mean customers?", "None.") == (
        "Run r-1 ended with exit code 2: No custmers; did you mean customers? None."
    )
    assert closing_line("r-1", 1, "interrupted", "None.") == "Run r-1 ended with exit code 1: interrupted. None."


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (None, "exit code 0. "),
        (ConfigurationError("Bad."), "exit code 2: Bad. "),
        (KeyboardInterrupt(), "exit code 130: interrupted. "),
        (Terminated(), "exit code 143: terminated. "),
        (BrokenPipeError(), "exit code 1: The program that read the output closed it before the end. "),
        (OSError(errno.ENOSPC, "No space left on device", "o.jsonl"), 'exit code 1: The disk of "o.jsonl" is full. '),
        (ZeroDivisionError(), "exit code 1: ZeroDivisionError. "),
    ],
)
def test_the_end_is_told_whatever_it_was(caplog, error, says):
    caplog.set_level(logging.INFO)
    with (
        pytest.raises(type(error)) if error else pytest.MonkeyPatch.context(),
        ending_told("r-1", lambda: "1 created."),
    ):
        if error:
            raise error
    (line,) = [record.getMessage() for record in caplog.records]
    assert says in line
    assert line.endswith("1 created.")


def test_an_end_without_an_error_may_have_a_code_and_a_reason_all_the_same(caplog):
    caplog.set_level(logging.INFO)
    with ending_told("r-1", lambda: "1 created.", ended=lambda: (1, "3 records were rejected")):
        pass
    assert caplog.records[0].getMessage() == "Run r-1 ended with exit code 1: 3 records were rejected. 1 created."


def test_no_two_runs_have_one_id():
    assert new_run_id() != new_run_id()
