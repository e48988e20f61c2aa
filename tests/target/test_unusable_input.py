"""What becomes of input that is not as it should be?"""

from __future__ import annotations

import json

import pytest
import warm_start

from target_dynamics_bc.json_lines import to_json_line
from target_dynamics_bc.texts import faults_of_texts
from tests.target.conftest import COMPANY, singer_lines

SCHEMA = {"type": "SCHEMA", "stream": "Vendors", "schema": {"properties": {}}, "key_properties": []}
GOOD = {"type": "RECORD", "stream": "Vendors", "record": {"externalId": "good", "vendorName": "Good"}}
STATE = {"type": "STATE", "value": {"n": 1}}


@pytest.fixture
def command(emulator, tmp_path):
    """Runs the command on lines of text, bytes or messages."""

    def run(*lines, **settings):
        path = tmp_path / "config.json"
        config = emulator.config(company=COMPANY, store_path=str(tmp_path / "store"), **settings)
        path.write_text(json.dumps(config))
        texts = [line if isinstance(line, str | bytes) else json.dumps(line) for line in lines]
        data = b"\n".join(text.encode() if isinstance(text, str) else text for text in texts)
        done = warm_start.run("target-dynamics-bc", "--config", path, input=data, text=False)
        outcomes = tmp_path / "store" / "outcomes.jsonl"
        written = outcomes.read_text().splitlines() if outcomes.exists() else []
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        return done, {line["position"]: line for line in map(json.loads, written)}

    return run


# --- texts that are no Unicode ------------------------------------------------------------------------------


def test_half_a_pair_is_written_as_it_is_read():
    record = {"a": ["cut \ud83d", "whole \U0001f600"], "\udcff": 1}
    line = to_json_line(record)
    assert line.encode()
    assert json.loads(line) == record
    assert {fault.field for fault in faults_of_texts(record)} == {"a[0]", "\\udcff"}


def test_a_text_that_is_no_unicode_rejects_its_record_alone(command, tmp_path, company):
    latin = b'{"type": "RECORD", "stream": "Vendors", "record": {"externalId": "latin", "vendorName": "M\xfcller"}}'
    half = {**GOOD, "record": {"externalId": "half", "vendorName": "cut \ud83d"}}
    done, outcomes = command(SCHEMA, half, GOOD, latin, STATE)
    assert done.returncode == 1
    assert [outcomes[place]["outcome"] for place in (1, 2, 3)] == ["rejected", "created", "rejected"]
    assert [outcomes[place]["errors"][0]["code"] for place in (1, 3)] == ["not_unicode", "not_unicode"]
    assert outcomes[1]["errors"][0]["field"] == "vendorName"
    assert json.loads(done.stdout) == {"n": 1}
    letters = (tmp_path / "store" / "dead-letter.singer").read_text().splitlines()
    assert "cut \ud83d" in [json.loads(line).get("record", {}).get("vendorName") for line in letters]
    assert company.row("vendors", displayName="Good")


def test_a_line_of_a_bill_that_is_no_unicode_rejects_the_bill(pipe):
    text = singer_lines(
        [
            ("purchaseInvoices", {"id": "1\ud83d", "vendorNumber": "20000", "vendorInvoiceNumber": "X-1"}),
            ("purchaseInvoiceLines", {"documentId": "1\ud83d", "lineType": "Comment", "description": "\ud83d"}),
        ]
    )
    piped = pipe(text)
    assert piped.kinds == ["rejected"]
    assert {error["code"] for error in piped.outcomes[0]["errors"]} == {"not_unicode"}


# --- messages -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("message", [{"record": None}, {"record": [1]}, {}])
def test_a_record_that_is_no_object_is_rejected_and_others_go_on(command, message):
    done, outcomes = command(SCHEMA, {"type": "RECORD", "stream": "Vendors", **message}, GOOD, STATE)
    assert done.returncode == 1
    assert [outcomes[place]["outcome"] for place in (1, 2)] == ["rejected", "created"]
    assert json.loads(done.stdout) == {"n": 1}


def test_blank_lines_a_byte_order_mark_and_an_empty_schema_mean_nothing(command):
    done, outcomes = command("\ufeff" + json.dumps({**SCHEMA, "schema": {}}), "", GOOD, "   ", STATE, "")
    assert done.returncode == 0
    assert outcomes[1]["outcome"] == "created"
    assert json.loads(done.stdout) == {"n": 1}


@pytest.mark.parametrize(
    "bad",
    [
        {"stream": "Vendors"},
        {"type": "NOTHING"},
        {"type": ["RECORD"]},
        {**SCHEMA, "schema": None},
        {**SCHEMA, "key_properties": 5},
        {"type": "SCHEMA", "stream": "Vendors"},
        {"type": "RECORD", "record": {}},
        {"type": "STATE"},
        {"type": "BATCH", "stream": "Vendors"},
        {**GOOD, "stream": "Unheard"},
        '{"type": "RECORD", "stream": "Vend',
        "[" * 100_000,
    ],
)
def test_what_came_before_a_bad_line_is_written_and_no_state_goes_beyond_it(command, bad):
    done, outcomes = command(SCHEMA, GOOD, STATE, bad, {"type": "STATE", "value": {"n": 2}})
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[-1].startswith("Error: ")
    assert outcomes[1]["outcome"] == "created"
    assert json.loads(done.stdout) == {"n": 1}


# --- files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [{"outcomes_path": "/dev/null"}, {"dead_letter_path": "/dev/stderr"}])
def test_outcomes_may_go_to_a_device(command, settings):
    done, _ = command(SCHEMA, GOOD, {**GOOD, "record": {"vendorName": "No key"}}, STATE, **settings)
    assert done.returncode == 1
    assert json.loads(done.stdout) == {"n": 1}


@pytest.mark.parametrize("setting", ["outcomes_path", "dead_letter_path"])
def test_a_full_disk_is_one_sentence_and_holds_the_state(command, setting):
    done, _ = command(SCHEMA, GOOD, {**GOOD, "record": {"vendorName": "No key"}}, STATE, **{setting: "/dev/full"})
    assert done.returncode == 1
    assert b'"/dev/full" cannot be written' in done.stderr.splitlines()[-1]
    assert done.stdout == b""


# --- stream maps --------------------------------------------------------------------------------------------


def test_stream_maps_that_are_none_are_said_in_our_words(command):
    done, _ = command(SCHEMA, GOOD, STATE, stream_maps=[])
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == b"Error: stream_maps must be a JSON object, not a list."


def test_flattening_without_a_depth_is_refused_as_flattening_is(command):
    done, _ = command(SCHEMA, GOOD, STATE, flattening_enabled=True)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(b"Error: flattening_enabled cannot be set for the target")


@pytest.mark.parametrize(
    "maps",
    [
        "nonsense",
        {"Vendors": "nonsense"},
        {"Vendors": {"x": "nope("}},
        {"Vendors": {"x": "nope"}},
        {"Vendors": {"x": "1/0"}},
        {"Vendors": {"x": 5}},
        {"Vendors": {"__filter__": "nope"}},
        {"__nonsense__": {}},
    ],
)
def test_a_mistake_in_a_stream_map_is_one_sentence_and_2(command, maps):
    done, _ = command(SCHEMA, GOOD, STATE, stream_maps=maps)
    assert done.returncode == 2
    assert b"stream_maps" in done.stderr.splitlines()[-1]
    assert done.stdout == b""
