"""How a command ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from dynamics_bc_client import process
from dynamics_bc_client.errors import BadRequest, ConfigurationError, EnvironmentNotFound, SignInError


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

    assert process.run(body) == code
    out, err = capsys.readouterr()
    assert (out, err) == ("", "Error: The request is wrong.\n")


@pytest.mark.parametrize(("returned", "code"), [(None, 0), (0, 0), (1, 1)])
def test_what_the_body_returns_stands(returned, code):
    assert process.run(lambda: returned) == code


def test_an_error_nobody_foresaw_keeps_its_traceback():
    def body():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        process.run(body)


def test_an_interrupt_is_130():
    def body():
        raise KeyboardInterrupt

    assert process.run(body) == 130


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
    assert process.run(body) == 143
    assert steps == ["state written"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_outside_the_main_thread_signals_are_left_alone():
    codes = []
    thread = threading.Thread(target=lambda: codes.append(process.run(lambda: 0)))
    thread.start()
    thread.join()
    assert codes == [0]


def test_a_reader_that_is_gone_is_no_traceback():
    program = (
        "import sys; from dynamics_bc_client import process\n"
        "def body():\n    while True: print('x' * 1000, flush=True)\n"
        "sys.exit(process.run(body))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        command.stdout.readline()
        command.stdout.close()
        assert command.stderr.read() == ""
        assert command.wait(timeout=20) == 1
