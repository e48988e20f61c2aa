"""Which files are taken, and how is one refused: in one sentence, with its place, and without quoting it?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_plugin.config_file import object_text, parsed_object, read_if_there, read_object, read_objects


def refused(content, tmp_path):
    path = tmp_path / "tap.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigurationError) as caught:
        read_object(path, "config")
    start = f'The config file "{path}" '
    assert caught.value.message.startswith(start)
    return caught.value.message.removeprefix(start)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_byte_order_mark_makes_no_difference(tmp_path, mark):
    (tmp_path / "tap.json").write_bytes(mark + '{"tenant_id": "Ärger"}'.encode())
    assert read_object(tmp_path / "tap.json", "config") == {"tenant_id": "Ärger"}


def test_a_later_file_replaces_what_an_earlier_one_says(tmp_path):
    for name, content in (("a.json", {"page_size": 1, "lookback": "PT1H"}), ("b.json", {"page_size": 2})):
        (tmp_path / name).write_text(json.dumps(content))
    assert read_objects([tmp_path / "a.json", tmp_path / "b.json"], "config") == {"page_size": 2, "lookback": "PT1H"}
    assert read_objects([], "config") == {}


def test_a_file_without_an_end_is_another_one(tmp_path, monkeypatch):
    monkeypatch.setattr("dynamics_bc_plugin.config_file.MOST_CHARACTERS", 1_000)
    for path in (Path("/dev/zero"), tmp_path / "long.json"):
        if path.parent == tmp_path:
            path.write_text(json.dumps({"a": "x" * 1_000}))
        with pytest.raises(ConfigurationError, match=r"cannot be read: it has more than 1,000 characters, so it is an"):
            read_object(path, "config")


def test_a_file_in_the_home_folder_may_be_named_with_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "tap.json").write_text("{}")
    assert read_object(Path("~/tap.json"), "config") == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe{\x00}\x00", "cannot be read: it is not UTF-8; save it as UTF-8."),
        ("", "is empty; it must hold a JSON object."),
        (b"\xef\xbb\xbf \n", "is empty; it must hold a JSON object."),
        ("[]", "must hold a JSON object, not a list."),
        ("null", "must hold a JSON object, not null."),
        ('"text"', "must hold a JSON object, not a text."),
        ("3", "must hold a JSON object, not a number."),
        ("[" * 100_000, "is not JSON that can be read: it is nested too deeply."),
        ('{"a": ' + "9" * 5000 + "}", "is not JSON that can be read: a number in it is too long."),
    ],
)
def test_what_is_no_object_is_said(tmp_path, content, said):
    assert refused(content, tmp_path) == said


def test_a_file_that_is_missing_or_a_folder_is_said(tmp_path):
    for path, said in ((tmp_path / "none.json", "No such file or directory"), (tmp_path, "it is a folder")):
        with pytest.raises(ConfigurationError, match=f"cannot be read: {said}."):
            read_object(path, "config")


@pytest.mark.parametrize(
    ("content", "place", "meant"),
    [
        ('{\n  "a": 1,\n}', (3, 1), "remove the comma before this brace"),
        ('{"a": [1, ]}', (1, 11), "remove the comma before this bracket"),
        ("{'a': 1}", (1, 2), 'use double quotes (") for names and texts'),
        ("{\"a\": 'x'}", (1, 7), 'use double quotes (") for names and texts'),
        ("{“a”: 1}", (1, 2), 'use plain double quotes (") for names and texts'),
        ('{"a": 1 "b": 2}', (1, 9), "a comma is missing before this"),
        ('{"a" 1}', (1, 6), "a colon is missing after the name"),
        ('{"a": True}', (1, 7), "write true, not True"),
        ('{"a": None}', (1, 7), "write null, not None"),
        ('{"a": }', (1, 7), "a value is missing before this"),
        ('{"a": 1, // why\n "b": 2}', (1, 10), "remove the comment; JSON has none"),
        ('{"a": 1', (1, 8), "it ends too early"),
        ("{", (1, 2), "it ends too early"),
        ('{"a": "x', (1, 7), "has no closing quote"),
        ('{"a": "x\n"}', (1, 9), "runs over the end of its line"),
        (r'{"a": "C:\data"}', (1, 10), "write \\\\ for a backslash"),
        ('{"a": 1} {"b": 2}', (1, 10), "something follows the end of the object"),
        ('{"a": secret}', (1, 7), 'put names and texts in double quotes (")'),
        ('{a: "x"}', (1, 2), 'put names and texts in double quotes (")'),
        ('{"a": *}', (1, 7), "a name or a value is missing here"),
        ('{"a": "x\ty"}', (1, 9), r"write \t for a tab in a text"),
        ("tenant_id: x\n", (1, 1), "a JSON object begins with a brace ({), and this does not"),
        ("---\ntenant_id: x\n", (1, 1), "a JSON object begins with a brace ({), and this does not"),
        ("\nTAP_DYNAMICS_BC_TENANT_ID=x\n", (2, 1), "a JSON object begins with a brace ({), and this does not"),
        ('{\0"\0a\0"\0', (1, 2), "it is UTF-16; save it as UTF-8"),
    ],
)
def test_what_is_no_json_is_said_with_its_place_and_what_was_meant(tmp_path, content, place, meant):
    said = refused(content, tmp_path)
    assert said.startswith("is not JSON: line {}, column {}: ".format(*place))
    assert meant in said
    assert said.endswith(".")


@pytest.mark.parametrize("what", ["config", "tenant config"])
@pytest.mark.parametrize(
    ("content", "name"),
    [
        ('{"dry_run": true, "dry_run": false}', "dry_run"),
        ('{"match_keys": {"vendors": ["number"], "vendors": ["email"]}}', "vendors"),
    ],
)
def test_a_setting_with_two_values_is_refused_and_not_the_last_one_taken(tmp_path, what, content, name):
    path = tmp_path / "config.json"
    path.write_text(content)
    with pytest.raises(ConfigurationError) as caught:
        read_object(path, what)
    assert caught.value.message == (
        f'The {what} file "{path}" gives "{name}" two values; remove the one that does not hold.'
    )


def test_a_setting_that_is_given_twice_with_one_value_does_no_harm(tmp_path):
    path = tmp_path / "config.json"
    path.write_text('{"posting": "never", "posting": "never"}')
    assert read_object(path, "config") == {"posting": "never"}


def test_nothing_of_a_file_is_quoted():
    with pytest.raises(ConfigurationError) as caught:
        parsed_object('{"client_secret": "hidden" "a": 1}', 'The config file "tap.json"')
    assert "hidden" not in caught.value.message


def test_a_file_that_need_not_be_there_is_not_taken_for_missing_when_it_cannot_be_read(tmp_path):
    assert read_if_there(tmp_path / "none", "state") == ""
    path = tmp_path / "state.json"
    path.symlink_to(path)
    with pytest.raises(ConfigurationError, match=r'The state file ".*state.json" cannot be read: .+\.'):
        read_if_there(path, "state")


@pytest.mark.parametrize(
    "given", ['{"client_secret": "%s"}' % ("x9" * 20), ' {"a": "%s"}' % ("x9" * 300), '["x9x9x9x9x9"]']
)
def test_what_stands_in_the_command_line_in_place_of_a_files_name_is_not_quoted(given):
    for read in (read_object, object_text, read_if_there):
        with pytest.raises(ConfigurationError) as caught:
            read(Path(given), "config")
        assert caught.value.message.startswith(
            "A config file is named by its path; what is given is JSON. Write it into"
        )
        assert "x9" not in caught.value.message


def test_a_file_may_be_called_as_json_begins(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("{a}.json").write_text("{}")
    assert read_object(Path("{a}.json"), "config") == {}


def test_a_closed_standard_input_is_said(monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(ConfigurationError, match=r'The config file "-" cannot be read: standard input is closed\.'):
        read_object(Path("-"), "config")
