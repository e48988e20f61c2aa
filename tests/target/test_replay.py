"""Dead letters are replayed out of their own file, and none is lost, whatever happens meanwhile."""

from __future__ import annotations

import io
import itertools
import json
import logging
import os

import pytest
import warm_start

from dynamics_bc_client.errors import DynamicsError
from target_dynamics_bc.kept.dead_letters import DeadLetters
from target_dynamics_bc.kept.line_file import LineFile
from target_dynamics_bc.kept.outcomes import Outcome
from target_dynamics_bc.kept.recorder import Recorder
from target_dynamics_bc.target import TargetDynamicsBC
from tests.target.at_the_desk import CONFIG, DeskTransport, Target
from tests.target.conftest import COMPANY
from tests.target.killing import in_another_process


def vendor(number, **more):
    return {"externalId": f"v{number}", "vendorName": f"Replayed {number}", **more}


def bad(number):
    return vendor(number, currency="NONE")


@pytest.fixture
def store(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def letters(store):
    """The records of the dead letter file, in its order."""

    def read():
        path = store / "dead-letter.singer"
        messages = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        return [message["record"]["externalId"] for message in messages if message["type"] == "RECORD"]

    return read


@pytest.fixture
def command(emulator, tmp_path, store):
    """Runs the command with a file as its input."""
    path = tmp_path / "target.json"

    def run(source, **config):
        path.write_text(json.dumps(emulator.config(company=COMPANY, store_path=str(store), **config)))
        with source.open() as given:
            done = warm_start.run("target-dynamics-bc", "--config", path, stdin=given)
        return done.returncode

    return run


def kill_replay(emulator, store, *, after):
    """Replay the dead letters, and end like SIGKILL after a number of outcomes."""

    def replay():
        config = emulator.config(company=COMPANY, store_path=str(store))
        target = TargetDynamicsBC(config=config, output=io.StringIO())
        record, count = Recorder.record, itertools.count(1)

        def recording(recorder, *arguments):
            record(recorder, *arguments)
            if next(count) == after:
                recorder.flush()
                os._exit(9)

        Recorder.record = recording
        with (store / "dead-letter.singer").open() as letters:
            target.read_from(letters)
            target.listen(letters)

    assert in_another_process(replay) == 9


def replayed_at(target, path):
    """A replay at the desk, ended."""
    config = {**CONFIG, "store_path": str(path.parent)}
    replay = TargetDynamicsBC(config=config, transport=DeskTransport(target.desk), output=io.StringIO())
    with path.open() as letters, replay.end_told():
        replay.read_from(letters)
        replay.listen(letters)
    return replay


@pytest.mark.parametrize("passes", [1, 2])
def test_a_record_that_is_rejected_in_every_run_is_one_dead_letter(pipe, letters, passes):
    for _ in range(passes):
        pipe({"Vendors": [bad(1), bad(2), bad(1)]})
    assert letters() == ["v1", "v2"]


def test_another_version_of_a_record_is_a_dead_letter_of_its_own(pipe, letters):
    pipe({"Vendors": [bad(1)]})
    pipe({"Vendors": [{**bad(1), "email": "a@example.com"}]})
    assert letters() == ["v1", "v1"]


def test_what_a_replay_has_written_is_no_dead_letter_any_more_and_what_it_rejects_stays_one(
    pipe, command, letters, company, store
):
    pipe({"Vendors": [bad(1), vendor(2, paymentMethod="LATER"), vendor(3, paymentMethod="LATER")]})
    assert letters() == ["v1", "v2", "v3"]
    method = company.rows("paymentMethods")[0]
    company.edit("paymentMethods", method["id"], code="LATER")
    assert command(store / "dead-letter.singer") == 1
    assert letters() == ["v1"]
    assert len(company.rows("vendors", displayName="Replayed 2")) == 1
    assert command(store / "dead-letter.singer") == 1
    assert letters() == ["v1"]


@pytest.mark.fault("P8")
def test_a_replay_that_is_killed_loses_no_dead_letter_however_often(  # noqa: PLR0917 - fixtures
    pipe, command, letters, company, emulator, store
):
    records = [bad(0), *(vendor(number, paymentMethod="LATER") for number in range(1, 8)), bad(8)]
    pipe({"Vendors": records})
    method = company.rows("paymentMethods")[0]
    company.edit("paymentMethods", method["id"], code="LATER")
    before = letters()
    for after in (1, 5, 9):
        kill_replay(emulator, store, after=after)
        assert letters() == before
    assert command(store / "dead-letter.singer") == 1
    assert letters() == ["v0", "v8"]
    assert len([row for row in company.rows("vendors") if row["displayName"].startswith("Replayed")]) == 7


BROKEN = {
    "no JSON": '{"type": "RECORD", "stream": "Vendors", "reco\n',
    "no object": "[1, 2]\n",
    "no type": '{"stream": "Vendors", "record": {}}\n',
    "a type of nobody": '{"type": "RECRD", "stream": "Vendors", "record": {}}\n',
    "no stream": '{"type": "RECORD", "record": {}}\n',
    "half a schema": '{"type": "SCHEMA", "stream": "Others"}\n',
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_dead_letter_stays_where_it_is_and_the_others_are_replayed(tmp_path, broken, caplog):
    target = Target(tmp_path)
    target.write("Vendors", *(vendor(number, paymentMethod="LATER") for number in (1, 2)), remember=True)
    path = tmp_path / "store" / "dead-letter.singer"
    schema, first, second = path.read_text().splitlines(keepends=True)
    path.write_text(broken + schema + first + broken + second)
    target.desk.create("paymentMethods", {"code": "LATER"})
    caplog.set_level(logging.INFO)
    ended = replayed_at(target, path)
    assert sorted(outcome.kind for outcome in ended.outcomes) == ["created", "created"]
    assert path.read_text() == broken * 2
    for number in (1, 4):
        named = f'Line {number} of "{path}" cannot be read'
        assert len([message for message in caplog.messages if message.startswith(named)]) == 1
    assert ended.exit_code == 1
    assert "ended with exit code 1: 2 lines of the dead letters could not be read." in caplog.text


def test_what_is_left_when_the_others_are_taken_out_can_be_replayed_again(tmp_path):
    """Each stream has its SCHEMA before its first letter, and once."""
    target = Target(tmp_path)
    records = [vendor(1, paymentMethod="LATER"), *(vendor(number, paymentMethod="NEVER") for number in (2, 3))]
    target.write("Vendors", *records, remember=True)
    path = tmp_path / "store" / "dead-letter.singer"
    target.desk.create("paymentMethods", {"code": "LATER"})
    replayed_at(target, path)
    types = [json.loads(line)["type"] for line in path.read_text().splitlines()]
    assert types == ["SCHEMA", "RECORD", "RECORD"]
    target.desk.create("paymentMethods", {"code": "NEVER"})
    ended = replayed_at(target, path)
    assert [outcome.kind for outcome in ended.outcomes] == ["created", "created"]
    assert path.read_text() == ""


def test_dead_letters_that_are_all_broken_are_named_and_kept(tmp_path, caplog):
    target = Target(tmp_path)
    path = tmp_path / "store" / "dead-letter.singer"
    path.parent.mkdir()
    path.write_text("not a letter\n")
    assert replayed_at(target, path).exit_code == 1
    assert f'Line 1 of "{path}" cannot be read' in caplog.text
    assert path.read_text() == "not a letter\n"


def test_dead_letters_that_come_while_the_file_is_tidied_up_are_kept(pipe, letters, store, caplog):
    """Another run may share the file, when each has a store of its own."""
    pipe({"Vendors": [bad(1)]})
    replay, other = (DeadLetters(store / "dead-letter.singer") for _ in range(2))
    (letter,) = replay.letters()
    replay.settle(letter.key)
    replay.close(tidy=True)
    assert "Another run is writing" in caplog.text
    other.bury("Vendors", bad(7), {})
    other.close(tidy=True)
    assert letters() == ["v1", "v7"]


def test_a_replay_that_is_a_dry_run_changes_nothing(pipe, command, letters, store):
    pipe({"Vendors": [bad(1)]})
    before = {path.name: path.read_bytes() for path in store.glob("dead-letter*")}
    assert command(store / "dead-letter.singer", dry_run=True) == 1
    assert {path.name: path.read_bytes() for path in store.glob("dead-letter*")} == before


def test_the_last_dead_letter_may_have_been_cut_off(pipe, command, letters, store):
    pipe({"Vendors": [bad(1)]})
    path = store / "dead-letter.singer"
    text = path.read_text() + '{"type": "RECORD", "stre'
    path.write_text(text)
    assert command(path) == 1
    assert letters() == ["v1"]
    corrected = text.replace(',"currency":"NONE"', "")
    assert corrected != text
    path.write_text(corrected)
    assert command(path) == 0
    assert letters() == []


@pytest.mark.parametrize("name", ["dead-letter.singer", "outcomes.jsonl"])
def test_a_line_that_was_cut_off_is_not_glued_to_the_next_one(pipe, store, name):
    pipe({"Vendors": [bad(1)]}, outcomes_path=str(store / "outcomes.jsonl"))
    path = store / name
    whole = path.read_text()
    path.write_text(whole + '{"type": "RECORD", "stream": "Vend')
    pipe({"Vendors": [bad(2)]}, outcomes_path=str(store / "outcomes.jsonl"))
    assert path.read_text().startswith(whole)
    assert '"Vend{' not in path.read_text()
    assert [json.loads(line) for line in path.read_text().splitlines()]


def test_a_schema_that_several_runs_have_written_is_left_once_and_one_that_differs_before_its_letters(tmp_path):
    path = tmp_path / "d.singer"
    for number, names in enumerate(["ab", "ab", "ab", "a"]):
        letters = DeadLetters(path)
        schema = {"properties": {name: {} for name in names}}
        letters.describe("Vendors", {"type": "SCHEMA", "stream": "Vendors", "schema": schema, "key_properties": []})
        letters.bury("Vendors", bad(2 * number), {})
        letters.bury("Vendors", bad(2 * number + 1), {})
        letters.close(tidy=False)
    letters = DeadLetters(path)
    letters.settle(next(letter.key for letter in letters.letters()))
    letters.close(tidy=True)
    left = [json.loads(line) for line in path.read_text().splitlines()]
    assert [len(line["schema"]["properties"]) if line["type"] == "SCHEMA" else "-" for line in left] == [
        2, "-", "-", "-", "-", "-", 1, "-", "-"
    ]  # fmt: skip


@pytest.fixture
def one_letter(tmp_path):
    """A dead letter file with one record, open for the next run, and that record's key."""
    path = tmp_path / "d.singer"
    first = DeadLetters(path)
    first.bury("Vendors", bad(1), {})
    first.close(tidy=True)
    again = DeadLetters(path)
    (letter,) = again.letters()
    return again, letter.key


def kept(letters):
    letters.close(tidy=True)
    return [json.loads(line)["record"]["externalId"] for line in letters.path.read_text().splitlines()]


def test_what_is_done_is_taken_out(one_letter):
    letters, key = one_letter
    letters.settle(key)
    assert kept(letters) == []


def test_what_is_rejected_after_it_was_done_is_a_letter_again(one_letter):
    letters, key = one_letter
    letters.settle(key)
    letters.bury("Vendors", bad(1), {})
    assert kept(letters) == ["v1"]


def test_what_comes_again_after_a_newer_version_was_done_is_the_newest(one_letter):
    letters, key = one_letter
    letters.watch(("Vendors", "newer"), key)
    letters.settle(("Vendors", "newer"))
    letters.bury("Vendors", bad(1), {})
    assert kept(letters) == ["v1"]


def test_a_letter_stays_when_the_outcome_of_its_record_cannot_be_written(tmp_path, one_letter, monkeypatch):
    letters, key = one_letter
    letters.close(tidy=False)
    recorder = Recorder(tmp_path / "o.jsonl", letters.path)
    list(recorder.dead_letters.letters())
    recorder.record(Outcome("Vendors", 0, "created", "vendors", hash=key[1]), bad(1))
    flush = LineFile.flush

    def on_a_full_disk(file):
        if file.path.name == "o.jsonl":
            raise DynamicsError("The disk is full.")
        flush(file)

    monkeypatch.setattr(LineFile, "flush", on_a_full_disk)
    with pytest.raises(DynamicsError):
        recorder.close()
    assert '"v1"' in letters.path.read_text()


def test_a_line_that_another_run_is_just_writing_is_not_cut_off(tmp_path):
    path = tmp_path / "o.jsonl"
    first = LineFile(path)
    with path.open("a") as half:
        half.write('{"half": ')
    second = LineFile(path)
    with path.open("a") as half:
        half.write("1}\n")
    first.close()
    second.close()
    assert path.read_text() == '{"half": 1}\n'
