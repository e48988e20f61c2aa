"""What is wrong with settings of the Singer SDK, in our words."""

from __future__ import annotations

import pytest

from dynamics_bc_plugin.sdk_settings import sdk_problems

SCHEMA = {
    "properties": {
        "stream_maps": {
            "type": ["object", "null"],
            "additionalProperties": {"type": ["object", "string", "null"]},
        },
        "flattening_enabled": {"type": ["boolean", "null"]},
        "flattening_max_depth": {"type": ["integer", "null"]},
        "posting": {"type": ["string", "null"], "enum": ["never", None]},
    }
}


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"stream_maps": []}, "stream_maps must be a JSON object, not a list."),
        ({"stream_maps": "x"}, "stream_maps must be a JSON object, not text."),
        ({"flattening_enabled": "yes"}, "flattening_enabled must be true or false, not text."),
        ({"flattening_max_depth": True}, "flattening_max_depth must be a whole number, not true or false."),
        (
            {"stream_maps": {"customers": 5}},
            'stream_maps is not what the Singer SDK takes at "customers"; its documentation describes the setting.',
        ),
    ],
)
def test_a_setting_of_the_sdk_is_said_as_one_of_ours(config, problem):
    assert list(sdk_problems(config, SCHEMA, {"posting"})) == [problem]


def test_settings_that_check_themselves_and_those_that_are_not_set_are_left_alone():
    assert list(sdk_problems({"posting": "Never", "stream_maps": None}, SCHEMA, {"posting"})) == []
