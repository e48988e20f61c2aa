"""Do environment variables hold what a file would hold?"""

from __future__ import annotations

import pytest

from dynamics_bc_client.errors import ConfigurationError
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
