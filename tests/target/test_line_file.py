"""A file that grows by lines, while others may write to it too."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path

import pytest

from target_dynamics_bc.kept.line_file import LineFile
from target_dynamics_bc.kept.outcomes import Outcome, Tally


def test_a_line_that_another_run_is_just_writing_is_not_cut_off(tmp_path):
    path = tmp_path / "outcomes.jsonl"
    with contextlib.closing(LineFile(path)) as file, path.open("a") as other:
        other.write('{"half of')
        other.flush()
        with contextlib.closing(LineFile(path)):
            assert path.read_text() == '{"half of'
        file.flush()
    with contextlib.closing(LineFile(path)):
        assert path.read_text() == "", "nobody is writing any more"


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_a_file_that_is_tidied_up_is_for_whom_it_was(tmp_path, mode):
    path = tmp_path / "dead-letter.singer"
    path.touch()
    path.chmod(mode)
    LineFile(path).close_with(lambda: iter(["{}\n"]))
    assert (path.read_text(), path.stat().st_mode & 0o7777) == ("{}\n", mode)


def test_a_run_says_how_many_drafts_are_left():
    tally = Tally()
    assert tally.drafts_left() == ""
    for draft in (True, False, True):
        tally.add(Outcome("Bills", 1, "created", "purchaseInvoices", draft=draft))
    assert tally.drafts_left() == "Left as drafts, to be posted in Business Central: 2 purchaseInvoices"


@pytest.mark.parametrize(
    "line", ['{"type": "RECORD"}', "NaN", '"\N{EURO SIGN}"', '{"type": "RECORD" "stream": "Bills", "record": {}}']
)
def test_a_last_line_that_lacks_only_its_line_break_is_kept(tmp_path, line):
    """Editors and scripts leave it out."""
    path = tmp_path / "dead-letter.singer"
    path.write_text("{}\n" + line, "utf-8")
    with contextlib.closing(LineFile(path)) as file:
        file.write({})
    assert path.read_text("utf-8") == "{}\n" + line + "\n{}\n"


def test_what_is_cut_off_is_said(tmp_path, caplog):
    path = tmp_path / "dead-letter.singer"
    path.write_text('{}\n{"type": "RECORD", "reco', "utf-8")
    LineFile(path).close()
    assert path.read_text() == "{}\n"
    assert caplog.messages == [
        f'The last line of "{path}" was not written to its end, and is cut off: {{"type": "RECORD", "reco'
    ]


def test_a_line_that_is_broken_off_anywhere_is_cut_off(tmp_path):
    path = tmp_path / "outcomes.jsonl"
    values = 'true, false, null, -1.5e-3, NaN, -Infinity, "\\u20ac\\n x"'
    line = f'{{"a": [{values}], "\N{EURO SIGN}": "\N{EURO SIGN}", "c": {{}}}}'.encode()
    for end in range(1, len(line)):
        path.write_bytes(b"{}\n" + line[:end])
        LineFile(path).close()
        assert path.read_bytes() == b"{}\n", line[:end]


@pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="this system has no paths of a process's own outputs")  # noqa: PTH110 - a folder of the system
def test_an_output_of_this_process_is_written_to_where_it_is_and_never_replaced(tmp_path):
    """A shell's `2> run.log` leaves a file that is written from where the process is in it, not at its end."""
    path = tmp_path / "run.log"
    with path.open("wb", buffering=0) as log:
        log.write(b"a line of the log without an end")
        file = LineFile(Path(f"/dev/fd/{log.fileno()}"))
        file.write({"outcome": 1})
        file.flush()
        log.write(b"another line\n")
        file.close_with(lambda: iter(["{}\n"]))
        log.write(b"the last line\n")
    assert path.read_text() == 'a line of the log without an end{"outcome":1}\nanother line\nthe last line\n'


def test_an_output_of_this_process_may_be_a_socket():
    """As under systemd: such a path cannot be opened a second time."""
    here, there = socket.socketpair()
    with here, there:
        with contextlib.closing(LineFile(Path(f"/dev/fd/{here.fileno()}"))) as file:
            file.write({"outcome": 1})
        assert there.recv(100) == b'{"outcome":1}\n'
