"""What a release is compared with: does the comparison see what differs, and nothing else?"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

from compare_releases import main  # noqa: E402 - a script's folder is no package
from differences import ORDER, STATES, by_stream, differences, differences_of_outputs  # noqa: E402
from masking import Masks, ids_in  # noqa: E402
from target_runs import inputs_in  # noqa: E402

KNOWN, NEW, OTHER = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "abc")


def record(stream: str, **values: object) -> dict[str, object]:
    return {"type": "RECORD", "stream": stream, "record": values}


def output(*messages: dict[str, object]) -> bytes:
    return "".join(json.dumps(message) + "\n" for message in messages).encode()


def test_the_first_line_that_differs_is_named_by_stream() -> None:
    old = output(record("a", x=1), record("b", x=1), record("a", x=2), record("a", x=3))
    new = output(record("a", x=1), record("b", x=1), record("a", x=9), record("a", x=8))
    (found,) = differences_of_outputs(old, new)
    assert (found.where, found.line, found.counts) == ("a", 2, (3, 3))
    assert '{"x": 2}' in str(found)
    assert '{"x": 9}' in str(found)


def test_only_the_place_that_differs_is_shown_of_a_long_line() -> None:
    old, new = ("x" * 5000 + middle + "y" * 5000 for middle in "12")
    (found,) = differences({"a": [old]}, {"a": [new]})
    assert len(str(found)) < 600
    assert "x1y" in str(found)
    assert "x2y" in str(found)


def test_a_line_that_is_missing_is_a_difference() -> None:
    (found,) = differences_of_outputs(output(record("a"), record("a")), output(record("a")))
    assert (found.line, found.new, found.counts) == (2, None, (2, 1))


def test_a_stream_that_only_one_release_has_is_a_difference() -> None:
    assert [each.where for each in differences({"a": ["1"]}, {"a": ["1"], "b": ["1"]})] == ["b"]


def test_the_same_lines_in_another_order_are_a_difference() -> None:
    one, other = record("a", x=1), record("b", x=1)
    (found,) = differences_of_outputs(output(one, other), output(other, one))
    assert (found.where, found.line) == (ORDER, 1)


def test_a_byte_that_no_parser_would_see_is_a_difference() -> None:
    (found,) = differences_of_outputs(
        b'{"type":"RECORD","stream":"a","n":1}\n', b'{"type":"RECORD","stream":"a","n":1.0}\n'
    )
    assert found.where == "a"


def test_a_separator_inside_of_a_text_does_not_end_a_line() -> None:
    line = '{"type":"RECORD","stream":"a","record":{"x":"\u2028\x85"}}'
    assert by_stream(f"{line}\n".encode()) == {"a": [line]}


def test_states_are_compared_by_themselves() -> None:
    (found,) = differences_of_outputs(output({"type": "STATE", "value": 1}), output({"type": "STATE", "value": 2}))
    assert found.where == STATES


def test_an_id_of_this_run_is_shown_as_what_it_is_the_id_of() -> None:
    masks = Masks({KNOWN}, {"vendors": [{"id": NEW, "number": "V-1", "displayName": "Name"}]})
    text = f"{KNOWN} {NEW} {OTHER}"
    assert masks.masked(text) == f"{KNOWN} <new vendors number V-1> <new id>"
    assert ids_in(text.upper()) == {KNOWN, NEW, OTHER}


def test_each_folder_of_singer_files_is_an_input() -> None:
    found = {each.name: [file.name for file in each.files] for each in inputs_in(ROOT / "benchmarks" / "inputs")}
    assert found["inputs/own-names"] == ["1-first.singer", "2-changed.singer"]
    assert all(found.values())


def compared(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    python = ["--old", sys.executable, "--new", sys.executable]
    monkeypatch.setattr(sys, "argv", ["compare_releases.py", *python, *arguments])
    return main()


@pytest.mark.slow
def test_a_tap_does_the_same_as_itself(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    tap = ("--streams", "customers", "--page-sizes", "7", "--in-flight", "5", "--stream-naming", "hotglue")
    assert compared(monkeypatch, "--only", "tap", *tap) == 0
    said = capsys.readouterr().out
    assert said.count("the same") == len(said.splitlines()) == 4


@pytest.mark.slow
def test_a_target_does_the_same_as_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bad_and_good = ({"vendorName": "No key"}, {"externalId": "v-1", "vendorName": "Northwind"})
    schema = {"type": "SCHEMA", "stream": "Vendors", "schema": {"properties": {}}, "key_properties": []}
    (tmp_path / "vendors.singer").write_bytes(output(schema, *(record("Vendors", **each) for each in bad_and_good)))
    target = ("--inputs", str(tmp_path), "--passes", "1", "--without-copy", "--entity-sets", "vendors")
    assert compared(monkeypatch, "--only", "target", *target) == 0
    said = capsys.readouterr().out
    assert said.count("the same") == len(said.splitlines()) == 2
    assert "1 rejected, 1 created" in said
