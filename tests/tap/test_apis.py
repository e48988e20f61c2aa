"""Which routes does the setting `apis` mean, and what are their streams called?"""

from __future__ import annotations

import pytest

from tap_dynamics_bc.settings import TapSettings
from tap_dynamics_bc.streams.apis import Api, chosen, is_of, needs_list, reads_standard

LISTED = (
    "contoso/demo/v1.0",
    "contoso/demo/v2.0",
    "contoso/demo/beta",
    "microsoft/analytics/v0.5",
    "microsoft/analytics/v1.0",
    "v1.0",
    "v2.0",
)


def meant(*patterns: str, listed=LISTED) -> dict[str, list[str]]:
    """Versions by prefix, the newest first."""
    return {family.prefix: [each.version for each in family.versions] for family in chosen(patterns, listed).families}


def test_all_means_every_route_but_older_versions_of_the_standard_api():
    assert meant("all") == {"contoso_demo_": ["v2.0", "v1.0", "beta"], "microsoft_analytics_": ["v1.0", "v0.5"]}
    assert reads_standard(("all",))


def test_the_standard_api_is_the_default_and_no_route():
    assert TapSettings.from_config({}).apis == ("standard",)
    assert meant("standard") == {}
    assert reads_standard(("standard",))
    assert not needs_list(("standard", "contoso/demo/v1.0"))
    assert not reads_standard(("contoso/demo/v1.0",))


@pytest.mark.parametrize(
    "patterns", [("contoso/*/*",), ("contoso/*",), ("contoso",), ("CONTOSO/DEMO",), ("*/demo/*",), ("c*/d*/*",)]
)
def test_patterns_mean_routes_in_any_case(patterns):
    assert meant(*patterns) == {"contoso_demo_": ["v2.0", "v1.0", "beta"]}


def test_a_version_that_is_named_counts_alone():
    assert meant("contoso/demo/v1.0") == {"contoso_demo_": ["v1.0"]}
    assert meant("contoso/demo/v1.0", listed=()) == {"contoso_demo_": ["v1.0"]}


def test_versions_stand_in_the_names_where_several_are_meant():
    assert meant("contoso/demo/v1.0", "contoso/demo/beta") == {
        "contoso_demo_beta_": ["beta"],
        "contoso_demo_v1_0_": ["v1.0"],
    }
    assert meant("contoso/*", "contoso/demo/v1.0") == {
        "contoso_demo_": ["v2.0", "v1.0", "beta"],
        "contoso_demo_v1_0_": ["v1.0"],
    }


def test_names_do_not_change_when_a_route_appears():
    before = meant("all", listed=("contoso/demo/v1.0",))
    assert before.keys() <= meant("all", listed=("contoso/demo/v1.0", "contoso/demo/v2.0", "contoso/dem/v1.0")).keys()


def test_no_two_routes_share_their_names_by_accident():
    prefixes = meant("all", listed=("a_b/c/v1.0", "a/b_c/v1.0", "a/b/v1.0", "a.b/c/v1.0"))
    assert set(prefixes) == {"a__b_c_", "a_b__c_", "a_b_", "a_b_c_"}


def test_routes_that_would_share_their_names_all_the_same_are_told_apart_by_refusing_the_second():
    found = chosen(("all",), ("a.b/c/v1.0", "a-b/c/v1.0"))
    assert [family.versions[0].name for family in found.families] == ["a-b/c/v1.0"]
    assert [family.versions[0].name for family in found.doubled] == ["a.b/c/v1.0"]


def test_a_pattern_that_means_nothing_is_told():
    assert [each.name for each in chosen(("fabrikam/*", "contoso/*"), LISTED).unmatched] == ["fabrikam/*/*"]
    assert chosen(("all",), ()).unmatched == ()


@pytest.mark.parametrize(
    ("patterns", "stream", "meant_"),
    [
        (("all",), "contoso_demo_wombats", True),
        (("all",), "customers", False),
        (("all",), "ODataV4_Customer", False),
        (("contoso/*",), "Contoso_demo_wombats", True),
        (("contoso/*",), "fabrikam_demo_wombats", False),
        (("contoso/demo/v1.0",), "contoso_demo_wombats", True),
        (("standard",), "contoso_demo_wombats", False),
    ],
)
def test_a_stream_that_is_not_there_can_be_told_to_belong_to_a_route(patterns, stream, meant_):
    assert is_of(patterns, stream) is meant_


@pytest.mark.parametrize("text", ["a/b/c/d", "a//v1.0", "/", ""])
def test_what_names_no_route_is_refused(text):
    with pytest.raises(ValueError, match="publisher/group/version"):
        Api.of(text)


def test_newer_is_by_numbers_and_beta_is_the_oldest():
    versions = ["beta", "v10.0", "v2.0", "v1.5"]
    assert sorted(versions, key=lambda version: Api("a", "b", version).age) == ["beta", "v1.5", "v2.0", "v10.0"]
