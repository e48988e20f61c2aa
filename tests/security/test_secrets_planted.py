"""Secrets are planted everywhere, and every byte that comes out of every command is looked at."""

from __future__ import annotations

import io
import json
import logging
import time
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console
from security.telltale import HOST, HOTGLUE, LOGIN, STEERING, Telltale, leaks
from tap.desk_service import ROOT

from dynamics_bc_client.redaction import OUTGOING
from dynamics_bc_plugin.outgoing import guard
from dynamics_bc_plugin.progress import Account, progress

if TYPE_CHECKING:
    from pathlib import Path

CLIENT_SECRET = "Qz7~vK.2mX_wT-9hLpR4sYbN8cJdFgA1eU3iO5"
PROXY_PASSWORD = "pX4-zC7vB0nM_3aS6dF9gH2jK5lQ8wE1r"
REFRESH_TOKEN = "0.AXkAw3pLZ7Qm-Vt2Ks_8Rb4Yc6Nd1Fg5Hj9Tx.AgABAwEAAADnfolhJpSnRYB1"
KEPT_SECRETS = {"token.json", "config.json"}
"""Files that are there to hold secrets."""


def settings(tmp_path: Path, **further: Any) -> dict[str, Any]:
    return {
        "api_url": HOST,
        "auth_url": LOGIN,
        "full_url": ROOT,
        "tenant_id": "a-tenant",
        "client_id": "an-app",
        "client_secret": CLIENT_SECRET,
        "refresh_token": REFRESH_TOKEN,
        "store_path": str(tmp_path / "store"),
        **further,
    }


def vendors(*names: str) -> str:
    schema = {"type": "SCHEMA", "stream": "vendors", "schema": {"properties": {}}, "key_properties": []}
    records = [
        {"type": "RECORD", "stream": "vendors", "record": {"number": f"V{place}", "displayName": name}}
        for place, name in enumerate(names)
    ]
    return "".join(json.dumps(each) + "\n" for each in (schema, *records, {"type": "STATE", "value": {"at": 1}}))


def check(ended: Any, service: Telltale, tmp_path: Path) -> None:
    secrets = (CLIENT_SECRET, REFRESH_TOKEN, *service.secrets)
    files = {
        path: path.read_bytes().decode("utf-8", "replace")
        for path in tmp_path.rglob("*")
        if path.is_file() and path.name not in KEPT_SECRETS
    }
    for where, text in {"standard output": ended.no_records, "standard error": ended.err, **files}.items():
        assert not leaks(text, secrets), where
    for where in (ended.out, ended.err):
        assert not {each for each in where if not each.isprintable()} - set("\n\t"), where


COMMANDS = pytest.mark.parametrize(
    "arguments",
    [
        ("dynamics-bc", "doctor"),
        ("dynamics-bc", "doctor", "--for", "both", "--json"),
        ("dynamics-bc", "companies"),
        ("dynamics-bc", "environments", "--json"),
        ("dynamics-bc", "streams"),
        ("dynamics-bc", "request", "GET", "companies"),
        ("dynamics-bc", "request", "GET", "$metadata"),
        ("dynamics-bc", "describe", "vendors"),
        ("dynamics-bc", "login"),
        ("dynamics-bc", "resolve"),
        ("tap-dynamics-bc",),
        ("tap-dynamics-bc", "--discover"),
        ("tap-dynamics-bc", "--about"),
        ("tap-dynamics-bc", "--test"),
        ("tap-dynamics-bc", "--access-token"),
        ("target-dynamics-bc",),
        ("target-dynamics-bc", "--about"),
    ],
    ids=" ".join,
)


