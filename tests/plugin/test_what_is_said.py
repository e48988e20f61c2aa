"""All that a process says passes the filter, whoever formats it."""

from __future__ import annotations

import io
import logging
import subprocess
import sys

import pytest

from dynamics_bc_client.redaction import OUTGOING
from dynamics_bc_plugin import outgoing
from dynamics_bc_plugin.outgoing import CleanRecord, guard, hide_password_of, hide_secrets_of, say

SECRET = "Qz7~vK.2mX_wT-9hLpR4"


@pytest.fixture
def logged():
    """A logger whose lines are kept, with everything that a formatter may show."""
    guard()
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    log = logging.Logger("of a test")  # noqa: LOG001 - one that no other test has
    log.addHandler(handler)
    OUTGOING.add(SECRET)
    return log, lines


def test_a_message_and_its_arguments_are_clean(logged):
    log, lines = logged
    log.warning("It said %s in %d s: \x1b[31m%s", SECRET, 3, {"a": SECRET})
    assert lines.getvalue() == "WARNING It said *** in 3 s: {'a': '***'}\n"


def test_a_line_break_begins_no_line_of_the_log(logged):
    log, lines = logged
    log.warning("name\nWARNING forged")
    assert [line for line in lines.getvalue().splitlines() if line.startswith("WARNING")] == ["WARNING name"]


@pytest.mark.parametrize("path", ["/health", f"/{SECRET}", "/a\x1b[2J\nb"])
def test_a_formatter_that_reads_the_arguments_finds_them(path):
    """As uvicorn's does for each request."""
    OUTGOING.add(SECRET)
    record = CleanRecord("access", logging.INFO, "file.py", 1, '%s "%s" %d', ("127.0.0.1", path, 200), None)
    client, asked, status = record.args
    assert (client, status) == ("127.0.0.1", 200)
    assert SECRET not in asked
    assert path != "/health" or asked == path
    assert "\x1b" not in record.getMessage()


def test_tracebacks_in_a_log_are_clean_and_whole_without_secrets(logged):
    log, lines = logged
    for text in (SECRET, "harmless"):
        error = ValueError(text)
        log.error("failed", exc_info=(type(error), error, None))
    said = lines.getvalue()
    assert SECRET not in said
    assert "ValueError: ***" in said
    assert "ValueError: harmless" in said


def test_arguments_that_do_not_fit_are_loggings_own_matter(logged, capsys):
    log, _ = logged
    log.warning("%d", "no number")
    assert "--- Logging error ---" in capsys.readouterr().err


def test_what_is_said_is_clean(capsys):
    OUTGOING.add(SECRET)
    say(f"{SECRET}\x1b[2J")
    assert capsys.readouterr().err == "***\n"


def test_nothing_is_said_where_nobody_listens(monkeypatch):
    monkeypatch.setattr("sys.stderr", None)
    say("nobody")


def test_settings_that_sound_secret_are_hidden_read_or_not():
    hide_secrets_of(
        {"client_secrte": SECRET, "a": {"api_key": "another-secret-value"}, "tenant_id": "no-secret-at-all"}
    )
    assert OUTGOING.clean(f"{SECRET} another-secret-value no-secret-at-all") == "*** *** no-secret-at-all"


def test_passwords_of_proxies_and_databases_are_hidden(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://anna:p%40ssword-of-the-proxy@proxy.example:8080")  # not a secret
    hide_secrets_of({})
    hide_password_of("postgresql://anna:password-of-the-books@db.example/books")  # not a secret
    hide_password_of("http://[::1")
    assert OUTGOING.clean("p@ssword-of-the-proxy p%40ssword-of-the-proxy password-of-the-books") == "*** *** ***"


@pytest.mark.parametrize(
    "proxy",
    [
        "anna:word-of-the-proxy@proxy.example:8080",
        "http://word-of-the-proxy@proxy.example",
        "http://word-of-the-proxy:@proxy.example",
        "word-of-the-proxy@proxy.example:8080",
        "socks5://anna:word-of-the-proxy@[::1]:1080",
    ],
)
def test_what_signs_in_to_a_proxy_is_hidden_however_its_address_is_written(proxy, monkeypatch):
    monkeypatch.setenv("https_proxy", proxy)
    hide_secrets_of({})
    assert OUTGOING.clean("word-of-the-proxy") == "***"


def test_secrets_in_lists_and_below_other_settings_are_hidden():
    hide_secrets_of({"headers": [{"api_key": "the-first-secret-value"}], "tokens": [["the-second-secret-value"], 1]})
    assert OUTGOING.clean("the-first-secret-value the-second-secret-value") == "*** ***"


@pytest.mark.parametrize("thread", [False, True])
def test_a_traceback_of_last_resort_is_clean(thread):
    raising = (
        "import threading\n"
        "from dynamics_bc_plugin.outgoing import guard\n"
        "from dynamics_bc_client.settings import Secret\n"
        "guard()\n"
        f"secret = Secret({SECRET!r})\n"
        "def fail(): raise ValueError('\\x1b[31m' + secret.reveal())\n"
        + ("threading.Thread(target=fail, name='t').start()\n" if thread else "fail()\n")
    )
    ended = subprocess.run([sys.executable, "-c", raising], capture_output=True, text=True, check=False)
    assert "ValueError: ***" in ended.stderr
    assert "Traceback" in ended.stderr
    assert SECRET not in ended.stderr
    assert "\x1b" not in ended.stderr
    assert ended.returncode == (0 if thread else 1)


def test_hooks_of_others_stay(monkeypatch):
    theirs = lambda *_: None  # noqa: E731
    monkeypatch.setattr("sys.excepthook", theirs)
    outgoing.guard()
    assert sys.excepthook is theirs
