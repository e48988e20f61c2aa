"""What a user of the command sees: exit codes, one sentence, state and signals."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import pytest
import warm_start

from target_dynamics_bc.messages import InputError
from target_dynamics_bc.target import TargetDynamicsBC

COMMAND = [sys.executable, "-m", "target_dynamics_bc.target"]
RECORD = {"externalId": "v-1", "vendorName": "Vendor"}


def lines(*records, stream="Vendors", state=True):
    messages = [{"type": "SCHEMA", "stream": stream, "schema": {"properties": {}}, "key_properties": []}]
    messages += [{"type": "RECORD", "stream": stream, "record": record} for record in records]
    messages += [{"type": "STATE", "value": {"n": len(records)}}] if state else []
    return "".join(json.dumps(message) + "\n" for message in messages)


@pytest.fixture
def command(emulator, tmp_path):
    """Runs the command with a config file."""

    def run(text, *arguments, config=None, **overrides):
        path = tmp_path / "config.json"
        settings = emulator.config(company="CRONUS International Ltd.", **overrides) if config is None else config
        path.write_text(settings if isinstance(settings, str) else json.dumps(settings, default=str))
        return warm_start.run("target-dynamics-bc", "--config", path, *arguments, input=text)

    return run


def test_a_good_run_ends_with_0_and_the_state(command, tmp_path):
    done = command(lines(RECORD), store_path=tmp_path / "store")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"n": 1}
    assert "created vendors V0" in done.stderr
    outcome = json.loads((tmp_path / "store" / "outcomes.jsonl").read_text())
    assert list(outcome) == [
        "run_id",
        "at",
        "stream",
        "position",
        "external_id",
        "company_id",
        "outcome",
        "id",
        "number",
        "hash",
        "errors",
        "company_name",
    ]
    assert outcome["company_name"] == "CRONUS International Ltd."


def test_input_may_be_a_file_or_a_dash(command, tmp_path):
    (tmp_path / "data.singer").write_text(lines(RECORD))
    assert "created" in command("", "--input", str(tmp_path / "data.singer")).stderr
    assert "unchanged" in command(lines(RECORD), "--input", "-").stderr


@pytest.mark.parametrize(("fail_on", "code"), [("any", 1), ("undecided", 0), ("never", 0)])
def test_a_rejected_record_decides_the_exit_code_as_configured(command, fail_on, code):
    done = command(lines({"vendorName": "Nameless"}, RECORD), fail_on=fail_on)
    assert done.returncode == code
    assert json.loads(done.stdout) == {"n": 2}
    assert "rejected vendors" in done.stderr
    assert "created vendors" in done.stderr


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"company": "Nowhere Ltd."}, 'no company "Nowhere Ltd."'),
        ({"posting": "sometimes"}, "posting must be one of"),
        ({"dimension_mappings": {"class": "NOPE", "shop": "NADA"}}, "no dimension NOPE and no dimension NADA"),
        ({"environment_name": "Playground"}, "Playground"),
        ({"company": None}, "Set company to one of them."),
        ({"total_tolerance": "a lot"}, 'total_tolerance must be an amount of at least 0, not "a lot".'),
    ],
)
def test_bad_configuration_is_one_sentence_and_2(command, emulator, overrides, words):
    done = command(lines(RECORD), config=emulator.config(**{"company": "CRONUS International Ltd.", **overrides}))
    assert done.returncode == 2, done.stderr
    assert words in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert emulator.client_secret not in done.stderr


@pytest.mark.parametrize("content", ["{nonsense", "[]"])
def test_a_malformed_config_file_is_one_sentence_and_2(command, content):
    done = command("", config=content)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_missing_config_file_is_one_sentence_and_2(tmp_path):
    done = warm_start.run("target-dynamics-bc", "--config", tmp_path / "none.json")
    assert done.returncode == 2
    assert "none.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_command_without_a_config_says_how_to_name_one():
    done = warm_start.run("target-dynamics-bc")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "Error: No config is given: name a file with --config FILE, or take the settings from environment variables "
        "with --config=ENV."
    )


def test_records_of_the_tap_that_nothing_routes_are_told_of_the_setting_that_does(command, emulator):
    record = {**RECORD, "company_id": "100c61aa-da39-4912-91e9-25b04fc1715f"}
    done = command(lines(record), config=emulator.config(company=None))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith(
        "Set company to one of them, or set route_by_company to send each record to the one in its company_id."
    )


def test_a_wrong_secret_is_3(command):
    done = command(lines(RECORD), client_secret="not-the-secret-either")
    assert done.returncode == 3, done.stderr
    assert "not-the-secret-either" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("text", ["no json\n", "[1]\n", lines(RECORD).splitlines()[1] + "\n"])
def test_input_that_is_no_singer_is_a_sentence_and_1(command, text):
    done = command(text)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert "Traceback" not in done.stderr


def test_a_closed_standard_input_is_a_sentence(monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(InputError, match="Standard input is closed; pipe Singer messages into it"):
        TargetDynamicsBC.invoke()


def test_about_lists_the_settings():
    done = subprocess.run(
        [*COMMAND, "--about", "--format=json"], capture_output=True, text=True, timeout=60, check=True
    )
    about = json.loads(done.stdout)
    settings = about["settings"]["properties"]
    assert {"company", "dimension_mappings", "posting", "client_secret", "store_path"} <= settings.keys()
    assert settings["client_secret"]["secret"] is True


def test_two_runs_do_not_share_a_store(command, tmp_path):
    from dynamics_bc_client.store_folder import StoreFolder

    with StoreFolder(tmp_path / "store").lock("ledger"):
        done = command(lines(RECORD), store_path=tmp_path / "store")
    assert done.returncode == 2
    assert "Another run" in done.stderr


@pytest.mark.parametrize("waiting_for", ["input", "answer"])
def test_sigterm_ends_with_143_and_what_is_done_is_kept(emulator, tmp_path, waiting_for):
    path = tmp_path / "config.json"
    # One request in flight, so that a hundred records are carried through while it waits for more.
    settings = {"store_path": str(tmp_path / "store"), "max_concurrent_requests": 1}
    path.write_text(json.dumps(emulator.config(company="CRONUS International Ltd.", **settings)))
    process = subprocess.Popen(
        [*COMMAND, "--config", str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        records = [{"externalId": f"v-{n}", "vendorName": f"Vendor {n}"} for n in range(100)]
        if waiting_for == "answer":
            emulator.faults([{"method": "POST", "path": r"\$batch", "times": 1, "delay_ms": 1500}])
        process.stdin.write(lines(*records))
        process.stdin.flush()
        store = tmp_path / "store" / "outcomes.jsonl"
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if waiting_for == "input" and store.exists() and len(store.read_text().splitlines()) == 100:
                break
            if (
                waiting_for == "answer"
                and emulator.requests()
                and any("$batch" in each["path"] for each in emulator.requests())
            ):
                break
            if waiting_for == "answer" and store.exists():
                time.sleep(0.5)
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        process.stdin.flush()
        code = process.wait(timeout=30)
        error = process.stderr.read()
    finally:
        process.kill()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.stdout.close()
        process.stderr.close()
    assert code == 143, error
    assert "Traceback" not in error
    done = len(store.read_text().splitlines())
    assert done == (100 if waiting_for == "input" else 0)


@contextlib.contextmanager
def printing_a_long_state(emulator, tmp_path):
    """A target that prints more than a pipe takes, to somebody who reads as it pleases."""
    path, errors = tmp_path / "config.json", tmp_path / "errors.log"
    path.write_text(
        json.dumps(emulator.config(company="CRONUS International Ltd.", store_path=str(tmp_path / "store")))
    )
    command = [*COMMAND, "--config", str(path)]
    pipe = subprocess.PIPE
    with errors.open("w") as log, subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=log, bufsize=0) as process:
        try:
            process.stdin.write(json.dumps({"type": "STATE", "value": {"seen": "x" * 600_000}}).encode() + b"\n")
            process.stdin.close()
            begun = process.stdout.read(1)
            time.sleep(1)
            assert process.poll() is None
            process.send_signal(signal.SIGTERM)
            yield process, begun, errors
        finally:
            process.kill()


def code_of(process):
    """How a process ended; None where it does not."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        return process.wait(timeout=20)
    return None


