"""Do environment variables hold what a file would hold?"""

from __future__ import annotations

import os

import pytest

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_plugin import singer_command
from dynamics_bc_plugin.singer_command import config_of_variables

SCHEMA = {
    "properties": {
        "each": {"type": ["string", "object", "null"]},
        "some": {"type": ["array", "string", "null"], "items": {"type": "string"}},
        "periods": {"type": ["object", "integer", "string", "null"]},
        "limit": {"type": ["integer", "string", "null"]},
    }
}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("each", "P1D", "P1D"),
        ("each", ' {"customers": "P1D"} ', {"customers": "P1D"}),
        ("some", "a, b", "a, b"),
        ("some", '["a, b"]', ["a, b"]),
        ("periods", '{"month": 2}', {"month": 2}),
        ("periods", "3", 3),
        ("limit", "7", "7"),
    ],
)
def test_a_variable_holds_what_a_file_would(monkeypatch, caplog, name, text, value):
    monkeypatch.setenv(f"A_{name.upper()}", text)
    assert config_of_variables(SCHEMA, "A_") == {name: value}
    assert "deprecated" not in caplog.text


@pytest.mark.parametrize(("name", "text"), [("each", "{customers: P1D}"), ("some", '["a"')])
def test_what_begins_as_json_and_is_none_is_named(monkeypatch, name, text):
    monkeypatch.setenv(f"A_{name.upper()}", text)
    with pytest.raises(ConfigurationError, match=f"A_{name.upper()} cannot be read: write .* as JSON"):
        config_of_variables(SCHEMA, "A_")


@pytest.fixture
def dot_env(tmp_path, monkeypatch):
    """A file of variables where the programs look for one: in a folder above the one that they are installed in."""
    monkeypatch.setattr("os.environ", os.environ.copy())
    monkeypatch.setattr(singer_command, "WITHIN", (tmp_path / "project" / ".venv", tmp_path / "project", tmp_path))
    path = tmp_path / "project" / ".env"
    path.parent.mkdir()
    path.write_text("A_EACH=P1D\n")
    return path


def test_a_file_of_variables_is_read(dot_env):
    (dot_env.parent.parent / ".env").write_text("A_EACH=P9D\nA_LIMIT=9\n")
    assert config_of_variables(SCHEMA, "A_") == {"each": "P1D"}


def test_without_a_file_of_variables_those_of_the_process_are_read(dot_env, monkeypatch):
    dot_env.unlink()
    monkeypatch.setenv("A_EACH", "P2D")
    assert config_of_variables(SCHEMA, "A_") == {"each": "P2D"}


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has no owners of this kind")
def test_a_file_of_variables_that_somebody_else_may_have_written_is_refused(dot_env, monkeypatch):
    """Its variables are those of the process: they name the service, its proxy, and whose certificates are trusted."""
    refused = f'The variables in "{dot_env}" are not taken: other users of this machine may have written them.'
    dot_env.chmod(0o666)
    with pytest.raises(ConfigurationError, match=refused):
        config_of_variables(SCHEMA, "A_")
    dot_env.chmod(0o644)
    monkeypatch.setattr("os.geteuid", lambda: 12_345)
    if os.getuid() == 0:
        os.chown(dot_env, 54_321, -1)  # what is root's is trusted
    dot_env.parent.chmod(0o755)
    assert config_of_variables(SCHEMA, "A_") == {"each": "P1D"}  # in a folder that only its owner can write to
    dot_env.parent.chmod(0o1777)
    with pytest.raises(ConfigurationError, match=refused):
        config_of_variables(SCHEMA, "A_")
