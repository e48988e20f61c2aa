"""How a command ends."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from dynamics_bc_client.errors import BadRequest, ConfigurationError, EnvironmentNotFound, Forbidden, SignInError
from dynamics_bc_plugin import ending


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadRequest("The request is wrong.", status=400), 1),
        (ConfigurationError("The request is wrong."), 2),
        (EnvironmentNotFound("The request is wrong."), 2),
        (SignInError("The request is wrong."), 3),
    ],
)
def test_an_error_is_one_sentence_and_a_code(capsys, error, code):
    def body():
        raise error

    assert ending.run(body) == code
    out, err = capsys.readouterr()
    assert (out, err) == ("", "Error: The request is wrong.\n")


@pytest.mark.parametrize(("returned", "code"), [(None, 0), (0, 0), (1, 1)])
def test_what_the_body_returns_stands(returned, code):
    assert ending.run(lambda: returned) == code


def test_an_error_nobody_foresaw_keeps_its_traceback():
    def body():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ending.run(body)


def test_an_interrupt_is_130():
    def body():
        raise KeyboardInterrupt

    assert ending.run(body) == 130


def test_termination_lets_the_body_clean_up_and_is_143():
    steps = []

    def body():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(10)
        except Exception:  # noqa: BLE001 - what a careless body would do
            steps.append("swallowed")
        finally:
            # A second signal must not break off the clean-up.
            os.kill(os.getpid(), signal.SIGTERM)
            steps.append("state written")

    before = signal.getsignal(signal.SIGTERM)
    assert ending.run(body) == 143
    assert steps == ["state written"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_outside_the_main_thread_signals_are_left_alone():
    codes = []
    thread = threading.Thread(target=lambda: codes.append(ending.run(lambda: 0)))
    thread.start()
    thread.join()
    assert codes == [0]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_output_is_utf_8_whatever_the_locale_says(monkeypatch, encoding):
    taken = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(taken, encoding=encoding))
    assert ending.run(lambda: sys.stdout.write('{"Käse": "株\udcfc"}') and 0) == 0
    assert taken.getvalue() == '{"Käse": "株\\udcfc"}'.encode()


def test_a_terminal_keeps_its_encoding_and_what_it_cannot_show_is_escaped(monkeypatch):
    taken = io.BytesIO()
    terminal = io.TextIOWrapper(taken, encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(terminal, "isatty", lambda: True, raising=False)
    assert ending.run(lambda: sys.stdout.write("Käse") and 0) == 0
    assert taken.getvalue() == b"K\\xe4se"


def test_a_reader_that_is_gone_is_a_sentence_and_1():
    program = (
        "import sys; from dynamics_bc_plugin import ending\n"
        "def body():\n    while True: print('x' * 1000, flush=True)\n"
        "sys.exit(ending.run(body))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        command.stdout.readline()
        command.stdout.close()
        assert command.stderr.read() == "Error: The program that read the output closed it before the end.\n"
        assert command.wait(timeout=20) == 1


def test_an_unbuffered_output_that_takes_a_part_and_no_more_is_a_failure(tmp_path):
    """As with a disk that has too little room, which takes what it can of a write: nobody is told but by the count."""
    program = (
        "import resource, sys; from dynamics_bc_plugin import ending\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))\n"
        "sys.exit(ending.run(lambda: sys.stdout.buffer.write(bytes(1_500)) and 0))"
    )
    with (tmp_path / "output").open("wb") as output:
        done = subprocess.run(
            [sys.executable, "-u", "-c", program],
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.stderr == "Error: A file is as large as it may be; raise that limit (ulimit -f) and run this again.\n"
    assert done.returncode == 1
    assert (tmp_path / "output").stat().st_size == 1_000


def test_an_unbuffered_output_whose_reader_goes_away_inside_a_line_is_a_failure():
    program = (
        "import sys; from dynamics_bc_plugin import ending\n"
        "sys.exit(ending.run(lambda: sys.stdout.write('x' * 200_000) and 0))"
    )
    with subprocess.Popen(
        [sys.executable, "-u", "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        assert os.read(command.stdout.fileno(), 10) == b"x" * 10
        command.stdout.close()
        assert command.stderr.read() == "Error: The program that read the output closed it before the end.\n"
        assert command.wait(timeout=20) == 1


@pytest.mark.skipif(not hasattr(os, "set_blocking"), reason="Windows has no pipes that nobody waits for")
@pytest.mark.parametrize("output", ["stdout", "stderr"])
def test_a_pipe_that_is_full_for_a_moment_is_waited_for_whoever_set_it_up(output):
    """Such as a program that takes nothing unless there is something, and shares its pipe."""
    program = (
        "import sys; from dynamics_bc_plugin import ending\n"
        f"sys.exit(ending.run(lambda: sys.{output}.write('x' * 200_000 + chr(10)) and 0))"
    )
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    others = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, output: writing}
    with subprocess.Popen([sys.executable, "-c", program], **others) as command, os.fdopen(reading, "rb") as reader:
        os.close(writing)
        time.sleep(1)
        assert reader.read() == b"x" * 200_000 + b"\n"
        assert command.wait(timeout=20) == 0


@pytest.mark.skipif(not hasattr(os, "set_blocking"), reason="Windows has no pipes that nobody waits for")
def test_an_input_that_is_empty_for_a_moment_has_not_ended_whoever_set_it_up():
    program = (
        "import sys; from dynamics_bc_plugin import ending\n"
        "sys.exit(ending.run(lambda: print(len(list(sys.stdin)), end='')))"
    )
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    with subprocess.Popen([sys.executable, "-c", program], stdin=reading, stdout=subprocess.PIPE) as command:
        os.close(reading)
        with os.fdopen(writing, "wb", buffering=0) as writer:
            writer.write(b"a line\n")
            time.sleep(1.5)
            with contextlib.suppress(BrokenPipeError):
                writer.write(b"another\n")
        assert command.communicate(timeout=20) == (b"2", None)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_what_is_told_to_end_does_not_wait_for_ever_for_a_reader_that_has_stopped(number, code):
    program = (
        "import sys; from dynamics_bc_plugin import ending\n"
        "sys.exit(ending.run(lambda: [print('x' * 1_000) for _ in range(1_000)] and 0))"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as command:
        try:
            assert command.stdout is not None
            assert os.read(command.stdout.fileno(), 1) == b"x"
            time.sleep(0.5)
            command.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                command.wait(timeout=25)
            assert command.returncode == code
        finally:
            command.kill()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no disk that is always full")  # noqa: PTH110 - a device
@pytest.mark.parametrize("code", [0, 2])
def test_a_log_that_cannot_be_written_changes_no_exit_code(code):
    program = (
        "import logging, sys; from dynamics_bc_plugin import ending\n"
        "logging.basicConfig(stream=sys.stderr)\n"
        f"sys.exit(ending.run(lambda: (logging.warning('said'), {code})[1]))"
    )
    with Path("/dev/full").open("w") as log:
        done = subprocess.run([sys.executable, "-c", program], stderr=log, timeout=60, check=False)
    assert done.returncode == code


def test_an_interrupt_that_ends_the_reader_too_is_130():
    """Ctrl-C reaches all programs of a pipeline."""
    program = (
        "import os, signal, sys; from dynamics_bc_plugin import ending\n"
        "def body():\n"
        "    print('begun', flush=True); sys.stdin.read(1); sys.stdout.write('more')\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.exit(ending.run(body))"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe, stderr=pipe, text=True) as command:
        assert command.stdin is not None
        assert command.stdout is not None
        assert command.stderr is not None
        assert command.stdout.readline() == "begun\n"
        command.stdout.close()
        command.stdin.close()
        assert command.stderr.read() == ""
        assert command.wait(timeout=20) == 130


def test_a_reader_of_a_click_command_that_is_gone_is_a_sentence_too():
    """click itself ends without a word."""
    program = (
        "import click; from dynamics_bc_plugin.command import end_with\n"
        "@click.command()\n"
        "def body():\n"
        "    while True: click.echo('x' * 1000)\n"
        "end_with(body, 'body', [])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        command.stdout.readline()
        command.stdout.close()
        assert command.stderr.read() == "Error: The program that read the output closed it before the end.\n"
        assert command.wait(timeout=20) == 1


@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-"])
def test_a_standard_output_that_is_closed_is_a_sentence_and_1(closed):
    program = "import sys; from dynamics_bc_plugin import ending; sys.exit(ending.run(lambda: print('x')))"
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$0" -c "$1" {closed}', sys.executable, program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert ("Standard output is closed" in done.stderr) is ("2>&-" not in closed)
    assert "Traceback" not in done.stderr


@pytest.mark.fault("P14")
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")  # noqa: PTH110 - read once
@pytest.mark.parametrize("flush", [True, False])
def test_a_full_disk_below_the_output_is_a_sentence_and_1(flush):
    """Whether it shows while the body writes, or only when what is left is written at its end."""
    program = (
        f"import sys; from dynamics_bc_plugin import ending\nsys.exit(ending.run(lambda: print('x', flush={flush})))"
    )
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        done = subprocess.run(
            [sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert done.returncode == 1
    assert done.stderr == "Error: The disk is full; free some space and run this again.\n"


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device", "/data/store/outcomes.jsonl"), OSError(errno.EDQUOT, "")]
)
def test_a_full_disk_below_a_file_is_a_sentence_that_names_it(capsys, error):
    def body():
        raise error

    assert ending.run(body) == 1
    said = capsys.readouterr().err
    assert said.startswith("Error: The disk")
    assert "is full" in said
    assert (error.filename or "") in said


@pytest.mark.parametrize("said", ["database or disk is full", "disk I/O error"])
def test_a_temporary_database_on_a_full_disk_is_a_sentence_that_says_where_it_lies(capsys, said):
    def body():
        raise sqlite3.OperationalError(said)

    assert ending.run(body) == 1
    assert capsys.readouterr().err == (
        f"Error: Temporary files cannot be written to the folder that TMPDIR names ({said}); "
        "free some space and run this again.\n"
    )


def test_a_file_that_may_not_grow_any_more_is_a_sentence(capsys):
    """A limit of the shell (`ulimit -f`), of a container, of a file system."""

    def body():
        raise OSError(errno.EFBIG, "File too large", "out.jsonl")

    assert ending.run(body) == 1
    said = capsys.readouterr().err
    assert (
        said
        == 'Error: The file "out.jsonl" is as large as it may be; raise that limit (ulimit -f) and run this again.\n'
    )


@pytest.mark.parametrize("error", [OSError(errno.EIO, "I/O error"), sqlite3.OperationalError("no such table: units")])
def test_other_errors_of_files_and_databases_keep_their_traceback(error):
    def body():
        raise error

    with pytest.raises(type(error)):
        ending.run(body)


@pytest.mark.parametrize("stop", ["", "."])
def test_an_error_comes_with_what_to_do_and_what_support_asks_for(capsys, stop):
    """As sentences, whether or not the service's own text ends like one."""

    def body():
        raise Forbidden(f"GET customers returned 403: No{stop}", status=403, correlation_id="c-1", request_id="r-1")

    assert ending.run(body) == 1
    assert capsys.readouterr().err == (
        "Error: GET customers returned 403: No. Give this user or app a permission set that covers it, or leave it "
        "out. "
        "[correlation id c-1, request id r-1]\n"
    )
