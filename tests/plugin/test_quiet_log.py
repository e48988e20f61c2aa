"""What stays out of a log that nobody has set up?"""

from __future__ import annotations

import logging

import pytest

from dynamics_bc_plugin.quiet_log import WithoutTheSdk, leave_out_the_sdk

SDK, OURS = "/venv/lib/site-packages/singer_sdk/metrics.py", "/venv/lib/site-packages/tap_dynamics_bc/run.py"


def record(pathname, level):
    return logging.LogRecord("any.logger", level, pathname, 1, "said", None, None)


@pytest.mark.parametrize(
    ("pathname", "level", "stays"),
    [
        (SDK, logging.INFO, False),
        (SDK, logging.WARNING, True),
        (SDK, logging.ERROR, True),
        (OURS, logging.INFO, True),
        (OURS, logging.ERROR, True),
    ],
)
def test_only_what_the_sdk_says_below_a_warning_stays_out(pathname, level, stays):
    assert WithoutTheSdk().filter(record(pathname, level)) is stays


def test_an_error_that_the_run_ends_with_is_told_once():
    ending = record(SDK, logging.ERROR)
    ending.msg = "An unhandled error occurred while syncing '%s'"
    assert not WithoutTheSdk().filter(ending)
    ending.msg = "Config validation failed"
    assert not WithoutTheSdk().filter(ending)


@pytest.fixture
def root(monkeypatch):
    """The root logger with one handler of its own."""
    root, handler = logging.getLogger(), logging.StreamHandler()
    monkeypatch.setattr(root, "handlers", [handler])
    monkeypatch.setattr(root, "level", logging.INFO)
    monkeypatch.delenv("SINGER_SDK_LOG_CONFIG", raising=False)
    logging.Logger.manager._clear_cache()
    yield root
    logging.Logger.manager._clear_cache()


def test_a_log_that_nobody_has_set_up_is_made_quiet_once(root):
    leave_out_the_sdk()
    leave_out_the_sdk()
    assert [type(each) for each in root.handlers[0].filters] == [WithoutTheSdk]


def test_who_asks_for_everything_gets_everything(root, monkeypatch):
    monkeypatch.setattr(root, "level", logging.DEBUG)
    logging.Logger.manager._clear_cache()
    leave_out_the_sdk()
    assert root.handlers[0].filters == []


def test_a_log_that_somebody_has_set_up_is_left_alone(root, monkeypatch):
    monkeypatch.setenv("SINGER_SDK_LOG_CONFIG", "logging.yaml")
    leave_out_the_sdk()
    assert root.handlers[0].filters == []
