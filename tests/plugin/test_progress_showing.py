"""Who shows a run, where and when."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import pty
import re
import sys
import threading
import time

import pytest
from rich.console import Console
from terminal_screen import Screen

from dynamics_bc_client.exchange import RequestSummary
from dynamics_bc_plugin.ending import Terminated
from dynamics_bc_plugin.progress import Account, progress
from dynamics_bc_plugin.progress.account import PartPicture, Picture
from dynamics_bc_plugin.progress.table import view
from dynamics_bc_plugin.progress.terminal import LinesAbove, Region, SoleView
from dynamics_bc_plugin.progress.wording import line_of

LOGGER = "dynamics_bc_plugin.progress"


def terminal(**options):
    settings = {"force_terminal": True, "width": 100, "height": 20, "legacy_windows": False, "_environ": {}, **options}
    return Console(file=io.StringIO(), **settings)


def screen(console):
    return Screen(width=console.width).feed(console.file.getvalue()).shown


def until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextlib.contextmanager
def work(account):
    with account.working_on(("customers", "c1")):
        report(account)
        yield


def report(account):
    account.name_companies({"c1": "One"})
    account.add_request(RequestSummary("GET", "https://service.test/x", 200, 0.1, 2.5, 1000))
    account.add_rows("customers", "c1", 1234)


@pytest.fixture
def info(caplog):
    caplog.set_level(logging.INFO, logger=LOGGER)
    return caplog


@pytest.fixture
def no_thread_left():
    yield
    assert [thread.name for thread in threading.enumerate() if thread.name == "progress"] == []


@pytest.fixture
def logged_to():
    """Logs to a stream, as a command does to standard error."""
    handlers = []

    def start(stream):
        handler = logging.StreamHandler(stream)
        handlers.append(handler)
        logging.getLogger("a.run").addHandler(handler)
        return handler

    yield start
    for handler in handlers:
        logging.getLogger("a.run").removeHandler(handler)


pytestmark = pytest.mark.usefixtures("no_thread_left")


# --- on a terminal ----------------------------------------------------------------------------------------------------


def test_a_terminal_shows_what_runs_and_counts_what_is_finished():
    console = terminal()
    with progress(console=console, clock=lambda: 0.0) as account:
        with account.working_on(("vendors", "c1")):
            account.add_rows("vendors", "c1", 7)
        with account.fetching("items", "c1"):
            pass
        with work(account):
            until(lambda: "1,241" in console.file.getvalue())
            assert screen(console) == [
                "0.0 s  1,241 rows, -  1 request, 1.0 kB, waited 2.5 s",
                "  Stream     Company   Rows  Rate  Requests  Waited",
                "  customers  One      1,234     -         1   2.5 s",
                "  fetched ahead: 1 stream in 1 company, 0 bytes",
                "  finished: 1 stream in 1 company, 7 rows",
            ]
    assert screen(console) == []


def test_log_records_come_out_whole_above_the_view(logged_to):
    console = terminal()
    logger = logging.getLogger("a.run")
    handler = logged_to(console.file)
    lines = [f"{number} {'long ' * 30}end" for number in range(20)]
    with progress(console=console) as account, work(account):
        for line in lines:
            logger.warning("%s", line)
            time.sleep(0.02)
        until(lambda: "customers" in console.file.getvalue())
        shown = screen(console)
    assert "".join(shown).startswith("".join(lines)[:500])
    assert shown[-1].startswith("  customers")
    assert "".join(screen(console)) == "".join(lines)
    assert handler.stream is console.file


def test_handlers_that_write_elsewhere_are_left_alone(logged_to):
    elsewhere = io.StringIO()
    handler = logged_to(elsewhere)
    with progress(console=terminal()):
        assert handler.stream is elsewhere


def test_standard_error_comes_out_above_the_view_and_standard_output_is_not_touched(monkeypatch, capsys):
    console = terminal()
    monkeypatch.setattr(sys, "stderr", console.file)
    standard_output = sys.stdout
    with progress(console=console):
        print("a warning", file=sys.stderr)  # noqa: T201 - that is what is tested
        sys.stderr.write("not ended")
        assert sys.stdout is standard_output
        assert screen(console)[0] == "a warning"
    assert sys.stderr is console.file
    assert screen(console) == ["a warning", "not ended"]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("error", [Terminated, KeyboardInterrupt, RuntimeError])
def test_whatever_ends_a_run_ends_the_view_and_sums_up(error, info):
    console = terminal()

    def run():
        with progress(console=console) as account, work(account):
            raise error

    with pytest.raises(error):
        run()
    assert screen(console) == []
    assert "customers: 1,234 rows in 1 company, 1 request" in info.messages[0]
    assert info.messages[1].startswith("In all: 1,234 rows")


@pytest.mark.parametrize(("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colours_are_sent_unless_no_color_says_otherwise(environment, coloured):
    console = terminal(color_system="truecolor", _environ=environment)
    with progress(console=console) as account, work(account):
        until(lambda: "customers" in console.file.getvalue())
    assert bool(re.search(r"\x1b\[[34]\dm", console.file.getvalue())) is coloured


@pytest.mark.parametrize(
    "console",
    [terminal(force_terminal=False), terminal(_environ={"TERM": "dumb"}), terminal(legacy_windows=True)],
    ids=["file", "dumb", "old Windows"],
)
def test_what_cannot_move_its_cursor_gets_lines(console, info):
    with progress(console=console, interval_seconds=0.01) as account:
        report(account)
        until(lambda: any(message.startswith("So far: 1,234 rows") for message in info.messages))
    assert console.file.getvalue() == ""


def test_of_two_processes_on_one_terminal_one_has_the_view():
    leader, follower = pty.openpty()
    try:
        with os.fdopen(follower, "w") as file:
            first, second = SoleView(file), SoleView(file)
            assert (first.granted, second.granted) == (True, False)
            first.close()
            third = SoleView(file)
            assert third.granted
            for each in (second, third):
                each.close()
    finally:
        os.close(leader)


def test_who_has_no_view_on_a_shared_terminal_logs_lines_that_do_not_mix_with_it(logged_to, info):
    leader, follower = pty.openpty()
    try:
        with os.fdopen(follower, "w") as file:
            first = SoleView(file)
            console = Console(file=file, force_terminal=True, legacy_windows=False, _environ={})
            handler = logged_to(file)
            with progress(console=console, interval_seconds=0.01) as account:
                report(account)
                logging.getLogger("a.run").warning("said")
                assert os.read(leader, 1000) == b"\r\x1b[Jsaid\r\n"
                until(lambda: any(message.startswith("So far") for message in info.messages))
            assert handler.stream is file
            first.close()
    finally:
        os.close(leader)


# --- in a log ---------------------------------------------------------------------------------------------------------


def test_standard_error_that_is_no_terminal_gets_a_line_now_and_then_and_nothing_else(monkeypatch, info):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress(interval_seconds=0.01) as account:
        report(account)
        until(lambda: len(info.messages) >= 3)
        assert all(message.startswith("So far: ") for message in info.messages)
    assert stream.getvalue() == ""


def test_a_short_run_is_only_summed_up(info):
    with progress(live=False) as account:
        report(account)
    assert [message.partition(":")[0] for message in info.messages] == ["customers", "In all"]


def test_an_account_that_was_opened_before_is_gone_on_with():
    account = Account()
    with progress(account, live=False) as shown:
        assert shown is account


# --- pieces -----------------------------------------------------------------------------------------------------------


def test_a_view_has_no_more_rows_than_there_is_room_for():
    parts = tuple(PartPicture("customers", f"C{number}", rows=1, running=True) for number in range(30))
    picture = Picture(1.0, (*parts, PartPicture("items", "One"), PartPicture("vendors", "One", rows=5, finished=True)))
    console = Console(file=io.StringIO(), width=60, _environ={})
    console.print(view(picture, height=10, width=console.width))
    rows = console.file.getvalue().splitlines()
    assert len(rows) == 10
    assert rows[-3:] == [
        "  and 25 more",
        "  fetched ahead: 1 stream in 1 company, 0 bytes",
        "  finished: 1 stream in 1 company, 5 rows",
    ]


def test_a_narrow_terminal_gets_shorter_cells_and_not_more_rows():
    picture = Picture(1.0, (PartPicture("generalLedgerEntries", "A company with a long name", rows=5, running=True),))
    console = Console(file=io.StringIO(), width=30, _environ={})
    console.print(view(picture, height=10, width=console.width))
    rows = console.file.getvalue().splitlines()
    assert len(rows) == 3
    assert max(len(row) for row in rows) <= 30


def test_no_number_is_cut_at_80_columns():
    part = PartPicture(
        "generalLedgerEntries",
        "CRONUS International Ltd.",
        rows=12_345_678,
        requests=1_234,
        waited_seconds=3_723.0,
        waiting=True,
        seconds=100.0,
        running=True,
    )
    console = Console(file=io.StringIO(), width=79, _environ={})
    console.print(view(Picture(100.0, (part,)), height=10, width=79))
    row = console.file.getvalue().splitlines()[-1]
    for number in ("12,345,678", "123,457/s", "1,234", "waiting, 1 h 02 min"):
        assert number in row
    assert len(row) <= 79


def test_how_far_a_run_has_come_is_said_when_it_is_known():
    account = Account()
    with account.working_on(("customers", "1")):
        account.add_rows("customers", "1", 5)
    assert "finished: 1 stream" in line_of(account.picture())
    account.expect(124)
    assert "finished: 1 of 124 streams" in line_of(account.picture())


def test_what_is_written_refused_and_created_is_told_apart():
    picture = Picture(
        1.0, (PartPicture("vendors", "One", outcomes={"created": 3, "rejected": 1}, running=True, seconds=1.0),)
    )
    console = Console(file=io.StringIO(), width=100, _environ={})
    console.print(view(picture, height=10, width=console.width))
    assert "3 created, 1 rejected" in console.file.getvalue().splitlines()[2]


def test_who_waits_is_marked():
    picture = Picture(1.0, (PartPicture("vendors", "One", rows=3, waited_seconds=75.0, waiting=True, running=True),))
    console = Console(file=io.StringIO(), width=100, _environ={})
    console.print(view(picture, height=10, width=console.width))
    assert "waiting, 1 min 15 s" in console.file.getvalue().splitlines()[2]


def test_lines_of_others_stay_above_the_rows():
    file = io.StringIO()
    region = Region(file)
    region.draw(["a row that is longer than the line", "second"])
    file.write("of another process\n")
    region.draw(["first", "second"])
    assert Screen().feed(file.getvalue()).shown == ["of another process", "first", "second"]


def test_a_line_that_is_not_ended_waits_for_its_end():
    file = io.StringIO()
    above = LinesAbove(Region(file), file)
    assert above.write("half") == 4
    assert file.getvalue() == ""
    above.write(" and half\nnext")
    assert Screen().feed(file.getvalue()).shown == ["half and half"]
    above.finish()
    assert Screen().feed(file.getvalue()).shown == ["half and half", "next"]
