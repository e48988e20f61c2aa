"""Which settings does the tap have beyond those that connect it?"""

from __future__ import annotations

from datetime import timedelta

import pytest

from dynamics_bc_client.errors import ConfigurationError
from tap_dynamics_bc.settings import TapSettings, tap_settings_schema, to_stamp


def test_without_settings_everything_is_read_with_half_an_hour_of_lookback():
    assert TapSettings.from_config({}) == TapSettings(
        None, None, timedelta(minutes=30), None, raw_values=False, stop_on_error=False
    )


@pytest.mark.parametrize("given", [None, "", "  ", []])
def test_no_companies_named_means_all(given):
    assert TapSettings.from_config({"company_ids": given}).companies is None


def test_settings_are_taken_in_the_forms_that_jobs_write_them():
    settings = TapSettings.from_config(
        {
            "company_ids": " a, b ",
            "start_date": "2026-01-01",
            "lookback": "PT2H",
            "page_size": "7",
            "raw_values": "true",
        }
    )
    assert settings == TapSettings(("a, b",), "2026-01-01T00:00:00.000Z", timedelta(hours=2), 7, raw_values=True)


def test_the_streams_of_a_hotglue_job_have_raw_values():
    assert TapSettings.from_config({"stream_naming": "hotglue"}).raw_values
    assert TapSettings.from_config({"stream_naming": "hotglue", "raw_values": False}).raw_values
    assert not TapSettings.from_config({"stream_naming": "entity_set"}).raw_values


@pytest.mark.parametrize(
    ("text", "stamp"),
    [
        ("2026-01-28", "2026-01-28T00:00:00.000Z"),
        ("2026-01-28T10:00:00.55Z", "2026-01-28T10:00:00.550Z"),
        ("2026-01-28T10:00:00+02:00", "2026-01-28T08:00:00.000Z"),
        ("2026-01-28T10:00:00.123456Z", "2026-01-28T10:00:00.123Z"),
    ],
)
def test_moments_become_stamps_in_one_format(text, stamp):
    assert to_stamp(text) == stamp


@pytest.mark.parametrize(
    "text",
    [
        *("now", "P3000000Y", "2026-01-01/P3000000Y", "2026-01-01/2026-02-01", "10:00", ""),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "\u0662026-01-28", "9" * 1_000_000),
    ],
)
def test_what_is_no_moment_is_none_whoever_sends_it_and_is_shown_in_short(text):
    """A row of the service, a state and a setting may hold it."""
    with pytest.raises(ValueError, match=r"must be a date or a moment") as caught:
        to_stamp(text)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lookback", "P9999Y"),
        ("lookback", "P99999999999Y"),
        ("company_ids", {"id": 1}),
        ("company_ids", [1]),
        ("company_ids", [""]),
        ("company_ids", " , "),
        ("start_date", "yesterday"),
        ("start_date", 20260101),
        ("start_date", "P3000000Y"),
        ("lookback", "2026-01-01/P3000000Y"),
        ("lookback", "30 minutes"),
        ("lookback", 30),
        ("page_size", 0),
        ("page_size", 20_001),
        ("page_size", True),
        ("raw_values", "perhaps"),
        ("stream_naming", "camel"),
        ("stop_on_error", 1),
    ],
)
def test_a_wrong_value_is_named_with_its_setting(name, value):
    with pytest.raises(ConfigurationError, match=f"^{name} must be .*"):
        TapSettings.from_config({name: value})


def test_all_faults_are_named_at_once():
    with pytest.raises(ConfigurationError) as caught:
        TapSettings.from_config({"page_size": 0, "start_date": "x"})
    assert len(caught.value.problems) == 2


def test_every_published_setting_says_what_it_is():
    properties = tap_settings_schema()["properties"]
    assert {"company_ids", "start_date", "client_id", "tenant_id"} <= set(properties)
    assert all(each.get("title") and each.get("description") for each in properties.values())


def test_a_number_of_report_periods_as_hotglues_tap_has_it_reads_no_periods():
    assert TapSettings.from_config({"report_periods": 3}).report_periods == TapSettings().report_periods


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"commit_delay": "P2D"}, 'commit_delay must be at most P1D, not "P2D".'),
        ({"commit_delay": "1m"}, 'commit_delay must be an ISO 8601 duration such as PT1M or PT0S, not "1m".'),
        ({"full_reread_every": 7}, "full_reread_every must be an ISO 8601 duration such as P7D or PT12H, not 7."),
        (
            {"full_reread_every": {"customers": "1"}},
            'full_reread_every of customers must be an ISO 8601 duration such as P7D or PT12H, not "1".',
        ),
        (
            {"forget_companies": "My Co, Ltd."},
            'forget_companies must be ids of companies (GUIDs), as the end of a run names them; "My Co" is not one.',
        ),
        ({"download_media": "pictures", "media_path": 5}, "media_path must be text, not a number."),
    ],
)
def test_a_wrong_value_is_told_once_as_it_was_written(config, sentence):
    with pytest.raises(ConfigurationError) as raised:
        TapSettings.from_config(config)
    assert raised.value.problems == (sentence,)