def test_a_terminated_run_does_not_wait_for_ever_for_a_reader_that_does_not_read(emulator, tmp_path):
    with printing_a_long_state(emulator, tmp_path) as (process, _, errors):
        assert code_of(process) == 143, errors.read_text()
    assert "Traceback" not in errors.read_text()


def test_a_terminated_run_waits_for_a_reader_that_is_slow(emulator, tmp_path):
    with printing_a_long_state(emulator, tmp_path) as (process, begun, errors):
        printed = bytearray(begun)
        while piece := process.stdout.read(30_000):
            printed += piece
            time.sleep(0.5)
        assert code_of(process) == 143, errors.read_text()
    assert printed.endswith(b"}\n")
    assert len(json.loads(printed)["seen"]) == 600_000


@pytest.mark.parametrize("output", ["a pipe that nobody opens", "a pipe", "the log"])
def test_a_terminated_run_does_not_wait_for_ever_for_who_reads_its_outcomes_or_its_log(emulator, tmp_path, output):
    path, pipe = tmp_path / "config.json", tmp_path / "pipe"
    os.mkfifo(pipe)
    opened = None if output == "a pipe that nobody opens" else os.open(pipe, os.O_RDWR)
    outcomes = {} if output == "the log" else {"outcomes_path": str(pipe)}
    config = emulator.config(company="CRONUS International Ltd.", store_path=str(tmp_path / "store"), **outcomes)
    path.write_text(json.dumps(config))
    (tmp_path / "input").write_text(lines(*({"vendorName": f"No key {number}"} for number in range(600))))
    with contextlib.ExitStack() as files:
        given = files.enter_context((tmp_path / "input").open())
        log = files.enter_context((pipe if output == "the log" else tmp_path / "errors.log").open("w"))
        done = subprocess.DEVNULL
        with subprocess.Popen([*COMMAND, "--config", str(path)], stdin=given, stdout=done, stderr=log) as process:
            try:
                time.sleep(4)
                assert process.poll() is None, "it waits for whoever reads"
                process.send_signal(signal.SIGTERM)
                assert code_of(process) == 143
            finally:
                process.kill()
    if opened is not None:
        os.close(opened)


