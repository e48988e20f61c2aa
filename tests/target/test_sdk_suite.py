"""The SDK's own suite for targets: the cases that apply, every record of them written as a vendor."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from emulator.in_process import ROOT, open_desk
from singer_sdk.testing import get_target_test_class, target_test_streams
from singer_sdk.testing.suites import SingerTestSuite, target_tests

from dynamics_bc_client.transport import Response
from dynamics_bc_emulator.http.answering import respond
from dynamics_bc_emulator.odata.requests import DataRequest
from dynamics_bc_emulator.values import encode
from target_dynamics_bc.target import TargetDynamicsBC

OMITTED = {
    "invalid_schema": "A schema does not decide about records: what is wrong with one is found when it is read.",
    "record_missing_key_property": "A record without its key is rejected with an outcome; it does not stop the run.",
}

SUITE = SingerTestSuite(kind="target", tests=[each for each in target_tests.tests if each.name not in OMITTED])

# The suite's streams are nobody's; a map makes vendors of their records, each with an id of its own.
AS_VENDORS = {
    "externalId": "md5(str(record))",
    "vendorName": "'Vendor of the suite'",
    "__key_properties__": ["externalId"],
    "__else__": None,
    "__alias__": "Vendors",
}
CONFIG = {
    "access_token": "not-a-token",
    "expires_in": 4_102_444_800,
    "tenant_id": "example.org",
    "stream_maps": {"*": AS_VENDORS},
}


class Offline(TargetDynamicsBC):
    """The target with a Business Central of its own, which is a function."""

    def __init__(self, **kwargs):
        self.desk = open_desk()
        super().__init__(**kwargs, transport=self.respond)

    def respond(self, request):
        url = urlsplit(request.url)
        response, _ = respond(
            self.desk.service,
            self.desk.service.standard,
            DataRequest(
                request.method,
                unquote(url.path.partition("/api/v2.0/")[2]),
                dict(parse_qsl(url.query)),
                {name.lower(): value for name, value in request.headers.items()},
                request.body or b"",
                self.desk.clock,
                ROOT,
            ),
        )
        body = response.body if isinstance(response.body, bytes) else encode(response.body)
        headers = {"Content-Type": "application/json", **response.headers}
        return Response(response.status, headers, b"" if response.body is None else body)


class TestTarget(
    get_target_test_class(
        Offline, config=CONFIG, custom_suites=[SUITE], include_target_tests=False, parse_env_config=False
    )
):
    """Each case is named after its Singer file."""


def lines_of(name):
    return (target_test_streams.__path__[0], f"{name}.singer")


@pytest.mark.parametrize("name", ["array_data", "camelcase", "optional_attributes", "schema_updates"])
def test_each_record_of_a_case_is_written(tmp_path, name):
    folder, file = lines_of(name)
    path = tmp_path / "outcomes.jsonl"
    target = Offline(config={**CONFIG, "outcomes_path": str(path)})
    with open(f"{folder}/{file}", encoding="utf-8") as source:  # noqa: PTH123 - a text stream, as the command has it
        records = {line for line in source if json.loads(line)["type"] == "RECORD"}
        source.seek(0)
        target.listen(source)
    outcomes = [json.loads(line) for line in path.read_text().splitlines()]
    assert [each["outcome"] for each in outcomes] == ["created"] * len(records)
    assert len(target.desk.company.find("vendors", displayName="Vendor of the suite")) == len(records) > 1


def test_omissions_are_cases_of_the_suite():
    assert OMITTED.keys() <= {each.name for each in target_tests.tests}


@pytest.mark.parametrize("reason", OMITTED.values())
def test_every_omission_has_its_reason(reason):
    assert len(reason) > 30
