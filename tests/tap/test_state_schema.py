"""Do the documents describe the states that the tap writes?"""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError
from tap.running import STATES, Outcome

ENTRY: dict[str, Any] = {
    "context": {"company_id": "aaaa"},
    "replication_key": "lastModifiedDateTime",
    "replication_key_value": "2026-01-28T10:00:00.000Z",
}


def state(**members: Any) -> dict[str, Any]:
    return {
        "source": {"tenant_id": "acme.example", "environment_name": "Production"},
        "bookmarks": {"customers": {"partitions": [{**ENTRY, **members}]}},
    }


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(STATES.schema)


@pytest.mark.parametrize("members", [{}, {"page_rows": 500}, {"read_whole_at": "2026-01-28T10:00:00.000Z"}])
def test_what_a_partition_holds_is_described(members: dict[str, Any]) -> None:
    STATES.validate(state(**members))


@pytest.mark.parametrize(
    "members",
    [
        {"page_rows": 0},
        {"wombats": 1},
        {"replication_key_value": "2026-01-28T10:00:00Z"},
        {"context": {"company_name": "CRONUS"}},
        {"context": None},
    ],
)
def test_what_the_tap_does_not_write_is_not_described(members: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        STATES.validate(state(**members))


def test_each_member_of_a_partition_says_what_it_is() -> None:
    for name, member in STATES.schema["$defs"]["partition"]["properties"].items():
        assert "description" in member, name


def test_states_are_looked_at_after_each_run() -> None:
    line = json.dumps({"type": "STATE", "value": state(wombats=1)}).encode()
    with pytest.raises(ValidationError):
        Outcome(line, None).check_states()