@COMMANDS
def test_no_command_tells_a_secret_that_the_service_echoes(arguments, run, write_config, tmp_path):
    carry_out(arguments, len(arguments), run, write_config, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
@COMMANDS
def test_no_command_tells_a_secret_however_it_is_echoed(arguments, seed, run, write_config, tmp_path):
    carry_out(arguments, seed, run, write_config, tmp_path)


def carry_out(arguments, seed, run, write_config, tmp_path):
    service = Telltale(seed, [CLIENT_SECRET, REFRESH_TOKEN], often=2 + seed)
    config = write_config(settings(tmp_path, **({"client_secrte": CLIENT_SECRET[::-1]} if seed % 2 else {})))
    ended = run(service, *arguments, "--config", config, sent=vendors("Anna", "Berta"))
    check(ended, service, tmp_path)
    assert not ended.trace, ended.trace


@pytest.fixture
def _in_a_job(monkeypatch):
    for name, value in {**JOB, "API_KEY": API_KEY, "HTTPS_PROXY": f"http://u:{PROXY_PASSWORD}@proxy.example"}.items():
        monkeypatch.setenv(name, value)


JOB = {"API_URL": HOTGLUE, "ENV_ID": "dev", "FLOW": "flow", "TENANT": "1", "TAP": "tap", "TARGET": "target"}
API_KEY = "hG9-vB4nM1kJ8sD5fA2qW7eR_3tY6uI0oP"


@pytest.mark.parametrize("often", [2, 6])
@pytest.mark.parametrize(
    "arguments",
    [("tap-dynamics-bc",), ("tap-dynamics-bc", "--access-token"), ("target-dynamics-bc",), ("dynamics-bc", "doctor")],
    ids=" ".join,
)
@pytest.mark.usefixtures("_in_a_job")
def test_no_command_tells_the_key_of_a_job_of_hotglue(arguments, often, run, write_config, tmp_path):
    service = Telltale(often, [CLIENT_SECRET, REFRESH_TOKEN, API_KEY, PROXY_PASSWORD], often=often)
    ended = run(service, *arguments, "--config", write_config(settings(tmp_path)), sent=vendors("Anna"))
    check(ended, service, tmp_path)
    assert not ended.trace, ended.trace
    assert service.asked_of_hotglue


def test_what_a_run_of_the_target_left_tells_no_secret_either(run, write_config, tmp_path):
    service = Telltale(5, [CLIENT_SECRET, REFRESH_TOKEN], often=2)
    config = write_config(settings(tmp_path, company="CRONUS International Ltd."))
    sent = vendors("Anna", "Berta", "x" * 300, "Carla", "Dora", "\x1b[31mEmma")
    check(run(service, "target-dynamics-bc", "--config", config, sent=sent), service, tmp_path)
    assert (tmp_path / "store" / "outcomes.jsonl").read_text()
    for command in (("outcomes",), ("outcomes", "--json"), ("replay",), ("resolve",)):
        ended = run(service, "dynamics-bc", *command, "--config", config)
        check(ended, service, tmp_path)
        assert not ended.trace, ended.trace
    assert service.told


def test_no_view_of_a_run_shows_a_secret_that_the_service_calls_a_company():
    OUTGOING.add(CLIENT_SECRET)
    name = f"A {CLIENT_SECRET} {CLIENT_SECRET[:20]}{STEERING} B\nC"
    account = Account()
    account.name_companies({"c1": name})
    said = []
    log = logging.getLogger("dynamics_bc_plugin.progress")
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())
    console = Console(file=io.StringIO(), force_terminal=True, width=300, height=20, _environ={})
    before, log.level = log.level, logging.INFO
    log.addHandler(handler)
    guard()
    try:
        for live in (True, False):
            with (
                progress(account, console=console, interval_seconds=0.01, live=live),
                account.working_on(("vendors", "c1"), (f"of {CLIENT_SECRET}", "c1")),
            ):
                time.sleep(0.4 if live else 0.05)
    finally:
        log.removeHandler(handler)
        log.setLevel(before)
        logging.setLogRecordFactory(logging.LogRecord)
    shown = console.file.getvalue()
    assert "vendors" in shown
    assert any("vendors" in each for each in said)
    assert not leaks(shown, [CLIENT_SECRET])
    assert not leaks("\n".join(said), [CLIENT_SECRET])
    assert "owned" not in shown + "".join(said)


def test_the_check_finds_what_is_told():
    """So that the others mean something."""
    service = Telltale(1, [CLIENT_SECRET])
    told = [service._telling([CLIENT_SECRET]).body.decode() for _ in range(100)]
    assert sum(bool(leaks(body, [CLIENT_SECRET])) for body in told) > 50
    assert not leaks("GET companies returned 400.", [CLIENT_SECRET])
