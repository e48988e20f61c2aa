"""What is done about runs of the target: outcomes are counted, dead letters replayed, uncertain records resolved."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sqlite3
from pathlib import Path

import pytest
import warm_start

from target_dynamics_bc.target import TargetDynamicsBC

COMPANY = "CRONUS International Ltd."
VENDOR = {"externalId": "v-1", "vendorName": "Tailspin"}
UNKNOWN_CURRENCY = {"externalId": "v-2", "vendorName": "Tailspin", "currency": "XXQ"}


@pytest.fixture
def target_config(tmp_path, config):
    settings = json.loads(Path(config).read_text()) | {"company": COMPANY, "store_path": str(tmp_path / "store")}
    settings.pop("company_ids", None)
    path = tmp_path / "target.json"
    path.write_text(json.dumps(settings))
    return str(path)


@pytest.fixture
def letters(tmp_path):
    """A store with two records that were rejected, and one that was written, in two runs."""
    store = tmp_path / "store"
    store.mkdir()
    outcome = {"stream": "Vendors", "company_id": None, "id": None, "number": None, "hash": "", "at": ""}
    fault = {"stage": "resolve", "field": "lines[3].currency", "code": "not_found", "message": "There is none."}
    lines = [
        {**outcome, "run_id": "a", "position": 1, "external_id": "old", "outcome": "created", "errors": []},
        {**outcome, "run_id": "b", "position": 1, "external_id": "v-0", "outcome": "created", "errors": []},
        {**outcome, "run_id": "b", "position": 2, "external_id": "v-1", "outcome": "rejected", "errors": [fault]},
        {**outcome, "run_id": "b", "position": 3, "external_id": "v-2", "outcome": "rejected", "errors": [fault]},
    ]
    (store / "outcomes.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"run_id": "b", "po')
    schema = {"type": "SCHEMA", "stream": "Vendors", "schema": {"properties": {}}, "key_properties": []}
    records = [{"type": "RECORD", "stream": "Vendors", "record": each} for each in (VENDOR, UNKNOWN_CURRENCY)]
    path = store / "dead-letter.singer"
    path.write_text("".join(json.dumps(line) + "\n" for line in (schema, *records)))
    return path


def test_outcomes_of_the_last_run_are_counted_by_reason(command, target_config, letters):
    rows = command("outcomes", "--config", target_config).json
    assert [(row["outcome"], row["records"], row["code"], row["field"]) for row in rows] == [
        ("created", 1, "", ""),
        ("rejected", 2, "not_found", "lines[].currency"),
    ]
    assert rows[1]["example"] == "v-1"


def test_outcomes_are_read_in_a_store_that_may_only_be_read(command, target_config, letters, monkeypatch):
    before = {path: path.stat() for path in (letters.parent, *letters.parent.iterdir())}
    letters.parent.chmod(0o500)
    # As it is for all but the one user of a machine whom no permission stops.
    monkeypatch.setattr("os.access", lambda _, mode, **__: not mode & os.W_OK)
    rows = command("outcomes", "--config", target_config).json
    letters.parent.chmod(0o700)
    assert [row["outcome"] for row in rows] == ["created", "rejected"]
    assert {path: path.stat().st_mtime_ns for path in (letters.parent, *letters.parent.iterdir())} == {
        path: stat.st_mtime_ns for path, stat in before.items()
    }


@pytest.mark.parametrize("harm", ["a folder", "a link to itself"])
def test_outcomes_that_cannot_be_read_are_a_sentence(command, target_config, letters, harm):
    path = letters.with_name("outcomes.jsonl")
    path.unlink()
    if harm == "a folder":
        path.mkdir()
    else:
        path.symlink_to(path)
    refused = command("outcomes", "--config", target_config)
    assert refused.code == 2
    assert f'Error: "{path}" cannot be read (' in refused.err
    assert "check store_path or outcomes_path." in refused.err


def test_outcomes_that_nobody_kept_are_looked_for_at_a_place_that_is_said(
    command, target_config, tmp_path, monkeypatch
):
    """A relative path leads elsewhere from another folder."""
    monkeypatch.chdir(tmp_path)
    Path(target_config).write_text(json.dumps({**json.loads(Path(target_config).read_text()), "store_path": "here"}))
    asked = command("outcomes", "--config", target_config)
    assert (asked.code, asked.json) == (0, [])
    assert f'There is no file "{tmp_path}/here/outcomes.jsonl": no run has kept outcomes there.' in asked.err
    assert (
        f'There are no dead letters in "{tmp_path}/here/dead-letter.singer".'
        in command("replay", "--config", target_config).err
    )


def test_a_secret_in_an_outcome_of_an_older_release_is_masked(command, target_config, letters):
    secret = "Qz7~vK.2mX_wT-9hLpR4sYbN8cJdFgA1eU3iO5"
    Path(target_config).write_text(json.dumps({**json.loads(Path(target_config).read_text()), "client_secret": secret}))
    path = letters.with_name("outcomes.jsonl")
    path.write_text(path.read_text().replace('"v-1"', f'"{secret}"'))
    for asked in ((), ("--records",), ("--records", "--json")):
        told = command("outcomes", "--config", target_config, *asked)
        assert "***" in told.out
        assert secret[:10] not in told.out


def test_outcomes_need_nothing_of_a_config_but_where_they_are(command, target_config, letters):
    config = json.loads(Path(target_config).read_text())
    Path(target_config).write_text(json.dumps({"store_path": config["store_path"], "posting": "on Sundays"}))
    assert command("outcomes", "--config", target_config).code == 0


def test_outcomes_of_an_earlier_run_are_asked_for_by_its_id(command, target_config, letters):
    (row,) = command("outcomes", "--config", target_config, "--run", "a").json
    assert row["example"] == "old"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--run", "c"), "--runs lists those that are there."),
        (("--outcome", "reject"), 'There is no outcome "reject"; outcomes are created, updated, '),
    ],
)
def test_what_there_cannot_be_is_no_empty_list(command, target_config, letters, asked, said):
    refused = command("outcomes", "--config", target_config, *asked)
    assert (refused.code, said in refused.err) == (2, True)


def test_outcomes_are_listed_one_by_one_as_they_are_asked_for(command, target_config, letters):
    listed = command("outcomes", "--config", target_config, "--records", "--outcome", "rejected", "--stream", "vend*")
    assert [(row["external_id"], row["reason"]) for row in listed.json] == [
        ("v-1", "There is none."),
        ("v-2", "There is none."),
    ]
    assert "Run b, " in listed.err
    by_code = command("outcomes", "--config", target_config, "--records", "--code", "not_found").json
    assert [row["position"] for row in by_code] == [2, 3]
    assert command("outcomes", "--config", target_config, "--records", "--stream", "Bills").json == []


def test_runs_are_listed_with_what_they_came_to(command, target_config, letters):
    rows = command("outcomes", "--config", target_config, "--runs").json
    assert [(row["run_id"], row["records"], row["came_to"]) for row in rows] == [
        ("a", 1, "1 created"),
        ("b", 3, "1 created, 2 rejected"),
    ]


def outcomes_of(letters):
    lines = letters.with_name("outcomes.jsonl").read_text().splitlines()
    return [json.loads(line)["outcome"] for line in lines]


def test_dead_letters_are_replayed_and_the_file_holds_what_was_rejected_again(command, target_config, letters):
    assert command("replay", "--config", target_config).code == 1
    assert sorted(outcomes_of(letters)[-2:]) == ["created", "rejected"]
    kept = [json.loads(line) for line in letters.read_text().splitlines()]
    assert [each["record"] for each in kept if each["type"] == "RECORD"] == [UNKNOWN_CURRENCY]


@pytest.mark.parametrize(
    ("name", "said"), [("replay", "created vendors"), ("resolve", "No record of an earlier run is")]
)
def test_a_run_that_the_operator_begins_is_told_as_any_other(target_config, letters, name, said):
    done = warm_start.run("dynamics-bc", name, "--config", target_config)
    begin, end = (line for line in done.stderr.splitlines() if "| Run " in line)
    assert 'company "CRONUS International Ltd."; posting if_requested.' in begin
    assert f"ended with exit code {done.returncode}" in end
    assert said in done.stderr


def test_without_dead_letters_there_is_nothing_to_replay(command, target_config):
    ended = command("replay", "--config", target_config)
    assert ended.code == 0
    assert "There are no dead letters" in ended.err


def test_dead_letters_that_cannot_be_read_are_a_sentence(command, target_config, letters):
    letters.unlink()
    letters.symlink_to(letters)
    refused = command("replay", "--config", target_config)
    assert refused.code == 2
    assert f'Error: "{letters}" cannot be read (' in refused.err


def test_with_nothing_uncertain_there_is_nothing_to_resolve(command, target_config):
    assert command("resolve", "--config", target_config).code == 0


def test_what_is_uncertain_is_resolved(command, target_config, tmp_path, emulator):
    """The create of a bill is not answered, and not carried out; twenty minutes later it is written."""
    line = {"accountNumber": "8210", "amount": 5}
    bill = {"externalId": "b-1", "billNumber": "CLI-1", "vendorNumber": "10000", "expenses": [line]}
    emulator.faults([{"method": "POST", "path": "purchaseInvoices$", "status": 504, "times": 1}])
    target = TargetDynamicsBC(config=json.loads(Path(target_config).read_text()), sleep=lambda _: None)
    lines = [
        {"type": "SCHEMA", "stream": "Bills", "schema": {"properties": {}}, "key_properties": []},
        {"type": "RECORD", "stream": "Bills", "record": bill},
    ]
    target.listen(io.StringIO("".join(json.dumps(line) + "\n" for line in lines)))
    target.close()
    letters = tmp_path / "store" / "dead-letter.singer"
    assert outcomes_of(letters) == ["uncertain"]
    with contextlib.closing(sqlite3.connect(tmp_path / "store" / "ledger.sqlite")) as memory, memory:
        memory.execute("UPDATE requests SET intended_at = datetime('now', '-21 minutes'), served_at = NULL")
    memory.close()
    assert command("resolve", "--config", target_config).code == 0
    assert outcomes_of(letters) == ["uncertain", "created"]


@pytest.mark.parametrize("name", ["outcomes", "replay", "resolve"])
def test_a_config_that_keeps_nothing_is_said(command, config, tmp_path, name):
    settings = json.loads(Path(config).read_text())
    settings.pop("store_path", None)
    path = tmp_path / "bare.json"
    path.write_text(json.dumps(settings))
    ended = command(name, "--config", str(path))
    assert ended.code == 2
    assert "store_path" in ended.err


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("outcomes", "store_path or outcomes_path"),
        ("replay", "store_path or dead_letter_path"),
        ("resolve", "store_path"),
    ],
)
def test_a_config_that_keeps_nothing_is_told_what_to_set(command, target_config, name, settings):
    path = Path(target_config)
    path.write_text(json.dumps({k: v for k, v in json.loads(path.read_text()).items() if k != "store_path"}))
    refused = command(name, "--config", target_config)
    said = f"Nothing of a run is kept: set {settings} in the target's config."
    assert (refused.code, said in refused.err) == (2, True)
