"""Which states are taken: none, empty, wrapped, one of several lines?"""

from __future__ import annotations

import json
import logging

import pytest

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_plugin.state_file import read_state

STATE = {"bookmarks": {"customers": {"partitions": []}}}


@pytest.fixture
def read(tmp_path):
    def read(content):
        (tmp_path / "state.json").write_text(content)
        return read_state(tmp_path / "state.json")

    return read


@pytest.mark.parametrize("content", ["", "\n", "\ufeff", "null"])
def test_an_empty_state_is_none_and_said(read, caplog, content):
    with caplog.at_level(logging.INFO):
        assert read(content) is None
    assert "first run" in caplog.text


@pytest.mark.fault("S10")
def test_a_state_that_is_not_there_yet_is_none_and_said(tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        assert read_state(tmp_path / "none.json") is None
    assert "none.json" in caplog.text


@pytest.mark.fault("S10")
@pytest.mark.parametrize(
    "content",
    [
        STATE,
        {"type": "STATE", "value": STATE},
        {"singer_state": STATE},
        {"completed": {"singer_state": STATE}, "partial": {}},
        {"completed_state": {"singer_state": STATE}},
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_a_state_is_taken_as_it_is_as_a_message_and_as_meltano_keeps_it(read, content, indent):
    assert read(json.dumps(content, indent=indent)) == STATE


def test_the_last_of_several_lines_counts(read):
    earlier = {"bookmarks": {"vendors": {}}}
    assert read("\n".join(json.dumps(each) for each in (earlier, STATE)) + "\n\n") == STATE


def test_an_empty_object_and_an_empty_wrapper_are_empty_states(read):
    assert read("{}") == {}
    assert read('{"singer_state": null}') == {}


@pytest.mark.parametrize("content", ["{", "[]", '{"singer_state": [1]}', '{"bookmarks": {}}\nnonsense'])
def test_what_is_no_state_is_refused(read, content):
    with pytest.raises(ConfigurationError):
        read(content)


@pytest.mark.parametrize(
    "last", ['{"type":"RECORD","stream":"customers","record":{"id":"', '{"type": "SCHEMA", "stream": "customers"}']
)
def test_the_output_of_a_run_that_was_broken_off_is_told_from_a_state(read, last):
    with pytest.raises(ConfigurationError, match=r"ends with a record, not with a state: .* grep '\"type\":\"STATE\"'"):
        read(last)
    with pytest.raises(ConfigurationError, match="the run that wrote it was broken off"):
        read(json.dumps({"type": "STATE", "value": STATE}) + "\n" + last)


def test_a_last_line_that_was_broken_off_is_told_from_a_file_that_is_no_json(read):
    whole = json.dumps(STATE)
    with pytest.raises(ConfigurationError, match=r"ends with a line that was broken off.*the line before it"):
        read(f"{whole}\n{whole[:-9]}")
