"""The SDK's own suite for targets: the cases that apply."""

from __future__ import annotations

import json

import pytest
from singer_sdk.testing import get_target_test_class
from singer_sdk.testing.suites import SingerTestSuite, target_tests

from dynamics_bc_client.transport import Response
from target_dynamics_bc.target import TargetDynamicsBC

OMITTED = {
    "invalid_schema": "The file's records are of no stream of ours, and a schema is not used to check records: "
    "see record faults.",
    "record_missing_key_property": "A record without its key is rejected with an outcome; it does not stop the run.",
}

SUITE = SingerTestSuite(kind="target", tests=[each for each in target_tests.tests if each.name not in OMITTED])

COMPANY = {"id": "11111111-1111-1111-1111-111111111111", "name": "Books", "displayName": "Books"}


def one_empty_company(request):
    """A service with one empty company: the suite's streams have no sink, so no record gets that far."""
    rows = [COMPANY] if request.url.endswith("/companies") else []
    return Response(200, {"Content-Type": "application/json"}, json.dumps({"value": rows}).encode())


class Offline(TargetDynamicsBC):
    """The target with that service."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs, transport=one_empty_company)


CONFIG = {"access_token": "not-a-token", "expires_in": 4_102_444_800, "tenant_id": "example.org"}


class TestTarget(
    get_target_test_class(
        Offline, config=CONFIG, custom_suites=[SUITE], include_target_tests=False, parse_env_config=False
    )
):
    """Each case is named after its Singer file."""


def test_omissions_are_cases_of_the_suite():
    assert OMITTED.keys() <= {each.name for each in target_tests.tests}


@pytest.mark.parametrize("reason", OMITTED.values())
def test_every_omission_has_its_reason(reason):
    assert len(reason) > 30