def test_a_rerun_with_the_jobs_state_writes_only_what_failed(command, tmp_path):
    records = [{"externalId": "v-1", "vendorName": "A"}, {"externalId": "v-2", "vendorName": "B", "currency": "XXQ"}]
    first = command(lines(*records), state_format="hotglue", fail_on="never")
    (tmp_path / "state.json").write_text(first.stdout.splitlines()[-1])
    second = command(
        lines(records[0], {**records[1], "currency": "GBP"}),
        "--state",
        str(tmp_path / "state.json"),
        state_format="hotglue",
        fail_on="never",
    )
    state = json.loads(second.stdout.splitlines()[-1])
    assert second.returncode == 0
    assert state["summary"] == {"Vendors": {"success": 1, "fail": 0, "existing": 1, "updated": 0}}
    done = {
        entry["externalId"]: entry.get("id")
        for entry in json.loads(first.stdout.splitlines()[-1])["bookmarks"]["Vendors"]
    }
    assert next(entry["id"] for entry in state["bookmarks"]["Vendors"] if entry.get("existing")) == done["v-1"]


def test_a_state_that_is_no_json_is_one_sentence_and_2(command, tmp_path):
    (tmp_path / "state.json").write_text("{")
    done = command(lines(RECORD), "--state", str(tmp_path / "state.json"))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("way", ["pipe", "file"])
def test_dead_letters_can_be_sent_again_in_place(emulator, tmp_path, way):
    store, path = tmp_path / "store", tmp_path / "config.json"
    path.write_text(json.dumps(emulator.config(company="CRONUS International Ltd.", store_path=str(store))))
    command = ["target-dynamics-bc", "--config", path]
    bad = {"externalId": "v-1", "vendorName": "A", "currency": "XXQ"}
    warm_start.run(*command, input=lines(bad))
    letters = store / "dead-letter.singer"
    with letters.open() as file:
        options = {"stdin": file} if way == "pipe" else {}
        arguments = [] if way == "pipe" else ["--input", letters]
        again = warm_start.run(*command, *arguments, **options)
    assert again.returncode == 1
    records = [json.loads(line) for line in letters.read_text().splitlines() if '"RECORD"' in line]
    assert [record["record"] for record in records] == [bad]  # rejected once more, not for ever


def test_a_run_begins_and_ends_with_lines_of_the_id_that_its_outcomes_carry(command, tmp_path):
    done = command(lines(RECORD, {"vendorName": "Nameless"}), store_path=str(tmp_path / "store"))
    first, last = [line.partition("Run ")[2] for line in done.stderr.splitlines() if "Run " in line]
    outcome = json.loads((tmp_path / "store" / "outcomes.jsonl").read_text().splitlines()[0])
    assert first.startswith(f"{outcome['run_id']} writes to environment")
    assert 'company "CRONUS International Ltd."; posting if_requested.' in first
    assert last.startswith(f"{outcome['run_id']} ended with exit code 1: 1 record was rejected. 1 created, 1 rejected.")
    assert "outcomes.jsonl, rejected records in" in last


@pytest.mark.parametrize(("name", "value"), [("DRY_RUN", "ture"), ("TIMEOUT_SECONDS", "soon"), ("MATCH_KEYS", "{")])
def test_a_variable_is_read_as_a_file_is_and_nothing_is_written_when_it_is_wrong(
    command, emulator, monkeypatch, name, value
):
    """The SDK would take a word that it does not know for false: a dry run that is misspelt would write."""
    monkeypatch.setenv(f"TARGET_DYNAMICS_BC_{name}", value)
    before = len(emulator.requests())
    done = command(lines(RECORD), "--config", "ENV")
    assert done.returncode == 2, done.stderr
    assert name in done.stderr.upper()
    assert "Traceback" not in done.stderr
    assert len(emulator.requests()) == before
